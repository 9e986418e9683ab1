//! Who may do what with files of wearables: administrators with every child's, educators with those of children in their
//! groups, families with those of their own children. No scope of writing is held by all of these: administrators have
//! that of making children, the others that of storing what children do.

use crate::app::access::policy::{
    All, DataOf, Grant, Operation, Row, Subject, Target, grant, operations, scopes, target,
};
use crate::app::directory::policy::Does;
use crate::model::{Child, Educator, Error, Group, HealthProfessional, Id, Import, Upload};

operations! {
    // operation                      name                            of    scope         A      P    E     H    F    C
    (Child, Upload) [children physicalactivities] {
        WearableFilePut               wearable_file_put               datum create        any    -    group -    kin  -;
    }
    (Child, Upload) [physicalactivities] {
        WearableUploadView            wearable_upload_view            datum read          any    -    group -    kin  -;
    }
    (Child, Upload) [children physicalactivities] {
        WearableUploadDelete          wearable_upload_delete          datum create        any    -    group -    kin  -;
        WearableUploadPlan            wearable_upload_plan            datum create        any    -    group -    kin  -;
        WearableUploadApply           wearable_upload_apply           datum create        any    -    group -    kin  -;
    }
    (Import) [educators] {
        WearableImportList            wearable_import_list            all   readAll       any    -    -     -    -    -;
    }
    (Child) [physicalactivities] {
        ChildWearableImportList       child_wearable_import_list      data  read          any    -    group -    kin  -;
    }
    (ImportOfChild) [physicalactivities] {
        WearableImportView            wearable_import_view            this  read          any    -    group -    kin  -;
    }
    (ImportOfChild) [children physicalactivities] {
        WearableImportUndo            wearable_import_undo            this  delete        any    -    group -    kin  -;
    }
    (Educator, Group) [physicalactivities] {
        EducatorGroupCoverageView     educator_group_coverage_view    part  read          any    -    own   -    -    -;
    }
    (HealthProfessional, Group) [physicalactivities] {
        HealthProfessionalGroupCoverageView healthprofessional_group_coverage_view part read any - -     own  -    -;
    }
}

/// An import, by its number, as far as it is about a child.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportOfChild {
    /// The child.
    pub child: DataOf<Child>,
    /// The import.
    pub import: i64,
}

impl Target for ImportOfChild {
    fn subject(&self) -> Subject {
        self.child.subject()
    }

    fn unregistered(&self) -> Option<Error> {
        self.child.unregistered()
    }
}

/// The deed that educators and health professionals have in common: viewing of which days of a group what is stored.
pub enum GroupCoverageView {}

impl Does<GroupCoverageView> for EducatorGroupCoverageView {}
impl Does<GroupCoverageView> for HealthProfessionalGroupCoverageView {}
