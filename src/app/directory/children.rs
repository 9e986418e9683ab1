//! Children.

use crate::app::directory::accounts;
use crate::app::policy::{ChildCreate, ChildList, ChildTagClear, ChildTagSet, ChildUpdate, ChildView, ChildViewByTag};
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::{Child, ChildPatch, Error, Id, Kind, NewChild, Role, Text};
use crate::store::View;

impl App {
    /// Registers a child.
    ///
    /// # Errors
    /// `Conflict` if another child has the name, `Invalid` if the institution does not exist.
    pub async fn child_create(&self, permit: Permit<ChildCreate>, new: NewChild) -> Result<Child, Error> {
        let hash = self.access.hasher.hash(permit.turn(), new.account.password.clone()).await?;
        self.change(permit, move |tx| {
            accounts::require_free_username(tx, Role::Child, &new.account.username, None)?;
            accounts::require_institution(tx, new.account.institution)?;
            let id = accounts::insert(tx, Role::Child, &new.account, &hash)?;
            tx.insert_child(id, new.gender, &new.age, new.age_calc_date.as_ref())?;
            load(tx, id.cast())
        })
        .await
    }

    /// The children that a query asks for.
    pub fn child_list(&self, permit: &Permit<ChildList>, query: Query) -> Result<Reading<Child>, Error> {
        self.reading(permit, move |view, out| out.put_page(view.children(&query)?))
    }

    /// A child.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn child_view(&self, permit: Permit<ChildView>) -> Result<Child, Error> {
        let child = self.store.read_one(|view| load(view, *permit.target()))?;
        self.record_read(permit, child.account.id).await?;
        Ok(child)
    }

    /// Changes a child. Its tag, last sync and wearable stay as they are.
    ///
    /// # Errors
    /// `NotFound`, then `Conflict` if another child has the new name, then `Invalid` if the institution does not
    /// exist.
    pub async fn child_update(&self, permit: Permit<ChildUpdate>, patch: ChildPatch) -> Result<Child, Error> {
        let id = *permit.target();
        self.change(permit, move |tx| {
            load(tx, id)?;
            accounts::require_patchable(tx, id.cast(), Role::Child, &patch.account)?;
            accounts::require_institution(tx, patch.account.institution)?;
            tx.update_account(id.cast(), Role::Child, &patch.account)?;
            tx.update_child(id, &patch)?;
            load(tx, id)
        })
        .await
    }

    /// The child that holds the tag.
    ///
    /// # Errors
    /// `NotFound` if none does.
    pub async fn child_view_by_tag(&self, permit: Permit<ChildViewByTag>) -> Result<Child, Error> {
        let found = self.store.read_one(|view| view.child_by_tag(&permit.target().0))?;
        let child = found.ok_or(Error::NotFound(Kind::Child))?;
        self.record_read(permit, child.account.id).await?;
        Ok(child)
    }

    /// Gives a child a tag. The tag that it has already keeps its time.
    ///
    /// # Errors
    /// `NotFound`, then `Conflict` if another child holds the tag.
    pub async fn child_tag_set(&self, permit: Permit<ChildTagSet>, tag: Text) -> Result<Child, Error> {
        let id = *permit.target();
        self.change(permit, move |tx| {
            load(tx, id)?;
            tx.set_tag(id, &tag)?;
            load(tx, id)
        })
        .await
    }

    /// Takes a child's tag away, if it has one.
    ///
    /// # Errors
    /// `NotFound` if there is no such child.
    pub async fn child_tag_clear(&self, permit: Permit<ChildTagClear>) -> Result<(), Error> {
        let id = *permit.target();
        self.change(permit, move |tx| {
            load(tx, id)?;
            tx.clear_tag(id)
        })
        .await
        .map(drop)
    }
}

fn load(view: &View<'_>, id: Id<Child>) -> Result<Child, Error> {
    view.child(id)?.ok_or(Error::NotFound(Kind::Child))
}
