//! Wearables: what of that is tracked came from which file, and databases that other programs made.

mod coverage;
pub mod foreign;
mod found;
mod imports;
mod rows;

pub use coverage::CoveredDays;
pub use imports::{ChildImport, ImportBatch};
pub use rows::{Before, ImportedRow};
