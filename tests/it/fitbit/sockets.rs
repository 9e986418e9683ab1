//! Whole syncs over encrypted sockets, with services that keep what they gave and fail as they are told to: nothing is lost or
//! doubled, and the next sync goes on.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, date};
use ocariot_users::app::wearables::provider::Provider;
use ocariot_users::app::{ConnectedService, SecretSharing, WearableOptions};
use ocariot_users::model::wearables::Secret;
use ocariot_users::providers::http::HttpLimits;
use poem::http::Method;
use serde_json::{Value, json};

use crate::stand_ins::{
    CLIENT_ID, CLIENT_SECRET, Encryption, FitbitStandIn, GoogleStandIn, SCOPES, Tokens, Told, Trouble, fitbit_provider,
    google_provider,
};
use crate::support::{Client, Options, Person, Reply, TestClock, World};
use tempfile::TempDir;

const TODAY: Date = date(2026, 3, 1);
const ACCOUNT: &str = "1A2B3";
/// Longer than an answer here takes, shorter than anybody waits.
const SHORT: Duration = Duration::from_millis(400);

/// A child whose wearable is with a service behind a socket.
struct Synced {
    world: World,
    child: Person,
    client: Client,
}

fn limits() -> HttpLimits {
    HttpLimits { whole: SHORT, ..crate::stand_ins::short_limits() }
}

fn connected(provider: Arc<dyn Provider>) -> WearableOptions {
    let service = ConnectedService {
        provider,
        client_id: CLIENT_ID.to_owned(),
        client_secret: Secret::new(CLIENT_SECRET.to_owned()),
        sharing: SecretSharing::Refused,
        subscriber_code: Some(Secret::new("code".to_owned())),
    };
    WearableOptions { service: Some(service), ..WearableOptions::default() }
}

impl Synced {
    async fn with(clock: TestClock, wearables: WearableOptions) -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        let world = World::open(folder, clock, Options { wearables, ..Options::default() }).await;
        let school = world.school().await;
        Self { world, child: school.child, client: school.application.client }
    }

    async fn submit(&self, tokens: &Tokens) -> Reply {
        let body = json!({"access_token": tokens.access, "refresh_token": tokens.refresh});
        self.client.post(&format!("/v1/users/{}/fitbit/auth", self.child.id), body).await
    }

    async fn sync(&self) -> Reply {
        // An hour has ten.
        self.world.clock.advance(3600);
        self.client.send(Method::POST, &format!("/v1/users/{}/fitbit/sync", self.child.id), None).await
    }

    async fn shown(&self) -> Value {
        self.client.get(&format!("/v1/users/{}/fitbit/auth", self.child.id)).await.is(200).body
    }

    async fn tracked(&self, what: &str) -> Vec<Value> {
        let path = format!("/v1/children/{}/{what}", self.child.id);
        self.client.get(&path).await.is(200).body.as_array().unwrap().clone()
    }
}

fn walk(id: u64, start: &str) -> Value {
    json!({"logId": id, "activityName": "Walk", "startTime": format!("{start}.000-03:00"), "duration": 1_200_000,
        "calories": 90, "steps": 1200, "distance": 1.5, "distanceUnit": "Kilometer"})
}

fn night(id: u64, start: &str) -> Value {
    let levels = json!({"data": [{"dateTime": format!("{start}.000"), "level": "wake", "seconds": 90}]});
    json!({"logId": id, "startTime": format!("{start}.000"), "duration": 28_800_000, "type": "stages", "levels": levels})
}

/// A service in Fitbit's form with something of each kind, and a child that has consented.
async fn fitbit() -> (FitbitStandIn, Synced) {
    let stand_in = FitbitStandIn::start(Encryption::Tls, TODAY);
    let clock = TestClock::new();
    let provider = fitbit_provider(&stand_in, limits(), clock.as_clock());
    let synced = Synced::with(clock, connected(provider)).await;
    let tokens = stand_in.consent(ACCOUNT, "rwei ract rsle");
    stand_in.change(ACCOUNT, |account| {
        account.activities = vec![walk(1, "2026-02-27T22:10:30"), walk(2, "2026-02-28T09:00:00")];
        account.sleep = vec![night(3, "2026-02-27T23:00:00")];
        account.weights =
            vec![json!({"logId": 4, "date": "2026-02-20", "time": "07:00:00", "weight": 30.5, "fat": 20.5})];
        account.trackers.insert("steps".to_owned(), [(date(2026, 2, 27), 4321)].into());
        account.trackers.insert("minutesFairlyActive".to_owned(), [(date(2026, 2, 27), 7)].into());
        account.trackers.insert("minutesVeryActive".to_owned(), [(date(2026, 2, 27), 5)].into());
    });
    synced.submit(&tokens).await.is(204);
    (stand_in, synced)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_sync_in_fitbits_form_stores_local_times_as_if_they_were_utc() {
    let (stand_in, synced) = fitbit().await;
    let counts = synced.sync().await.is(200).body;
    assert_eq!((&counts["activities"], &counts["sleep"], &counts["weights"]), (&json!(2), &json!(1), &json!(1)));
    let days = counts["logs"]["steps"].as_u64().unwrap();
    assert!((360..=367).contains(&days), "a year of days, zeros among them: {counts}");
    assert_eq!(counts["logs"]["active_minutes"], json!(days));
    let activities = synced.tracked("physicalactivities?sort=start_time").await;
    assert_eq!(activities[0]["start_time"], json!("2026-02-27T22:10:30"), "the offset is dropped");
    assert_eq!((&activities[0]["distance"], &activities[0]["duration"]), (&json!(1500), &json!(1_200_000)));
    let night = &synced.tracked("sleep").await[0];
    let entry = json!({"start_time": "2026-02-27T23:00:00", "name": "awake", "duration": 90_000});
    assert_eq!((&night["type"], &night["pattern"]["data_set"][0]), (&json!("stages"), &entry));
    let weight = &synced.tracked("weights").await[0];
    assert_eq!((&weight["value"], &weight["body_fat"], &weight["unit"]), (&json!(30.5), &json!(20.5), &json!("kg")));
    let minutes = synced.tracked("logs/active_minutes/date/2026-02-27/2026-02-27").await;
    assert_eq!(minutes, [json!({"date": "2026-02-27", "value": 12})], "fairly and very of one day");
    assert!(stand_in.most_at_a_time() <= 4);
    let counts = synced.sync().await.is(200).body;
    assert_eq!((&counts["activities"], &counts["sleep"], &counts["weights"]), (&json!(0), &json!(0), &json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_are_over_are_refreshed_once_and_those_taken_back_outside_end_the_record() {
    let (stand_in, synced) = fitbit().await;
    let first = synced.shown().await["refresh_token"].clone();
    stand_in.end_access();
    synced.sync().await.is(200);
    let second = synced.shown().await["refresh_token"].clone();
    assert_ne!(first, second);
    assert_eq!(stand_in.count("/oauth2/token"), 1);
    stand_in.withdraw(ACCOUNT);
    let reply = synced.sync().await.is(400);
    assert_eq!(reply.body["code"], json!(1021), "{}", reply.text);
    synced.client.get(&format!("/v1/users/{}/fitbit/auth", synced.child.id)).await.is(404);
    assert_eq!(synced.tracked("physicalactivities").await.len(), 2, "what was synced stays");
    // New ones go on where the old ones ended.
    let tokens = stand_in.consent(ACCOUNT, "rwei ract rsle");
    synced.submit(&tokens).await.is(204);
    assert_eq!(synced.sync().await.is(200).body["activities"], json!(0));
    synced.client.send(Method::POST, &format!("/v1/users/{}/fitbit/auth/revoke", synced.child.id), None).await.is(204);
    while stand_in.knows(&tokens.access) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What may go wrong, and what is told of it.
fn troubles() -> Vec<(Trouble, u16, u16)> {
    let says = |status, body: &str| Trouble::Says(Told::new(status, body));
    let errors = r#"{"errors":[{"errorType":"system","message":"Too many."}]}"#;
    let limited = Trouble::Says(Told::new(429, errors).with("retry-after", "77"));
    vec![
        (Trouble::Late(SHORT * 2), 500, 1500),
        (Trouble::Half, 500, 1500),
        (Trouble::HangsUp, 500, 1500),
        (says(200, "{"), 500, 1500),
        (says(200, "[5]"), 500, 1500),
        (says(410, ""), 500, 1500),
        (says(503, "<h1>down</h1>"), 500, 1500),
        (limited, 429, 1429),
        (Trouble::Says(Told::new(302, "").with("location", "https://elsewhere.invalid/")), 500, 1500),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_outside_nothing_is_lost_or_doubled_and_the_next_sync_goes_on() {
    let (stand_in, synced) = fitbit().await;
    for (trouble, status, code) in troubles() {
        stand_in.trouble("/1.2/user/-/", trouble.clone());
        let reply = synced.sync().await;
        assert_eq!((reply.status, &reply.body["code"]), (status, &json!(code)), "{trouble:?}: {}", reply.text);
        if status == 429 {
            assert_eq!(reply.header("retry-after"), Some("77"));
        }
        assert_eq!(synced.world.sql_value("SELECT count(*) FROM physical_activity"), 0, "{trouble:?}");
        stand_in.heal();
    }
    let before = synced.shown().await;
    assert_eq!(synced.sync().await.is(200).body["activities"], json!(2));
    assert_eq!(synced.shown().await, before, "no refresh token was used up");
    // Only the nights are in trouble: they come with the next sync.
    stand_in.change(ACCOUNT, |account| account.sleep.push(night(9, "2026-02-28T23:00:00")));
    stand_in.trouble("/sleep/", Trouble::Half);
    assert_eq!(synced.sync().await.is(200).body["sleep"], json!(0));
    stand_in.heal();
    assert_eq!(synced.sync().await.is(200).body["sleep"], json!(1));
    assert_eq!(synced.tracked("sleep").await.len(), 2);
    // Nobody is there any more.
    drop(stand_in);
    assert_eq!(synced.sync().await.is(500).body["message"], json!("Could not connect with the Fitbit Server"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_sync_with_google_stores_instants_and_refreshes_what_is_over() {
    let stand_in = GoogleStandIn::start(Encryption::Tls);
    let clock = TestClock::new();
    let provider = google_provider(&stand_in, crate::stand_ins::short_limits(), clock.as_clock());
    let synced = Synced::with(clock, connected(provider)).await;
    let account = "111111256096816351";
    let tokens = stand_in.consent(account, SCOPES);
    let exercise = json!({
        "dataPointName": format!("users/{account}/dataTypes/exercise/dataPoints/e1"),
        "exercise": {
            "interval": {
                "startTime": "2026-02-28T01:10:30Z", "startUtcOffset": "-10800s",
                "endTime": "2026-02-28T01:40:30Z", "endUtcOffset": "-10800s",
                "civilStartTime": {"date": {"year": 2026, "month": 2, "day": 27},
                    "time": {"hours": 22, "minutes": 10, "seconds": 30}},
            },
            "exerciseType": "WALKING", "displayName": "Walk",
            "metricsSummary": {"caloriesKcal": 90.5, "steps": "1200", "distanceMillimeters": 1_500_000.0},
        },
    });
    stand_in.change(account, |account| drop(account.points.insert("exercise".to_owned(), vec![exercise])));
    synced.submit(&tokens).await.is(204);
    let shown = synced.shown().await;
    assert_ne!(shown["access_token"], json!(tokens.access), "it was used at once");
    assert_eq!(shown["refresh_token"], json!(tokens.refresh));
    let counts = synced.sync().await.is(200).body;
    assert_eq!(counts["activities"], json!(1), "{counts}");
    assert_eq!(synced.tracked("physicalactivities").await[0]["start_time"], json!("2026-02-28T01:10:30"));
    // Over before its time: one refresh, and the sync goes on.
    stand_in.end_access();
    synced.sync().await.is(200);
    stand_in.withdraw(account);
    assert_eq!(synced.sync().await.is(400).body["code"], json!(1021));
    synced.client.get(&format!("/v1/users/{}/fitbit/auth", synced.child.id)).await.is(404);
}
