//! Rows of files on their way to a plan, and why some cannot be taken.

use crate::app::rosters::records::ProblemRecord;
use crate::model::rosters::Column;

/// The most problems that are told; the others are counted.
const TOLD: usize = 200;

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app::rosters) struct Place {
    /// Which of the files.
    pub(in crate::app::rosters) file: usize,
    /// As a spreadsheet counts: the first row is 1.
    pub(in crate::app::rosters) row: usize,
}

/// A row: the cells that hold something.
#[derive(Clone)]
pub(in crate::app::rosters) struct Line {
    /// Where it stands.
    pub(in crate::app::rosters) place: Place,
    /// Each column at most once.
    pub(in crate::app::rosters) cells: Cells,
}

impl Line {
    /// What stands in a column, if anything does.
    pub(in crate::app::rosters) fn get(&self, column: Column) -> Option<&str> {
        self.cells.iter().find(|(found, _)| *found == column).map(|(_, text)| text)
    }
}

/// Cells of a row: their texts behind one another, for there may be a million of them.
#[derive(Clone, Default)]
pub(in crate::app::rosters) struct Cells {
    texts: String,
    /// Of which column each is, and where its text ends.
    ends: Vec<(Column, usize)>,
}

impl Cells {
    pub(in crate::app::rosters) fn push(&mut self, column: Column, text: &str) {
        self.texts.push_str(text);
        self.ends.push((column, self.texts.len()));
    }

    pub(in crate::app::rosters) fn iter(&self) -> impl Iterator<Item = (Column, &str)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        self.ends.iter().zip(starts).map(|((column, end), start)| (*column, &self.texts[start..*end]))
    }

    /// Puts another text into the cell of a column, if there is one.
    pub(in crate::app::rosters) fn replace(&mut self, column: Column, text: &str) {
        *self = self.iter().map(|(found, was)| (found, if found == column { text } else { was })).collect();
    }
}

impl<T: AsRef<str>> FromIterator<(Column, T)> for Cells {
    fn from_iter<I: IntoIterator<Item = (Column, T)>>(cells: I) -> Self {
        let mut made = Self::default();
        cells.into_iter().for_each(|(column, text)| made.push(column, text.as_ref()));
        made.texts.shrink_to_fit();
        made.ends.shrink_to_fit();
        made
    }
}

/// What is wrong with one cell, or one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app::rosters) struct Wrong {
    /// Whether it contradicts what there is or another row.
    pub(in crate::app::rosters) conflict: bool,
    /// What is wrong, and what to do.
    pub(in crate::app::rosters) message: String,
}

impl Wrong {
    /// It cannot be what it says.
    pub(in crate::app::rosters) fn refused(message: impl Into<String>) -> Self {
        Self { conflict: false, message: message.into() }
    }

    /// It contradicts something else.
    pub(in crate::app::rosters) fn conflict(message: impl Into<String>) -> Self {
        Self { conflict: true, message: message.into() }
    }
}

/// Why files cannot be taken: the first of the reasons, and how many there are.
#[derive(Default)]
pub(in crate::app::rosters) struct Problems {
    /// The first.
    pub(in crate::app::rosters) told: Vec<ProblemRecord>,
    /// All.
    pub(in crate::app::rosters) count: usize,
}

impl Problems {
    /// A file cannot be taken.
    pub(in crate::app::rosters) fn file(&mut self, file: &str, message: impl Into<String>) {
        self.add(ProblemRecord {
            class: "refused".to_owned(),
            file: file.to_owned(),
            row: None,
            column: None,
            value: None,
            message: message.into(),
        });
    }

    /// A row, or the cell of a column in it, cannot be taken.
    pub(in crate::app::rosters) fn row(
        &mut self,
        file: &str,
        place: Place,
        cell: Option<(Column, Option<&str>)>,
        wrong: Wrong,
    ) {
        self.cell(file, place, cell.map(|(column, text)| (column.word(), text)), wrong);
    }

    /// The same, of a column by its header.
    pub(in crate::app::rosters) fn cell(
        &mut self,
        file: &str,
        place: Place,
        cell: Option<(&str, Option<&str>)>,
        wrong: Wrong,
    ) {
        self.add(ProblemRecord {
            class: if wrong.conflict { "conflict" } else { "refused" }.to_owned(),
            file: file.to_owned(),
            row: Some(place.row),
            column: cell.map(|(header, _)| header.to_owned()),
            value: cell.and_then(|(_, text)| text.map(class)),
            message: wrong.message,
        });
    }

    /// Something in a row is left out.
    pub(in crate::app::rosters) fn notice(&mut self, file: &str, place: Place, column: Column, wrong: Wrong) {
        self.add(ProblemRecord {
            class: "notice".to_owned(),
            file: file.to_owned(),
            row: Some(place.row),
            column: Some(column.word().to_owned()),
            value: None,
            message: wrong.message,
        });
    }

    fn add(&mut self, problem: ProblemRecord) {
        self.count += 1;
        if self.told.len() < TOLD {
            self.told.push(problem);
        }
    }
}

/// What a value is, without saying it: it may be a child's.
fn class(text: &str) -> String {
    let length = text.chars().count();
    if crate::model::text::number(text).is_some() {
        "a number".to_owned()
    } else if crate::model::Id::<()>::parse(text).is_some() {
        "an id".to_owned()
    } else if crate::model::calendar_date(text).is_ok() {
        "a date".to_owned()
    } else if length == 1 {
        "text of 1 character".to_owned()
    } else {
        format!("text of {length} characters")
    }
}
