//! Fitbit's own files: arrays of objects, each of a month or a day.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use jiff::tz::{Offset, TimeZone};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::minutes::Minutes;
use super::nights::{self, NightEntry};
use super::{Found, MOST};
use crate::app::operator::refusal::Refusal;
use crate::app::wearables::files::{Entry, Files};
use crate::app::wearables::gathering::{Gathering, key};
use crate::app::wearables::moments::{Days, american, civil, local, number};
use crate::app::wearables::reading::{ActivityRead, WeightRead};
use crate::app::wearables::sources::withings::Unit;
use crate::model::tracking::LogType;
use crate::model::wearables::DataKind;

/// What a file of this name holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Per minute, in UTC.
    Steps,
    /// Per minute, in local time.
    Calories,
    /// Per day.
    Minutes(Intensity),
    Sleep,
    Exercise,
    Weight,
}

/// Which minutes of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intensity {
    Sedentary,
    Lightly,
    Fairly,
    Very,
}

const KINDS: [(&str, Kind); 9] = [
    ("steps-", Kind::Steps),
    ("calories-", Kind::Calories),
    ("sedentary_minutes-", Kind::Minutes(Intensity::Sedentary)),
    ("lightly_active_minutes-", Kind::Minutes(Intensity::Lightly)),
    ("moderately_active_minutes-", Kind::Minutes(Intensity::Fairly)),
    ("very_active_minutes-", Kind::Minutes(Intensity::Very)),
    ("sleep-", Kind::Sleep),
    ("exercise-", Kind::Exercise),
    ("weight-", Kind::Weight),
];

/// The origin of all that stands in these files: what Fitbit itself made of all its devices.
const ORIGIN: &str = "Fitbit's own files";
/// Which minutes are meant.
const STEPS: usize = 0;
const CALORIES: usize = 1;

/// What is read of an entry, by its name.
pub(super) fn kind(entry: &Entry) -> Option<Kind> {
    let stem = entry.name().strip_suffix(".json")?;
    let (_, kind) = KINDS.iter().find(|(prefix, _)| {
        stem.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })?;
    Some(*kind)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sample<'a> {
    #[serde(borrow)]
    date_time: Option<Cow<'a, str>>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exercise<'a> {
    #[serde(borrow)]
    log_id: Option<&'a RawValue>,
    activity_name: Option<String>,
    activity_level: Option<Vec<Level>>,
    average_heart_rate: Option<f64>,
    calories: Option<f64>,
    duration: Option<f64>,
    steps: Option<f64>,
    heart_rate_zones: Option<Vec<Zone>>,
    start_time: Option<String>,
    distance: Option<f64>,
    distance_unit: Option<String>,
}

#[derive(Deserialize)]
struct Level {
    minutes: Option<f64>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Zone {
    name: Option<String>,
    min: Option<f64>,
    max: Option<f64>,
    minutes: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Weighed<'a> {
    #[serde(borrow)]
    log_id: Option<&'a RawValue>,
    weight: Option<f64>,
    fat: Option<f64>,
    date: Option<String>,
    time: Option<String>,
}

/// Hands on the elements of an array, one after another. What is no array, such as the word that there are no data, has
/// none.
fn each<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    take: &mut dyn FnMut(T) -> Result<(), Refusal>,
) -> Result<bool, serde_json::Error> {
    struct Each<'t, T>(&'t mut dyn FnMut(T) -> Result<(), Refusal>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<'_, T> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
            while let Some(element) = elements.next_element::<T>()? {
                (self.0)(element).map_err(|Refusal(why)| A::Error::custom(why))?;
            }
            Ok(())
        }
    }
    let text = bytes.trim_ascii_start();
    if !text.starts_with(b"[") {
        return Ok(false);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    deserializer.deserialize_seq(Each(take))?;
    deserializer.end()?;
    Ok(true)
}

/// The number that a value says: it is text, as a rule.
fn amount(value: &RawValue) -> Option<f64> {
    value.get().trim_matches('"').parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
}

/// What is read into, and a place for bytes.
pub(super) type Into<'a> = (&'a mut Found, &'a mut Gathering, &'a mut Vec<u8>);

/// What is known while files are read.
struct Known<'z> {
    zone: Option<&'z TimeZone>,
    days: Option<Days>,
    counted: Minutes,
    /// Days by whether minutes of both kinds that are active were told.
    active: HashMap<i64, [bool; 2]>,
    keys: HashSet<i64>,
    /// The first rows of each of these.
    samples: Vec<String>,
    exercises: Vec<String>,
    weights: Vec<String>,
}

/// Reads all of these files; returns the first rows of those whose days depend on the zone.
///
/// # Errors
/// If one cannot be read, or is not what its name says.
pub(super) fn read(
    files: &mut Files,
    entries: &[Entry],
    zone: Option<&TimeZone>,
    (found, into, bytes): Into<'_>,
) -> Result<Vec<String>, Refusal> {
    let mut known = Known {
        zone,
        days: zone.map(|zone| Days::new(zone.clone())),
        counted: Minutes::default(),
        active: HashMap::new(),
        keys: HashSet::new(),
        samples: Vec::new(),
        exercises: Vec::new(),
        weights: Vec::new(),
    };
    for entry in entries {
        let Some(kind) = kind(entry) else { continue };
        files.bytes(entry, MOST, bytes)?;
        known.counted.begin_file();
        let is_array = known.file(kind, bytes, found, into).map_err(|error| {
            Refusal(format!(
                "{} is damaged ({error}), and nothing was changed: download the archive once more",
                entry.name()
            ))
        })?;
        if !is_array {
            into.leave_out("file", "it says that it has no data");
        }
    }
    let active = &known.active;
    found.sums.clear(DataKind::Total(LogType::ActiveMinutes), |day, _| {
        // Only what Fitbit itself says is made of two.
        active.get(&day).is_none_or(|told| *told == [true, true])
    });
    if !known.exercises.is_empty() {
        into.ask("exercise-times", "the times of activities have no zone", "utc or local", &known.exercises);
    }
    if !known.weights.is_empty() {
        into.ask("weight-unit", "weights are in the unit that was chosen in Fitbit", "kg or lb", &known.weights);
    }
    Ok(known.samples)
}

impl Known<'_> {
    fn file(
        &mut self,
        kind: Kind,
        bytes: &[u8],
        found: &mut Found,
        into: &mut Gathering,
    ) -> Result<bool, serde_json::Error> {
        match kind {
            Kind::Steps => each(bytes, &mut |sample: Sample<'_>| self.steps(&sample, found)),
            Kind::Calories => each(bytes, &mut |sample: Sample<'_>| self.calories(&sample, found)),
            Kind::Minutes(intensity) => each(bytes, &mut |sample: Sample<'_>| self.minutes(intensity, &sample, found)),
            Kind::Sleep => each(bytes, &mut |night: NightEntry<'_>| {
                let Some(zone) = self.zone else { return Ok(()) };
                nights::take(&night, zone, &mut self.keys, (ORIGIN, found, into))
            }),
            Kind::Exercise => each(bytes, &mut |exercise: Exercise<'_>| self.exercise(exercise, found, into)),
            Kind::Weight => each(bytes, &mut |weighed: Weighed<'_>| self.weighed(&weighed, found, into)),
        }
    }

    fn steps(&mut self, sample: &Sample<'_>, found: &mut Found) -> Result<(), Refusal> {
        let time = sample.date_time.as_deref().and_then(american);
        let (Some(time), Some(steps)) = (time, sample.value.and_then(amount)) else { return Ok(()) };
        if self.samples.len() < 3 {
            self.samples.push(format!("{time}Z: {steps} steps"));
        }
        let Some(days) = &mut self.days else { return Ok(()) };
        if steps == 0.0 || !self.counted.is_new(STEPS, time) {
            return Ok(());
        }
        let Ok(instant) = Offset::UTC.to_timestamp(time) else { return Ok(()) };
        let slot = (days.of(instant.as_millisecond()), found.sums.origin(ORIGIN));
        found.sums.add(slot, DataKind::Total(LogType::Steps), steps)
    }

    fn calories(&mut self, sample: &Sample<'_>, found: &mut Found) -> Result<(), Refusal> {
        let time = sample.date_time.as_deref().and_then(american);
        let (Some(time), Some(calories)) = (time, sample.value.and_then(amount)) else { return Ok(()) };
        if !self.counted.is_new(CALORIES, time) {
            return Ok(());
        }
        let slot = (number(time.date()), found.sums.origin(ORIGIN));
        found.sums.add(slot, DataKind::Total(LogType::Calories), calories)
    }

    fn minutes(&mut self, intensity: Intensity, sample: &Sample<'_>, found: &mut Found) -> Result<(), Refusal> {
        let time = sample.date_time.as_deref().and_then(american);
        let (Some(time), Some(minutes)) = (time, sample.value.and_then(amount)) else { return Ok(()) };
        let (day, origin) = (number(time.date()), found.sums.origin(ORIGIN));
        let kind = match intensity {
            Intensity::Sedentary => LogType::SedentaryMinutes,
            Intensity::Lightly => LogType::LightlyActiveMinutes,
            Intensity::Fairly | Intensity::Very => {
                let told = &mut self.active.entry(day).or_default()[usize::from(intensity == Intensity::Very)];
                if std::mem::replace(told, true) {
                    return Ok(());
                }
                LogType::ActiveMinutes
            }
        };
        // A day that stands in two files is told twice, not measured twice.
        if kind != LogType::ActiveMinutes && found.sums.get(day, origin, DataKind::Total(kind)).is_some() {
            return Ok(());
        }
        found.sums.add((day, origin), DataKind::Total(kind), minutes)
    }

    fn exercise(&mut self, exercise: Exercise<'_>, found: &mut Found, into: &mut Gathering) -> Result<(), Refusal> {
        let name = exercise.activity_name.unwrap_or_default();
        let Some(time) = exercise.start_time.as_deref().and_then(american) else {
            into.leave_out("physicalactivities", "it has no time");
            return Ok(());
        };
        if self.exercises.len() < 3 {
            self.exercises.push(format!("{time} {}", name.chars().take(40).collect::<String>()));
        }
        let Some(zone) = self.zone else { return Ok(()) };
        let start = match into.answer("exercise-times") {
            Some("utc") => Offset::UTC.to_timestamp(time).ok().map(|time| time.as_millisecond()),
            Some("local") => local(zone, time),
            _ => None,
        };
        let Some(start) = start else { return Ok(()) };
        let Some(calories) = exercise.calories.filter(|calories| *calories >= 0.0) else {
            into.leave_out("physicalactivities", "it says no calories");
            return Ok(());
        };
        let duration = exercise.duration.and_then(whole).unwrap_or_default();
        let identity = exercise.log_id.map_or_else(|| start.to_string(), |id| id.get().to_owned());
        let key = key(&[b"exercise", identity.as_bytes()]);
        if !self.keys.insert(key) {
            return Ok(());
        }
        let day = Days::new(zone.clone()).of(start);
        let activity = ActivityRead {
            key,
            day,
            start,
            duration,
            name,
            calories,
            steps: exercise.steps.and_then(whole),
            distance: metres(exercise.distance, exercise.distance_unit.as_deref()),
            levels: exercise.activity_level.and_then(|levels| all_levels(&levels)),
            heart_rate: exercise
                .average_heart_rate
                .and_then(whole)
                .zip(exercise.heart_rate_zones.and_then(|zones| all_zones(&zones))),
        };
        found.activities.push((day, ORIGIN.to_owned(), duration.max(1), activity));
        Gathering::check_room(found.activities.len())
    }

    fn weighed(&mut self, weighed: &Weighed<'_>, found: &mut Found, into: &mut Gathering) -> Result<(), Refusal> {
        let day = weighed.date.as_deref().unwrap_or_default();
        let clock = weighed.time.as_deref().unwrap_or("00:00:00");
        let time = american(&format!("{day} {clock}")).or_else(|| civil(&format!("{day} {clock}")));
        let (Some(time), Some(weight)) = (time, weighed.weight.filter(|weight| *weight > 0.0)) else {
            into.leave_out("weights", "it has no time or no weight");
            return Ok(());
        };
        if self.weights.len() < 3 {
            self.weights.push(format!("{time} {weight}"));
        }
        let unit = into.answer("weight-unit").and_then(Unit::of_word);
        let (Some(zone), Some(unit)) = (self.zone, unit) else { return Ok(()) };
        let Some(instant) = local(zone, time) else { return Ok(()) };
        let identity = weighed.log_id.map_or_else(|| instant.to_string(), |id| id.get().to_owned());
        let key = key(&[b"weight", identity.as_bytes()]);
        if !self.keys.insert(key) {
            return Ok(());
        }
        let body_fat = weighed.fat.filter(|fat| *fat > 0.0 && *fat <= 100.0);
        let weight =
            WeightRead { key, day: number(time.date()), time: instant, value: unit.kilograms(weight), body_fat };
        found.weights.push((weight.day, ORIGIN.to_owned(), 1, weight));
        Gathering::check_room(found.weights.len())
    }
}

/// The whole number that it is.
fn whole(number: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and within bounds")]
    (number.fract() == 0.0 && (0.0..=9e15).contains(&number)).then_some(number as u64)
}

/// Milliseconds of minutes.
fn milliseconds(minutes: Option<f64>) -> Option<u64> {
    whole((minutes? * 60_000.0).round())
}

fn metres(distance: Option<f64>, unit: Option<&str>) -> Option<f64> {
    let size = match unit? {
        "Kilometer" => 1000.0,
        "Mile" => 1609.344,
        "Meter" => 1.0,
        _ => return None,
    };
    distance.map(|distance| (distance * size * 100.0).round() / 100.0).filter(|metres| *metres > 0.0)
}

fn all_levels(levels: &[Level]) -> Option<[u64; 4]> {
    let of = |word: &str| {
        let level = levels.iter().find(|level| level.name.as_deref() == Some(word))?;
        milliseconds(level.minutes)
    };
    Some([of("sedentary")?, of("lightly")?, of("fairly")?, of("very")?])
}

fn all_zones(zones: &[Zone]) -> Option<[[u64; 3]; 4]> {
    let of = |word: &str| {
        let zone = zones.iter().find(|zone| zone.name.as_deref() == Some(word))?;
        Some([zone.min.and_then(whole)?, zone.max.and_then(whole)?, milliseconds(zone.minutes)?])
    };
    Some([of("Out of Range")?, of("Fat Burn")?, of("Cardio")?, of("Peak")?])
}
