//! A school whose children wear something that measures, and years of what came of it.

use std::ops::Range;

use jiff::Timestamp;
use ocariot_users::model::tracking::{
    ActivityFacts, ActivityLevel, EnvironmentFacts, HeartRate, Intensity, Location, Log, LogType, Measurement,
    NewWeight, Period, SleepEntry, SleepFacts, SleepType, ZoneFacts,
};
use ocariot_users::model::{Child, Error, Id, Institution, Text};
use ocariot_users::store::Tx;

use super::Failure;
use super::site::{self, Site};
use super::table::progress;

/// The midnight with which it all begins.
const FIRST: i64 = 1_577_836_800_000;
pub(crate) const DAY: i64 = 86_400_000;
pub(crate) const YEAR: i64 = 366;
/// How many days are stored at a time.
const WEEK: i64 = 7;
/// What sensors of a school of 600 tell in a day, for each of its children.
const ENVIRONMENTS_EACH: i64 = 5;
const SENSORS: i64 = 10;
/// Of a night.
const ENTRIES: i64 = 40;

impl Site {
    /// A school of so many children, of which so many were tracked for so many years: day by day, as it comes in.
    pub(crate) fn tracked(children: usize, wearers: usize, years: usize) -> Result<Self, Failure> {
        let site = Self::new(children)?;
        site.track(0..wearers, years, ENVIRONMENTS_EACH)?;
        Ok(site)
    }

    /// Stores so many years of some children, and so many environments a day for each of them.
    pub(crate) fn track(&self, wearers: Range<usize>, years: usize, environments: i64) -> Result<(), Failure> {
        let store = site::open(self.path())?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let wearers: Vec<Id<Child>> = self.children[wearers].iter().filter_map(|id| Id::parse(id)).collect();
        let school: Id<Institution> = Id::parse(&self.institution).ok_or("the school has no id")?;
        let days = i64::try_from(years)? * YEAR;
        for first in (0..days).step_by(usize::try_from(WEEK)?) {
            progress(&format!("Storing {years} years of {} children: day {first}", wearers.len()));
            let (wearers, last) = (wearers.clone(), days.min(first + WEEK));
            let times = (wearers.len() as i64 * environments + SENSORS - 1) / SENSORS;
            let week = store.write(move |tx| {
                (first..last).try_for_each(|day| {
                    store_day(tx, &wearers, day)?;
                    store_air(tx, school, day, times)
                })
            });
            runtime.block_on(week).map_err(|error| format!("nothing can be tracked: {error:?}"))?;
        }
        Ok(())
    }
}

fn store_day(tx: &Tx<'_>, wearers: &[Id<Child>], day: i64) -> Result<(), Error> {
    let midnight = FIRST + day * DAY;
    for (n, child) in (0..).zip(wearers) {
        let Some(tracked) = tx.track_child(*child)? else { continue };
        let noise = (day * 31 + n * 17) % 97;
        let date = jiff::tz::TimeZone::UTC.to_datetime(instant(midnight)).date();
        for (kind, most) in LOGS {
            tx.put_log(tracked, kind, Log { date, value: (noise * most / 97) as f64 })?;
        }
        for start in 0..2 + (day + n) % 3 {
            tx.insert_activity(tracked, &activity(midnight + (8 + 3 * start) * 3_600_000 + noise * 1000))?;
        }
        tx.insert_sleep(tracked, &night(midnight + 21 * 3_600_000 + noise * 1000))?;
        if (day + n) % 7 == 0 {
            let unit = Text::verbatim("kg".to_owned());
            let fat = (day % 2 == 0).then_some(19.5);
            let timestamp = instant(midnight + noise);
            tx.insert_weight(
                tracked,
                &NewWeight { timestamp, value: 25.0 + noise as f64 / 10.0, unit, body_fat: fat },
            )?;
        }
    }
    Ok(())
}

/// Stores what all sensors tell so many times a day.
fn store_air(tx: &Tx<'_>, school: Id<Institution>, day: i64, times: i64) -> Result<(), Error> {
    let Some(tracked) = tx.track_institution(school)? else { return Ok(()) };
    for (time, sensor) in (0..times).flat_map(|time| (0..SENSORS).map(move |sensor| (time, sensor))) {
        let at = FIRST + day * DAY + time * (DAY / times) + sensor * 137;
        tx.insert_environment(tracked, &environment(at, sensor))?;
    }
    Ok(())
}

/// The types of logs, and how much there may be of each in a day.
const LOGS: [(LogType, i64); 5] = [
    (LogType::Steps, 12_000),
    (LogType::Calories, 2_000),
    (LogType::ActiveMinutes, 120),
    (LogType::LightlyActiveMinutes, 300),
    (LogType::SedentaryMinutes, 900),
];

pub(crate) fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// An activity with levels and zones that begins then.
fn activity(start: i64) -> ActivityFacts {
    let seconds = u64::try_from(start / 1000 % 97).unwrap_or_default();
    let part = |n: u64| (300 + n * seconds) * 1000;
    let zone = |min, max, n| ZoneFacts { min, max, duration: part(n) };
    let level = |(n, intensity)| ActivityLevel { intensity, duration: part(n) };
    ActivityFacts {
        period: Period { start: instant(start), duration: part(0) + part(1) + part(2) + part(3) },
        name: Text::verbatim("walk".to_owned()),
        calories: 100.0 + seconds as f64,
        steps: Some(1000 + 10 * seconds),
        distance: Some(800.5 + seconds as f64),
        levels: Some([0, 1, 2, 3].map(|n| level((n, Intensity::ALL[n as usize])))),
        heart_rate: Some(HeartRate {
            average: 100 + seconds % 20,
            zones: [zone(30, 91, 0), zone(91, 127, 1), zone(127, 154, 2), zone(154, 220, 3)],
        }),
    }
}

/// A night of 40 entries, each of which begins where the one before has ended.
fn night(start: i64) -> SleepFacts {
    let phases = SleepType::Stages.phases();
    let mut at = start;
    let data_set = (0..ENTRIES).map(|n| {
        let duration = 30_000 * (4 + (n * 7 + start / 1000) % 32);
        let entry = SleepEntry {
            start: instant(at),
            phase: phases[usize::try_from(n).unwrap_or_default() % phases.len()],
            duration: duration.unsigned_abs(),
        };
        at += duration;
        entry
    });
    let data_set: Vec<_> = data_set.collect();
    let period = Period { start: instant(start), duration: (at - start).unsigned_abs() };
    SleepFacts { period, kind: SleepType::Stages, data_set }
}

fn environment(at: i64, sensor: i64) -> EnvironmentFacts {
    let text = |text: &str| Text::verbatim(text.to_owned());
    let measured = |kind, value: f64, unit| Measurement { kind: text(kind), value, unit: text(unit) };
    let noise = (at / 1000 % 97) as f64;
    EnvironmentFacts {
        timestamp: instant(at),
        location: Location {
            local: text("Indoor"),
            room: text(&format!("room {sensor:02}")),
            latitude: Some(text("7.21")),
            longitude: Some(text("-35.9")),
        },
        measurements: vec![
            measured("temperature", 20.0 + noise / 10.0, "°C"),
            measured("humidity", 40.0 + noise / 10.0, "%"),
            measured("pm1", noise / 10.0, "µg/m³"),
            measured("pm2.5", noise / 5.0, "µg/m³"),
            measured("pm10", noise / 2.0, "µg/m³"),
        ],
        climatized: sensor % 2 == 0,
    }
}
