//! What the service tells of itself.

use poem_openapi::Tags;

use crate::api::document::parts::{OperationFaults, Part, bad_time};
use crate::app::policy as op;
use crate::model::Invalid;

/// The name of this group of operations.
#[derive(Tags)]
#[oai(rename_all = "lowercase")]
pub(in crate::api) enum Tag {
    /// Looking after the service itself.
    Service,
}

/// This part.
pub(in crate::api) const PART: Part = Part {
    keys: &[],
    kinds: &[],
    faults: &[
        OperationFaults::of::<op::AuditView>(|| vec![bad_time(), Invalid::SomeId.into(), Invalid::TrailPlace.into()]),
        OperationFaults::of::<op::LimitsView>(Vec::new),
        OperationFaults::of::<op::KeysView>(Vec::new),
        OperationFaults::of::<op::SettingsView>(Vec::new),
        OperationFaults::of::<op::BackupsView>(Vec::new),
        OperationFaults::of::<op::BackupMake>(Vec::new),
    ],
    parameters: &[],
    exceptions: &[],
    tags: &["service"],
};
