//! Rows of `departure`, and who is deactivated: users who left.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::model::{Account, Departure, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Tx, View};

/// In how many turns of the service, one an hour, somebody is found to be due before he is deleted.
const TURNS: i64 = 24;

impl View<'_> {
    /// What is to become of a user, and whether an import said so.
    pub fn departure(&self, id: Id<Account>) -> Result<Option<Departure>, Error> {
        self.prepare("SELECT deactivate_at, erase_at, by_import FROM departure WHERE account_id = ?1")?
            .query_row([id.as_bytes()], |row| {
                Ok(Departure {
                    deactivate_at: rows::optional_timestamp(row, 0)?,
                    erase_at: rows::optional_timestamp(row, 1)?,
                    by_import: row.get(2)?,
                })
            })
            .optional()
            .translate()
    }
}

impl View<'_> {
    /// Those who are to be deactivated by then, at most `most`.
    pub fn departing(&self, then: Timestamp, most: usize) -> Result<Vec<Id<Account>>, Error> {
        self.prepare("SELECT account_id FROM departure WHERE deactivate_at <= ?1 LIMIT ?2")?
            .query_map(params![then.as_millisecond(), most], |row| rows::id(row, 0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }

    /// Whether anybody is to be deleted by then.
    pub fn has_due(&self, then: Timestamp) -> Result<bool, Error> {
        self.prepare("SELECT EXISTS (SELECT 1 FROM departure WHERE deactivate_at IS NULL AND erase_at <= ?1)")?
            .query_row([then.as_millisecond()], |row| row.get(0))
            .translate()
    }
}

impl Tx<'_> {
    /// Deactivates a user as of then, or activates it; returns whether that changed anything.
    pub fn set_deactivated(&self, id: Id<Account>, at: Option<Timestamp>) -> Result<bool, Error> {
        let changed = self.execute(
            "UPDATE account SET deactivated_at = ?2 WHERE id = ?1 AND (deactivated_at IS NULL) <> (?2 IS NULL)",
            params![id.as_bytes(), at.map(Timestamp::as_millisecond)],
        )?;
        Ok(changed == 1)
    }

    /// Notes what is to become of a user, in place of what was noted before.
    pub fn set_departure(&self, id: Id<Account>, departure: Option<&Departure>) -> Result<(), Error> {
        let Some(Departure { deactivate_at, erase_at, by_import }) = departure else {
            self.execute("DELETE FROM departure WHERE account_id = ?1", [id.as_bytes()])?;
            return Ok(());
        };
        self.execute(
            "INSERT INTO departure (account_id, deactivate_at, erase_at, by_import) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account_id) DO UPDATE
             SET deactivate_at = ?2, erase_at = ?3, by_import = ?4, found_due = 0",
            params![
                id.as_bytes(),
                deactivate_at.map(Timestamp::as_millisecond),
                erase_at.map(Timestamp::as_millisecond),
                by_import,
            ],
        )?;
        Ok(())
    }

    /// Notes once more who is to be deleted by now.
    pub fn find_due(&self) -> Result<(), Error> {
        self.execute(
            "UPDATE departure SET found_due = found_due + 1 WHERE deactivate_at IS NULL AND erase_at <= ?1",
            [self.now().as_millisecond()],
        )
        .map(drop)
    }

    /// Somebody who was found to be due often enough.
    pub fn due(&self) -> Result<Option<Id<Account>>, Error> {
        self.prepare(
            "SELECT account_id FROM departure JOIN account ON id = account_id
             WHERE deactivate_at IS NULL AND erase_at <= ?1 AND found_due >= ?2 AND deactivated_at IS NOT NULL LIMIT 1",
        )?
        .query_row(params![self.now().as_millisecond(), TURNS], |row| rows::id(row, 0))
        .optional()
        .translate()
    }
}
