//! Users of any type: deleting them, changing and resetting passwords (contract, sections 3 and 6).

use serde_json::{Value, json};

use crate::support::{ABSENT, ADMIN, PASSWORD, PATHS, World, user};

#[tokio::test]
async fn password_reset_revokes_at_once_and_after_a_restart() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let child = world.person("children", &institution, &[]).await;
    let own = format!("/v1/children/{}", child.id);
    let reset = format!("/v1/users/{}/reset-password", child.id);
    child.client.get(&own).await.is(200);
    assert_eq!(admin.post(&reset, json!({"new_password": "another"})).await.is(204).text, "");
    let revoked = "The token user is not properly registered as a consumer at the gateway.";
    child.client.get(&own).await.fails(401, "UNAUTHORIZED", Some(revoked));
    let wrong = json!({"username": child.username, "password": PASSWORD});
    world.nobody().post("/v1/auth", wrong).await.fails(401, "Invalid username or password!", None);
    let fresh = world.login(&child.username, "another").await;
    fresh.get(&own).await.is(200);
    admin.get(&own).await.is(200);

    let world = world.restarted().await;
    let old = world.bearer(child.client.token.as_deref().unwrap());
    let reply = old.get(&own).await.fails(401, "UNAUTHORIZED", Some(revoked));
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    world.bearer(fresh.token.as_deref().unwrap()).get(&own).await.is(200);
}

#[tokio::test]
async fn password_change_spares_the_token_that_asks_for_it() {
    let world = World::new().await;
    let (other, admin) = (world.admin().await, world.admin().await);
    let id = world.admin_id().await;
    let body = json!({"old_password": ADMIN.1, "new_password": ADMIN.1});
    admin.put(&format!("/v1/users/{id}/password"), body).await.is(204);
    admin.get("/v1/institutions").await.is(200);
    let revoked = "The token user is not properly registered as a consumer at the gateway.";
    other.get("/v1/institutions").await.fails(401, "UNAUTHORIZED", Some(revoked));
}

#[tokio::test]
async fn authentication_asks_no_database() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let before = world.store.statements();
    admin.get(&format!("/v1/institutions/{institution}")).await.is(200);
    assert_eq!(world.store.statements() - before, 1, "the institution is read, and nothing else");
}

const NO_RIGHT: &str = "Authorization failed due to insufficient permissions.";

#[tokio::test]
async fn user_delete_takes_a_child_out_of_every_group_and_family() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    admin.delete(&format!("/v1/users/{}", school.child.id)).await.is(204);
    let left = |body: &Value| -> Vec<String> {
        body["children"].as_array().unwrap().iter().map(|child| child["id"].as_str().unwrap().to_owned()).collect()
    };
    let family = admin.get(&format!("/v1/families/{}", school.family.id)).await.is(200);
    assert_eq!(left(&family.body), [school.sibling.id.as_str()]);
    for (owner, person, group) in [
        ("educators", &school.educator, &school.educator_group),
        ("healthprofessionals", &school.professional, &school.professional_group),
    ] {
        let path = format!("/v1/{owner}/{}/children/groups/{group}", person.id);
        assert_eq!(left(&person.client.get(&path).await.is(200).body), [school.sibling.id.as_str()]);
    }
    let gone = "Child not found or already removed. A new operation for the same resource is not required.";
    let reply = admin.get(&format!("/v1/children/{}", school.child.id)).await;
    reply.fails(404, "Child not found!", Some(gone));
}

#[tokio::test]
async fn user_delete_takes_the_groups_of_their_owner_along_and_frees_the_name() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let count = |table: &str| -> i64 {
        let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("children_group"), count("group_member")), (2, 4));
    for person in [&school.educator, &school.professional] {
        admin.delete(&format!("/v1/users/{}", person.id)).await.is(204);
    }
    assert_eq!((count("children_group"), count("group_member")), (0, 0));
    admin.get(&format!("/v1/children/{}", school.child.id)).await.is(200);
    let again = user("educators", &school.educator.username, &school.institution, &[]);
    let reborn = admin.post("/v1/educators", again).await.is(201);
    assert_ne!(reborn.id(), school.educator.id);
    assert_eq!(reborn.body["children_groups"], json!([]));
}

#[tokio::test]
async fn user_delete_leaves_the_children_of_a_family_and_revokes_its_tokens_for_good() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let own = format!("/v1/families/{}", school.family.id);
    school.family.client.get(&own).await.is(200);
    admin.delete(&format!("/v1/users/{}", school.family.id)).await.is(204);
    admin.get(&format!("/v1/children/{}", school.child.id)).await.is(200);
    let revoked = "The token user is not properly registered as a consumer at the gateway.";
    school.family.client.get(&own).await.fails(401, "UNAUTHORIZED", Some(revoked));
    let world = world.restarted().await;
    let token = school.family.client.token.unwrap();
    world.bearer(&token).get(&own).await.fails(401, "UNAUTHORIZED", Some(revoked));
    let login = json!({"username": school.family.username, "password": PASSWORD});
    world.nobody().post("/v1/auth", login).await.fails(401, "Invalid username or password!", None);
}

#[tokio::test]
async fn user_delete_of_nobody_succeeds_and_of_oneself_or_the_last_admin_is_forbidden() {
    let world = World::new().await;
    let (admin, id) = (world.admin().await, world.admin_id().await);
    for _ in 0..2 {
        assert_eq!(admin.delete(&format!("/v1/users/{ABSENT}")).await.is(204).text, "");
    }
    for own in [id.clone(), id.to_uppercase()] {
        admin.delete(&format!("/v1/users/{own}")).await.fails(403, "FORBIDDEN", Some(NO_RIGHT));
    }
    let other = |id: &str, name: &str| {
        format!(
            "INSERT INTO account (id, role, username, password_hash, created_at)
             SELECT x'{id}', role, x'{name}', password_hash, created_at FROM account WHERE role = 'admin' LIMIT 1"
        )
    };
    let (second, third) = ("507f191e810c19729de860e1", "507f191e810c19729de860e2");
    world.sql(&other(second, "01"));
    admin.delete(&format!("/v1/users/{second}")).await.is(204);
    world.sql(&other(third, "02"));
    world.sql(&format!("DELETE FROM account WHERE id = x'{id}'"));
    admin.delete(&format!("/v1/users/{third}")).await.fails(403, "FORBIDDEN", Some(NO_RIGHT));
}

#[tokio::test]
async fn password_reset_works_on_every_type_and_on_oneself() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    for path in PATHS {
        let person = school.of(path);
        let reset = format!("/v1/users/{}/reset-password", person.id.to_uppercase());
        admin.post(&reset, json!({"new_password": " spaces stay "})).await.is(204);
        world.login(&person.username, " spaces stay ").await;
        let trimmed = json!({"username": person.username, "password": "spaces stay"});
        world.nobody().post("/v1/auth", trimmed).await.is(401);
    }
    let reset = format!("/v1/users/{}/reset-password", world.admin_id().await);
    admin.post(&reset, json!({"new_password": "new"})).await.is(204);
    admin.get("/v1/institutions").await.is(200);
    world.login(ADMIN.0, "new").await;
}

#[tokio::test]
async fn password_change_works_for_every_type_that_may_and_only_with_the_old_one() {
    let world = World::new().await;
    let school = world.school().await;
    for path in PATHS {
        let person = school.of(path);
        let own = format!("/v1/users/{}/password", person.id);
        if matches!(path, "children" | "applications") {
            // Their tokens carry no scope for it.
            let body = json!({"old_password": PASSWORD, "new_password": "new"});
            person.client.put(&own, body).await.fails(403, "FORBIDDEN", Some(NO_RIGHT));
            continue;
        }
        let wrong = json!({"old_password": "wrong", "new_password": "new"});
        let text = "The old password parameter does not match with the actual user password.";
        person.client.put(&own, wrong).await.fails(400, "Password does not match!", Some(text));
        let right = json!({"old_password": PASSWORD, "new_password": "new"});
        person.client.put(&own, right).await.is(204);
        world.login(&person.username, "new").await;
        let old = json!({"username": person.username, "password": PASSWORD});
        world.nobody().post("/v1/auth", old).await.is(401);
    }
}
