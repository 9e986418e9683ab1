//! Who reaches whose data, and in which order it is checked.

use serde_json::json;

use super::{AN_ID, Tracking, count, trail, unregistered, weight};
use crate::support::{ABSENT, Client};

const FORBIDDEN: &str = "Authorization failed due to insufficient permissions.";

async fn is_forbidden(client: &Client, path: &str) {
    client.get(path).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
}

#[tokio::test]
async fn an_unknown_child_is_400_before_group_and_kin_and_after_own() {
    let t = Tracking::new().await;
    let s = &t.school;
    let deleted = t.world.admin().await.make_child(&s.institution).await;
    t.world.admin().await.delete(&format!("/v1/users/{deleted}")).await.is(204);
    for id in [ABSENT, &deleted, &s.educator.id, &s.institution, &ABSENT.to_uppercase()] {
        let (message, description) = unregistered("Child", id);
        for client in [&t.client, &s.educator.client, &s.professional.client, &s.family.client] {
            for path in ["weights", "bodyfats", &format!("weights/{ABSENT}")] {
                let path = format!("/v1/children/{id}/{path}");
                client.get(&path).await.fails(400, &message, Some(&description));
            }
        }
        for client in [&t.client, &s.educator.client, &s.family.client] {
            let path = format!("/v1/children/{id}/weights");
            for body in [weight("2019-01-01T00:00:00", 1.0), json!([]), json!({"value": "bad"})] {
                client.post(&path, body).await.fails(400, &message, Some(&description));
            }
            client.delete(&format!("{path}/{ABSENT}")).await.fails(400, &message, Some(&description));
        }
        is_forbidden(&s.child.client, &format!("/v1/children/{id}/weights")).await;
    }
}

#[tokio::test]
async fn a_malformed_id_is_400_before_ownership_and_left_to_right() {
    let t = Tracking::new().await;
    let stranger = t.world.school().await;
    for client in [&stranger.child.client, &stranger.family.client, &stranger.educator.client, &t.client] {
        let child = "Parameter {child_id} is not in valid format!";
        client.get("/v1/children/abc/weights").await.fails(400, child, Some(AN_ID));
        client.get("/v1/children/abc/weights/def").await.fails(400, child, Some(AN_ID));
        client.get("/v1/children/5a62be07de34500146d9c54g/bodyfats").await.fails(400, child, Some(AN_ID));
        let path = t.path("weights/def");
        client.get(&path).await.fails(400, "Parameter {weight_id} is not in valid format!", Some(AN_ID));
        let path = t.path("bodyfats/def");
        client.get(&path).await.fails(400, "Parameter {bodyfat_id} is not in valid format!", Some(AN_ID));
    }
}

#[tokio::test]
async fn a_professional_reaches_the_children_of_every_group_of_his_own_until_they_leave() {
    let t = Tracking::new().await;
    let (admin, s) = (t.world.admin().await, &t.school);
    let other = t.world.school().await;
    for (path, client) in [("educators", &s.educator.client), ("healthprofessionals", &s.professional.client)] {
        let owner = format!("{path}/{}", s.of(path).id);
        let child = admin.make_child(&other.institution).await;
        let weights = format!("/v1/children/{child}/weights");
        is_forbidden(client, &weights).await;
        // A colleague's group does not count, nor the institution.
        let colleague = format!("{path}/{}", other.of(path).id);
        other.client(path).make_group(&colleague, &[&child]).await;
        is_forbidden(client, &weights).await;
        let first = client.make_group(&owner, &[&child]).await;
        let second = client.make_group(&owner, &[&child, &s.sibling.id]).await;
        client.get(&weights).await.is(200);
        client.delete(&format!("/v1/{owner}/children/groups/{first}")).await.is(204);
        client.get(&weights).await.is(200);
        let left = json!({"children": [s.sibling.id]});
        client.patch(&format!("/v1/{owner}/children/groups/{second}"), left).await.is(200);
        is_forbidden(client, &weights).await;
    }
}

#[tokio::test]
async fn a_caller_whose_row_has_vanished_keeps_what_needs_no_fact_about_him() {
    let t = Tracking::new().await;
    let s = &t.school;
    let weights = t.path("weights");
    for person in [&s.educator, &s.professional, &s.family, &s.application] {
        person.client.get(&weights).await.is(200);
        t.world.sql(&format!("PRAGMA foreign_keys = OFF; DELETE FROM account WHERE id = x'{}'", person.id));
    }
    for person in [&s.educator, &s.professional, &s.family] {
        is_forbidden(&person.client, &weights).await;
        let (message, description) = unregistered("Child", ABSENT);
        let reply = person.client.get(&format!("/v1/children/{ABSENT}/weights")).await;
        reply.fails(400, &message, Some(&description));
    }
    t.client.get(&weights).await.is(200);
    t.world.sql(&format!("PRAGMA foreign_keys = ON; DELETE FROM account WHERE id = x'{}'", s.child.id));
    let (message, description) = unregistered("Child", &s.child.id);
    s.child.client.get(&weights).await.fails(400, &message, Some(&description));
}

#[tokio::test]
async fn deleting_a_child_deletes_all_its_data_and_nobody_elses() {
    let t = Tracking::new().await;
    let s = &t.school;
    let body = json!({"timestamp": "2019-06-20T14:40:00", "value": 30, "unit": "kg", "body_fat": 20});
    for child in [&s.child.id, &s.sibling.id] {
        t.client.post(&format!("/v1/children/{child}/weights"), body.clone()).await.is(201);
        let walk = json!({"start_time": "2019-06-20T14:40:00", "end_time": "2019-06-20T14:40:01", "duration": 1000,
            "name": "walk", "calories": 1});
        t.client.post(&format!("/v1/children/{child}/physicalactivities"), walk).await.is(201);
        let night = json!({"start_time": "2019-06-20T14:40:00", "end_time": "2019-06-20T14:40:01", "duration": 1000,
            "type": "classic", "pattern": {"data_set": [{"start_time": "2019-06-20T14:40:00", "name": "awake", "duration": 1}]}});
        t.client.post(&format!("/v1/children/{child}/sleep"), night).await.is(201);
    }
    t.world.admin().await.delete(&format!("/v1/users/{}", s.child.id)).await.is(204);
    let (message, description) = unregistered("Child", &s.child.id);
    t.get("weights").await.fails(400, &message, Some(&description));
    for table in ["tracked_child", "weight", "body_fat", "physical_activity", "sleep"] {
        assert_eq!(count(&t.world, table), 1, "{table}");
    }
    let path = format!("/v1/children/{}/weights", s.sibling.id);
    assert_eq!(t.client.get(&path).await.is(200).body[0]["body_fat"], 20);
}

#[tokio::test]
async fn reads_of_a_child_are_in_the_audit_trail_where_reads_are_asked_for() {
    use ocariot_users::app::AuditedReads;
    let options = crate::support::Options { audited_reads: AuditedReads::SingleChildren, ..Default::default() };
    let world = crate::support::World::with(options).await;
    let school = world.school().await;
    let weights = format!("/v1/children/{}/weights", school.child.id);
    let id = school.application.client.post(&weights, weight("2019-01-01T00:00:00", 1.0)).await.is(201).id();
    school.family.client.get(&weights).await.is(200);
    school.family.client.get(&format!("{weights}/{id}")).await.is(200);
    let actions: Vec<_> = trail(&world, &school.child.id).into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["weight_create", "weight_list", "weight_view"]);
}

#[tokio::test]
async fn paths_are_as_they_are_written_and_methods_that_they_lack_are_405() {
    let t = Tracking::new().await;
    let id = t.post("weights", weight("2019-01-01T00:00:00", 1.0)).await.is(201).id();
    t.get("weights/").await.is(200);
    t.get(&format!("weights/{id}/")).await.is(200);
    let head = t.client.send(poem::http::Method::HEAD, &t.path("weights"), None).await.is(200);
    assert_eq!(head.header("x-total-count"), Some("1"));
    t.get("Weights").await.is(404);
    t.client.get(&t.path("weights").replace("children", "Children")).await.is(404);
    let night = format!("sleep/{id}");
    for (method, path, allow) in [
        (poem::http::Method::PATCH, format!("weights/{id}"), "GET, DELETE, HEAD"),
        (poem::http::Method::PATCH, night.clone(), "GET, DELETE, HEAD"),
        (poem::http::Method::PUT, night, "GET, DELETE, HEAD"),
        (poem::http::Method::PUT, "bodyfats".to_owned(), "POST, GET, HEAD"),
    ] {
        let refused = t.client.send(method, &t.path(&path), Some(json!({}))).await.is(405);
        let mut allowed: Vec<_> = refused.header("allow").unwrap().split(", ").collect();
        let mut expected: Vec<_> = allow.split(", ").collect();
        allowed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(allowed, expected);
    }
    // The route of tags stays one, also for such a tag.
    t.world.admin().await.get("/v1/children/nfc/weights").await.is(404);
}
