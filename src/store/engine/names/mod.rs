//! What is in memory of users, so that lists need not look at every row to count or search: their names, in order, and
//! how many there are. It follows each commit exactly. A reader may see an earlier state of the database, or a later one
//! than is in memory yet: then it looks at the rows themselves.

mod counts;
mod follower;
mod index;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Row;

use crate::model::query::Presence;
use crate::model::{Error, Id, Institution, Role};
use crate::store::View;
use crate::store::engine::error::Translate;
use crate::store::engine::rows;

pub(in crate::store) use counts::Counts;
pub(in crate::store) use follower::Follower;
pub(in crate::store) use index::{Index, Order};

/// What decides which lists a user is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::store) struct Place {
    pub(in crate::store) role: Role,
    pub(in crate::store) institution: Option<Id<Institution>>,
    pub(in crate::store) deactivated: bool,
}

impl Place {
    /// Reads `role`, `institution_id` and `deactivated_at IS NOT NULL` from column `at` on.
    fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            role: rows::role(row, at)?,
            institution: rows::optional_id(row, at + 1)?,
            deactivated: row.get(at + 2)?,
        })
    }

    /// Whether a question about users of these institutions, or of any, is one about this place.
    pub(in crate::store) fn fits(&self, presence: Presence, institutions: &[Vec<Id<Institution>>]) -> bool {
        let there = match presence {
            Presence::All => true,
            Presence::Active => !self.deactivated,
            Presence::Deactivated => self.deactivated,
        };
        there && institutions.iter().all(|these| self.institution.is_some_and(|own| these.contains(&own)))
    }
}

/// What is in memory.
#[derive(Default)]
pub(in crate::store) struct Names {
    state: Mutex<State>,
    /// Held by whoever looks at all rows to make a part anew: one at a time.
    making: Mutex<()>,
}

#[derive(Default)]
struct State {
    /// The number of the newest commit that changed users; it is in all that is here.
    at: i64,
    /// The number of one that may be on disk already, and is not in what is here yet.
    coming: Option<i64>,
    index: Option<Arc<Index>>,
    counts: Option<Arc<Counts>>,
}

impl State {
    /// Whether what is here is what somebody sees to whom this commit was the newest.
    fn is_seen_at(&self, number: i64) -> bool {
        self.at <= number && self.coming.is_none_or(|coming| number < coming)
    }
}

impl Names {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names, if they can be had at once; they are read when they are asked for first.
    pub(in crate::store) fn index(&self, view: &View<'_>) -> Result<Option<Arc<Index>>, Error> {
        self.part(view, |state| &mut state.index, Index::read)
    }

    /// How many there are; likewise.
    pub(in crate::store) fn counts(&self, view: &View<'_>) -> Result<Option<Arc<Counts>>, Error> {
        self.part(view, |state| &mut state.counts, Counts::read)
    }

    fn part<T>(
        &self,
        view: &View<'_>,
        part: fn(&mut State) -> &mut Option<Arc<T>>,
        make: fn(&View<'_>) -> Result<T, Error>,
    ) -> Result<Option<Arc<T>>, Error> {
        let number = seen(view)?;
        {
            let mut state = self.state();
            if !state.is_seen_at(number) {
                return Ok(None);
            }
            if let Some(known) = part(&mut state) {
                return Ok(Some(Arc::clone(known)));
            }
        }
        let Ok(_making) = self.making.try_lock() else { return Ok(None) };
        let made = Arc::new(make(view)?);
        let mut state = self.state();
        if state.is_seen_at(number) {
            *part(&mut state) = Some(Arc::clone(&made));
        }
        // Whatever was committed meanwhile: this reader sees what was made.
        Ok(Some(made))
    }
}

/// The number of the newest commit that a reader sees, or of one before it that changed no user.
fn seen(view: &View<'_>) -> Result<i64, Error> {
    view.prepare("SELECT last_id FROM store_state")?.query_row([], |row| row.get(0)).translate()
}
