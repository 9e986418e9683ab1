//! How many groups an owner may have, and how many children in all of them together.

use std::collections::HashMap;

use crate::app::rosters::plan::{Deed, Item, Plan};
use crate::app::rosters::references::Target;
use crate::app::rosters::rows::{Place, Wrong};
use crate::model::rosters::{Column, Sheet};
use crate::model::{Error, Group, Id};
use crate::store::View;

/// What a plan adds to an owner.
struct More {
    groups: i64,
    members: i64,
    /// The first row that says so.
    place: Option<Place>,
}

/// Notes as problems where an owner would have more than there may be.
///
/// # Errors
/// Those of the store.
pub(in crate::app::rosters) fn check_room(view: &View<'_>, plan: &mut Plan) -> Result<(), Error> {
    let mut owners: HashMap<Target, More> = HashMap::new();
    for item in plan.items.iter().filter(|item| item.sheet == Sheet::Groups) {
        for (owner, groups, members) in shifts(item) {
            let more = owners.entry(owner).or_insert(More { groups: 0, members: 0, place: item.place });
            more.place = more.place.or(item.place);
            (more.groups, more.members) = (more.groups + groups, more.members + members);
        }
    }
    for (owner, More { groups, members, place }) in owners {
        let (there, held) = match owner {
            Target::There(id) => (count(view.count_groups(id.cast())?), count(view.count_group_members(id.cast())?)),
            Target::New(_) => (0, 0),
        };
        let (most, most_members) = (Group::MAX_PER_OWNER, Group::MAX_MEMBERS_PER_OWNER);
        if (groups > 0 && there + groups > count(most)) || (members > 0 && held + members > count(most_members)) {
            let message = format!(
                "the owner of this group would have more than {most} groups, or more than {most_members} children in \
                 them: share them out among several"
            );
            // Whoever has more than before has a row that says so.
            let Some(place) = place else { continue };
            let file = plan.files[place.file].file.clone();
            plan.problems.row(&file, place, Some((Column::Owner, None)), Wrong::refused(message));
        }
    }
    Ok(())
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Groups and members that an item takes from its owner, and gives to the one whom the group has then.
fn shifts(item: &Item) -> impl Iterator<Item = (Target, i64, i64)> {
    let wanted = item.wanted.targets.get(&Column::Children).map(|children| count(children.len()));
    let owner = item.wanted.targets.get(&Column::Owner).and_then(|owners| owners.first()).copied();
    let (had, held) = match &item.deed {
        Deed::Create(_) => (None, 0),
        Deed::Change { before, .. } | Deed::Delete { before, .. } => {
            let held = before.get(&Column::Children).map_or(0, |ids| ids.split_whitespace().count());
            (before.get(&Column::Owner).and_then(|id| Id::parse(id)).map(Target::There), count(held))
        }
    };
    let taken = had.map(|had| (had, -1, -held));
    let stays = !matches!(item.deed, Deed::Delete { .. });
    let given = owner.or(had).filter(|_| stays).map(|owner| (owner, 1, wanted.unwrap_or(held)));
    taken.into_iter().chain(given)
}
