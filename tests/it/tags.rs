//! NFC tags: which child holds one, and who may ask by it.

use serde_json::{Value, json};

use crate::support::{ABSENT, World, fresh};

const AN_ID: &str = "A 24-byte hex ID similar to this: 507f191e810c19729de860ea is expected.";
const NOT_FOUND: &str = "Child not found or already removed. A new operation for the same resource is not required.";

#[tokio::test]
async fn a_tag_is_set_with_its_time_and_the_same_again_keeps_it() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let url = format!("/v1/children/{}", school.child.id);
    let tag = format!("{url}/nfc");
    let before = admin.get(&url).await.is(200).body;
    assert!(before["nfc_tag"].is_null() && before["tag_ass_time"].is_null());
    let set = admin.post(&tag, json!({"nfc_tag": "04a22422dd6480", "id": ABSENT})).await.is(201).body;
    assert_eq!(set["nfc_tag"], "04a22422dd6480");
    assert!(set["tag_ass_time"].as_str().unwrap().starts_with("2026-03-01T12:00:"));
    world.clock.advance(60);
    assert_eq!(admin.post(&tag, json!({"nfc_tag": "04a22422dd6480"})).await.is(201).body, set);
    for path in [url.as_str(), "/v1/children/nfc/04a22422dd6480", "/v1/children/nfc/04a22422dd6480/"] {
        assert_eq!(admin.get(path).await.is(200).body, set, "{path}");
    }
    let other = admin.post(&tag, json!({"nfc_tag": "Ünlü / tag?"})).await.is(201).body;
    assert_ne!(other["tag_ass_time"], set["tag_ass_time"]);
    admin.get("/v1/children/nfc/04a22422dd6480").await.fails(404, "Child not found!", Some(NOT_FOUND));
    assert_eq!(admin.get("/v1/children/nfc/%C3%9Cnl%C3%BC%20%2F%20tag%3F").await.is(200).body, other);
    // An update of the child leaves it alone.
    let renamed = admin.patch(&url, json!({"username": fresh("c"), "nfc_tag": "x", "age": 10})).await.is(200).body;
    assert_eq!([&renamed["nfc_tag"], &renamed["tag_ass_time"]], [&other["nfc_tag"], &other["tag_ass_time"]]);
    assert_eq!(renamed["fitbit_status"], "none");
}

#[tokio::test]
async fn a_cleared_tag_is_nobodys_and_free_for_another_child() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let (one, other) = (format!("/v1/children/{}", school.child.id), format!("/v1/children/{}", school.sibling.id));
    let before = admin.get(&one).await.body;
    admin.post(&format!("{one}/nfc"), json!({"nfc_tag": "tag"})).await.is(201);
    let message = "The NFC tag is already associated with another child.";
    let text = "The same NFC tag cannot be used on more than one child. Please correct and try again.";
    admin.post(&format!("{other}/nfc"), json!({"nfc_tag": "tag"})).await.fails(409, message, Some(text));
    // To the letter.
    admin.post(&format!("{other}/nfc"), json!({"nfc_tag": "TAG"})).await.is(201);
    admin.delete(&format!("{one}/nfc")).await.is(204);
    admin.delete(&format!("{one}/nfc")).await.is(204);
    assert_eq!(admin.get(&one).await.is(200).body, before);
    admin.get("/v1/children/nfc/tag").await.fails(404, "Child not found!", Some(NOT_FOUND));
    admin.post(&format!("{other}/nfc"), json!({"nfc_tag": "tag"})).await.is(201);
    admin.delete(&format!("/v1/users/{}", school.sibling.id)).await.is(204);
    admin.get("/v1/children/nfc/tag").await.is(404);
    admin.post(&format!("{one}/nfc"), json!({"nfc_tag": "tag"})).await.is(201);
}

#[tokio::test]
async fn the_id_is_checked_before_the_tag_and_the_tag_before_the_child() {
    let world = World::new().await;
    let admin = world.admin().await;
    let message = "Some ID provided does not have a valid format!";
    admin.post("/v1/children/x/nfc", json!({"nfc_tag": 5})).await.fails(400, message, Some(AN_ID));
    admin.delete("/v1/children/x/nfc").await.fails(400, message, Some(AN_ID));
    let absent = format!("/v1/children/{ABSENT}/nfc");
    let text = "NFC Tag must have a valid value. For example: \"04a22422dd6480\"";
    admin.post(&absent, json!({"nfc_tag": 5})).await.fails(400, text, None);
    admin.post(&absent, json!({"nfc_tag": "x"})).await.fails(404, "Child not found!", Some(NOT_FOUND));
    admin.delete(&absent).await.fails(404, "Child not found!", Some(NOT_FOUND));
    // A user of another type is no child.
    let family = world.school().await.family;
    admin.post(&format!("/v1/children/{}/nfc", family.id), json!({"nfc_tag": "x"})).await.is(404);
    admin.delete(&format!("/v1/children/{}/nfc", family.id)).await.is(404);
}

#[tokio::test]
async fn a_tag_shows_a_child_to_itself_to_its_family_and_to_those_who_care_and_hides_it_from_others() {
    let world = World::new().await;
    let (ours, theirs) = (world.school().await, world.school().await);
    let admin = world.admin().await;
    admin.post(&format!("/v1/children/{}/nfc", ours.child.id), json!({"nfc_tag": "tag"})).await.is(201);
    let child = admin.get(&format!("/v1/children/{}", ours.child.id)).await.is(200).body;
    for client in [&ours.child, &ours.family, &ours.educator, &theirs.educator, &theirs.professional] {
        assert_eq!(client.client.get("/v1/children/nfc/tag").await.is(200).body, child);
    }
    for stranger in [&ours.sibling, &theirs.child, &theirs.family] {
        // As if there were none.
        for tag in ["tag", "no-such-tag"] {
            let path = format!("/v1/children/nfc/{tag}");
            stranger.client.get(&path).await.fails(404, "Child not found!", Some(NOT_FOUND));
        }
    }
    ours.application.client.get("/v1/children/nfc/tag").await.is(403);
    for path in ["families", "educators", "healthprofessionals", "applications", "children"] {
        let client = ours.client(path);
        let url = format!("/v1/children/{}/nfc", ours.child.id);
        client.post(&url, json!({"nfc_tag": "mine"})).await.is(403);
        client.delete(&url).await.is(403);
    }
    assert_eq!(admin.get("/v1/children/nfc/tag").await.is(200).body, child);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_children_who_get_a_tag_at_once_one_holds_it() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    for _ in 0..10 {
        let tag = json!({"nfc_tag": fresh("tag-")});
        let urls = [&school.child, &school.sibling].map(|one| format!("/v1/children/{}/nfc", one.id));
        let both = tokio::join!(admin.post(&urls[0], tag.clone()), admin.post(&urls[1], tag.clone()));
        assert_eq!(both.0.status + both.1.status, 201 + 409);
        let holder = admin.get(&format!("/v1/children/nfc/{}", tag["nfc_tag"].as_str().unwrap())).await.is(200).body;
        let winner = if both.0.status == 201 { &school.child.id } else { &school.sibling.id };
        assert_eq!(holder["id"], Value::from(winner.as_str()));
    }
}
