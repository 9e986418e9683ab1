//! Nights as Fitbit writes them: local times without a zone, each part with its length.

use std::borrow::Cow;
use std::collections::HashSet;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Found;
use crate::app::operator::refusal::Refusal;
use crate::app::wearables::gathering::{Gathering, key};
use crate::app::wearables::moments::{Days, at, civil, local};
use crate::app::wearables::reading::NightRead;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NightEntry<'a> {
    #[serde(borrow)]
    log_id: Option<&'a RawValue>,
    start_time: Option<Cow<'a, str>>,
    end_time: Option<Cow<'a, str>>,
    duration: Option<f64>,
    r#type: Option<Cow<'a, str>>,
    levels: Option<Levels<'a>>,
}

#[derive(Deserialize)]
struct Levels<'a> {
    #[serde(borrow)]
    data: Option<Vec<Part<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    date_time: Option<Cow<'a, str>>,
    #[serde(borrow)]
    level: Option<Cow<'a, str>>,
    seconds: Option<f64>,
}

/// Takes a night, unless it was taken from another file.
///
/// # Errors
/// If there are more than anybody sleeps.
pub(super) fn take(
    entry: &NightEntry<'_>,
    zone: &TimeZone,
    keys: &mut HashSet<i64>,
    (origin, found, into): (&str, &mut Found, &mut Gathering),
) -> Result<(), Refusal> {
    let Some(night) = night(entry, zone) else {
        into.leave_out("sleep", "it has no times, or no parts that are known");
        return Ok(());
    };
    if keys.insert(night.key) {
        found.nights.push((night.day, origin.to_owned(), night.duration, night));
    }
    Gathering::check_room(found.nights.len())
}

fn night(entry: &NightEntry<'_>, zone: &TimeZone) -> Option<NightRead> {
    let began = civil(entry.start_time.as_deref()?)?;
    #[expect(clippy::cast_possible_truncation, reason = "no night has that many milliseconds")]
    let duration = entry.duration.filter(|length| (1.0..1e9).contains(length))? as i64;
    let start = start(began, entry.end_time.as_deref().and_then(civil), duration, zone)?;
    let stages = match entry.r#type.as_deref()? {
        "stages" => true,
        "classic" => false,
        _ => return None,
    };
    let entries = parts(entry.levels.as_ref()?.data.as_ref()?, start, stages, zone)?;
    let identity = entry.log_id.map_or_else(|| start.to_string(), |id| id.get().to_owned());
    Some(NightRead {
        key: key(&[b"sleep", identity.as_bytes()]),
        day: Days::new(zone.clone()).of(start + duration),
        start,
        duration: duration.unsigned_abs(),
        stages,
        entries,
    })
}

/// When a night began. In the hour that clocks show twice, the end tells which of the two it was.
fn start(began: DateTime, ended: Option<DateTime>, duration: i64, zone: &TimeZone) -> Option<i64> {
    let by_end = ended.and_then(|ended| local(zone, ended)).map(|end| end - duration);
    by_end.filter(|start| shows(zone, *start, began)).or_else(|| local(zone, began))
}

/// Whether clocks show this time at an instant.
fn shows(zone: &TimeZone, instant: i64, time: DateTime) -> bool {
    at(instant).is_some_and(|instant| zone.to_datetime(instant) == time)
}

/// The parts with the places of their phases. Each begins where the one before ended, if clocks show that time then.
fn parts(data: &[Part<'_>], start: i64, stages: bool, zone: &TimeZone) -> Option<Vec<(i64, usize, u64)>> {
    let mut next = start;
    let mut entries = Vec::with_capacity(data.len());
    for part in data {
        let place = match (stages, part.level.as_deref()?) {
            (true, "deep") | (false, "asleep") => 0,
            (true, "light") | (false, "restless") => 1,
            (true, "rem") | (false, "awake") => 2,
            (true, "wake" | "awake") => 3,
            _ => return None,
        };
        let time = civil(part.date_time.as_deref()?)?;
        let begins = if shows(zone, next, time) { next } else { local(zone, time)? };
        #[expect(clippy::cast_possible_truncation, reason = "no part of a night has that many seconds")]
        let length =
            part.seconds.filter(|seconds| (0.0..1e6).contains(seconds)).map(|seconds| (seconds * 1000.0) as i64)?;
        entries.push((begins, place, length.unsigned_abs()));
        next = begins + length;
    }
    (!entries.is_empty()).then_some(entries)
}
