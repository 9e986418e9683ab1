//! What the service syncs by itself: every child now and then, and those of whom a notice says that there is something new.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::syncing::Sync;
use crate::app::App;
use crate::app::policy::DataOf;
use crate::model::wearables::Features;
use crate::model::{AccountFault, Child, Error, Id, ServiceFault};

/// How long everything rests first after a fault of the service, and at most.
const FIRST_REST: Duration = Duration::from_mins(1);
const LONGEST_REST: Duration = Duration::from_hours(6);

/// What is known of it in memory.
#[derive(Default)]
pub(super) struct Background {
    state: Mutex<State>,
    /// One child at a time.
    working: tokio::sync::Mutex<()>,
    jitter: RandomState,
}

#[derive(Default)]
struct State {
    /// When a child was tried last since the start.
    tried: HashMap<Id<Child>, Timestamp>,
    /// The children of whom notices told, and what is new.
    noticed: HashMap<Id<Child>, Features>,
    rest: Option<Rest>,
}

/// Nothing is asked.
#[derive(Clone, Copy)]
struct Rest {
    until: Timestamp,
    /// How long the next one is, if the service does not say.
    next: Duration,
}

impl Background {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a child is synced now, whoever asked for it.
    pub(super) fn note_try(&self, child: Id<Child>, now: Timestamp) {
        self.state().tried.insert(child, now);
    }

    fn rests(&self, now: Timestamp) -> bool {
        let rest = self.state().rest;
        // A clock that was set back must not make it longer.
        rest.is_some_and(|rest| rest.until > now && rest.until.duration_since(now).unsigned_abs() <= LONGEST_REST)
    }

    /// Notes how a sync ended.
    fn note_outcome<T>(&self, outcome: &Result<T, Error>, now: Timestamp) {
        let said = match outcome {
            Ok(_) => {
                self.state().rest = None;
                return;
            }
            Err(Error::Account(AccountFault::Service(fault))) => match fault {
                ServiceFault::Limited(_, wait) | ServiceFault::Failed(_, wait) => *wait,
                ServiceFault::Unreachable => None,
                _ => return,
            },
            Err(_) => return,
        };
        let mut state = self.state();
        let next = state.rest.map_or(FIRST_REST, |rest| rest.next);
        let length = said.unwrap_or(next).min(LONGEST_REST);
        let until = now.checked_add(length).unwrap_or(now);
        state.rest = Some(Rest { until, next: (next * 2).min(LONGEST_REST) });
    }

    /// Whether a child is due that was synced last at this time.
    fn is_due(&self, child: Id<Child>, synced: Option<Timestamp>, every: Duration, now: Timestamp) -> bool {
        let Some(last) = self.state().tried.get(&child).copied().or(synced) else { return true };
        let tenth = (every / 10).as_secs().max(1);
        let jitter = Duration::from_secs(self.jitter.hash_one((child, last)) % tenth);
        let wait = SignedDuration::try_from(every + jitter).unwrap_or(SignedDuration::MAX);
        // One from the future was written by a clock that was set back since.
        !(SignedDuration::ZERO..wait).contains(&now.duration_since(last))
    }

    fn notice(&self, child: Id<Child>, more: Features) {
        let mut state = self.state();
        let known = state.noticed.entry(child).or_default();
        known.weights |= more.weights;
        known.activities |= more.activities;
        known.sleep |= more.sleep;
    }

    fn next_noticed(&self) -> Option<(Id<Child>, Features)> {
        let mut state = self.state();
        let child = *state.noticed.keys().next()?;
        state.noticed.remove_entry(&child)
    }
}

/// What a notice says, as far as it matters.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notice {
    owner_id: String,
    collection_type: String,
}

impl Notice {
    fn features(&self) -> Features {
        Features {
            weights: self.collection_type == "body",
            activities: self.collection_type == "activities",
            sleep: self.collection_type == "sleep",
        }
    }
}

impl App {
    /// Whether this is the code that proves that the service's notices may come here. Takes the same time wherever it
    /// differs.
    #[must_use]
    pub fn fitbit_subscriber_verify(&self, code: &str) -> bool {
        let known = self.accounts.service.as_ref().and_then(|service| service.subscriber_code.as_ref());
        known.is_some_and(|known| known.expose().as_bytes().ct_eq(code.as_bytes()).into())
    }

    /// Takes a notice of the service, if that signed it: the children whom it is about are synced in the background.
    #[must_use]
    pub fn fitbit_subscriber_notify(self: &Arc<Self>, notice: Vec<u8>, signature: &str) -> bool {
        let Some(provider) = self.accounts.provider().filter(|provider| provider.has_signed(&notice, signature)) else {
            return false;
        };
        let app = Arc::clone(self);
        self.accounts.tasks.spawn(async move {
            // What is none says nothing.
            let elements: Vec<serde_json::Value> = serde_json::from_slice(&notice).unwrap_or_default();
            for notice in elements.into_iter().filter_map(|element| serde_json::from_value::<Notice>(element).ok()) {
                if notice.features().is_empty() {
                    continue;
                }
                let children = app.store.read_one(|view| view.children_of_subject(provider.kind(), &notice.owner_id));
                let children = children.unwrap_or_default().into_iter();
                children.for_each(|child| app.accounts.background.notice(child, notice.features()));
            }
            app.sync_noticed().await;
        });
        true
    }

    /// Syncs the children of whom notices told, one after another, unless that is being done.
    async fn sync_noticed(self: &Arc<Self>) {
        let background = &self.accounts.background;
        while let Ok(_working) = background.working.try_lock() {
            let next = if background.rests(self.clock.now()) { None } else { background.next_noticed() };
            let Some((child, wanted)) = next else { return };
            self.sync_by_itself(child, wanted).await;
        }
    }

    /// Syncs the children who are due, one after another. To be done about once a minute.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` of the store, if it cannot be told who is due.
    pub async fn sync_wearables(self: &Arc<Self>) -> Result<(), Error> {
        self.sync_noticed().await;
        let (Some(every), Some(provider)) = (self.accounts.sync_every, self.accounts.provider()) else {
            return Ok(());
        };
        let background = &self.accounts.background;
        let children = self.store.read_one(|view| view.children_to_sync(provider.kind()))?;
        for (child, synced) in children {
            let _working = background.working.lock().await;
            let now = self.clock.now();
            if background.rests(now) {
                return Ok(());
            }
            if background.is_due(child, synced, every, now) {
                self.sync_by_itself(child, Features::ALL).await;
            }
        }
        Ok(())
    }

    /// Syncs a child in the service's own name. What goes wrong is on the child, or for the next time.
    async fn sync_by_itself(self: &Arc<Self>, child: Id<Child>, wanted: Features) {
        let sync = Sync { child: DataOf { id: child, given: child.to_string() }, wanted, asked: None };
        let outcome = self.sync(sync).await;
        if let Err(Error::Internal(cause)) = &outcome {
            tracing::error!(%cause, "A child's wearable could not be synced");
        }
        self.accounts.background.note_outcome(&outcome, self.clock.now());
    }
}
