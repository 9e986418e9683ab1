//! What Android's Health Connect exports: a zip, called in the phone's language, with one database in it.

use std::collections::{BTreeMap, HashMap};

use super::{Source, database_with};
use crate::app::operator::refusal::Refusal;
use crate::app::wearables::files::Files;
use crate::app::wearables::gathering::{DaySums, Gathering, key};
use crate::app::wearables::moments::at;
use crate::app::wearables::reading::{ActivityRead, BodyFatRead, NightRead, WeightRead};
use crate::model::tracking::LogType;
use crate::model::wearables::DataKind;
use crate::store::foreign::{Cell, Foreign};

pub(super) struct HealthConnect;

const STEPS: &str = "steps_record_table";
const DAY: i64 = 86_400_000;
/// What is known of an exercise by its number.
const EXERCISES: [(i64, &str); 6] =
    [(8, "Biking"), (33, "Running"), (45, "Strength training"), (53, "Walking"), (48, "Swimming"), (52, "Swimming")];

impl Source for HealthConnect {
    fn word(&self) -> &'static str {
        "health_connect"
    }

    fn title(&self) -> &'static str {
        "an export of Health Connect"
    }

    fn version(&self) -> u32 {
        1
    }

    fn cannot_say(&self) -> &'static str {
        "minutes of activity; levels and heart-rate zones of activities; sleep of programs that tell no stages"
    }

    fn detect(&self, files: &mut Files) -> Result<bool, Refusal> {
        Ok(database_with(files, |table| table == STEPS)?.is_some())
    }

    fn read(&self, files: &mut Files, into: &mut Gathering) -> Result<(), Refusal> {
        let Some(database) = database_with(files, |table| table == STEPS)? else { return Ok(()) };
        let programs = programs(&database)?;
        let mut sessions = sessions(&database)?;
        days(&database, &programs, &mut sessions, into)?;
        exercises(sessions, &programs, into);
        nights(&database, &programs, into)?;
        weights(&database, &programs, into)
    }
}

/// Names of the programs that wrote, by their numbers.
type Programs = HashMap<i64, String>;

fn programs(database: &Foreign) -> Result<Programs, Refusal> {
    let mut programs = Programs::new();
    database.rows("application_info_table", &["row_id", "package_name"], &mut |cells| {
        // A package's name has no blanks; what has is none, and might be anything.
        if let (Some(number), Cell::Text(name), ..1000) = (cells[0].whole(), cells[1], programs.len())
            && name.len() <= 100
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'))
        {
            programs.insert(number, name.to_owned());
        }
        Ok::<_, Refusal>(())
    })?;
    Ok(programs)
}

fn program(programs: &Programs, number: Option<i64>) -> String {
    let number = number.unwrap_or_default();
    programs.get(&number).cloned().unwrap_or_else(|| format!("program {number}"))
}

/// The day of an instant, where the child was then.
fn day(milliseconds: i64, offset: Option<i64>) -> Option<i64> {
    at(milliseconds)?;
    // No place is further from UTC.
    let offset = offset.filter(|seconds| seconds.abs() <= 18 * 3600).unwrap_or(0);
    Some((milliseconds + offset * 1000).div_euclid(DAY))
}

/// A row of what lasted: when, until when, of which program.
struct Span {
    start: i64,
    end: i64,
    day: i64,
    program: Option<i64>,
}

const SPAN: [&str; 4] = ["start_time", "end_time", "start_zone_offset", "app_info_id"];

fn span(cells: &[Cell<'_>]) -> Option<Span> {
    let (start, end) = (cells[0].whole()?, cells[1].whole()?);
    at(end)?;
    Some(Span { start, end, day: day(start, cells[2].whole())?, program: cells[3].whole() })
        .filter(|span| span.end >= span.start)
}

/// All rows of a table of what lasted, with one more column.
fn spans(
    database: &Foreign,
    table: &str,
    column: &str,
    take: &mut dyn FnMut(Span, f64) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let [start, end, offset, program] = SPAN;
    database.rows(table, &[start, end, offset, program, column], &mut |cells| match (span(cells), cells[4].number()) {
        (Some(span), Some(value)) if value >= 0.0 => take(span, value),
        _ => Ok(()),
    })
}

/// Totals of days, and what of them belongs to exercises: each table is read once.
fn days(database: &Foreign, programs: &Programs, sessions: &mut Sessions, into: &mut Gathering) -> Result<(), Refusal> {
    let mut sums = DaySums::default();
    let mut origins: HashMap<Option<i64>, usize> = HashMap::new();
    for (table, column, total, slot) in [
        (STEPS, "count", Some((LogType::Steps, 1.0)), 2),
        // Small calories.
        ("total_calories_burned_record_table", "energy", Some((LogType::Calories, 1000.0)), 1),
        ("active_calories_burned_record_table", "energy", None, 0),
        ("distance_record_table", "distance", None, 3),
    ] {
        if total.is_none() && sessions.is_empty() {
            continue;
        }
        spans(database, table, column, &mut |span, value| {
            add_to_session(sessions, &span, slot, value);
            let Some((kind, unit)) = total else { return Ok(()) };
            let named = || sums.origin(&program(programs, span.program));
            let origin = *origins.entry(span.program).or_insert_with(named);
            sums.add((span.day, origin), DataKind::Total(kind), value / unit)
        })?;
    }
    sums.round();
    into.take_days(sums);
    Ok(())
}

fn nights(database: &Foreign, programs: &Programs, into: &mut Gathering) -> Result<(), Refusal> {
    let mut stages: HashMap<i64, Vec<(i64, i64, i64)>> = HashMap::new();
    let mut count = 0;
    let columns = ["parent_key", "stage_start_time", "stage_end_time", "stage_type"];
    database.rows("sleep_stages_table", &columns, &mut |cells| {
        if let [Some(parent), Some(start), Some(end), Some(kind)] = [0, 1, 2, 3].map(|at| cells[at].whole()) {
            stages.entry(parent).or_default().push((start, end, kind));
            count += 1;
        }
        // Some dozen for a night.
        Gathering::check_room(count / 50)
    })?;
    let mut found = Vec::new();
    let columns = ["start_time", "end_time", "end_zone_offset", "app_info_id", "row_id", "uuid"];
    database.rows("sleep_session_record_table", &columns, &mut |cells| {
        let Some(span) = span(cells) else { return Ok(()) };
        let parts = cells[4].whole().and_then(|row| stages.remove(&row)).unwrap_or_default();
        let Some((is_staged, entries)) = entries(parts) else {
            into.leave_out("sleep", "its program tells no stages");
            return Ok(());
        };
        let length = u64::try_from(span.end - span.start).unwrap_or_default();
        let night = NightRead {
            key: identity(&span, cells[5], b"sleep"),
            day: day(span.end, cells[2].whole()).unwrap_or(span.day),
            start: span.start,
            duration: length,
            stages: is_staged,
            entries,
        };
        found.push((night.day, program(programs, span.program), length, night));
        Gathering::check_room(found.len())
    })?;
    into.reading.nights = into.take_things("sleep", found);
    Ok(())
}

/// A part of a night: when it began, the place of its phase, and how long it was.
type Entry = (i64, usize, u64);

/// The parts of a night by the places of their phases, and whether they are stages; nothing if nothing is told apart.
fn entries(mut parts: Vec<(i64, i64, i64)>) -> Option<(bool, Vec<Entry>)> {
    parts.sort_unstable();
    let is_staged = parts.iter().any(|(_, _, kind)| matches!(kind, 4..=6));
    let place = |kind: i64| match (is_staged, kind) {
        (true, 5) => Some(0),
        (true, 4) => Some(1),
        (true, 6) => Some(2),
        // Awake, out of bed, awake in bed.
        (true, 1 | 3 | 7) => Some(3),
        (false, 2) => Some(0),
        (false, 1 | 3 | 7) => Some(2),
        _ => None,
    };
    let entry = |(start, end, kind): (i64, i64, i64)| {
        let length = u64::try_from(end.checked_sub(start)?).ok()?;
        Some((start, place(kind)?, length))
    };
    let entries: Vec<_> = parts.into_iter().filter_map(entry).collect();
    (!entries.is_empty()).then_some((is_staged, entries))
}

/// What the source knows a row by: its sixteen bytes, or when it was and what wrote it.
fn identity(span: &Span, uuid: Cell<'_>, what: &[u8]) -> i64 {
    match uuid {
        Cell::Bytes(bytes) if bytes.len() == 16 => key(&[what, bytes]),
        _ => key(&[what, &span.start.to_be_bytes(), &span.program.unwrap_or_default().to_be_bytes()]),
    }
}

/// What of an exercise other tables say.
#[derive(Default, Clone, Copy)]
struct Sums {
    active: Option<f64>,
    total: Option<f64>,
    steps: Option<f64>,
    distance: Option<f64>,
}

/// Exercises by their programs and beginnings: with their identities, and what they were.
type Sessions = BTreeMap<(Option<i64>, i64), (Span, i64, i64, Sums)>;

fn sessions(database: &Foreign) -> Result<Sessions, Refusal> {
    let mut sessions = Sessions::new();
    let columns = [SPAN[0], SPAN[1], SPAN[2], SPAN[3], "exercise_type", "uuid"];
    database.rows("exercise_session_record_table", &columns, &mut |cells| {
        if let Some(span) = span(cells).filter(|span| span.end > span.start) {
            let key = identity(&span, cells[5], b"exercise");
            let kind = cells[4].whole().unwrap_or_default();
            sessions.insert((span.program, span.start), (span, key, kind, Sums::default()));
        }
        Gathering::check_room(sessions.len())
    })?;
    Ok(sessions)
}

/// Adds what was recorded within an exercise to it.
fn add_to_session(sessions: &mut Sessions, part: &Span, slot: usize, value: f64) {
    let before = sessions.range_mut((part.program, i64::MIN)..=(part.program, part.start)).next_back();
    if let Some((_, (span, _, _, sums))) = before.filter(|(_, (span, ..))| part.end <= span.end) {
        debug_assert!(span.start <= part.start, "it is the last that begins before");
        *[&mut sums.active, &mut sums.total, &mut sums.steps, &mut sums.distance][slot].get_or_insert(0.0) += value;
    }
}

fn exercises(sessions: Sessions, programs: &Programs, into: &mut Gathering) {
    let mut found = Vec::new();
    for ((number, _), (span, key, kind, sums)) in sessions {
        let Some(calories) = sums.active.or(sums.total) else {
            into.leave_out("physicalactivities", "it says no calories");
            continue;
        };
        let duration = u64::try_from(span.end - span.start).unwrap_or_default();
        let known = EXERCISES.iter().find(|(known, _)| *known == kind).map(|(_, name)| (*name).to_owned());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative, and whole")]
        let steps = sums.steps.filter(|steps| steps.fract() == 0.0).map(|steps| steps as u64);
        let activity = ActivityRead {
            key,
            day: span.day,
            start: span.start,
            duration,
            name: known.unwrap_or_else(|| format!("Exercise {kind}")),
            calories: (calories / 10.0).round() / 100.0,
            steps,
            distance: sums.distance.filter(|metres| *metres > 0.0).map(|metres| (metres * 100.0).round() / 100.0),
            levels: None,
            heart_rate: None,
        };
        found.push((span.day, program(programs, number), duration, activity));
    }
    into.reading.activities = into.take_things("physicalactivities", found);
}

/// What was measured at one instant, by each program: when, what, and what it is known by.
type Measured = Vec<(i64, String, u64, (i64, i64, f64))>;

fn measured(database: &Foreign, programs: &Programs, table: &str, column: &str) -> Result<Measured, Refusal> {
    let mut found = Measured::new();
    let columns = ["time", "zone_offset", "app_info_id", "uuid", column];
    database.rows(table, &columns, &mut |cells| {
        let (Some(time), Some(value)) = (cells[0].whole(), cells[4].number().filter(|value| *value > 0.0)) else {
            return Ok(());
        };
        if let Some(day) = day(time, cells[1].whole()) {
            let span = Span { start: time, end: time, day, program: cells[2].whole() };
            let key = identity(&span, cells[3], table.as_bytes());
            found.push((day, program(programs, span.program), 1, (key, time, value)));
        }
        Gathering::check_room(found.len())
    })?;
    Ok(found)
}

fn weights(database: &Foreign, programs: &Programs, into: &mut Gathering) -> Result<(), Refusal> {
    let day_of =
        |found: &Measured| -> HashMap<i64, i64> { found.iter().map(|(day, _, _, (key, ..))| (*key, *day)).collect() };
    let weights = measured(database, programs, "weight_record_table", "weight")?;
    let fats = measured(database, programs, "body_fat_record_table", "percentage")?;
    let (weight_days, fat_days) = (day_of(&weights), day_of(&fats));
    let weights = into.take_things("weights", weights);
    let fats = into.take_things("bodyfats", fats);
    let mut by_time: BTreeMap<i64, (i64, i64, f64)> = fats.into_iter().map(|fat| (fat.1, fat)).collect();
    for (key, time, grams) in weights {
        let body_fat = by_time.remove(&time).map(|(_, _, value)| value);
        let day = weight_days.get(&key).copied().unwrap_or_default();
        into.reading.weights.push(WeightRead { key, day, time, value: (grams.round()) / 1000.0, body_fat });
    }
    for (key, time, value) in by_time.into_values() {
        let day = fat_days.get(&key).copied().unwrap_or_default();
        into.reading.body_fats.push(BodyFatRead { key, day, time, value });
    }
    Ok(())
}
