//! Groups of children, each of one educator or health professional.

use crate::app::directory::accounts;
use crate::app::directory::policy::{Does, deed};
use crate::app::policy::Operation;
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::{Account, Conflict, Error, Group, GroupPatch, Id, Invalid, Kind, NewGroup, Role, Text, User};
use crate::store::{Tx, View};

impl App {
    /// Makes a group.
    ///
    /// # Errors
    /// `Forbidden` if the owner is no more, `Conflict` if he has a group of that name, `Invalid` if he has as many
    /// as one may have, a child does not exist, or all his groups would hold too many.
    pub async fn group_create<O, S>(&self, permit: Permit<O>, new: NewGroup) -> Result<Reading<Group>, Error>
    where
        O: Operation<Target = Id<S>> + Does<deed::GroupCreate>,
        S: User + 'static,
    {
        let owner = permit.target().cast();
        let place = self.place(&permit)?;
        let change = self.change(permit, move |tx| {
            require_owner(tx, owner, S::ROLE)?;
            require_free_name(tx, owner, &new.name, None)?;
            if tx.count_groups(owner)? >= Group::MAX_PER_OWNER {
                return Err(Invalid::GroupLimit(Group::MAX_PER_OWNER).into());
            }
            accounts::require_children(tx, &new.children)?;
            require_room(tx, owner, None, new.children.len())?;
            tx.insert_group(owner, &new)
        });
        let id = change.await?;
        Ok(Reading::new(place, move |view, out| out.put(load(view, owner, id)?)))
    }

    /// The owner's groups that a query asks for.
    pub fn group_list<O, S>(&self, permit: &Permit<O>, query: Query) -> Result<Reading<Group>, Error>
    where
        O: Operation<Target = Id<S>> + Does<deed::GroupList>,
        S: User + 'static,
    {
        let owner = permit.target().cast();
        self.reading(permit, move |view, out| view.groups(owner, &query, out))
    }

    /// A group of the owner.
    ///
    /// # Errors
    /// `NotFound` if he has none of this id, whoever else may.
    pub fn group_view<O, S>(&self, permit: &Permit<O>) -> Result<Reading<Group>, Error>
    where
        O: Operation<Target = (Id<S>, Id<Group>)> + Does<deed::GroupView>,
        S: User + 'static,
    {
        let (owner, id) = *permit.target();
        self.reading(permit, move |view, out| out.put(load(view, owner.cast(), id)?))
    }

    /// Changes a group of the owner.
    ///
    /// # Errors
    /// `NotFound` if he has none of this id, `Conflict` if he has another of the new name, `Invalid` if a child does
    /// not exist or all his groups would hold too many.
    pub async fn group_update<O, S>(&self, permit: Permit<O>, patch: GroupPatch) -> Result<Reading<Group>, Error>
    where
        O: Operation<Target = (Id<S>, Id<Group>)> + Does<deed::GroupUpdate>,
        S: User + 'static,
    {
        let (owner, id) = (permit.target().0.cast(), permit.target().1);
        let place = self.place(&permit)?;
        let change = self.change(permit, move |tx| {
            if !tx.owns_group(owner, id)? {
                return Err(Error::NotFound(Kind::Group));
            }
            if let Some(name) = &patch.name {
                require_free_name(tx, owner, name, Some(id))?;
            }
            if let Some(children) = &patch.children {
                accounts::require_children(tx, children)?;
                require_room(tx, owner, Some(id), children.len())?;
            }
            tx.update_group(id, &patch)?;
            Ok(id)
        });
        change.await?;
        Ok(Reading::new(place, move |view, out| out.put(load(view, owner, id)?)))
    }

    /// Deletes a group of the owner. Deleting none succeeds, and so does nothing to another's.
    pub async fn group_delete<O, S>(&self, permit: Permit<O>) -> Result<(), Error>
    where
        O: Operation<Target = (Id<S>, Id<Group>)> + Does<deed::GroupDelete>,
        S: User + 'static,
    {
        let (owner, id) = *permit.target();
        self.change(permit, move |tx| tx.delete_group(owner.cast(), id)).await.map(drop)
    }
}

fn load(view: &View<'_>, owner: Id<Account>, id: Id<Group>) -> Result<Group, Error> {
    view.group(owner, id)?.ok_or(Error::NotFound(Kind::Group))
}

/// A group needs a living owner: a caller whose own record is gone may make none.
fn require_owner(tx: &Tx<'_>, owner: Id<Account>, role: Role) -> Result<(), Error> {
    tx.institution_of(owner, role)?.map(drop).ok_or(Error::Forbidden)
}

fn require_free_name(tx: &Tx<'_>, owner: Id<Account>, name: &Text, except: Option<Id<Group>>) -> Result<(), Error> {
    if tx.group_name_taken(owner, name, except)? {
        return Err(Error::Conflict(Conflict::Name(Kind::Group)));
    }
    Ok(())
}

/// All groups of an owner together may hold so many children and no more. Those that hold more, from before there was
/// such a limit, may become smaller.
fn require_room(tx: &Tx<'_>, owner: Id<Account>, changed: Option<Id<Group>>, wanted: usize) -> Result<(), Error> {
    let held = tx.count_group_members(owner)?;
    let given_up = changed.map_or(Ok(0), |id| tx.count_members(id))?;
    if wanted > given_up && held - given_up + wanted > Group::MAX_MEMBERS_PER_OWNER {
        return Err(Invalid::GroupMemberLimit(Group::MAX_MEMBERS_PER_OWNER).into());
    }
    Ok(())
}
