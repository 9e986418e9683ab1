//! What is known of a child's days: what it did, and how long it slept.

use jiff::civil::Date;

use crate::model::{Child, Id, Username};

/// A child and its days of a range.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildDays {
    /// Whose they are.
    pub child: Id<Child>,
    /// What the child is called.
    pub username: Username,
    /// The newest day that has totals, also outside the range; without any, the one on which the newest night ended.
    pub last_day: Option<Date>,
    /// The days of the range of which anything is stored, in their order.
    pub days: Vec<KnownDay>,
}

/// What is known of a day; what is absent was not measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownDay {
    /// The day.
    pub date: Date,
    /// How many steps.
    pub steps: Option<f64>,
    /// How many minutes of much movement.
    pub active_minutes: Option<f64>,
    /// How long the child was asleep in the nights that ended on the day (UTC), in milliseconds.
    pub asleep: Option<u128>,
}

impl KnownDay {
    /// A day of which nothing is known yet.
    #[must_use]
    pub fn unknown(date: Date) -> Self {
        Self { date, steps: None, active_minutes: None, asleep: None }
    }
}
