//! The tokens of children: submitted, shown, kept, taken back.

use ocariot_users::app::wearables::provider::Fault;
use ocariot_users::app::{AuditedReads, SecretSharing};
use ocariot_users::model::wearables::{Features, ProviderKind};
use poem::http::Method;
use serde_json::{Value, json};

use super::Fitbit;
use crate::support::wearable::{SUBJECT, Scripted, access_token, grant, tokens};
use crate::support::{Options, holds};

#[tokio::test]
async fn the_client_is_told_without_its_secret_unless_the_service_is_set_so() {
    let fitbit = Fitbit::new().await;
    let callers = [&fitbit.school.child, &fitbit.school.family, &fitbit.school.educator, &fitbit.school.professional];
    for client in callers.map(|person| &person.client) {
        assert_eq!(client.get("/v1/fitbit").await.is(200).text, r#"{"client_id":"23ABCD"}"#);
    }
    let mut wearables = fitbit.service.options();
    wearables.service.as_mut().unwrap().sharing = SecretSharing::Allowed;
    let token = fitbit.client.token.unwrap();
    let world = fitbit.world.restarted_with(Options { wearables, ..Options::default() }).await;
    let shown = json!({"client_id": "23ABCD", "client_secret": "the secret of the client"});
    assert_eq!(world.bearer(&token).get("/v1/fitbit").await.is(200).body, shown);
}

#[tokio::test]
async fn tokens_that_the_service_knows_are_kept_and_shown_to_those_who_need_them() {
    let fitbit = Fitbit::new().await;
    fitbit.client.post(&fitbit.path("auth?last_sync=2019-01-01"), tokens()).await.is(204);
    assert_eq!(fitbit.service.asked(), ["active"]);
    assert_eq!(fitbit.status().await, "none", "until the first sync");
    let mut all = tokens();
    all["status"] = json!("valid_token");
    let school = &fitbit.school;
    for client in [&school.application.client, &school.child.client] {
        assert_eq!(client.get(&fitbit.path("auth")).await.is(200).body, all);
    }
    for person in [&school.family, &school.educator, &school.professional] {
        let body = person.client.get(&fitbit.path("auth")).await.is(200).body;
        assert_eq!(body, json!({"status": "valid_token"}), "{}", person.username);
    }
    let more = json!({"access_token": access_token("1A2B3", "rsle", "2031-01-01T00:00:00Z"), "refresh_token": "r"});
    school.family.client.post(&fitbit.path("auth"), more.clone()).await.is(204);
    let shown = school.child.client.get(&fitbit.path("auth")).await.is(200).body;
    assert_eq!(shown["refresh_token"], more["refresh_token"], "in the place of those before");
    assert_eq!(fitbit.rows("wearable_account"), 1);
}

#[tokio::test]
async fn tokens_that_the_service_does_not_know_are_not_kept() {
    let fitbit = Fitbit::new().await;
    let message = "Access token invalid: eyJh.... Please submit a new access token and try again.";
    for active in [Ok(false), Err(Fault::Unreachable), Err(Fault::Limited(None)), Err(Fault::InvalidClient)] {
        fitbit.service.set(|script| script.active = active);
        let reply = fitbit.client.post(&fitbit.path("auth"), tokens()).await.fails(503, message, None);
        assert_eq!(reply.header("retry-after"), None);
    }
    assert_eq!(fitbit.rows("wearable_account"), 0);
}

#[tokio::test]
async fn tokens_of_google_are_used_at_once_and_what_they_give_is_kept() {
    let fitbit = Fitbit::of(ProviderKind::Google).await;
    let given = json!({"access_token": "ya29.an-opaque-token", "refresh_token": "1//a-refresh-token"});
    let sleep = Features { sleep: true, ..Features::default() };
    fitbit.service.set(|script| {
        let fresh = grant("fresh", sleep);
        script.refresh = Ok(ocariot_users::app::wearables::provider::Grant { refresh: None, subject: None, ..fresh });
    });
    fitbit.client.post(&fitbit.path("auth"), given.clone()).await.is(204);
    assert_eq!(fitbit.service.asked(), ["refresh 1//a-refresh-token", "identity"]);
    let shown = fitbit.client.get(&fitbit.path("auth")).await.is(200).body;
    assert_eq!(shown["refresh_token"], given["refresh_token"], "it stays");
    assert_ne!(shown["access_token"], given["access_token"]);
    fitbit.sync().await.is(200);
    assert_eq!(fitbit.service.asked(), ["active", "nights"], "what it does not permit is not asked");
    let message = "Access token invalid: ya29.... Please submit a new access token and try again.";
    fitbit.service.set(|script| script.identity = Err(Fault::Unreachable));
    fitbit.client.post(&fitbit.path("auth"), given.clone()).await.fails(503, message, None);
    fitbit.service.set(|script| script.refresh = Err(Fault::InvalidGrant));
    fitbit.client.post(&fitbit.path("auth"), given.clone()).await.fails(503, message, None);
    fitbit.service.set(|script| {
        (script.refresh, script.identity) = (Ok(grant("none", Features::default())), Ok(SUBJECT.to_owned()));
    });
    fitbit.client.post(&fitbit.path("auth"), given).await.is(400);
}

#[tokio::test]
async fn tokens_and_ids_are_readable_nowhere_in_the_database() {
    let fitbit = Fitbit::begun().await;
    fitbit.sync().await.is(200);
    let token = tokens()["access_token"].as_str().unwrap().to_owned();
    for name in ["ocariot.db", "ocariot.db-wal"] {
        let bytes = std::fs::read(fitbit.world.folder.path().join(name)).unwrap();
        for secret in [token.as_str(), "0123456789abcdef-first", SUBJECT] {
            assert!(!holds(&bytes, secret), "{secret} in {name}");
        }
    }
}

#[tokio::test]
async fn tokens_moved_to_another_child_or_service_or_changed_count_as_absent() {
    let fitbit = Fitbit::begun().await;
    let sibling = format!("/v1/users/{}/fitbit/auth", fitbit.school.sibling.id);
    fitbit.client.post(&sibling, tokens()).await.is(204);
    fitbit.client.get(&sibling).await.is(200);
    let (own, other) = (&fitbit.school.child.id, &fitbit.school.sibling.id);
    fitbit.world.sql(&format!(
        "UPDATE wearable_account SET tokens = (SELECT tokens FROM wearable_account WHERE child_id = x'{own}')
         WHERE child_id = x'{other}'"
    ));
    fitbit.client.get(&sibling).await.is(404);
    fitbit.client.send(Method::POST, &sibling.replace("auth", "sync"), None).await.is(400);
    fitbit.client.get(&fitbit.path("auth")).await.is(200);
    fitbit.world.sql("UPDATE wearable_account SET provider = 'google'");
    fitbit.client.get(&fitbit.path("auth")).await.is(404);
    fitbit.world.sql("UPDATE wearable_account SET provider = 'fitbit', tokens = x'00'");
    fitbit.client.get(&fitbit.path("auth")).await.is(404);
    fitbit.client.send(Method::POST, &fitbit.path("auth/revoke"), None).await.is(204);
    assert_eq!(fitbit.rows("wearable_account"), 1, "the sibling's");
}

#[tokio::test]
async fn tokens_that_are_taken_back_are_gone_at_once_and_the_service_is_told() {
    let fitbit = Fitbit::begun().await;
    fitbit.sync().await.is(200);
    fitbit.service.asked();
    assert_eq!(fitbit.status().await, "valid_token");
    fitbit.client.send(Method::POST, &fitbit.path("auth/revoke"), None).await.is(204);
    assert_eq!((fitbit.status().await.as_str(), fitbit.rows("wearable_account")), ("none", 0));
    fitbit.service.was_asked("revoke 0123456789abcdef-first").await;
    fitbit.client.get(&fitbit.path("auth")).await.is(404);
    let message = "User does not have authentication data. Please, submit authentication data and try again.";
    fitbit.sync().await.fails(400, message, None);
    fitbit.client.send(Method::POST, &fitbit.path("auth/revoke"), None).await.is(204);
    // What was seen is known still: what was deleted does not come back.
    assert_eq!(fitbit.rows("wearable_seen"), 4);
    fitbit.submit().await;
    assert_eq!(fitbit.sync().await.is(200).body["activities"], json!(0));
}

#[tokio::test]
async fn a_child_that_is_deleted_takes_all_of_it_along_and_the_service_is_told() {
    let fitbit = Fitbit::begun().await;
    fitbit.sync().await.is(200);
    fitbit.service.asked();
    let admin = fitbit.world.admin().await;
    admin.delete(&format!("/v1/users/{}", fitbit.school.child.id)).await.is(204);
    assert_eq!((fitbit.rows("wearable_account"), fitbit.rows("wearable_seen")), (0, 0));
    fitbit.service.was_asked("revoke 0123456789abcdef-first").await;
    let message = format!("There is no registered Child with ID: {} on the platform!", fitbit.school.child.id);
    let text = "Please register the Child and try again...";
    fitbit.client.send(Method::POST, &fitbit.path("auth/revoke"), None).await.fails(400, &message, Some(text));
}

#[tokio::test]
async fn the_audit_trail_names_who_did_what_with_tokens_and_who_viewed_them() {
    let service = Scripted::new(ProviderKind::Fitbit);
    let options =
        Options { wearables: service.options(), audited_reads: AuditedReads::SingleChildren, ..Options::default() };
    let fitbit = Fitbit::with(service, options).await;
    fitbit.submit().await;
    let family = &fitbit.school.family.client;
    family.get(&fitbit.path("auth")).await.is(200);
    fitbit.sync().await.is(200);
    fitbit.sync().await.is(200);
    family.send(Method::POST, &fitbit.path("auth/revoke"), None).await.is(204);
    family.send(Method::POST, &fitbit.path("auth/revoke"), None).await.is(204);
    let (child, application) = (&fitbit.school.child.id, &fitbit.school.application.id);
    let admin = fitbit.world.admin().await;
    let trail = admin.get(&format!("/v1/service/audit?target={child}")).await.is(200).body;
    let rows: Vec<(&str, &Value)> = trail["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["action"].as_str().unwrap(), &row["actor"]))
        .filter(|(action, _)| action.starts_with("fitbit_"))
        .collect();
    let (application, family) = (json!(application), json!(fitbit.school.family.id));
    let expected = [
        ("fitbit_auth_revoke", &family),
        ("fitbit_sync", &application),
        ("fitbit_sync", &application),
        ("fitbit_auth_view", &family),
        ("fitbit_auth_set", &application),
    ];
    assert_eq!(rows, expected, "a sync that wrote is one row, and taking back nothing is none");
}
