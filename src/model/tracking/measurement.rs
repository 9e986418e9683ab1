//! Weights and body fats of children.

use jiff::Timestamp;

use crate::model::{Child, Id, Identified, Kind, Text};

/// A weight of a child. Unique by its time, to the millisecond.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// Its id.
    pub id: Id<Weight>,
    /// Whose it is.
    pub child: Id<Child>,
    /// When it was measured.
    pub timestamp: Timestamp,
    /// How much, in its unit.
    pub value: f64,
    /// Usually `kg`.
    pub unit: Text,
    /// The present value of the body fat that came with it, per cent, while that is there.
    pub body_fat: Option<f64>,
}

/// What is needed to store a weight.
#[derive(Debug, Clone, PartialEq)]
pub struct NewWeight {
    /// When it was measured.
    pub timestamp: Timestamp,
    /// How much, in its unit.
    pub value: f64,
    /// Usually `kg`.
    pub unit: Text,
    /// What is to be stored as a body fat of the same time, and linked.
    pub body_fat: Option<f64>,
}

impl Identified for Weight {
    const KIND: Kind = Kind::Weight;
}

/// A body fat of a child, per cent. Unique by its time, to the millisecond.
#[derive(Debug, Clone, PartialEq)]
pub struct BodyFat {
    /// Its id.
    pub id: Id<BodyFat>,
    /// Whose it is.
    pub child: Id<Child>,
    /// When it was measured.
    pub timestamp: Timestamp,
    /// Per cent.
    pub value: f64,
}

/// What is needed to store a body fat.
#[derive(Debug, Clone, PartialEq)]
pub struct NewBodyFat {
    /// When it was measured.
    pub timestamp: Timestamp,
    /// Per cent.
    pub value: f64,
}

impl Identified for BodyFat {
    const KIND: Kind = Kind::BodyFat;
}
