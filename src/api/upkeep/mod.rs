//! The service itself.

mod audit;
mod backups;
pub(in crate::api) mod catalogue;
mod state;

use std::sync::Arc;

use crate::app::App;

pub(super) type Apis = (audit::AuditApi, backups::BackupsApi, state::StateApi);

/// All operations.
pub(super) fn apis(app: &Arc<App>) -> Apis {
    (audit::AuditApi(app.clone()), backups::BackupsApi(app.clone()), state::StateApi(app.clone()))
}
