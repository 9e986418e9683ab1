//! What is tracked of children, and of the air around them.

mod activity;
mod child_days;
mod environment;
mod field;
mod log;
mod measurement;
mod overview;
mod sleep;

pub use activity::{
    ActivityFacts, ActivityLevel, HeartRate, HeartRateZone, Intensity, Period, PhysicalActivity, ZoneFacts,
};
pub use child_days::{ChildDays, KnownDay};
pub use environment::{Environment, EnvironmentFacts, Location, MAX_MEASUREMENTS, Measurement};
pub use field::{Field, ZoneField};
pub(crate) use log::days_between;
pub use log::{DayTotals, Log, LogRange, LogType, StoredDay};
pub use measurement::{BodyFat, NewBodyFat, NewWeight, Weight};
pub use overview::{Overview, RoleCount};
pub use sleep::{MAX_ENTRIES, PhaseSummary, Sleep, SleepEntry, SleepFacts, SleepPhase, SleepType};

/// The most items that one request may bring.
pub const MAX_ITEMS: usize = 1000;
