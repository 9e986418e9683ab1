//! The operations of tracking, a file per resource.

mod activities;
mod bodyfats;
pub(in crate::api) mod catalogue;
mod child_days;
mod discontinued;
mod environments;
pub(in crate::api) mod export;
pub(in crate::api) mod faults;
mod item;
mod items;
mod json;
mod lists;
pub(in crate::api) mod logs;
mod outcomes;
mod overview;
mod periods;
pub(in crate::api) mod shapes;
mod sleep;
mod weights;

use std::sync::Arc;

use crate::app::App;

pub(super) type Apis = (
    activities::PhysicalActivitiesApi,
    logs::LogsApi,
    child_days::DaysApi,
    sleep::SleepApi,
    weights::WeightsApi,
    bodyfats::BodyFatsApi,
    environments::EnvironmentsApi,
    export::ExportApi,
    overview::OverviewApi,
);

/// All operations.
pub(super) fn apis(app: &Arc<App>) -> Apis {
    (
        activities::PhysicalActivitiesApi(app.clone()),
        logs::LogsApi(app.clone()),
        child_days::DaysApi(app.clone()),
        sleep::SleepApi(app.clone()),
        weights::WeightsApi(app.clone()),
        bodyfats::BodyFatsApi(app.clone()),
        environments::EnvironmentsApi(app.clone()),
        export::ExportApi(app.clone()),
        overview::OverviewApi(app.clone()),
    )
}
