//! Retention: what is tracked is removed when it is older than it is kept.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::app::audit::actions::TRACKING_PRUNE;
use crate::model::Error;
use crate::store::{Store, Tx};

/// How many rows are deleted in one transaction: other writes go between. The largest are nights, of some kilobytes.
const PRUNED_AT_ONCE: usize = 200;

/// By how much one pruning, which is once an hour, may move the instant before which everything goes. No clock is
/// trusted further: one that is wrongly far ahead makes what is kept shorter only ten times as fast as time goes by, so
/// that there is time to notice it. Where that instant is, the database remembers: a restart moves it no faster.
const PRUNED_PER_TURN: SignedDuration = SignedDuration::from_hours(10);

/// How long what is tracked is kept.
#[derive(Clone, Copy)]
pub(in crate::app) struct Retention {
    keep: Duration,
    /// The newest instant that the database knew when the service started, if it knew any: it begins there, and not with
    /// what the clock says.
    remembered: Option<Timestamp>,
}

impl Retention {
    /// # Errors
    /// If the store cannot be read.
    pub(in crate::app) fn new(store: &Store, keep: Duration) -> Result<Self, Error> {
        let newest = store.read_one(|view| view.newest_instant())?;
        Ok(Self { keep, remembered: Some(newest).filter(|newest| *newest > Timestamp::UNIX_EPOCH) })
    }

    /// Moves the instant before which everything may go, never back; returns the one before which everything goes now.
    fn advance(&self, tx: &Tx<'_>) -> Result<Timestamp, Error> {
        let before = |now: Timestamp| now.checked_sub(self.keep).unwrap_or(Timestamp::MIN);
        let due = before(tx.now());
        let reached = match tx.tracking_kept_from()? {
            Some(known) => known.checked_add(PRUNED_PER_TURN).map_or(known, |most| due.min(most).max(known)),
            None => self.remembered.map_or(due, |newest| due.min(before(newest))),
        };
        tx.keep_tracking_from(reached)?;
        Ok(due.min(reached))
    }
}

impl App {
    /// Removes what is tracked and older than it is kept, if that has an end, with one row of the audit trail. To be done
    /// about once an hour: each time it moves no further than it may at once.
    ///
    /// # Errors
    /// `Unavailable` if the clock is behind, or the store cannot write; what was removed before stays so, and the trail
    /// says how much.
    pub async fn prune_tracking(&self) -> Result<(), Error> {
        let Some(retention) = self.retention else {
            return Ok(());
        };
        self.check_clock()?;
        let before = self.store.write(move |tx| retention.advance(tx)).await?;
        let mut row = None;
        loop {
            let prune = move |tx: &Tx<'_>| {
                let deleted = tx.prune_tracking(before, PRUNED_AT_ONCE)?;
                let row = if deleted > 0 { Some(tx.record_by_service(TRACKING_PRUNE, deleted, row)?) } else { row };
                Ok((deleted, row))
            };
            let (deleted, written) = self.store.write(prune).await?;
            if deleted < PRUNED_AT_ONCE {
                return Ok(());
            }
            row = written;
        }
    }
}
