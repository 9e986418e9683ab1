//! Usernames of those who are new and have none: the next numbers of a pattern, after every one that was ever reached.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::app::rosters::rows::Line;
use crate::app::rosters::usernames::{Pattern, Usernames};
use crate::model::Error;
use crate::model::rosters::{Column, Sheet};
use crate::store::View;

/// Counts on.
pub(super) struct Numbering(BTreeMap<Sheet, (Pattern, Option<u64>)>);

impl Numbering {
    pub(super) fn new(usernames: &BTreeMap<Sheet, Usernames>) -> Self {
        let pattern = |(sheet, usernames): (&Sheet, &Usernames)| match usernames {
            Usernames::Pattern(pattern) => Some((*sheet, (pattern.clone(), None))),
            Usernames::Header(_) => None,
        };
        Self(usernames.iter().filter_map(pattern).collect())
    }

    /// A row about somebody new, with a username if it had none and one can be made.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn named<'l>(&mut self, view: &View<'_>, sheet: Sheet, line: &'l Line) -> Result<Cow<'l, Line>, Error> {
        let Some((pattern, reached)) = self.0.get_mut(&sheet).filter(|_| line.get(Column::Username).is_none()) else {
            return Ok(Cow::Borrowed(line));
        };
        let next = match (*reached, sheet.role()) {
            (Some(reached), _) => reached.saturating_add(1),
            (None, Some(role)) => {
                let mut highest = None;
                view.each_username(role, |name| highest = highest.max(pattern.number(name)))?;
                highest.map_or(pattern.first(), |highest| highest.saturating_add(1)).max(pattern.first())
            }
            (None, None) => return Ok(Cow::Borrowed(line)),
        };
        *reached = Some(next);
        let mut line = line.clone();
        line.cells.push(Column::Username, &pattern.name(next));
        Ok(Cow::Owned(line))
    }
}
