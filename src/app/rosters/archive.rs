//! Sheets as archives: all of them as they are, as OneRoster, or empty.

use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::app::policy::{Operation, RosterExport, RosterExportOneroster, RosterTemplate};
use crate::app::rosters::export::{rows, template};
use crate::app::rosters::export_form::ExportForm;
use crate::app::rosters::oneroster::OneRoster;
use crate::app::{App, Permit, Reading};
use crate::model::rosters::{Left, Sheet};
use crate::model::{Error, Id};
use crate::store::View;

impl App {
    /// All sheets, as a zip that is made while they are read.
    ///
    /// # Errors
    /// `Unavailable` if too much is read at the same time.
    pub fn roster_sheets(&self, permit: &Permit<RosterExport>) -> Result<Reading<Vec<u8>>, Error> {
        self.archived(permit, ExportForm::Sheets)
    }

    /// The same as OneRoster 1.1.
    ///
    /// # Errors
    /// `Unavailable` if too much is read at the same time.
    pub fn roster_oneroster(&self, permit: &Permit<RosterExportOneroster>) -> Result<Reading<Vec<u8>>, Error> {
        self.archived(permit, ExportForm::OneRoster(OneRoster::default()))
    }

    fn archived<O: Operation>(&self, permit: &Permit<O>, mut form: ExportForm) -> Result<Reading<Vec<u8>>, Error> {
        self.reading(permit, move |view, out| {
            let packed = Packed::default();
            let mut zip = ZipWriter::new_stream(packed.clone());
            for (name, sheets) in form.files() {
                zip.start_file(&*name, SimpleFileOptions::default()).map_err(Error::internal)?;
                let mut first = true;
                for sheet in sheets {
                    each_part(view, *sheet, |rows| {
                        let text = form.text(&name, *sheet, rows, first)?;
                        first = false;
                        zip.write_all(text.as_bytes()).map_err(Error::internal)?;
                        out.put(packed.take())
                    })?;
                }
            }
            if let Some((name, text)) = form.manifest() {
                zip.start_file(name, SimpleFileOptions::default()).map_err(Error::internal)?;
                zip.write_all(text.as_bytes()).map_err(Error::internal)?;
            }
            zip.finish().map_err(Error::internal)?;
            out.put(packed.take())
        })
    }

    /// A zip of empty sheets.
    ///
    /// # Errors
    /// `Internal`, which does not happen.
    pub fn roster_templates(&self, _: &Permit<RosterTemplate>) -> Result<Vec<u8>, Error> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for sheet in Sheet::ALL {
            zip.start_file(format!("{}.csv", sheet.word()), SimpleFileOptions::default()).map_err(Error::internal)?;
            zip.write_all(template(sheet)?.as_bytes()).map_err(Error::internal)?;
        }
        Ok(zip.finish().map_err(Error::internal)?.into_inner())
    }
}

/// Hands over the rows of a sheet a part at a time.
fn each_part(
    view: &View<'_>,
    sheet: Sheet,
    mut take: impl FnMut(&[Vec<String>]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut after = None;
    loop {
        let part = rows(view, (sheet, Left::Out), after)?;
        take(&part.rows)?;
        after = part.next.as_deref().and_then(Id::parse);
        if after.is_none() {
            return Ok(());
        }
    }
}

/// What of an archive was made and not taken yet.
#[derive(Clone, Default)]
struct Packed(Arc<Mutex<Vec<u8>>>);

impl Packed {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
