//! Applications: programs that have an account.

use crate::app::directory::accounts;
use crate::app::policy::{ApplicationCreate, ApplicationList, ApplicationUpdate, ApplicationView};
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::{Application, ApplicationPatch, Error, Id, Kind, NewApplication, Role};
use crate::store::View;

impl App {
    /// Registers an application.
    ///
    /// # Errors
    /// `Conflict` if another application has the name, `Invalid` if an institution is given and does not exist.
    pub async fn application_create(
        &self,
        permit: Permit<ApplicationCreate>,
        new: NewApplication,
    ) -> Result<Application, Error> {
        let hash = self.access.hasher.hash(permit.turn(), new.account.password.clone()).await?;
        self.change(permit, move |tx| {
            accounts::require_free_username(tx, Role::Application, &new.account.username, None)?;
            accounts::require_institution(tx, new.account.institution)?;
            let id = accounts::insert(tx, Role::Application, &new.account, &hash)?;
            tx.insert_application(id, &new.name)?;
            load(tx, id.cast())
        })
        .await
    }

    /// The applications that a query asks for.
    pub fn application_list(
        &self,
        permit: &Permit<ApplicationList>,
        query: Query,
    ) -> Result<Reading<Application>, Error> {
        self.reading(permit, move |view, out| out.put_page(view.applications(&query)?))
    }

    /// An application.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn application_view(&self, permit: &Permit<ApplicationView>) -> Result<Application, Error> {
        self.store.read_one(|view| load(view, *permit.target()))
    }

    /// Changes an application.
    ///
    /// # Errors
    /// `NotFound`, then `Conflict` if another application has the new name, then `Invalid` if the institution does
    /// not exist.
    pub async fn application_update(
        &self,
        permit: Permit<ApplicationUpdate>,
        patch: ApplicationPatch,
    ) -> Result<Application, Error> {
        let id = *permit.target();
        self.change(permit, move |tx| {
            load(tx, id)?;
            accounts::require_patchable(tx, id.cast(), Role::Application, &patch.account)?;
            accounts::require_institution(tx, patch.account.institution)?;
            tx.update_account(id.cast(), Role::Application, &patch.account)?;
            if let Some(name) = &patch.name {
                tx.rename_application(id, name)?;
            }
            load(tx, id)
        })
        .await
    }
}

fn load(view: &View<'_>, id: Id<Application>) -> Result<Application, Error> {
    view.application(id)?.ok_or(Error::NotFound(Kind::Application))
}
