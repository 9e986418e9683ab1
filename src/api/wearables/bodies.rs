//! What is told of uploads of files of wearables, of plans and of imports.

use poem_openapi::Object;
use poem_openapi::types::Example;
use serde::Serialize;

use crate::api::http::schema::IdText;
use crate::app::demo;
use crate::app::imports::{ImportRecord, LeftRecord, UndoRecord};
use crate::app::wearables::reading::{LeftOutRecord, OriginRecord, QuestionRecord};
use crate::app::wearables::records::{DaysRecord, HealthAppliedRecord, HealthPlanRecord, KindRecord};
use crate::app::wearables::{WearableImport, WearableUpload};

/// An upload of files of a child's wearable.
#[derive(Object, Serialize)]
#[oai(rename = "WearableUpload", example, skip_serializing_if_is_none)]
pub(super) struct UploadBody {
    /// Its files; none once it is stored.
    files: Vec<FileBody>,
    /// How far it is: `waiting` for files and for being planned, `reading` (or waiting for its turn), `refused` since it
    /// cannot be read, `planned`, `applying`, `applied`.
    stage: String,
    /// How much of what it does now is done: bytes while it is read, things while they are stored.
    done: u64,
    /// How much of that there is.
    total: u64,
    /// Why it has not come further, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// What would be stored, once it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanBody>,
    /// What was stored, once it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<AppliedBody>,
}

impl Example for UploadBody {
    fn example() -> Self {
        let file = FileBody { file: "weight.csv".to_owned(), bytes: 40 };
        let (stage, problem, plan, applied) = ("waiting".to_owned(), None, None, None);
        Self { files: vec![file], stage, done: 0, total: 0, problem, plan, applied }
    }
}

impl From<WearableUpload> for UploadBody {
    fn from(upload: WearableUpload) -> Self {
        let WearableUpload { files, stage, done, total, problem, plan, applied } = upload;
        Self {
            files: files.into_iter().map(|(file, bytes)| FileBody { file, bytes }).collect(),
            stage: stage.to_owned(),
            done,
            total,
            problem,
            plan: plan.map(|(plan, record)| PlanBody::of(plan, &record)),
            applied: applied.map(AppliedBody::from),
        }
    }
}

/// A file that was uploaded.
#[derive(Object, Serialize)]
#[oai(rename = "WearableFile")]
struct FileBody {
    /// Its name.
    file: String,
    /// How long it is, in bytes.
    bytes: u64,
}

/// What of a child's files would be stored.
#[derive(Object, Serialize)]
#[oai(rename = "WearablePlan")]
struct PlanBody {
    /// Names the plan.
    plan: String,
    /// What the files were taken for, as imports tell it.
    format: String,
    /// What that is called.
    title: String,
    /// What such files do not say.
    cannot_say: String,
    /// What these files do not say; while one of them is not answered, nothing can be stored.
    questions: Vec<QuestionBody>,
    /// On how many days which device or program was taken: never more than one for a day.
    origins: Vec<OriginBody>,
    /// What was left out when the files were read, and why.
    left_out: Vec<LeftOutBody>,
    /// How much of each kind of data.
    counts: Vec<CountsBody>,
    /// The same by days, a thousand records at most.
    days: Vec<RunBody>,
}

impl PlanBody {
    fn of(plan: String, record: &HealthPlanRecord) -> Self {
        Self {
            plan,
            format: record.source.clone(),
            title: record.title.clone(),
            cannot_say: record.cannot_say.clone(),
            questions: record.questions.iter().map(QuestionBody::from).collect(),
            origins: record.origins.iter().map(OriginBody::from).collect(),
            left_out: record.left_out.iter().map(LeftOutBody::from).collect(),
            counts: record.counts.iter().map(CountsBody::from).collect(),
            days: record.days.iter().map(RunBody::from).collect(),
        }
    }
}

/// What files do not say.
#[derive(Object, Serialize)]
#[oai(rename = "WearableQuestion", skip_serializing_if_is_none)]
struct QuestionBody {
    /// Its name.
    question: String,
    /// What is not said.
    why: String,
    /// What can be answered, as an example or a choice.
    choices: String,
    /// What was answered, now or before.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// Whether another part of the files says so, as long as nobody answers otherwise.
    said: bool,
    /// The first rows that depend on it, as they stand in the file.
    rows: Vec<String>,
}

impl From<&QuestionRecord> for QuestionBody {
    fn from(record: &QuestionRecord) -> Self {
        let QuestionRecord { question, why, choices, answer, said, rows } = record.clone();
        Self { question, why, choices, answer, said, rows }
    }
}

/// On how many days a device or program was taken.
#[derive(Object, Serialize)]
#[oai(rename = "WearableOrigin")]
struct OriginBody {
    /// Which.
    origin: String,
    /// On how many days it was there.
    days: usize,
    /// On how many of them it was taken.
    taken: usize,
}

impl From<&OriginRecord> for OriginBody {
    fn from(record: &OriginRecord) -> Self {
        let OriginRecord { origin, days, taken } = record.clone();
        Self { origin, days, taken }
    }
}

/// What was left out.
#[derive(Object, Serialize)]
#[oai(rename = "WearableLeftOut")]
struct LeftOutBody {
    /// What.
    what: String,
    /// Why.
    why: String,
    /// How often.
    count: u64,
}

impl From<&LeftOutRecord> for LeftOutBody {
    fn from(record: &LeftOutRecord) -> Self {
        let LeftOutRecord { what, why, count } = record.clone();
        Self { what, why, count }
    }
}

/// How much of a kind of data would be stored.
#[derive(Object, Serialize)]
#[oai(rename = "WearableCounts")]
struct CountsBody {
    /// The kind, as in the paths of the API.
    kind: String,
    /// Nothing is there.
    new: usize,
    /// The same source said something else before.
    changed: usize,
    /// It is there already.
    equal: usize,
    /// It is left as it is.
    skipped: usize,
}

impl From<&KindRecord> for CountsBody {
    fn from(record: &KindRecord) -> Self {
        let KindRecord { kind, new, changed, equal, skipped } = record.clone();
        Self { kind, new, changed, equal, skipped }
    }
}

/// What happens on days in a row.
#[derive(Object, Serialize)]
#[oai(rename = "WearableDays", skip_serializing_if_is_none)]
struct RunBody {
    /// The kind, as in the paths of the API.
    kind: String,
    /// The first day.
    from: String,
    /// The last.
    to: String,
    /// `new`, `changed`, `equal` or `skipped`.
    what: String,
    /// How many things.
    count: usize,
    /// Why they are skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl From<&DaysRecord> for RunBody {
    fn from(record: &DaysRecord) -> Self {
        let DaysRecord { kind, from, to, what, count, why } = record.clone();
        Self { kind, from, to, what, count, why }
    }
}

/// What was stored.
#[derive(Object, Serialize)]
#[oai(rename = "AppliedWearablePlan", skip_serializing_if_is_none)]
struct AppliedBody {
    /// The number of the import; absent if there was nothing to store.
    #[serde(skip_serializing_if = "Option::is_none")]
    import: Option<i64>,
    /// How many things were stored where nothing was.
    created: usize,
    /// How many were stored in the place of others.
    changed: usize,
}

impl From<HealthAppliedRecord> for AppliedBody {
    fn from(record: HealthAppliedRecord) -> Self {
        let HealthAppliedRecord { import, created, changed } = record;
        Self { import, created, changed }
    }
}

/// What an import stored of a child.
#[derive(Object, Serialize)]
#[oai(rename = "WearableImport", example, skip_serializing_if_is_none)]
pub(super) struct ImportBody {
    /// Its number.
    import: i64,
    /// Of which child.
    child_id: IdText,
    /// What the child is called.
    username: String,
    /// When it began.
    at: String,
    /// What its files were.
    format: String,
    /// How many things it stored where nothing was.
    created: usize,
    /// How many it stored in the place of others.
    changed: usize,
    /// When it was taken back, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_at: Option<String>,
    /// Whether who asks may take it back.
    can_undo: bool,
}

impl Example for ImportBody {
    fn example() -> Self {
        Self {
            import: 1,
            child_id: IdText::example(demo::CHILD),
            username: "BR0001".to_owned(),
            at: "2026-03-01T08:00:00.000Z".to_owned(),
            format: "withings".to_owned(),
            created: 1,
            changed: 0,
            undone_at: None,
            can_undo: true,
        }
    }
}

impl From<WearableImport> for ImportBody {
    fn from(found: WearableImport) -> Self {
        let ImportRecord { import, at, format, created, changed, undone_at } = found.import;
        let (child_id, username) = (IdText::of(found.child), found.username.as_str().to_owned());
        Self { import, child_id, username, at, format, created, changed, undone_at, can_undo: found.can_undo }
    }
}

/// What of an import was, or can be, taken back.
#[derive(Object, Serialize)]
#[oai(rename = "WearableImportUndo", example, skip_serializing_if_is_none)]
pub(super) struct UndoBody {
    /// The import's number.
    import: i64,
    /// When it was taken back, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_at: Option<String>,
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
        Self { import: 1, undone_at: None, put_back: 0, removed: 1, left_in_all: 0, left: Vec::new() }
    }
}

impl From<UndoRecord> for UndoBody {
    fn from(record: UndoRecord) -> Self {
        let UndoRecord { import, put_back, removed, left_in_all, left } = record;
        let left = left.into_iter().map(LeftBody::from).collect();
        Self { import: import.import, undone_at: import.undone_at, put_back, removed, left_in_all, left }
    }
}

/// A thing that is left as it is.
#[derive(Object, Serialize)]
#[oai(rename = "WearableImportLeft")]
struct LeftBody {
    /// The kind of data.
    kind: String,
    /// Its id; of a total of a day, the day.
    id: String,
    /// Why.
    why: String,
}

impl From<LeftRecord> for LeftBody {
    fn from(record: LeftRecord) -> Self {
        let LeftRecord { sheet, id, why } = record;
        Self { kind: sheet, id, why }
    }
}
