//! Rosters: things as rows of sheets, what other programs know them by, and what each import changed.

pub(in crate::store) mod journal;
mod rows;
mod sources;
