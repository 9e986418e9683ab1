//! Children's accounts at a wearable service, under the paths and names of the service that the platform began with.

pub(in crate::api) mod catalogue;
mod subscriber;
mod sync;
mod tokens;

use std::sync::Arc;

use crate::app::App;

pub(in crate::api) use subscriber::PATH as SUBSCRIBER;

pub(in crate::api) type Apis = (tokens::ClientApi, tokens::TokensApi, sync::SyncApi, subscriber::SubscriberApi);

/// All operations.
pub(in crate::api) fn apis(app: &Arc<App>) -> Apis {
    (
        tokens::ClientApi(app.clone()),
        tokens::TokensApi(app.clone()),
        sync::SyncApi(app.clone()),
        subscriber::SubscriberApi(app.clone()),
    )
}
