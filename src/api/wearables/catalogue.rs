//! What wearables tell of themselves.

use poem_openapi::Tags;

use crate::api::document::parts::{ConcatErrors, OperationFaults, Part};
use crate::api::tracking::faults::{group_days_view, of_child};
use crate::app::demo;
use crate::app::policy::{self as op, Operation};
use crate::model::{Error, ImportConflict, Invalid, Kind};

/// The name of this group of operations.
#[derive(Tags)]
#[oai(rename_all = "lowercase")]
pub(in crate::api) enum Tag {
    /// Files of watches, bands, scales and phones, and of which days what is stored.
    Wearables,
}

/// This part. What uploads and imports are called stands with rosters, which have them, too.
pub(in crate::api) const PART: Part = Part {
    keys: &[],
    kinds: &[],
    faults: FAULTS,
    parameters: &[],
    exceptions: &[
        (op::WearableFilePut::ROW.id, "file_name", "weight.csv"),
        (op::HealthProfessionalGroupCoverageView::ROW.id, "group_id", demo::HEALTH_PROFESSIONAL_GROUP),
    ],
    tags: &["wearables"],
};

const FAULTS: &[OperationFaults] = &[
    OperationFaults::of::<op::WearableFilePut>(|| {
        let bad_name = "this is no name of a file: give it one of 1 to 256 characters, such as takeout.zip";
        let too_many = "you have 40 uploads that wait: store some of them, or give them up";
        let many_files = "there are more than 64 files: give those of one export alone";
        let wrong = [bad_name, too_many, many_files].map(wrong);
        [of_child(), wrong.into(), vec![ImportConflict::Applied.into()]].concat_errors()
    })
    .of_a_long_file(),
    OperationFaults::of::<op::WearableUploadView>(|| [of_child(), vec![gone()]].concat_errors()),
    OperationFaults::of::<op::WearableUploadDelete>(of_child),
    OperationFaults::of::<op::WearableUploadPlan>(|| {
        let wrong = [
            "answers must be an object of strings",
            "one of the answers answers nothing: the questions are zone, weight-unit, date-order, exercise-times",
            "there is no such time zone: name the continent and the town, such as Europe/Athens",
            "weight-unit can be answered with kg or lb",
            "the upload has no file yet: upload one first",
        ]
        .map(wrong);
        [of_child(), wrong.into(), vec![gone(), ImportConflict::Applied.into()]].concat_errors()
    }),
    OperationFaults::of::<op::WearableUploadApply>(|| {
        let own =
            vec![wrong("plan must be a string"), gone(), ImportConflict::NoPlan.into(), ImportConflict::Open.into()];
        [of_child(), own].concat_errors()
    }),
    OperationFaults::of::<op::WearableImportList>(Vec::new),
    OperationFaults::of::<op::ChildWearableImportList>(of_child),
    OperationFaults::of::<op::WearableImportView>(|| [of_child(), vec![no_import()]].concat_errors()),
    OperationFaults::of::<op::WearableImportUndo>(|| {
        [of_child(), vec![no_import(), ImportConflict::Undone.into()]].concat_errors()
    }),
    OperationFaults::of::<op::EducatorGroupCoverageView>(group_days_view),
    OperationFaults::of::<op::HealthProfessionalGroupCoverageView>(group_days_view),
];

fn gone() -> Error {
    Error::NotFound(Kind::Upload)
}

fn no_import() -> Error {
    Error::NotFound(Kind::Import)
}

fn wrong(words: &str) -> Error {
    Invalid::Import(words.to_owned()).into()
}
