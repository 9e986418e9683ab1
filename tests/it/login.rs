//! Logging in, and tokens (contract, section 3).

use serde_json::json;

use crate::support::{ADMIN, PASSWORD, World, claims, user};

#[tokio::test]
async fn auth_login_gives_a_token_that_says_who_and_what_for() {
    let world = World::new().await;
    let reply = world.nobody().post("/v1/auth", json!({"username": ADMIN.0, "password": ADMIN.1})).await.is(200);
    assert_eq!(reply.body.as_object().unwrap().len(), 1);
    let claims = claims(&world.admin().await);
    assert_eq!(claims["sub_type"], "admin");
    assert_eq!(claims["iss"], "ocariot");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);
    assert!(claims["jti"].is_string());
    assert!(claims["scope"].as_str().unwrap().starts_with("users:delete users:resetPassword educators:create"));
}

#[tokio::test]
async fn the_same_name_in_two_types_logs_in_the_one_whose_password_fits() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    admin.post("/v1/children", user("children", "twin", &institution, &[])).await.is(201);
    let mut educator = user("educators", "twin", &institution, &[]);
    educator["password"] = json!("another");
    admin.post("/v1/educators", educator).await.is(201);
    assert_eq!(claims(&world.login("twin", PASSWORD).await)["sub_type"], "child");
    assert_eq!(claims(&world.login("twin", "another").await)["sub_type"], "educator");
}
