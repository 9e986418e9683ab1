//! What the service syncs by itself: now and then, and when it is told that there is something new.

use std::time::Duration;

use ocariot_users::app::wearables::provider::Fault;
use ocariot_users::model::wearables::ProviderKind;
use poem::http::Method;
use serde_json::{Value, json};

use super::Fitbit;
use crate::support::wearable::{SIGNATURE, SUBSCRIBER_CODE, Scripted, access_token, tokens};
use crate::support::{Options, Reply};

const HOUR: i64 = 3600;

async fn every_hour() -> Fitbit {
    let service = Scripted::new(ProviderKind::Fitbit);
    let mut wearables = service.options();
    wearables.sync_every = Some(Duration::from_secs(3600));
    let fitbit = Fitbit::with(service, Options { wearables, ..Options::default() }).await;
    fitbit.submit().await;
    fitbit
}

impl Fitbit {
    /// Whether a turn syncs the child.
    async fn turn_syncs(&self) -> bool {
        self.service.asked();
        self.turn().await;
        !self.service.asked().is_empty()
    }

    async fn notify(&self, notice: &str, signature: &str) -> Reply {
        let request = self.world.nobody().request(Method::POST, "/v1/fitbit/subscriber");
        let request = request.header("x-fitbit-signature", signature).header("content-type", "text/plain");
        self.world.nobody().call(request.body(notice.to_owned())).await
    }
}

#[tokio::test]
async fn children_are_synced_when_their_last_sync_is_long_ago_and_it_is_in_the_services_name() {
    let fitbit = every_hour().await;
    assert!(fitbit.turn_syncs().await, "never synced");
    assert_eq!(fitbit.status().await, "valid_token");
    assert_eq!(fitbit.rows("audit WHERE action = 'fitbit_sync' AND actor_role = 'service'"), 1);
    assert!(!fitbit.turn_syncs().await);
    fitbit.world.clock.advance(HOUR - 60);
    assert!(!fitbit.turn_syncs().await, "not yet");
    fitbit.world.clock.advance(HOUR / 10 + 60);
    assert!(fitbit.turn_syncs().await, "a tenth later at most");
    // What somebody asks for counts, too, and is not limited by it.
    fitbit.world.clock.advance(HOUR + HOUR / 10);
    fitbit.sync().await.is(200);
    assert!(!fitbit.turn_syncs().await);
    for _ in 0..9 {
        fitbit.sync().await.is(200);
    }
    fitbit.sync().await.is(429);
    fitbit.world.clock.advance(HOUR - 1 + HOUR / 10);
    assert!(fitbit.turn_syncs().await);
}

#[tokio::test]
async fn after_a_restart_the_last_sync_counts_and_without_the_setting_nothing_is_synced() {
    let fitbit = every_hour().await;
    assert!(fitbit.turn_syncs().await);
    let (service, school) = (fitbit.service, fitbit.school);
    let mut wearables = service.options();
    wearables.sync_every = Some(Duration::from_secs(3600));
    let world = fitbit.world.restarted_with(Options { wearables, ..Options::default() }).await;
    let client = world.bearer(school.application.client.token.as_ref().unwrap());
    let fitbit = Fitbit { world, school, service, client };
    assert!(!fitbit.turn_syncs().await);
    fitbit.world.clock.advance(HOUR + HOUR / 10);
    assert!(fitbit.turn_syncs().await);
    let without = Fitbit::begun().await;
    assert!(!without.turn_syncs().await);
}

#[tokio::test]
async fn tokens_that_are_refused_are_not_tried_again_by_itself() {
    let fitbit = every_hour().await;
    fitbit.service.set(|script| {
        (script.weights, script.nights) = (Err(Fault::InvalidToken), Err(Fault::InvalidToken));
        script.activities = Err(Fault::InvalidToken);
    });
    assert!(fitbit.turn_syncs().await);
    assert_eq!(fitbit.status().await, "invalid_token");
    fitbit.world.clock.advance(2 * HOUR);
    assert!(!fitbit.turn_syncs().await);
}

#[tokio::test]
async fn after_a_fault_of_the_service_everything_rests_longer_and_longer() {
    let fitbit = every_hour().await;
    let sibling = format!("/v1/users/{}/fitbit/auth", fitbit.school.sibling.id);
    fitbit.client.post(&sibling, tokens()).await.is(204);
    fitbit.service.set(|script| script.active = Err(Fault::Unreachable));
    fitbit.service.asked();
    fitbit.turn().await;
    assert_eq!(fitbit.service.asked(), ["active"], "the second child is not tried then");
    fitbit.world.clock.advance(58);
    assert!(!fitbit.turn_syncs().await);
    fitbit.world.clock.advance(3);
    fitbit.turn().await;
    assert_eq!(fitbit.service.asked(), ["active"], "the other one, and it rests twice as long");
    fitbit.world.clock.advance(2 * HOUR);
    fitbit.service.set(|script| script.active = Err(Fault::Limited(Some(Duration::from_secs(600)))));
    assert!(fitbit.turn_syncs().await);
    fitbit.world.clock.advance(598);
    assert!(!fitbit.turn_syncs().await, "as long as the service says");
    fitbit.service.set(|script| script.active = Ok(true));
    fitbit.world.clock.advance(3);
    assert!(fitbit.turn_syncs().await);
}

#[tokio::test]
async fn the_code_of_the_subscriber_is_told_from_others() {
    let fitbit = Fitbit::new().await;
    let ask = async |query: &str| fitbit.world.nobody().get(&format!("/v1/fitbit/subscriber{query}")).await;
    let code = SUBSCRIBER_CODE.replace(' ', "%20");
    assert_eq!(ask(&format!("?verify={code}")).await.is(204).text, "");
    for query in ["", "?verify=", "?verify=the", &format!("?verify={code}x"), &format!("?code={code}")] {
        assert_eq!(ask(query).await.is(404).text, "", "{query}");
    }
}

#[tokio::test]
async fn a_notice_that_is_signed_syncs_what_it_names_of_whose_account_it_is() {
    let fitbit = Fitbit::begun().await;
    let stranger = format!("/v1/users/{}/fitbit/auth", fitbit.school.sibling.id);
    let mut theirs = tokens();
    theirs["access_token"] = json!(access_token("9Z9Z9", "rwei ract rsle", "2030-01-01T00:00:00Z"));
    fitbit.client.post(&stranger, theirs).await.is(204);
    fitbit.service.asked();
    let body = json!([{"ownerId": "1A2B3", "collectionType": "body", "date": "2019-09-18"}]).to_string();
    assert_eq!(fitbit.notify(&body, "another").await.is(404).text, "");
    assert_eq!(fitbit.notify(&body, "").await.is(404).text, "");
    assert_eq!(fitbit.notify(&body, SIGNATURE).await.is(200).text, "");
    while fitbit.status().await != "valid_token" {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(fitbit.service.asked(), ["active", "weights"]);
    assert_eq!((fitbit.rows("weight"), fitbit.rows("physical_activity")), (1, 0));
    // One after another: every element counts, and says what.
    let body = json!([{"ownerId": "nobody", "collectionType": "body"}, 5, {"collectionType": "sleep"},
        {"ownerId": "1A2B3", "collectionType": "foods"}, {"ownerId": "1A2B3", "collectionType": "sleep"},
        {"ownerId": "1A2B3", "collectionType": "activities"}]);
    fitbit.notify(&body.to_string(), SIGNATURE).await.is(200);
    while fitbit.rows("physical_activity") < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut asked = fitbit.service.asked();
    asked.sort();
    assert_eq!(asked, ["active", "activities", "logs", "nights"], "once, with all that was told of the child");
}

#[tokio::test]
async fn a_notice_that_says_nothing_is_taken_all_the_same() {
    let fitbit = Fitbit::begun().await;
    for notice in ["", "{", "null", "5", "{}", "[]", "[[[[", r#"[{"ownerId":5}]"#, "\u{0}"] {
        assert_eq!(fitbit.notify(notice, SIGNATURE).await.is(200).text, "", "{notice:?}");
    }
    fitbit.notify(&"x".repeat(102_401), SIGNATURE).await.is(413);
    assert_eq!(fitbit.service.asked(), [] as [&str; 0]);
    assert_eq!(fitbit.child().await["last_sync"], Value::Null);
}
