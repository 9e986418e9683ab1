//! What is done to users of any type: deleting them, changing and resetting passwords.

use crate::app::access::password::Fit;
use crate::app::policy::{ChildPasswordReset, Operation, PasswordChange, PasswordReset, UserDelete, UserUnlock};
use crate::app::{App, Permit};
use crate::model::{Account, Error, Id, Invalid, Kind, Password, PasswordHash, Role, Username};
use crate::store::{Tx, Within};

impl App {
    /// Deletes a user with all that belongs to it, and revokes the user's tokens. Deleting nobody succeeds.
    ///
    /// # Errors
    /// `Forbidden` for the last administrator.
    pub async fn user_delete(&self, permit: Permit<UserDelete>) -> Result<(), Error> {
        let delete = self.deletion(*permit.target());
        self.change(permit, delete).await?;
        self.sweep().await;
        Ok(())
    }

    /// Deletes a user whom somebody may delete; whether there was one.
    pub(in crate::app) fn deletion(
        &self,
        id: Id<Account>,
    ) -> impl FnOnce(&Tx<'_>) -> Result<bool, Error> + Send + 'static {
        let revoke = self.revoker(id, None);
        move |tx| {
            if is_last_admin(tx, id)? {
                return Err(Error::Forbidden);
            }
            let deleted = tx.delete_account(id)?;
            if deleted {
                revoke(tx)?;
            }
            Ok(deleted)
        }
    }

    /// How many people were deleted so far, and a number that every deletion makes larger.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` of the store.
    pub fn erasures_so_far(&self) -> Result<(u64, i64), Error> {
        self.store.read(|view| view.erasures_so_far())
    }

    /// The list of people who were deleted, for a restore when the database is lost: together with those of a list that
    /// there was. Nobody reads it without the key for usernames.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` of the store.
    pub fn erasure_list(&self, known: &[u8]) -> Result<Vec<u8>, Error> {
        self.store.read(|view| view.erasure_list(known))
    }

    /// Changes the caller's own password, and revokes the caller's other tokens.
    ///
    /// # Errors
    /// `NotFound` if the user is gone, `TooManyRequests` if too many passwords were tried for him, `Invalid` if the old
    /// password is wrong.
    pub async fn password_change(
        &self,
        permit: Permit<PasswordChange>,
        old: Password,
        new: Password,
    ) -> Result<(), Error> {
        let id = *permit.target();
        let (stored, username) = self
            .store
            .read(|view| Ok(view.credential(id)?.zip(view.username(id)?)))?
            .ok_or(Error::NotFound(Kind::User))?;
        let (origin, caller) = (permit.origin(), permit.caller());
        let verified = self.verify_own(&permit, &username, old, stored.hash.clone()).await;
        self.noted(origin, PasswordChange::ROW.id, Some((caller.id, caller.role)), verified)?;
        let hash = self.access.hasher.hash(permit.turn(), new).await?;
        // If the password was changed meanwhile, the old one is no longer right.
        self.replace_password(permit, Some(stored.hash), hash)
            .await?
            .then_some(())
            .ok_or(Error::Invalid(Invalid::OldPassword))
    }

    async fn verify_own(
        &self,
        permit: &Permit<PasswordChange>,
        username: &Username,
        password: Password,
        hash: PasswordHash,
    ) -> Result<(), Error> {
        self.admit_login(permit.origin(), username)?;
        match self.access.hasher.verify(permit.turn(), password, hash).await? {
            Fit::Prepared | Fit::AsTyped => Ok(()),
            Fit::Not => Err(Invalid::OldPassword.into()),
        }
    }

    /// Gives any user another password, and revokes the user's tokens.
    ///
    /// # Errors
    /// `NotFound` if there is no such user.
    pub async fn password_reset(&self, permit: Permit<PasswordReset>, new: Password) -> Result<(), Error> {
        let id = *permit.target();
        self.store.read_one(|view| view.credential(id))?.ok_or(Error::NotFound(Kind::User))?;
        let hash = self.access.hasher.hash(permit.turn(), new).await?;
        self.replace_password(permit, None, hash).await?.then_some(()).ok_or(Error::NotFound(Kind::User))
    }

    /// Gives a child of the caller's groups another password, and revokes the child's tokens.
    ///
    /// # Errors
    /// `Forbidden` if the child is in none of them any more.
    pub async fn child_password_reset(&self, permit: Permit<ChildPasswordReset>, new: Password) -> Result<(), Error> {
        let (child, caller) = (permit.target().cast(), permit.caller().clone());
        let hash = self.access.hasher.hash(permit.turn(), new).await?;
        let replace = self.replacement(child, None, hash, None);
        let reset = move |tx: &Tx<'_>| match tx.child_within(child, Within::GroupsOf(caller.id, caller.role))? {
            Some(true) => replace(tx),
            _ => Err(Error::Forbidden),
        };
        self.change(permit, reset).await.map(drop)
    }

    /// Lets a user who is slowed because of too many tries log in again at once.
    ///
    /// # Errors
    /// `NotFound` if there is no such user.
    pub async fn user_unlock(&self, permit: Permit<UserUnlock>) -> Result<(), Error> {
        let id = *permit.target();
        let username = self.store.read_one(|view| view.username(id))?.ok_or(Error::NotFound(Kind::User))?;
        self.record_deed(permit, Some(id)).await?;
        self.unlock(&username);
        Ok(())
    }

    /// Stores a password and revokes the user's tokens, except the one that asked for it.
    async fn replace_password<O: Operation<Target = Id<Account>>>(
        &self,
        permit: Permit<O>,
        expected: Option<PasswordHash>,
        hash: PasswordHash,
    ) -> Result<bool, Error> {
        let replace = self.replacement(*permit.target(), expected, hash, Some(permit.caller().token));
        self.change(permit, replace).await
    }

    /// Stores a password and revokes the user's tokens, except the one that is spared; whether there is such a user.
    pub(in crate::app) fn replacement(
        &self,
        id: Id<Account>,
        expected: Option<PasswordHash>,
        hash: PasswordHash,
        spared: Option<i64>,
    ) -> impl FnOnce(&Tx<'_>) -> Result<bool, Error> + Send + 'static {
        let revoke = self.revoker(id, spared);
        move |tx| {
            let replaced = tx.set_password(id, expected.as_ref(), &hash)?;
            if replaced {
                revoke(tx)?;
            }
            Ok(replaced)
        }
    }

    /// Revokes a user's tokens on disk and, once that is committed, in memory.
    pub(in crate::app) fn revoker(
        &self,
        id: Id<Account>,
        spared: Option<i64>,
    ) -> impl FnOnce(&Tx<'_>) -> Result<(), Error> + Send + 'static {
        let revocations = self.access.revocations.clone();
        move |tx| {
            let revoked = tx.revoke_tokens(id, spared)?;
            tx.after_commit(move || revocations.add(revoked));
            Ok(())
        }
    }

    /// The same, of any number of users.
    pub(in crate::app) fn revoker_of_any(
        &self,
    ) -> impl Fn(&Tx<'_>, Id<Account>) -> Result<(), Error> + Send + Sync + 'static {
        let revocations = self.access.revocations.clone();
        move |tx, id| {
            let (revoked, revocations) = (tx.revoke_tokens(id, None)?, revocations.clone());
            tx.after_commit(move || revocations.add(revoked));
            Ok(())
        }
    }
}

/// Whether this is the last active administrator.
pub(in crate::app) fn is_last_admin(tx: &Tx<'_>, id: Id<Account>) -> Result<bool, Error> {
    let is_admin = tx.credential(id)?.is_some_and(|found| found.role == Role::Admin);
    Ok(is_admin && tx.is_active(id)? && tx.count_of(Role::Admin)? == 1)
}
