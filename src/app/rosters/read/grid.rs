//! Tables of other programs: their headers are theirs, some of them are read, and the others are left out by name.

use csv::StringRecord;

use crate::app::rosters::cells::normal;
use crate::app::rosters::read::names::foreign;
use crate::app::rosters::read::table::{MOST_COLUMNS, Records, fitting, plain, separator, without_hint};
use crate::app::rosters::read::text::decoded;
use crate::app::rosters::read::{MOST_ROWS, ReadOptions, Roster, too_many_rows};
use crate::app::rosters::records::FileRecord;
use crate::app::rosters::rows::{Place, Problems, Wrong};

/// What is read of a file.
pub(in crate::app::rosters::read) struct Kind {
    /// The file's name without its ending, in lower case.
    pub(in crate::app::rosters::read) name: &'static str,
    /// Headers without which it cannot be read, as [`plain`] has them.
    pub(in crate::app::rosters::read) needed: &'static [&'static str],
    /// Those that are read if they are there.
    pub(in crate::app::rosters::read) read: &'static [&'static str],
    /// Other spellings that were seen, and what they stand for.
    pub(in crate::app::rosters::read) spelt: &'static [(&'static str, &'static str)],
    /// Those of which it is known that nothing of them belongs here, names of people above all.
    pub(in crate::app::rosters::read) unused: &'static [&'static str],
}

/// A file that was read.
pub(in crate::app::rosters::read) struct Grid {
    file: usize,
    name: String,
    /// What stands at which place of a row's cells.
    headers: Vec<String>,
    /// Its rows.
    pub(in crate::app::rosters::read) rows: Vec<GridRow>,
}

/// A row of it.
pub(in crate::app::rosters::read) struct GridRow {
    row: usize,
    cells: Vec<String>,
}

impl Grid {
    /// Reads a file, and beside what is always read of its kind these headers; nothing if it cannot be.
    pub(in crate::app::rosters::read) fn read(
        (name, bytes): (String, Vec<u8>),
        kind: &Kind,
        also: &[&str],
        options: &ReadOptions,
        roster: &mut Roster,
    ) -> Option<Self> {
        let read = match foreign(&bytes) {
            Some(other) => Err(other),
            None => decoded(bytes, options.encoding),
        };
        let (text, encoding) = match read {
            Ok(read) => read,
            Err(message) => {
                roster.problems.file(&name, message);
                return None;
            }
        };
        let (text, skipped, said) = without_hint(&text);
        let known = [kind.needed, kind.read].concat();
        let is_known = |header: &str| kind.field(header).is_some_and(|field| known.contains(&field.as_str()));
        let Some((separator, word)) = said.or_else(|| separator(text, is_known)) else {
            let message = format!(
                "its first row holds none of the headers {}: the first row names the columns, export it with headers",
                known.join(", ")
            );
            roster.problems.file(&name, message);
            return None;
        };
        let mut records = Records::new(text, separator, skipped);
        let (_, first) = records.next().unwrap_or_default();
        let Layout { places, width, ignored } = kind.layout(&first, also, options, (&name, &mut roster.problems))?;
        let mut grid = Self { file: roster.files.len(), name, headers: Vec::new(), rows: Vec::new() };
        for (count, (row, record)) in records.enumerate() {
            if count == MOST_ROWS {
                roster.problems.file(&grid.name, too_many_rows());
                return None;
            }
            match fitting(&record, width) {
                Ok(()) => {
                    let cells = places.iter().map(|(_, at)| cell(record.get(*at).unwrap_or_default()));
                    grid.rows.push(GridRow { row, cells: cells.collect() });
                }
                Err(wrong) => roster.problems.row(&grid.name, Place { file: grid.file, row }, None, wrong),
            }
        }
        grid.headers = places.into_iter().map(|(field, _)| field).collect();
        roster.files.push(FileRecord {
            file: grid.name.clone(),
            sheet: kind.name.to_owned(),
            encoding: encoding.to_owned(),
            separator: word.to_owned(),
            rows: grid.rows.len(),
            ignored,
        });
        Some(grid)
    }

    /// The file's name.
    pub(in crate::app::rosters::read) fn name(&self) -> &str {
        &self.name
    }

    /// Where a row stands.
    pub(in crate::app::rosters::read) fn place(&self, row: &GridRow) -> Place {
        Place { file: self.file, row: row.row }
    }

    /// Whether there is a column of this header, as [`plain`] has it.
    pub(in crate::app::rosters::read) fn has(&self, header: &str) -> bool {
        self.headers.iter().any(|found| found == header)
    }

    /// What stands in a column of a row; nothing if there is no such column.
    pub(in crate::app::rosters::read) fn get<'r>(&self, row: &'r GridRow, header: &str) -> &'r str {
        let at = self.headers.iter().position(|found| found == header);
        at.and_then(|at| row.cells.get(at)).map(String::as_str).unwrap_or_default()
    }

    /// Notes what is wrong with a row, or with a column of it.
    pub(in crate::app::rosters::read) fn refuse(
        &self,
        roster: &mut Roster,
        row: &GridRow,
        header: Option<&str>,
        wrong: Wrong,
    ) {
        let cell = header.map(|header| (header, Some(self.get(row, header)).filter(|text| !text.is_empty())));
        roster.problems.cell(&self.name, self.place(row), cell, wrong);
    }
}

/// What a cell says; some programs write `null` where there is nothing.
fn cell(text: &str) -> String {
    let text = normal(text);
    if text.eq_ignore_ascii_case("null") { String::new() } else { text }
}

/// What the first row of a file says.
struct Layout {
    /// Fields that are read, and where they stand in a row.
    places: Vec<(String, usize)>,
    /// How many headers there are.
    width: usize,
    /// Headers of columns that are left out.
    ignored: Vec<String>,
}

impl Kind {
    /// What a header stands for, as [`plain`] has it, if anything is known of it.
    fn field(&self, header: &str) -> Option<String> {
        let header = plain(header);
        let spelt = self.spelt.iter().find(|(other, _)| *other == header).map(|(_, field)| (*field).to_owned());
        spelt
            .or(Some(header))
            .filter(|field| [self.needed, self.read, self.unused].iter().any(|fields| fields.contains(&field.as_str())))
    }

    /// What the first row says, unless something is wrong with it.
    fn layout(
        &self,
        record: &StringRecord,
        also: &[&str],
        options: &ReadOptions,
        (name, problems): (&str, &mut Problems),
    ) -> Option<Layout> {
        let named = record.iter().enumerate().filter(|(_, header)| !header.trim().is_empty());
        let width = named.last().map_or(0, |(last, _)| last + 1);
        if width > MOST_COLUMNS {
            let message = format!("it has more than {MOST_COLUMNS} columns: leave out what is not needed");
            problems.file(name, message);
            return None;
        }
        let before = problems.count;
        let (mut places, mut ignored): (Vec<(String, usize)>, Vec<String>) = (Vec::new(), Vec::new());
        for (at, header) in record.iter().take(width).enumerate() {
            let bare = plain(header);
            let field = self.field(header).unwrap_or_else(|| bare.clone());
            let is_read = [self.needed, self.read, also].iter().any(|fields| fields.contains(&field.as_str()));
            if options.ignore.contains(&bare) {
                ignored.push(normal(header));
            } else if is_read {
                if let Some((_, first)) = places.iter().find(|(known, _)| *known == field) {
                    let message = format!("the columns {} and {} are both {field}: leave one out", first + 1, at + 1);
                    problems.file(name, message);
                }
                places.push((field, at));
            } else if self.field(header).is_some() || is_extension(header) || bare.is_empty() {
                ignored.push(normal(header));
            } else {
                let shown: String = normal(header).chars().take(40).collect();
                let message = format!(
                    "column {}, {shown:?}, is no header of {}: see how it is spelt, or leave it out with --ignore",
                    at + 1,
                    self.name
                );
                problems.file(name, message);
            }
        }
        for needed in self.needed.iter().filter(|needed| !places.iter().any(|(field, _)| field == *needed)) {
            problems.file(name, format!("it has no column {needed}: export it with that"));
        }
        ignored.retain(|header| !header.is_empty());
        (problems.count == before).then_some(Layout { places, width, ignored })
    }
}

/// Whether a column is a program's own, as the standards mark those.
fn is_extension(header: &str) -> bool {
    let header = header.trim().to_lowercase();
    ["metadata.", "ext_", "ext."].iter().any(|mark| header.starts_with(mark))
}
