//! What operators ask of rosters, and what they hear: as it goes over the control socket and into `--json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

pub use crate::app::imports::{ImportRecord, LeftRecord, UndoRecord};

/// A part of a file on its way to the service. Has no `Debug`: it holds people.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bytes(pub Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD_NO_PAD.decode(text).map(Self).map_err(|_| "the part of a file is not in base64")
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        STANDARD_NO_PAD.encode(bytes.0)
    }
}

/// What operators ask of rosters.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RosterCommand {
    /// Takes the next part of a file. Another upload begins anew, and what was there of one before is forgotten.
    Send {
        /// What the sender calls the upload.
        upload: String,
        /// The file's name.
        file: String,
        /// Follows what was sent of this file before.
        part: Bytes,
    },
    /// What the files of an upload would change.
    Plan {
        /// The upload.
        upload: String,
        /// How they are to be read.
        options: PlanOptions,
    },
    /// What a new school year would change.
    RollOver(RollOver),
    /// Goes on, for some seconds, with what is to be computed before a plan can be applied.
    Prepare {
        /// The plan.
        plan: String,
    },
    /// Applies a plan: all of it, or nothing.
    Apply {
        /// The plan.
        plan: String,
    },
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
    /// A part of a sheet as it is now.
    Export {
        /// The sheet.
        sheet: String,
        /// After the thing of this id.
        after: Option<String>,
        /// Whether users who left are on it.
        #[serde(default)]
        with_left: bool,
    },
}

/// How files are to be read, and what becomes of those who are new.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanOptions {
    /// The sheet of the only file, whatever its name.
    #[serde(default)]
    pub sheet: Option<String>,
    /// The encoding of files that say nothing of theirs and are not UTF-8.
    #[serde(default)]
    pub encoding: Option<String>,
    /// Headers of columns that are left out.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// What becomes of new users without a password.
    #[serde(default)]
    pub passwords: Passwords,
    /// Where usernames come from, by sheet: a header of another program's file, or a pattern such as `BR{0001}` that
    /// numbers those who are new and have none.
    #[serde(default)]
    pub usernames: BTreeMap<String, String>,
    /// Whether who is missing is deactivated, and groups that are missing are deleted.
    #[serde(default)]
    pub remove_missing: bool,
    /// How many users of a type may be deactivated: a number, or a percentage of those who are active. Without, `10%`.
    #[serde(default)]
    pub max_removals: Option<String>,
    /// After how many days users are deleted who are deactivated; without, never.
    #[serde(default)]
    pub erase_after_days: Option<u32>,
    /// Whether the plan is to be kept, for applying it.
    #[serde(default)]
    pub keep: bool,
    /// What usernames in a dump of the old platform are encrypted with.
    #[serde(default)]
    pub old_secret: Option<String>,
    /// Whether users of a dump whose name is taken get another.
    #[serde(default)]
    pub rename_duplicates: bool,
}

/// What is said of a new school year.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RollOver {
    /// The institution whose groups these are, by name or id; without, all.
    pub institution: Option<String>,
    /// The grade that leaves; without, the highest that there is in an institution.
    pub top: Option<u32>,
    /// How many children may leave: a number, or a percentage of those who are active. Without, `40%`.
    pub max_removals: Option<String>,
    /// After how many days those are deleted who leave; without, never.
    pub erase_after_days: Option<u32>,
    /// Whether there may have been one months ago.
    pub again: bool,
    /// Whether the plan is to be kept, for applying it.
    pub keep: bool,
}

/// What becomes of new users for whom no password is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passwords {
    /// They are refused.
    #[default]
    Given,
    /// One is made up for each.
    MadeUp,
    /// They have none, and cannot log in until they are given one.
    Unset,
}

/// What operators hear.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RosterOutcome {
    /// The part was taken.
    Sent {},
    /// This would be changed.
    Planned(PlanRecord),
    /// So much is computed.
    Prepared(Preparation),
    /// This was changed.
    Applied(AppliedRecord),
    /// What there is is not any more what the plan was made of: nothing was changed.
    OutOfDate {},
    /// These imports there were, the newest first.
    Imports(Vec<ImportRecord>),
    /// This is what an import changed, or what was taken back of it.
    Import(UndoRecord),
    /// This is a part of a sheet.
    Rows(RowsRecord),
}

/// A plan.
#[derive(Serialize, Deserialize)]
pub struct PlanRecord {
    /// Names the plan as long as it is kept.
    pub plan: String,
    /// What the files were taken for.
    pub format: String,
    /// Which they are.
    pub files: Vec<FileRecord>,
    /// How much of each sheet.
    pub counts: Vec<CountsRecord>,
    /// The first of what would be done, of each deed and sheet.
    pub lines: Vec<LineRecord>,
    /// What was read and comes to nothing here.
    pub left_out: Vec<String>,
    /// Why nothing of it can be done: the first of them.
    pub problems: Vec<ProblemRecord>,
    /// How many there are.
    pub problems_in_all: usize,
    /// What is left out, though nothing is wrong: the first of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<ProblemRecord>,
    /// How much there is.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub notices_in_all: usize,
    /// How many passwords are to be made up.
    pub passwords_to_make_up: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A file that was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its name.
    pub file: String,
    /// Which sheet it is.
    pub sheet: String,
    /// How its letters are written.
    pub encoding: String,
    /// What stands between its cells: `comma`, `semicolon` or `tab`.
    pub separator: String,
    /// How many rows it has, below the headers.
    pub rows: usize,
    /// The columns that are left out because it was said so.
    pub ignored: Vec<String>,
}

/// How much of a sheet a plan changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountsRecord {
    /// The sheet.
    pub sheet: String,
    /// New things.
    pub create: usize,
    /// Things with other values.
    pub change: usize,
    /// Things that belong elsewhere.
    pub r#move: usize,
    /// Users who are to be deactivated, and groups that are to be deleted.
    pub remove: usize,
    /// Users who were deactivated by an import and are to be active again.
    pub activate: usize,
    /// Things that are as the files say.
    pub unchanged: usize,
    /// Things that the files do not name, and nothing is done to.
    pub missing: usize,
}

/// What would be done to one thing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LineRecord {
    /// `create`, `change`, `move`, `deactivate`, `activate` or `delete`.
    pub deed: String,
    /// The sheet.
    pub sheet: String,
    /// The file that says so; none, if no file names the thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The row, as a spreadsheet counts: the first one is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// The thing's name.
    pub name: String,
    /// The thing's id, if it is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The columns that become others.
    pub columns: Vec<ColumnRecord>,
}

/// A value that becomes another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ColumnRecord {
    /// The column.
    pub column: String,
    /// The present value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The value to be.
    pub to: String,
}

/// Why a row, or a file, cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemRecord {
    /// `conflict`, if it contradicts what there is or another row, or `refused`.
    pub class: String,
    /// The file.
    pub file: String,
    /// The row, as a spreadsheet counts; none if it is the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// The column, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What stands there, without saying it: such as `text of 7 characters`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong, and what to do.
    pub message: String,
}

/// How far a plan is prepared.
#[derive(Serialize, Deserialize)]
pub struct Preparation {
    /// Password hashes that are computed.
    pub done: usize,
    /// Password hashes that there are to be.
    pub total: usize,
    /// The passwords that were made up since the last time: to be kept before the plan is applied.
    pub made_up: Vec<MadeUp>,
}

/// A password that was made up. Has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct MadeUp {
    /// The user's type.
    pub r#type: String,
    /// The user's name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// What became of a plan.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct AppliedRecord {
    /// The number of the import; none if there was nothing to change.
    pub import: Option<i64>,
    /// How many things were made.
    pub created: usize,
    /// How many were changed.
    pub changed: usize,
    /// How many users were deactivated and groups deleted.
    pub removed: usize,
}

/// Rows of a sheet.
#[derive(Serialize, Deserialize)]
pub struct RowsRecord {
    /// In the order of the sheet's columns.
    pub rows: Vec<Vec<String>>,
    /// Where to go on; nothing after the last row.
    pub next: Option<String>,
}
