//! The sync of what a service has of a child (contract of Fitbit's groups, section 4).

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use tokio::time::{Instant, timeout_at};

use super::fetching::{Answers, Days, Fetched, Refused};
use super::limit::SyncLimit;
use super::{Turn, tokens};
use crate::app::policy::{DataOf, FitbitSync, Operation};
use crate::app::wearables::provider::{Fault, Provider};
use crate::app::{App, Permit};
use crate::model::wearables::{Features, FitbitStatus, ProviderKind, TokenRecord, TokenStatus, Tokens};
use crate::model::{AccountFault, Child, Error, Id, Limited, ServiceFault};

/// An access token that ends within so much time is refreshed first.
const SOON: SignedDuration = SignedDuration::from_mins(10);

/// What came of a request for a sync.
pub enum SyncAnswer {
    /// It was counted, and ended like this.
    Counted(SyncLimit, Result<SyncCounts, Error>),
    /// There were too many; how long to wait.
    Exceeded(SyncLimit, Duration),
}

/// How much a sync had to write, whether or not it was there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncCounts {
    /// Activities that are new.
    pub activities: usize,
    /// Nights that are.
    pub sleep: usize,
    /// Weights that are.
    pub weights: usize,
    /// Days with totals, of each log in the order of [`crate::app::wearables::provider::LOGS`].
    pub logs: [usize; 5],
}

/// A sync that is to be done.
pub(super) struct Sync {
    pub(super) child: DataOf<Child>,
    /// What of all that the tokens let be read.
    pub(super) wanted: Features,
    /// Who asked for it; without, the service does it by itself.
    pub(super) asked: Option<Permit<FitbitSync>>,
}

/// Why a sync did not go well.
pub(super) enum Failure {
    /// The service said so.
    Service(ServiceFault),
    /// Something else.
    Other(Error),
}

impl Failure {
    /// What the service said when it was asked with these tokens.
    pub(super) fn said(fault: Fault, tokens: &Tokens) -> Self {
        let (access, refresh) = (tokens.access.shortened(), tokens.refresh.shortened());
        Self::Service(match fault {
            Fault::ExpiredToken => ServiceFault::ExpiredToken(access),
            Fault::InvalidToken => ServiceFault::InvalidToken(access),
            Fault::InvalidGrant => ServiceFault::InvalidGrant(refresh),
            Fault::InvalidClient => ServiceFault::InvalidClient,
            Fault::Limited(wait) => ServiceFault::Limited(access, wait),
            Fault::Unreachable => ServiceFault::Unreachable,
            Fault::Failed { text, retry_after } => ServiceFault::Failed(text, retry_after),
            Fault::Refused(text) => ServiceFault::Denied(text),
        })
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl App {
    /// Syncs what the wearable service has of a child. That goes on when nobody waits for it any more.
    ///
    /// # Errors
    /// `Unauthenticated` if the token was revoked since the permission was given. What else goes wrong was counted.
    pub async fn fitbit_sync(self: &Arc<Self>, permit: Permit<FitbitSync>) -> Result<SyncAnswer, Error> {
        self.require_unrevoked_now(&permit)?;
        let child = permit.target().clone();
        let limit = match self.accounts.limits.count(child.id, self.clock.now()) {
            Ok(limit) => limit,
            Err((limit, wait)) => {
                let limited = Error::TooManyRequests(Limited { limit: limit.limit, wait });
                let actor = (permit.caller().id, permit.caller().role);
                // For the audit trail alone.
                let _ = self.noted::<()>(permit.origin(), FitbitSync::ROW.id, Some(actor), Err(limited));
                return Ok(SyncAnswer::Exceeded(limit, wait));
            }
        };
        let outcome = self.sync(Sync { child, wanted: Features::ALL, asked: Some(permit) }).await;
        Ok(SyncAnswer::Counted(limit, outcome))
    }

    /// Syncs a child, in a task of its own.
    pub(super) async fn sync(self: &Arc<Self>, sync: Sync) -> Result<SyncCounts, Error> {
        let app = Arc::clone(self);
        self.accounts.tasks.run(async move { app.sync_in_turn(sync).await }).await
    }

    async fn sync_in_turn(self: &Arc<Self>, sync: Sync) -> Result<SyncCounts, Error> {
        let child = sync.child.id;
        let turn = self.accounts.turns.take(child).await;
        self.accounts.background.note_try(child, self.clock.now());
        let begun = self.record_to_sync(child).await.map_err(Failure::into_error)?;
        if begun.tokens.features.is_empty() {
            return Err(AccountFault::NothingPermitted.into());
        }
        if both(begun.tokens.features, sync.wanted).is_empty() {
            return Ok(SyncCounts::default());
        }
        let id = begun.id;
        let fetching = self.fetched(&sync, begun, &turn);
        let fetched = timeout_at(Instant::now() + self.accounts.patience, fetching).await;
        match fetched.unwrap_or(Err(Failure::Service(ServiceFault::Unreachable))) {
            Ok((fetched, provider)) => self.write_synced(sync, (id, provider), fetched).await,
            Err(Failure::Other(error)) => {
                if let Error::Account(AccountFault::Refused(_)) = error {
                    self.note_status(child, id, FitbitStatus::InvalidToken).await?;
                }
                Err(error)
            }
            Err(Failure::Service(fault)) => {
                tracing::warn!(fault = fault.word(), "A wearable service did not give what a child's sync asked for");
                if let Some(status) = status_after(&fault) {
                    self.note_status(child, id, status).await?;
                }
                Err(AccountFault::Service(fault).into())
            }
        }
    }

    /// Steps 3 to 5 of the contract: what the service has, asked with tokens that are good.
    async fn fetched(
        self: &Arc<Self>,
        sync: &Sync,
        record: TokenRecord,
        turn: &Turn,
    ) -> Result<(Fetched, ProviderKind), Failure> {
        let child = sync.child.id;
        let provider = self.accounts.provider().ok_or(AccountFault::NothingSubmitted)?;
        let mut record = self.made_good(&*provider, child, record, turn).await?;
        if record.status == TokenStatus::Invalid {
            return Err(AccountFault::Refused(record.tokens.access.shortened()).into());
        }
        let found = self.store.read(|view| view.child(child))?.ok_or_else(|| tokens::gone(&sync.child))?;
        let day = |instant| TimeZone::UTC.to_datetime(instant).date();
        let days = Days { today: day(self.clock.now()), last_sync: found.last_sync.map(day) };
        let features = both(record.tokens.features, sync.wanted);
        let mut answers = Answers::to(&*provider, &record.tokens.access, features, days).await;
        let refused = answers.refused();
        // An access token that says nothing of itself may be over before its time.
        if provider.kind() == ProviderKind::Google && refused != Refused::default() {
            record = self.refreshed(child, record, turn).await?;
            answers = answers.again(&*provider, &record.tokens.access, refused, days).await;
        }
        let fetched = answers.judged().map_err(|fault| Failure::said(fault, &record.tokens))?;
        Ok((fetched, provider.kind()))
    }

    /// Step 3: the tokens of a record, refreshed if the access token is not active, or ends soon.
    async fn made_good(
        self: &Arc<Self>,
        provider: &dyn Provider,
        child: Id<Child>,
        record: TokenRecord,
        turn: &Turn,
    ) -> Result<TokenRecord, Failure> {
        let active = match provider.is_active(&record.tokens.access).await {
            Ok(active) => active,
            Err(fault @ (Fault::Limited(_) | Fault::Unreachable | Fault::Failed { .. })) => {
                return Err(Failure::said(fault, &record.tokens));
            }
            Err(_) => false,
        };
        match active && record.tokens.ends.duration_since(self.clock.now()) > SOON {
            true => Ok(record),
            false => self.refreshed(child, record, turn).await,
        }
    }

    /// Notes on the child, and on its tokens if they are still those that a sync began with, how that ended.
    async fn note_status(&self, child: Id<Child>, record: Id<TokenRecord>, status: FitbitStatus) -> Result<(), Error> {
        let noted = self.store.write(move |tx| {
            if tx.has_token_record(child, record)? == Some(true) {
                match status {
                    FitbitStatus::InvalidToken => tx.invalidate_tokens(child)?,
                    FitbitStatus::InvalidGrant => drop(tx.delete_tokens(child)?),
                    _ => {}
                }
                tx.set_fitbit_status(child, status)?;
            }
            Ok(())
        });
        noted.await
    }
}

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Self::Service(fault) => AccountFault::Service(fault).into(),
            Self::Other(error) => error,
        }
    }
}

/// What a child shows after a fault; `None` if that says nothing of its tokens.
fn status_after(fault: &ServiceFault) -> Option<FitbitStatus> {
    match fault {
        ServiceFault::ExpiredToken(_) => Some(FitbitStatus::ExpiredToken),
        ServiceFault::InvalidToken(_) => Some(FitbitStatus::InvalidToken),
        ServiceFault::InvalidGrant(_) => Some(FitbitStatus::InvalidGrant),
        ServiceFault::InvalidClient => Some(FitbitStatus::InvalidClient),
        ServiceFault::Limited(..) => Some(FitbitStatus::RateLimit),
        ServiceFault::Denied(_) => Some(FitbitStatus::None),
        ServiceFault::Unreachable | ServiceFault::Failed(..) => None,
    }
}

fn both(one: Features, other: Features) -> Features {
    Features {
        weights: one.weights && other.weights,
        activities: one.activities && other.activities,
        sleep: one.sleep && other.sleep,
    }
}
