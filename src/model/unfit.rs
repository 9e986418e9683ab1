//! What requests get wrong that bring measured values.

use super::{Field, Kind, NumberForm, TimeFault};

/// Which rule of the contract of tracking is broken. Holds what the text needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// Whom the path names is not there; its id as it was given.
    Unregistered(Kind, String),
    /// There are more items than one request may bring.
    TooManyItems(usize),
    /// A time cannot be used; as it was given.
    Time(TimeFault, String),
    /// Fields are no numbers of this form.
    Number(Vec<Field>, NumberForm),
}
