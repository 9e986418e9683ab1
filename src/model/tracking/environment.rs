//! Environments: the air of a room at a time.

use jiff::Timestamp;

use crate::model::{Id, Identified, Institution, Kind, Text};

/// The air of a room of an institution. Unique by its time, to the millisecond, and its location.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// Its id.
    pub id: Id<Environment>,
    /// Whose room it is.
    pub institution: Id<Institution>,
    /// What was measured.
    pub facts: EnvironmentFacts,
}

/// What is needed to store an environment.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentFacts {
    /// When it was measured.
    pub timestamp: Timestamp,
    /// Where.
    pub location: Location,
    /// What: one at least, and [`MAX_MEASUREMENTS`] at most.
    pub measurements: Vec<Measurement>,
    /// Whether the room has an air conditioner.
    pub climatized: bool,
}

/// Where a sensor stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The part of the institution.
    pub local: Text,
    /// The room.
    pub room: Text,
    /// In degrees, as text.
    pub latitude: Option<Text>,
    /// In degrees, as text.
    pub longitude: Option<Text>,
}

/// One thing that a sensor measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// What, in lower case: `temperature`.
    pub kind: Text,
    /// How much, in its unit.
    pub value: f64,
    /// In what: `°C`.
    pub unit: Text,
}

/// The most measurements of one environment.
pub const MAX_MEASUREMENTS: usize = 100;

impl Identified for Environment {
    const KIND: Kind = Kind::Environment;
}
