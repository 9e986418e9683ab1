//! Applications: users that are programs.

use serde_json::json;

use crate::support::{ABSENT, PASSWORD, World, fresh, user};

const FORBIDDEN: &str = "Authorization failed due to insufficient permissions.";
const NOT_FOUND: &str =
    "Application not found or already removed. A new operation for the same resource is not required.";

#[tokio::test]
async fn an_application_needs_no_institution() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({"username": " app ", "password": PASSWORD, "application_name": " Steps ", "id": ABSENT});
    let made = admin.post("/v1/applications", body).await.is(201);
    let expected = json!({"id": made.id(), "username": "app", "application_name": " Steps "});
    assert_eq!(made.body, expected);
    assert_eq!(admin.get(&format!("/v1/applications/{}", made.id())).await.is(200).body, expected);
    assert_eq!(admin.get("/v1/applications").await.is(200).body, json!([expected]));
    let institution = admin.make_institution().await;
    let url = format!("/v1/applications/{}", made.id());
    let moved = admin.patch(&url, json!({"institution": institution})).await.is(200).body;
    assert_eq!(moved["institution_id"], json!(institution));
    let own = world.login("app", PASSWORD).await;
    assert_eq!(own.get(&url).await.is(200).body["application_name"], " Steps ");
}

#[tokio::test]
async fn checks_come_in_order() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let invalid = "One or more request fields are invalid...";
    let text = "application_name must be a string!";
    admin.post("/v1/applications", json!({"application_name": 5})).await.fails(400, invalid, Some(text));
    let text = "username, password, application_name are required!";
    admin.post("/v1/applications", json!({})).await.fails(400, "Required fields were not provided...", Some(text));
    let taken = school.application.username.clone();
    let body = user("applications", &taken, ABSENT, &[]);
    admin.post("/v1/applications", body).await.fails(409, "Application is already registered...", None);
    let body = user("applications", &fresh("app"), ABSENT, &[]);
    let reply = admin.post("/v1/applications", body).await.is(400);
    assert_eq!(reply.body["message"], "The institution provided does not have a registration.");
    let other = world.person("applications", &school.institution, &[]).await;
    let url = format!("/v1/applications/{}", other.id);
    let before = admin.get(&url).await.body;
    let body = json!({"application_name": 5, "password": "x"});
    assert_eq!(admin.patch(&url, body).await.is(400).body["message"], "This parameter could not be updated.");
    let body = json!({"username": taken, "application_name": "x", "institution_id": ABSENT});
    let absent = format!("/v1/applications/{ABSENT}");
    admin.patch(&absent, body.clone()).await.fails(404, "Application not found!", Some(NOT_FOUND));
    admin.patch(&url, body).await.fails(409, "Application is already registered...", None);
    admin.patch(&url, json!({"application_name": "x", "institution_id": ABSENT})).await.is(400);
    assert_eq!(admin.get(&url).await.body, before);
    assert_eq!(admin.patch(&url, json!({})).await.is(200).body, before);
    let renamed = admin.patch(&url, json!({"application_name": "x"})).await.is(200).body;
    assert_eq!(renamed["application_name"], "x");
}

#[tokio::test]
async fn an_application_sees_itself_and_changes_nothing() {
    let world = World::new().await;
    let (ours, theirs) = (world.school().await, world.school().await);
    let client = &ours.application.client;
    let own = format!("/v1/applications/{}", ours.application.id);
    assert_eq!(client.get(&own).await.is(200).body["username"], json!(ours.application.username));
    let refused = [
        client.get(&format!("/v1/applications/{}", theirs.application.id)).await,
        client.get(&format!("/v1/applications/{ABSENT}")).await,
        client.get("/v1/applications").await,
        client.patch(&own, json!({})).await,
        client.put(&format!("/v1/users/{}/password", ours.application.id), json!({})).await,
        client.get("/v1/children").await,
        client.delete(&format!("/v1/users/{}", ours.application.id)).await,
    ];
    for reply in refused {
        reply.fails(403, "FORBIDDEN", Some(FORBIDDEN));
    }
    for institution in [&ours.institution, &theirs.institution] {
        client.get(&format!("/v1/institutions/{institution}")).await.is(200);
    }
    // No fact about itself is needed for that.
    world.sql(&format!("DELETE FROM account WHERE id = x'{}'", ours.application.id));
    client.get("/v1/institutions").await.is(200);
    client.get(&own).await.fails(404, "Application not found!", Some(NOT_FOUND));
}
