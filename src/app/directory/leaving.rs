//! Users who leave: they are deactivated first, now or later, and deleted long after that or never.

use jiff::{SignedDuration, Timestamp};

use crate::app::audit::actions::{LEAVER_DEACTIVATE, LEAVER_DELETE};
use crate::app::directory::users::is_last_admin;
use crate::app::policy::{UserActivate, UserDeactivate};
use crate::app::{App, Permit};
use crate::model::{Account, Departure, Error, Id, Kind};
use crate::store::Tx;

/// How many users are deactivated in one transaction.
const AT_ONCE: usize = 100;

/// When somebody leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leave {
    /// At once, if there is no such time or it is over.
    pub at: Option<Timestamp>,
    /// How long after that the user is deleted; without, never.
    pub erase_after: Option<SignedDuration>,
}

impl App {
    /// Deactivates a user, or has it deactivated later: it cannot log in, its tokens are refused, and lists do not show
    /// it unless they are asked to. Deactivating one who is deactivated changes when it is deleted.
    ///
    /// # Errors
    /// `NotFound` if there is no such user, `Forbidden` for the last administrator.
    pub async fn user_deactivate(&self, permit: Permit<UserDeactivate>, leave: Leave) -> Result<(), Error> {
        let deactivate = self.leaving(*permit.target(), leave);
        self.change(permit, deactivate).await?.then_some(()).ok_or(Error::NotFound(Kind::User))
    }

    /// Activates a user who was deactivated, or is to be. Its tokens from before stay refused.
    ///
    /// # Errors
    /// `NotFound` if there is no such user.
    pub async fn user_activate(&self, permit: Permit<UserActivate>) -> Result<(), Error> {
        let activate = returning(*permit.target());
        self.change(permit, activate).await?.then_some(()).ok_or(Error::NotFound(Kind::User))
    }

    /// Deactivates a user whom somebody may deactivate; whether there is one.
    pub(in crate::app) fn leaving(
        &self,
        id: Id<Account>,
        leave: Leave,
    ) -> impl FnOnce(&Tx<'_>) -> Result<bool, Error> + Send + 'static {
        let revoke = self.revoker(id, None);
        move |tx| {
            if tx.credential(id)?.is_none() {
                return Ok(false);
            }
            if is_last_admin(tx, id)? {
                return Err(Error::Forbidden);
            }
            let is_active = tx.is_active(id)?;
            let later = leave.at.filter(|at| *at > tx.now() && is_active);
            let from = later.unwrap_or(tx.now());
            let erase_at = leave.erase_after.map(|after| from.checked_add(after).unwrap_or(Timestamp::MAX));
            let departure = Departure { deactivate_at: later, erase_at, by_import: false };
            tx.set_departure(id, Some(&departure))?;
            if later.is_none() && tx.set_deactivated(id, Some(tx.now()))? {
                revoke(tx)?;
            }
            Ok(true)
        }
    }

    /// Deactivates those who were to be deactivated by now. To be done about once a minute.
    ///
    /// # Errors
    /// `Unavailable` if the clock is behind, or the store cannot write.
    pub async fn deactivate_leavers(&self) -> Result<(), Error> {
        self.check_clock()?;
        let now = self.clock.now();
        while !self.store.read(|view| view.departing(now, 1))?.is_empty() {
            let revoke = self.revoker_of_any();
            let deactivate = move |tx: &Tx<'_>| {
                // Not by what the clock says now: set back meanwhile, it would have this go on until it has caught up.
                let departing = tx.departing(now, AT_ONCE)?;
                for id in &departing {
                    let is_last_admin = is_last_admin(tx, *id)?;
                    let departure = tx.departure(*id)?.filter(|_| !is_last_admin);
                    tx.set_departure(*id, departure.map(|known| Departure { deactivate_at: None, ..known }).as_ref())?;
                    if !is_last_admin && tx.set_deactivated(*id, Some(tx.now()))? {
                        revoke(tx, *id)?;
                        tx.record_of_service(LEAVER_DEACTIVATE, *id)?;
                    }
                }
                Ok(())
            };
            self.store.write(deactivate).await?;
        }
        Ok(())
    }

    /// Deletes those who were to be deleted by now and were found so for a day. To be done about once an hour.
    ///
    /// # Errors
    /// `Unavailable` if the clock is behind, or the store cannot write; who was deleted before stays so.
    pub async fn erase_leavers(&self) -> Result<(), Error> {
        self.check_clock()?;
        let now = self.clock.now();
        if !self.store.read(|view| view.has_due(now))? {
            return Ok(());
        }
        self.store.write(|tx| tx.find_due()).await?;
        // One at a time: what belongs to a child may be long, and others change something meanwhile.
        while let Some(id) = self.store.write(|tx| tx.due()).await? {
            let delete = self.deletion(id);
            let erased = self.store.write(move |tx| {
                let deleted = tx.due()? == Some(id) && delete(tx)?;
                if deleted {
                    tx.record_of_service(LEAVER_DELETE, id)?;
                }
                Ok(())
            });
            erased.await?;
            self.sweep().await;
        }
        Ok(())
    }
}

/// Activates a user; whether there is one.
pub(in crate::app) fn returning(id: Id<Account>) -> impl FnOnce(&Tx<'_>) -> Result<bool, Error> + Send + 'static {
    move |tx| {
        tx.set_departure(id, None)?;
        tx.set_deactivated(id, None)?;
        Ok(tx.credential(id)?.is_some())
    }
}
