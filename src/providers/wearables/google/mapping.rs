//! What the Google Health API says, as what is stored. Instants are real ones; days are those of the child's own clock.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Listed;
use crate::app::wearables::provider::{Found, Weighed};
use crate::model::tracking::{
    ActivityFacts, MAX_ENTRIES, NewBodyFat, NewWeight, Period, SleepEntry, SleepFacts, SleepPhase, SleepType,
};
use crate::model::{Text, time};
use crate::providers::wearables::page::{Items, item, page};
use crate::providers::wearables::values::{amount, name, optional, period, whole};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named<'a> {
    #[serde(borrow)]
    data_point_name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sample<'a> {
    #[serde(borrow)]
    sample_time: SampleTime<'a>,
    #[serde(borrow, alias = "weightGrams", alias = "percentage")]
    value: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SampleTime<'a> {
    #[serde(borrow)]
    physical_time: Cow<'a, str>,
}

#[derive(Deserialize)]
struct WeightPoint<'a> {
    #[serde(borrow)]
    weight: Sample<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BodyFatPoint<'a> {
    #[serde(borrow)]
    body_fat: Sample<'a>,
}

/// Of a session, or of a part of one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Interval<'a> {
    #[serde(borrow)]
    start_time: Cow<'a, str>,
    #[serde(borrow)]
    end_time: Cow<'a, str>,
}

#[derive(Deserialize)]
struct SleepPoint<'a> {
    #[serde(borrow)]
    sleep: Sleep<'a>,
}

#[derive(Deserialize)]
struct Sleep<'a> {
    #[serde(borrow)]
    interval: Interval<'a>,
    #[serde(borrow)]
    r#type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    stages: Option<Items<'a>>,
}

#[derive(Deserialize)]
struct StageType<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
}

#[derive(Deserialize)]
struct ExercisePoint<'a> {
    #[serde(borrow)]
    exercise: Exercise<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exercise<'a> {
    #[serde(borrow)]
    interval: Interval<'a>,
    #[serde(borrow)]
    exercise_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    display_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    metrics_summary: Metrics<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Metrics<'a> {
    #[serde(borrow)]
    calories_kcal: Option<&'a RawValue>,
    #[serde(borrow)]
    steps: Option<&'a RawValue>,
    #[serde(borrow)]
    distance_millimeters: Option<&'a RawValue>,
}

/// Weights, which come in grams.
pub(super) fn weights(body: &[u8]) -> Option<Listed<Found<NewWeight>>> {
    points(body, "weight", |WeightPoint { weight }| {
        let timestamp = weight.time()?;
        let unit = Text::verbatim("kg".to_owned());
        let new =
            amount(weight.value).map(|grams| NewWeight { timestamp, value: grams / 1000.0, unit, body_fat: None });
        Some((timestamp, new))
    })
}

/// Body fats.
pub(super) fn body_fats(body: &[u8]) -> Option<Listed<Found<NewBodyFat>>> {
    points(body, "body-fat", |BodyFatPoint { body_fat }| {
        let timestamp = body_fat.time()?;
        Some((timestamp, amount(body_fat.value).map(|value| NewBodyFat { timestamp, value })))
    })
}

/// Weights with the body fats of the same millisecond; then all body fats, for one may come after its weight was taken.
pub(super) fn paired(weights: Vec<Found<NewWeight>>, fats: Vec<Found<NewBodyFat>>) -> Vec<Found<Weighed>> {
    let by_time: HashMap<_, _> =
        fats.iter().rev().flat_map(|fat| &fat.thing).map(|fat| (fat.timestamp, fat.value)).collect();
    let with_fat = |weight: NewWeight| {
        let body_fat = by_time.get(&weight.timestamp).copied();
        Weighed::Weight(NewWeight { body_fat, ..weight })
    };
    let weights = weights.into_iter().map(|found| Found { id: found.id, thing: found.thing.map(with_fat) });
    let fats =
        fats.into_iter().filter_map(|found| Some(Found { id: found.id, thing: Some(Weighed::BodyFat(found.thing?)) }));
    weights.chain(fats).collect()
}

/// Nights of which it is told how the child slept.
pub(super) fn nights(body: &[u8]) -> Option<Listed<Found<SleepFacts>>> {
    points(body, "sleep", |SleepPoint { sleep }| {
        let kind = match sleep.r#type.as_deref()? {
            "CLASSIC" => SleepType::Classic,
            "STAGES" => SleepType::Stages,
            _ => return None,
        };
        let stages = sleep.stages.filter(|stages| !stages.0.is_empty())?;
        let start = time::parse(&sleep.interval.start_time).ok()?;
        Some((start, night(&sleep.interval, kind, &stages)))
    })
}

fn night(interval: &Interval<'_>, kind: SleepType, stages: &Items<'_>) -> Option<SleepFacts> {
    let entry = |raw: &&RawValue| {
        let stage: StageType<'_> = item(raw)?;
        let phase = phase(&stage.r#type).filter(|phase| kind.phases().contains(phase))?;
        let (start, duration) = item::<Interval<'_>>(raw)?.length()?;
        Some(SleepEntry { start, phase, duration })
    };
    let data_set: Vec<_> = stages.0.iter().map(entry).collect::<Option<_>>()?;
    let period = interval.period()?;
    (data_set.len() <= MAX_ENTRIES).then_some(SleepFacts { period, kind, data_set })
}

fn phase(kind: &str) -> Option<SleepPhase> {
    Some(match kind {
        "ASLEEP" => SleepPhase::Asleep,
        "RESTLESS" => SleepPhase::Restless,
        "AWAKE" => SleepPhase::Awake,
        "DEEP" => SleepPhase::Deep,
        "LIGHT" => SleepPhase::Light,
        "REM" => SleepPhase::Rem,
        _ => return None,
    })
}

/// Activities of which it is told what was burnt.
pub(super) fn activities(body: &[u8]) -> Option<Listed<Found<ActivityFacts>>> {
    points(body, "exercise", |ExercisePoint { exercise }| {
        let start = time::parse(&exercise.interval.start_time).ok()?;
        let calories = exercise.metrics_summary.calories_kcal?;
        Some((start, activity(&exercise, calories)))
    })
}

fn activity(exercise: &Exercise<'_>, calories: &RawValue) -> Option<ActivityFacts> {
    let metrics = &exercise.metrics_summary;
    let shown = exercise.display_name.as_deref().filter(|name| !name.trim().is_empty());
    let distance = optional(metrics.distance_millimeters, amount)?.filter(|distance| *distance > 0.0);
    Some(ActivityFacts {
        period: exercise.interval.period()?,
        name: name(shown.or(exercise.exercise_type.as_deref())?)?,
        calories: amount(calories)?,
        steps: optional(metrics.steps, whole)?,
        distance: distance.map(|millimetres| millimetres / 1000.0),
        levels: None,
        heart_rate: None,
    })
}

/// The things of a list, each with its time, by which it is known if it has no name.
fn points<'b, P: Deserialize<'b>, T>(
    body: &'b [u8],
    kind: &str,
    thing: impl Fn(P) -> Option<(Timestamp, Option<T>)>,
) -> Option<Listed<Found<T>>> {
    let page = page(body, "dataPoints")?;
    let items = page.items.unwrap_or_default();
    let found = |raw: &&'b RawValue| {
        let name = item::<Named<'_>>(raw)?.data_point_name.filter(|name| !name.is_empty());
        let (time, thing) = thing(item(raw)?)?;
        Some(Found { id: name.map_or_else(|| format!("{kind} {time}"), Cow::into_owned), thing })
    };
    Some(Listed { items: items.len(), things: items.iter().filter_map(found).collect(), next: page.next })
}

impl Sample<'_> {
    fn time(&self) -> Option<Timestamp> {
        time::parse(&self.sample_time.physical_time).ok()
    }
}

impl Interval<'_> {
    /// When it began, and how long it was, in milliseconds; perhaps no time at all.
    fn length(&self) -> Option<(Timestamp, u64)> {
        let (start, end) = (time::parse(&self.start_time).ok()?, time::parse(&self.end_time).ok()?);
        Some((start, u64::try_from(end.as_millisecond() - start.as_millisecond()).ok()?))
    }

    fn period(&self) -> Option<Period> {
        let (start, duration) = self.length()?;
        period(start, duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::wearables::hostile::{check_activities, check_nights, check_weights, spoiled};
    use crate::providers::wearables::values::distinct;

    #[test]
    fn whatever_an_answer_holds_what_is_made_of_it_can_be_stored() {
        const EXERCISE: &str = r#"{"dataPoints":[{"dataPointName":"users/1/dataTypes/exercise/dataPoints/a","exercise":{
            "interval":{"startTime":"2026-02-28T01:10:30Z","endTime":"2026-02-28T01:40:30.250Z"},
            "exerciseType":"WALKING","displayName":"Walk","metricsSummary":{"caloriesKcal":90.5,"steps":"1200",
            "distanceMillimeters":1500250.0}}}],"nextPageToken":"n"}"#;
        const SLEEP: &str = r#"{"dataPoints":[{"sleep":{"interval":{"startTime":"2026-02-28T01:10:30Z",
            "endTime":"2026-02-28T09:10:30Z"},"type":"STAGES","stages":[{"startTime":"2026-02-28T01:10:30Z",
            "endTime":"2026-02-28T01:11:00Z","type":"REM"}]}}]}"#;
        const WEIGHT: &str = r#"{"dataPoints":[{"weight":{"sampleTime":{"physicalTime":"2026-03-01T07:00:00Z"},
            "weightGrams":30250.5}},{"weight":{"sampleTime":{"physicalTime":"2026-03-01T07:00:00Z"},"weightGrams":1}}]}"#;
        assert!(activities(EXERCISE.as_bytes()).unwrap().things[0].thing.is_some());
        assert!(nights(SLEEP.as_bytes()).unwrap().things[0].thing.is_some());
        spoiled(EXERCISE, |body| {
            check_activities(activities(body).map(|page| distinct(page.things.into_iter())));
        });
        spoiled(SLEEP, |body| check_nights(nights(body).map(|page| distinct(page.things.into_iter()))));
        spoiled(WEIGHT, |body| {
            let found = weights(body).map(|page| distinct(page.things.into_iter()));
            check_weights(found.map(|weights| paired(weights, Vec::new())));
        });
    }
}
