//! What forms of rosters there are, and how they are told apart: here a form is added, and a module that reads it.

use crate::app::rosters::read::standards::{is_clever, is_oneroster};
use crate::app::rosters::read::{Files, old_platform};

/// A form of rosters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app::rosters::read) enum Form {
    /// Our own spreadsheets: a file for each sheet.
    Spreadsheet,
    /// What the old platform's database held, in files of its tools.
    OldPlatform,
    /// OneRoster 1.1 or 1.2, or Microsoft's School Data Sync.
    OneRoster,
    /// Clever.
    Clever,
}

/// The form of files, by their names and their first bytes. What is none is taken for a spreadsheet, whose reader says
/// what is wrong with it.
pub(in crate::app::rosters::read) fn of(files: &Files) -> Form {
    if files.iter().any(|(name, bytes)| old_platform::is_one(name, bytes)) {
        return Form::OldPlatform;
    }
    // Both have enrollments.
    if is_clever(files) {
        Form::Clever
    } else if is_oneroster(files) {
        Form::OneRoster
    } else {
        Form::Spreadsheet
    }
}
