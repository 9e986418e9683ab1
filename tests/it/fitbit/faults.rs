//! What a service says that does not give what it is asked for, and what is told of it.

use std::time::Duration;

use ocariot_users::app::wearables::provider::{Fault, Totals};
use serde_json::{Value, json};

use super::Fitbit;
use crate::support::wearable::{Script, grant};

/// A row of the contract's table: what was said, what is answered, and what the child shows then.
struct Row {
    fault: Fault,
    status: u16,
    body: Value,
    shown: &'static str,
}

fn row(fault: Fault, status: u16, code: u16, (message, description): (&str, Option<&str>), shown: &'static str) -> Row {
    let mut body = json!({"code": code, "message": message});
    if let Some(description) = description {
        body["description"] = json!(description);
    }
    Row { fault, status, body, shown }
}

fn table() -> Vec<Row> {
    let again = "is invalid. Please make a new Fitbit Auth Data request and try again.";
    let access = format!("The access token eyJh... {again}");
    let refresh = format!("The refresh token 0123... {again}");
    let expired = "The access token eyJh... has been expired and needs to be refreshed.";
    let client = "The Fitbit Client credentials are invalid. The operation cannot be performed.";
    let limited = "Data request limit for access token eyJh... has expired.";
    let wait = "Please wait a minimum of one hour and try make the operation again.";
    let connect = ("Could not connect with the Fitbit Server", Some("Please try again later."));
    let failed = Fault::Failed { text: "Down.".to_owned(), retry_after: None };
    vec![
        row(Fault::ExpiredToken, 400, 1011, ("Access token expired.", Some(expired)), "expired_token"),
        row(Fault::InvalidToken, 400, 1012, ("Access token invalid.", Some(&access)), "invalid_token"),
        row(Fault::InvalidGrant, 400, 1021, ("Refresh token invalid.", Some(&refresh)), "invalid_grant"),
        row(Fault::InvalidClient, 401, 1401, ("Invalid Fitbit Client data.", Some(client)), "invalid_client"),
        row(Fault::Limited(None), 429, 1429, (limited, Some(wait)), "rate_limit"),
        row(Fault::Unreachable, 500, 1500, connect, "valid_token"),
        row(failed, 500, 1500, ("internal_fitbit_error", Some("Down.")), "valid_token"),
        row(Fault::Refused("No profile.".to_owned()), 500, 1500, ("No profile.", None), "none"),
    ]
}

/// All that is asked for data fails like this.
fn all_fail(script: &mut Script, fault: &Fault) {
    (script.weights, script.nights) = (Err(fault.clone()), Err(fault.clone()));
    script.activities = Err(fault.clone());
}

#[tokio::test]
async fn each_fault_of_the_table_is_told_to_the_letter_and_shown_on_the_child() {
    for Row { fault, status, body, shown } in table() {
        let fitbit = Fitbit::begun().await;
        fitbit.sync().await.is(200);
        let before = fitbit.child().await;
        fitbit.service.set(|script| all_fail(script, &fault));
        let reply = fitbit.sync().await.is(status);
        assert_eq!(reply.body, body);
        assert_eq!(reply.header("x-ratelimit-remaining"), Some("8"), "{fault:?}");
        assert_eq!(reply.header("www-authenticate"), None);
        let wait = if status == 429 { Some("3600") } else { None };
        assert_eq!(reply.header("retry-after"), wait, "{fault:?}");
        let child = fitbit.child().await;
        assert_eq!(child["fitbit_status"], json!(shown), "{fault:?}");
        assert_eq!(child["last_sync"], before["last_sync"], "{fault:?}");
        let kept = fitbit.client.get(&fitbit.path("auth")).await;
        match fault {
            Fault::InvalidGrant => drop(kept.is(404)),
            Fault::InvalidToken => assert_eq!(kept.is(200).body["status"], json!("invalid_token")),
            _ => assert_eq!(kept.is(200).body["status"], json!("valid_token"), "{fault:?}"),
        }
    }
}

#[tokio::test]
async fn a_refresh_that_fails_is_told_by_the_same_table() {
    for Row { fault, status, body, shown } in table() {
        let fitbit = Fitbit::begun().await;
        fitbit.world.sql("UPDATE child SET fitbit_status = 'valid_token'");
        fitbit.service.set(|script| {
            script.active = Ok(false);
            script.refresh = Err(fault.clone());
        });
        let reply = fitbit.sync().await.is(status);
        assert_eq!((reply.body, fitbit.status().await.as_str()), (body, shown), "{fault:?}");
        assert_eq!(fitbit.service.asked(), ["active", "refresh 0123456789abcdef-first"]);
    }
}

#[tokio::test]
async fn introspection_that_is_not_answered_ends_the_sync_and_uses_no_refresh_token() {
    let failed = Fault::Failed { text: "Down.".to_owned(), retry_after: None };
    for (fault, status) in [(Fault::Unreachable, 500), (Fault::Limited(None), 429), (failed, 500)] {
        let fitbit = Fitbit::begun().await;
        fitbit.service.set(|script| script.active = Err(fault));
        fitbit.sync().await.is(status);
        assert_eq!(fitbit.service.asked(), ["active"]);
    }
}

#[tokio::test]
async fn tokens_that_were_called_invalid_are_not_used_again_while_they_are_active() {
    let fitbit = Fitbit::begun().await;
    fitbit.service.set(|script| all_fail(script, &Fault::InvalidToken));
    fitbit.sync().await.is(400);
    fitbit.world.sql("UPDATE child SET fitbit_status = 'none'");
    fitbit.service.asked();
    let reply = fitbit.sync().await.is(400);
    let body = json!({"code": 1012, "message": "The access token is invalid: eyJh...",
        "description": "Please make a new Fitbit Auth data and try again."});
    assert_eq!((reply.body, fitbit.status().await.as_str()), (body, "invalid_token"));
    assert_eq!(fitbit.service.asked(), ["active"]);
    // New ones are.
    fitbit.submit().await;
    assert_eq!(fitbit.client.get(&fitbit.path("auth")).await.body["status"], json!("valid_token"));
}

#[tokio::test]
async fn the_first_of_all_that_failed_is_told_and_what_did_not_fail_is_stored() {
    let down = || Fault::Failed { text: "Down.".to_owned(), retry_after: None };
    let fitbit = Fitbit::begun().await;
    // Weights come first, then nights, then activities.
    fitbit.service.set(|script| {
        (script.weights, script.nights) = (Err(Fault::Unreachable), Err(Fault::ExpiredToken));
        script.activities = Err(down());
    });
    assert_eq!(fitbit.sync().await.is(500).body["message"], json!("Could not connect with the Fitbit Server"));
    assert_eq!((fitbit.rows("day_totals"), fitbit.status().await.as_str()), (0, "none"), "nothing is written then");
    // All five logs: the first of them.
    fitbit.service.set(|script| {
        *script = Script { logs: [(); 5].map(|()| Err(down())), ..healthy() };
        script.logs[0] = Err(Fault::ExpiredToken);
    });
    assert_eq!(fitbit.sync().await.is(400).body["code"], json!(1011));
    assert_eq!(fitbit.rows("physical_activity"), 0);
    // Some of both: those count nothing.
    fitbit.service.set(|script| {
        let steps: Totals = vec![(jiff::civil::date(2026, 2, 27), 7.0)];
        *script = Script { nights: Err(Fault::Unreachable), logs: [(); 5].map(|()| Err(down())), ..healthy() };
        script.logs[3] = Ok(steps);
    });
    let counts = fitbit.sync().await.is(200).body;
    let logs = json!({"steps": 0, "calories": 0, "active_minutes": 0, "lightly_active_minutes": 1,
        "sedentary_minutes": 0});
    assert_eq!(counts, json!({"activities": 2, "sleep": 0, "weights": 1, "logs": logs}));
    assert_eq!(fitbit.status().await, "valid_token");
    // And come with the next sync.
    fitbit.service.set(|script| *script = healthy());
    let counts = fitbit.sync().await.is(200).body;
    assert_eq!((&counts["activities"], &counts["sleep"]), (&json!(0), &json!(1)));
}

fn healthy() -> Script {
    crate::support::wearable::Scripted::new(ocariot_users::model::wearables::ProviderKind::Fitbit).script()
}

#[tokio::test]
async fn a_limit_of_the_service_is_told_with_its_own_wait() {
    let fitbit = Fitbit::begun().await;
    let fault = Fault::Limited(Some(Duration::from_millis(61_200)));
    fitbit.service.set(|script| all_fail(script, &fault));
    assert_eq!(fitbit.sync().await.is(429).header("retry-after"), Some("62"));
}

#[tokio::test]
async fn short_tokens_are_told_by_nothing_but_dots() {
    let fitbit = Fitbit::begun().await;
    fitbit.service.set(|script| {
        let mut short = grant("x", ocariot_users::model::wearables::Features::ALL);
        short.refresh = Some(ocariot_users::model::wearables::Secret::new("short".to_owned()));
        (script.active, script.refresh) = (Ok(false), Ok(short));
    });
    fitbit.sync().await.is(200);
    fitbit.service.set(|script| script.refresh = Err(Fault::InvalidGrant));
    let text = "The refresh token ... is invalid. Please make a new Fitbit Auth Data request and try again.";
    assert_eq!(fitbit.sync().await.is(400).body["description"], json!(text));
}

#[tokio::test]
async fn new_tokens_that_cannot_be_written_are_kept_in_memory_and_written_with_the_next_sync() {
    let fitbit = Fitbit::begun().await;
    fitbit.service.set(|script| script.active = Ok(false));
    // Another program holds the database for longer than is waited for.
    let path = fitbit.world.folder.path().join("ocariot.db");
    let held = rusqlite::Connection::open(path).unwrap();
    held.busy_timeout(Duration::from_secs(5)).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let reply = fitbit.sync().await;
    held.execute_batch("ROLLBACK").unwrap();
    drop(held);
    reply.is(503);
    assert_eq!(fitbit.service.asked(), ["active", "refresh 0123456789abcdef-first"]);
    fitbit.service.set(|script| script.active = Ok(true));
    fitbit.sync().await.is(200);
    assert!(!fitbit.service.asked().iter().any(|asked| asked.starts_with("refresh")));
    let shown = fitbit.client.get(&fitbit.path("auth")).await.is(200).body;
    assert_eq!(shown["refresh_token"], json!("0123456789abcdef-next"));
}
