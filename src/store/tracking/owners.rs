//! Whose data it is: children and institutions, and their numbers.

use rusqlite::OptionalExtension;

use crate::model::{Child, Error, Id, Institution};
use crate::store::engine::error::Translate;
use crate::store::{Tx, Within};

/// A child of which data can be stored: [`Tx::track_child`] makes it.
#[derive(Debug, Clone, Copy)]
pub struct TrackedChild {
    pub(in crate::store) id: Id<Child>,
    /// What stands for its id in the rows of its data.
    pub(in crate::store) number: i64,
}

/// An institution of which data can be stored: [`Tx::track_institution`] makes it.
#[derive(Debug, Clone, Copy)]
pub struct TrackedInstitution {
    pub(super) id: Id<Institution>,
    /// What stands for its id in the rows of its data.
    pub(super) number: i64,
}

impl Tx<'_> {
    /// An institution, for whatever is to be stored of it; `None` if there is no such institution.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn track_institution(&self, institution: Id<Institution>) -> Result<Option<TrackedInstitution>, Error> {
        let tracked = |number| TrackedInstitution { id: institution, number };
        let known = self
            .prepare("SELECT number FROM tracked_institution WHERE institution_id = ?1")?
            .query_row([institution.as_bytes()], |row| row.get(0).map(tracked))
            .optional()
            .translate()?;
        if known.is_some() || self.institution(institution)?.is_none() {
            return Ok(known);
        }
        self.prepare("INSERT INTO tracked_institution (institution_id) VALUES (?1) RETURNING number")?
            .query_row([institution.as_bytes()], |row| row.get(0).map(tracked))
            .optional()
            .translate()
    }

    /// A child, for whatever is to be stored of it; `None` if there is no such child.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn track_child(&self, child: Id<Child>) -> Result<Option<TrackedChild>, Error> {
        let tracked = |number| TrackedChild { id: child, number };
        let known = self
            .prepare("SELECT number FROM tracked_child WHERE child_id = ?1")?
            .query_row([child.as_bytes()], |row| row.get(0).map(tracked))
            .optional()
            .translate()?;
        if known.is_some() || self.child_within(child.cast(), Within::All)?.is_none() {
            return Ok(known);
        }
        self.prepare("INSERT INTO tracked_child (child_id) VALUES (?1) RETURNING number")?
            .query_row([child.as_bytes()], |row| row.get(0).map(tracked))
            .optional()
            .translate()
    }
}
