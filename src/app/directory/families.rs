//! Families, and which children belong to them.

use crate::app::directory::accounts;
use crate::app::policy::{
    FamilyChildAdd, FamilyChildList, FamilyChildRemove, FamilyCreate, FamilyList, FamilyUpdate, FamilyView,
};
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::{Child, Error, Family, FamilyPatch, Fault, Field, Id, Invalid, Kind, MAX_CHILDREN, NewFamily, Role};
use crate::store::{Tx, View};

impl App {
    /// Registers a family.
    ///
    /// # Errors
    /// `Conflict` if another family has the name, `Invalid` if a child or the institution does not exist.
    pub async fn family_create(&self, permit: Permit<FamilyCreate>, new: NewFamily) -> Result<Reading<Family>, Error> {
        let hash = self.access.hasher.hash(permit.turn(), new.account.password.clone()).await?;
        let place = self.place(&permit)?;
        let change = self.change(permit, move |tx| {
            accounts::require_free_username(tx, Role::Family, &new.account.username, None)?;
            accounts::require_children(tx, &new.children)?;
            accounts::require_institution(tx, new.account.institution)?;
            let id = accounts::insert(tx, Role::Family, &new.account, &hash)?.cast();
            tx.set_family_children(id, &new.children)?;
            Ok(id)
        });
        let id = change.await?;
        Ok(Reading::new(place, move |view, out| out.put(load(view, id)?)))
    }

    /// The families that a query asks for.
    pub fn family_list(&self, permit: &Permit<FamilyList>, query: Query) -> Result<Reading<Family>, Error> {
        self.reading(permit, move |view, out| view.families(&query, out))
    }

    /// A family with its children.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn family_view(&self, permit: &Permit<FamilyView>) -> Result<Reading<Family>, Error> {
        let id = *permit.target();
        self.reading(permit, move |view, out| out.put(load(view, id)?))
    }

    /// Changes a family.
    ///
    /// # Errors
    /// `Forbidden` if a family takes in a child or moves to another institution by itself, then `NotFound`,
    /// `Conflict` if another family has the new name, and `Invalid` if a child or the institution does not exist.
    pub async fn family_update(
        &self,
        permit: Permit<FamilyUpdate>,
        patch: FamilyPatch,
    ) -> Result<Reading<Family>, Error> {
        let id = *permit.target();
        let free = self.affiliates_freely(permit.caller());
        let place = self.place(&permit)?;
        let change = self.change(permit, move |tx| {
            if !free {
                accounts::require_same_institution(tx, id.cast(), Role::Family, &patch.account)?;
                require_own_children(tx, id, patch.children.as_deref().unwrap_or_default())?;
            }
            accounts::require(tx, id.cast(), Role::Family)?;
            accounts::require_patchable(tx, id.cast(), Role::Family, &patch.account)?;
            accounts::require_children(tx, patch.children.as_deref().unwrap_or_default())?;
            accounts::require_institution(tx, patch.account.institution)?;
            tx.update_account(id.cast(), Role::Family, &patch.account)?;
            if let Some(children) = &patch.children {
                tx.set_family_children(id, children)?;
            }
            Ok(id)
        });
        change.await?;
        Ok(Reading::new(place, move |view, out| out.put(load(view, id)?)))
    }

    /// The family's children that a query asks for.
    ///
    /// # Errors
    /// `NotFound` if there is no such family.
    pub fn family_child_list(&self, permit: &Permit<FamilyChildList>, query: Query) -> Result<Reading<Child>, Error> {
        let id = *permit.target();
        self.reading(permit, move |view, out| {
            require(view, id, Error::NotFound(Kind::Family))?;
            out.put_page(view.children_of_family(id, &query)?)
        })
    }

    /// Adds a child behind the family's others; one that is there already stays where it is.
    ///
    /// # Errors
    /// `Invalid` if the family, then if the child does not exist, or the family is full.
    pub async fn family_child_add(&self, permit: Permit<FamilyChildAdd>) -> Result<Reading<Family>, Error> {
        let (id, child) = *permit.target();
        let place = self.place(&permit)?;
        let change = self.change(permit, move |tx| {
            require(tx, id, Invalid::FamilyToExtendMissing.into())?;
            tx.child(child)?.ok_or(Invalid::ChildToAddMissing)?;
            tx.add_family_child(id, child)?;
            if tx.count_family_children(id)? > MAX_CHILDREN {
                return Err(Invalid::Field(Field::Children, Fault::TooManyItems(MAX_CHILDREN)).into());
            }
            Ok(id)
        });
        change.await?;
        Ok(Reading::new(place, move |view, out| out.put(load(view, id)?)))
    }

    /// Takes a child out of the family, if it is there.
    ///
    /// # Errors
    /// `NotFound` if there is no such family.
    pub async fn family_child_remove(&self, permit: Permit<FamilyChildRemove>) -> Result<(), Error> {
        let (id, child) = *permit.target();
        self.change(permit, move |tx| {
            require(tx, id, Error::NotFound(Kind::Family))?;
            tx.remove_family_child(id, child)
        })
        .await
        .map(drop)
    }
}

fn load(view: &View<'_>, id: Id<Family>) -> Result<Family, Error> {
    view.family(id)?.ok_or(Error::NotFound(Kind::Family))
}

fn require(view: &View<'_>, id: Id<Family>, otherwise: Error) -> Result<(), Error> {
    view.institution_of(id.cast(), Role::Family)?.map(drop).ok_or(otherwise)
}

/// A family's own update keeps or drops children, and takes in none (contract, section 4).
fn require_own_children(tx: &Tx<'_>, id: Id<Family>, children: &[Id<Child>]) -> Result<(), Error> {
    for child in children {
        if !tx.is_kin(id, *child)? {
            return Err(Error::Forbidden);
        }
    }
    Ok(())
}
