//! Educators and health professionals: two names, one set of deeds.

use crate::app::directory::accounts;
use crate::app::directory::policy::{Does, deed};
use crate::app::policy::{All, Operation};
use crate::app::{App, Permit};
use crate::model::query::{Listed, Query};
use crate::model::{Account, AccountPatch, Error, Id, NewAccount, Professional, Role, User};
use crate::store::View;

impl App {
    /// Registers a professional.
    ///
    /// # Errors
    /// `Conflict` if another of the same type has the name, `Invalid` if the institution does not exist.
    pub async fn professional_create<O, S>(&self, permit: Permit<O>, new: NewAccount) -> Result<Professional, Error>
    where
        O: Operation<Target = All<S>> + Does<deed::ProfessionalCreate>,
        S: User,
    {
        let hash = self.access.hasher.hash(permit.turn(), new.password.clone()).await?;
        self.change(permit, move |tx| {
            accounts::require_free_username(tx, S::ROLE, &new.username, None)?;
            accounts::require_institution(tx, new.institution)?;
            let id = accounts::insert(tx, S::ROLE, &new, &hash)?;
            load(tx, S::ROLE, id)
        })
        .await
    }

    /// The professionals of a type that a query asks for.
    pub async fn professional_list<O, S>(&self, _permit: Permit<O>, query: Query) -> Result<Listed<Professional>, Error>
    where
        O: Operation<Target = All<S>> + Does<deed::ProfessionalList>,
        S: User,
    {
        self.store.scan(move |view| view.professionals(S::ROLE, &query)).await
    }

    /// A professional with all groups.
    ///
    /// # Errors
    /// `NotFound` if there is none of this type.
    pub async fn professional_view<O, S>(&self, permit: Permit<O>) -> Result<Professional, Error>
    where
        O: Operation<Target = Id<S>> + Does<deed::ProfessionalView>,
        S: User + 'static,
    {
        let id = permit.target().cast();
        self.store.scan(move |view| load(view, S::ROLE, id)).await
    }

    /// Changes a professional.
    ///
    /// # Errors
    /// `Forbidden` if somebody moves himself to another institution, then `NotFound`, `Conflict` if another of the
    /// same type has the new name, and `Invalid` if the institution does not exist.
    pub async fn professional_update<O, S>(&self, permit: Permit<O>, patch: AccountPatch) -> Result<Professional, Error>
    where
        O: Operation<Target = Id<S>> + Does<deed::ProfessionalUpdate>,
        S: User + 'static,
    {
        let id: Id<Account> = permit.target().cast();
        let free = self.affiliates_freely(permit.caller());
        self.change(permit, move |tx| {
            if !free {
                accounts::require_same_institution(tx, id, S::ROLE, &patch)?;
            }
            load(tx, S::ROLE, id)?;
            accounts::require_patchable(tx, id, S::ROLE, &patch)?;
            accounts::require_institution(tx, patch.institution)?;
            tx.update_account(id, S::ROLE, &patch)?;
            load(tx, S::ROLE, id)
        })
        .await
    }
}

fn load(view: &View<'_>, role: Role, id: Id<Account>) -> Result<Professional, Error> {
    view.professional(role, id)?.ok_or(Error::NotFound(role.kind()))
}
