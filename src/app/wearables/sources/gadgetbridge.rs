//! Gadgetbridge's database, or the zip that it exports: bands of many makers, without an account of anybody.

use super::{Source, database_with};
use crate::app::operator::refusal::Refusal;
use crate::app::wearables::files::Files;
use crate::app::wearables::gathering::{DaySums, Gathering, key};
use crate::app::wearables::moments::{Days, at};
use crate::app::wearables::reading::{ActivityRead, WeightRead};
use crate::model::tracking::LogType;
use crate::model::wearables::DataKind;
use crate::store::foreign::{Cell, Foreign};

pub(super) struct Gadgetbridge;

const SAMPLES: &str = "_ACTIVITY_SAMPLE";
const WORKOUTS: &str = "BASE_ACTIVITY_SUMMARY";
/// Scales, each with the name of its column of kilograms.
const SCALES: [(&str, &str); 2] = [("MI_SCALE_WEIGHT_SAMPLE", "WEIGHT_KG"), ("GENERIC_WEIGHT_SAMPLE", "WEIGHT_KG")];
/// What a workout was, where it is known for sure.
const KINDS: [(i64, &str); 6] =
    [(16, "Running"), (32, "Walking"), (64, "Swimming"), (128, "Cycling"), (256, "Treadmill"), (512, "Exercise")];
/// More steps nobody makes in the time of one sample.
const MOST_STEPS: i64 = 10_000;

impl Source for Gadgetbridge {
    fn word(&self) -> &'static str {
        "gadgetbridge"
    }

    fn title(&self) -> &'static str {
        "a database or export of Gadgetbridge"
    }

    fn version(&self) -> u32 {
        1
    }

    fn cannot_say(&self) -> &'static str {
        "the time zone; calories of days and minutes of activity; sleep, which each band writes in a way of its own"
    }

    fn detect(&self, files: &mut Files) -> Result<bool, Refusal> {
        Ok(database_with(files, is_ours)?.is_some())
    }

    fn read(&self, files: &mut Files, into: &mut Gathering) -> Result<(), Refusal> {
        let Some(database) = database_with(files, is_ours)? else { return Ok(()) };
        let zone = into.zone(None)?;
        let mut rows = Vec::new();
        match zone {
            Some(zone) => {
                let mut days = Days::new(zone);
                steps(&database, &mut days, into, &mut rows)?;
                weights(&database, &mut days, into)?;
                workouts(&database, &mut days, into)?;
            }
            None => first_rows(&database, &mut rows)?,
        }
        into.ask_zone("days are those of a zone, and the times here are of none", &rows);
        Ok(())
    }
}

fn is_ours(table: &str) -> bool {
    table == WORKOUTS || table.ends_with(SAMPLES)
}

fn sample_tables(database: &Foreign) -> Vec<String> {
    database.tables().filter(|table| table.ends_with(SAMPLES)).map(ToOwned::to_owned).collect()
}

/// What was measured of steps by one row, in seconds since 1970.
fn sample(cells: &[Cell<'_>]) -> Option<(i64, i64, i64)> {
    let (time, steps) = (cells[0].whole()?, cells[2].whole()?);
    (steps > 0 && steps <= MOST_STEPS).then_some((time, cells[1].whole().unwrap_or(0), steps))
}

fn shown((time, _, steps): (i64, i64, i64)) -> String {
    let time = at(time.saturating_mul(1000)).map(|time| time.to_string()).unwrap_or_default();
    format!("{time}: {steps} steps")
}

const STEPS: [&str; 3] = ["TIMESTAMP", "DEVICE_ID", "STEPS"];

fn first_rows(database: &Foreign, rows: &mut Vec<String>) -> Result<(), Refusal> {
    for table in sample_tables(database) {
        database.rows(&table, &STEPS, &mut |cells| {
            if let (Some(sample), ..3) = (sample(cells), rows.len()) {
                rows.push(shown(sample));
            }
            Ok::<_, Refusal>(())
        })?;
    }
    Ok(())
}

fn steps(database: &Foreign, days: &mut Days, into: &mut Gathering, rows: &mut Vec<String>) -> Result<(), Refusal> {
    let mut sums = DaySums::default();
    for table in sample_tables(database) {
        let maker = table.trim_end_matches(SAMPLES).to_lowercase().replace('_', " ");
        database.rows(&table, &STEPS, &mut |cells| {
            let Some(found) = sample(cells) else { return Ok(()) };
            if rows.len() < 3 {
                rows.push(shown(found));
            }
            let (time, device, steps) = found;
            let origin = sums.origin(&format!("{maker}, device {device}"));
            let Some(time) = time.checked_mul(1000).filter(|time| at(*time).is_some()) else { return Ok(()) };
            #[expect(clippy::cast_precision_loss, reason = "there are at most some thousand")]
            sums.add((days.of(time), origin), DataKind::Total(LogType::Steps), steps as f64)
        })?;
    }
    into.take_days(sums);
    Ok(())
}

fn weights(database: &Foreign, days: &mut Days, into: &mut Gathering) -> Result<(), Refusal> {
    for (table, column) in SCALES {
        database.rows(table, &["TIMESTAMP", column], &mut |cells| {
            let (Some(time), Some(value)) = (cells[0].whole(), cells[1].number().filter(|value| *value > 0.0)) else {
                into.leave_out("weights", "the row has no time or no weight");
                return Ok(());
            };
            if at(time).is_some() {
                // A scale counts in singles: 31.4 there is 31.399999.
                let value = (value * 1000.0).round() / 1000.0;
                let key = key(&[b"weight", &time.to_be_bytes()]);
                into.reading.weights.push(WeightRead { key, day: days.of(time), time, value, body_fat: None });
            }
            Gathering::check_room(into.reading.weights.len())
        })?;
    }
    Ok(())
}

const WORKOUT: [&str; 5] = ["START_TIME", "END_TIME", "ACTIVITY_KIND", "SUMMARY_DATA", "DEVICE_ID"];

fn workouts(database: &Foreign, days: &mut Days, into: &mut Gathering) -> Result<(), Refusal> {
    let mut found = Vec::new();
    database.rows(WORKOUTS, &WORKOUT, &mut |cells| {
        let (Some(start), Some(end)) = (cells[0].whole(), cells[1].whole()) else { return Ok(()) };
        let facts = match cells[3] {
            Cell::Text(text) => serde_json::from_str::<serde_json::Value>(text).unwrap_or_default(),
            _ => serde_json::Value::Null,
        };
        let fact = |name: &str| facts[name]["value"].as_f64().filter(|value| *value >= 0.0);
        let Some(calories) = fact("caloriesBurnt") else {
            into.leave_out("physicalactivities", "it says no calories");
            return Ok(());
        };
        let duration = end.checked_sub(start).and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
        if duration == 0 || at(start).is_none() {
            into.leave_out("physicalactivities", "it ends before it begins");
            return Ok(());
        }
        let kind = cells[2].whole().unwrap_or_default();
        let name = KINDS.iter().find(|(known, _)| *known == kind).map_or("Activity", |(_, name)| name);
        let device = cells[4].whole().unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative, and whole")]
        let steps = fact("steps").filter(|steps| steps.fract() == 0.0).map(|steps| steps as u64);
        let day = days.of(start);
        let activity = ActivityRead {
            key: key(&[b"workout", &device.to_be_bytes(), &start.to_be_bytes()]),
            day,
            start,
            duration,
            name: name.to_owned(),
            calories,
            steps,
            distance: fact("distanceMeters").filter(|metres| *metres > 0.0),
            levels: None,
            heart_rate: None,
        };
        found.push((day, format!("device {device}"), duration, activity));
        Gathering::check_room(found.len())
    })?;
    into.reading.activities = into.take_things("physicalactivities", found);
    Ok(())
}
