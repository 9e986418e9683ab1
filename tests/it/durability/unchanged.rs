//! What changes nothing writes nothing: neither to the disk nor into the audit trail.

use std::sync::Arc;

use serde_json::{Value, json};

use super::vfs::Watched;
use crate::support::{Client, Options, School, TestClock, World};

/// Requests of one person that leave everything as it is: method, path, body.
type Idle<'w> = (&'w Client, &'static str, String, Value);

/// Every operation that changes what there is already, asked for what there is already.
async fn idle<'w>(school: &'w School, admin: &'w Client) -> Vec<Idle<'w>> {
    let (child, family) = (&school.child.id, &school.family.id);
    let institution = format!("/v1/institutions/{}", school.institution);
    admin.patch(&institution, json!({"latitude": 1.5, "longitude": -0.25, "address": "Street 1"})).await.is(200);
    let tag = (admin, "POST", format!("/v1/children/{child}/nfc"), json!({"nfc_tag": "a-tag"}));
    admin.post(&tag.2, tag.3.clone()).await.is(201);
    let mut requests = vec![tag];
    requests.push((admin, "POST", format!("/v1/families/{family}/children/{child}"), Value::Null));
    let people = [&school.child, &school.family, &school.educator, &school.professional, &school.application];
    let paths = ["children", "families", "educators", "healthprofessionals", "applications"];
    let mut changeable: Vec<_> = paths.iter().zip(people).map(|(path, who)| format!("/v1/{path}/{}", who.id)).collect();
    changeable.push(institution);
    for path in changeable {
        let shown = admin.get(&path).await.is(200).body;
        requests.push((admin, "PATCH", path.clone(), json!({})));
        for field in ["username", "gender", "age", "age_calc_date", "application_name", "name", "type", "address"] {
            if let Some(value) = shown.get(field) {
                requests.push((admin, "PATCH", path.clone(), json!({field: value})));
            }
        }
        if let Some(institution) = shown["institution"]["id"].as_str().or(shown["institution_id"].as_str()) {
            requests.push((admin, "PATCH", path.clone(), json!({"institution_id": institution})));
        }
        if shown.get("latitude").is_some() {
            let place = json!({"latitude": shown["latitude"], "longitude": shown["longitude"]});
            requests.push((admin, "PATCH", path, place));
        }
    }
    let children = json!({"children": [school.child.id, school.sibling.id]});
    requests.push((admin, "PATCH", format!("/v1/families/{family}"), children.clone()));
    let owners = [
        (&school.educator, "educators", &school.educator_group),
        (&school.professional, "healthprofessionals", &school.professional_group),
    ];
    for (owner, path, group) in owners {
        requests.push((&owner.client, "PATCH", format!("/v1/{path}/{}", owner.id), json!({})));
        let path = format!("/v1/{path}/{}/children/groups/{group}", owner.id);
        let name = owner.client.get(&path).await.is(200).body["name"].clone();
        for body in [json!({}), json!({"name": name}), children.clone()] {
            requests.push((&owner.client, "PATCH", path.clone(), body));
        }
    }
    requests
}

#[tokio::test]
async fn a_request_for_what_already_is_writes_nothing_to_the_disk_and_leaves_no_row_of_the_trail() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let disk = Watched::new(folder.path());
    let world = World::open(folder, TestClock::new(), Options::default()).await;
    let (school, admin) = (world.school().await, world.admin().await);
    let requests = idle(&school, &admin).await;
    assert!(requests.len() > 30, "{}", requests.len());
    for (client, method, path, body) in requests {
        let (before, rows) = (disk.count(), world.audit_rows());
        let body = (!body.is_null()).then_some(body);
        let reply = client.send(method.parse().unwrap(), &path, body.clone()).await;
        assert!(reply.status == 200 || reply.status == 201, "{method} {path} {body:?}: {reply:?}");
        assert_eq!((disk.count(), world.audit_rows()), (before, rows), "{method} {path} {body:?}");
    }
    // The same operations are seen when they change something.
    let (before, rows) = (disk.count(), world.audit_rows());
    let reordered = json!({"children": [school.sibling.id, school.child.id]});
    let family = admin.patch(&format!("/v1/families/{}", school.family.id), reordered).await.is(200);
    assert_eq!(family.body["children"][0]["id"], json!(school.sibling.id));
    assert!(disk.count() > before);
    assert_eq!(world.audit_rows(), rows + 1);
}
