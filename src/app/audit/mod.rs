//! The audit trail: every change is written there in the transaction that makes it.

pub(in crate::app) mod actions;
pub(in crate::app) mod refusals;
pub(in crate::app) mod trail;

use std::time::Duration;

use jiff::SignedDuration;

use crate::app::access::origin::Origin;
use crate::app::access::policy::{Operation, Subject, Target};
use crate::app::access::token::require_unrevoked;
use crate::app::audit::actions::LOGIN;
use crate::app::audit::refusals::Refusals;
use crate::app::{App, Permit};
use crate::model::{Account, Error, Id, Role};
use crate::store::{Change, Tx};

/// How many old rows are deleted in one transaction: other writes go between.
const PRUNED_AT_ONCE: usize = 500;

/// How much of the trail one pruning, which is once a minute, may delete: that of so long a time from its oldest row
/// on. No clock is trusted further: one that is wrongly far ahead makes the trail shorter only ten times as fast as
/// time goes by, so that there is time to notice it, and one that is ahead for a moment costs ten minutes.
const PRUNED_PER_TURN: SignedDuration = SignedDuration::from_mins(10);

/// How the trail is kept, and what is not yet in it.
pub(in crate::app) struct Audit {
    keep: Duration,
    /// How many bytes.
    bytes: u64,
    reads: AuditedReads,
    refusals: Refusals,
}

impl Audit {
    pub(in crate::app) fn new(keep: Duration, bytes: u64, reads: AuditedReads) -> Self {
        Self { keep, bytes, reads, refusals: Refusals::default() }
    }
}

/// Which reads the audit trail names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditedReads {
    /// None.
    None,
    /// Those of single children: by whom, which child, from where.
    SingleChildren,
}

/// What a change returns, as far as it says what was made.
pub(in crate::app) trait Made {
    /// The id of what the change returns.
    fn id(&self) -> Option<[u8; 12]> {
        None
    }
}

impl Made for bool {}

impl Made for () {}

impl<K> Made for Id<K> {
    fn id(&self) -> Option<[u8; 12]> {
        Some(*self.as_bytes())
    }
}

impl App {
    /// That the caller's token is good still: for what is done elsewhere than in the database.
    ///
    /// # Errors
    /// `Unauthenticated` if it was revoked since the permission was given.
    pub(in crate::app) fn require_unrevoked_now<O: Operation>(&self, permit: &Permit<O>) -> Result<(), Error> {
        self.store.read(|view| require_unrevoked(view, permit.caller()))
    }

    /// Makes a permitted change: all that `job` does together with its row of the audit trail, or nothing. A job that
    /// finds everything as it is to be leaves no row. Every change that is asked for with a token comes here. What comes
    /// of it is at most one row of a table: other changes wait meanwhile, so answers that nest others are read afterwards.
    ///
    /// # Errors
    /// `Unauthenticated` if the token was revoked since the permission was given; else what `job` returns.
    pub(in crate::app) async fn change<O: Operation, T: Made + Send + 'static>(
        &self,
        permit: Permit<O>,
        job: impl FnOnce(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let caller = permit.caller().clone();
        let actor = (caller.id, caller.role);
        let origin = permit.origin().clone();
        let asked_from = origin.clone();
        let named = named(&permit.target().subject());
        let part = permit.target().part();
        let result = self
            .store
            .write(move |tx| {
                require_unrevoked(tx, &caller)?;
                let outcome = job(tx)?;
                if tx.has_changes() {
                    let made = outcome.id();
                    let target = named.or(made);
                    let part = part.or(made.filter(|_| made != target));
                    let (action, address, request_id) = (O::ROW.id, origin.address, &*origin.request_id);
                    tx.record(&Change { actor, action, target, part, address, login_from: None, request_id })?;
                }
                Ok(outcome)
            })
            .await;
        self.noted(&asked_from, O::ROW.id, Some(actor), result)
    }

    /// Writes a read of a single child into the audit trail, if that is asked for.
    pub(in crate::app) async fn record_read<O: Operation>(
        &self,
        permit: Permit<O>,
        child: Id<Account>,
    ) -> Result<(), Error> {
        match self.audit.reads {
            AuditedReads::None => Ok(()),
            AuditedReads::SingleChildren => self.record_deed(permit, Some(child)).await,
        }
    }

    /// Writes into the audit trail what changes no row: that somebody was looked at, or is not slowed any more, or what
    /// is about nobody.
    ///
    /// # Errors
    /// `Unauthenticated` if the token was revoked since the permission was given.
    pub(in crate::app) async fn record_deed<O: Operation>(
        &self,
        permit: Permit<O>,
        user: Option<Id<Account>>,
    ) -> Result<(), Error> {
        let actor = (permit.caller().id, permit.caller().role);
        let target = user.map(|user| *user.as_bytes());
        self.store
            .write(move |tx| {
                require_unrevoked(tx, permit.caller())?;
                let Origin { address, request_id } = permit.origin();
                let (action, address) = (O::ROW.id, *address);
                tx.record(&Change { actor, action, target, part: None, address, login_from: None, request_id })
            })
            .await
    }
}

impl App {
    /// Deletes rows of the trail that are older than they are kept. To be done about once a minute: each time it
    /// deletes no more than it may at once.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` of the store; what was deleted before stays so, and the next time goes on.
    pub async fn prune_audit(&self) -> Result<(), Error> {
        let oldest = self.store.read(|view| view.oldest_audit())?;
        let most = oldest.and_then(|oldest| oldest.checked_add(PRUNED_PER_TURN).ok());
        let (Some(most), Ok(due)) = (most, self.clock.now().checked_sub(self.audit.keep)) else {
            return Ok(());
        };
        let before = due.min(most);
        while self.store.write(move |tx| tx.prune_audit(before, PRUNED_AT_ONCE)).await? == PRUNED_AT_ONCE {}
        Ok(())
    }

    /// Deletes the rows that were written first for as long as the trail takes more room than it may; returns how many.
    /// To be done now and then.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` of the store; what was deleted before stays so.
    pub async fn trim_audit(&self) -> Result<usize, Error> {
        let (most, mut all) = (self.audit.bytes, 0);
        loop {
            let deleted = self.store.write(move |tx| tx.trim_audit(most, PRUNED_AT_ONCE)).await?;
            all += deleted;
            if deleted < PRUNED_AT_ONCE {
                return Ok(all);
            }
        }
    }
}

impl Origin {
    /// Writes a log-in that succeeded into the audit trail.
    pub(in crate::app) fn record_login(&self, tx: &Tx<'_>, id: Id<Account>, role: Role) -> Result<(), Error> {
        tx.record(&Change {
            actor: (id, role),
            action: LOGIN,
            target: Some(*id.as_bytes()),
            part: None,
            address: self.address,
            login_from: self.network(),
            request_id: &self.request_id,
        })
    }
}

/// The id that a path names.
fn named(subject: &Subject) -> Option<[u8; 12]> {
    match subject {
        Subject::User(id) => Some(*id.as_bytes()),
        Subject::DataOf(id) => Some(*id.as_bytes()),
        Subject::Institution(id) | Subject::DataOfInstitution(id) => Some(*id.as_bytes()),
        Subject::Nothing | Subject::Tag(_) => None,
    }
}
