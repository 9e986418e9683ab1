//! What Fitbit's old form says, as what is stored. Its times are local and are taken as if they were UTC: so did the
//! original platform, and so are the times that are there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::app::wearables::provider::{Found, Totals, Weighed};
use crate::model::tracking::{
    ActivityFacts, ActivityLevel, HeartRate, Intensity, MAX_ENTRIES, NewWeight, SleepEntry, SleepFacts, SleepPhase,
    SleepType, ZoneFacts,
};
use crate::model::{Text, calendar_date, time};
use crate::providers::wearables::page::{Items, item, page};
use crate::providers::wearables::values::{
    amount, distinct, multiple, name, optional, period, positive, product, whole,
};

const MINUTE: f64 = 60_000.0;
const MILE: f64 = 1609.344;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logged<'a> {
    #[serde(borrow)]
    log_id: &'a RawValue,
}

#[derive(Deserialize)]
struct Weight<'a> {
    #[serde(borrow)]
    date: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    weight: &'a RawValue,
    #[serde(borrow)]
    fat: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Night<'a> {
    #[serde(borrow)]
    start_time: Cow<'a, str>,
    #[serde(borrow)]
    duration: &'a RawValue,
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    levels: Levels<'a>,
}

#[derive(Deserialize)]
struct Levels<'a> {
    #[serde(borrow)]
    data: Items<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    date_time: Cow<'a, str>,
    #[serde(borrow)]
    level: Cow<'a, str>,
    #[serde(borrow)]
    seconds: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity<'a> {
    #[serde(borrow)]
    start_time: Cow<'a, str>,
    #[serde(borrow)]
    duration: &'a RawValue,
    #[serde(borrow)]
    activity_name: Cow<'a, str>,
    #[serde(borrow)]
    calories: &'a RawValue,
    #[serde(borrow)]
    steps: Option<&'a RawValue>,
    #[serde(borrow)]
    distance: Option<&'a RawValue>,
    #[serde(borrow)]
    distance_unit: Option<Cow<'a, str>>,
    #[serde(borrow)]
    activity_level: Option<Items<'a>>,
    #[serde(borrow)]
    average_heart_rate: Option<&'a RawValue>,
    #[serde(borrow)]
    heart_rate_zones: Option<Items<'a>>,
}

#[derive(Deserialize)]
struct Level<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    minutes: &'a RawValue,
}

#[derive(Deserialize)]
struct Zone<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    min: &'a RawValue,
    #[serde(borrow)]
    max: &'a RawValue,
    #[serde(borrow)]
    minutes: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Day<'a> {
    #[serde(borrow)]
    date_time: Cow<'a, str>,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// All weights of an answer.
pub(super) fn weights(body: &[u8]) -> Option<Vec<Found<Weighed>>> {
    found(body, "weight", |weight: Weight<'_>| {
        Some(Weighed::Weight(NewWeight {
            timestamp: local(&format!("{}T{}", weight.date, weight.time))?,
            value: amount(weight.weight)?,
            unit: Text::verbatim("kg".to_owned()),
            body_fat: optional(weight.fat, amount)?,
        }))
    })
}

/// All nights of an answer.
pub(super) fn nights(body: &[u8]) -> Option<Vec<Found<SleepFacts>>> {
    found(body, "sleep", night)
}

/// All activities of an answer.
pub(super) fn activities(body: &[u8]) -> Option<Vec<Found<ActivityFacts>>> {
    found(body, "activities", activity)
}

/// All totals of an answer.
pub(super) fn totals(body: &[u8], list: &'static str) -> Option<Totals> {
    let day = |raw| {
        let day: Day<'_> = item(raw)?;
        Some((calendar_date(&day.date_time).ok()?, amount(day.value)?))
    };
    let days: BTreeMap<_, _> = page(body, list)?.items?.into_iter().filter_map(day).collect();
    Some(days.into_iter().collect())
}

/// The sums of the days that both have.
pub(super) fn both(one: &[(Date, f64)], other: &[(Date, f64)]) -> Totals {
    let other: BTreeMap<_, _> = other.iter().copied().collect();
    let sums = one.iter().filter_map(|(day, value)| Some((*day, value + other.get(day)?)));
    sums.filter(|(_, sum)| sum.is_finite()).collect()
}

/// The things of a list. One that cannot be stored is there without being one.
fn found<'b, F: Deserialize<'b>, T>(
    body: &'b [u8],
    list: &'static str,
    thing: impl Fn(F) -> Option<T>,
) -> Option<Vec<Found<T>>> {
    let found = |raw: &'b RawValue| {
        let id = item::<Logged<'_>>(raw)?.log_id.get().trim_matches('"').to_owned();
        Some(Found { id, thing: item(raw).and_then(&thing) })
    };
    Some(distinct(page(body, list)?.items?.into_iter().filter_map(found)))
}

/// A local time as if it were UTC: without its fraction and its offset.
fn local(text: &str) -> Option<Timestamp> {
    time::parse(text.get(..19)?).ok()
}

fn night(night: Night<'_>) -> Option<SleepFacts> {
    let kind = match night.r#type.as_ref() {
        "classic" => SleepType::Classic,
        "stages" => SleepType::Stages,
        _ => return None,
    };
    let part = |raw: &RawValue| {
        let part: Part<'_> = item(raw)?;
        let phase = phase(&part.level).filter(|phase| kind.phases().contains(phase))?;
        Some(SleepEntry { start: local(&part.date_time)?, phase, duration: multiple(part.seconds, 1000.0)? })
    };
    let data_set: Vec<_> = night.levels.data.0.into_iter().map(part).collect::<Option<_>>()?;
    let period = period(local(&night.start_time)?, whole(night.duration)?)?;
    (1..=MAX_ENTRIES).contains(&data_set.len()).then_some(SleepFacts { period, kind, data_set })
}

fn phase(level: &str) -> Option<SleepPhase> {
    Some(match level {
        "asleep" => SleepPhase::Asleep,
        "restless" => SleepPhase::Restless,
        "awake" | "wake" => SleepPhase::Awake,
        "deep" => SleepPhase::Deep,
        "light" => SleepPhase::Light,
        "rem" => SleepPhase::Rem,
        _ => return None,
    })
}

fn activity(activity: Activity<'_>) -> Option<ActivityFacts> {
    let metres = match activity.distance_unit.as_deref() {
        Some("Kilometer") => 1000.0,
        _ => MILE,
    };
    let distance = optional(activity.distance, |raw| product(raw, metres))?;
    Some(ActivityFacts {
        period: period(local(&activity.start_time)?, whole(activity.duration)?)?,
        name: name(&activity.activity_name)?,
        calories: amount(activity.calories)?,
        steps: optional(activity.steps, whole)?,
        distance: distance.filter(|metres| *metres > 0.0),
        levels: match activity.activity_level {
            Some(levels) if !levels.0.is_empty() => Some(self::levels(&levels)?),
            _ => None,
        },
        heart_rate: match (activity.average_heart_rate, activity.heart_rate_zones) {
            (Some(average), Some(zones)) => heart_rate(average, &zones)?,
            _ => None,
        },
    })
}

/// The four levels, each once, in their order.
fn levels(levels: &Items<'_>) -> Option<[ActivityLevel; 4]> {
    let level = |raw: &&RawValue| {
        let level: Level<'_> = item(raw)?;
        let intensity = match level.name.as_ref() {
            "sedentary" => Intensity::Sedentary,
            "lightly" => Intensity::Lightly,
            "fairly" => Intensity::Fairly,
            "very" => Intensity::Very,
            _ => return None,
        };
        Some(ActivityLevel { intensity, duration: multiple(level.minutes, MINUTE)? })
    };
    let levels: [_; 4] = levels.0.iter().map(level).collect::<Option<Vec<_>>>()?.try_into().ok()?;
    let each_once = Intensity::ALL.iter().all(|one| levels.iter().any(|level: &ActivityLevel| level.intensity == *one));
    each_once.then_some(levels)
}

/// How the heart beat, if all four zones are told.
fn heart_rate(average: &RawValue, zones: &Items<'_>) -> Option<Option<HeartRate>> {
    let zones: Vec<Zone<'_>> = zones.0.iter().filter_map(|raw| item(raw)).collect();
    let told = ["Out of Range", "Fat Burn", "Cardio", "Peak"].map(|name| zones.iter().find(|zone| zone.name == name));
    let [Some(out_of_range), Some(fat_burn), Some(cardio), Some(peak)] = told else {
        return Some(None);
    };
    let zone = |zone: &Zone<'_>| {
        let duration = multiple(zone.minutes, MINUTE)?;
        Some(ZoneFacts { min: positive(zone.min)?, max: positive(zone.max)?, duration })
    };
    let zones = [zone(out_of_range)?, zone(fat_burn)?, zone(cardio)?, zone(peak)?];
    Some(Some(HeartRate { average: positive(average)?, zones }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::wearables::hostile::{check_activities, check_nights, check_totals, check_weights, spoiled};

    #[test]
    fn whatever_an_answer_holds_what_is_made_of_it_can_be_stored() {
        const ACTIVITY: &str = r#"{"activities":[{"logId":1,"activityName":"Walk","startTime":"2026-02-28T22:10:30.000Z",
            "duration":1178000,"calories":"90","steps":1200,"distance":"1.5","distanceUnit":"Kilometer","activityLevel":[
            {"name":"sedentary","minutes":0},{"name":"lightly","minutes":9},{"name":"fairly","minutes":1},
            {"name":"very","minutes":2}],"averageHeartRate":107,"heartRateZones":[
            {"name":"Out of Range","min":30,"max":91,"minutes":0},{"name":"Fat Burn","min":91,"max":127,"minutes":10},
            {"name":"Cardio","min":127,"max":154,"minutes":5},{"name":"Peak","min":154,"max":220,"minutes":4}]}]}"#;
        const NIGHT: &str = r#"{"sleep":[{"logId":7,"startTime":"2026-02-27T21:40:30.000","duration":29970000,
            "type":"stages","levels":{"data":[{"dateTime":"2026-02-27T21:41:00.000","level":"wake","seconds":30}]}}]}"#;
        const WEIGHT: &str = r#"{"weight":[{"logId":3,"date":"2026-02-01","time":"07:30:15","weight":30.25,"fat":20.5},
            {"logId":"3","date":"2026-02-01","time":"07:30:15","weight":"30.25","fat":20.5}]}"#;
        const TOTALS: &str = r#"{"activities-tracker-steps":[{"dateTime":"2026-02-27","value":"5"},
            {"dateTime":"2026-02-28","value":"5"}]}"#;
        assert!(activities(ACTIVITY.as_bytes()).unwrap()[0].thing.is_some());
        assert!(nights(NIGHT.as_bytes()).unwrap()[0].thing.is_some());
        spoiled(ACTIVITY, |body| check_activities(activities(body)));
        spoiled(NIGHT, |body| check_nights(nights(body)));
        spoiled(WEIGHT, |body| check_weights(weights(body)));
        spoiled(TOTALS, |body| check_totals(totals(body, "activities-tracker-steps")));
    }
}
