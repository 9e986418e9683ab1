//! Rows of `weight`.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::TrackedChild;
use super::list::{List, Listable, Ties, each, list, of_child};
use super::numbers::{self, node};
use super::question::Form;
use crate::model::Field as AnyField;
use crate::model::query::Query;
use crate::model::tracking::{Field, NewWeight, Weight};
use crate::model::{Child, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Items, Tx, View};

/// The present value of the body fat that a weight is linked with.
macro_rules! body_fat {
    () => {
        "(SELECT b.value FROM body_fat b WHERE t.linked AND b.child = t.child AND b.timestamp = t.timestamp)"
    };
}

/// The columns that [`weight`] reads.
macro_rules! columns {
    () => {
        concat!("t.id, ", node!(), ", ?1, t.timestamp, t.value, t.unit, ", body_fat!())
    };
}

const TIMESTAMP: AnyField = AnyField::Tracking(Field::Timestamp);

const LIST: List<Weight> = List {
    table: "weight",
    owner: of_child!(),
    counted: None,
    columns: columns!(),
    read: weight,
    fields: &[&[
        Listable { field: TIMESTAMP, value: "t.timestamp", form: Form::Second },
        Listable { field: AnyField::Tracking(Field::Value), value: "t.value", form: Form::Number },
        Listable { field: AnyField::Tracking(Field::Unit), value: "t.unit", form: Form::Text },
        Listable { field: AnyField::Tracking(Field::BodyFat), value: body_fat!(), form: Form::Number },
    ]],
    indexed: (TIMESTAMP, "t.timestamp"),
    ties: Ties::NewestFirstBySecond(TIMESTAMP),
};

fn weight(row: &Row<'_>) -> rusqlite::Result<Weight> {
    Ok(Weight {
        id: numbers::id(row, 0)?,
        child: rows::id(row, 2)?,
        timestamp: rows::timestamp(row, 3)?,
        value: row.get(4)?,
        unit: rows::text(row, 5)?,
        body_fat: row.get(6)?,
    })
}

impl View<'_> {
    /// A child's weight of this id.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn weight(&self, child: Id<Child>, id: Id<Weight>) -> Result<Option<Weight>, Error> {
        let (number, node) = numbers::parts(id);
        self.prepare(concat!(
            "SELECT ",
            columns!(),
            " FROM weight t WHERE ",
            of_child!(),
            " AND t.id = ?2 AND ?3 = ",
            node!()
        ))?
        .query_row(params![child.as_bytes(), number, node], weight)
        .optional()
        .translate()
    }

    /// Puts out the weights of a child that a query asks for, and says how many there are in all.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read, or if nobody takes what is put out any more.
    pub fn weights(&self, child: Id<Child>, query: &Query, out: &mut Items<'_, Weight>) -> Result<(), Error> {
        list(self, &LIST, *child.as_bytes(), query, out)
    }

    /// Hands on all weights of a child, the newest registered first.
    ///
    /// # Errors
    /// What `take` returns, and `Unavailable` or `Internal` if the database cannot be read.
    pub fn each_weight(
        &self,
        child: Id<Child>,
        take: &mut dyn FnMut(Weight) -> Result<(), Error>,
    ) -> Result<(), Error> {
        each(self, &LIST, *child.as_bytes(), take)
    }
}

impl Tx<'_> {
    /// Stores a weight, and its body fat if it has one, which it is linked with then; `None` if the child has a weight
    /// of that time already.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn insert_weight(&self, child: TrackedChild, new: &NewWeight) -> Result<Option<Weight>, Error> {
        if self.has_weight(child, new.timestamp)? {
            return Ok(None);
        }
        if let Some(value) = new.body_fat {
            self.put_body_fat(child, new.timestamp, value)?;
        }
        let id = self.new_id();
        self.execute(
            "INSERT INTO weight (child, id, timestamp, value, unit, linked) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                child.number,
                numbers::number(id),
                new.timestamp.as_millisecond(),
                new.value,
                new.unit.as_str(),
                new.body_fat.is_some(),
            ],
        )?;
        let NewWeight { timestamp, value, unit, body_fat } = new.clone();
        Ok(Some(Weight { id, child: child.id, timestamp, value, unit, body_fat }))
    }

    fn has_weight(&self, child: TrackedChild, timestamp: Timestamp) -> Result<bool, Error> {
        self.prepare("SELECT EXISTS (SELECT 1 FROM weight WHERE child = ?1 AND timestamp = ?2)")?
            .query_row(params![child.number, timestamp.as_millisecond()], |row| row.get(0))
            .translate()
    }

    /// Deletes a child's weight; its body fat stays. Returns whether there was one.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn delete_weight(&self, child: Id<Child>, id: Id<Weight>) -> Result<bool, Error> {
        let (number, node) = numbers::parts(id);
        let sql = concat!("DELETE FROM weight AS t WHERE ", of_child!(), " AND t.id = ?2 AND ?3 = ", node!());
        Ok(self.execute(sql, params![child.as_bytes(), number, node])? == 1)
    }
}
