//! No wearable service is connected: every operation says so, and what can be taken back is.

use poem::http::Method;
use serde_json::Value;

use crate::support::wearable::tokens;
use crate::support::{Options, World};

#[tokio::test]
async fn without_a_service_every_operation_says_so_and_tokens_can_be_taken_back() {
    let world = World::new().await;
    let school = world.school().await;
    let path = |rest: &str| format!("/v1/users/{}/fitbit/{rest}", school.child.id);
    let callers = [&school.child, &school.family, &school.educator, &school.professional, &school.application];
    for client in callers.map(|person| &person.client) {
        client.get("/v1/fitbit").await.fails(404, "Fitbit client id and secret key not found!", None);
        let text = "No wearable service is connected. Data can be imported from files instead.";
        let reply = client.post(&path("auth"), tokens()).await.fails(503, "SERVICE UNAVAILABLE", Some(text));
        assert_eq!(reply.header("retry-after"), None);
        let text = "You must enter new data before you can refer to it.";
        client.get(&path("auth")).await.fails(404, "Unable to find Fitbit authentication data!", Some(text));
        client.send(Method::POST, &path("auth/revoke"), None).await.is(204);
    }
    let message = "User does not have authentication data. Please, submit authentication data and try again.";
    let reply = school.family.client.send(Method::POST, &path("sync"), None).await.fails(400, message, None);
    let limit = (reply.header("x-ratelimit-limit"), reply.header("x-ratelimit-remaining"));
    assert_eq!(limit, (Some("10"), Some("9")), "it was counted");
    // Nobody calls it a token that is none.
    let opaque = serde_json::json!({"access_token": "opaque", "refresh_token": "opaque"});
    school.application.client.post(&path("auth"), opaque).await.is(503);
}

#[tokio::test]
async fn without_a_code_there_is_no_path_for_notices() {
    let mut without_code =
        crate::support::wearable::Scripted::new(ocariot_users::model::wearables::ProviderKind::Fitbit).options();
    without_code.service.as_mut().unwrap().subscriber_code = None;
    for wearables in [Default::default(), without_code] {
        let world = World::with(Options { wearables, ..Options::default() }).await;
        for method in [Method::GET, Method::HEAD, Method::POST, Method::DELETE, Method::OPTIONS] {
            let path = "/v1/fitbit/subscriber?verify=x";
            let reply = world.nobody().send(method.clone(), path, None).await.is(404);
            if method != Method::HEAD {
                let message = format!("Endpoint {path} does not found!");
                assert_eq!(reply.body["message"], Value::String(message), "{method}");
            }
        }
    }
}

#[tokio::test]
async fn tokens_of_before_count_as_absent_and_are_deleted_when_they_are_taken_back() {
    let fitbit = super::Fitbit::begun().await;
    let (world, path) = (fitbit.world, format!("/v1/users/{}/fitbit", fitbit.school.child.id));
    let token = fitbit.client.token.unwrap();
    let world = world.restarted().await;
    let client = world.bearer(&token);
    client.get(&format!("{path}/auth")).await.is(404);
    client.send(Method::POST, &format!("{path}/sync"), None).await.is(400);
    assert_eq!(world.sql_value("SELECT count(*) FROM wearable_account"), 1);
    client.send(Method::POST, &format!("{path}/auth/revoke"), None).await.is(204);
    assert_eq!(world.sql_value("SELECT count(*) FROM wearable_account"), 0);
}
