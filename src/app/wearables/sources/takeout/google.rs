//! Google's own files of the archive: tables with a time, values and the source of each row. The same minute stands there
//! once for each source.

use std::collections::{BTreeMap, HashMap, HashSet};

use csv::{ReaderBuilder, StringRecord};
use jiff::tz::TimeZone;

use super::json::Into;
use super::minutes::Minutes;
use super::{Found, MOST};
use crate::app::operator::refusal::Refusal;
use crate::app::wearables::files::{Entry, Files};
use crate::app::wearables::gathering::{Gathering, key};
use crate::app::wearables::moments::{Days, at, civil, date, instant, local, number, offset};
use crate::app::wearables::reading::{ActivityRead, BodyFatRead, NightRead, WeightRead};
use crate::model::tracking::LogType;
use crate::model::wearables::DataKind;

/// What a table of this name holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Steps,
    Calories,
    ActiveMinutes,
    SedentaryMinutes,
    Weight,
    BodyFat,
    Sleeps,
    Stages,
    Exercises,
}

const KINDS: [(&str, Kind); 9] = [
    ("steps", Kind::Steps),
    ("calories", Kind::Calories),
    ("active_minutes", Kind::ActiveMinutes),
    ("sedentary_period", Kind::SedentaryMinutes),
    ("weight", Kind::Weight),
    ("body_fat", Kind::BodyFat),
    ("usersleeps", Kind::Sleeps),
    ("usersleepstages", Kind::Stages),
    ("userexercises", Kind::Exercises),
];

/// What is read of an entry, by its name or that of the folder of its kind, within Google's folders.
pub(super) fn kind(entry: &Entry) -> Option<Kind> {
    let path = entry.path.to_ascii_lowercase();
    let mut folders = path.rsplit('/');
    let name = folders.next()?.strip_suffix(".csv")?.to_owned();
    let folder = folders.next().unwrap_or_default();
    if !path.contains("_googledata/") && !name.starts_with("user") {
        return None;
    }
    // `steps_2026-01-01`, or `2026-01-01` in the folder `steps`.
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_'));
    let of = |word: &str| KINDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind);
    if stem.is_empty() { of(folder) } else { of(stem) }
}

/// Headers by name, and where what stands.
struct Headers(Vec<String>);

impl Headers {
    fn of(record: &StringRecord) -> Self {
        Self(record.iter().map(|header| header.trim_start_matches('\u{feff}').trim().to_ascii_lowercase()).collect())
    }

    /// The column of the first of these names that there is.
    fn at(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.0.iter().position(|header| header == name))
    }

    fn starting(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.0.iter().position(|header| header.starts_with(name)))
    }
}

fn text(record: &StringRecord, at: Option<usize>) -> Option<&str> {
    at.and_then(|at| record.get(at)).map(str::trim).filter(|text| !text.is_empty())
}

/// A number; that there is none is sometimes written `NaN`.
fn amount(record: &StringRecord, at: Option<usize>) -> Option<f64> {
    text(record, at)?.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
}

/// The source of a row. It may be called after somebody.
fn origin(record: &StringRecord, at: Option<usize>, known: &mut HashMap<String, String>) -> String {
    let name = text(record, at).unwrap_or_default();
    let count = known.len() + 1;
    let class = ["tracker", "phone", "health connect", "manual", "watch", "scale"];
    let lower = name.to_ascii_lowercase();
    let class = class.iter().find(|class| lower.contains(*class)).copied().unwrap_or("device or program");
    known.entry(name.to_owned()).or_insert_with(|| format!("Google's files, source {count}, {class}")).clone()
}

/// When a row was: an instant, or a day by itself.
enum When {
    Instant(i64),
    Day(i64),
}

fn when(given: &str, is_daily: bool, zone: &TimeZone) -> Option<When> {
    if let Some((instant, offset)) = instant(given) {
        // A table of days writes them as if they began in UTC.
        let day = number(offset.to_datetime(instant).date());
        return Some(if is_daily { When::Day(day) } else { When::Instant(instant.as_millisecond()) });
    }
    let time = civil(given)?;
    Some(if given.len() <= 10 { When::Day(number(time.date())) } else { When::Instant(local(zone, time)?) })
}

/// What is known while tables are read.
struct Known<'z> {
    zone: &'z TimeZone,
    days: Days,
    origins: HashMap<String, String>,
    counted: Minutes,
    /// What was taken: the same stands in several tables.
    seen: HashSet<i64>,
    /// Stages of nights, by the night.
    stages: HashMap<String, Vec<(i64, usize, u64)>>,
    sleeps: Vec<(String, i64, i64, i64, bool, String)>,
    fats: BTreeMap<i64, (String, BodyFatRead)>,
}

/// Reads all of these files.
///
/// # Errors
/// If one cannot be read.
pub(super) fn read(
    files: &mut Files,
    entries: &[Entry],
    zone: &TimeZone,
    (found, into, bytes): Into<'_>,
) -> Result<(), Refusal> {
    let mut known = Known {
        zone,
        days: Days::new(zone.clone()),
        origins: HashMap::new(),
        counted: Minutes::default(),
        seen: HashSet::new(),
        stages: HashMap::new(),
        sleeps: Vec::new(),
        fats: BTreeMap::new(),
    };
    for entry in entries {
        let Some(kind) = kind(entry) else { continue };
        files.bytes(entry, MOST, bytes)?;
        known.counted.begin_file();
        let mut records =
            ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes.as_slice()).into_records();
        let Some(Ok(headers)) = records.next() else {
            into.leave_out("file", "it says that it has no data");
            continue;
        };
        let headers = Headers::of(&headers);
        let rows = records.map_while(Result::ok);
        match kind {
            Kind::Sleeps => known.sleeps(&headers, rows)?,
            Kind::Stages => known.stages(&headers, rows)?,
            Kind::Exercises => known.exercises(&headers, rows, found, into)?,
            Kind::Weight | Kind::BodyFat => known.measured(kind, &headers, rows, found)?,
            _ => {
                let rows: Vec<_> = rows.collect();
                known.totals(kind, &headers, &rows, found)?;
            }
        }
    }
    known.finish(found, into);
    Ok(())
}

impl Known<'_> {
    fn totals(
        &mut self,
        kind: Kind,
        headers: &Headers,
        rows: &[StringRecord],
        found: &mut Found,
    ) -> Result<(), Refusal> {
        let (time, source) =
            (headers.starting(&["timestamp", "date", "start"]), headers.starting(&["data source", "data_source"]));
        let columns = match kind {
            Kind::Steps => vec![(LogType::Steps, headers.starting(&["steps"]))],
            Kind::Calories => vec![(LogType::Calories, headers.starting(&["calories"]))],
            Kind::SedentaryMinutes => vec![(LogType::SedentaryMinutes, headers.starting(&["sedentary", "minutes"]))],
            _ => vec![
                (LogType::LightlyActiveMinutes, headers.starting(&["light"])),
                (LogType::ActiveMinutes, headers.starting(&["moderate"])),
                (LogType::ActiveMinutes, headers.starting(&["very"])),
            ],
        };
        let is_midnight = |row: &StringRecord| text(row, time).is_none_or(|time| time.ends_with("T00:00:00Z"));
        let is_daily = kind != Kind::Steps && rows.iter().all(is_midnight);
        for row in rows {
            let Some(given) = text(row, time) else { continue };
            let (day, minute) = match when(given, is_daily, self.zone) {
                Some(When::Day(day)) => (day, date(day).map(|date| date.at(0, 0, 0, 0))),
                Some(When::Instant(instant)) => {
                    (self.days.of(instant), at(instant).map(|at| TimeZone::UTC.to_datetime(at)))
                }
                None => continue,
            };
            let Some(minute) = minute else { continue };
            let name = origin(row, source, &mut self.origins);
            let origin = found.sums.origin(&name);
            if columns.iter().all(|(_, column)| amount(row, *column).is_none_or(|value| value == 0.0))
                || !self.counted.is_new(origin * KINDS.len() + kind as usize, minute)
            {
                continue;
            }
            for (total, column) in &columns {
                if let Some(value) = amount(row, *column) {
                    found.sums.add((day, origin), DataKind::Total(*total), value)?;
                }
            }
        }
        Ok(())
    }

    fn measured(
        &mut self,
        kind: Kind,
        headers: &Headers,
        rows: impl Iterator<Item = StringRecord>,
        found: &mut Found,
    ) -> Result<(), Refusal> {
        let (time, source) =
            (headers.starting(&["timestamp", "date"]), headers.starting(&["data source", "data_source"]));
        let column = headers.starting(&["weight", "body fat", "body_fat"]);
        for row in rows {
            let (Some(given), Some(value)) = (text(&row, time), amount(&row, column).filter(|value| *value > 0.0))
            else {
                continue;
            };
            let Some(When::Instant(time)) = when(given, false, self.zone) else { continue };
            let key = key(&[kind_word(kind).as_bytes(), &time.to_be_bytes()]);
            if !self.seen.insert(key) {
                continue;
            }
            let (day, origin) = (self.days.of(time), origin(&row, source, &mut self.origins));
            if kind == Kind::BodyFat {
                self.fats.insert(time, (origin, BodyFatRead { key, day, time, value }));
                continue;
            }
            // Grams.
            let weight = WeightRead { key, day, time, value: value.round() / 1000.0, body_fat: None };
            found.weights.push((day, origin, 1, weight));
            Gathering::check_room(found.weights.len())?;
        }
        Gathering::check_room(self.fats.len())
    }

    /// An instant of a table whose offsets stand in a column of their own.
    fn moment(&self, row: &StringRecord, time: Option<usize>, zone: Option<usize>) -> Option<(i64, i64)> {
        let given = text(row, time)?;
        let apart = text(row, zone).and_then(offset);
        let (instant, offset) = match (instant(given), apart) {
            (Some((instant, own)), apart) => (instant, apart.unwrap_or(own)),
            (None, Some(apart)) => (apart.to_timestamp(civil(given)?).ok()?, apart),
            (None, None) => {
                let instant = at(local(self.zone, civil(given)?)?)?;
                (instant, self.zone.to_offset(instant))
            }
        };
        Some((instant.as_millisecond(), number(offset.to_datetime(instant).date())))
    }

    fn sleeps(&mut self, headers: &Headers, rows: impl Iterator<Item = StringRecord>) -> Result<(), Refusal> {
        let (id, kind) = (headers.at(&["sleep_id"]), headers.at(&["sleep_type"]));
        let (start, start_zone) = (headers.at(&["sleep_start", "start"]), headers.at(&["start_utc_offset"]));
        let (end, end_zone) = (headers.at(&["sleep_end", "end"]), headers.at(&["end_utc_offset"]));
        let source = headers.starting(&["data_source", "data source"]);
        for row in rows {
            let (Some(id), Some(from), Some((until, day))) =
                (text(&row, id), self.moment(&row, start, start_zone), self.moment(&row, end, end_zone))
            else {
                continue;
            };
            let is_staged = text(&row, kind).is_some_and(|kind| kind.eq_ignore_ascii_case("stages"));
            let origin = origin(&row, source, &mut self.origins);
            self.sleeps.push((id.to_owned(), from.0, until, day, is_staged, origin));
            Gathering::check_room(self.sleeps.len())?;
        }
        Ok(())
    }

    fn stages(&mut self, headers: &Headers, rows: impl Iterator<Item = StringRecord>) -> Result<(), Refusal> {
        let (id, kind) = (headers.at(&["sleep_id"]), headers.at(&["sleep_stage_type", "type"]));
        let (start, start_zone) = (headers.at(&["sleep_stage_start", "start"]), headers.at(&["start_utc_offset"]));
        let (end, end_zone) = (headers.at(&["sleep_stage_end", "end"]), headers.at(&["end_utc_offset"]));
        for row in rows {
            let place = match text(&row, kind).map(str::to_ascii_lowercase).as_deref() {
                Some("deep" | "asleep") => 0,
                Some("light" | "restless") => 1,
                Some("rem") => 2,
                Some("awake" | "wake") => 3,
                _ => continue,
            };
            let (Some(id), Some((from, _)), Some((until, _))) =
                (text(&row, id), self.moment(&row, start, start_zone), self.moment(&row, end, end_zone))
            else {
                continue;
            };
            let Ok(length) = u64::try_from(until - from) else { continue };
            let parts = self.stages.entry(id.to_owned()).or_default();
            if !parts.contains(&(from, place, length)) {
                parts.push((from, place, length));
            }
            Gathering::check_room(parts.len().max(self.stages.len()))?;
        }
        Ok(())
    }

    fn exercises(
        &mut self,
        headers: &Headers,
        rows: impl Iterator<Item = StringRecord>,
        found: &mut Found,
        into: &mut Gathering,
    ) -> Result<(), Refusal> {
        let id = headers.at(&["exercise_id"]);
        let (start, end) = (headers.at(&["exercise_start", "start"]), headers.at(&["exercise_end", "end"]));
        let zone = headers.at(&["utc_offset", "start_utc_offset"]);
        let name = headers.at(&["activity_name", "exercise_type"]);
        let calories = headers.at(&["tracker_total_calories", "calories"]);
        let steps = headers.at(&["tracker_total_steps", "steps"]);
        let distance = headers.at(&["tracker_total_distance_mm", "distance_mm"]);
        let source = headers.starting(&["data_source", "data source"]);
        for row in rows {
            let (Some((from, day)), Some((until, _))) = (self.moment(&row, start, zone), self.moment(&row, end, zone))
            else {
                into.leave_out("physicalactivities", "it has no time");
                continue;
            };
            let Some(burnt) = amount(&row, calories) else {
                into.leave_out("physicalactivities", "it says no calories");
                continue;
            };
            let identity = text(&row, id).map_or_else(|| from.to_string(), ToOwned::to_owned);
            let key = key(&[b"userexercise", identity.as_bytes()]);
            let Ok(duration) = u64::try_from(until - from) else { continue };
            if !self.seen.insert(key) {
                continue;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is not negative, and whole"
            )]
            let steps = amount(&row, steps).filter(|steps| steps.fract() == 0.0).map(|steps| steps as u64);
            let activity = ActivityRead {
                key,
                day,
                start: from,
                duration,
                name: text(&row, name).unwrap_or("Activity").to_owned(),
                calories: burnt,
                steps,
                // Millimetres.
                distance: amount(&row, distance).map(|length| length / 1000.0).filter(|metres| *metres > 0.0),
                levels: None,
                heart_rate: None,
            };
            let origin = origin(&row, source, &mut self.origins);
            found.activities.push((day, origin, duration.max(1), activity));
            Gathering::check_room(found.activities.len())?;
        }
        Ok(())
    }

    fn finish(mut self, found: &mut Found, into: &mut Gathering) {
        for (id, start, end, day, stages, origin) in std::mem::take(&mut self.sleeps) {
            let key = key(&[b"usersleep", id.as_bytes()]);
            let mut entries = self.stages.get(&id).cloned().unwrap_or_default();
            entries.sort_unstable();
            if !stages {
                // Awake is the third of three there.
                entries.iter_mut().for_each(|entry| entry.1 = entry.1.min(2));
            }
            let Some(duration) = u64::try_from(end - start).ok().filter(|_| !entries.is_empty()) else {
                into.leave_out("sleep", "no stages are told of it");
                continue;
            };
            if self.seen.insert(key) {
                let night = NightRead { key, day, start, duration, stages, entries };
                found.nights.push((day, origin, duration, night));
            }
        }
        for (_, _, _, weight) in &mut found.weights {
            if weight.body_fat.is_none() {
                weight.body_fat = self.fats.remove(&weight.time).map(|(_, fat)| fat.value);
            }
        }
        for (origin, fat) in self.fats.into_values() {
            found.body_fats.push((fat.day, origin, 1, fat));
        }
    }
}

fn kind_word(kind: Kind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(word, _)| word)
}
