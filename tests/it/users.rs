//! Users of any type: deleting them, changing and resetting passwords (contract, sections 3 and 6).

use serde_json::json;

use crate::support::{ADMIN, PASSWORD, World};

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
