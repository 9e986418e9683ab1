//! Rows of `wearable_row`, `wearable_before` and `wearable_answer`: what came from which file.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};

use crate::model::wearables::DataKind;
use crate::model::{Child, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{TrackedChild, Tx, View};

/// What is known of something that an import stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedRow {
    /// Its kind.
    pub kind: DataKind,
    /// A total's day since 1970, or the number of a thing's id.
    pub place: i64,
    /// The import.
    pub batch: i64,
    /// What the source knows it by.
    pub key: i64,
    /// The value that was stored, of totals and body fats.
    pub value: Option<f64>,
    /// The source that the import read.
    pub source: String,
}

/// What an import found in the place of what it stored.
#[derive(Debug, Clone)]
pub struct Before {
    /// The import that it was from.
    pub earlier: i64,
    /// What it was.
    pub was: String,
}

/// The columns that [`imported`] reads.
const ROWS: &str = "SELECT r.kind, r.place, r.batch, r.key, r.value, b.source
    FROM wearable_row r JOIN wearable_batch b ON b.number = r.batch
    WHERE r.child = ?1 AND r.batch = coalesce(?2, r.batch)";

fn imported(row: &Row<'_>) -> rusqlite::Result<ImportedRow> {
    let number: usize = row.get(0)?;
    let kind = DataKind::ALL.get(number).copied().ok_or(rusqlite::types::FromSqlError::InvalidType)?;
    Ok(ImportedRow {
        kind,
        place: row.get(1)?,
        batch: row.get(2)?,
        key: row.get(3)?,
        value: row.get(4)?,
        source: row.get(5)?,
    })
}

impl View<'_> {
    /// A child of which something is stored.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn tracked_child(&self, child: Id<Child>) -> Result<Option<TrackedChild>, Error> {
        self.prepare("SELECT number FROM tracked_child WHERE child_id = ?1")?
            .query_row([child.as_bytes()], |row| Ok(TrackedChild { id: child, number: row.get(0)? }))
            .optional()
            .translate()
    }

    /// What is there of a child that imports stored: all imports, or one.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn imported_rows(&self, child: TrackedChild, batch: Option<i64>) -> Result<Vec<ImportedRow>, Error> {
        self.prepare(ROWS)?
            .query_map(params![child.number, batch], imported)
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }

    /// What is known of something that is there of a child, if an import stored it.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn imported_row(&self, child: TrackedChild, kind: DataKind, place: i64) -> Result<Option<ImportedRow>, Error> {
        self.prepare(
            "SELECT r.kind, r.place, r.batch, r.key, r.value, b.source
             FROM wearable_row r JOIN wearable_batch b ON b.number = r.batch
             WHERE r.child = ?1 AND r.kind = ?2 AND r.place = ?3",
        )?
        .query_row(params![child.number, kind.number(), place], imported)
        .optional()
        .translate()
    }

    /// Whose data a tracked child's are.
    #[must_use]
    pub fn child_of(&self, child: TrackedChild) -> Id<Child> {
        child.id
    }

    /// The children of whom an import stored something that is there, or found something in its place.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn imported_children(&self, batch: i64) -> Result<Vec<TrackedChild>, Error> {
        self.prepare(
            "SELECT number, child_id FROM tracked_child WHERE child_id IS NOT NULL AND number IN
             (SELECT child FROM wearable_row WHERE batch = ?1 UNION SELECT child FROM wearable_before WHERE batch = ?1)",
        )?
        .query_map([batch], |row| Ok(TrackedChild { number: row.get(0)?, id: rows::id(row, 1)? }))
        .translate()?
        .collect::<rusqlite::Result<_>>()
        .translate()
    }

    /// What an import found in the place of something.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn before(
        &self,
        child: TrackedChild,
        (kind, place): (DataKind, i64),
        batch: i64,
    ) -> Result<Option<Before>, Error> {
        self.prepare(
            "SELECT earlier, was FROM wearable_before WHERE child = ?1 AND kind = ?2 AND place = ?3 AND batch = ?4",
        )?
        .query_row(params![child.number, kind.number(), place, batch], |row| {
            Ok(Before { earlier: row.get(0)?, was: row.get(1)? })
        })
        .optional()
        .translate()
    }

    /// What was answered of a child's files, by source and question.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn wearable_answers(&self, child: Id<Child>) -> Result<BTreeMap<(String, String), String>, Error> {
        let Some(child) = self.tracked_child(child)? else { return Ok(BTreeMap::new()) };
        self.prepare("SELECT source, question, answer FROM wearable_answer WHERE child = ?1")?
            .query_map([child.number], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }
}

impl Tx<'_> {
    /// Notes which import stored something, in place of what was noted of it.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn note_imported(&self, child: TrackedChild, row: &ImportedRow) -> Result<(), Error> {
        self.execute(
            "INSERT INTO wearable_row (child, kind, place, batch, key, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (child, kind, place) DO UPDATE SET batch = ?4, key = ?5, value = ?6",
            params![child.number, row.kind.number(), row.place, row.batch, row.key, row.value],
        )
        .map(drop)
    }

    /// Forgets which import stored something.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn forget_imported(&self, child: TrackedChild, kind: DataKind, place: i64) -> Result<(), Error> {
        let sql = "DELETE FROM wearable_row WHERE child = ?1 AND kind = ?2 AND place = ?3";
        self.execute(sql, params![child.number, kind.number(), place]).map(drop)
    }

    /// Keeps what an import finds in the place of what it stores; what it kept of the same place already stays.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn keep_before(
        &self,
        child: TrackedChild,
        (kind, place): (DataKind, i64),
        batch: i64,
        before: &Before,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO wearable_before (child, kind, place, batch, earlier, was) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (child, kind, place, batch) DO NOTHING",
            params![child.number, kind.number(), place, batch, before.earlier, before.was],
        )
        .map(drop)
    }

    /// Forgets what an import found in the place of something.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn forget_before(&self, child: TrackedChild, (kind, place): (DataKind, i64), batch: i64) -> Result<(), Error> {
        let sql = "DELETE FROM wearable_before WHERE child = ?1 AND kind = ?2 AND place = ?3 AND batch = ?4";
        self.execute(sql, params![child.number, kind.number(), place, batch]).map(drop)
    }

    /// Moves what imports found in a place to another one, so that it is still known when the thing there is replaced.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn move_before(&self, child: TrackedChild, kind: DataKind, from: i64, to: i64) -> Result<(), Error> {
        let sql = "UPDATE wearable_before SET place = ?4 WHERE child = ?1 AND kind = ?2 AND place = ?3";
        self.execute(sql, params![child.number, kind.number(), from, to]).map(drop)
    }

    /// Remembers what was answered of a child's files.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn remember_answer(
        &self,
        child: TrackedChild,
        source: &str,
        question: &str,
        answer: &str,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO wearable_answer (child, source, question, answer) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (child, source, question) DO UPDATE SET answer = ?4 WHERE answer IS NOT ?4",
            params![child.number, source, question, answer],
        )
        .map(drop)
    }
}
