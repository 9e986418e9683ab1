//! From what was read to what can be stored: by the rules of the routes that store the same.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::wearables::moments::{at, date};
use crate::app::wearables::reading::{ActivityRead, BodyFatRead, NightRead, Reading, WeightRead};
use crate::model::tracking::{
    ActivityFacts, ActivityLevel, HeartRate, Intensity, MAX_ENTRIES, NewBodyFat, NewWeight, Period, SleepEntry,
    SleepFacts, SleepType, ZoneFacts,
};
use crate::model::wearables::DataKind;
use crate::model::{Given, NumberForm, Text};

/// No year before is one of a day or time that is stored.
const FIRST_YEAR: i16 = 1679;
/// Nothing of a wearable is longer.
const LONGEST: u64 = 2 * 86_400_000;

/// Which part of a reading is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app::wearables) enum Item {
    Day(usize),
    Activity(usize),
    Night(usize),
    Weight(usize),
    BodyFat(usize),
}

/// All parts of a reading, kind by kind.
pub(in crate::app::wearables) fn items(reading: &Reading) -> impl Iterator<Item = Item> {
    let days = (0..reading.days.len()).map(Item::Day);
    let activities = (0..reading.activities.len()).map(Item::Activity);
    let nights = (0..reading.nights.len()).map(Item::Night);
    let weights = (0..reading.weights.len()).map(Item::Weight);
    days.chain(activities).chain(nights).chain(weights).chain((0..reading.body_fats.len()).map(Item::BodyFat))
}

/// What is stored of one thing.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app::wearables) enum Facts {
    Activity(ActivityFacts),
    Night(SleepFacts),
    Weight(NewWeight),
    BodyFat(NewBodyFat),
}

impl Facts {
    pub(in crate::app::wearables) fn kind(&self) -> DataKind {
        match self {
            Facts::Activity(_) => DataKind::Activity,
            Facts::Night(_) => DataKind::Sleep,
            Facts::Weight(_) => DataKind::Weight,
            Facts::BodyFat(_) => DataKind::BodyFat,
        }
    }

    /// When it was, or began.
    pub(in crate::app::wearables) fn time(&self) -> Timestamp {
        match self {
            Facts::Activity(facts) => facts.period.start,
            Facts::Night(facts) => facts.period.start,
            Facts::Weight(new) => new.timestamp,
            Facts::BodyFat(new) => new.timestamp,
        }
    }

    /// How long it was, if it lasted.
    pub(in crate::app::wearables) fn period(&self) -> Option<Period> {
        match self {
            Facts::Activity(facts) => Some(facts.period),
            Facts::Night(facts) => Some(facts.period),
            Facts::Weight(_) | Facts::BodyFat(_) => None,
        }
    }
}

fn amount(value: f64) -> Option<f64> {
    NumberForm::Amount.read(Given::Number(value))
}

fn time(milliseconds: i64) -> Option<Timestamp> {
    let time = at(milliseconds)?;
    let year = jiff::tz::TimeZone::UTC.to_datetime(time).year();
    (FIRST_YEAR..2261).contains(&year).then_some(time)
}

/// A day that can be stored.
pub(in crate::app::wearables) fn day(number: i64) -> Option<Date> {
    date(number).filter(|date| (FIRST_YEAR..2261).contains(&date.year()))
}

/// A total that can be stored.
pub(in crate::app::wearables) fn total(value: f64) -> Option<f64> {
    amount(value)
}

fn period(start: i64, duration: u64) -> Option<Period> {
    Some(Period { start: time(start)?, duration }).filter(|period| (1..=LONGEST).contains(&period.duration))
}

/// An activity, if it can be stored.
pub(in crate::app::wearables) fn activity(read: &ActivityRead) -> Option<Facts> {
    let levels = read.levels.map(|minutes| {
        let mut minutes = minutes.into_iter();
        Intensity::ALL.map(|intensity| ActivityLevel { intensity, duration: minutes.next().unwrap_or_default() })
    });
    let heart_rate = read.heart_rate.map(|(average, zones)| HeartRate {
        average,
        zones: zones.map(|[min, max, duration]| ZoneFacts { min, max, duration }),
    });
    let positive = |rate: &HeartRate| rate.average > 0 && rate.zones.iter().all(|zone| zone.min > 0 && zone.max > 0);
    Some(Facts::Activity(ActivityFacts {
        period: period(read.start, read.duration)?,
        name: Text::new(read.name.trim(), Text::MAX).ok()?,
        calories: amount(read.calories)?,
        steps: read.steps,
        distance: read.distance.and_then(amount),
        levels,
        heart_rate: heart_rate.filter(positive),
    }))
}

/// A night, if it can be stored.
pub(in crate::app::wearables) fn night(read: &NightRead) -> Option<Facts> {
    let kind = if read.stages { SleepType::Stages } else { SleepType::Classic };
    let entry = |(start, place, duration): &(i64, usize, u64)| {
        let phase = *kind.phases().get(*place)?;
        Some(SleepEntry { start: time(*start)?, phase, duration: *duration })
    };
    let data_set: Vec<_> = read.entries.iter().map(entry).collect::<Option<_>>()?;
    let period = period(read.start, read.duration)?;
    (1..=MAX_ENTRIES).contains(&data_set.len()).then_some(Facts::Night(SleepFacts { period, kind, data_set }))
}

/// A weight, if it can be stored.
pub(in crate::app::wearables) fn weight(read: &WeightRead) -> Option<Facts> {
    let unit = Text::verbatim("kg".to_owned());
    let value = amount(read.value).filter(|value| (0.5..=500.0).contains(value))?;
    Some(Facts::Weight(NewWeight {
        timestamp: time(read.time)?,
        value,
        unit,
        body_fat: read.body_fat.and_then(amount).filter(|fat| *fat <= 100.0),
    }))
}

/// A body fat, if it can be stored.
pub(in crate::app::wearables) fn body_fat(read: &BodyFatRead) -> Option<Facts> {
    let value = amount(read.value).filter(|fat| *fat <= 100.0)?;
    Some(Facts::BodyFat(NewBodyFat { timestamp: time(read.time)?, value }))
}

/// A thing of a reading with its key and its day; nothing in place of what cannot be stored.
pub(in crate::app::wearables) fn thing(reading: &Reading, item: Item) -> Option<(i64, i64, DataKind, Option<Facts>)> {
    match item {
        Item::Day(_) => None,
        Item::Activity(at) => {
            reading.activities.get(at).map(|read| (read.key, read.day, DataKind::Activity, activity(read)))
        }
        Item::Night(at) => reading.nights.get(at).map(|read| (read.key, read.day, DataKind::Sleep, night(read))),
        Item::Weight(at) => reading.weights.get(at).map(|read| (read.key, read.day, DataKind::Weight, weight(read))),
        Item::BodyFat(at) => {
            reading.body_fats.get(at).map(|read| (read.key, read.day, DataKind::BodyFat, body_fat(read)))
        }
    }
}
