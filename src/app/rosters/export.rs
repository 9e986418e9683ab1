//! The sheets as they are: what `export` writes, and `import` finds unchanged.

use crate::app::App;
use crate::app::rosters::cells::{harmless, normal};
use crate::app::rosters::records::{MadeUp, RowsRecord};
use crate::model::rosters::{Column, Left, Sheet, Thing};
use crate::model::{Error, Id, Invalid};
use crate::store::{Asker, View};

/// The rows of one answer.
const ROWS: usize = 500;

/// The columns of a sheet that are written: all but the password.
pub fn columns(sheet: Sheet) -> impl Iterator<Item = Column> {
    sheet.columns().iter().copied().filter(|column| *column != Column::Password)
}

impl App {
    /// The rows of a sheet after a thing.
    pub(in crate::app::rosters) async fn roster_rows(
        &self,
        (sheet, left): (&str, Left),
        after: Option<String>,
    ) -> Result<RowsRecord, Error> {
        let wrong = |words: &str| Error::from(Invalid::Import(words.to_owned()));
        let sheet = Sheet::of_word(sheet).ok_or_else(|| wrong("there is no sheet of this name"))?;
        let after = after.as_deref().map(|id| Id::parse(id).ok_or_else(|| wrong("this is no id")));
        let after = after.transpose()?;
        self.store.scan(Asker::Operator, move |view| rows(view, (sheet, left), after)).await
    }
}

/// The next rows of a sheet after a thing.
///
/// # Errors
/// Those of the store.
pub(in crate::app::rosters) fn rows(
    view: &View<'_>,
    (sheet, left): (Sheet, Left),
    after: Option<Id<Thing>>,
) -> Result<RowsRecord, Error> {
    let ids = view.sheet_ids((sheet, left), after, ROWS)?;
    let next = ids.last().filter(|_| ids.len() == ROWS).map(Id::to_string);
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        // Nothing, if it was deleted since.
        let Some(mut row) = view.sheet_row(sheet, id)? else { continue };
        row.insert(Column::Id, id.to_string());
        rows.push(columns(sheet).map(|column| row.remove(&column).unwrap_or_default()).collect());
    }
    Ok(RowsRecord { rows, next })
}

/// Rows of a sheet as CSV, behind its headers if they are the first.
///
/// # Errors
/// `Internal`, which does not happen.
pub fn as_csv(sheet: Sheet, rows: &[Vec<String>], first: bool) -> Result<String, Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if first {
        writer.write_record(columns(sheet).map(Column::word)).map_err(Error::internal)?;
    }
    for row in rows {
        let cells = columns(sheet).zip(row).map(|(column, value)| match column {
            Column::Latitude | Column::Longitude => value.clone(),
            // Ids hold no blank, and this mark stands in no separator of cells.
            Column::Children => value.replace(' ', "|"),
            _ => harmless(value),
        });
        writer.write_record(cells).map_err(Error::internal)?;
    }
    let text = text_of(writer)?;
    // The mark tells spreadsheet programs that it is UTF-8.
    Ok(if first { format!("\u{feff}{text}") } else { text })
}

/// A sheet with its headers and a row to show what belongs there.
///
/// # Errors
/// `Internal`, which does not happen.
pub fn template(sheet: Sheet) -> Result<String, Error> {
    let example = |column: &Column| match (sheet, column) {
        (_, Column::Id | Column::SourcedId | Column::TagTime | Column::Removed) => "",
        (_, Column::DeactivatedAt | Column::EraseAt | Column::ByImport) => "",
        (_, Column::CreatedAt | Column::LastLogin | Column::LastSync) => "",
        (Sheet::Children, Column::Username) => "BR0001",
        (Sheet::Educators, Column::Username) => "educator01",
        (Sheet::HealthProfessionals, Column::Username) => "health01",
        (Sheet::Applications, Column::Username) => "timetable",
        (_, Column::Username) => "family001",
        (_, Column::Password) => "to-be-replaced",
        (_, Column::Institution) => "Elementary School",
        (_, Column::Gender) => "female",
        (_, Column::Age) => "11",
        (_, Column::AgeCalcDate) => "2020-01-31",
        (_, Column::NfcTag) => "04a22422dd6480",
        (_, Column::Children) => "BR0001",
        (_, Column::ApplicationName) => "Timetable of the school",
        (Sheet::Institutions, Column::Name) => "Elementary School",
        (_, Column::Name) => "Class 4a",
        (_, Column::Type) => "School",
        (_, Column::Address) => "12 Flower Street",
        (_, Column::Latitude) => "38.5",
        (_, Column::Longitude) => "-7.9",
        (_, Column::SchoolClass) => "4a",
        (_, Column::Owner) => "educator01",
    };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(sheet.columns().iter().map(|column| column.word())).map_err(Error::internal)?;
    writer.write_record(sheet.columns().iter().map(example)).map_err(Error::internal)?;
    Ok(format!("\u{feff}{}", text_of(writer)?))
}

/// Passwords that were made up as CSV, behind headers if they are the first.
///
/// # Errors
/// `Internal`, which does not happen.
pub fn passwords_csv(made_up: &[MadeUp], first: bool) -> Result<String, Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if first {
        writer.write_record(["type", "username", "password"]).map_err(Error::internal)?;
    }
    for MadeUp { r#type, username, password } in made_up {
        writer.write_record([r#type, &harmless(username), password]).map_err(Error::internal)?;
    }
    text_of(writer)
}

/// The passwords that [`passwords_csv`] wrote.
///
/// # Errors
/// Why it is no such file.
pub fn passwords_of(bytes: &[u8]) -> Result<Vec<MadeUp>, String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let headers = reader.headers().map_err(|_| "it is no CSV in UTF-8".to_owned())?;
    if headers.iter().ne(["type", "username", "password"]) {
        return Err("its columns are not type, username and password".to_owned());
    }
    let mut made_up = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| format!("row {} has other cells", made_up.len() + 2))?;
        let [r#type, username, password] = [0, 1, 2].map(|at| record.get(at).unwrap_or_default());
        let (r#type, username, password) = (r#type.to_owned(), normal(username), password.to_owned());
        made_up.push(MadeUp { r#type, username, password });
    }
    Ok(made_up)
}

pub(in crate::app::rosters) fn text_of(writer: csv::Writer<Vec<u8>>) -> Result<String, Error> {
    let bytes = writer.into_inner().map_err(|error| Error::internal(error.into_error()))?;
    String::from_utf8(bytes).map_err(Error::internal)
}
