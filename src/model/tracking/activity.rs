//! Physical activities of children.

use jiff::Timestamp;

use crate::model::{Child, Id, Identified, Kind, Text};

/// A physical activity of a child. Unique by its start, to the millisecond.
#[derive(Debug, Clone, PartialEq)]
pub struct PhysicalActivity {
    /// Its id.
    pub id: Id<PhysicalActivity>,
    /// Whose it is.
    pub child: Id<Child>,
    /// What was done.
    pub facts: ActivityFacts,
}

impl Identified for PhysicalActivity {
    const KIND: Kind = Kind::PhysicalActivity;
}

/// What is known of a physical activity; also what is needed to store one.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityFacts {
    /// When, and how long.
    pub period: Period,
    /// What, in any words.
    pub name: Text,
    /// How much was burnt.
    pub calories: f64,
    /// How many steps were made.
    pub steps: Option<u64>,
    /// How far, in metres.
    pub distance: Option<f64>,
    /// How long at which intensity: each once, in the order given.
    pub levels: Option<[ActivityLevel; 4]>,
    /// How the heart beat.
    pub heart_rate: Option<HeartRate>,
}

/// A start, and how long from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first instant.
    pub start: Timestamp,
    /// In milliseconds, more than zero.
    pub duration: u64,
}

impl Period {
    /// The end of it.
    #[must_use]
    pub fn end(self) -> Timestamp {
        let milliseconds = i64::try_from(self.duration).unwrap_or(i64::MAX);
        let length = jiff::SignedDuration::from_millis(milliseconds);
        self.start.checked_add(length).unwrap_or(Timestamp::MAX)
    }
}

/// How long somebody was active at one intensity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityLevel {
    /// How intense.
    pub intensity: Intensity,
    /// In milliseconds.
    pub duration: u64,
}

/// How intense an activity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intensity {
    /// Hardly any.
    Sedentary,
    /// A little.
    Lightly,
    /// Some.
    Fairly,
    /// A lot.
    Very,
}

impl Intensity {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sedentary, Self::Lightly, Self::Fairly, Self::Very];
}

/// How a heart beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeartRate {
    /// In beats per minute.
    pub average: u64,
    /// As [`HeartRateZone::ALL`] orders them.
    pub zones: [ZoneFacts; 4],
}

/// A zone of heart rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeartRateZone {
    /// Below all others.
    OutOfRange,
    /// Low.
    FatBurn,
    /// High.
    Cardio,
    /// The highest.
    Peak,
}

impl HeartRateZone {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::OutOfRange, Self::FatBurn, Self::Cardio, Self::Peak];
}

/// What is known of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZoneFacts {
    /// The lowest rate, in beats per minute.
    pub min: u64,
    /// The highest rate, in beats per minute. Not compared with the lowest.
    pub max: u64,
    /// How long the heart beat in it, in milliseconds.
    pub duration: u64,
}
