//! Families, and which children belong to them.

use ocariot_users::app::SelfAffiliation;
use serde_json::{Value, json};

use crate::support::{ABSENT, Options, School, World, fresh, user};

const FORBIDDEN: &str = "Authorization failed due to insufficient permissions.";
const INVALID: &str = "One or more request fields are invalid...";
const NOT_FOUND: &str = "Family not found or already removed. A new operation for the same resource is not required.";

fn ids(children: &Value) -> Vec<String> {
    children.as_array().unwrap().iter().map(|kid| kid["id"].as_str().unwrap().to_owned()).collect()
}

async fn kids(world: &World, school: &School) -> Vec<String> {
    let body = world.admin().await.get(&format!("/v1/families/{}", school.family.id)).await.is(200).body;
    ids(&body["children"])
}

#[tokio::test]
async fn a_family_is_shown_with_whole_children_but_without_their_tags() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let elsewhere = admin.make_institution().await;
    admin.post(&format!("/v1/children/{}/nfc", school.child.id), json!({"nfc_tag": "tag"})).await.is(201);
    let mut body = user("families", &fresh("f-"), &elsewhere, &[]);
    body["children"] = json!([{"id": school.sibling.id}, school.child.id, school.sibling.id]);
    body["type"] = json!("admin");
    let made = admin.post("/v1/families", body.clone()).await.is(201);
    let mut shown = Vec::new();
    for id in [&school.sibling.id, &school.child.id] {
        let mut child = admin.get(&format!("/v1/children/{id}")).await.is(200).body;
        child.as_object_mut().unwrap().retain(|key, _| key != "nfc_tag" && key != "tag_ass_time");
        shown.push(child);
    }
    let expected =
        json!({"id": made.id(), "username": body["username"], "institution_id": elsewhere, "children": shown});
    assert_eq!(made.body, expected);
    assert_eq!(admin.get(&format!("/v1/families/{}", made.id())).await.is(200).body, expected);
    assert_eq!(admin.get("/v1/families").await.is(200).body[0], expected);
    let children = admin.get(&format!("/v1/families/{}/children", made.id())).await.is(200);
    assert_eq!(children.body, expected["children"]);
    assert_eq!(children.header("x-total-count"), Some("2"));
    // The children are in their first family, too.
    assert_eq!(kids(&world, &school).await, [school.child.id.as_str(), &school.sibling.id]);
}

#[tokio::test]
async fn checks_come_in_order_and_a_refused_change_changes_nothing() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let taken = world.person("families", &school.institution, &[&school.child.id]).await.username;
    let message = "It is necessary for children to be registered before proceeding.";
    let missing = format!("The following IDs were verified without registration: {ABSENT}");
    // Username, password, institution, children: the first bad format; then what is missing.
    let bad = json!({"username": 5, "password": 5, "institution_id": 5, "children": 5});
    admin.post("/v1/families", bad).await.fails(400, INVALID, Some("username must be a string!"));
    let bad = json!({"password": 5, "institution_id": 5, "children": 5});
    admin.post("/v1/families", bad).await.fails(400, INVALID, Some("password must be a string!"));
    let body = json!({"institution_id": 5, "children": 5});
    assert_eq!(
        admin.post("/v1/families", body).await.body["message"],
        "Parameter {institution_id} is not in valid format!"
    );
    let text = "children must be an array!";
    admin.post("/v1/families", json!({"children": 5})).await.fails(400, INVALID, Some(text));
    let text = "username, password, institution, Collection with children IDs are required!";
    admin.post("/v1/families", json!({"children": []})).await.fails(
        400,
        "Required fields were not provided...",
        Some(text),
    );
    // Taken name, unknown child, unknown institution.
    let mut body = user("families", &taken, ABSENT, &[ABSENT]);
    admin.post("/v1/families", body.clone()).await.fails(409, "Family is already registered...", None);
    body["username"] = json!(fresh("f-"));
    admin.post("/v1/families", body.clone()).await.fails(400, message, Some(&missing));
    body["children"] = json!([school.child.id]);
    let unknown = "The institution provided does not have a registration.";
    assert_eq!(admin.post("/v1/families", body).await.is(400).body["message"], unknown);
    // On an update the password goes before the children, and 404 before 409.
    let url = format!("/v1/families/{}", school.family.id);
    let before = admin.get(&url).await.body;
    let body = json!({"password": null, "children": 5});
    assert_eq!(admin.patch(&url, body).await.is(400).body["message"], "This parameter could not be updated.");
    let body = json!({"username": taken, "children": [ABSENT], "institution_id": ABSENT});
    let absent = format!("/v1/families/{ABSENT}");
    admin.patch(&absent, body.clone()).await.fails(404, "Family not found!", Some(NOT_FOUND));
    admin.patch(&url, body).await.fails(409, "Family is already registered...", None);
    let body = json!({"username": fresh("f-"), "children": [school.sibling.id, ABSENT], "institution_id": ABSENT});
    admin.patch(&url, body).await.fails(400, message, Some(&missing));
    let body = json!({"username": fresh("f-"), "children": [], "institution_id": ABSENT});
    assert_eq!(admin.patch(&url, body).await.is(400).body["message"], unknown);
    assert_eq!(admin.get(&url).await.body, before);
}

#[tokio::test]
async fn an_update_replaces_the_children_and_an_empty_list_empties_them() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let url = format!("/v1/families/{}", school.family.id);
    let (a, b) = (school.child.id.as_str(), school.sibling.id.as_str());
    let before = admin.get(&url).await.body;
    let same = json!({"username": school.family.username, "last_login": "x", "id": ABSENT});
    assert_eq!(admin.patch(&url, same).await.is(200).body, before);
    assert_eq!(ids(&admin.patch(&url, json!({"children": [b, a, b]})).await.is(200).body["children"]), [b, a]);
    assert_eq!(admin.patch(&url, json!({"children": []})).await.is(200).body["children"], json!([]));
    assert_eq!(admin.get(&format!("{url}/children")).await.is(200).body, json!([]));
}

#[tokio::test]
async fn a_child_is_added_behind_the_others_once_and_removed_whether_linked_or_not() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let (a, b) = (school.child.id.as_str(), school.sibling.id.as_str());
    let third = admin.make_child(&admin.make_institution().await).await;
    let url = |child: &str| format!("/v1/families/{}/children/{child}", school.family.id);
    let added = admin.post(&url(&third), json!("not even read")).await.is(200).body;
    assert_eq!(added["id"], json!(school.family.id));
    assert_eq!(ids(&added["children"]), [a, b, &third]);
    assert_eq!(admin.post(&url(&third), Value::Null).await.is(200).body, added);
    assert_eq!(admin.post(&url(&a.to_uppercase()), Value::Null).await.is(200).body, added);
    admin.delete(&url(a)).await.is(204);
    admin.delete(&url(a)).await.is(204);
    assert_eq!(kids(&world, &school).await, [b, &third]);
    assert_eq!(ids(&admin.post(&url(a), Value::Null).await.is(200).body["children"]), [b, &third, a]);
    for no_child in [ABSENT, &school.family.id, &school.educator.id] {
        let message = "The association could not be performed because the child does not have a record.";
        admin.post(&url(no_child), Value::Null).await.fails(400, message, None);
        admin.delete(&url(no_child)).await.is(204);
    }
    for no_family in [ABSENT, a, &school.educator.id] {
        let url = format!("/v1/families/{no_family}/children/{ABSENT}");
        admin.post(&url, Value::Null).await.fails(400, "Family not found!", Some(NOT_FOUND));
        admin.delete(&url).await.fails(404, "Family not found!", Some(NOT_FOUND));
        let list = format!("/v1/families/{no_family}/children");
        admin.get(&list).await.fails(404, "Family not found!", Some(NOT_FOUND));
    }
}

#[tokio::test]
async fn deleted_and_vanished_children_leave_their_families() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let third = admin.make_child(&school.institution).await;
    let url = format!("/v1/families/{}", school.family.id);
    admin.post(&format!("{url}/children/{third}"), Value::Null).await.is(200);
    admin.delete(&format!("/v1/users/{}", school.sibling.id)).await.is(204);
    assert_eq!(kids(&world, &school).await, [school.child.id.as_str(), &third]);
    world.sql(&format!("PRAGMA foreign_keys = OFF; DELETE FROM account WHERE id = x'{}'", school.child.id));
    assert_eq!(kids(&world, &school).await, [third.as_str()]);
    let list = admin.get(&format!("{url}/children")).await.is(200);
    assert_eq!((ids(&list.body), list.header("x-total-count")), (vec![third.clone()], Some("1")));
    assert_eq!(ids(&admin.get("/v1/families").await.is(200).body[0]["children"]), [third]);
    admin.delete(&format!("/v1/users/{}", school.family.id)).await.is(204);
    admin.get(&url).await.is(404);
    assert_eq!(admin.get("/v1/children").await.is(200).body.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_family_drops_and_reorders_its_children_and_takes_in_none() {
    let world = World::new().await;
    let (ours, theirs) = (world.school().await, world.school().await);
    let family = &ours.family;
    let url = format!("/v1/families/{}", family.id);
    let taken = theirs.family.username.clone();
    for stranger in [&theirs.child.id, ABSENT, &ours.educator.id] {
        for name in [fresh("f-"), taken.clone()] {
            let body = json!({"username": name, "children": [ours.child.id, stranger]});
            family.client.patch(&url, body).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
        }
        let body = json!({"children": [stranger, "x"]});
        family.client.patch(&url, body).await.is(400);
        family.client.get(&format!("/v1/children/{stranger}")).await.is(403);
        family.client.post(&format!("{url}/children/{stranger}"), Value::Null).await.is(403);
    }
    for institution in [theirs.institution.as_str(), ABSENT] {
        let body = json!({"institution": institution, "username": taken});
        family.client.patch(&url, body).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
    }
    let own = json!({"institution_id": ours.institution, "children": [ours.sibling.id, ours.child.id]});
    let reordered = family.client.patch(&url, own).await.is(200).body;
    assert_eq!(ids(&reordered["children"]), [ours.sibling.id.as_str(), &ours.child.id]);
    family.client.get(&format!("/v1/children/{}", ours.child.id)).await.is(200);
    family.client.patch(&url, json!({"children": [ours.sibling.id]})).await.is(200);
    // What is dropped is a stranger, and does not come back.
    family.client.get(&format!("/v1/children/{}", ours.child.id)).await.is(403);
    family.client.patch(&url, json!({"children": [ours.sibling.id, ours.child.id]})).await.is(403);
    family.client.patch(&url, json!({"children": []})).await.is(200);
    family.client.patch(&url, json!({"username": taken})).await.is(409);
}

#[tokio::test]
async fn with_self_affiliation_a_family_takes_in_whom_it_likes() {
    let world = World::with(Options { self_affiliation: SelfAffiliation::Allowed, ..Options::default() }).await;
    let (ours, theirs) = (world.school().await, world.school().await);
    let url = format!("/v1/families/{}", ours.family.id);
    let body = json!({"institution_id": theirs.institution, "children": [theirs.child.id]});
    let changed = ours.family.client.patch(&url, body).await.is(200).body;
    assert_eq!(ids(&changed["children"]), [theirs.child.id.as_str()]);
    ours.family.client.get(&format!("/v1/children/{}", theirs.child.id)).await.is(200);
    ours.family.client.patch(&url, json!({"children": [ABSENT]})).await.is(400);
    ours.family.client.post(&format!("{url}/children/{}", ours.child.id), Value::Null).await.is(403);
}

#[tokio::test]
async fn a_family_that_vanished_has_no_kin_and_no_institution() {
    let world = World::new().await;
    let school = world.school().await;
    let family = &school.family;
    world.admin().await.post(&format!("/v1/children/{}/nfc", school.child.id), json!({"nfc_tag": "tag"})).await.is(201);
    family.client.get("/v1/children/nfc/tag").await.is(200);
    world.sql(&format!("PRAGMA foreign_keys = OFF; DELETE FROM account WHERE id = x'{}'", family.id));
    let url = format!("/v1/families/{}", family.id);
    family.client.get(&format!("/v1/children/{}", school.child.id)).await.is(403);
    family.client.get("/v1/children/nfc/tag").await.is(404);
    family.client.get(&format!("/v1/institutions/{}", school.institution)).await.is(403);
    family.client.patch(&url, json!({"children": [school.child.id]})).await.is(403);
    family.client.patch(&url, json!({"institution_id": school.institution})).await.is(403);
    family.client.get(&url).await.fails(404, "Family not found!", Some(NOT_FOUND));
    family.client.get(&format!("{url}/children")).await.fails(404, "Family not found!", Some(NOT_FOUND));
    family.client.patch(&url, json!({})).await.fails(404, "Family not found!", Some(NOT_FOUND));
    school.child.client.get(&format!("/v1/institutions/{}", school.institution)).await.is(200);
    world.sql(&format!("PRAGMA foreign_keys = OFF; DELETE FROM account WHERE id = x'{}'", school.child.id));
    school.child.client.get(&format!("/v1/institutions/{}", school.institution)).await.is(403);
    school.child.client.get("/v1/children/nfc/tag").await.is(404);
}
