//! What is looked at before anything is done, and in which order.

use poem::http::Method;
use serde_json::{Value, json};

use super::Fitbit;
use crate::support::wearable::{access_token, tokens};
use crate::support::{ABSENT, PASSWORD};

const AN_ID: &str = "A 24-byte hex ID similar to this: 507f191e810c19729de860ea is expected.";
const SOME_ID: &str = "Some ID provided does not have a valid format!";
const FORBIDDEN: &str = "Authorization failed due to insufficient permissions.";
const INVALID: &str = "One or more request fields are invalid...";

/// The operations of a child: method and the end of the path.
const OPERATIONS: [(Method, &str); 4] =
    [(Method::POST, "auth"), (Method::GET, "auth"), (Method::POST, "auth/revoke"), (Method::POST, "sync")];

#[tokio::test]
async fn a_malformed_id_goes_before_ownership_and_body_and_an_unknown_child_before_reach() {
    let fitbit = Fitbit::begun().await;
    let stranger = fitbit.world.school().await;
    for (method, rest) in &OPERATIONS {
        for person in [&stranger.child, &stranger.family, &stranger.educator, &stranger.professional] {
            let ask = async |id: &str| {
                let path = format!("/v1/users/{id}/fitbit/{rest}");
                person.client.send(method.clone(), &path, Some(json!("no object"))).await
            };
            for bad in ["1", "507f191e810c19729de860eg"] {
                ask(bad).await.fails(400, SOME_ID, Some(AN_ID));
            }
            ask(&fitbit.school.child.id).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
            if person.id == stranger.child.id {
                // Whether it exists or not.
                ask(ABSENT).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
                continue;
            }
            for nobody in [ABSENT, &fitbit.school.family.id] {
                let message = format!("There is no registered Child with ID: {nobody} on the platform!");
                ask(nobody).await.fails(400, &message, Some("Please register the Child and try again..."));
            }
        }
        // Administrators hold no such scope, whatever they name.
        let path = format!("/v1/users/x/fitbit/{rest}");
        let admin = fitbit.world.admin().await;
        admin.send(method.clone(), &path, None).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
        fitbit.world.nobody().send(method.clone(), &path, None).await.is(401);
    }
    fitbit.world.admin().await.get("/v1/fitbit").await.is(403);
    assert_eq!(fitbit.service.asked(), [] as [&str; 0], "nobody outside heard of any of it");
}

#[tokio::test]
async fn tokens_are_judged_in_order_before_anybody_outside_is_asked() {
    let fitbit = Fitbit::new().await;
    let post = async |body: Value| fitbit.client.post(&fitbit.path("auth"), body).await;
    let good = tokens();
    let access = |given: Value| json!({"access_token": given, "refresh_token": good["refresh_token"]});
    let invalid = "access_token must be a valid token!";
    for (body, text) in [
        (json!({"access_token": 5, "refresh_token": 5}), "access_token must be a string!"),
        (json!({"access_token": "", "refresh_token": 5}), "access_token must have at least one character!"),
        (access(json!("x".repeat(4097))), "access_token must have at most 4096 characters!"),
        (access(json!("a\u{7}b")), "access_token must not contain control characters!"),
        (access(json!("a b")), "access_token must have visible ASCII characters only!"),
        (access(json!("é")), "access_token must have visible ASCII characters only!"),
        (json!({"access_token": "opaque", "refresh_token": null}), "refresh_token must be a string!"),
        (json!({"access_token": "opaque"}), invalid),
        (access(json!("a.b")), invalid),
        (access(json!("e30.eyJzdWIiOjV9.x")), invalid),
    ] {
        post(body).await.fails(400, INVALID, Some(text));
    }
    let required = "Required fields were not provided...";
    for (body, missing) in [
        (json!({}), "access_token, refresh_token"),
        (json!({"refresh_token": "x"}), "access_token"),
        (json!({"access_token": good["access_token"], "last_sync": 5}), "refresh_token"),
    ] {
        let text = format!("Fitbit Auth Data Validation: {missing} required!");
        post(body).await.fails(400, required, Some(&text));
    }
    let useless = access(json!(access_token("1A2B3", "rpro rwe", "2030-01-01T00:00:00Z")));
    let text = "The features that are mapped are: rwei (weight), ract (activity), rsle (sleep).";
    let message = "The token must have permission for at least one of the features that are synced by the API.";
    post(useless).await.fails(400, message, Some(text));
    assert_eq!(fitbit.service.asked(), [] as [&str; 0]);
    assert_eq!(fitbit.rows("wearable_account"), 0);
}

#[tokio::test]
async fn no_body_is_read_where_none_is_looked_at() {
    let fitbit = Fitbit::begun().await;
    let long = "x".repeat(1 << 20);
    for (method, rest) in OPERATIONS.iter().skip(1) {
        let request = fitbit.client.request(method.clone(), &fitbit.path(rest)).header("content-type", "text/plain");
        let reply = fitbit.client.call(request.body(long.clone())).await;
        assert!(reply.status < 300 || reply.status == 400, "{rest}: {}", reply.text);
    }
    // And what is no JSON at all is none where one is.
    let request = fitbit.client.request(Method::POST, &fitbit.path("auth")).body("{");
    fitbit.client.call(request).await.is(400);
}

#[tokio::test]
async fn a_limit_of_ten_an_hour_stands_behind_ownership_and_before_all_else() {
    let fitbit = Fitbit::new().await;
    let stranger = fitbit.world.school().await;
    for _ in 0..12 {
        stranger.family.client.send(Method::POST, &fitbit.path("sync"), None).await.is(403);
    }
    for left in (0..10).rev() {
        let reply = fitbit.sync().await.is(400);
        assert_eq!(reply.header("x-ratelimit-limit"), Some("10"));
        assert_eq!(reply.header("x-ratelimit-remaining"), Some(left.to_string().as_str()), "failures count, too");
    }
    fitbit.submit().await;
    fitbit.world.clock.advance(1000);
    let text = "Synchronization limit per hour exceeded for child. Please try again later...";
    let reply = fitbit.sync().await.is(429);
    assert_eq!((reply.text.as_str(), reply.header("content-type")), (text, Some("text/html; charset=utf-8")));
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((2590..=2600).contains(&wait), "{wait}");
    assert_eq!(reply.header("x-ratelimit-remaining"), Some("0"));
    for accept in ["application/json", "text/html, application/json;q=0.9"] {
        let request = fitbit.client.request(Method::POST, &fitbit.path("sync")).header("accept", accept).finish();
        let reply = fitbit.client.call(request).await.is(429);
        assert_eq!(reply.body, json!({"message": text}));
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    }
    assert_eq!(fitbit.service.asked(), [] as [&str; 0]);
    // A sibling has a limit of its own.
    let sibling = format!("/v1/users/{}/fitbit/sync", fitbit.school.sibling.id);
    fitbit.client.send(Method::POST, &sibling, None).await.is(400);
    fitbit.world.clock.advance(wait as i64 - 2);
    fitbit.sync().await.is(429);
    fitbit.world.clock.advance(3);
    assert_eq!(fitbit.sync().await.is(200).header("x-ratelimit-remaining"), Some("9"));
}

#[tokio::test]
async fn nothing_is_stored_for_a_token_that_was_revoked_meanwhile() {
    let fitbit = Fitbit::begun().await;
    let family = &fitbit.school.family;
    fitbit.service.close();
    let (client, path) = (family.client.clone(), fitbit.path("sync"));
    let syncing = tokio::spawn(async move { client.send(Method::POST, &path, None).await });
    fitbit.service.was_asked("weights").await;
    let path = format!("/v1/users/{}/password", family.id);
    let change = json!({"old_password": PASSWORD, "new_password": "another one"});
    let other = fitbit.world.login(&family.username, PASSWORD).await;
    other.put(&path, change).await.is(204);
    fitbit.service.let_through(100);
    syncing.await.unwrap().is(401);
    assert!(fitbit.tracked("weights").await.is_empty());
}
