//! Rows of `roster_source`: what other programs know things by.

use rusqlite::{OptionalExtension, params};

use crate::model::rosters::{Sheet, Thing};
use crate::model::{Error, Id};
use crate::store::engine::cipher::Purpose;
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Tx, View};

impl View<'_> {
    /// The thing of a sheet that another program knows by this.
    pub fn sourced(&self, sheet: Sheet, source: &str) -> Result<Option<Id<Thing>>, Error> {
        let sealed = self.cipher.seal_text(Purpose::Source, source)?;
        self.prepare("SELECT thing FROM roster_source WHERE sheet = ?1 AND source = ?2")?
            .query_row(params![sheet.word(), sealed], |row| rows::id(row, 0))
            .optional()
            .translate()
    }

    /// What another program knows the things of a sheet by, and which those are.
    pub fn sources(&self, sheet: Sheet) -> Result<Vec<(String, Id<Thing>)>, Error> {
        let stored: Vec<(Vec<u8>, Id<Thing>)> = self
            .prepare("SELECT source, thing FROM roster_source WHERE sheet = ?1 ORDER BY thing")?
            .query_map([sheet.word()], |row| Ok((row.get(0)?, rows::id(row, 1)?)))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        let open = |sealed: Vec<u8>| self.cipher.open_text(Purpose::Source, &sealed).map_err(Error::internal);
        stored.into_iter().map(|(sealed, thing)| Ok((open(sealed)?, thing))).collect()
    }

    /// What another program knows a thing by.
    pub fn source_of(&self, thing: Id<Thing>) -> Result<Option<String>, Error> {
        let sealed: Option<Vec<u8>> = self
            .prepare("SELECT source FROM roster_source WHERE thing = ?1")?
            .query_row([thing.as_bytes()], |row| row.get(0))
            .optional()
            .translate()?;
        sealed.map(|sealed| self.opened_source(&sealed)).transpose()
    }

    /// What another program knows a thing by, as it is stored.
    pub(super) fn opened_source(&self, sealed: &[u8]) -> Result<String, Error> {
        self.cipher.open_text(Purpose::Source, sealed).map_err(Error::internal)
    }
}

impl Tx<'_> {
    /// Notes what another program knows a thing by, in place of what was noted before; nothing, if there is nothing.
    ///
    /// # Errors
    /// `Conflict` if it knows another thing by that.
    pub(in crate::store) fn set_source(
        &self,
        sheet: Sheet,
        thing: Id<Thing>,
        source: Option<&str>,
    ) -> Result<(), Error> {
        let Some(source) = source else {
            self.execute("DELETE FROM roster_source WHERE thing = ?1", [thing.as_bytes()])?;
            return Ok(());
        };
        let sealed = self.cipher.seal_text(Purpose::Source, source)?;
        self.prepare(
            "INSERT INTO roster_source (sheet, source, thing) VALUES (?1, ?2, ?3)
             ON CONFLICT (thing) DO UPDATE SET source = ?2 WHERE source <> ?2",
        )?
        .execute(params![sheet.word(), sealed, thing.as_bytes()])
        .or_duplicate(Error::Conflict(crate::model::Conflict::Name(sheet.kind())))?;
        Ok(())
    }
}
