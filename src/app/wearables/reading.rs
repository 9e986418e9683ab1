//! What a file says of a child, whichever program wrote it: as it goes from whoever reads the file to the service.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was read. Holds no name of anybody, no address of a device, and no place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The source.
    pub source: String,
    /// What it is called.
    pub title: String,
    /// The version of its reader.
    pub reader: u32,
    /// What such files do not say.
    pub cannot_say: String,
    /// Totals of days.
    pub days: Vec<DayRead>,
    /// Activities.
    pub activities: Vec<ActivityRead>,
    /// Nights and naps.
    pub nights: Vec<NightRead>,
    /// Weights.
    pub weights: Vec<WeightRead>,
    /// Body fats that came with no weight.
    pub body_fats: Vec<BodyFatRead>,
    /// What was left out, and why.
    pub left_out: Vec<LeftOutRecord>,
    /// What the file does not say, and what was answered.
    pub questions: Vec<QuestionRecord>,
    /// On how many days which device or program was taken.
    pub origins: Vec<OriginRecord>,
}

/// Totals of a day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DayRead {
    /// Days since 1970, where the child was.
    pub day: i64,
    /// In the order of [`crate::model::wearables::DataKind::ALL`]; what the source does not say is absent.
    pub totals: [Option<f64>; 5],
}

/// An activity. Times are milliseconds, instants since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivityRead {
    /// What the source knows it by, hashed.
    pub key: i64,
    /// The day, where the child was.
    pub day: i64,
    /// When it began.
    pub start: i64,
    /// How long it was.
    pub duration: u64,
    /// What it was.
    pub name: String,
    /// Kilocalories.
    pub calories: f64,
    /// Steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// How long at which intensity, in the order of [`crate::model::tracking::Intensity::ALL`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub levels: Option<[u64; 4]>,
    /// The average rate, and of each zone the lowest, the highest and how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heart_rate: Option<(u64, [[u64; 3]; 4])>,
}

/// A night, or a nap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NightRead {
    /// What the source knows it by, hashed.
    pub key: i64,
    /// The day on which it ended, where the child was.
    pub day: i64,
    /// When it began.
    pub start: i64,
    /// How long it was.
    pub duration: u64,
    /// Whether stages were told apart.
    pub stages: bool,
    /// When each part began, which of its type's phases it was, and how long.
    pub entries: Vec<(i64, usize, u64)>,
}

/// A weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightRead {
    /// What the source knows it by, hashed.
    pub key: i64,
    /// The day, where the child was.
    pub day: i64,
    /// When it was measured.
    pub time: i64,
    /// Kilograms.
    pub value: f64,
    /// Per cent, if it was measured at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_fat: Option<f64>,
}

/// A body fat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BodyFatRead {
    /// What the source knows it by, hashed.
    pub key: i64,
    /// The day, where the child was.
    pub day: i64,
    /// When it was measured.
    pub time: i64,
    /// Per cent.
    pub value: f64,
}

/// What of a file was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutRecord {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
    /// How often.
    pub count: u64,
}

/// What a file does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionRecord {
    /// Its name, which is that of the option without the dashes.
    pub question: String,
    /// What is not said.
    pub why: String,
    /// What can be answered, as an example or a choice.
    pub choices: String,
    /// What was answered, now or before.
    pub answer: Option<String>,
    /// Whether that is what another part of the file says, as long as nobody says otherwise.
    #[serde(default)]
    pub said: bool,
    /// The first rows that depend on it, as they stand in the file.
    pub rows: Vec<String>,
}

/// On how many days something was taken of one of several devices or programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginRecord {
    /// Which.
    pub origin: String,
    /// On how many days it was there.
    pub days: usize,
    /// On how many of them it was taken.
    pub taken: usize,
}

/// Answers by question.
pub type Answers = BTreeMap<String, String>;
