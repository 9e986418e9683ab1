//! The tables of what is tracked. Their rows are many and small: the migration that made them says how.

mod activities;
mod body_fats;
mod child_days;
mod data_set;
mod day_totals;
mod environments;
mod list;
mod measurements;
mod numbers;
mod overview;
mod owners;
mod packed;
mod question;
mod retention;
mod services;
mod sleep;
mod weights;

pub use owners::{TrackedChild, TrackedInstitution};
pub use services::KnownService;
