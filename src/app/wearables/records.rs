//! What operators ask of files of wearables, and what they hear: as it goes over the control socket and into `--json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::app::imports::{ImportRecord, UndoRecord};
use crate::app::wearables::reading::{LeftOutRecord, OriginRecord, QuestionRecord};

/// What operators ask of files of wearables.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum WearableCommand {
    /// Which child it is, and what was answered of its files.
    Child {
        /// A username, or an id.
        child: String,
    },
    /// Takes the next part of what was read, as JSON. Another upload begins anew, and what was there of one before is
    /// forgotten.
    Send {
        /// What the sender calls the upload.
        upload: String,
        /// Follows what was sent before.
        part: String,
    },
    /// What storing it would change.
    Plan {
        /// The upload.
        upload: String,
        /// The child's id.
        child: String,
    },
    /// Stores it.
    Apply {
        /// The upload.
        upload: String,
        /// The child's id.
        child: String,
        /// The import that it is a part of, if that has begun with another child.
        import: Option<i64>,
    },
    /// Of which days of a class what is stored.
    Coverage {
        /// A group's id, or what a class is called at school.
        class: String,
        /// The first day; without, two weeks before the last.
        from: Option<String>,
        /// The last day; without, today.
        to: Option<String>,
    },
    /// The imports that there were.
    List {},
    /// What taking an import back would do.
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

/// What operators hear.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WearableOutcome {
    /// This child.
    Child(ChildRecord),
    /// The part was taken.
    Sent {},
    /// This would be changed.
    Planned(HealthPlanRecord),
    /// This was changed.
    Applied(HealthAppliedRecord),
    /// This is stored.
    Covered(CoverageRecord),
    /// These imports there were, the newest first.
    Imports(Vec<ImportRecord>),
    /// This is what an import stored, or what was taken back of it.
    Import(UndoRecord),
    /// The import is none of files of wearables.
    NotThere {},
}

/// A child, and what was answered of its files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChildRecord {
    /// Its id.
    pub id: String,
    /// Its name.
    pub username: String,
    /// By source, then by question.
    pub answers: BTreeMap<String, BTreeMap<String, String>>,
}

/// What storing a reading would change.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct HealthPlanRecord {
    /// The child's id.
    pub child: String,
    /// What was read.
    pub source: String,
    /// What that is called.
    pub title: String,
    /// The version of its reader.
    pub reader: u32,
    /// What such files do not say.
    pub cannot_say: String,
    /// What the file does not say, with what was answered. While anything is open, nothing can be stored.
    pub questions: Vec<QuestionRecord>,
    /// On how many days which device or program was taken.
    pub origins: Vec<OriginRecord>,
    /// What was left out when the file was read, and why.
    pub left_out: Vec<LeftOutRecord>,
    /// How much of each kind.
    pub counts: Vec<KindRecord>,
    /// The same by days; days in a row to which the same happens are one record.
    pub days: Vec<DaysRecord>,
}

impl HealthPlanRecord {
    /// The most runs of days, devices and reasons that are told over HTTP.
    const TOLD: usize = 1000;
    /// The most characters of what a file calls something.
    const LONGEST: usize = 200;

    /// The same with what a hostile file can make long no longer than anybody reads.
    pub(in crate::app::wearables) fn shortened(mut self) -> Self {
        let clip = |text: &mut String| {
            if let Some((at, _)) = text.char_indices().nth(Self::LONGEST) {
                text.truncate(at);
            }
        };
        self.days.truncate(Self::TOLD);
        self.origins.truncate(Self::TOLD);
        self.left_out.truncate(Self::TOLD);
        self.origins.iter_mut().for_each(|origin| clip(&mut origin.origin));
        self.questions.iter_mut().flat_map(|question| &mut question.rows).for_each(clip);
        self
    }

    /// The questions that are open.
    pub fn open(&self) -> impl Iterator<Item = &QuestionRecord> {
        self.questions.iter().filter(|question| question.answer.is_none())
    }
}

/// How much of a kind of data is to be stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindRecord {
    /// The kind, as in the API's paths.
    pub kind: String,
    /// Nothing is there.
    pub new: usize,
    /// The same source said something else before.
    pub changed: usize,
    /// It is there already.
    pub equal: usize,
    /// It is left out.
    pub skipped: usize,
}

/// What happens to days of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaysRecord {
    /// The kind, as in the API's paths.
    pub kind: String,
    /// The first day.
    pub from: String,
    /// The last.
    pub to: String,
    /// `new`, `changed`, `equal` or `skipped`.
    pub what: String,
    /// How many things.
    pub count: usize,
    /// Why they are skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What was stored of a reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthAppliedRecord {
    /// The number of the import; none if there was nothing to store.
    pub import: Option<i64>,
    /// Things that were stored where nothing was.
    pub created: usize,
    /// Things that were stored in the place of others.
    pub changed: usize,
}

/// Of which days of a class what is stored. Days of activities, nights (their end) and measurements are those of UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageRecord {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// The children, by name.
    pub children: Vec<CoveredChildRecord>,
}

/// Of which days what is stored of a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredChildRecord {
    /// Its id.
    pub id: String,
    /// Its name.
    pub username: String,
    /// The days of which there is anything, with the kinds that there are, as in the API's paths.
    pub days: BTreeMap<String, Vec<String>>,
}
