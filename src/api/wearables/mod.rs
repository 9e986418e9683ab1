//! Wearables: files of watches, bands, scales and phones that come in, of which days what is stored, and children's
//! accounts at a service.

mod bodies;
pub(in crate::api) mod catalogue;
mod coverage;
pub(in crate::api) mod fitbit;
mod imports;
mod uploads;

use std::sync::Arc;

use crate::app::App;

pub(super) type Apis = (uploads::WearableUploadsApi, imports::WearableImportsApi, coverage::CoverageApi, fitbit::Apis);

/// All operations.
pub(super) fn apis(app: &Arc<App>) -> Apis {
    (
        uploads::WearableUploadsApi(app.clone()),
        imports::WearableImportsApi(app.clone()),
        coverage::CoverageApi(app.clone()),
        fitbit::apis(app),
    )
}
