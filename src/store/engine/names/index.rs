use std::collections::HashMap;
use std::iter;
use std::sync::Arc;

use super::Place;
use crate::model::query::Direction;
use crate::model::text::fold_case;
use crate::model::{Account, Error, Id, Institution, Role};
use crate::store::View;
use crate::store::engine::error::Translate;
use crate::store::engine::functions::user_error;
use crate::store::engine::rows;

/// How many users a part has at most: what a change copies if somebody reads it meanwhile.
const PART: usize = 512;

/// All users by their names, as lists are sorted by them.
#[derive(Clone, Default)]
pub(in crate::store) struct Index(HashMap<Role, Vec<Arc<Part>>>);

/// In which order users are found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Order {
    /// Those with the largest ids first.
    Newest,
    /// By name, whatever its case; of equals, those with the smallest ids first.
    Name(Direction),
}

/// Some users in a row.
#[derive(Clone, Default)]
struct Part {
    users: Vec<Kept>,
    /// All names, one behind the other.
    names: String,
}

#[derive(Clone, Copy)]
struct Kept {
    id: Id<Account>,
    institution: Option<Id<Institution>>,
    deactivated: bool,
    /// Where the name ends that begins where the one before ends.
    end: u32,
}

/// A user in the index.
pub(in crate::store) struct Indexed<'i> {
    pub(in crate::store) id: Id<Account>,
    pub(in crate::store) name: &'i str,
    pub(in crate::store) place: Place,
}

impl Indexed<'_> {
    fn key(&self) -> (String, Id<Account>) {
        (fold_case(self.name), self.id)
    }
}

impl Index {
    pub(super) fn read(view: &View<'_>) -> Result<Self, Error> {
        let mut all: Vec<(String, Id<Account>, String, Place)> = view
            .prepare("SELECT id, username, role, institution_id, deactivated_at IS NOT NULL FROM account")?
            .query_map([], |row| {
                let name = view.cipher.decrypt(row.get_ref(1)?.as_blob()?).map_err(user_error)?.as_str().to_owned();
                Ok((fold_case(&name), rows::id(row, 0)?, name, Place::read(row, 2)?))
            })
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        all.sort_unstable_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        let mut index = Self::default();
        for (_, id, name, place) in &all {
            let parts = index.0.entry(place.role).or_default();
            if parts.last().is_none_or(|part| part.users.len() >= PART) {
                parts.push(Arc::default());
            }
            if let Some(part) = parts.last_mut().and_then(Arc::get_mut) {
                part.insert(part.users.len(), &Indexed { id: *id, name, place: *place });
            }
        }
        Ok(index)
    }

    /// The ids of those users of a type that fit.
    pub(in crate::store) fn find(
        &self,
        role: Role,
        order: Order,
        fits: impl Fn(&Indexed<'_>) -> bool,
    ) -> Vec<Id<Account>> {
        let parts = self.0.get(&role).into_iter().flatten();
        let found = parts.flat_map(|part| part.users(role)).filter(|user| fits(user));
        match order {
            Order::Newest => {
                let mut ids: Vec<_> = found.map(|user| user.id).collect();
                ids.sort_unstable_by(|one, other| other.cmp(one));
                ids
            }
            Order::Name(Direction::Ascending) => found.map(|user| user.id).collect(),
            Order::Name(Direction::Descending) => {
                let found: Vec<_> = found.collect();
                let equal = |one: &Indexed<'_>, other: &Indexed<'_>| fold_case(one.name) == fold_case(other.name);
                found.chunk_by(equal).rev().flatten().map(|user| user.id).collect()
            }
        }
    }

    /// Follows what became of a user; `false` if what was said to be here before is not.
    #[must_use]
    pub(super) fn follow(&mut self, before: Option<&Indexed<'_>>, after: Option<&Indexed<'_>>) -> bool {
        let gone = before.is_none_or(|user| self.remove(user));
        after.into_iter().for_each(|user| self.insert(user));
        gone
    }

    fn insert(&mut self, user: &Indexed<'_>) {
        let parts = self.0.entry(user.place.role).or_default();
        if parts.is_empty() {
            parts.push(Arc::default());
        }
        let (number, at) = find(parts, user);
        let Some(part) = parts.get_mut(number).map(Arc::make_mut) else { return };
        part.insert(at, user);
        if part.users.len() > PART {
            let rest = part.split();
            parts.insert(number + 1, Arc::new(rest));
        }
    }

    fn remove(&mut self, user: &Indexed<'_>) -> bool {
        let Some(parts) = self.0.get_mut(&user.place.role) else { return false };
        let (number, at) = find(parts, user);
        let Some(part) = parts.get_mut(number).filter(|part| part.is_at(at, user)) else { return false };
        Arc::make_mut(part).remove(at);
        if part.users.is_empty() {
            parts.remove(number);
        }
        true
    }
}

/// In which part a user is or belongs, and where there.
fn find(parts: &[Arc<Part>], user: &Indexed<'_>) -> (usize, usize) {
    let key = user.key();
    let starts_before = |part: &Arc<Part>| part.user(0, user.place.role).is_none_or(|first| first.key() <= key);
    let number = parts.partition_point(starts_before).saturating_sub(1);
    let Some(part) = parts.get(number) else { return (0, 0) };
    let (mut from, mut to) = (0, part.users.len());
    while from < to {
        let middle = from.midpoint(to);
        match part.user(middle, user.place.role) {
            Some(other) if other.key() < key => from = middle + 1,
            _ => to = middle,
        }
    }
    (number, from)
}

impl Part {
    fn user(&self, at: usize, role: Role) -> Option<Indexed<'_>> {
        let Kept { id, institution, deactivated, end } = *self.users.get(at)?;
        let name = self.names.get(self.begin(at)..end as usize)?;
        Some(Indexed { id, name, place: Place { role, institution, deactivated } })
    }

    fn users(&self, role: Role) -> impl Iterator<Item = Indexed<'_>> {
        let mut numbers = 0..;
        iter::from_fn(move || self.user(numbers.next()?, role))
    }

    fn begin(&self, at: usize) -> usize {
        at.checked_sub(1).and_then(|before| self.users.get(before)).map_or(0, |before| before.end as usize)
    }

    fn is_at(&self, at: usize, user: &Indexed<'_>) -> bool {
        self.user(at, user.place.role).is_some_and(|known| known.id == user.id && known.name == user.name)
    }

    fn insert(&mut self, at: usize, user: &Indexed<'_>) {
        let begin = self.begin(at);
        self.names.insert_str(begin, user.name);
        let Place { institution, deactivated, .. } = user.place;
        self.users.insert(at, Kept { id: user.id, institution, deactivated, end: narrow(begin) });
        self.users.iter_mut().skip(at).for_each(|kept| kept.end += narrow(user.name.len()));
    }

    fn remove(&mut self, at: usize) {
        let begin = self.begin(at);
        let removed = self.users.remove(at);
        self.names.replace_range(begin..removed.end as usize, "");
        let length = removed.end - narrow(begin);
        self.users.iter_mut().skip(at).for_each(|kept| kept.end -= length);
    }

    /// Takes the second half off.
    fn split(&mut self) -> Self {
        let half = self.users.len() / 2;
        let begin = self.begin(half);
        let mut rest = Self { users: self.users.split_off(half), names: self.names.split_off(begin) };
        rest.users.iter_mut().for_each(|kept| kept.end -= narrow(begin));
        rest
    }
}

/// A place among the names of a part, which are short, and few.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
