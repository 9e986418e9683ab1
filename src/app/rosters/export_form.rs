//! What sheets are written as: themselves, or the files of another program.

use crate::app::rosters::export::as_csv;
use crate::app::rosters::oneroster::OneRoster;
use crate::model::Error;
use crate::model::rosters::Sheet;

/// What sheets are written as, a file after another.
pub enum ExportForm {
    /// As they are.
    Sheets,
    /// As OneRoster 1.1.
    OneRoster(OneRoster),
}

impl ExportForm {
    /// The files, and the sheets whose rows each holds, in order.
    #[must_use]
    pub fn files(&self) -> Vec<(String, &'static [Sheet])> {
        match self {
            Self::Sheets => {
                Sheet::ALL.iter().map(|of| (format!("{}.csv", of.word()), std::slice::from_ref(of))).collect()
            }
            Self::OneRoster(_) => OneRoster::files().map(|(name, sheets)| (name.to_owned(), sheets)).collect(),
        }
    }

    /// The next rows of a sheet as text of a file, behind its headers if they are the first.
    ///
    /// # Errors
    /// `Internal`, which does not happen.
    pub fn text(&mut self, file: &str, sheet: Sheet, rows: &[Vec<String>], first: bool) -> Result<String, Error> {
        match self {
            Self::Sheets => as_csv(sheet, rows, first),
            Self::OneRoster(set) => set.rows(file, sheet, rows, first),
        }
    }

    /// A file of its own that says which others there are, and its text.
    #[must_use]
    pub fn manifest(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Sheets => None,
            Self::OneRoster(_) => Some(OneRoster::manifest()),
        }
    }
}
