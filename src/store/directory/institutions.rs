//! Rows of `institution`.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params};

use crate::model::query::{Listed, Query};
use crate::model::{Conflict, Error, Field, Id, Institution, InstitutionFacts, InstitutionPatch, Kind, Text};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::engine::select::{Column, List, natural, select};
use crate::store::{Tx, View};

const LIST: List<Institution> = List {
    columns: "i.id, i.name, i.type, i.address, i.latitude, i.longitude",
    from: "institution i",
    join: "",
    scope: "WHERE ?1 IS NULL",
    id: "i.id",
    default_order: "i.id DESC",
    of_users: false,
    deactivated: None,
    created: "i.created_at",
    column,
    read: institution,
};

const DUPLICATE: Error = Error::Conflict(Conflict::Name(Kind::Institution));

fn column(field: Field) -> Option<Column> {
    match field {
        Field::Id => Some(Column::new("lower(hex(i.id))", "i.id").exact()),
        Field::Name => Some(natural!("i.name")),
        Field::Type => Some(natural!("i.type")),
        Field::Address => Some(natural!("i.address")),
        Field::Latitude => Some(Column::new("i.latitude", "i.latitude")),
        Field::Longitude => Some(Column::new("i.longitude", "i.longitude")),
        _ => None,
    }
}

fn institution(_: &View<'_>, row: &Row<'_>) -> rusqlite::Result<Institution> {
    Ok(Institution {
        id: rows::id(row, 0)?,
        facts: InstitutionFacts {
            name: rows::text(row, 1)?,
            kind: rows::text(row, 2)?,
            address: rows::optional_text(row, 3)?,
            latitude: row.get(4)?,
            longitude: row.get(5)?,
        },
    })
}

impl View<'_> {
    /// The institution of this id.
    pub fn institution(&self, id: Id<Institution>) -> Result<Option<Institution>, Error> {
        self.prepare("SELECT id, name, type, address, latitude, longitude FROM institution WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| institution(self, row))
            .optional()
            .translate()
    }

    /// The institutions that a query asks for.
    pub fn institutions(&self, query: &Query) -> Result<Listed<Institution>, Error> {
        select(self, &LIST, Value::Null, query)
    }

    /// Whether another institution has the name.
    pub fn institution_name_taken(&self, name: &Text, except: Option<Id<Institution>>) -> Result<bool, Error> {
        let holder: Option<Id<Institution>> = self
            .prepare("SELECT id FROM institution WHERE name = ?1")?
            .query_row([name.as_str()], |row| rows::id(row, 0))
            .optional()
            .translate()?;
        Ok(holder.is_some() && holder != except)
    }

    /// Whether some user belongs to the institution.
    pub fn institution_in_use(&self, id: Id<Institution>) -> Result<bool, Error> {
        self.prepare("SELECT EXISTS (SELECT 1 FROM account WHERE institution_id = ?1)")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .translate()
    }
}

impl Tx<'_> {
    /// Stores an institution; returns its new id.
    ///
    /// # Errors
    /// `Conflict` if another has the name.
    pub fn insert_institution(&self, facts: &InstitutionFacts) -> Result<Id<Institution>, Error> {
        let id = self.new_id();
        self.prepare(
            "INSERT INTO institution (id, name, type, address, latitude, longitude, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            id.as_bytes(),
            facts.name.as_str(),
            facts.kind.as_str(),
            facts.address.as_ref().map(Text::as_str),
            facts.latitude,
            facts.longitude,
            self.now().as_millisecond(),
        ])
        .or_duplicate(DUPLICATE)?;
        Ok(id)
    }

    /// Changes what the patch names of an institution.
    ///
    /// # Errors
    /// `Conflict` if another has the new name.
    pub fn update_institution(&self, id: Id<Institution>, patch: &InstitutionPatch) -> Result<(), Error> {
        self.prepare(
            "UPDATE institution SET name = coalesce(?2, name), type = coalesce(?3, type),
             address = coalesce(?4, address), latitude = coalesce(?5, latitude), longitude = coalesce(?6, longitude)
             WHERE id = ?1 AND (name, type, address, latitude, longitude) IS DISTINCT FROM
                   (coalesce(?2, name), coalesce(?3, type), coalesce(?4, address), coalesce(?5, latitude),
                    coalesce(?6, longitude))",
        )?
        .execute(params![
            id.as_bytes(),
            patch.name.as_ref().map(Text::as_str),
            patch.kind.as_ref().map(Text::as_str),
            patch.address.as_ref().map(Text::as_str),
            patch.latitude,
            patch.longitude,
        ])
        .or_duplicate(DUPLICATE)
        .map(drop)
    }

    /// Deletes an institution that nobody belongs to; returns whether there was one.
    ///
    /// # Errors
    /// If somebody belongs to it, or the store cannot write.
    pub fn delete_institution(&self, id: Id<Institution>) -> Result<bool, Error> {
        Ok(self.execute("DELETE FROM institution WHERE id = ?1", [id.as_bytes()])? == 1)
    }
}
