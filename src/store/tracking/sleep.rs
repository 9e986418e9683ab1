//! Rows of `sleep`.

use rusqlite::types::FromSqlError;
use rusqlite::{OptionalExtension, Row, params};

use super::TrackedChild;
use super::data_set::{pack, unpack};
use super::list::{List, Listable, Ties, each, list, of_child};
use super::numbers::{self, node};
use super::question::Form;
use crate::model::Field as AnyField;
use crate::model::query::Query;
use crate::model::tracking::{Field, Period, Sleep, SleepFacts, SleepType};
use crate::model::{Child, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Items, Tx, View};

/// The columns that [`sleep`] reads.
macro_rules! columns {
    () => {
        concat!("t.id, ", node!(), ", ?1, t.start_time, t.duration, t.type, t.data_set")
    };
}

const START: AnyField = AnyField::Tracking(Field::StartTime);

const LIST: List<Sleep> = List {
    table: "sleep",
    owner: of_child!(),
    counted: None,
    columns: columns!(),
    read: sleep,
    fields: &[&[
        Listable { field: START, value: "t.start_time", form: Form::Second },
        Listable { field: AnyField::Tracking(Field::EndTime), value: "t.start_time + t.duration", form: Form::Second },
        Listable { field: AnyField::Tracking(Field::Duration), value: "t.duration", form: Form::Number },
        Listable {
            field: AnyField::Type,
            value: "CASE t.type WHEN 0 THEN 'classic' ELSE 'stages' END",
            form: Form::Text,
        },
    ]],
    indexed: (START, "t.start_time"),
    ties: Ties::OldestFirst,
};

/// How the types are stored.
const TYPES: [SleepType; 2] = [SleepType::Classic, SleepType::Stages];

fn sleep(row: &Row<'_>) -> rusqlite::Result<Sleep> {
    Ok(Sleep { id: numbers::id(row, 0)?, child: rows::id(row, 2)?, facts: facts(row, 3)? })
}

/// Reads a night's start, duration, type and entries, from column `at` on.
pub(super) fn facts(row: &Row<'_>, at: usize) -> rusqlite::Result<SleepFacts> {
    let period = Period { start: rows::timestamp(row, at)?, duration: row.get(at + 1)? };
    let kind = *TYPES.get(row.get::<_, usize>(at + 2)?).ok_or(FromSqlError::InvalidType)?;
    let data_set = unpack(row.get_ref(at + 3)?.as_blob()?, period.start, kind)?;
    Ok(SleepFacts { period, kind, data_set })
}

impl View<'_> {
    /// A child's night of this id.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn sleep(&self, child: Id<Child>, id: Id<Sleep>) -> Result<Option<Sleep>, Error> {
        let (number, node) = numbers::parts(id);
        let sql =
            concat!("SELECT ", columns!(), " FROM sleep t WHERE ", of_child!(), " AND t.id = ?2 AND ?3 = ", node!());
        self.prepare(sql)?.query_row(params![child.as_bytes(), number, node], sleep).optional().translate()
    }

    /// Puts out the nights of a child that a query asks for, and says how many there are in all.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read, or if nobody takes what is put out any more.
    pub fn nights(&self, child: Id<Child>, query: &Query, out: &mut Items<'_, Sleep>) -> Result<(), Error> {
        list(self, &LIST, *child.as_bytes(), query, out)
    }

    /// Hands on all nights of a child, the newest registered first.
    ///
    /// # Errors
    /// What `take` returns, and `Unavailable` or `Internal` if the database cannot be read.
    pub fn each_night(&self, child: Id<Child>, take: &mut dyn FnMut(Sleep) -> Result<(), Error>) -> Result<(), Error> {
        each(self, &LIST, *child.as_bytes(), take)
    }
}

impl Tx<'_> {
    /// Stores a night; `None` if the child has one of that start already.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn insert_sleep(&self, child: TrackedChild, facts: &SleepFacts) -> Result<Option<Sleep>, Error> {
        let start = facts.period.start.as_millisecond();
        let known: bool = self
            .prepare("SELECT EXISTS (SELECT 1 FROM sleep WHERE child = ?1 AND start_time = ?2)")?
            .query_row(params![child.number, start], |row| row.get(0))
            .translate()?;
        if known {
            return Ok(None);
        }
        let id = self.new_id();
        let kind = TYPES.iter().position(|kind| *kind == facts.kind).unwrap_or_default();
        self.execute(
            "INSERT INTO sleep (child, id, start_time, duration, type, data_set) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![child.number, numbers::number(id), start, facts.period.duration, kind, pack(facts)],
        )?;
        Ok(Some(Sleep { id, child: child.id, facts: facts.clone() }))
    }

    /// Deletes a child's night; returns whether there was one.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn delete_sleep(&self, child: Id<Child>, id: Id<Sleep>) -> Result<bool, Error> {
        let (number, node) = numbers::parts(id);
        let sql = concat!("DELETE FROM sleep AS t WHERE ", of_child!(), " AND t.id = ?2 AND ?3 = ", node!());
        Ok(self.execute(sql, params![child.as_bytes(), number, node])? == 1)
    }
}
