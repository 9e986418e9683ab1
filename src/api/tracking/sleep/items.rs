//! Nights that are sent, judged in the contract's order (tracking, section 6).

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::shapes::{NewSleepBody, SleepBody};
use crate::api::tracking::item::{Item, Owner};
use crate::api::tracking::json::{self, Fields, Object as Given, Piece, Shown};
use crate::api::tracking::periods::Times;
use crate::model::time::second_text;
use crate::model::tracking::{Field, MAX_ENTRIES, Sleep, SleepEntry, SleepFacts, SleepPhase, SleepType};
use crate::model::{Field as AnyField, Invalid, Unfit};

impl Item for NewSleepBody {
    type New = SleepFacts;
    type Times = Times;
    type Made = Sleep;
    type Shown = SleepBody;
    const KEYS: &'static [&'static str] = &["id", "start_time", "end_time", "duration", "type", "pattern"];

    fn times(item: &Given<'_>) -> Result<Times, Invalid> {
        let times = Times::read(item)?;
        for entry in item.get("pattern").and_then(entries).into_iter().flatten() {
            // Judged, and read once more with the rest of its entry.
            Given::of(entry, &["start_time"]).get("start_time").map(json::instant).transpose()?;
        }
        Ok(times)
    }

    fn fields(item: &Given<'_>, times: Times, owner: Owner<'_>) -> Result<SleepFacts, Invalid> {
        let mut fields = Fields::of(item);
        let period = times.period(&mut fields)?;
        owner.id()?;
        let kind = fields.required(AnyField::Type).map(read_type).transpose()?;
        let data_set = fields.required(Field::Pattern).map(|raw| read_pattern(raw, kind)).transpose()?;
        match (period, kind, data_set) {
            (Some(period), Some(kind), Some(data_set)) => Ok(SleepFacts { period, kind, data_set }),
            _ => Err(fields.missing()),
        }
    }

    fn shown<'b>(item: &Given<'b>, owner: &str) -> Shown<'b> {
        let entry = |raw: &'b RawValue| {
            let given = Given::of(raw, &ENTRY_KEYS);
            Shown::default().time("start_time", &given, second_text).all_given(&ENTRY_KEYS[1..], &given)
        };
        let pattern = item.get("pattern").map(|raw| {
            let data_set = entries(raw).map(|entries| Piece::Array(entries.into_iter().map(entry).collect()));
            Piece::Object(Shown::default().with_some("data_set", data_set))
        });
        Shown::default()
            .given("id", item)
            .time("start_time", item, second_text)
            .time("end_time", item, second_text)
            .given("duration", item)
            .with("child_id", Piece::Text(owner.to_owned()))
            .given("type", item)
            .with_some("pattern", pattern)
    }
}

const ENTRY_KEYS: [&str; 3] = ["start_time", "name", "duration"];

/// How the types are written.
const TYPES: [(&str, SleepType); 2] = [("classic", SleepType::Classic), ("stages", SleepType::Stages)];

/// How the phases are written.
const PHASES: [(&str, SleepPhase); 6] = [
    ("asleep", SleepPhase::Asleep),
    ("restless", SleepPhase::Restless),
    ("deep", SleepPhase::Deep),
    ("light", SleepPhase::Light),
    ("rem", SleepPhase::Rem),
    ("awake", SleepPhase::Awake),
];

/// What a word stands for.
fn find<T: Copy>(words: &[(&str, T)], raw: &RawValue) -> Option<T> {
    let given = json::text(raw).unwrap_or(Cow::Borrowed(""));
    words.iter().find(|(word, _)| *word == given).map(|(_, known)| *known)
}

fn read_type(raw: &RawValue) -> Result<SleepType, Invalid> {
    find(&TYPES, raw).ok_or_else(|| Unfit::SleepType.into())
}

fn read_phase(raw: &RawValue, kind: SleepType) -> Result<SleepPhase, Invalid> {
    find(&PHASES, raw).filter(|phase| kind.phases().contains(phase)).ok_or_else(|| {
        match kind {
            SleepType::Classic => Unfit::ClassicName,
            SleepType::Stages => Unfit::StagesName,
        }
        .into()
    })
}

/// The entries of a pattern, if it has an array of them.
fn entries(pattern: &RawValue) -> Option<Vec<&RawValue>> {
    Given::of(pattern, &["data_set"]).get("data_set").and_then(json::array)
}

/// What the entries miss is told at once. Without a type their names are not looked at: that one is missing is told later.
fn read_pattern(raw: &RawValue, kind: Option<SleepType>) -> Result<Vec<SleepEntry>, Invalid> {
    let entries = entries(raw).ok_or(Unfit::NoDataSet)?;
    match entries.len() {
        0 => return Err(Unfit::EmptyDataSet.into()),
        1..=MAX_ENTRIES => {}
        _ => return Err(Unfit::TooManyEntries(MAX_ENTRIES).into()),
    }
    let (mut missing, mut data_set) = (Vec::new(), Vec::with_capacity(entries.len()));
    for raw in entries {
        let given = Given::of(raw, &ENTRY_KEYS);
        let mut fields = Fields::of(&given);
        let start = fields.required(Field::EntryStartTime).map(json::instant).transpose()?;
        let name = fields.required(Field::EntryName);
        let phase = name.zip(kind).map(|(raw, kind)| read_phase(raw, kind)).transpose()?;
        let duration = fields.whole(Field::EntryDuration)?;
        missing.append(&mut fields.take_missing());
        let whole = start.zip(phase).zip(duration);
        data_set.extend(whole.map(|((start, phase), duration)| SleepEntry { start, phase, duration }));
    }
    if missing.is_empty() { Ok(data_set) } else { Err(Invalid::Missing(missing)) }
}
