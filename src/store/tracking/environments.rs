//! Rows of `environment`, and of the places where sensors stand.

use rusqlite::{OptionalExtension, Row, params};

use super::list::{List, Listable, Ties, list};
use super::measurements::{pack, unpack};
use super::numbers::{self, node};
use super::owners::TrackedInstitution;
use super::question::Form;
use crate::model::Field as AnyField;
use crate::model::query::Query;
use crate::model::tracking::{Environment, EnvironmentFacts, Field, Location};
use crate::model::{Error, Id, Institution, Text};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Items, Tx, View};

/// The rows of an institution.
macro_rules! of_institution {
    () => {
        "t.institution = (SELECT number FROM tracked_institution WHERE institution_id = ?1)"
    };
}

/// A column of the row's place.
macro_rules! place {
    ($column:literal) => {
        concat!("(SELECT nullif(", $column, ", '') FROM place WHERE number = t.place)")
    };
}

/// The columns that [`environment`] reads.
macro_rules! columns {
    () => {
        concat!(
            "t.id, ",
            node!(),
            ", ?1, t.timestamp, t.climatized, t.measurements, ",
            place!("local"),
            ", ",
            place!("room"),
            ", ",
            place!("latitude"),
            ", ",
            place!("longitude")
        )
    };
}

const TIMESTAMP: AnyField = AnyField::Tracking(Field::Timestamp);

const fn text(field: Field, value: &'static str) -> Listable {
    Listable { field: AnyField::Tracking(field), value, form: Form::Text }
}

const LIST: List<Environment> = List {
    table: "environment",
    owner: of_institution!(),
    counted: Some("coalesce((SELECT environments FROM tracked_institution WHERE institution_id = ?1), 0)"),
    columns: columns!(),
    read: environment,
    fields: &[&[
        Listable { field: TIMESTAMP, value: "t.timestamp", form: Form::Instant },
        Listable { field: AnyField::Tracking(Field::Climatized), value: "t.climatized", form: Form::Truth },
        text(Field::Local, place!("local")),
        text(Field::Room, place!("room")),
        text(Field::PlaceLatitude, place!("latitude")),
        text(Field::PlaceLongitude, place!("longitude")),
    ]],
    indexed: (TIMESTAMP, "t.timestamp"),
    ties: Ties::OldestFirst,
};

fn environment(row: &Row<'_>) -> rusqlite::Result<Environment> {
    Ok(Environment {
        id: numbers::id(row, 0)?,
        institution: rows::id(row, 2)?,
        facts: EnvironmentFacts {
            timestamp: rows::timestamp(row, 3)?,
            climatized: row.get(4)?,
            measurements: unpack(row.get_ref(5)?.as_blob()?)?,
            location: Location {
                local: rows::text(row, 6)?,
                room: rows::text(row, 7)?,
                latitude: rows::optional_text(row, 8)?,
                longitude: rows::optional_text(row, 9)?,
            },
        },
    })
}

impl View<'_> {
    /// Puts out the environments of an institution that a query asks for, and says how many there are in all.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read, or if nobody takes what is put out any more.
    pub fn environments(
        &self,
        institution: Id<Institution>,
        query: &Query,
        out: &mut Items<'_, Environment>,
    ) -> Result<(), Error> {
        list(self, &LIST, *institution.as_bytes(), query, out)
    }
}

impl Tx<'_> {
    /// Stores an environment; `None` if the institution has one of that time and location already.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn insert_environment(
        &self,
        institution: TrackedInstitution,
        facts: &EnvironmentFacts,
    ) -> Result<Option<Environment>, Error> {
        let place = self.place(institution, &facts.location)?;
        let timestamp = facts.timestamp.as_millisecond();
        let known: bool = self
            .prepare(
                "SELECT EXISTS (SELECT 1 FROM environment WHERE institution = ?1 AND timestamp = ?2 AND place = ?3)",
            )?
            .query_row(params![institution.number, timestamp, place], |row| row.get(0))
            .translate()?;
        if known {
            return Ok(None);
        }
        let id = self.new_id();
        self.execute(
            "INSERT INTO environment (institution, id, timestamp, place, climatized, measurements)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                institution.number,
                numbers::number(id),
                timestamp,
                place,
                facts.climatized,
                pack(&facts.measurements),
            ],
        )?;
        self.execute(
            "UPDATE tracked_institution SET environments = environments + 1 WHERE number = ?1",
            [institution.number],
        )?;
        Ok(Some(Environment { id, institution: institution.id, facts: facts.clone() }))
    }

    /// The number of a place, which is stored if it is new.
    fn place(&self, institution: TrackedInstitution, location: &Location) -> Result<i64, Error> {
        let optional = |text: &Option<Text>| text.as_ref().map_or(String::new(), |text| text.as_str().to_owned());
        let (local, room) = (location.local.as_str(), location.room.as_str());
        let (latitude, longitude) = (optional(&location.latitude), optional(&location.longitude));
        let place = params![institution.number, local, room, latitude, longitude];
        let known = self
            .prepare(
                "SELECT number FROM place
                 WHERE institution = ?1 AND local = ?2 AND room = ?3 AND latitude = ?4 AND longitude = ?5",
            )?
            .query_row(place, |row| row.get(0))
            .optional()
            .translate()?;
        match known {
            Some(number) => Ok(number),
            None => self
                .prepare(
                    "INSERT INTO place (institution, local, room, latitude, longitude) VALUES (?1, ?2, ?3, ?4, ?5)
                     RETURNING number",
                )?
                .query_row(place, |row| row.get(0))
                .translate(),
        }
    }

    /// Deletes an environment of an institution; returns whether there was one.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read or written.
    pub fn delete_environment(&self, institution: Id<Institution>, id: Id<Environment>) -> Result<bool, Error> {
        let (number, node) = numbers::parts(id);
        let sql =
            concat!("DELETE FROM environment AS t WHERE ", of_institution!(), " AND t.id = ?2 AND ?3 = ", node!());
        let found = self.execute(sql, params![institution.as_bytes(), number, node])? == 1;
        if found {
            self.execute(
                "UPDATE tracked_institution SET environments = environments - 1 WHERE institution_id = ?1",
                [institution.as_bytes()],
            )?;
        }
        Ok(found)
    }

    /// Takes all its environments and places from an institution, as orphans; returns whether there were any.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn clear_environments(&self, institution: Id<Institution>) -> Result<bool, Error> {
        let sql = "UPDATE tracked_institution SET institution_id = NULL WHERE institution_id = ?1 AND environments > 0";
        Ok(self.execute(sql, [institution.as_bytes()])? == 1)
    }
}
