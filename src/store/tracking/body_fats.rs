//! Rows of `body_fat`.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::TrackedChild;
use super::list::{List, Listable, Ties, each, list, of_child};
use super::numbers::{self, node};
use super::question::Form;
use crate::model::Field as AnyField;
use crate::model::query::Query;
use crate::model::tracking::{BodyFat, Field, NewBodyFat};
use crate::model::{Child, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Items, Tx, View};

/// The columns that [`body_fat`] reads.
macro_rules! columns {
    () => {
        concat!("t.id, ", node!(), ", ?1, t.timestamp, t.value")
    };
}

const TIMESTAMP: AnyField = AnyField::Tracking(Field::Timestamp);

const LIST: List<BodyFat> = List {
    table: "body_fat",
    owner: of_child!(),
    counted: None,
    columns: columns!(),
    read: body_fat,
    fields: &[&[
        Listable { field: TIMESTAMP, value: "t.timestamp", form: Form::Instant },
        Listable { field: AnyField::Tracking(Field::Value), value: "t.value", form: Form::Number },
        Listable { field: AnyField::Tracking(Field::Unit), value: "'%'", form: Form::Text },
    ]],
    indexed: (TIMESTAMP, "t.timestamp"),
    ties: Ties::OldestFirst,
};

fn body_fat(row: &Row<'_>) -> rusqlite::Result<BodyFat> {
    Ok(BodyFat {
        id: numbers::id(row, 0)?,
        child: rows::id(row, 2)?,
        timestamp: rows::timestamp(row, 3)?,
        value: row.get(4)?,
    })
}

impl View<'_> {
    /// A child's body fat of this id.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn body_fat(&self, child: Id<Child>, id: Id<BodyFat>) -> Result<Option<BodyFat>, Error> {
        let (number, node) = numbers::parts(id);
        self.prepare(concat!(
            "SELECT ",
            columns!(),
            " FROM body_fat t WHERE ",
            of_child!(),
            " AND t.id = ?2 AND ?3 = ",
            node!()
        ))?
        .query_row(params![child.as_bytes(), number, node], body_fat)
        .optional()
        .translate()
    }

    /// Puts out the body fats of a child that a query asks for, and says how many there are in all.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read, or if nobody takes what is put out any more.
    pub fn body_fats(&self, child: Id<Child>, query: &Query, out: &mut Items<'_, BodyFat>) -> Result<(), Error> {
        list(self, &LIST, *child.as_bytes(), query, out)
    }

    /// Hands on all body fats of a child, the newest registered first.
    ///
    /// # Errors
    /// What `take` returns, and `Unavailable` or `Internal` if the database cannot be read.
    pub fn each_body_fat(
        &self,
        child: Id<Child>,
        take: &mut dyn FnMut(BodyFat) -> Result<(), Error>,
    ) -> Result<(), Error> {
        each(self, &LIST, *child.as_bytes(), take)
    }
}

impl Tx<'_> {
    /// Stores a body fat; `None` if the child has one of that time already.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn insert_body_fat(&self, child: TrackedChild, new: &NewBodyFat) -> Result<Option<BodyFat>, Error> {
        if self.has_body_fat(child, new.timestamp)? {
            return Ok(None);
        }
        let id = self.new_id();
        self.execute(
            "INSERT INTO body_fat (child, id, timestamp, value) VALUES (?1, ?2, ?3, ?4)",
            params![child.number, numbers::number(id), new.timestamp.as_millisecond(), new.value],
        )?;
        Ok(Some(BodyFat { id, child: child.id, timestamp: new.timestamp, value: new.value }))
    }

    /// Stores a body fat, or its value if the child has one of that time already.
    pub(super) fn put_body_fat(&self, child: TrackedChild, timestamp: Timestamp, value: f64) -> Result<(), Error> {
        if self.insert_body_fat(child, &NewBodyFat { timestamp, value })?.is_none() {
            self.execute(
                "UPDATE body_fat SET value = ?3 WHERE child = ?1 AND timestamp = ?2",
                params![child.number, timestamp.as_millisecond(), value],
            )?;
        }
        Ok(())
    }

    fn has_body_fat(&self, child: TrackedChild, timestamp: Timestamp) -> Result<bool, Error> {
        self.prepare("SELECT EXISTS (SELECT 1 FROM body_fat WHERE child = ?1 AND timestamp = ?2)")?
            .query_row(params![child.number, timestamp.as_millisecond()], |row| row.get(0))
            .translate()
    }

    /// Deletes a child's body fat, and its link with a weight; returns whether there was one.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn delete_body_fat(&self, child: Id<Child>, id: Id<BodyFat>) -> Result<bool, Error> {
        let Some(found) = self.body_fat(child, id)? else {
            return Ok(false);
        };
        self.execute(
            concat!("UPDATE weight AS t SET linked = 0 WHERE ", of_child!(), " AND t.timestamp = ?2 AND t.linked"),
            params![child.as_bytes(), found.timestamp.as_millisecond()],
        )?;
        let sql = concat!("DELETE FROM body_fat AS t WHERE ", of_child!(), " AND t.id = ?2");
        Ok(self.execute(sql, params![child.as_bytes(), numbers::number(id)])? == 1)
    }
}
