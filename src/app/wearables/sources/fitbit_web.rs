//! What Fitbit's web site gave out for a month: tables below each other in one file, each under a word of its own. Days are
//! written in the order of the owner's country, numbers with what it puts between thousands.

use csv::{ReaderBuilder, StringRecord};
use jiff::civil::Date;

use super::Source;
use crate::app::operator::refusal::Refusal;
use crate::app::wearables::files::{Entry, Files};
use crate::app::wearables::gathering::{DaySums, Gathering};
use crate::app::wearables::moments::number;
use crate::model::tracking::LogType;
use crate::model::wearables::DataKind;

pub(super) struct FitbitWeb;

/// The most bytes of a file: a month has some thousand.
const MOST: u64 = 4 << 20;
const TITLES: [&str; 4] = ["Body", "Foods", "Activities", "Sleep"];
const ORIGIN: &str = "Fitbit's web site";
/// Columns of the table of activities; minutes of two of them are one total.
const COLUMNS: [(&str, LogType); 6] = [
    ("steps", LogType::Steps),
    ("calories burned", LogType::Calories),
    ("minutes sedentary", LogType::SedentaryMinutes),
    ("minutes lightly active", LogType::LightlyActiveMinutes),
    ("minutes fairly active", LogType::ActiveMinutes),
    ("minutes very active", LogType::ActiveMinutes),
];

impl Source for FitbitWeb {
    fn word(&self) -> &'static str {
        "fitbit_web"
    }

    fn title(&self) -> &'static str {
        "a month's CSV of Fitbit's web site"
    }

    fn version(&self) -> u32 {
        1
    }

    fn cannot_say(&self) -> &'static str {
        "when in a day anything was: weights and sleep have no times there, and are not read; single activities"
    }

    fn detect(&self, files: &mut Files) -> Result<bool, Refusal> {
        Ok(!tables(files)?.is_empty())
    }

    fn read(&self, files: &mut Files, into: &mut Gathering) -> Result<(), Refusal> {
        let (mut rows, mut bytes) = (Vec::new(), Vec::new());
        for entry in tables(files)? {
            files.bytes(&entry, MOST, &mut bytes)?;
            rows.extend(activities(&bytes));
            Gathering::check_room(rows.len())?;
        }
        let order = order(&rows);
        let shown: Vec<String> =
            rows.iter().take(3).map(|row| format!("{}: {:?} steps", row.date, row.totals[0])).collect();
        let said = match order {
            Order::Said(word) => {
                let why = "days are written as some countries do, and one of them can be only this";
                into.ask_unless_said("date-order", word.to_owned(), why, &shown);
                Some(word)
            }
            Order::Open => {
                into.ask("date-order", "days are written with the day or the month first", "dmy or mdy", &shown);
                None
            }
            Order::None => None,
        };
        let order = into.answer("date-order").or(said).unwrap_or_default().to_owned();
        let mut sums = DaySums::default();
        let origin = sums.origin(ORIGIN);
        for row in rows {
            let Some(date) = day(&row.date, &order) else {
                if !order.is_empty() {
                    into.leave_out("day", "its date is none");
                }
                continue;
            };
            for ((_, kind), value) in COLUMNS.iter().zip(row.totals) {
                if let Some(value) = value {
                    sums.add((number(date), origin), DataKind::Total(*kind), value)?;
                }
            }
        }
        into.take_days(sums);
        Ok(())
    }
}

/// The entries that are such tables.
fn tables(files: &mut Files) -> Result<Vec<Entry>, Refusal> {
    let mut tables = Vec::new();
    for entry in files.entries().into_iter().filter(|entry| entry.name().to_ascii_lowercase().ends_with(".csv")) {
        let head = files.head(&entry)?;
        let mut records = records(&head);
        let title = records.next().is_some_and(|record| title(&record).is_some());
        if title && records.next().is_some_and(|record| record.get(0).is_some_and(|cell| cell.trim() == "Date")) {
            tables.push(entry);
        }
    }
    Ok(tables)
}

fn records(bytes: &[u8]) -> impl Iterator<Item = StringRecord> {
    let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    reader.into_records().map_while(Result::ok)
}

/// The word above a table.
fn title(record: &StringRecord) -> Option<&'static str> {
    let only = record.iter().skip(1).all(|cell| cell.trim().is_empty());
    let word = record.get(0)?.trim_start_matches('\u{feff}').trim();
    TITLES.into_iter().find(|title| *title == word).filter(|_| only)
}

struct Row {
    date: String,
    totals: [Option<f64>; 6],
}

/// The rows of the table of activities.
fn activities(bytes: &[u8]) -> Vec<Row> {
    let (mut rows, mut columns, mut inside) = (Vec::new(), None, false);
    for record in records(bytes) {
        if let Some(title) = title(&record) {
            (inside, columns) = (title == "Activities", None);
        } else if inside && columns.is_none() {
            let place = |word: &str| record.iter().position(|header| header.trim().eq_ignore_ascii_case(word));
            columns = Some(COLUMNS.map(|(word, _)| place(word)));
        } else if let (true, Some(columns)) = (inside, &columns) {
            let total = |at: Option<usize>| amount(record.get(at?)?);
            let date = record.get(0).unwrap_or_default().trim().chars().take(20).collect();
            rows.push(Row { date, totals: columns.map(total) });
        }
    }
    rows
}

/// A whole number, whatever stands between its thousands.
fn amount(cell: &str) -> Option<f64> {
    let between = |c: &char| !matches!(c, ',' | '.' | '\'' | ' ' | '\u{a0}' | '\u{202f}');
    let figures: String = cell.trim().chars().filter(between).collect();
    let plain = !figures.is_empty() && figures.len() <= 7 && figures.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| figures.parse().ok()).flatten()
}

/// In which order days are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// The year first: nothing is open.
    None,
    Said(&'static str),
    Open,
}

fn parts(date: &str) -> Option<[&str; 3]> {
    let mut parts = date.split(['-', '/', '.']);
    let parts = [parts.next()?, parts.next()?, parts.next()?];
    parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())).then_some(parts)
}

fn order(rows: &[Row]) -> Order {
    let mut order = Order::None;
    for [first, second, _] in rows.iter().filter_map(|row| parts(&row.date)) {
        let large = |part: &str| part.parse::<u32>().is_ok_and(|number| number > 12);
        match (first.len() > 2, large(first), large(second)) {
            (true, ..) => {}
            (false, true, _) => return Order::Said("dmy"),
            (false, _, true) => return Order::Said("mdy"),
            (false, false, false) => order = Order::Open,
        }
    }
    order
}

fn day(date: &str, order: &str) -> Option<Date> {
    let [first, second, third] = parts(date)?;
    let (year, month, day) = match (first.len(), order) {
        (4, _) => (first, second, third),
        (_, "mdy") => (third, first, second),
        (_, "dmy") => (third, second, first),
        _ => return None,
    };
    let year: i16 = year.parse().ok()?;
    Date::new(if year < 100 { 2000 + year } else { year }, month.parse().ok()?, day.parse().ok()?).ok()
}
