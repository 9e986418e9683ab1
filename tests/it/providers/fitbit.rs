//! Fitbit's old form: what is asked, and what is made of what it says.

use std::time::Duration;

use base64::Engine;
use jiff::civil::date;
use ocariot_users::app::wearables::provider::{Fault, Provider, Weighed};
use ocariot_users::model::tracking::{Intensity, SleepPhase, SleepType};
use ocariot_users::model::wearables::{Features, ProviderKind, Secret};
use serde_json::{Value, json};

use super::{TODAY, clock};
use crate::stand_ins::{
    CLIENT_SECRET, Encryption, FitbitStandIn, Tokens, Told, Trouble, fitbit_provider, short_limits,
};

const ALL: &str = "rwei ract rsle";

struct Asking {
    stand_in: FitbitStandIn,
    provider: std::sync::Arc<dyn Provider>,
    tokens: Tokens,
}

fn asking() -> Asking {
    let stand_in = FitbitStandIn::start(Encryption::None, TODAY);
    let provider = fitbit_provider(&stand_in, short_limits(), clock());
    let tokens = stand_in.consent("1A2B3", ALL);
    Asking { stand_in, provider, tokens }
}

impl Asking {
    fn has(&self, change: impl FnOnce(&mut crate::stand_ins::FitbitAccount)) {
        self.stand_in.change("1A2B3", change);
    }
}

fn activity() -> Value {
    json!({
        "logId": 4_294_967_296_001_u64,
        "activityName": " Walk ",
        "startTime": "2026-02-28T22:10:30.500-03:00",
        "duration": 1_178_000,
        "calories": 90,
        "steps": 1200,
        "distance": 1.5,
        "distanceUnit": "Kilometer",
        "activityLevel": [
            {"name": "sedentary", "minutes": 0}, {"name": "lightly", "minutes": 9},
            {"name": "fairly", "minutes": 1}, {"name": "very", "minutes": 2},
        ],
        "averageHeartRate": 107,
        "heartRateZones": [
            {"name": "Out of Range", "min": 30, "max": 91, "minutes": 0},
            {"name": "Fat Burn", "min": 91, "max": 127, "minutes": 10},
            {"name": "Cardio", "min": 127, "max": 154, "minutes": 5},
            {"name": "Peak", "min": 154, "max": 220, "minutes": 4},
        ],
        "source": {"name": "a watch"},
    })
}

fn changed(mut item: Value, name: &str, value: Value) -> Value {
    item[name] = value;
    item
}

#[tokio::test]
async fn activities_are_mapped_as_the_contract_says() {
    let asking = asking();
    asking.has(|account| account.activities = vec![activity()]);
    let found = asking.provider.activities(&asking.tokens.access(), TODAY).await.unwrap();
    assert_eq!((found.len(), found[0].id.as_str()), (1, "4294967296001"));
    let facts = found[0].thing.clone().unwrap();
    assert_eq!(facts.period.start, "2026-02-28T22:10:30Z".parse().unwrap(), "local time as if UTC, whole seconds");
    assert_eq!((facts.period.duration, facts.name.as_str(), facts.calories), (1_178_000, "Walk", 90.0));
    assert_eq!((facts.steps, facts.distance), (Some(1200), Some(1500.0)));
    let levels = facts.levels.unwrap().map(|level| (level.intensity, level.duration));
    let minutes = [0, 540_000, 60_000, 120_000];
    assert_eq!(levels.to_vec(), Intensity::ALL.into_iter().zip(minutes).collect::<Vec<_>>());
    let rate = facts.heart_rate.unwrap();
    assert_eq!(rate.average, 107);
    assert_eq!(
        rate.zones.map(|zone| (zone.min, zone.max, zone.duration)),
        [(30, 91, 0), (91, 127, 600_000), (127, 154, 300_000), (154, 220, 240_000)]
    );
}

#[tokio::test]
async fn what_an_activity_does_not_say_is_absent_and_what_cannot_be_stored_is_nothing() {
    let asking = asking();
    let of = async |item: Value| {
        asking.has(|account| account.activities = vec![item]);
        let found = asking.provider.activities(&asking.tokens.access(), TODAY).await.unwrap();
        assert_eq!(found.len(), 1, "it was there");
        found[0].thing.clone()
    };
    for (name, value, expected) in [
        ("distanceUnit", json!("Mile"), Some(1.5 * 1609.344)),
        ("distanceUnit", Value::Null, Some(1.5 * 1609.344)),
        ("distance", json!(0), None),
        ("distance", Value::Null, None),
    ] {
        assert_eq!(of(changed(activity(), name, value)).await.unwrap().distance, expected, "{name}");
    }
    for (name, value) in [("averageHeartRate", Value::Null), ("heartRateZones", json!([]))] {
        assert_eq!(of(changed(activity(), name, value)).await.unwrap().heart_rate, None, "{name}");
    }
    for value in [Value::Null, json!([])] {
        assert_eq!(of(changed(activity(), "activityLevel", value)).await.unwrap().levels, None);
    }
    assert_eq!(of(changed(activity(), "steps", Value::Null)).await.unwrap().steps, None);
    for (name, value) in [
        ("startTime", json!("2026-02-30T22:10:30.500-03:00")),
        ("startTime", json!("2026")),
        ("duration", json!(0)),
        ("duration", json!(1.5)),
        ("calories", Value::Null),
        ("calories", json!(-1)),
        ("activityName", json!(" ")),
        ("activityName", json!("a".repeat(257))),
        ("steps", json!("many")),
        ("activityLevel", json!([{"name": "very", "minutes": 1}])),
        ("averageHeartRate", json!(0)),
    ] {
        assert_eq!(of(changed(activity(), name, value.clone())).await, None, "{name} {value}");
    }
}

#[tokio::test]
async fn the_last_hundred_are_asked_for_and_each_is_there_once() {
    let asking = asking();
    let many = |count: usize| {
        (0..count).map(|at| {
            let time = format!("2026-02-{:02}T{:02}:00:00.000+01:00", 1 + at / 24, at % 24);
            changed(changed(activity(), "logId", at.into()), "startTime", time.into())
        })
    };
    asking.has(|account| account.activities = many(120).chain(many(120)).collect());
    let found = asking.provider.activities(&asking.tokens.access(), TODAY).await.unwrap();
    assert_eq!(found.len(), 50, "100 of which each is there twice");
    assert_eq!((found[0].id.as_str(), found[49].id.as_str()), ("119", "70"));
    let query = asking.stand_in.asked().pop().unwrap().query;
    let expected = [("beforeDate", "2026-03-02"), ("sort", "desc"), ("offset", "0"), ("limit", "100")];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    asking.has(|account| account.activities = vec![json!(1), json!({}), changed(activity(), "logId", json!(""))]);
    assert_eq!(asking.provider.activities(&asking.tokens.access(), TODAY).await.unwrap(), []);
}

fn night(kind: &str, parts: Value) -> Value {
    json!({
        "logId": 7,
        "startTime": "2026-02-27T21:40:30.000",
        "endTime": "2026-02-28T06:00:00.000",
        "duration": 29_970_000,
        "type": kind,
        "levels": {"data": parts, "summary": {}},
    })
}

#[tokio::test]
async fn nights_are_mapped_as_the_contract_says() {
    let asking = asking();
    let of = async |item: Value| {
        asking.has(|account| account.sleep = vec![item]);
        let found = asking.provider.nights(&asking.tokens.access(), TODAY).await.unwrap();
        assert_eq!(found.len(), 1, "it was there");
        found[0].thing.clone()
    };
    let part = |level: &str| json!({"dateTime": "2026-02-27T21:41:00.000", "level": level, "seconds": 30});
    let staged = of(night("stages", json!([part("wake"), part("light"), part("deep"), part("rem")]))).await.unwrap();
    assert_eq!((staged.kind, staged.period.duration), (SleepType::Stages, 29_970_000));
    assert_eq!(staged.period.start, "2026-02-27T21:40:30Z".parse().unwrap());
    let phases: Vec<_> = staged.data_set.iter().map(|entry| entry.phase).collect();
    assert_eq!(phases, [SleepPhase::Awake, SleepPhase::Light, SleepPhase::Deep, SleepPhase::Rem]);
    let first = staged.data_set[0];
    assert_eq!((first.start, first.duration), ("2026-02-27T21:41:00Z".parse().unwrap(), 30_000));
    let classic = of(night("classic", json!([part("asleep"), part("restless"), part("awake")]))).await.unwrap();
    assert_eq!(classic.kind, SleepType::Classic);
    assert_eq!(of(night("classic", json!(vec![part("asleep"); 5000]))).await.unwrap().data_set.len(), 5000);
    for refused in [
        night("classic", json!([])),
        night("classic", json!([part("deep")])),
        night("stages", json!([part("asleep")])),
        night("manual", json!([part("asleep")])),
        night("classic", json!(vec![part("asleep"); 5001])),
        night("classic", json!([{"dateTime": "2026-02-27T21:41:00.000", "level": "asleep"}])),
        changed(night("classic", json!([part("asleep")])), "levels", json!({})),
    ] {
        assert_eq!(of(refused.clone()).await, None, "{:.300}", refused.to_string());
    }
}

#[tokio::test]
async fn weights_of_four_months_are_asked_for_month_by_month() {
    let asking = asking();
    let weight = |id: u64, date: &str, fat: Value| json!({"logId": id, "date": date, "time": "07:30:15", "weight": 30.25, "bmi": 17, "fat": fat});
    asking.has(|account| {
        account.weights = vec![
            weight(1, "2025-11-01", Value::Null),
            weight(2, "2025-11-02", Value::Null),
            weight(3, "2026-02-01", json!(20.5)),
            weight(4, "2026-03-01", Value::Null),
            json!({"logId": 5, "date": "2026-03-01", "time": "08:00:00"}),
        ];
    });
    let found = asking.provider.weights(&asking.tokens.access(), TODAY).await.unwrap();
    let ids: Vec<_> = found.iter().map(|found| found.id.as_str()).collect();
    assert_eq!(ids, ["4", "5", "3", "2"], "from four months ago on, that day not included");
    assert_eq!(found[1].thing, None);
    let Some(Weighed::Weight(weight)) = &found[2].thing else { panic!("a weight") };
    assert_eq!((weight.timestamp, weight.value), ("2026-02-01T07:30:15Z".parse().unwrap(), 30.25));
    assert_eq!((weight.unit.as_str(), weight.body_fat), ("kg", Some(20.5)));
    let paths: Vec<_> = asking.stand_in.asked().into_iter().map(|asked| asked.path).collect();
    let windows = [
        ("2026-02-02", "2026-03-01"),
        ("2026-01-02", "2026-02-01"),
        ("2025-12-02", "2026-01-01"),
        ("2025-11-02", "2025-12-01"),
    ];
    assert_eq!(paths, windows.map(|(from, to)| format!("/1.2/user/-/body/log/weight/date/{from}/{to}.json")));
    for (number, today) in
        [date(2026, 3, 31), date(2026, 5, 30), date(2024, 2, 29), date(2026, 1, 1)].iter().enumerate()
    {
        asking.stand_in.forget();
        asking
            .provider
            .weights(&asking.tokens.access(), *today)
            .await
            .unwrap_or_else(|fault| panic!("{today}: {fault:?}"));
        assert_eq!(asking.stand_in.count("/weight/"), 4, "{number}");
    }
    asking.stand_in.trouble(&format!("{}.json", windows[3].1), Trouble::Says(Told::new(403, "")));
    let fault = asking.provider.weights(&asking.tokens.access(), TODAY).await.unwrap_err();
    assert!(fault == Fault::Refused("HTTP 403".to_owned()), "one of the four: {fault:?}");
}

#[tokio::test]
async fn logs_are_those_of_a_year_and_active_minutes_of_days_that_have_both() {
    let asking = asking();
    let day = date(2026, 2, 27);
    asking.has(|account| {
        for (kind, value) in [
            ("steps", 9000),
            ("calories", 1500),
            ("minutesSedentary", 700),
            ("minutesLightlyActive", 120),
            ("minutesFairlyActive", 20),
            ("minutesVeryActive", 10),
        ] {
            account.trackers.entry(kind.to_owned()).or_default().insert(day, value);
        }
    });
    let access = asking.tokens.access();
    let logs = asking.provider.logs(&access, TODAY, Some(TODAY)).await.map(Result::unwrap);
    for (log, value) in logs.iter().zip([9000.0, 1500.0, 30.0, 120.0, 700.0]) {
        assert_eq!(log.len(), 366, "both ends, zeros as they are given");
        assert!(log.contains(&(day, value)) && log.contains(&(TODAY, 0.0)) && log.contains(&(date(2025, 3, 1), 0.0)));
    }
    assert_eq!(asking.stand_in.count("/activities/tracker/"), 6);
    assert_eq!(asking.stand_in.count("/date/2025-03-01/today.json"), 6);
    let few = json!({"activities-tracker-minutesVeryActive": [
        {"dateTime": "2026-02-27", "value": "5"}, {"dateTime": "2026-02-30", "value": "5"},
        {"dateTime": "2026-02-26", "value": "x"}, {"dateTime": "2026-02-25"}, 1,
    ]});
    asking.stand_in.trouble("minutesVeryActive", Trouble::Says(Told::json(200, few)));
    asking.stand_in.trouble("/steps/", Trouble::Says(Told::new(500, "")));
    let logs = asking.provider.logs(&access, TODAY, None).await;
    assert_eq!(logs[2], Ok(vec![(day, 25.0)]));
    assert_eq!(logs[0], Err(Fault::Failed { text: "HTTP 500".to_owned(), retry_after: None }));
    assert!(logs[1].is_ok() && logs[3].is_ok() && logs[4].is_ok());
    asking.stand_in.trouble("minutesFairlyActive", Trouble::Says(Told::new(429, "").with("retry-after", "77")));
    let logs = asking.provider.logs(&access, TODAY, None).await;
    assert_eq!(logs[2], Err(Fault::Limited(Some(Duration::from_secs(77)))));
}

#[tokio::test]
async fn a_token_says_whose_it_is_and_is_active_until_it_is_over() {
    let asking = asking();
    let access = asking.tokens.access();
    let said = asking.provider.said_by(&access).unwrap();
    assert_eq!((said.subject.as_str(), said.features, said.ends.as_second()), ("1A2B3", Features::ALL, 4_102_444_800));
    assert_eq!(asking.provider.identity(&access).await, Ok("1A2B3".to_owned()));
    assert_eq!(asking.provider.kind(), ProviderKind::Fitbit);
    assert_eq!(asking.provider.is_active(&access).await, Ok(true));
    asking.stand_in.end_access();
    assert_eq!(asking.provider.is_active(&access).await, Ok(false));
    for (told, expected) in [
        (Told::json(200, json!({"active": "true"})), Ok(false)),
        (Told::json(200, json!({})), Ok(false)),
        (Told::json(401, json!({"errors": [{"errorType": "invalid_token"}]})), Ok(false)),
        (Told::new(403, "no"), Ok(false)),
        (Told::new(400, ""), Ok(false)),
        (Told::new(200, "<html>"), Err(Fault::Unreachable)),
        (Told::new(410, ""), Err(Fault::Unreachable)),
        (Told::new(302, "").with("location", "/"), Err(Fault::Unreachable)),
        (Told::new(429, "").with("retry-after", "5"), Err(Fault::Limited(Some(Duration::from_secs(5))))),
        (Told::new(429, ""), Err(Fault::Limited(None))),
        (Told::new(502, ""), Err(Fault::Failed { text: "HTTP 502".to_owned(), retry_after: None })),
    ] {
        asking.stand_in.trouble_times("/introspect", Trouble::Says(told.clone()), 1);
        assert_eq!(asking.provider.is_active(&access).await, expected, "{told:?}");
    }
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_gives_both_anew() {
    let asking = asking();
    asking.stand_in.set_ends(1_780_000_000);
    let refresh = asking.tokens.refresh();
    let grant = asking.provider.refresh(&refresh).await.unwrap();
    assert_eq!((grant.subject.as_deref(), grant.features), (Some("1A2B3"), Features::ALL));
    assert_eq!(grant.ends.as_second(), 1_780_000_000, "as the new token says");
    let new = grant.refresh.unwrap();
    assert!(new != refresh && asking.stand_in.knows(new.expose()) && asking.stand_in.knows(grant.access.expose()));
    assert_eq!(asking.provider.refresh(&refresh).await, Err(Fault::InvalidGrant));
    let good = json!({"access_token": grant.access.expose(), "refresh_token": "next"});
    for (told, expected) in [
        (Told::json(401, json!({"errors": [{"errorType": "invalid_client"}]})), Fault::InvalidClient),
        (Told::json(200, changed(good.clone(), "access_token", json!("no JWT"))), Fault::Unreachable),
        (Told::json(200, changed(good.clone(), "refresh_token", json!("line\nbreak"))), Fault::Unreachable),
        (Told::json(200, json!({})), Fault::Unreachable),
    ] {
        asking.stand_in.trouble_times("/token", Trouble::Says(told.clone()), 1);
        assert_eq!(asking.provider.refresh(&new).await, Err(expected), "{told:?}");
    }
    assert!(asking.stand_in.knows(new.expose()), "none of these used it");
}

#[tokio::test]
async fn what_was_consented_to_is_given_back() {
    let asking = asking();
    asking.provider.revoke(&asking.tokens.access(), &asking.tokens.refresh()).await.unwrap();
    assert!(!asking.stand_in.knows(&asking.tokens.access) && !asking.stand_in.knows(&asking.tokens.refresh));
    let withdrawn = asking.stand_in.consent("1A2B3", ALL);
    asking.stand_in.withdraw("1A2B3");
    assert_eq!(asking.provider.is_active(&withdrawn.access()).await, Ok(false));
    assert_eq!(asking.provider.refresh(&withdrawn.refresh()).await, Err(Fault::InvalidGrant));
}

#[tokio::test]
async fn data_are_refused_in_the_words_of_the_contract_and_tell_no_token() {
    let asking = asking();
    let access = asking.tokens.access();
    let weights_alone = asking.stand_in.consent("other", "rwei").access();
    let refused = asking.provider.nights(&weights_alone, TODAY).await;
    assert_eq!(refused, Err(Fault::Refused("This application does not have permission.".to_owned())));
    asking.stand_in.end_access();
    assert_eq!(asking.provider.nights(&access, TODAY).await, Err(Fault::ExpiredToken));
    let strange = Secret::new("strange".to_owned());
    assert_eq!(asking.provider.nights(&strange, TODAY).await, Err(Fault::InvalidToken));
    let repeated = format!("{} and {CLIENT_SECRET}", asking.tokens.access);
    let told = json!({"errors": [{"errorType": "validation", "message": repeated}]});
    asking.stand_in.trouble("/sleep", Trouble::Says(Told::json(400, told)));
    assert_eq!(asking.provider.nights(&access, TODAY).await, Err(Fault::Refused("eyJh... and the ...".to_owned())));
}

#[test]
fn a_notice_is_signed_with_the_secret_of_the_client() {
    let asking = asking();
    let key = aws_lc_rs::hmac::Key::new(
        aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        format!("{CLIENT_SECRET}&").as_bytes(),
    );
    let signature =
        |notice: &[u8]| base64::engine::general_purpose::STANDARD.encode(aws_lc_rs::hmac::sign(&key, notice).as_ref());
    assert!(asking.provider.has_signed(b"[]", &signature(b"[]")));
    for none in [signature(b"[ ]"), signature(b"[]").to_lowercase(), String::new(), "!".to_owned()] {
        assert!(!asking.provider.has_signed(b"[]", &none), "{none}");
    }
}
