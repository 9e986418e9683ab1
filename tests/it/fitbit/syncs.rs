//! Syncs: what is asked, stored, and said.

use std::time::Duration;

use jiff::civil::date;
use ocariot_users::app::wearables::provider::{Fault, Found, Weighed};
use ocariot_users::model::tracking::NewBodyFat;
use ocariot_users::model::wearables::{Features, ProviderKind};
use poem::http::Method;
use serde_json::json;

use super::Fitbit;
use crate::support::wearable::{Scripted, access_token, activity, grant, night, tokens, weight};
use crate::support::{Options, together};

#[tokio::test]
async fn a_sync_stores_what_the_service_has_and_says_how_much_that_was() {
    let fitbit = Fitbit::begun().await;
    let reply = fitbit.sync().await.is(200);
    let counts = r#"{"activities":2,"sleep":1,"weights":1,"logs":{"steps":2,"calories":2,"active_minutes":2,"lightly_active_minutes":2,"sedentary_minutes":2}}"#;
    assert_eq!(reply.text, counts);
    let limit = (reply.header("x-ratelimit-limit"), reply.header("x-ratelimit-remaining"));
    assert_eq!(limit, (Some("10"), Some("9")));
    let mut asked = fitbit.service.asked();
    asked.sort();
    assert_eq!(asked, ["active", "activities", "logs", "nights", "weights"]);
    let activities = fitbit.tracked("physicalactivities").await;
    assert_eq!((activities.len(), &activities[0]["name"]), (2, &json!("walk")));
    assert_eq!(fitbit.tracked("sleep").await[0]["type"], json!("stages"));
    let weights = fitbit.tracked("weights").await;
    assert_eq!((&weights[0]["value"], &weights[0]["body_fat"]), (&json!(30.5), &json!(20.5)));
    assert_eq!(fitbit.tracked("bodyfats").await.len(), 1);
    assert_eq!((fitbit.steps("2026-02-27").await, fitbit.steps("2026-02-28").await), (json!(100), json!(101)));
    let child = fitbit.child().await;
    assert_eq!(child["fitbit_status"], json!("valid_token"));
    let last_sync = child["last_sync"].as_str().unwrap();
    assert!(last_sync.starts_with("2026-03-01T12:00:") && last_sync.ends_with(".000Z"), "{last_sync}");
}

#[tokio::test]
async fn what_was_in_the_last_list_is_neither_counted_nor_stored_again() {
    let fitbit = Fitbit::begun().await;
    fitbit.sync().await.is(200);
    let id = fitbit.tracked("physicalactivities").await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/children/{}/physicalactivities/{id}", fitbit.school.child.id);
    fitbit.client.delete(&path).await.is(204);
    let changes = fitbit.rows("physical_activity");
    let counts = fitbit.sync().await.is(200).body;
    assert_eq!((&counts["activities"], &counts["sleep"], &counts["weights"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!(counts["logs"]["steps"], json!(2), "logs count by days delivered");
    assert_eq!(fitbit.rows("physical_activity"), changes, "what was deleted does not come back");
    // What left the list is forgotten: if it comes again, it is new.
    fitbit.service.set(|script| script.activities = Ok(vec![activity("a3", "2026-03-01T09:00:00Z")]));
    assert_eq!(fitbit.sync().await.is(200).body["activities"], json!(1));
    assert_eq!(fitbit.rows("wearable_seen WHERE kind = 5"), 1);
    fitbit.service.set(|script| script.activities = Ok(Vec::new()));
    assert_eq!(fitbit.sync().await.is(200).body["activities"], json!(0));
    assert_eq!(fitbit.rows("wearable_seen WHERE kind = 5"), 0);
}

#[tokio::test]
async fn what_is_there_or_unfit_counts_and_changes_nothing_and_a_weight_takes_the_new_body_fat() {
    let fitbit = Fitbit::new().await;
    let child = &fitbit.school.child.id;
    let of = |what: &str| format!("/v1/children/{child}/{what}");
    let walk = json!({"start_time": "2026-02-27T15:00:00", "end_time": "2026-02-27T15:00:01", "duration": 1000,
        "name": "mine", "calories": 1});
    fitbit.client.post(&of("physicalactivities"), walk).await.is(201);
    let fat = json!({"timestamp": "2026-02-27T07:00:00", "value": 11});
    let fat = fitbit.client.post(&of("bodyfats"), fat).await.is(201).id();
    fitbit.client.post(&of("logs/steps"), json!([{"date": "2026-02-27", "value": 5}])).await.is(207);
    fitbit.submit().await;
    fitbit.service.set(|script| {
        let thing = None;
        script.nights.as_mut().unwrap().push(Found { id: "unfit".to_owned(), thing });
        let fat = NewBodyFat { timestamp: "2026-02-26T07:00:00Z".parse().unwrap(), value: 30.0 };
        let alone = Found { id: "f1".to_owned(), thing: Some(Weighed::BodyFat(fat)) };
        script.weights.as_mut().unwrap().push(alone);
    });
    let counts = fitbit.sync().await.is(200).body;
    assert_eq!((&counts["activities"], &counts["sleep"]), (&json!(2), &json!(2)), "sent, whatever became of it");
    assert_eq!(counts["weights"], json!(1), "a body fat alone is not counted");
    let names: Vec<_> = fitbit.tracked("physicalactivities").await.into_iter().map(|one| one["name"].clone()).collect();
    assert!(names.contains(&json!("mine")) && names.len() == 2, "{names:?}");
    assert_eq!(fitbit.tracked("sleep").await.len(), 1);
    let fats = fitbit.tracked("bodyfats").await;
    let linked = fats.iter().find(|one| one["id"] == json!(fat)).unwrap();
    assert_eq!((fats.len(), &linked["value"]), (2, &json!(20.5)));
    assert_eq!(fitbit.steps("2026-02-27").await, json!(100), "days are replaced");
    assert_eq!(fitbit.sync().await.is(200).body["sleep"], json!(0), "and the unfit is known, too");
}

#[tokio::test]
async fn what_the_tokens_do_not_permit_is_not_asked_and_counts_nothing() {
    let fitbit = Fitbit::new().await;
    let mut body = tokens();
    body["access_token"] = json!(access_token("1A2B3", "rpro rwei", "2030-01-01T00:00:00Z"));
    fitbit.client.post(&fitbit.path("auth"), body).await.is(204);
    fitbit.service.asked();
    let counts = fitbit.sync().await.is(200).body;
    assert_eq!(counts["logs"]["steps"], json!(0));
    assert_eq!((&counts["activities"], &counts["sleep"], &counts["weights"]), (&json!(0), &json!(0), &json!(1)));
    assert_eq!(fitbit.service.asked(), ["active", "weights"]);
}

#[tokio::test]
async fn years_of_totals_and_long_lists_are_written_in_parts_and_all_arrive() {
    let fitbit = Fitbit::begun().await;
    let day = |n: i32| date(2025, 3, 1).saturating_add(jiff::ToSpan::days(n));
    fitbit.service.set(|script| {
        let at = |n: usize| format!("2026-02-01T10:{:02}:{:02}Z", n / 60, n % 60);
        script.activities = Ok((0..100).map(|n| activity(&format!("a{n}"), &at(n))).collect());
        script.nights = Ok((0..61).map(|n| night(&format!("s{n}"), &at(n))).collect());
        script.weights = Ok((0..121).map(|n| weight(&format!("w{n}"), &at(n), 30.0)).collect());
        let totals: Vec<_> = (0..366).map(|n| (day(n), f64::from(n))).collect();
        script.logs = [(); 5].map(|()| Ok(totals.clone()));
    });
    let counts = fitbit.sync().await.is(200).body;
    assert_eq!((&counts["activities"], &counts["sleep"], &counts["weights"]), (&json!(100), &json!(61), &json!(121)));
    assert_eq!(counts["logs"]["sedentary_minutes"], json!(366));
    let rows = ["physical_activity", "sleep", "weight", "body_fat", "day_totals", "wearable_seen"];
    assert_eq!(rows.map(|table| fitbit.rows(table)), [100, 61, 121, 121, 366, 282]);
    assert_eq!(fitbit.rows("audit WHERE action = 'fitbit_sync'"), 1);
}

#[tokio::test]
async fn tokens_that_are_over_or_end_soon_are_refreshed_on_disk_before_they_are_used() {
    let fitbit = Fitbit::new().await;
    let mut body = tokens();
    body["access_token"] = json!(access_token("1A2B3", "rwei ract rsle", "2026-03-01T12:09:00Z"));
    fitbit.client.post(&fitbit.path("auth"), body).await.is(204);
    fitbit.service.asked();
    fitbit.sync().await.is(200);
    assert_eq!(fitbit.service.asked()[..2], ["active", "refresh 0123456789abcdef-first"]);
    let shown = fitbit.client.get(&fitbit.path("auth")).await.is(200).body;
    assert_eq!(shown["refresh_token"], json!("0123456789abcdef-next"));
    // Not active, or anything else that it says.
    for active in [Ok(false), Err(Fault::InvalidToken), Err(Fault::Refused("x".to_owned()))] {
        fitbit.service.set(|script| script.active = active);
        fitbit.sync().await.is(200);
        assert_eq!(fitbit.service.asked()[..2], ["active", "refresh 0123456789abcdef-next"]);
    }
    // A token that was called invalid is good again once it is refreshed.
    fitbit.world.sql("UPDATE wearable_account SET status = 'invalid_token'");
    fitbit.sync().await.is(200);
    assert_eq!(fitbit.client.get(&fitbit.path("auth")).await.body["status"], json!("valid_token"));
}

#[tokio::test]
async fn a_token_of_google_that_is_over_before_its_time_is_refreshed_once() {
    let fitbit = Fitbit::of(ProviderKind::Google).await;
    fitbit.submit().await;
    let first = grant("next", Features::ALL).access;
    fitbit.service.set(|script| {
        script.over = Some(first);
        script.refresh = Ok(grant("later", Features::ALL));
    });
    let counts = fitbit.sync().await.is(200).body;
    assert_eq!((&counts["activities"], &counts["logs"]["steps"]), (&json!(2), &json!(2)));
    let asked = fitbit.service.asked();
    assert_eq!(asked.iter().filter(|asked| asked.starts_with("refresh")).count(), 1, "{asked:?}");
    assert_eq!(asked.iter().filter(|asked| *asked == "weights").count(), 2);
    let again = grant("later", Features::ALL).access;
    fitbit.service.set(|script| script.over = Some(again));
    let reply = fitbit.sync().await.is(400);
    assert_eq!(reply.body["code"], json!(1012), "still refused: {}", reply.text);
    let asked = fitbit.service.asked();
    assert_eq!(asked.iter().filter(|asked| asked.starts_with("refresh")).count(), 1, "{asked:?}");
}

#[tokio::test]
async fn a_second_sync_of_a_child_waits_for_the_first_and_one_of_another_child_does_not() {
    let fitbit = Fitbit::begun().await;
    let sibling = format!("/v1/users/{}/fitbit", fitbit.school.sibling.id);
    fitbit.client.post(&format!("{sibling}/auth"), tokens()).await.is(204);
    fitbit.service.asked();
    fitbit.service.close();
    let (client, path) = (fitbit.client.clone(), fitbit.path("sync"));
    let both = tokio::spawn(together(2, move |_| {
        let (client, path) = (client.clone(), path.clone());
        async move { client.send(Method::POST, &path, None).await }
    }));
    fitbit.service.was_asked("logs").await;
    let other = {
        let client = fitbit.client.clone();
        tokio::spawn(async move { client.send(Method::POST, &format!("{sibling}/sync"), None).await })
    };
    while fitbit.service.times_asked("logs") < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(fitbit.service.times_asked("active"), 2, "the second of the child has not begun");
    fitbit.service.let_through(100);
    let mut new: Vec<_> =
        both.await.unwrap().into_iter().map(|reply| reply.is(200).body["activities"].clone()).collect();
    new.sort_by_key(|count| count.as_u64());
    assert_eq!(new, [json!(0), json!(2)], "the second found what the first had stored");
    other.await.unwrap().is(200);
}

#[tokio::test]
async fn a_sync_outlives_its_connection() {
    let fitbit = Fitbit::begun().await;
    fitbit.service.close();
    let (client, path) = (fitbit.client.clone(), fitbit.path("sync"));
    let syncing = tokio::spawn(async move { client.send(Method::POST, &path, None).await });
    fitbit.service.was_asked("logs").await;
    syncing.abort();
    assert!(syncing.await.unwrap_err().is_cancelled());
    fitbit.service.let_through(100);
    while fitbit.status().await != "valid_token" {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(fitbit.tracked("physicalactivities").await.len(), 2);
}

#[tokio::test]
async fn a_service_that_takes_too_long_is_not_waited_for_but_new_tokens_are_kept() {
    let service = Scripted::new(ProviderKind::Fitbit);
    let mut wearables = service.options();
    wearables.patience = Duration::from_millis(50);
    let fitbit = Fitbit::with(service, Options { wearables, ..Options::default() }).await;
    fitbit.submit().await;
    fitbit.service.close();
    let reply = fitbit.sync().await.is(500);
    let text = json!({"code": 1500, "message": "Could not connect with the Fitbit Server",
        "description": "Please try again later."});
    assert_eq!((reply.body, fitbit.status().await.as_str()), (text, "none"));
    fitbit.service.let_through(100);
    // It is late when the new tokens come, and they are not lost.
    fitbit.service.set(|script| {
        script.active = Ok(false);
        script.refreshing = Duration::from_millis(300);
    });
    fitbit.sync().await.is(500);
    let refresh = async || fitbit.client.get(&fitbit.path("auth")).await.is(200).body["refresh_token"].clone();
    assert_eq!(refresh().await, json!("0123456789abcdef-first"));
    while refresh().await != json!("0123456789abcdef-next") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_sync_whose_tokens_were_taken_back_or_replaced_or_whose_child_is_gone_writes_no_more() {
    let gone = "User does not have authentication data. Please, submit authentication data and try again.";
    for what in ["revoke", "replace", "delete"] {
        let fitbit = Fitbit::begun().await;
        fitbit.service.close();
        let (client, path) = (fitbit.client.clone(), fitbit.path("sync"));
        let syncing = tokio::spawn(async move { client.send(Method::POST, &path, None).await });
        fitbit.service.was_asked("logs").await;
        match what {
            "revoke" => drop(fitbit.client.send(Method::POST, &fitbit.path("auth/revoke"), None).await.is(204)),
            "replace" => drop(fitbit.client.post(&fitbit.path("auth"), tokens()).await.is(204)),
            _ => {
                let path = format!("/v1/users/{}", fitbit.school.child.id);
                fitbit.world.admin().await.delete(&path).await.is(204);
            }
        }
        fitbit.service.let_through(100);
        let reply = syncing.await.unwrap();
        match what {
            "delete" => {
                let id = &fitbit.school.child.id;
                let message = format!("There is no registered Child with ID: {id} on the platform!");
                reply.fails(400, &message, Some("Please register the Child and try again..."));
            }
            _ => drop(reply.fails(400, gone, None)),
        }
        assert_eq!(fitbit.rows("physical_activity"), 0, "{what}");
        assert_eq!(fitbit.rows("wearable_seen"), 0, "{what}");
    }
}

#[tokio::test]
async fn new_tokens_replace_only_those_they_came_from() {
    let fitbit = Fitbit::begun().await;
    fitbit.service.set(|script| {
        script.active = Ok(false);
        script.refreshing = Duration::from_millis(200);
    });
    let (client, path) = (fitbit.client.clone(), fitbit.path("sync"));
    let syncing = tokio::spawn(async move { client.send(Method::POST, &path, None).await });
    fitbit.service.was_asked("refresh 0123456789abcdef-first").await;
    fitbit.service.set(|script| script.active = Ok(true));
    let mut other = tokens();
    other["refresh_token"] = json!("another-refresh-token");
    fitbit.client.post(&fitbit.path("auth"), other).await.is(204);
    syncing.await.unwrap().is(400);
    let shown = fitbit.client.get(&fitbit.path("auth")).await.is(200).body;
    assert_eq!(shown["refresh_token"], json!("another-refresh-token"));
}

#[tokio::test]
async fn a_stop_waits_for_tokens_that_are_being_refreshed_and_for_nothing_else() {
    let fitbit = Fitbit::begun().await;
    fitbit.service.set(|script| {
        script.active = Ok(false);
        script.refreshing = Duration::from_millis(200);
    });
    fitbit.service.close();
    let (client, path) = (fitbit.client.clone(), fitbit.path("sync"));
    let syncing = tokio::spawn(async move { client.send(Method::POST, &path, None).await });
    fitbit.service.was_asked("refresh 0123456789abcdef-first").await;
    fitbit.world.app.end_syncs().await;
    let text = "The server is stopping. Please try again in a few seconds.";
    syncing.await.unwrap().fails(503, "SERVICE UNAVAILABLE", Some(text));
    let wearables = fitbit.service.options();
    let token = fitbit.client.token.clone().unwrap();
    let path = fitbit.path("auth");
    let world = fitbit.world.restarted_with(Options { wearables, ..Options::default() }).await;
    let shown = world.bearer(&token).get(&path).await.is(200).body;
    assert_eq!(shown["refresh_token"], json!("0123456789abcdef-next"));
}
