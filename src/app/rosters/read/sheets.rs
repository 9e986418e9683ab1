//! Our own spreadsheets: a file for each sheet, which its name says.

use crate::app::rosters::read::forms::{foreign, table_name};
use crate::app::rosters::read::{Files, MOST_ROWS, ReadOptions, Roster, table};
use crate::app::rosters::records::FileRecord;
use crate::model::rosters::Sheet;

/// Reads the files of an upload.
pub(in crate::app::rosters::read) fn read(files: Files, options: &ReadOptions, roster: &mut Roster) {
    roster.form = "spreadsheet";
    let only = files.len() == 1;
    let mut rows = 0;
    for (name, bytes) in files {
        let sheet = match (options.sheet.filter(|_| only), sheets_of_file(&name)) {
            (Some(sheet), _) | (None, Some(sheet)) => sheet,
            (None, None) => {
                roster.problems.file(&name, unknown(&name, &bytes));
                continue;
            }
        };
        if let Some(other) = roster.files.iter().find(|file| file.sheet == sheet.word()) {
            roster.problems.file(&name, format!("{} is the same sheet: leave one of them out", other.file));
            continue;
        }
        if let Some(format) = foreign(&bytes) {
            roster.problems.file(&name, format);
            continue;
        }
        let file = roster.files.len();
        match table::read(&name, (file, sheet), bytes, options, &mut roster.problems) {
            Some((record, lines)) => {
                rows += lines.len();
                roster.files.push(record);
                roster.lines.insert(sheet, lines);
            }
            None => roster.files.push(FileRecord {
                file: name.clone(),
                sheet: sheet.word().to_owned(),
                encoding: String::new(),
                separator: String::new(),
                rows: 0,
                ignored: Vec::new(),
            }),
        }
        if rows > MOST_ROWS {
            roster.problems.file(&name, format!("there are more than {MOST_ROWS} rows: import them in several parts"));
            roster.lines.clear();
            break;
        }
    }
}

/// The sheet of a file of this name.
#[must_use]
pub fn sheets_of_file(name: &str) -> Option<Sheet> {
    Sheet::of_word(&table_name(name)?)
}

/// Why a file is none that is understood.
fn unknown(name: &str, bytes: &[u8]) -> String {
    const ONEROSTER: [&str; 12] = [
        "manifest",
        "orgs",
        "users",
        "enrollments",
        "classes",
        "courses",
        "academicsessions",
        "demographics",
        "roles",
        "userprofiles",
        "relationships",
        "userflags",
    ];
    const CLEVER: [&str; 4] = ["schools", "students", "teachers", "sections"];
    if let Some(format) = foreign(bytes) {
        return format;
    }
    let stem = table::plain(name.rsplit_once('.').map_or(name, |(stem, _)| stem));
    if ONEROSTER.contains(&stem.as_str()) {
        return "this is a file of OneRoster or Microsoft SDS, which this program does not understand yet".to_owned();
    }
    if CLEVER.contains(&stem.as_str()) {
        return "this is a file of Clever, which this program does not understand yet".to_owned();
    }
    let known: Vec<_> = Sheet::ALL.into_iter().map(|sheet| format!("{}.csv", sheet.word())).collect();
    format!(
        "its name says no sheet: call it one of {}, or import it alone and say which with --sheet; what is no roster, \
         put elsewhere",
        known.join(", ")
    )
}
