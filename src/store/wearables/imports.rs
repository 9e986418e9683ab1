//! Rows of `wearable_batch` and `wearable_import`: which imports there were, and of which children.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::model::{Account, Child, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{TrackedChild, Tx, View};

/// An import of files of wearables.
#[derive(Debug, Clone)]
pub struct ImportBatch {
    /// Its number, which no import of rosters has.
    pub number: i64,
    /// What was read.
    pub source: String,
    /// When.
    pub applied_at: Timestamp,
    /// When it was taken back, if it was.
    pub undone_at: Option<Timestamp>,
    /// How many things it stored where nothing was.
    pub created: usize,
    /// How many it stored in the place of others.
    pub changed: usize,
}

/// What an import stored of a child.
#[derive(Debug, Clone)]
pub struct ChildImport {
    /// Of which child.
    pub child: Id<Child>,
    /// Whose account asked for it; nothing if it was the machine's operator.
    pub made_by: Option<Id<Account>>,
    /// The import, as far as it is about this child.
    pub batch: ImportBatch,
}

const BATCHES: &str =
    "SELECT b.number, b.source, b.applied_at, b.undone_at, coalesce(sum(i.created), 0), coalesce(sum(i.changed), 0)
    FROM wearable_batch b LEFT JOIN wearable_import i ON i.batch = b.number
    WHERE b.number = coalesce(?1, b.number) GROUP BY b.number ORDER BY b.number DESC LIMIT 1000";

/// The columns that [`of_child`] reads.
macro_rules! imports {
    ($condition:literal) => {
        concat!(
            "SELECT i.batch, b.source, b.applied_at, i.undone_at, i.created, i.changed, c.child_id, i.made_by
             FROM wearable_import i JOIN wearable_batch b ON b.number = i.batch JOIN tracked_child c ON c.number = i.child
             WHERE c.child_id IS NOT NULL AND ",
            $condition,
            " ORDER BY i.batch DESC LIMIT 1000"
        )
    };
}

fn batch(row: &Row<'_>) -> rusqlite::Result<ImportBatch> {
    Ok(ImportBatch {
        number: row.get(0)?,
        source: row.get(1)?,
        applied_at: rows::timestamp(row, 2)?,
        undone_at: rows::optional_timestamp(row, 3)?,
        created: row.get(4)?,
        changed: row.get(5)?,
    })
}

fn of_child(row: &Row<'_>) -> rusqlite::Result<ChildImport> {
    Ok(ChildImport { batch: batch(row)?, child: rows::id(row, 6)?, made_by: rows::optional_id(row, 7)? })
}

impl View<'_> {
    /// The imports of files of wearables, the newest first.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn wearable_batches(&self) -> Result<Vec<ImportBatch>, Error> {
        self.prepare(BATCHES)?.query_map([None::<i64>], batch).translate()?.collect::<rusqlite::Result<_>>().translate()
    }

    /// The import of this number, if it is one of files of wearables.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn wearable_batch(&self, number: i64) -> Result<Option<ImportBatch>, Error> {
        self.prepare(BATCHES)?.query_row([number], batch).optional().translate()
    }

    /// What imports stored of a child, or of all, the newest first.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn wearable_imports(&self, child: Option<Id<Child>>) -> Result<Vec<ChildImport>, Error> {
        let (sql, child) = match child {
            Some(child) => (imports!("c.child_id = ?1"), Some(*child.as_bytes())),
            None => (imports!("?1 IS NULL"), None),
        };
        self.prepare(sql)?.query_map([child], of_child).translate()?.collect::<rusqlite::Result<_>>().translate()
    }

    /// What an import stored of a child, if it did.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn wearable_import(&self, child: Id<Child>, number: i64) -> Result<Option<ChildImport>, Error> {
        self.prepare(imports!("c.child_id = ?1 AND i.batch = ?2"))?
            .query_row(params![child.as_bytes(), number], of_child)
            .optional()
            .translate()
    }

    /// How many things an import changed, of one child or of all, that a later one changed again.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn overwritten(&self, batch: i64, child: Option<TrackedChild>) -> Result<usize, Error> {
        self.prepare("SELECT count(*) FROM wearable_before WHERE earlier = ?1 AND child = coalesce(?2, child)")?
            .query_row(params![batch, child.map(|child| child.number)], |row| row.get(0))
            .translate()
    }
}

impl Tx<'_> {
    /// Begins an import; returns its number. Rosters count with the same numbers.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn begin_wearable_batch(&self, source: &str, reader: u32) -> Result<i64, Error> {
        let number: i64 = self
            .prepare("INSERT INTO roster_batch (format, applied_at) VALUES ('', 0) RETURNING number")?
            .query_row([], |row| row.get(0))
            .translate()?;
        self.execute("DELETE FROM roster_batch WHERE number = ?1", [number])?;
        self.execute(
            "INSERT INTO wearable_batch (number, source, reader, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![number, source, reader, self.now().as_millisecond()],
        )?;
        Ok(number)
    }

    /// Notes how many things more an import stored of a child, and who asked for it.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn count_imported(
        &self,
        child: TrackedChild,
        batch: i64,
        made_by: Option<Id<Account>>,
        (created, changed): (usize, usize),
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO wearable_import (batch, child, made_by, created, changed) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (child, batch) DO UPDATE SET created = created + ?4, changed = changed + ?5",
            params![batch, child.number, made_by.as_ref().map(Id::as_bytes), created, changed],
        )
        .map(drop)
    }

    /// Notes that an import was taken back now: what it stored of one child, or of all. With the last child it is as a whole.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn end_wearable_import(&self, batch: i64, child: Option<TrackedChild>) -> Result<(), Error> {
        let now = self.now().as_millisecond();
        self.execute(
            "UPDATE wearable_import SET undone_at = ?3
             WHERE batch = ?1 AND child = coalesce(?2, child) AND undone_at IS NULL",
            params![batch, child.map(|child| child.number), now],
        )?;
        self.execute(
            "UPDATE wearable_batch SET undone_at = ?2 WHERE number = ?1 AND undone_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM wearable_import i WHERE i.batch = ?1 AND i.undone_at IS NULL)",
            params![batch, now],
        )
        .map(drop)
    }
}
