//! Imports, whatever was imported: what is told of one that was carried out, and of taking one back.

use serde::{Deserialize, Serialize};

/// What operators ask of imports.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ImportsCommand {
    /// The imports that there were.
    List {},
    /// What an import changed, and what of that can be taken back.
    Show {
        /// The import.
        import: i64,
    },
    /// Takes an import back.
    Undo {
        /// The import.
        import: i64,
    },
}

impl ImportsCommand {
    /// The verb that asks for it.
    pub(in crate::app) fn verb(&self) -> &'static str {
        match self {
            Self::List {} => "import list",
            Self::Show { .. } => "import show",
            Self::Undo { .. } => "import undo",
        }
    }
}

/// What operators hear of imports.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportsOutcome {
    /// These there were, the newest first.
    All(Vec<ImportRecord>),
    /// This is what an import changed, or what was taken back of it.
    One(UndoRecord),
}

/// An import that was carried out.
#[derive(Serialize, Deserialize)]
pub struct ImportRecord {
    /// Its number.
    pub import: i64,
    /// RFC 3339.
    pub at: String,
    /// What its files were.
    pub format: String,
    /// Things that it made.
    pub created: usize,
    /// Things that it changed.
    pub changed: usize,
    /// When it was taken back, if it was. RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<String>,
}

/// What an import changed, one thing each, and what of that was, or can be, taken back.
#[derive(Serialize, Deserialize)]
pub struct UndoRecord {
    /// The import.
    pub import: ImportRecord,
    /// How many things are put back.
    pub put_back: usize,
    /// How many are removed.
    pub removed: usize,
    /// How many are left as they are: see `left`.
    pub left_in_all: usize,
    /// The first of those that are left, and why.
    pub left: Vec<LeftRecord>,
}

/// A thing that is left as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LeftRecord {
    /// Its sheet, or the kind of data.
    pub sheet: String,
    /// Its id; of a total of a day, the day.
    pub id: String,
    /// Why.
    pub why: String,
}
