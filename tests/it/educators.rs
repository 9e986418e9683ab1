//! Educators and health professionals: two names, one set of promises.

use ocariot_users::app::SelfAffiliation;
use serde_json::{Value, json};

use crate::support::{ABSENT, Options, PASSWORD, Person, World, fresh, user};

const FORBIDDEN: &str = "Authorization failed due to insufficient permissions.";
const KINDS: [(&str, &str); 2] = [("educators", "Educator"), ("healthprofessionals", "Health Professional")];

#[tokio::test]
async fn a_professional_is_registered_and_shown_with_no_groups_and_no_secrets() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    for (path, _) in KINDS {
        let mut body = user(path, "  Ana  ", &institution.to_uppercase(), &[]);
        body["id"] = json!(ABSENT);
        body["type"] = json!("admin");
        body["last_login"] = json!("2020-01-01T00:00:00.000Z");
        body["children_groups"] = json!([ABSENT]);
        let made = admin.post(&format!("/v1/{path}"), body).await.is(201);
        let expected = json!({
            "id": made.id(), "username": "Ana", "institution_id": institution, "children_groups": []
        });
        assert_ne!(made.id(), ABSENT);
        assert_eq!(made.body, expected, "{path}");
        assert_eq!(admin.get(&format!("/v1/{path}/{}", made.id())).await.is(200).body, expected);
        assert_eq!(admin.get(&format!("/v1/{path}")).await.is(200).body, json!([expected]));
        let own = world.login("Ana", PASSWORD).await;
        let shown = own.get(&format!("/v1/{path}/{}", made.id().to_uppercase())).await.is(200).body;
        assert!(shown["last_login"].as_str().unwrap().starts_with("2026-03-01T12:00:00."), "{path}");
        admin.delete(&format!("/v1/users/{}", made.id())).await.is(204);
    }
}

#[tokio::test]
async fn a_professional_comes_with_all_groups_newest_first() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let kids = [admin.make_child(&institution).await, admin.make_child(&institution).await];
    let other = world.person("educators", &institution, &[]).await;
    other.client.make_group(&format!("educators/{}", other.id), &[&kids[0]]).await;
    for (path, _) in KINDS {
        let one = world.person(path, &institution, &[]).await;
        let owner = format!("{path}/{}", one.id);
        let first = one.client.make_group(&owner, &[&kids[1], &kids[0]]).await;
        let second = one.client.make_group(&owner, &[&kids[0]]).await;
        let groups = one.client.get(&format!("/v1/{owner}/children/groups")).await.is(200).body;
        assert_eq!([&groups[0]["id"], &groups[1]["id"]], [&json!(second), &json!(first)]);
        assert_eq!(groups[1]["children"][0]["id"], json!(kids[1]));
        for client in [&admin, &one.client] {
            assert_eq!(client.get(&format!("/v1/{owner}")).await.is(200).body["children_groups"], groups);
        }
        let listed = admin.get(&format!("/v1/{path}?username={}", one.username)).await.is(200).body;
        assert_eq!(listed[0]["children_groups"], groups, "{path}");
        let changed = admin.patch(&format!("/v1/{owner}"), json!({})).await.is(200).body;
        assert_eq!(changed["children_groups"], groups, "{path}");
    }
}

#[tokio::test]
async fn an_id_of_the_other_type_is_no_such_professional() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    for ((path, title), id) in KINDS.into_iter().zip([&school.professional.id, &school.educator.id]) {
        let text =
            format!("{title} not found or already removed. A new operation for the same resource is not required.");
        let path = format!("/v1/{path}/{id}");
        admin.get(&path).await.fails(404, &format!("{title} not found!"), Some(&text));
        admin.patch(&path, json!({"username": "x"})).await.fails(404, &format!("{title} not found!"), Some(&text));
    }
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_checks_in_order() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    for (path, title) in KINDS {
        let one = school.of(path);
        let taken = world.person(path, &school.institution, &[]).await;
        let url = format!("/v1/{path}/{}", one.id);
        let before = admin.get(&url).await.is(200).body;
        let same = json!({"id": ABSENT, "username": one.username, "institution": school.institution, "unknown": null});
        assert_eq!(one.client.patch(&url, same).await.is(200).body, before);
        let conflict = json!({"username": taken.username, "institution_id": ABSENT});
        admin.patch(&url, conflict.clone()).await.fails(409, &format!("{title} is already registered..."), None);
        let not_found = format!("/v1/{path}/{ABSENT}");
        admin.patch(&not_found, conflict).await.is(404);
        let other = admin.make_institution().await;
        let renamed = fresh("renamed-");
        // The alias wins.
        let body = json!({"username": renamed, "institution": other, "institution_id": school.institution});
        let after = admin.patch(&url, body).await.is(200).body;
        assert_eq!((&after["username"], &after["institution_id"]), (&json!(renamed), &json!(other)));
        assert_eq!(after["children_groups"], before["children_groups"]);
        // The old name is free again, the new one logs in.
        admin.post(&format!("/v1/{path}"), user(path, &one.username, &other, &[])).await.is(201);
        world.login(&renamed, PASSWORD).await;
    }
}

#[tokio::test]
async fn nobody_moves_himself_to_another_institution_whether_or_not_it_exists() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let other = admin.make_institution().await;
    for (path, _) in KINDS {
        let one = school.of(path);
        let taken = world.person(path, &school.institution, &[]).await.username;
        let url = format!("/v1/{path}/{}", one.id);
        for institution in [&other, ABSENT] {
            for name in [fresh("name-"), taken.clone()] {
                let body = json!({"username": name, "institution_id": institution});
                one.client.patch(&url, body).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
            }
        }
        // After the formats,
        let body = json!({"institution_id": other, "password": "x"});
        one.client.patch(&url, body).await.is(400);
        one.client.patch(&url, json!({"institution_id": other, "username": 5})).await.is(400);
        // and before it is known that the caller is gone.
        assert_eq!(admin.get(&url).await.body["institution_id"], json!(school.institution));
        world.sql(&format!("DELETE FROM account WHERE id = x'{}'", one.id));
        one.client.patch(&url, json!({"institution_id": school.institution})).await.is(403);
        one.client.patch(&url, json!({"username": taken})).await.is(404);
        one.client.patch(&format!("/v1/institutions/{}", school.institution), json!({})).await.is(403);
    }
}

#[tokio::test]
async fn with_self_affiliation_everybody_moves_as_he_likes() {
    let world = World::with(Options { self_affiliation: SelfAffiliation::Allowed, ..Options::default() }).await;
    let school = world.school().await;
    let other = world.admin().await.make_institution().await;
    for (path, _) in KINDS {
        let one = school.of(path);
        let url = format!("/v1/{path}/{}", one.id);
        let moved = one.client.patch(&url, json!({"institution_id": other})).await.is(200).body;
        assert_eq!(moved["institution_id"], json!(other));
        let message = "The institution provided does not have a registration.";
        let text = "It is necessary that the institution be registered before trying again.";
        one.client.patch(&url, json!({"institution_id": ABSENT})).await.fails(400, message, Some(text));
        // `inst` follows at once.
        one.client.patch(&format!("/v1/institutions/{other}"), json!({})).await.is(200);
        one.client.patch(&format!("/v1/institutions/{}", school.institution), json!({})).await.is(403);
    }
}

#[tokio::test]
async fn an_institution_that_vanished_is_still_shown_as_stored() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    world.sql(&format!("PRAGMA foreign_keys = OFF; DELETE FROM institution WHERE id = x'{}'", school.institution));
    for path in ["children", "families", "educators", "healthprofessionals", "applications"] {
        let one = school.of(path);
        let shown = admin.get(&format!("/v1/{path}/{}", one.id)).await.is(200).body;
        assert_eq!(shown["institution_id"], json!(school.institution), "{path}");
        admin.patch(&format!("/v1/{path}/{}", one.id), json!({"username": fresh("n-")})).await.is(200);
    }
    let own = format!("/v1/institutions/{}", school.institution);
    school.educator.client.get(&own).await.is(404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_simultaneous_registrations_of_a_name_one_succeeds() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    for path in ["children", "families", "educators", "healthprofessionals", "applications"] {
        for _ in 0..5 {
            let body = user(path, &fresh("twin-"), &school.institution, &[&school.child.id]);
            let url = format!("/v1/{path}");
            let both = tokio::join!(admin.post(&url, body.clone()), admin.post(&url, body));
            let mut statuses = [both.0.status, both.1.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 409], "{path}");
        }
    }
    let body = json!({"name": "twin", "children": [school.child.id]});
    let url = format!("/v1/educators/{}/children/groups", school.educator.id);
    let both = tokio::join!(school.educator.client.post(&url, body.clone()), school.educator.client.post(&url, body));
    assert_eq!(both.0.status + both.1.status, 201 + 409);
}

#[tokio::test]
async fn deleting_a_professional_takes_the_groups_along_and_leaves_the_children() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    for (path, _) in KINDS {
        let one = school.of(path);
        admin.delete(&format!("/v1/users/{}", one.id)).await.is(204);
        one.client.get(&format!("/v1/{path}/{}/children/groups", one.id)).await.is(401);
        admin.get(&format!("/v1/{path}/{}", one.id)).await.is(404);
    }
    let left: Value = admin.get("/v1/children").await.is(200).body;
    assert_eq!(left.as_array().unwrap().len(), 2);
    let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    for table in ["children_group", "group_member"] {
        let rows: i64 = database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test]
async fn an_educator_resets_passwords_of_the_children_in_his_own_groups_where_that_is_allowed() {
    for (options, allowed) in [(Options::default(), false), (Options::with_all_rows(), true)] {
        let world = World::with(options).await;
        let (ours, theirs) = (world.school().await, world.school().await);
        let path = |child: &Person| format!("/v1/children/{}/reset-password", child.id);
        let new = json!({"new_password": "another"});
        let educator = &ours.educator.client;
        if !allowed {
            educator.post(&path(&ours.child), new).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
            world.login(&ours.child.username, PASSWORD).await;
            continue;
        }
        educator.post(&path(&ours.child), new.clone()).await.is(204);
        ours.child.client.get(&format!("/v1/children/{}", ours.child.id)).await.is(401);
        world.login(&ours.child.username, "another").await;
        for child in [&theirs.child, &ours.family, &ours.educator] {
            educator.post(&path(child), new.clone()).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
        }
        for other in [&ours.professional, &ours.family, &ours.child, &theirs.educator] {
            other.client.post(&path(&ours.sibling), new.clone()).await;
        }
        world.login(&ours.sibling.username, PASSWORD).await;
        let group = format!("/v1/educators/{}/children/groups/{}", ours.educator.id, ours.educator_group);
        educator.delete(&group).await.is(204);
        educator.post(&path(&ours.child), new).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
        let trail = "SELECT count(*) FROM audit WHERE action = 'child_password_reset' AND outcome = 'ok'";
        assert_eq!(world.sql_value(trail), 1);
    }
}
