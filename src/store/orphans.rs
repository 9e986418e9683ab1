//! Orphans: what is tracked of children and institutions that were deleted, which goes a few rows at a time.

use crate::model::Error;
use crate::store::engine::error::Translate;
use crate::store::{Tx, View};

/// Deletes at most `?1` rows of a table of what is tracked of children who were deleted.
macro_rules! sweep {
    ($table:literal, $key:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE (child, ",
            $key,
            ") IN (SELECT child, ",
            $key,
            " FROM tracked_child o CROSS JOIN ",
            $table,
            " t ON t.child = o.number WHERE o.child_id IS NULL LIMIT ?1)"
        )
    };
}

/// What there is of them, and at last themselves: when all else is gone, deleting these deletes nothing with them. What
/// imports noted goes before the things that it is about, whose triggers would look for it.
const SWEEPS: [&str; 13] = [
    sweep!("wearable_before", "kind, place, batch"),
    sweep!("wearable_row", "kind, place"),
    sweep!("wearable_answer", "source, question"),
    sweep!("wearable_import", "batch"),
    sweep!("day_totals", "day"),
    sweep!("physical_activity", "id"),
    sweep!("sleep", "id"),
    sweep!("weight", "id"),
    sweep!("body_fat", "id"),
    "DELETE FROM tracked_child WHERE number IN (SELECT number FROM tracked_child WHERE child_id IS NULL LIMIT ?1)",
    "DELETE FROM environment WHERE (institution, id) IN
     (SELECT t.institution, t.id FROM tracked_institution o CROSS JOIN environment t ON t.institution = o.number
      WHERE o.institution_id IS NULL LIMIT ?1)",
    "DELETE FROM place WHERE number IN
     (SELECT t.number FROM tracked_institution o CROSS JOIN place t ON t.institution = o.number
      WHERE o.institution_id IS NULL LIMIT ?1)",
    "DELETE FROM tracked_institution WHERE number IN
     (SELECT number FROM tracked_institution WHERE institution_id IS NULL LIMIT ?1)",
];

impl View<'_> {
    /// Whether something is tracked of somebody who was deleted.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn has_orphans(&self) -> Result<bool, Error> {
        self.prepare(
            "SELECT EXISTS (SELECT 1 FROM tracked_child WHERE child_id IS NULL)
                 OR EXISTS (SELECT 1 FROM tracked_institution WHERE institution_id IS NULL)",
        )?
        .query_row([], |row| row.get(0))
        .translate()
    }
}

impl Tx<'_> {
    /// Deletes at most `most` rows of what is tracked of those who were deleted.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn delete_orphans(&self, most: usize) -> Result<(), Error> {
        let mut left = most;
        for sql in SWEEPS {
            if left > 0 {
                left -= self.execute(sql, [left])?;
            }
        }
        Ok(())
    }
}
