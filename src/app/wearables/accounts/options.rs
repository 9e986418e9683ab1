//! How children's wearables are synced.

use std::sync::Arc;
use std::time::Duration;

use crate::app::wearables::provider::Provider;
use crate::model::wearables::Secret;

/// How long one sync may ask a service.
const PATIENCE: Duration = Duration::from_secs(120);

/// How children's wearables are synced.
pub struct WearableOptions {
    /// The service that is connected, if one is.
    pub service: Option<ConnectedService>,
    /// How often the service syncs every child by itself; without, never.
    pub sync_every: Option<Duration>,
    /// How long one sync may ask.
    pub patience: Duration,
}

impl Default for WearableOptions {
    fn default() -> Self {
        Self { service: None, sync_every: None, patience: PATIENCE }
    }
}

/// A wearable service, and as whom it is asked.
pub struct ConnectedService {
    /// Speaks with it.
    pub provider: Arc<dyn Provider>,
    /// As whom.
    pub client_id: String,
    /// What proves it.
    pub client_secret: Secret,
    /// Whether the app may have that.
    pub sharing: SecretSharing,
    /// What proves that the service's notices may come here; without, none do.
    pub subscriber_code: Option<Secret>,
}

/// Whether whoever is told of a service's client is told its secret, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretSharing {
    /// The id alone.
    Refused,
    /// As in the original platform.
    Allowed,
}
