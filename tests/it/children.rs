//! Children (contract, section 6).

use serde_json::{Value, json};

use crate::support::{ABSENT, PASSWORD, World, child, fresh};

/// The object without its id.
fn without_id(mut body: Value) -> Value {
    body.as_object_mut().unwrap().remove("id").unwrap();
    body
}

#[tokio::test]
async fn child_create_returns_the_whole_child_and_nothing_secret() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let body = json!({
        "username": " BR0001 ", "password": PASSWORD, "institution_id": institution.to_uppercase(),
        "gender": "female", "age": 11, "age_calc_date": "2019-12-01",
    });
    let made = admin.post("/v1/children", body).await.is(201);
    let path = format!("/v1/children/{}", made.id());
    let expected = json!({
        "username": "BR0001", "institution_id": institution, "gender": "female", "age": "11",
        "age_calc_date": "2019-12-01", "fitbit_status": "none",
    });
    assert_eq!(without_id(made.body.clone()), expected);
    assert_eq!(admin.get(&path).await.is(200).body, made.body);
    assert_eq!(admin.get(&path.to_uppercase().replace("/V1/CHILDREN", "/v1/children")).await.is(200).body, made.body);
    assert_eq!(admin.get(&format!("{path}/")).await.is(200).body, made.body);
}

#[tokio::test]
async fn age_is_kept_as_it_was_given_and_returned_as_text() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    for (given, returned) in [
        (json!(11), "11"),
        (json!("11"), "11"),
        (json!(11.5), "11.5"),
        (json!("11.5"), "11.5"),
        (json!("011"), "011"),
        (json!(0.5), "0.5"),
        (json!("2015-02-28"), "2015-02-28"),
    ] {
        let mut body = child(&fresh("BR"), &institution);
        body["age"] = given.clone();
        let made = admin.post("/v1/children", body).await.is(201);
        assert_eq!(made.body["age"], returned, "{given}");
        let path = format!("/v1/children/{}", made.id());
        admin.patch(&path, json!({"age": 7})).await.is(200);
        let changed = admin.patch(&path, json!({"age": given})).await.is(200);
        assert_eq!(changed.body["age"], returned);
        assert_eq!(admin.get(&path).await.is(200).body["age"], returned);
    }
}

#[tokio::test]
async fn child_update_of_nothing_changes_nothing() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let path = format!("/v1/children/{}", admin.make_child(&institution).await);
    let before = admin.get(&path).await.is(200).body;
    assert_eq!(admin.patch(&path, json!({})).await.is(200).body, before);
    // Without a body at all: as good as {}.
    assert_eq!(admin.send(poem::http::Method::PATCH, &path, None).await.is(200).body, before);
    // The object as it came.
    assert_eq!(admin.patch(&path, before.clone()).await.is(200).body, before);
}

#[tokio::test]
async fn child_update_changes_what_it_names_and_keeps_tag_sync_and_wearable() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let other = admin.make_institution().await;
    let path = format!("/v1/children/{}", admin.make_child(&institution).await);
    admin.post(&format!("{path}/nfc"), json!({"nfc_tag": "04a22422dd6480"})).await.is(201);
    world.sql("UPDATE child SET last_sync = 1575028800000, fitbit_status = 'valid_token'");
    let before = admin.get(&path).await.is(200).body;
    assert_eq!(before["last_sync"], "2019-11-29T12:00:00.000Z");
    let patch = json!({
        "username": "renamed", "institution": other, "gender": "female", "age": "12", "age_calc_date": "2019-12-01",
        "last_sync": "2030-01-01T00:00:00.000Z", "fitbit_status": "none", "nfc_tag": "x", "tag_ass_time": "x",
    });
    let changed = admin.patch(&path, patch).await.is(200).body;
    let mut expected = before;
    expected["username"] = json!("renamed");
    expected["institution_id"] = json!(other);
    expected["gender"] = json!("female");
    expected["age"] = json!("12");
    expected["age_calc_date"] = json!("2019-12-01");
    assert_eq!(changed, expected);
}

#[tokio::test]
async fn unknown_and_read_only_keys_are_ignored() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let ignored = json!({
        "id": ABSENT, "type": "admin", "last_login": "2030-01-01T00:00:00.000Z", "last_sync": 5, "scope": "users:delete",
        "fitbit_status": "valid_token", "nfc_tag": "x", "children_groups": 7, "children": "x", "nonsense": [null],
    });
    let mut body = child("BR0001", &institution);
    body.as_object_mut().unwrap().extend(ignored.as_object().unwrap().clone());
    let made = admin.post("/v1/children", body).await.is(201);
    assert_ne!(made.id(), ABSENT);
    let plain = json!({
        "username": "BR0001", "institution_id": institution, "gender": "male", "age": "9", "fitbit_status": "none",
    });
    assert_eq!(without_id(made.body.clone()), plain);
    let path = format!("/v1/children/{}", made.id());
    assert_eq!(admin.patch(&path, ignored).await.is(200).body, made.body);
    admin.get(&format!("/v1/children/{ABSENT}")).await.is(404);
}

#[tokio::test]
async fn the_key_institution_is_an_alias_and_wins() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (first, second) = (admin.make_institution().await, admin.make_institution().await);
    let mut body = child("BR0001", ABSENT);
    body["institution"] = json!(first);
    let made = admin.post("/v1/children", body).await.is(201);
    assert_eq!(made.body["institution_id"], first);
    assert_eq!(made.body.get("institution"), None);
    let path = format!("/v1/children/{}", made.id());
    let both = json!({"institution": second, "institution_id": ABSENT});
    assert_eq!(admin.patch(&path, both).await.is(200).body["institution_id"], second);
}

#[tokio::test]
async fn a_username_is_unique_within_its_type_to_the_letter() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    admin.post("/v1/children", child("BR0001", &school.institution)).await.is(201);
    let taken = "Child is already registered...";
    admin.post("/v1/children", child(" BR0001 ", &school.institution)).await.fails(409, taken, None);
    // The conflict is told before the missing institution.
    admin.post("/v1/children", child("BR0001", ABSENT)).await.fails(409, taken, None);
    admin.post("/v1/children", child("br0001", &school.institution)).await.is(201);
    admin.post("/v1/children", child(&school.educator.username, &school.institution)).await.is(201);
    let path = format!("/v1/children/{}", school.child.id);
    admin.patch(&path, json!({"username": "BR0001"})).await.fails(409, taken, None);
    admin.patch(&path, json!({"username": school.child.username})).await.is(200);
    let absent = format!("/v1/children/{ABSENT}");
    admin.patch(&absent, json!({"username": "BR0001"})).await.is(404);
    // Another type's id is no child.
    admin.patch(&format!("/v1/children/{}", school.educator.id), json!({})).await.is(404);
}

#[tokio::test]
async fn child_list_counts_all_and_shows_a_page_newest_first() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    assert_eq!(admin.get("/v1/children").await.is(200).header("x-total-count"), Some("0"));
    let mut ids = Vec::new();
    for _ in 0..105 {
        ids.push(admin.make_child(&institution).await);
    }
    ids.reverse();
    for (query, expected) in [
        ("", &ids[..100]),
        ("?page=2", &ids[100..]),
        ("?limit=10", &ids[..10]),
        ("?page=3&limit=10", &ids[20..30]),
        ("?page=11&limit=10", &ids[100..]),
        ("?page=12&limit=10", &[]),
        ("?limit=1000000", &ids[..]),
        ("?page=0&limit=-1", &ids[..100]),
        ("?page=x&limit=", &ids[..100]),
        ("?limit=10&limit=20&page=2&page=1", &ids[10..20]),
        ("?page=99999999999999999999&limit=10", &[]),
        ("?fields=username&limit=10", &ids[..10]),
    ] {
        let reply = admin.get(&format!("/v1/children{query}")).await.is(200);
        let found: Vec<_> = reply.body.as_array().unwrap().iter().map(|child| child["id"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{query}");
        assert_eq!(reply.header("x-total-count"), Some("105"), "{query}");
    }
    let first = admin.get("/v1/children?limit=1").await.body[0].clone();
    assert_eq!(admin.get(&format!("/v1/children/{}", ids[0])).await.body, first);
}
