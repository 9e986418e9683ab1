//! What is refused, for the audit trail: counted in memory, and written once a minute, so that a flood of refusals
//! fills neither the memory nor the disk.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::app::audit::actions::{EARLY, LOGIN};
use crate::app::{App, Origin};
use crate::model::{Account, Error, Id, Invalid, Network, Role, Unauthenticated};
use crate::store::Refused;

/// How many clients' refusals are told apart in a minute. Those of more clients are counted together.
const CLIENTS: usize = 64;

/// The kind of a refusal, and whom it met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct RefusalKind {
    action: &'static str,
    outcome: &'static str,
    network: Option<Network>,
    /// Whom a log-in aimed at, if there is such a user.
    target: Option<Id<Account>>,
}

/// How often, and who it was if it was one alone.
struct Count {
    count: u32,
    actor: Option<(Id<Account>, Role)>,
}

/// The refusals since the last were written.
#[derive(Default)]
pub(in crate::app) struct Refusals(Mutex<HashMap<RefusalKind, Count>>);

impl Refusals {
    fn add(&self, refusal: RefusalKind, actor: Option<(Id<Account>, Role)>, count: u32) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refusal = match counts.len() < CLIENTS || counts.contains_key(&refusal) {
            true => refusal,
            false => RefusalKind { network: None, target: None, ..refusal },
        };
        let known = counts.entry(refusal).or_insert(Count { count: 0, actor });
        known.count = known.count.saturating_add(count);
        known.actor = known.actor.filter(|known| Some(*known) == actor);
    }

    fn take(&self) -> HashMap<RefusalKind, Count> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl App {
    /// Counts a result if it is a refusal, and passes it on.
    pub(in crate::app) fn noted<T>(
        &self,
        origin: &Origin,
        action: &'static str,
        actor: Option<(Id<Account>, Role)>,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(outcome) = result.as_ref().err().and_then(outcome) {
            self.audit.refusals.add(RefusalKind { action, outcome, network: origin.network(), target: None }, actor, 1);
        }
        result
    }

    /// As [`App::noted`], for a log-in, which nobody does yet and which aims at somebody.
    pub(in crate::app) fn noted_login<T>(
        &self,
        origin: &Origin,
        target: Option<Id<Account>>,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(outcome) = result.as_ref().err().and_then(outcome) {
            let refusal = RefusalKind { action: LOGIN, outcome, network: origin.network(), target };
            self.audit.refusals.add(refusal, None, 1);
        }
        result
    }

    /// As [`App::noted`], for what is refused before it is known what is wanted.
    pub(in crate::app) fn noted_early<T>(&self, origin: &Origin, result: Result<T, Error>) -> Result<T, Error> {
        self.noted(origin, EARLY, None, result)
    }

    /// Writes what was refused since the last time into the audit trail.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` of the store; what was counted is kept for the next time.
    pub async fn flush_refusals(&self) -> Result<(), Error> {
        let counts = self.audit.refusals.take();
        if counts.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = counts
            .iter()
            .map(|(RefusalKind { action, outcome, network, target }, Count { count, actor })| Refused {
                action,
                outcome,
                network: *network,
                count: *count,
                actor: *actor,
                target: *target,
            })
            .collect();
        let written = self.store.write(move |tx| rows.iter().try_for_each(|row| tx.record_refused(row))).await;
        if written.is_err() {
            counts
                .into_iter()
                .for_each(|(refusal, Count { count, actor })| self.audit.refusals.add(refusal, actor, count));
        }
        written
    }
}

/// The trail's word for a refusal; nothing for what is none.
fn outcome(error: &Error) -> Option<&'static str> {
    match error {
        Error::Unauthenticated(Unauthenticated::WrongPassword) | Error::Invalid(Invalid::OldPassword) => Some("failed"),
        Error::Unauthenticated(_) => Some("unauthenticated"),
        Error::Forbidden => Some("forbidden"),
        Error::TooManyRequests(_) => Some("limited"),
        Error::Invalid(_)
        | Error::NotFound(_)
        | Error::Conflict(_)
        | Error::Account(_)
        | Error::Unavailable(_)
        | Error::Internal(_) => None,
    }
}
