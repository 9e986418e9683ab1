//! Rows of `roster_batch` and `roster_change`: which imports were carried out, and what each changed.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::model::rosters::{Sheet, Thing};
use crate::model::{Error, Id};
use crate::store::engine::cipher::Purpose;
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Tx, View};

/// How many imports can be taken back: what older ones changed is forgotten.
const KEPT: i64 = 20;

/// An import that was carried out.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Counts from 1.
    pub number: i64,
    /// What its files were.
    pub format: String,
    /// When.
    pub applied_at: Timestamp,
    /// When it was taken back, if it was.
    pub undone_at: Option<Timestamp>,
    /// How many things it made that are still there or in the journal.
    pub made: usize,
    /// How many it changed, removals among them.
    pub changed: usize,
    /// How many it removed: users that it deactivated, groups that it deleted.
    pub removed: usize,
}

/// What an import did with one thing.
#[derive(Debug, Clone)]
pub struct Journaled {
    /// The thing's sheet.
    pub sheet: Sheet,
    /// Which.
    pub thing: Id<Thing>,
    /// The changed values before; nothing if it was made.
    pub before: Option<String>,
    /// And after.
    pub after: String,
}

const BATCHES: &str = "SELECT number, format, applied_at, undone_at, removed,
    (SELECT count(*) FROM roster_change c WHERE c.batch = b.number AND c.before IS NULL),
    (SELECT count(*) FROM roster_change c WHERE c.batch = b.number AND c.before IS NOT NULL)
    FROM roster_batch b WHERE number = coalesce(?1, number) ORDER BY number DESC";

fn batch(row: &Row<'_>) -> rusqlite::Result<Batch> {
    Ok(Batch {
        number: row.get(0)?,
        format: row.get(1)?,
        applied_at: rows::timestamp(row, 2)?,
        undone_at: rows::optional_timestamp(row, 3)?,
        removed: row.get(4)?,
        made: row.get(5)?,
        changed: row.get(6)?,
    })
}

impl View<'_> {
    /// The imports that can still be shown, the newest first.
    pub fn batches(&self) -> Result<Vec<Batch>, Error> {
        self.prepare(BATCHES)?.query_map([None::<i64>], batch).translate()?.collect::<rusqlite::Result<_>>().translate()
    }

    /// The import of this number.
    pub fn batch(&self, number: i64) -> Result<Option<Batch>, Error> {
        self.prepare(BATCHES)?.query_row([number], batch).optional().translate()
    }

    /// The import that an upload became.
    pub fn batch_of_upload(&self, upload: &str) -> Result<Option<Batch>, Error> {
        let number: Option<i64> = self
            .prepare("SELECT number FROM roster_batch WHERE upload = ?1")?
            .query_row([upload], |row| row.get(0))
            .optional()
            .translate()?;
        number.map_or(Ok(None), |number| self.batch(number))
    }

    /// The imports of which it is remembered what they changed of a thing, or stored of a child, the newest first.
    pub fn imports_of(&self, thing: Id<Thing>) -> Result<Vec<i64>, Error> {
        self.prepare(
            "SELECT batch FROM roster_change WHERE thing = ?1 UNION
             SELECT batch FROM wearable_row WHERE child = (SELECT number FROM tracked_child WHERE child_id = ?1)
             ORDER BY 1 DESC",
        )?
        .query_map([thing.as_bytes()], |row| row.get(0))
        .translate()?
        .collect::<rusqlite::Result<_>>()
        .translate()
    }

    /// What an import changed, in the order in which it did; of things that are gone meanwhile, nothing.
    pub fn journal(&self, batch: i64) -> Result<Vec<Journaled>, Error> {
        type Stored = (String, Id<Thing>, Option<Vec<u8>>, Vec<u8>);
        let stored: Vec<Stored> = self
            .prepare("SELECT sheet, thing, before, after FROM roster_change WHERE batch = ?1 ORDER BY number")?
            .query_map([batch], |row| Ok((row.get(0)?, rows::id(row, 1)?, row.get(2)?, row.get(3)?)))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        let open = |sealed: &[u8]| self.cipher.open_text(Purpose::Journal, sealed).map_err(Error::internal);
        let read = |(sheet, thing, before, after): Stored| {
            let sheet = Sheet::WITH_ADMINISTRATORS.into_iter().find(|known| known.word() == sheet);
            let sheet = sheet.ok_or_else(|| Error::internal("the journal names an unknown sheet"))?;
            let before = before.map(|before| open(&before)).transpose()?;
            Ok(Journaled { sheet, thing, before, after: open(&after)? })
        };
        stored.into_iter().map(read).collect()
    }
}

impl Tx<'_> {
    /// Begins the journal of an import, and forgets what the oldest ones changed; returns its number.
    pub fn begin_batch(&self, format: &str, upload: Option<&str>, removed: usize) -> Result<i64, Error> {
        let number: i64 = self
            .prepare(
                "INSERT INTO roster_batch (format, applied_at, upload, removed) VALUES (?1, ?2, ?3, ?4) RETURNING number",
            )?
            .query_row(params![format, self.now().as_millisecond(), upload, removed], |row| row.get(0))
            .translate()?;
        self.execute("DELETE FROM roster_batch WHERE number <= ?1", [number - KEPT])?;
        Ok(number)
    }

    /// Writes down what an import did with one thing.
    pub fn journal_change(&self, batch: i64, number: usize, change: &Journaled) -> Result<(), Error> {
        let seal = |text: &String| self.cipher.seal_text(Purpose::Journal, text);
        self.execute(
            "INSERT INTO roster_change (batch, number, sheet, thing, before, after) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                batch,
                number,
                change.sheet.word(),
                change.thing.as_bytes(),
                change.before.as_ref().map(seal).transpose()?,
                seal(&change.after)?,
            ],
        )?;
        Ok(())
    }

    /// Notes that an import was taken back now.
    pub fn end_batch(&self, number: i64) -> Result<(), Error> {
        self.execute(
            "UPDATE roster_batch SET undone_at = ?2 WHERE number = ?1",
            params![number, self.now().as_millisecond()],
        )?;
        Ok(())
    }
}
