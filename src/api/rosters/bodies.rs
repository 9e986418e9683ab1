//! What is told of uploads, plans and imports.

use poem_openapi::Object;
use poem_openapi::types::Example;
use serde::Serialize;

use crate::api::http::names::as_members;
use crate::app::rosters::UploadRecord;
use crate::app::rosters::records::{
    AppliedRecord, ColumnRecord, CountsRecord, FileRecord, ImportRecord, LeftRecord, LineRecord, PlanRecord,
    Preparation, ProblemRecord, UndoRecord,
};

/// An upload.
#[derive(Object, Serialize)]
#[oai(rename = "Upload", example, skip_serializing_if_is_none)]
pub(super) struct UploadBody {
    /// Its files.
    files: Vec<UploadedBody>,
    /// Names its plan, if there is one that can be applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    /// How many passwords of the plan are hashed.
    done: usize,
    /// How many there are to be.
    total: usize,
    /// What was changed, once it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<AppliedBody>,
}

impl Example for UploadBody {
    fn example() -> Self {
        let file = UploadedBody { file: "children.csv".to_owned(), bytes: 1234 };
        Self { files: vec![file], plan: None, done: 0, total: 0, applied: None }
    }
}

impl From<UploadRecord> for UploadBody {
    fn from(upload: UploadRecord) -> Self {
        Self {
            files: upload.files.into_iter().map(|(file, bytes)| UploadedBody { file, bytes }).collect(),
            plan: upload.plan,
            done: upload.done,
            total: upload.total,
            applied: upload.applied.map(AppliedBody::from),
        }
    }
}

/// A file that was uploaded.
#[derive(Object, Serialize)]
#[oai(rename = "UploadedFile")]
struct UploadedBody {
    /// Its name.
    file: String,
    /// How long it is, in bytes.
    bytes: u64,
}

/// What the files of an upload would change.
#[derive(Object, Serialize)]
#[oai(rename = "Plan", example)]
pub(super) struct PlanBody {
    /// Names the plan.
    plan: String,
    /// What the files were taken for: `spreadsheet`, `OneRoster 1.1` or another.
    format: String,
    /// Which they are.
    files: Vec<FileBody>,
    /// How much of each sheet.
    counts: Vec<CountsBody>,
    /// The first of what would be done, of each deed and sheet.
    lines: Vec<LineBody>,
    /// What was read and comes to nothing here.
    left_out: Vec<String>,
    /// The first of the reasons why nothing of it can be done, if there are any.
    problems: Vec<ProblemBody>,
    /// How many there are.
    problems_in_all: usize,
    /// How many passwords are to be made up.
    passwords_to_make_up: usize,
}

impl Example for PlanBody {
    fn example() -> Self {
        Self {
            plan: "6f1c2a9be07d4e356f1c2a9b".to_owned(),
            format: "spreadsheet".to_owned(),
            files: Vec::new(),
            counts: Vec::new(),
            lines: Vec::new(),
            left_out: Vec::new(),
            problems: Vec::new(),
            problems_in_all: 0,
            passwords_to_make_up: 0,
        }
    }
}

impl From<PlanRecord> for PlanBody {
    fn from(plan: PlanRecord) -> Self {
        Self {
            plan: plan.plan,
            format: plan.format,
            files: plan.files.into_iter().map(FileBody::from).collect(),
            counts: plan.counts.into_iter().map(CountsBody::from).collect(),
            lines: plan.lines.into_iter().map(LineBody::from).collect(),
            left_out: plan.left_out.iter().map(|words| as_members(words)).collect(),
            problems: plan.problems.into_iter().map(ProblemBody::from).collect(),
            problems_in_all: plan.problems_in_all,
            passwords_to_make_up: plan.passwords_to_make_up,
        }
    }
}

/// A file that was read.
#[derive(Object, Serialize)]
#[oai(rename = "PlannedFile")]
struct FileBody {
    /// Its name.
    file: String,
    /// Which sheet it is; of other programs, which of their files.
    sheet: String,
    /// How its letters are written; empty if it could not be read.
    encoding: String,
    /// What stands between its cells.
    separator: String,
    /// How many rows it has, below the headers.
    rows: usize,
    /// Headers of columns that are left out.
    ignored: Vec<String>,
}

impl From<FileRecord> for FileBody {
    fn from(record: FileRecord) -> Self {
        let FileRecord { file, sheet, encoding, separator, rows, ignored } = record;
        Self { file, sheet, encoding, separator, rows, ignored }
    }
}

/// How much of a sheet a plan changes.
#[derive(Object, Serialize)]
#[oai(rename = "PlannedCounts")]
struct CountsBody {
    /// The sheet.
    sheet: String,
    /// New things.
    create: usize,
    /// Things with other values.
    change: usize,
    /// Things that belong elsewhere.
    r#move: usize,
    /// Users who are deactivated, and groups that are deleted.
    remove: usize,
    /// Users who are active again.
    activate: usize,
    /// Things that are as the files say.
    unchanged: usize,
    /// Things that the files do not name, and nothing is done to.
    missing: usize,
}

impl From<CountsRecord> for CountsBody {
    fn from(record: CountsRecord) -> Self {
        let CountsRecord { sheet, create, change, r#move, remove, activate, unchanged, missing } = record;
        Self { sheet, create, change, r#move, remove, activate, unchanged, missing }
    }
}

/// What would be done to one thing.
#[derive(Object, Serialize)]
#[oai(rename = "PlannedLine", skip_serializing_if_is_none)]
struct LineBody {
    /// `create`, `change`, `move`, `deactivate`, `activate` or `delete`.
    deed: String,
    /// The sheet.
    sheet: String,
    /// The file that says so; absent if no file names the thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The row, as a spreadsheet counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<usize>,
    /// The thing's name.
    name: String,
    /// The thing's id, if it is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The columns that become others.
    columns: Vec<ColumnBody>,
}

impl From<LineRecord> for LineBody {
    fn from(record: LineRecord) -> Self {
        let LineRecord { deed, sheet, file, row, name, id, columns } = record;
        Self { deed, sheet, file, row, name, id, columns: columns.into_iter().map(ColumnBody::from).collect() }
    }
}

/// A value that becomes another.
#[derive(Object, Serialize)]
#[oai(rename = "PlannedColumn", skip_serializing_if_is_none)]
struct ColumnBody {
    /// The column.
    column: String,
    /// The present value.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The value to be.
    to: String,
}

impl From<ColumnRecord> for ColumnBody {
    fn from(record: ColumnRecord) -> Self {
        let ColumnRecord { column, from, to } = record;
        Self { column, from, to }
    }
}

/// Why a row, or a file, cannot be taken.
#[derive(Object, Serialize)]
#[oai(rename = "PlanProblem", skip_serializing_if_is_none)]
struct ProblemBody {
    /// `conflict`, if it contradicts what there is or another row, or `refused`.
    class: String,
    /// The file.
    file: String,
    /// The row, as a spreadsheet counts; absent if it is the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<usize>,
    /// The column, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// What stands there, without saying it: such as `text of 7 characters`.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// What is wrong, and what to do.
    message: String,
}

impl From<ProblemRecord> for ProblemBody {
    fn from(record: ProblemRecord) -> Self {
        let ProblemRecord { class, file, row, column, value, message } = record;
        Self { class, file, row, column, value, message: as_members(&message) }
    }
}

/// How far a plan is prepared.
#[derive(Object, Serialize)]
#[oai(rename = "PlanPreparation", example)]
pub(super) struct PreparationBody {
    /// How many passwords are hashed.
    done: usize,
    /// How many there are to be.
    total: usize,
}

impl Example for PreparationBody {
    fn example() -> Self {
        Self { done: 16, total: 600 }
    }
}

impl From<Preparation> for PreparationBody {
    fn from(record: Preparation) -> Self {
        Self { done: record.done, total: record.total }
    }
}

/// What was changed.
#[derive(Object, Serialize)]
#[oai(rename = "AppliedPlan", example, skip_serializing_if_is_none)]
pub(super) struct AppliedBody {
    /// The number of the import; absent if there was nothing to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    import: Option<i64>,
    /// How many things were made.
    created: usize,
    /// How many were changed.
    changed: usize,
    /// How many users were deactivated and groups deleted.
    removed: usize,
}

impl Example for AppliedBody {
    fn example() -> Self {
        Self { import: Some(1), created: 600, changed: 0, removed: 0 }
    }
}

impl From<AppliedRecord> for AppliedBody {
    fn from(record: AppliedRecord) -> Self {
        let AppliedRecord { import, created, changed, removed } = record;
        Self { import, created, changed, removed }
    }
}

/// An import that was carried out.
#[derive(Object, Serialize)]
#[oai(rename = "Import", example, skip_serializing_if_is_none)]
pub(super) struct ImportBody {
    /// Its number.
    import: i64,
    /// When it was carried out.
    at: String,
    /// What its files were.
    format: String,
    /// Things that it made.
    created: usize,
    /// Things that it changed, those among them that it removed.
    changed: usize,
    /// When it was taken back, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_at: Option<String>,
}

impl Example for ImportBody {
    fn example() -> Self {
        Self {
            import: 1,
            at: "2026-09-01T08:00:00.000Z".to_owned(),
            format: "spreadsheet".to_owned(),
            created: 600,
            changed: 0,
            undone_at: None,
        }
    }
}

impl From<ImportRecord> for ImportBody {
    fn from(record: ImportRecord) -> Self {
        let ImportRecord { import, at, format, created, changed, undone_at } = record;
        Self { import, at, format, created, changed, undone_at }
    }
}

/// What of an import was, or can be, taken back.
#[derive(Object, Serialize)]
#[oai(rename = "ImportUndo", example)]
pub(super) struct UndoBody {
    /// The import.
    import: ImportBody,
    /// How many things are put back.
    put_back: usize,
    /// How many are removed.
    removed: usize,
    /// How many are left as they are.
    left_in_all: usize,
    /// The first of those, and why.
    left: Vec<LeftBody>,
}

impl Example for UndoBody {
    fn example() -> Self {
        Self { import: ImportBody::example(), put_back: 0, removed: 600, left_in_all: 0, left: Vec::new() }
    }
}

impl From<UndoRecord> for UndoBody {
    fn from(record: UndoRecord) -> Self {
        Self {
            import: ImportBody::from(record.import),
            put_back: record.put_back,
            removed: record.removed,
            left_in_all: record.left_in_all,
            left: record.left.into_iter().map(LeftBody::from).collect(),
        }
    }
}

/// A thing that is left as it is.
#[derive(Object, Serialize)]
#[oai(rename = "ImportLeft")]
struct LeftBody {
    /// Its sheet.
    sheet: String,
    /// Its id.
    id: String,
    /// Why.
    why: String,
}

impl From<LeftRecord> for LeftBody {
    fn from(record: LeftRecord) -> Self {
        let LeftRecord { sheet, id, why } = record;
        Self { sheet, id, why }
    }
}
