//! Who may do what with rosters (contract, section 4): administrators, with scopes that they alone have.

use crate::app::access::policy::{All, Grant, Operation, Row, Subject, Target, grant, operations, scopes, target};
use crate::model::{Id, Import, Upload};

operations! {
    // operation                      name                            of   scope         A      P    E    H    F    C
    (UploadOf) [educators] {
        RosterFilePut                 roster_file_put                 this create        any    -    -    -    -    -;
        RosterUploadView              roster_upload_view              this readAll       any    -    -    -    -    -;
        RosterUploadDelete            roster_upload_delete            this create        any    -    -    -    -    -;
        RosterUploadPlan              roster_upload_plan              this create        any    -    -    -    -    -;
        RosterUploadRollOver          roster_upload_roll_over         this create        any    -    -    -    -    -;
        RosterUploadPrepare           roster_upload_prepare           this create        any    -    -    -    -    -;
        RosterUploadPasswords         roster_upload_passwords         this create        any    -    -    -    -    -;
    }
    (UploadOf) [users] {
        RosterUploadApply             roster_upload_apply             this delete        any    -    -    -    -    -;
    }
    (Import) [educators] {
        RosterImportList              roster_import_list              all  readAll       any    -    -    -    -    -;
    }
    (ImportOf) [educators] {
        RosterImportView              roster_import_view              this readAll       any    -    -    -    -    -;
    }
    (ImportOf) [users] {
        RosterImportUndo              roster_import_undo              this delete        any    -    -    -    -    -;
    }
    (Import) [educators] {
        RosterExport                  roster_export                   all  readAll       any    -    -    -    -    -;
        RosterExportOneroster         roster_export_oneroster         all  readAll       any    -    -    -    -    -;
        RosterTemplate                roster_template                 all  readAll       any    -    -    -    -    -;
    }
}

/// An upload, in memory and on disk alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadOf(pub Id<Upload>);

impl Target for UploadOf {
    fn subject(&self) -> Subject {
        Subject::Nothing
    }
}

/// An import, by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOf(pub i64);

impl Target for ImportOf {
    fn subject(&self) -> Subject {
        Subject::Nothing
    }
}
