//! `weight.csv` of a Withings scale, as its owner downloads it.

use csv::{ReaderBuilder, StringRecord};

use super::Source;
use crate::app::operator::refusal::Refusal;
use crate::app::wearables::files::{Entry, Files};
use crate::app::wearables::gathering::{Gathering, key};
use crate::app::wearables::moments::{civil, local, number};
use crate::app::wearables::reading::WeightRead;

pub(super) struct Withings;

/// The most bytes of such a file: that many weighings nobody has.
const MOST: u64 = 16 << 20;
const KILOGRAMS_OF_A_POUND: f64 = 0.453_592_37;

impl Source for Withings {
    fn word(&self) -> &'static str {
        "withings"
    }

    fn title(&self) -> &'static str {
        "weight.csv of Withings"
    }

    fn version(&self) -> u32 {
        1
    }

    fn cannot_say(&self) -> &'static str {
        "the time zone; steps, sleep and activities, which lie in other files of the download that are not read"
    }

    fn detect(&self, files: &mut Files) -> Result<bool, Refusal> {
        Ok(table(files)?.is_some())
    }

    fn read(&self, files: &mut Files, into: &mut Gathering) -> Result<(), Refusal> {
        let Some((entry, columns)) = table(files)? else { return Ok(()) };
        let mut bytes = Vec::new();
        files.bytes(&entry, MOST, &mut bytes)?;
        let zone = into.zone(None)?;
        let unit = columns.unit.or_else(|| into.answer("weight-unit").and_then(Unit::of_word));
        let mut rows = Vec::new();
        for record in records(&bytes).skip(1) {
            let Some(weighed) = columns.weighed(&record) else {
                into.leave_out("weights", "the row has no time or no weight");
                continue;
            };
            if rows.len() < 3 {
                rows.push(format!("{} {}", weighed.time, weighed.weight));
            }
            let Some((zone, unit)) = zone.as_ref().zip(unit) else { continue };
            let Some(time) = local(zone, weighed.time) else { continue };
            let body_fat = weighed.fat.map(|fat| (fat / weighed.weight * 10_000.0).round() / 100.0);
            into.reading.weights.push(WeightRead {
                key: key(&[b"withings", weighed.time.to_string().as_bytes()]),
                day: number(weighed.time.date()),
                time,
                value: unit.kilograms(weighed.weight),
                body_fat: body_fat.filter(|fat| *fat <= 100.0),
            });
            Gathering::check_room(into.reading.weights.len())?;
        }
        into.ask_zone("the times have no zone", &rows);
        if columns.unit.is_none() {
            into.ask("weight-unit", "the weights have no unit", "kg or lb", &rows);
        }
        Ok(())
    }
}

/// What a weight is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Kilograms,
    Pounds,
}

impl Unit {
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "kg" => Some(Self::Kilograms),
            "lb" | "lbs" => Some(Self::Pounds),
            _ => None,
        }
    }

    /// Kilograms, to the gram.
    pub(super) fn kilograms(self, value: f64) -> f64 {
        match self {
            Self::Kilograms => value,
            Self::Pounds => (value * KILOGRAMS_OF_A_POUND * 1000.0).round() / 1000.0,
        }
    }
}

/// Where in a row what stands.
struct Columns {
    time: usize,
    weight: usize,
    fat: Option<usize>,
    unit: Option<Unit>,
}

struct Weighed {
    time: jiff::civil::DateTime,
    weight: f64,
    fat: Option<f64>,
}

impl Columns {
    fn of(headers: &StringRecord) -> Option<Self> {
        let starts = |header: &str, word: &str| {
            header.trim_start_matches('\u{feff}').trim().to_ascii_lowercase().starts_with(word)
        };
        let place = |word: &str| headers.iter().position(|header| starts(header, word));
        let (time, weight) = (place("date")?, place("weight")?);
        let unit =
            headers[weight].split_once('(').and_then(|(_, rest)| Unit::of_word(rest.trim_end().trim_end_matches(')')));
        Some(Self { time, weight, fat: place("fat mass"), unit })
    }

    fn weighed(&self, record: &StringRecord) -> Option<Weighed> {
        let number = |at: usize| record.get(at)?.trim().replace(',', ".").parse::<f64>().ok();
        let time = civil(record.get(self.time)?)?;
        let weight = number(self.weight).filter(|weight| *weight > 0.0 && weight.is_finite())?;
        let fat = self.fat.and_then(number).filter(|fat| *fat > 0.0);
        Some(Weighed { time, weight, fat })
    }
}

fn records(bytes: &[u8]) -> impl Iterator<Item = StringRecord> {
    let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    reader.into_records().map_while(Result::ok)
}

/// The table, if there is one, and what stands where in it.
fn table(files: &mut Files) -> Result<Option<(Entry, Columns)>, Refusal> {
    let entries = files.entries();
    let alone = entries.len() == 1;
    for entry in entries {
        let name = entry.name().to_ascii_lowercase();
        // By the name among others; a table by itself may be called anything.
        if name != "weight.csv" && !(alone && name.ends_with(".csv")) {
            continue;
        }
        let head = files.head(&entry)?;
        if let Some(columns) = records(&head).next().as_ref().and_then(Columns::of) {
            return Ok(Some((entry, columns)));
        }
    }
    Ok(None)
}
