//! What is tracked of children, and of the air around them.

mod field;
mod measurement;

pub use field::Field;
pub use measurement::{BodyFat, NewBodyFat, NewWeight, Weight};

/// The most items that one request may bring.
pub const MAX_ITEMS: usize = 1000;
