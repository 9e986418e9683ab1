//! Wearables: what files of watches, bands, scales and phones say of children, and the services that keep it.

mod account;
mod field;
mod record;

use super::tracking::LogType;

pub use account::{Features, ProviderKind, Secret};
pub use field::Field;
pub use record::{FitbitStatus, TokenRecord, TokenStatus, Tokens};

/// A kind of data that such files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKind {
    /// A total of a day.
    Total(LogType),
    /// A physical activity.
    Activity,
    /// A night, or a nap.
    Sleep,
    /// A weight.
    Weight,
    /// A body fat.
    BodyFat,
}

impl DataKind {
    /// Every kind; the place of each is what it is stored as.
    pub const ALL: [DataKind; 9] = [
        DataKind::Total(LogType::Steps),
        DataKind::Total(LogType::Calories),
        DataKind::Total(LogType::ActiveMinutes),
        DataKind::Total(LogType::LightlyActiveMinutes),
        DataKind::Total(LogType::SedentaryMinutes),
        DataKind::Activity,
        DataKind::Sleep,
        DataKind::Weight,
        DataKind::BodyFat,
    ];

    /// What it is stored as.
    #[must_use]
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|kind| *kind == self).unwrap_or_default()
    }

    /// Its name, as in the API's paths.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            DataKind::Total(LogType::Steps) => "steps",
            DataKind::Total(LogType::Calories) => "calories",
            DataKind::Total(LogType::ActiveMinutes) => "active_minutes",
            DataKind::Total(LogType::LightlyActiveMinutes) => "lightly_active_minutes",
            DataKind::Total(LogType::SedentaryMinutes) => "sedentary_minutes",
            DataKind::Activity => "physicalactivities",
            DataKind::Sleep => "sleep",
            DataKind::Weight => "weights",
            DataKind::BodyFat => "bodyfats",
        }
    }
}
