//! The Google Health API: what is asked, and what is made of what it says.

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use ocariot_users::app::wearables::provider::{Fault, Provider, Weighed};
use ocariot_users::model::tracking::{SleepPhase, SleepType};
use ocariot_users::model::wearables::{Features, ProviderKind, Secret};
use serde_json::{Value, json};

use super::TODAY;
use crate::stand_ins::{
    CLIENT_SECRET, Encryption, GoogleAccount, GoogleStandIn, SCOPES, Tokens, Told, Trouble, google_provider,
    short_limits,
};
use crate::support::TestClock;

const ACCOUNT: &str = "111111256096816351";

struct Asking {
    stand_in: GoogleStandIn,
    provider: std::sync::Arc<dyn Provider>,
    tokens: Tokens,
    clock: TestClock,
}

fn asking() -> Asking {
    let (stand_in, clock) = (GoogleStandIn::start(Encryption::None), TestClock::new());
    let provider = google_provider(&stand_in, short_limits(), clock.as_clock());
    let tokens = stand_in.consent(ACCOUNT, SCOPES);
    Asking { stand_in, provider, tokens, clock }
}

impl Asking {
    fn has(&self, change: impl FnOnce(&mut GoogleAccount)) {
        self.stand_in.change(ACCOUNT, change);
    }

    fn lists(&self, kind: &str, points: Vec<Value>) {
        self.has(|account| drop(account.points.insert(kind.to_owned(), points)));
    }
}

fn civil(time: &str) -> Value {
    let time: jiff::civil::DateTime = time.parse().unwrap();
    let mut of_day = json!({"hours": time.hour(), "minutes": time.minute(), "seconds": time.second()});
    of_day.as_object_mut().unwrap().retain(|_, part| *part != 0);
    json!({"date": {"year": time.year(), "month": time.month(), "day": time.day()}, "time": of_day})
}

fn exercise(name: &str) -> Value {
    json!({
        "dataPointName": format!("users/{ACCOUNT}/dataTypes/exercise/dataPoints/{name}"),
        "exercise": {
            "interval": {
                "startTime": "2026-02-28T01:10:30Z",
                "startUtcOffset": "-10800s",
                "endTime": "2026-02-28T01:40:30.250Z",
                "endUtcOffset": "-10800s",
                "civilStartTime": civil("2026-02-27T22:10:30"),
                "civilEndTime": civil("2026-02-27T22:40:30"),
            },
            "exerciseType": "WALKING",
            "displayName": "Walk",
            "activeDuration": "1576.800s",
            "metricsSummary": {
                "caloriesKcal": 90.5,
                "steps": "1200",
                "distanceMillimeters": 1_500_250.0,
                "averageHeartRateBeatsPerMinute": "107",
                "heartRateZoneDurations": {"lightTime": "600s", "peakTime": "1.5s"},
            },
        },
    })
}

fn sleep(name: &str, kind: &str, stages: &[&str]) -> Value {
    let stage = |kind: &&str| {
        json!({
            "startTime": "2026-02-28T01:10:30Z", "startUtcOffset": "-10800s",
            "endTime": "2026-02-28T01:11:00Z", "endUtcOffset": "-10800s",
            "type": kind,
        })
    };
    json!({
        "dataPointName": format!("users/{ACCOUNT}/dataTypes/sleep/dataPoints/{name}"),
        "sleep": {
            "interval": {
                "startTime": "2026-02-28T01:10:30Z",
                "startUtcOffset": "-10800s",
                "endTime": "2026-02-28T09:10:30Z",
                "endUtcOffset": "-10800s",
            },
            "type": kind,
            "stages": stages.iter().map(stage).collect::<Vec<_>>(),
            "metadata": {"mainSleep": true, "processed": true},
        },
    })
}

fn sample(kind: &str, name: &str, time: &str, field: (&str, f64)) -> Value {
    let key = if kind == "weight" { "weight" } else { "bodyFat" };
    let civil = civil(time.trim_end_matches('Z'));
    let mut point = json!({
        "dataPointName": format!("users/{ACCOUNT}/dataTypes/{kind}/dataPoints/{name}"),
        key: {"sampleTime": {"physicalTime": time, "utcOffset": "0s", "civilTime": civil}},
    });
    point[key][field.0] = field.1.into();
    point
}

fn changed(mut item: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = item.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(name);
    } else {
        parent.insert(name.to_owned(), value);
    }
    item
}

#[tokio::test]
async fn activities_are_mapped_as_the_contract_says() {
    let asking = asking();
    let of = async |item: Value| {
        asking.lists("exercise", vec![item]);
        asking.provider.activities(&asking.tokens.access(), TODAY).await.unwrap()
    };
    let found = of(exercise("walk-1")).await;
    assert_eq!(found[0].id, format!("users/{ACCOUNT}/dataTypes/exercise/dataPoints/walk-1"));
    let facts = found[0].thing.clone().unwrap();
    assert_eq!(facts.period.start, "2026-02-28T01:10:30Z".parse().unwrap(), "a real instant");
    assert_eq!((facts.period.duration, facts.name.as_str(), facts.calories), (1_800_250, "Walk", 90.5));
    assert_eq!((facts.steps, facts.distance), (Some(1200), Some(1500.25)));
    assert_eq!((facts.levels, facts.heart_rate), (None, None), "it cannot say them");
    for (pointer, value, name) in [
        ("/exercise/displayName", Value::Null, "WALKING"),
        ("/exercise/displayName", json!(""), "WALKING"),
        ("/exercise/displayName", json!(" My game "), "My game"),
    ] {
        assert_eq!(of(changed(exercise("a"), pointer, value)).await[0].thing.clone().unwrap().name.as_str(), name);
    }
    for (name, value) in
        [("distanceMillimeters", json!(0.0)), ("distanceMillimeters", Value::Null), ("steps", Value::Null)]
    {
        let facts =
            of(changed(exercise("a"), &format!("/exercise/metricsSummary/{name}"), value)).await[0].thing.clone();
        let facts = facts.unwrap();
        assert_eq!((facts.distance.is_none(), facts.steps.is_none()), (name != "steps", name == "steps"));
    }
    for (pointer, value) in [
        ("/exercise/metricsSummary/caloriesKcal", Value::Null),
        ("/exercise/metricsSummary", Value::Null),
        ("/exercise/interval", Value::Null),
        ("/exercise", Value::Null),
    ] {
        assert_eq!(of(changed(exercise("a"), pointer, value)).await, [], "left out: {pointer}");
    }
    for (pointer, value) in [
        ("/exercise/interval/endTime", json!("2026-02-28T01:10:30Z")),
        ("/exercise/interval/endTime", json!("2026-02-28T01:10:29Z")),
        ("/exercise/metricsSummary/caloriesKcal", json!(-1.0)),
        ("/exercise/displayName", json!("a".repeat(257))),
    ] {
        assert_eq!(of(changed(exercise("a"), pointer, value)).await[0].thing, None, "refused: {pointer}");
    }
    let nameless = of(changed(exercise("a"), "/dataPointName", Value::Null)).await;
    assert_eq!(nameless[0].id, "exercise 2026-02-28T01:10:30Z");
}

#[tokio::test]
async fn nights_are_mapped_as_the_contract_says() {
    let asking = asking();
    let of = async |item: Value| {
        asking.lists("sleep", vec![item]);
        asking.provider.nights(&asking.tokens.access(), TODAY).await.unwrap()
    };
    let found = of(sleep("a", "STAGES", &["AWAKE", "LIGHT", "DEEP", "REM"])).await;
    let facts = found[0].thing.clone().unwrap();
    assert_eq!((facts.kind, facts.period.duration), (SleepType::Stages, 28_800_000));
    assert_eq!(facts.period.start, "2026-02-28T01:10:30Z".parse().unwrap());
    let phases: Vec<_> = facts.data_set.iter().map(|entry| entry.phase).collect();
    assert_eq!(phases, [SleepPhase::Awake, SleepPhase::Light, SleepPhase::Deep, SleepPhase::Rem]);
    assert_eq!(facts.data_set[1].duration, 30_000);
    let classic = of(sleep("a", "CLASSIC", &["ASLEEP", "RESTLESS", "AWAKE"])).await;
    assert_eq!(classic[0].thing.as_ref().unwrap().kind, SleepType::Classic);
    for left_out in [
        sleep("a", "STAGES", &[]),
        changed(sleep("a", "STAGES", &["REM"]), "/sleep/stages", Value::Null),
        sleep("a", "SLEEP_TYPE_UNSPECIFIED", &["REM"]),
        changed(sleep("a", "STAGES", &["REM"]), "/sleep/type", Value::Null),
        changed(sleep("a", "STAGES", &["REM"]), "/sleep/interval", Value::Null),
    ] {
        assert_eq!(of(left_out).await, []);
    }
    for refused in [sleep("a", "CLASSIC", &["REM"]), sleep("a", "STAGES", &["SLEEP_STAGE_TYPE_UNSPECIFIED"])] {
        assert_eq!(of(refused).await[0].thing, None);
    }
}

#[tokio::test]
async fn weights_are_joined_with_the_body_fats_of_their_millisecond() {
    let asking = asking();
    let weight = |name: &str, time: &str, grams: f64| sample("weight", name, time, ("weightGrams", grams));
    let fat = |name: &str, time: &str, value: f64| sample("body-fat", name, time, ("percentage", value));
    asking.lists(
        "weight",
        vec![
            weight("w1", "2026-03-01T07:00:00.250Z", 30_250.5),
            weight("w2", "2026-02-28T07:00:00Z", 30_000.0),
            weight("w3", "2025-11-01T00:00:00Z", 29_000.0),
            weight("w4", "2025-10-31T23:59:59Z", 28_000.0),
        ],
    );
    asking.lists(
        "body-fat",
        vec![fat("f1", "2026-03-01T07:00:00.250Z", 20.5), fat("f2", "2026-02-28T07:00:00.001Z", 21.0)],
    );
    let found = asking.provider.weights(&asking.tokens.access(), TODAY).await.unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|found| {
            let id = found.id.rsplit('/').next().unwrap();
            match found.thing.clone().unwrap() {
                Weighed::Weight(new) => (id, new.timestamp.to_string(), new.value, new.body_fat),
                Weighed::BodyFat(new) => (id, new.timestamp.to_string(), new.value, None),
            }
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("w1", "2026-03-01T07:00:00.25Z".to_owned(), 30.2505, Some(20.5)),
            ("w2", "2026-02-28T07:00:00Z".to_owned(), 30.0, None),
            ("w3", "2025-11-01T00:00:00Z".to_owned(), 29.0, None),
            ("f1", "2026-03-01T07:00:00.25Z".to_owned(), 20.5, None),
            ("f2", "2026-02-28T07:00:00.001Z".to_owned(), 21.0, None),
        ]
    );
    let kinds: Vec<_> = found.iter().map(|found| matches!(found.thing, Some(Weighed::Weight(_)))).collect();
    assert_eq!(kinds, [true, true, true, false, false]);
    asking.stand_in.trouble("/body-fat/", Trouble::Says(Told::new(503, "").with("retry-after", "9")));
    let fault = asking.provider.weights(&asking.tokens.access(), TODAY).await.unwrap_err();
    assert!(matches!(fault, Fault::Failed { retry_after: Some(wait), .. } if wait == Duration::from_secs(9)));
}

#[tokio::test]
async fn lists_go_on_past_empty_pages_up_to_a_hundred() {
    let asking = asking();
    let access = asking.tokens.access();
    asking.stand_in.set_empty_pages(3);
    asking.lists("exercise", (0..130).map(|at| exercise(&format!("walk-{at}"))).collect());
    asking.lists("sleep", (0..30).map(|at| sleep(&format!("night-{at}"), "STAGES", &["REM"])).collect());
    assert_eq!(asking.provider.activities(&access, TODAY).await.unwrap().len(), 100);
    assert_eq!(asking.stand_in.count("/exercise/"), 3 + 4);
    assert_eq!(asking.provider.nights(&access, TODAY).await.unwrap().len(), 30);
    assert_eq!(asking.stand_in.count("/sleep/"), 3 + 2);
    asking.stand_in.set_empty_pages(1000);
    assert_eq!(asking.provider.nights(&access, TODAY).await, Err(Fault::Unreachable), "pages without end");
    let filters: std::collections::BTreeSet<_> =
        asking.stand_in.asked().iter().map(|asked| asked.asked("filter").unwrap().to_owned()).collect();
    assert_eq!(
        filters.into_iter().collect::<Vec<_>>(),
        [
            r#"exercise.interval.civil_start_time >= "2000-01-01" AND exercise.interval.civil_start_time < "2026-03-03""#,
            r#"sleep.interval.end_time >= "2000-01-01T00:00:00Z" AND sleep.interval.end_time < "2026-03-02T00:00:00Z""#,
        ]
    );
}

/// All totals of a day.
fn totals(account: &mut GoogleAccount, day: Date) {
    let level = |level: &str, minutes: &str| json!({"activityLevel": level, "activeMinutesSum": minutes});
    for (kind, value) in [
        ("steps", json!({"countSum": "9000"})),
        ("total-calories", json!({"kcalSum": 1500.5})),
        ("sedentary-period", json!({"durationSum": "42059.800s"})),
        (
            "active-minutes",
            json!({"activeMinutesRollupByActivityLevel": [
                level("LIGHT", "120"), level("MODERATE", "20"), level("VIGOROUS", "10"),
            ]}),
        ),
    ] {
        account.days.entry(kind.to_owned()).or_default().insert(day, value);
    }
}

#[tokio::test]
async fn logs_are_asked_for_in_windows_and_each_day_is_there_once() {
    let asking = asking();
    let access = asking.tokens.access();
    let year =
        || std::iter::successors(Some(date(2025, 3, 1)), |day| day.tomorrow().ok()).take_while(|day| *day <= TODAY);
    asking.has(|account| year().for_each(|day| totals(account, day)));
    let logs = asking.provider.logs(&access, TODAY, None).await.map(Result::unwrap);
    for (log, value) in logs.iter().zip([9000.0, 1500.5, 30.0, 120.0, 700.0]) {
        assert_eq!(*log, year().map(|day| (day, value)).collect::<Vec<_>>());
    }
    // 366 days by 90 and by 14, each with two pages, but where a window has but few days.
    let bodies = |kind: &str| {
        let asked = asking.stand_in.asked().into_iter().filter(|asked| asked.path.contains(kind));
        asked.map(|asked| serde_json::from_str::<Value>(&asked.body).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((bodies("/steps/").len(), bodies("/active-minutes/").len()), (9, 53));
    let expected = json!({
        "range": {
            "start": {"date": {"year": 2025, "month": 3, "day": 1}},
            "end": {"date": {"year": 2025, "month": 5, "day": 30}},
        },
        "windowSizeDays": 1,
    });
    assert_eq!(bodies("/steps/")[0], expected);
    asking.stand_in.forget();
    let logs = asking.provider.logs(&access, TODAY, Some(date(2026, 2, 27))).await.map(Result::unwrap);
    let first = date(2026, 2, 27).saturating_sub(42.days());
    assert_eq!((logs[0][0].0, logs[0].len()), (first, 45), "42 days before the last sync");
    let logs = asking.provider.logs(&access, TODAY, Some(date(2020, 1, 1))).await.map(Result::unwrap);
    assert_eq!(logs[0].len(), 366, "never more than twelve months");
}

#[tokio::test]
async fn a_day_without_a_value_is_left_out_and_no_zero_takes_its_place() {
    let asking = asking();
    let access = asking.tokens.access();
    let days = |first: i8| (first..).map(|day| date(2026, 2, day));
    let level = |level: &str, minutes: Value| json!({"activeMinutesRollupByActivityLevel": [{"activityLevel": level, "activeMinutesSum": minutes}]});
    asking.has(|account| {
        let mut has =
            |kind: &str, values: Vec<Value>| account.days.insert(kind.to_owned(), days(20).zip(values).collect());
        has("steps", vec![json!({"countSum": "0"}), json!({}), json!({"countSum": "x"})]);
        has("total-calories", vec![json!({"kcalSum": 0.0}), json!({})]);
        has("sedentary-period", vec![json!({"durationSum": "59.999s"}), json!({"durationSum": "61"}), json!({})]);
        has(
            "active-minutes",
            vec![
                level("MODERATE", json!("7")),
                level("VIGOROUS", json!("8")),
                level("LIGHT", json!("9")),
                level("ACTIVITY_LEVEL_UNSPECIFIED", json!("9")),
                json!({}),
            ],
        );
    });
    let [steps, calories, active, lightly, sedentary] =
        asking.provider.logs(&access, TODAY, Some(TODAY)).await.map(Result::unwrap);
    let day = |day: i8| date(2026, 2, day);
    assert_eq!((steps, calories), (vec![(day(20), 0.0)], vec![(day(20), 0.0)]));
    assert_eq!((active, lightly), (vec![(day(20), 7.0), (day(21), 8.0)], vec![(day(22), 9.0)]));
    assert_eq!(sedentary, [(day(20), 0.0)], "whole minutes");
    asking.stand_in.trouble("/active-minutes/", Trouble::Says(Told::new(403, "")));
    let logs = asking.provider.logs(&access, TODAY, Some(TODAY)).await;
    let refused = Err(Fault::Refused("HTTP 403".to_owned()));
    assert!(logs[2] == refused && logs[3] == refused && logs[0].is_ok() && logs[1].is_ok() && logs[4].is_ok());
}

#[tokio::test]
async fn a_refresh_gives_a_token_and_the_refresh_token_stays() {
    let asking = asking();
    let refresh = asking.tokens.refresh();
    let grant = asking.provider.refresh(&refresh).await.unwrap();
    assert!(grant.refresh.is_none() && asking.stand_in.knows(grant.access.expose()));
    assert_eq!((grant.features, grant.subject), (Features::ALL, None));
    let ends = grant.ends.duration_since(asking.clock.now()).as_secs();
    assert!((3590..=3599).contains(&ends), "{ends}");
    let asked = asking.stand_in.asked().pop().unwrap();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/token"));
    assert_eq!(asked.form("client_secret").as_deref(), Some(CLIENT_SECRET));
    asking.stand_in.set_tokens(3599, false);
    assert_eq!(asking.provider.refresh(&refresh).await.unwrap().features, Features::ALL, "nothing is said of scopes");
    let sleep = asking.stand_in.consent("other", "openid https://www.googleapis.com/auth/googlehealth.sleep");
    asking.stand_in.set_tokens(i64::MAX, true);
    let grant = asking.provider.refresh(&sleep.refresh()).await.unwrap();
    assert_eq!((grant.features, grant.ends), (Features { sleep: true, ..Features::default() }, jiff::Timestamp::MAX));
    asking.stand_in.withdraw(ACCOUNT);
    assert_eq!(asking.provider.refresh(&refresh).await, Err(Fault::InvalidGrant));
    for (told, expected) in [
        (Told::json(401, json!({"error": "invalid_client"})), Fault::InvalidClient),
        (Told::json(400, json!({"error": "invalid_request", "error_description": "no"})), Fault::Refused("no".into())),
        (Told::json(200, json!({"expires_in": 3599})), Fault::Unreachable),
        (Told::json(200, json!({"access_token": "a b"})), Fault::Unreachable),
        (Told::new(410, ""), Fault::Unreachable),
        (Told::new(429, ""), Fault::Limited(None)),
    ] {
        asking.stand_in.trouble_times("/token", Trouble::Says(told.clone()), 1);
        assert_eq!(asking.provider.refresh(&refresh).await, Err(expected), "{told:?}");
    }
}

#[tokio::test]
async fn a_401_of_data_is_a_token_that_is_over_and_other_refusals_are_told() {
    let asking = asking();
    let access = asking.tokens.access();
    assert_eq!(asking.provider.identity(&access).await, Ok(ACCOUNT.to_owned()));
    assert_eq!(asking.provider.is_active(&access).await, Ok(true));
    assert_eq!((asking.provider.kind(), asking.provider.said_by(&access)), (ProviderKind::Google, None));
    assert!(!asking.provider.has_signed(b"", ""));
    let said = |code: u16, status: &str, message: &str| {
        Told::json(code, json!({"error": {"code": code, "status": status, "message": message, "details": []}}))
    };
    for (told, expected) in [
        (Told::new(401, ""), Fault::InvalidToken),
        (said(400, "FAILED_PRECONDITION", "no health profile"), Fault::Refused("no health profile".into())),
        (said(403, "PERMISSION_DENIED", ""), Fault::Refused("PERMISSION_DENIED".into())),
        (said(429, "RESOURCE_EXHAUSTED", "slowly"), Fault::Limited(None)),
        (said(503, "UNAVAILABLE", "later"), Fault::Failed { text: "later".into(), retry_after: None }),
    ] {
        asking.stand_in.trouble_times("/sleep/", Trouble::Says(told.clone()), 1);
        assert_eq!(asking.provider.nights(&access, TODAY).await, Err(expected), "{told:?}");
    }
    asking.stand_in.end_access();
    assert_eq!(asking.provider.identity(&access).await, Err(Fault::InvalidToken));
    assert_eq!(asking.provider.weights(&access, TODAY).await, Err(Fault::InvalidToken));
    let logs = asking.provider.logs(&access, TODAY, None).await;
    assert!(logs.iter().all(|log| *log == Err(Fault::InvalidToken)));
}

#[tokio::test]
async fn what_was_consented_to_is_given_back() {
    let asking = asking();
    let unusable = Secret::new("over".to_owned());
    asking.provider.revoke(&unusable, &asking.tokens.refresh()).await.unwrap();
    assert!(!asking.stand_in.knows(&asking.tokens.access) && !asking.stand_in.knows(&asking.tokens.refresh));
}

/// Everything that is asked of the data, and every form of answer: `tests/wearables/run` holds it against the machine-
/// readable description of the API.
#[tokio::test]
#[ignore = "writes a file for tests/wearables/run"]
async fn traffic_is_written_for_the_description_of_the_api() {
    let asking = asking();
    let access = asking.tokens.access();
    asking.stand_in.set_empty_pages(1);
    asking.lists("exercise", (0..30).map(|at| exercise(&format!("walk-{at}"))).collect());
    let stages = ["AWAKE", "LIGHT", "DEEP", "REM"];
    let classic = ["ASLEEP", "RESTLESS", "AWAKE"];
    asking.lists("sleep", vec![sleep("night-1", "STAGES", &stages), sleep("night-2", "CLASSIC", &classic)]);
    let time = "2026-03-01T07:00:00.250Z";
    asking.lists("weight", vec![sample("weight", "weight-1", time, ("weightGrams", 30_250.5))]);
    asking.lists("body-fat", vec![sample("body-fat", "fat-1", time, ("percentage", 20.5))]);
    asking.has(|account| totals(account, date(2026, 2, 27)));
    asking.provider.identity(&access).await.unwrap();
    assert_eq!(asking.provider.activities(&access, TODAY).await.unwrap().len(), 30);
    assert_eq!(asking.provider.nights(&access, TODAY).await.unwrap().len(), 2);
    assert_eq!(asking.provider.weights(&access, TODAY).await.unwrap().len(), 2);
    let logs = asking.provider.logs(&access, TODAY, None).await;
    assert!(logs.iter().all(|log| log.as_ref().unwrap().len() == 1));
    #[expect(clippy::disallowed_methods, reason = "the script says where the file goes")]
    let file = std::env::var("OCARIOT_TRAFFIC").unwrap();
    std::fs::write(file, asking.stand_in.traffic()).unwrap();
}
