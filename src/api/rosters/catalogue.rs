//! What rosters tell of themselves.

use poem_openapi::Tags;

use crate::api::document::parts::{KindWords, OperationFaults, Part};
use crate::app::policy as op;
use crate::model::{Error, ImportConflict, Invalid, Kind};

/// The name of this group of operations.
#[derive(Tags)]
#[oai(rename_all = "lowercase")]
pub(in crate::api) enum Tag {
    /// Sheets of a whole school, that come in and go out.
    Rosters,
}

/// This part.
pub(in crate::api) const PART: Part = Part {
    keys: &[],
    kinds: &[
        KindWords {
            kind: Kind::Upload,
            title: "Upload",
            parameter: "upload_id",
            example: "507f191e810c19729de860ea",
            origin: "24 hexadecimal digits that the client makes up for the upload.",
        },
        KindWords {
            kind: Kind::Import,
            title: "Import",
            parameter: "import",
            example: "1",
            origin: "The import's number, as applying answered.",
        },
    ],
    faults: FAULTS,
    parameters: &[("file_name", "children.csv", "The file's name.")],
    exceptions: &[],
    tags: &["rosters"],
};

const FAULTS: &[OperationFaults] = &[
    OperationFaults::of::<op::RosterFilePut>(|| vec![bad_name(), too_many_files(), too_long()]).of_a_file(),
    OperationFaults::of::<op::RosterUploadView>(|| vec![gone()]),
    OperationFaults::of::<op::RosterUploadDelete>(Vec::new),
    OperationFaults::of::<op::RosterUploadPlan>(|| {
        let words = "\"many\" is no number of users: write it as 25, or as 10%";
        vec![Invalid::Import(words.to_owned()).into(), gone(), ImportConflict::Applied.into()]
    }),
    OperationFaults::of::<op::RosterUploadRollOver>(|| {
        let words = "\"many\" is no number of users: write it as 25, or as 10%";
        vec![Invalid::Import(words.to_owned()).into(), ImportConflict::Applied.into()]
    }),
    OperationFaults::of::<op::RosterUploadPrepare>(|| vec![gone(), ImportConflict::NoPlan.into()]).hashing(),
    OperationFaults::of::<op::RosterUploadPasswords>(|| {
        vec![gone(), ImportConflict::NoPlan.into(), ImportConflict::Unprepared.into()]
    }),
    OperationFaults::of::<op::RosterUploadApply>(|| {
        vec![
            Invalid::Import("plan must be a string".to_owned()).into(),
            gone(),
            ImportConflict::NoPlan.into(),
            ImportConflict::Unprepared.into(),
            ImportConflict::OutOfDate.into(),
        ]
    }),
    OperationFaults::of::<op::RosterImportList>(Vec::new),
    OperationFaults::of::<op::RosterImportView>(|| vec![Error::NotFound(Kind::Import)]).naming_some_id(),
    OperationFaults::of::<op::RosterImportUndo>(|| vec![Error::NotFound(Kind::Import), ImportConflict::Undone.into()])
        .naming_some_id(),
    OperationFaults::of::<op::RosterExport>(Vec::new),
    OperationFaults::of::<op::RosterExportOneroster>(Vec::new),
    OperationFaults::of::<op::RosterTemplate>(Vec::new),
];

fn gone() -> Error {
    Error::NotFound(Kind::Upload)
}

fn bad_name() -> Error {
    let words = "this is no name of a file: give it one of 1 to 256 characters, such as children.csv";
    Invalid::Import(words.to_owned()).into()
}

fn too_many_files() -> Error {
    Invalid::Import("there are more than 64 files: import them in several parts".to_owned()).into()
}

fn too_long() -> Error {
    Invalid::Import("the files are larger than 64 MiB together: import them in several parts".to_owned()).into()
}
