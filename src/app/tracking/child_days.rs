//! The days of children: of one, and of a group.

use crate::app::policy::{ChildDaysView, Does, GroupDaysView, Operation};
use crate::app::{App, Permit, Reading};
use crate::model::tracking::{ChildDays, LogRange};
use crate::model::{Error, Group, Id, Kind, User};

/// How many children's days are in memory at a time.
const AT_ONCE: usize = 30;

impl App {
    /// What is known of a child's days.
    ///
    /// # Errors
    /// `NotFound` if the child was deleted meanwhile.
    pub async fn child_days_view(&self, permit: Permit<ChildDaysView>, range: LogRange) -> Result<ChildDays, Error> {
        let id = permit.target().id;
        let found = self.store.read(|view| {
            let child = view.child(id)?.ok_or(Error::NotFound(Kind::Child))?;
            view.child_days(&[(id, child.account.username)], range)
        })?;
        self.record_read(permit, id.cast()).await?;
        found.into_iter().next().ok_or(Error::NotFound(Kind::Child))
    }

    /// What is known of the days of each child of a group, in the group's order.
    ///
    /// # Errors
    /// `NotFound` if the owner has no group of this id.
    pub fn group_days_view<O, S>(&self, permit: &Permit<O>, range: LogRange) -> Result<Reading<ChildDays>, Error>
    where
        O: Operation<Target = (Id<S>, Id<Group>)> + Does<GroupDaysView>,
        S: User + 'static,
    {
        let (owner, id) = *permit.target();
        self.reading(permit, move |view, out| {
            let group = view.group(owner.cast(), id)?.ok_or(Error::NotFound(Kind::Group))?;
            let children = group.children.into_iter().map(|child| (child.account.id.cast(), child.account.username));
            let children: Vec<_> = children.collect();
            children.chunks(AT_ONCE).try_for_each(|some| out.put_all(view.child_days(some, range)?))
        })
    }
}
