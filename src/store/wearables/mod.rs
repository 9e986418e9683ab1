//! Wearables: what of that is tracked came from which file, databases that other programs made, and children's accounts at
//! services.

mod accounts;
mod coverage;
pub mod foreign;
mod found;
mod imports;
mod rows;
mod seen;

pub use coverage::CoveredDays;
pub use imports::{ChildImport, ImportBatch};
pub use rows::{Before, ImportedRow};
pub use seen::ListOf;
