//! From text to rows: headers of any case in any order, what stands between cells, and rows as a spreadsheet counts them.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};

use crate::app::rosters::cells::normal;
use crate::app::rosters::read::text::decoded;
use crate::app::rosters::read::{MOST_ROWS, ReadOptions, too_many_rows};
use crate::app::rosters::records::FileRecord;
use crate::app::rosters::rows::{Cells, Line, Place, Problems, Wrong};
use crate::model::rosters::{Column, Sheet};

/// The most columns of a file.
pub(in crate::app::rosters::read) const MOST_COLUMNS: usize = 200;
/// The most characters of a cell: longer ones are a quotation mark that nobody closed.
const LONGEST: usize = 64 << 10;

/// What may stand between cells, and its word.
pub(in crate::app::rosters::read) type Separator = (u8, &'static str);

const SEPARATORS: [Separator; 3] = [(b',', "comma"), (b';', "semicolon"), (b'\t', "tab")];

/// A header as it is compared: in lower case, without what stands between its words.
pub(in crate::app::rosters) fn plain(header: &str) -> String {
    let between = |c: &char| !c.is_whitespace() && !matches!(c, '_' | '-' | '.');
    header.chars().filter(between).flat_map(char::to_lowercase).collect()
}

/// Reads a file of a sheet, which is the one of this number; nothing if no row of it can be told.
pub(in crate::app::rosters) fn read(
    name: &str,
    (file, sheet): (usize, Sheet),
    bytes: Vec<u8>,
    options: &ReadOptions,
    problems: &mut Problems,
) -> Option<(FileRecord, Vec<Line>)> {
    let (text, encoding) = match decoded(bytes, options.encoding) {
        Ok(read) => read,
        Err(message) => {
            problems.file(name, message);
            return None;
        }
    };
    let (text, skipped, said) = without_hint(&text);
    let (separator, word) = match said.or_else(|| separator(text, |header| column(header, sheet).is_some())) {
        Some(found) => found,
        None => {
            let known: Vec<_> = sheet.columns().iter().map(|column| column.word()).collect();
            let message = format!(
                "its first row holds no header that is known: put the names of the columns there, of {}",
                known.join(", ")
            );
            problems.file(name, message);
            return None;
        }
    };
    let mut records = Records::new(text, separator, skipped);
    let (_, headers) = records.next()?;
    let headers = Headers::of(&headers, sheet, options, name, problems)?;
    let mut lines = Vec::new();
    for (count, (row, record)) in records.enumerate() {
        if count == MOST_ROWS {
            problems.file(name, too_many_rows());
            return None;
        }
        let place = Place { file, row };
        match headers.cells(&record) {
            Ok(cells) => lines.push(Line { place, cells }),
            Err(wrong) => problems.row(name, place, None, wrong),
        }
    }
    let record = FileRecord {
        file: name.to_owned(),
        sheet: sheet.word().to_owned(),
        encoding: encoding.to_owned(),
        separator: word.to_owned(),
        rows: lines.len(),
        ignored: headers.ignored,
    };
    Some((record, lines))
}

/// The text without a first row such as `sep=;`, how many rows that are, and what it says.
pub(in crate::app::rosters::read) fn without_hint(text: &str) -> (&str, usize, Option<Separator>) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let said = first.trim().to_ascii_lowercase();
    let said = said.strip_prefix("sep=").and_then(|said| said.as_bytes().first().copied());
    match SEPARATORS.iter().find(|(byte, _)| said == Some(*byte)) {
        Some(found) => (rest, 1, Some(*found)),
        None => (text, 0, None),
    }
}

/// What stands between the cells: whatever parts the first row into most headers that are known.
pub(in crate::app::rosters::read) fn separator(text: &str, is_known: impl Fn(&str) -> bool) -> Option<Separator> {
    let known = |(separator, _): &Separator| {
        let first = Records::new(text, *separator, 0).next();
        first.map_or(0, |(_, record)| record.iter().filter(|header| is_known(header)).count())
    };
    // Of equal ones the first: of a single column, what stands nowhere is as good as any.
    SEPARATORS.iter().rev().max_by_key(|separator| known(separator)).filter(|separator| known(separator) > 0).copied()
}

/// The column of a header.
fn column(header: &str, sheet: Sheet) -> Option<Column> {
    let header = plain(header);
    let alias = match header.as_str() {
        "institution" => Some(Column::Institution),
        "sourcedid" => Some(Column::SourcedId),
        _ => None,
    };
    let mut columns = sheet.columns().iter().copied();
    columns.find(|column| plain(column.word()) == header || alias == Some(*column))
}

/// The rows of a text that hold anything, each with its number.
pub(in crate::app::rosters::read) struct Records<'t> {
    reader: csv::Reader<&'t [u8]>,
    /// Rows before the text, less the ends of lines inside cells.
    shift: i64,
}

impl<'t> Records<'t> {
    /// Reads a text, before which so many rows were skipped.
    pub(in crate::app::rosters::read) fn new(text: &'t str, separator: u8, skipped: usize) -> Self {
        let reader =
            ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
        Self { reader, shift: i64::try_from(skipped).unwrap_or(0) }
    }
}

impl Iterator for Records<'_> {
    type Item = (usize, StringRecord);

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = StringRecord::new();
        loop {
            // Text in memory is read without errors, as long as rows may be of any length.
            if !self.reader.read_record(&mut record).unwrap_or(false) {
                return None;
            }
            let inside = record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
            self.shift -= i64::try_from(inside).unwrap_or(0);
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                // The line after the row, whose end was read.
                let next = i64::try_from(self.reader.position().line()).unwrap_or(i64::MAX);
                return Some((usize::try_from(next - 1 + self.shift).unwrap_or(0), record));
            }
        }
    }
}

/// What stands at which place of a row.
struct Headers {
    columns: Vec<Option<Column>>,
    ignored: Vec<String>,
}

impl Headers {
    fn of(
        record: &StringRecord,
        sheet: Sheet,
        options: &ReadOptions,
        name: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let named = record.iter().enumerate().filter(|(_, header)| !header.trim().is_empty());
        let last = named.map(|(at, _)| at).last()?;
        if last >= MOST_COLUMNS {
            problems.file(name, format!("it has more than {MOST_COLUMNS} columns: leave out what is not needed"));
            return None;
        }
        let (mut headers, mut seen) = (Self { columns: Vec::new(), ignored: Vec::new() }, BTreeMap::new());
        let before = problems.count;
        for (at, header) in record.iter().take(last + 1).enumerate() {
            let found = column(header, sheet);
            headers.columns.push(found);
            match found {
                Some(column) => {
                    if let Some(first) = seen.insert(column, at + 1) {
                        let word = column.word();
                        let message = format!("the columns {first} and {} are both {word}: leave one out", at + 1);
                        problems.file(name, message);
                    }
                }
                None if header.trim().is_empty() => {}
                None if options.ignore.contains(&plain(header)) => headers.ignored.push(normal(header)),
                None => problems.file(name, unknown_header(header, at, sheet)),
            }
        }
        (problems.count == before).then_some(headers)
    }

    fn cells(&self, record: &StringRecord) -> Result<Cells, Wrong> {
        fitting(record, self.columns.len())?;
        let cell = |(at, (column, cell)): (usize, (&Option<Column>, &str))| {
            let text = normal(cell);
            match column {
                _ if text.is_empty() => None,
                Some(column) => Some(Ok((*column, text))),
                None if self.is_nameless(at) => {
                    Some(Err(Wrong::refused(format!("column {} has no header, and something stands in it", at + 1))))
                }
                None => None,
            }
        };
        self.columns.iter().zip(record).enumerate().filter_map(cell).collect()
    }

    /// Whether a column has no header at all; those that are left out have one, and then there are such.
    fn is_nameless(&self, at: usize) -> bool {
        self.columns[at].is_none() && self.ignored.is_empty()
    }
}

/// Whether a row has a cell for each of so many headers, none without one, and none that is a quotation mark left open.
///
/// # Errors
/// Why not.
pub(in crate::app::rosters::read) fn fitting(record: &StringRecord, headers: usize) -> Result<(), Wrong> {
    if record.len() < headers {
        return Err(Wrong::refused(format!(
            "the row has {} cells, and the headers are {headers}: see whether one is missing",
            record.len(),
        )));
    }
    if record.iter().any(|cell| cell.len() > LONGEST) {
        return Err(Wrong::refused("a cell is very long: see whether a quotation mark is missing behind it"));
    }
    if record.iter().skip(headers).any(|cell| !cell.trim().is_empty()) {
        return Err(Wrong::refused(
            "the row has more cells than there are headers: put a cell with what stands between cells into quotation \
             marks",
        ));
    }
    Ok(())
}

fn unknown_header(header: &str, at: usize, sheet: Sheet) -> String {
    let known: Vec<_> = sheet.columns().iter().map(|column| column.word()).collect();
    let shown: String = normal(header).chars().take(40).collect();
    format!(
        "column {}, {shown:?}, is none of {}: give it one of these names, or leave it out with --ignore",
        at + 1,
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<usize> {
        Records::new(text, b',', 0).map(|(row, _)| row).collect()
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_does() {
        assert_eq!(numbers("a,b\n1,2\n3,4\n"), [1, 2, 3]);
        assert_eq!(numbers("a,b\n\n1,2\n\n\n3,4\n"), [1, 3, 6]);
        assert_eq!(numbers("\n\na,b\n1,2\n"), [3, 4]);
        assert_eq!(numbers("a,b\n\"x\ny\nz\",2\n3,4\n,\n5,6\n"), [1, 2, 3, 5]);
        let shifted: Vec<_> = Records::new("a\n1\n", b',', 1).map(|(row, _)| row).collect();
        assert_eq!(shifted, [2, 3]);
    }

    #[test]
    fn what_stands_between_cells_is_found_by_the_headers() {
        let is_known = |header: &str| column(header, Sheet::Children).is_some();
        let found = |text: &str| separator(text, is_known).map(|(_, word)| word);
        assert_eq!(found("username,gender\n"), Some("comma"));
        assert_eq!(found("Username;GENDER;age_calc_date\n"), Some("semicolon"));
        assert_eq!(found("user name\tAge Calc Date\n"), Some("tab"));
        assert_eq!(found("username\n"), Some("comma"));
        assert_eq!(found("Nombre;Apellidos\n"), None);
        assert_eq!(without_hint("sep=;\nusername;age\n"), ("username;age\n", 1, Some((b';', "semicolon"))));
    }
}
