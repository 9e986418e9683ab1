//! The operations of tracking, a file per resource.

mod bodyfats;
pub(in crate::api) mod catalogue;
pub(in crate::api) mod faults;
mod items;
mod json;
mod lists;
mod shapes;
mod weights;

use std::sync::Arc;

use crate::app::App;

pub(super) type Apis = (weights::WeightsApi, bodyfats::BodyFatsApi);

/// All operations.
pub(super) fn apis(app: &Arc<App>) -> Apis {
    (weights::WeightsApi(app.clone()), bodyfats::BodyFatsApi(app.clone()))
}
