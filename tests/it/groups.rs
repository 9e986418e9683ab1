//! Groups of children, of educators and of health professionals.

use serde_json::json;

use crate::support::{ABSENT, World, fresh};

const GONE: &str =
    "Children Group not found or already removed. A new operation for the same resource is not required.";
const PATHS: [&str; 2] = ["educators", "healthprofessionals"];

#[tokio::test]
async fn a_group_keeps_the_order_of_its_children_and_each_once() {
    let world = World::new().await;
    let school = world.school().await;
    let (a, b) = (school.child.id.as_str(), school.sibling.id.as_str());
    world.admin().await.post(&format!("/v1/children/{a}/nfc"), json!({"nfc_tag": "tag"})).await.is(201);
    for path in PATHS {
        let owner = school.of(path);
        let url = format!("/v1/{path}/{}/children/groups", owner.id);
        let body = json!({
            "name": " Walkers ", "school_class": "4th Grade", "id": ABSENT, "owner": "x",
            "children": [{"id": b, "username": "ignored"}, a.to_uppercase(), b, a]
        });
        let made = owner.client.post(&url, body).await.is(201);
        let nested = |person: &crate::support::Person| {
            json!({
                "id": person.id, "username": person.username, "institution_id": school.institution,
                "gender": "male", "age": "9", "fitbit_status": "none"
            })
        };
        let mut expected = json!({
            "id": made.id(), "name": " Walkers ", "school_class": "4th Grade",
            "children": [nested(&school.sibling), nested(&school.child)]
        });
        for kid in expected["children"].as_array_mut().unwrap() {
            let id = kid["id"].as_str().unwrap().to_owned();
            kid["last_login"] = world.admin().await.get(&format!("/v1/children/{id}")).await.body["last_login"].clone();
        }
        assert_eq!(made.body, expected, "without the tag, and without what is unknown");
        assert_eq!(owner.client.get(&format!("{url}/{}", made.id())).await.is(200).body, expected);
        let listed = owner.client.get(&url).await.is(200).body;
        assert_eq!(listed[0], expected, "newest first");
        assert_eq!(listed.as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn an_update_replaces_the_list_and_an_empty_list_empties_it() {
    let world = World::new().await;
    let school = world.school().await;
    let (a, b) = (school.child.id.as_str(), school.sibling.id.as_str());
    for path in PATHS {
        let owner = school.of(path);
        let base = format!("{path}/{}", owner.id);
        let id = owner.client.make_group(&base, &[a]).await;
        let url = format!("/v1/{base}/children/groups/{id}");
        let before = owner.client.get(&url).await.is(200).body;
        assert_eq!(owner.client.patch(&url, json!({})).await.is(200).body, before);
        assert_eq!(owner.client.patch(&url, json!({"name": before["name"]})).await.is(200).body, before);
        let after = owner.client.patch(&url, json!({"children": [b, a], "school_class": "5th"})).await.is(200).body;
        assert_eq!(after["name"], before["name"]);
        assert_eq!(after["school_class"], json!("5th"));
        assert_eq!([&after["children"][0]["id"], &after["children"][1]["id"]], [&json!(b), &json!(a)]);
        let emptied = owner.client.patch(&url, json!({"children": []})).await.is(200).body;
        assert_eq!(emptied["children"], json!([]));
        assert_eq!(emptied["school_class"], json!("5th"));
        owner.client.delete(&url).await.is(204);
        owner.client.delete(&url).await.is(204);
        owner.client.get(&url).await.fails(404, "Children Group not found!", Some(GONE));
        owner.client.patch(&url, json!({"children": [ABSENT]})).await.fails(
            404,
            "Children Group not found!",
            Some(GONE),
        );
    }
}

#[tokio::test]
async fn checks_come_in_order_and_a_refused_change_changes_nothing() {
    let world = World::new().await;
    let school = world.school().await;
    let owner = &school.educator;
    let base = format!("/v1/educators/{}/children/groups", owner.id);
    let taken = owner.client.get(&format!("{base}/{}", school.educator_group)).await.body["name"].clone();
    let bad_name = json!({"name": 5, "school_class": 5, "children": 5});
    let bad_class = json!({"school_class": 5, "children": 5});
    for (body, text) in [
        (bad_name, "name must be a string!"),
        (bad_class, "school_class must be a string!"),
        (json!({"children": 5}), "children must be an array!"),
    ] {
        owner.client.post(&base, body).await.fails(400, "One or more request fields are invalid...", Some(text));
    }
    let both = json!({"name": taken, "children": [ABSENT]});
    owner.client.post(&base, both.clone()).await.fails(409, "Children Group is already registered...", None);
    let other = owner.client.make_group(&format!("educators/{}", owner.id), &[&school.child.id]).await;
    let url = format!("{base}/{other}");
    let before = owner.client.get(&url).await.body;
    owner.client.patch(&url, both).await.is(409);
    let missing = json!({"name": "new", "children": [school.educator.id, ABSENT, school.child.id]});
    let text = format!("The following IDs were verified without registration: {}, {ABSENT}", school.educator.id);
    let message = "It is necessary for children to be registered before proceeding.";
    owner.client.patch(&url, missing).await.fails(400, message, Some(&text));
    assert_eq!(owner.client.get(&url).await.body, before);
    // Names are compared to the letter, and per owner.
    for name in [json!(taken.as_str().unwrap().to_uppercase()), json!(format!("{} ", taken.as_str().unwrap()))] {
        owner.client.post(&base, json!({"name": name, "children": [school.child.id]})).await.is(201);
    }
    let professional = format!("/v1/healthprofessionals/{}/children/groups", school.professional.id);
    let body = json!({"name": taken, "children": [school.child.id]});
    school.professional.client.post(&professional, body).await.is(201);
}

#[tokio::test]
async fn nobody_sees_changes_or_deletes_anothers_group_whatever_ids_are_combined() {
    let world = World::new().await;
    let (ours, theirs) = (world.school().await, world.school().await);
    let owners = [
        ("educators", &ours.educator, &ours.educator_group),
        ("educators", &theirs.educator, &theirs.educator_group),
        ("healthprofessionals", &ours.professional, &ours.professional_group),
        ("healthprofessionals", &theirs.professional, &theirs.professional_group),
    ];
    let everybody = ["children", "families", "educators", "healthprofessionals", "applications"];
    let mut callers: Vec<_> =
        everybody.iter().map(|path| (ours.of(path).id.clone(), ours.client(path).clone())).collect();
    callers.push((world.admin_id().await, world.admin().await));
    for (caller, client) in &callers {
        for kind in PATHS {
            for (_, owner, _) in &owners {
                for (path_of_group, group_owner, group) in &owners {
                    let mine = &owner.id == caller;
                    let right = mine && owners.iter().any(|(path, one, _)| *path == kind && one.id == *caller);
                    if right && group_owner.id == *caller && *path_of_group == kind {
                        continue;
                    }
                    let url = format!("/v1/{kind}/{}/children/groups/{group}", owner.id);
                    let (view, change, delete) = if right { (404, 404, 204) } else { (403, 403, 403) };
                    assert_eq!(client.get(&url).await.status, view, "{url}");
                    assert_eq!(client.patch(&url, json!({"name": fresh("stolen ")})).await.status, change, "{url}");
                    assert_eq!(client.delete(&url).await.status, delete, "{url}");
                }
            }
        }
    }
    for (path, owner, group) in owners {
        let shown = owner.client.get(&format!("/v1/{path}/{}/children/groups/{group}", owner.id)).await.is(200).body;
        assert!(!shown["name"].as_str().unwrap().starts_with("stolen"), "{shown}");
        assert_eq!(shown["children"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn deleted_and_vanished_children_leave_their_groups() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let third = admin.make_child(&school.institution).await;
    let owner = &school.educator;
    let url = format!("/v1/educators/{}/children/groups/{}", owner.id, school.educator_group);
    let kids = [third.as_str(), &school.child.id, &school.sibling.id];
    owner.client.patch(&url, json!({"children": kids})).await.is(200);
    admin.delete(&format!("/v1/users/{}", school.child.id)).await.is(204);
    let ids = |body: serde_json::Value| {
        let kids = body["children"].as_array().unwrap().clone();
        kids.iter().map(|kid| kid["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(owner.client.get(&url).await.is(200).body), [third.as_str(), &school.sibling.id]);
    // Another program takes a row away, and the reference stays.
    world.sql(&format!("PRAGMA foreign_keys = OFF; DELETE FROM account WHERE id = x'{third}'"));
    world.sql(&format!("PRAGMA foreign_keys = OFF; DELETE FROM child WHERE account_id = x'{}'", school.sibling.id));
    let emptied = owner.client.get(&url).await.is(200).body;
    assert_eq!(emptied["children"], json!([]));
    let whole = owner.client.get(&format!("/v1/educators/{}", owner.id)).await.is(200).body;
    assert_eq!(whole["children_groups"], json!([emptied]));
    owner.client.patch(&url, json!({"children": [school.sibling.id]})).await.is(400);
    owner.client.patch(&url, json!({"name": "still here"})).await.is(200);
}

#[tokio::test]
async fn an_owner_has_at_most_two_hundred_groups_of_at_most_a_thousand_children() {
    let world = World::new().await;
    let school = world.school().await;
    let owner = &school.educator;
    let base = format!("/v1/educators/{}/children/groups", owner.id);
    world.sql(&format!(
        "INSERT INTO children_group (id, owner_id, name, created_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 198)
         SELECT unhex(printf('%024x', i)), x'{}', 'many ' || i, 0 FROM n",
        owner.id
    ));
    owner.client.post(&base, json!({"name": "200", "children": [school.child.id]})).await.is(201);
    let full = json!({"name": "201", "children": [school.child.id]});
    owner.client.post(&base, full.clone()).await.fails(400, "The limit of 200 children groups was reached.", None);
    let taken = json!({"name": "200", "children": [ABSENT]});
    owner.client.post(&base, taken).await.is(409);
    owner.client.delete(&format!("{base}/{}", school.educator_group)).await.is(204);
    owner.client.post(&base, full).await.is(201);
    let repeated = json!({"name": "repeated", "children": vec![school.child.id.as_str(); 1001]});
    owner.client.patch(&format!("{base}/{ABSENT}"), repeated.clone()).await.is(400);
    owner.client.delete(&format!("{base}/{:024x}", 1)).await.is(204);
    let text = "children must have at most 1000 items!";
    owner.client.post(&base, repeated).await.fails(400, "One or more request fields are invalid...", Some(text));
    let most = json!({"name": "repeated", "children": vec![school.child.id.as_str(); 1000]});
    assert_eq!(owner.client.post(&base, most).await.is(201).body["children"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_owner_who_is_no_more_has_no_groups_and_makes_none() {
    let world = World::new().await;
    let school = world.school().await;
    for path in PATHS {
        let owner = school.of(path);
        let base = format!("/v1/{path}/{}/children/groups", owner.id);
        world.sql(&format!("DELETE FROM account WHERE id = x'{}'", owner.id));
        owner.client.post(&base, json!({"name": "x", "children": [school.child.id]})).await.is(403);
        assert_eq!(owner.client.get(&base).await.is(200).body, json!([]));
        owner.client.get(&format!("{base}/{ABSENT}")).await.is(404);
        owner.client.delete(&format!("{base}/{ABSENT}")).await.is(204);
    }
}

#[tokio::test]
async fn all_groups_of_an_owner_together_hold_at_most_ten_thousand_children() {
    const FULL: &str = "The limit of 10000 children in all groups was reached.";
    let world = World::new().await;
    let school = world.school().await;
    for path in PATHS {
        let owner = school.of(path);
        let base = format!("/v1/{path}/{}/children/groups", owner.id);
        // Two are in the group that the school has: one place is left.
        let children = world.give_groups(&owner.id, 99, 101).await;
        let newest = owner.client.get(&base).await.is(200).body[0]["id"].as_str().unwrap().to_owned();
        owner.client.delete(&format!("{base}/{newest}")).await.is(204);
        let made = owner.client.post(&base, json!({"name": "almost", "children": children[..99]})).await.is(201);
        let almost = format!("{base}/{}", made.id());
        let two = json!({"name": "two", "children": children[..2]});
        owner.client.post(&base, two.clone()).await.fails(400, FULL, None);
        let (one, another) = (&children[..1], &children[1..2]);
        let last = owner.client.post(&base, json!({"name": "last", "children": one})).await.is(201);
        let last = format!("{base}/{}", last.id());
        owner.client.patch(&last, json!({"children": children[..2]})).await.fails(400, FULL, None);
        owner.client.patch(&last, json!({"children": another, "name": "still one"})).await.is(200);
        let absent = format!("The following IDs were verified without registration: {ABSENT}");
        let message = "It is necessary for children to be registered before proceeding.";
        let missing = json!({"children": [another[0], ABSENT]});
        owner.client.patch(&last, missing).await.fails(400, message, Some(&absent));
        owner.client.patch(&almost, json!({"children": children[..98]})).await.is(200);
        owner.client.patch(&last, json!({"children": children[..2]})).await.is(200);
        owner.client.post(&base, two).await.fails(400, FULL, None);
    }
}

#[tokio::test]
async fn groups_that_held_more_before_there_was_a_limit_stay_and_may_become_smaller() {
    let world = World::new().await;
    let school = world.school().await;
    let owner = &school.educator;
    let base = format!("/v1/educators/{}/children/groups", owner.id);
    let children = world.give_groups(&owner.id, 150, 70).await;
    let whole = owner.client.get(&format!("/v1/educators/{}", owner.id)).await.is(200).body;
    let groups = whole["children_groups"].as_array().unwrap();
    assert_eq!(groups.iter().map(|group| group["children"].as_array().unwrap().len()).sum::<usize>(), 150 * 70 + 2);
    let group = format!("{base}/{}", groups[0]["id"].as_str().unwrap());
    owner.client.patch(&group, json!({"children": children})).await.is(200);
    owner.client.patch(&group, json!({"name": "renamed"})).await.is(200);
    owner.client.patch(&group, json!({"children": children[..60]})).await.is(200);
    let text = "The limit of 10000 children in all groups was reached.";
    owner.client.patch(&group, json!({"children": children[..61]})).await.fails(400, text, None);
}
