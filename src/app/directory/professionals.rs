//! Educators and health professionals: two names, one set of deeds.

use crate::app::directory::accounts;
use crate::app::directory::policy::{Does, deed};
use crate::app::policy::{All, Operation};
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::{Account, AccountPatch, Error, Id, NewAccount, Professional, Role, User};
use crate::store::View;

impl App {
    /// Registers a professional.
    ///
    /// # Errors
    /// `Conflict` if another of the same type has the name, `Invalid` if the institution does not exist.
    pub async fn professional_create<O, S>(
        &self,
        permit: Permit<O>,
        new: NewAccount,
    ) -> Result<Reading<Professional>, Error>
    where
        O: Operation<Target = All<S>> + Does<deed::ProfessionalCreate>,
        S: User,
    {
        let hash = self.access.hasher.hash(permit.turn(), new.password.clone()).await?;
        let place = self.place(&permit)?;
        let change = self.change(permit, move |tx| {
            accounts::require_free_username(tx, S::ROLE, &new.username, None)?;
            accounts::require_institution(tx, new.institution)?;
            accounts::insert(tx, S::ROLE, &new, &hash)
        });
        let id = change.await?;
        Ok(Reading::new(place, move |view, out| out.put(load(view, S::ROLE, id)?)))
    }

    /// The professionals of a type that a query asks for.
    pub fn professional_list<O, S>(&self, permit: &Permit<O>, query: Query) -> Result<Reading<Professional>, Error>
    where
        O: Operation<Target = All<S>> + Does<deed::ProfessionalList>,
        S: User,
    {
        self.reading(permit, move |view, out| view.professionals(S::ROLE, &query, out))
    }

    /// A professional with all groups.
    ///
    /// # Errors
    /// `NotFound` if there is none of this type.
    pub fn professional_view<O, S>(&self, permit: &Permit<O>) -> Result<Reading<Professional>, Error>
    where
        O: Operation<Target = Id<S>> + Does<deed::ProfessionalView>,
        S: User + 'static,
    {
        let id = permit.target().cast();
        self.reading(permit, move |view, out| out.put(load(view, S::ROLE, id)?))
    }

    /// Changes a professional.
    ///
    /// # Errors
    /// `Forbidden` if somebody moves himself to another institution, then `NotFound`, `Conflict` if another of the
    /// same type has the new name, and `Invalid` if the institution does not exist.
    pub async fn professional_update<O, S>(
        &self,
        permit: Permit<O>,
        patch: AccountPatch,
    ) -> Result<Reading<Professional>, Error>
    where
        O: Operation<Target = Id<S>> + Does<deed::ProfessionalUpdate>,
        S: User + 'static,
    {
        let id: Id<Account> = permit.target().cast();
        let free = self.affiliates_freely(permit.caller());
        let place = self.place(&permit)?;
        let change = self.change(permit, move |tx| {
            if !free {
                accounts::require_same_institution(tx, id, S::ROLE, &patch)?;
            }
            accounts::require(tx, id, S::ROLE)?;
            accounts::require_patchable(tx, id, S::ROLE, &patch)?;
            accounts::require_institution(tx, patch.institution)?;
            tx.update_account(id, S::ROLE, &patch)?;
            Ok(id)
        });
        change.await?;
        Ok(Reading::new(place, move |view, out| out.put(load(view, S::ROLE, id)?)))
    }
}

fn load(view: &View<'_>, role: Role, id: Id<Account>) -> Result<Professional, Error> {
    view.professional(role, id)?.ok_or(Error::NotFound(role.kind()))
}
