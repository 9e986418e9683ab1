//! Institutions (contract, section 6).

use serde_json::{Value, json};

use crate::support::{ABSENT, World};

const TAKEN: &str = "Institution is already registered...";
const GONE: &str = "Institution not found or already removed. A new operation for the same resource is not required.";

#[tokio::test]
async fn institution_create_returns_numbers_for_a_place_given_as_numbers_or_text() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (number, (given, returned)) in [
        (json!(["51.5237", "-0.1585"]), json!([51.5237, -0.1585])),
        (json!([51.5237, -0.1585]), json!([51.5237, -0.1585])),
        (json!(["90", "-180"]), json!([90.0, -180.0])),
        (json!([-90, 180]), json!([-90.0, 180.0])),
        (json!(["0", 0]), json!([0.0, 0.0])),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({
            "name": format!("School {number}"), "type": "School", "address": "221B Baker Street",
            "latitude": given[0], "longitude": given[1],
        });
        let made = admin.post("/v1/institutions", body).await.is(201);
        for (key, expected) in [("latitude", &returned[0]), ("longitude", &returned[1])] {
            assert!(made.body[key].is_number(), "{given}");
            assert_eq!(made.body[key].as_f64(), expected.as_f64(), "{given}");
        }
        assert_eq!(admin.get(&format!("/v1/institutions/{}", made.id())).await.is(200).body, made.body);
    }
}

#[tokio::test]
async fn a_place_out_of_range_or_of_no_number_is_refused_in_the_words_of_the_platform() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (key, bad) in [
        ("latitude", json!(90.0001)),
        ("latitude", json!("-90.0001")),
        ("latitude", json!("north")),
        ("latitude", json!(null)),
        ("latitude", json!("")),
        ("latitude", json!("NaN")),
        ("longitude", json!(180.0001)),
        ("longitude", json!("inf")),
        ("longitude", json!(true)),
        ("longitude", json!([1])),
    ] {
        let mut body = json!({"name": "School", "type": "School"});
        body[key] = bad;
        let reply = admin.post("/v1/institutions", body).await;
        let text = format!("{key} must be a string!");
        reply.fails(400, "One or more request fields are invalid...", Some(&text));
    }
}

#[tokio::test]
async fn institution_create_leaves_out_what_was_not_given_and_ignores_a_given_id() {
    let world = World::new().await;
    let admin = world.admin().await;
    let made = admin.post("/v1/institutions", json!({"id": ABSENT, "name": "School", "type": "School"})).await.is(201);
    assert_ne!(made.id(), ABSENT);
    assert_eq!(made.body, json!({"id": made.id(), "type": "School", "name": "School"}));
}

#[tokio::test]
async fn institution_update_changes_what_it_names() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({"name": "School", "type": "School", "address": "here", "latitude": 1, "longitude": 2});
    let made = admin.post("/v1/institutions", body).await.is(201);
    let path = format!("/v1/institutions/{}", made.id());
    assert_eq!(admin.patch(&path, json!({})).await.is(200).body, made.body);
    let changed = admin.patch(&path, json!({"id": ABSENT, "type": "Clinic", "longitude": "3.5"})).await.is(200).body;
    let mut expected: Value = made.body;
    expected["type"] = json!("Clinic");
    expected["longitude"] = json!(3.5);
    assert_eq!(changed, expected);
}

#[tokio::test]
async fn institution_update_tells_a_conflict_before_an_absence() {
    let world = World::new().await;
    let admin = world.admin().await;
    for name in ["First", "Second"] {
        admin.post("/v1/institutions", json!({"name": name, "type": "School"})).await.is(201);
    }
    let first = admin.get("/v1/institutions?name=First").await.body[0]["id"].as_str().unwrap().to_owned();
    let (path, absent) = (format!("/v1/institutions/{first}"), format!("/v1/institutions/{ABSENT}"));
    admin.patch(&path, json!({"name": "Second"})).await.fails(409, TAKEN, None);
    admin.patch(&absent, json!({"name": "Second"})).await.fails(409, TAKEN, None);
    admin.patch(&absent, json!({"name": "Third"})).await.fails(404, "Institution not found!", Some(GONE));
    admin.patch(&absent, json!({})).await.fails(404, "Institution not found!", Some(GONE));
    admin.patch(&path, json!({"name": "First"})).await.is(200);
    // To the letter: another case is another name.
    admin.patch(&path, json!({"name": "second"})).await.is(200);
    admin.post("/v1/institutions", json!({"name": "Second", "type": "x"})).await.fails(409, TAKEN, None);
}

#[tokio::test]
async fn institution_delete_is_refused_while_a_user_belongs_to_it() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let path = format!("/v1/institutions/{}", school.institution);
    let people =
        [&school.child, &school.sibling, &school.family, &school.educator, &school.professional, &school.application];
    for person in people {
        admin.delete(&path).await.fails(400, "The institution is associated with one or more users.", None);
        admin.delete(&format!("/v1/users/{}", person.id)).await.is(204);
    }
    for _ in 0..2 {
        assert_eq!(admin.delete(&path).await.is(204).text, "");
    }
    admin.get(&path).await.fails(404, "Institution not found!", Some(GONE));
}

#[tokio::test]
async fn institution_list_counts_what_matches() {
    let world = World::new().await;
    let admin = world.admin().await;
    for name in ["Ash", "Birch", "Beech"] {
        admin.post("/v1/institutions", json!({"name": name, "type": "School"})).await.is(201);
    }
    for (query, names, total) in [
        ("", &["Beech", "Birch", "Ash"][..], "3"),
        ("?limit=1&page=2", &["Birch"], "3"),
        ("?name=b*&limit=1", &["Beech"], "2"),
        ("?sort=name", &["Ash", "Beech", "Birch"], "3"),
        ("?sort=-name&page=2&limit=2", &["Ash"], "3"),
        ("?type=Clinic", &[], "0"),
        ("?nonsense=1", &[], "0"),
    ] {
        let reply = admin.get(&format!("/v1/institutions{query}")).await.is(200);
        let found: Vec<_> = reply.body.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{query}");
        assert_eq!(reply.header("x-total-count"), Some(total), "{query}");
    }
}
