//! Wearables: what of that is tracked came from which file, and databases that other programs made.

mod coverage;
pub mod foreign;
mod found;
mod rows;

pub use coverage::CoveredDays;
pub use rows::{Before, ImportBatch, ImportedRow};
