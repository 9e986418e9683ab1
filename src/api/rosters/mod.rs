//! Rosters: sheets that come in and go out.

mod archive;
mod bodies;
pub(in crate::api) mod catalogue;
mod imports;
mod options;
mod uploads;

use std::sync::Arc;

use crate::app::App;

pub(super) type Apis = (uploads::UploadsApi, imports::ImportsApi);

/// All operations.
pub(super) fn apis(app: &Arc<App>) -> Apis {
    (uploads::UploadsApi(app.clone()), imports::ImportsApi(app.clone()))
}
