//! Institutions: the places that users belong to.

use crate::app::policy::{InstitutionCreate, InstitutionDelete, InstitutionList, InstitutionUpdate, InstitutionView};
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::{Conflict, Error, Id, Institution, InstitutionFacts, InstitutionPatch, Invalid, Kind, Text};
use crate::store::{Tx, View};

impl App {
    /// Registers an institution.
    ///
    /// # Errors
    /// `Conflict` if another has the name.
    pub async fn institution_create(
        &self,
        permit: Permit<InstitutionCreate>,
        facts: InstitutionFacts,
    ) -> Result<Institution, Error> {
        self.change(permit, move |tx| {
            require_free_name(tx, &facts.name, None)?;
            let id = tx.insert_institution(&facts)?;
            load(tx, id)
        })
        .await
    }

    /// The institutions that a query asks for.
    pub fn institution_list(
        &self,
        permit: &Permit<InstitutionList>,
        query: Query,
    ) -> Result<Reading<Institution>, Error> {
        self.reading(permit, move |view, out| out.put_page(view.institutions(&query)?))
    }

    /// An institution.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn institution_view(&self, permit: &Permit<InstitutionView>) -> Result<Institution, Error> {
        self.store.read_one(|view| load(view, *permit.target()))
    }

    /// Changes an institution.
    ///
    /// # Errors
    /// `Conflict` if another has the new name, before `NotFound` if there is no such institution.
    pub async fn institution_update(
        &self,
        permit: Permit<InstitutionUpdate>,
        patch: InstitutionPatch,
    ) -> Result<Institution, Error> {
        let id = *permit.target();
        self.change(permit, move |tx| {
            if let Some(name) = &patch.name {
                require_free_name(tx, name, Some(id))?;
            }
            tx.update_institution(id, &patch)?;
            load(tx, id)
        })
        .await
    }

    /// Deletes an institution. Deleting none succeeds.
    ///
    /// # Errors
    /// `Invalid` if some user belongs to it.
    pub async fn institution_delete(&self, permit: Permit<InstitutionDelete>) -> Result<(), Error> {
        let id = *permit.target();
        self.change(permit, move |tx| {
            if tx.institution_in_use(id)? {
                return Err(Invalid::InstitutionInUse.into());
            }
            tx.delete_institution(id)
        })
        .await?;
        self.sweep().await;
        Ok(())
    }
}

fn load(view: &View<'_>, id: Id<Institution>) -> Result<Institution, Error> {
    view.institution(id)?.ok_or(Error::NotFound(Kind::Institution))
}

fn require_free_name(tx: &Tx<'_>, name: &Text, except: Option<Id<Institution>>) -> Result<(), Error> {
    if tx.institution_name_taken(name, except)? {
        return Err(Error::Conflict(Conflict::Name(Kind::Institution)));
    }
    Ok(())
}
