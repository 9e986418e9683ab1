//! Children's accounts at a wearable service: their tokens, and the sync of what the service has of them.

mod background;
mod fetching;
mod limit;
mod options;
pub(in crate::app) mod policy;
mod refreshing;
mod syncing;
mod tasks;
mod tokens;
mod writing;

pub use limit::SyncLimit;
pub use options::{ConnectedService, SecretSharing, WearableOptions};
pub use syncing::{SyncAnswer, SyncCounts};
pub use tokens::{GivenTokens, ServiceClient, ShownTokens};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use background::Background;
use limit::SyncLimits;
use refreshing::Unsaved;
use tasks::Tasks;

use crate::app::App;
use crate::app::wearables::provider::Provider;
use crate::model::wearables::{ProviderKind, Secret, TokenRecord};
use crate::model::{Child, Error, Id};

/// What is known of children's accounts in memory.
pub(in crate::app) struct Accounts {
    service: Option<ConnectedService>,
    sync_every: Option<Duration>,
    patience: Duration,
    limits: SyncLimits,
    turns: Turns,
    tasks: Tasks,
    unsaved: Unsaved,
    background: Background,
}

impl Accounts {
    pub(in crate::app) fn new(options: WearableOptions) -> Self {
        let WearableOptions { service, sync_every, patience } = options;
        Self {
            service,
            sync_every,
            patience,
            limits: SyncLimits::default(),
            turns: Turns::default(),
            tasks: Tasks::default(),
            unsaved: Unsaved::default(),
            background: Background::default(),
        }
    }

    /// The service that is connected, if one is.
    fn provider(&self) -> Option<Arc<dyn Provider>> {
        self.service.as_ref().map(|service| Arc::clone(&service.provider))
    }

    /// Forgets which limits are over.
    pub(in crate::app) fn forget_old(&self, now: jiff::Timestamp) {
        self.limits.forget_old(now);
    }
}

/// Whose turn it is: what is done with a child's tokens is done one after another.
#[derive(Default)]
struct Turns(Mutex<HashMap<Id<Child>, Arc<tokio::sync::Mutex<()>>>>);

/// A turn. Whoever has a part of it holds up the next one.
type Turn = Arc<tokio::sync::OwnedMutexGuard<()>>;

impl Turns {
    /// Waits for a turn with this child.
    async fn take(&self, child: Id<Child>) -> Turn {
        let line = {
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody stands in.
            lines.retain(|_, line| Arc::strong_count(line) > 1);
            Arc::clone(lines.entry(child).or_default())
        };
        Arc::new(line.lock_owned().await)
    }
}

impl App {
    /// Whether notices of the wearable service are taken.
    #[must_use]
    pub fn takes_notices(&self) -> bool {
        self.accounts.service.as_ref().is_some_and(|service| service.subscriber_code.is_some())
    }

    /// The tokens of a child, if the service that is connected gave them.
    fn own_record(&self, child: Id<Child>) -> Result<Option<TokenRecord>, Error> {
        let Some(provider) = self.accounts.provider() else { return Ok(None) };
        let found = self.store.read(|view| view.token_record(child))?;
        Ok(found.filter(|record| record.provider == provider.kind()))
    }

    /// Asks the service once to take tokens back that are not kept any more. Nobody waits for it.
    fn give_back(&self, from: ProviderKind, access: Secret, refresh: Secret) {
        let Some(provider) = self.accounts.provider().filter(|provider| provider.kind() == from) else { return };
        self.accounts.tasks.spawn(async move {
            let asked = provider.revoke(&access, &refresh).await;
            if let Err(fault) = asked {
                tracing::warn!(%fault, "A wearable service did not take back the tokens of a child, and is not asked again");
            }
        });
    }

    /// The same for the tokens of children who were deleted.
    pub(in crate::app) fn give_back_left_behind(&self) {
        let all = self.store.tokens_left_behind().into_iter();
        all.for_each(|(from, access, refresh)| self.give_back(from, access, refresh));
    }

    /// Ends what is being synced, but waits for tokens that are being refreshed: they are on disk then.
    pub async fn end_syncs(&self) {
        self.accounts.tasks.end().await;
    }
}
