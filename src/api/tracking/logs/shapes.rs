//! Totals of days, as clients see and send them.

use poem_openapi::Object;
use poem_openapi::registry::MetaSchema;
use poem_openapi::types::Example;
use serde::Serialize;

use crate::api::http::params::{Parameter, Path};
use crate::api::tracking::shapes::{GivenAmount, GivenDay, LogDay, Number};
use crate::app::demo;
use crate::model::tracking::{DayTotals, Log, LogType};
use crate::model::{Invalid, Unfit};

/// How the types are written.
const TYPES: [(&str, LogType); 5] = [
    ("steps", LogType::Steps),
    ("calories", LogType::Calories),
    ("active_minutes", LogType::ActiveMinutes),
    ("lightly_active_minutes", LogType::LightlyActiveMinutes),
    ("sedentary_minutes", LogType::SedentaryMinutes),
];

impl Parameter for LogType {
    fn schema() -> MetaSchema {
        MetaSchema { enum_items: TYPES.iter().map(|(word, _)| (*word).into()).collect(), ..MetaSchema::new("string") }
    }
}

/// The type that the path names.
///
/// # Errors
/// TYPE (contract of tracking, section 6).
pub(super) fn log_type(given: Path<LogType>) -> Result<LogType, Invalid> {
    let given = given.given();
    let known = TYPES.iter().find(|(word, _)| *word == given).map(|(_, kind)| *kind);
    known.ok_or_else(|| Unfit::LogType.into())
}

/// The total of a day.
#[derive(Object, Serialize)]
#[oai(rename = "Log", example)]
pub(super) struct LogBody {
    /// The day.
    date: LogDay,
    /// How much.
    value: Number,
}

impl Example for LogBody {
    fn example() -> Self {
        demo::day_totals(0, 0).of(LogType::Steps).into()
    }
}

impl From<Log> for LogBody {
    fn from(log: Log) -> Self {
        Self { date: LogDay(log.date), value: Number(log.value) }
    }
}

/// The totals of days, of all types.
#[derive(Object, Serialize)]
#[oai(rename = "Logs", example)]
pub(super) struct LogsBody {
    /// Steps.
    steps: Vec<LogBody>,
    /// Burnt calories.
    calories: Vec<LogBody>,
    /// Minutes in which the child moved much.
    active_minutes: Vec<LogBody>,
    /// Minutes in which it moved a little.
    lightly_active_minutes: Vec<LogBody>,
    /// Minutes in which it did not move.
    sedentary_minutes: Vec<LogBody>,
}

impl Example for LogsBody {
    fn example() -> Self {
        vec![demo::day_totals(0, 0), demo::day_totals(0, 1)].into()
    }
}

impl From<Vec<DayTotals>> for LogsBody {
    fn from(days: Vec<DayTotals>) -> Self {
        let of = |kind| days.iter().map(|day| day.of(kind).into()).collect();
        Self {
            steps: of(LogType::Steps),
            calories: of(LogType::Calories),
            active_minutes: of(LogType::ActiveMinutes),
            lightly_active_minutes: of(LogType::LightlyActiveMinutes),
            sedentary_minutes: of(LogType::SedentaryMinutes),
        }
    }
}

/// The total of a day, to store.
#[derive(Object)]
#[oai(rename = "NewLog", example)]
pub(super) struct NewLogBody {
    /// The day.
    date: GivenDay,
    /// How much.
    value: GivenAmount,
}

impl Example for NewLogBody {
    fn example() -> Self {
        Self { date: GivenDay::example("2026-01-09"), value: GivenAmount::example(7810.0) }
    }
}
