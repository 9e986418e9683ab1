use std::collections::HashMap;

use super::Place;
use crate::model::query::Presence;
use crate::model::{Error, Id, Institution, Role};
use crate::store::View;
use crate::store::engine::error::Translate;

/// How many users there are in each place.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::store) struct Counts(HashMap<Place, u64>);

impl Counts {
    pub(super) fn read(view: &View<'_>) -> Result<Self, Error> {
        let counted = view
            .prepare(
                "SELECT role, institution_id, deactivated_at IS NOT NULL AS away, count(*) FROM account
                 GROUP BY role, institution_id, away",
            )?
            .query_map([], |row| Ok((Place::read(row, 0)?, row.get::<_, i64>(3)?.unsigned_abs())))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        Ok(Self(counted))
    }

    /// How many users of a type a list has.
    pub(in crate::store) fn of(&self, role: Role, presence: Presence, institutions: &[Vec<Id<Institution>>]) -> u64 {
        let fits = |place: &Place| place.role == role && place.fits(presence, institutions);
        self.0.iter().filter(|(place, _)| fits(place)).map(|(_, count)| count).sum()
    }

    /// Follows what became of a user; `false` if there was none to leave the place.
    #[must_use]
    pub(super) fn follow(&mut self, before: Option<Place>, after: Option<Place>) -> bool {
        if let Some(place) = after {
            *self.0.entry(place).or_default() += 1;
        }
        let Some(place) = before else { return true };
        let Some(count) = self.0.get_mut(&place) else { return false };
        *count -= 1;
        if *count == 0 {
            self.0.remove(&place);
        }
        true
    }
}
