//! SQLite and serde_json alone, doing what the service makes them do with what is tracked: the same statements, on a copy
//! of the same database, and the same bytes in and out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::Failure;
use super::raw::{Copy, on_all_cores, reader, writer};
use super::site::Site;

/// As requests bring it and answers show it.
#[derive(Serialize, Deserialize)]
struct Activity {
    #[serde(skip_deserializing)]
    id: String,
    start_time: String,
    end_time: String,
    duration: u64,
    name: String,
    calories: f64,
    steps: u64,
    distance: f64,
    levels: Vec<Level>,
    heart_rate: HeartRate,
}

#[derive(Serialize, Deserialize)]
struct Level {
    name: String,
    duration: u64,
}

#[derive(Serialize, Deserialize)]
struct HeartRate {
    average: u64,
    out_of_range_zone: Zone,
    fat_burn_zone: Zone,
    cardio_zone: Zone,
    peak_zone: Zone,
}

#[derive(Serialize, Deserialize)]
struct Zone {
    min: u64,
    max: u64,
    duration: u64,
}

#[derive(Serialize, Deserialize)]
struct Log {
    date: String,
    value: f64,
}

/// One of many, in an answer to an array.
#[derive(Serialize)]
struct Made<T> {
    code: u16,
    item: T,
}

/// How often in a second a request is carried out, each in a transaction of its own; `request` has its number.
fn transactions(
    site: &Site,
    seconds: Duration,
    request: impl Fn(&Connection, u64) -> Result<Vec<u8>, Failure>,
) -> Result<f64, Failure> {
    let copy = Copy::of(site)?;
    let connection = writer(&copy)?;
    let (mut done, start) = (0, Instant::now());
    while start.elapsed() < seconds {
        connection.execute_batch("BEGIN IMMEDIATE; SAVEPOINT job")?;
        std::hint::black_box(request(&connection, done)?);
        audit(&connection)?;
        connection.execute_batch("RELEASE job; COMMIT")?;
        done += 1;
    }
    Ok(done as f64 / start.elapsed().as_secs_f64())
}

fn audit(connection: &Connection) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "INSERT INTO audit (at, actor_id, actor_role, action, target_id, part_id, address, network, outcome,
             request_id, count) VALUES (?1, ?2, 'application', 'log_create', ?2, NULL, '127.0.0.1', NULL, 'ok', ?3, 1)",
        )?
        .execute(params![1_767_600_000_000_i64, [7_u8; 12], "0123456789abcdef"])?;
    Ok(())
}

/// The number of a child, as it is looked up for each request.
fn number(connection: &Connection, site: &Site, request: u64) -> Result<i64, Failure> {
    let child = &site.children[usize::try_from(request)? % site.children.len()];
    let id = (0..12).map(|at| u8::from_str_radix(&child[2 * at..2 * at + 2], 16)).collect::<Result<Vec<_>, _>>()?;
    let known = connection
        .prepare_cached("SELECT number FROM tracked_child WHERE child_id = ?1")?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    Ok(match known {
        Some(number) => number,
        None => connection
            .prepare_cached("INSERT INTO tracked_child (child_id) VALUES (?1) RETURNING number")?
            .query_row([&id], |row| row.get(0))?,
    })
}

/// Arrays of activities in a second. The packed series are as long as the service's.
pub(crate) fn activities(site: &Site, body: &str, seconds: Duration) -> Result<f64, Failure> {
    transactions(site, seconds, |connection, request| {
        let items: Vec<Activity> = serde_json::from_str(body)?;
        let child = number(connection, site, request)?;
        let mut known = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM physical_activity WHERE child = ?1 AND start_time = ?2)")?;
        let mut insert = connection.prepare_cached(
            "INSERT INTO physical_activity
             (child, id, start_time, duration, name, calories, steps, distance, levels, heart_rate)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        let mut made = Vec::with_capacity(items.len());
        for (n, mut item) in (0_i64..).zip(items) {
            let start = item.start_time.parse::<jiff::Timestamp>()?.as_millisecond();
            item.end_time.parse::<jiff::Timestamp>()?;
            // None is there: what is measured is the way there.
            let start = start + i64::try_from(request)? * 1000;
            std::hint::black_box(known.query_row(params![child, start], |row| row.get::<_, bool>(0))?);
            let id = (1_900_000_000_000 << 16) + i64::try_from(request)? * 1000 + n;
            let (duration, name, steps) = (item.duration, &item.name, item.steps);
            insert.execute(params![
                child,
                id,
                start,
                duration,
                name,
                item.calories,
                steps,
                item.distance,
                [1_u8; 17],
                [1_u8; 25]
            ])?;
            item.id = format!("{id:016x}00000000");
            made.push(Made { code: 201, item });
        }
        Ok(serde_json::to_vec(&made)?)
    })
}

/// Arrays of totals of a year in a second.
pub(crate) fn logs(site: &Site, bodies: &[String], seconds: Duration) -> Result<f64, Failure> {
    transactions(site, seconds, |connection, request| {
        let items: Vec<Log> = serde_json::from_str(&bodies[usize::try_from(request)? % bodies.len()])?;
        let child = number(connection, site, request / bodies.len() as u64)?;
        let mut put = connection.prepare_cached(
            "INSERT INTO day_totals (child, day, steps) VALUES (?1, ?2, ?3) ON CONFLICT (child, day)
             DO UPDATE SET steps = excluded.steps WHERE day_totals.steps IS DISTINCT FROM excluded.steps",
        )?;
        let mut made = Vec::with_capacity(items.len());
        for item in items {
            let day = item.date.parse::<Date>()?.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
            put.execute(params![child, day, item.value])?;
            made.push(Made { code: 201, item });
        }
        Ok(serde_json::to_vec(&made)?)
    })
}

/// Years of all five totals in a second on all cores.
pub(crate) fn year(site: &Site, first: Date, last: Date, seconds: Duration) -> Result<f64, Failure> {
    let day = |date: Date| date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
    on_all_cores(seconds, |go_on| {
        let connection = reader(site)?;
        let mut done = 0;
        while go_on() {
            let mut statement = connection.prepare_cached(
                "SELECT t.day, coalesce(t.steps, 0.0), coalesce(t.calories, 0.0), coalesce(t.active_minutes, 0.0),
                 coalesce(t.lightly_active_minutes, 0.0), coalesce(t.sedentary_minutes, 0.0) FROM day_totals t
                 WHERE t.child = ?1 AND t.day BETWEEN ?2 AND ?3 ORDER BY t.day",
            )?;
            let child = number(&connection, site, 0)?;
            let mut rows = statement.query(params![child, day(first), day(last)])?;
            let mut years: [Vec<Log>; 5] = Default::default();
            while let Some(row) = rows.next()? {
                let date =
                    first.saturating_add(jiff::SignedDuration::from_hours(24 * (row.get::<_, i64>(0)? - day(first))));
                for (at, year) in years.iter_mut().enumerate() {
                    year.push(Log { date: date.to_string(), value: row.get(at + 1)? });
                }
            }
            std::hint::black_box(serde_json::to_vec(&years)?);
            done += 1;
        }
        Ok(done)
    })
}

#[derive(Serialize)]
struct Night {
    id: String,
    start_time: String,
    end_time: String,
    duration: u64,
    child_id: String,
    r#type: &'static str,
    pattern: Pattern,
}

#[derive(Serialize)]
struct Pattern {
    data_set: Vec<Entry>,
    summary: BTreeMap<&'static str, Sum>,
}

#[derive(Serialize)]
struct Entry {
    start_time: String,
    name: &'static str,
    duration: u64,
}

#[derive(Serialize, Default)]
struct Sum {
    count: u64,
    duration: u64,
}

const STAGES: [&str; 4] = ["deep", "light", "rem", "awake"];

/// Pages of 100 nights in a second on all cores.
pub(crate) fn nights(site: &Site, seconds: Duration) -> Result<f64, Failure> {
    on_all_cores(seconds, |go_on| {
        let connection = reader(site)?;
        let mut done = 0;
        while go_on() {
            let child = number(&connection, site, 0)?;
            let total: i64 = connection
                .prepare_cached("SELECT count(*) FROM sleep t WHERE t.child = ?1")?
                .query_row([child], |row| row.get(0))?;
            let mut statement = connection.prepare_cached(
                "SELECT t.id, t.start_time, t.duration, t.data_set FROM sleep t WHERE t.child = ?1
                 ORDER BY t.id DESC LIMIT 100",
            )?;
            let mut rows = statement.query([child])?;
            let mut page = Vec::with_capacity(100);
            while let Some(row) = rows.next()? {
                page.push(night(site, row)?);
            }
            std::hint::black_box((total, serde_json::to_vec(&page)?));
            done += 1;
        }
        Ok(done)
    })
}

/// An entry is packed as one number, of which the lower four bits are flags and the phase: they follow one another, and
/// take whole seconds.
fn night(site: &Site, row: &rusqlite::Row<'_>) -> Result<Night, Failure> {
    let time = |at| {
        let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
        jiff::tz::TimeZone::UTC.to_datetime(at).to_string()
    };
    let (id, start, duration): (i64, i64, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (mut at, mut data_set) = (start, Vec::new());
    let mut summary: BTreeMap<_, Sum> = STAGES.map(|name| (name, Sum::default())).into();
    let (mut head, mut shift) = (0_u64, 0);
    for byte in row.get_ref(3)?.as_blob()?.iter().skip(1) {
        head |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            let (name, duration) = (STAGES[usize::try_from(head & 0b11)?], (head >> 4) * 1000);
            data_set.push(Entry { start_time: time(at), name, duration });
            let sum = summary.entry(name).or_default();
            (sum.count, sum.duration) = (sum.count + 1, sum.duration + duration);
            at += i64::try_from(duration)?;
            (head, shift) = (0, 0);
        }
    }
    Ok(Night {
        id: format!("{id:016x}00000000"),
        start_time: time(start),
        end_time: time(start + i64::try_from(duration)?),
        duration,
        child_id: site.children[0].clone(),
        r#type: "stages",
        pattern: Pattern { data_set, summary },
    })
}

/// The id of a child's newest weight.
pub(crate) fn newest_weight(site: &Site, child: &str) -> Result<String, Failure> {
    let connection = reader(site)?;
    let newest = "SELECT format('%016x', max(w.id)) || (SELECT lower(hex(node)) FROM store_state) FROM weight w
                  JOIN tracked_child t ON t.number = w.child WHERE t.child_id = unhex(?1)";
    Ok(connection.query_row(newest, [child], |row| row.get(0))?)
}

/// The bytes of a table and its indexes on disk, for each of so many.
pub(crate) fn bytes_of_each(site: &Site, table: &str, count: &str) -> Result<f64, Failure> {
    let connection = reader(site)?;
    let sizes = "SELECT sum(pgsize) FROM dbstat WHERE name = ?1 OR name IN
                 (SELECT name FROM sqlite_schema WHERE tbl_name = ?1)";
    let bytes: i64 = connection.query_row(sizes, [table], |row| row.get(0))?;
    let count: i64 = connection.query_row(count, [], |row| row.get(0))?;
    Ok(bytes as f64 / count as f64)
}
