//! Our own spreadsheets: a file for each sheet, which its name says.

use crate::app::rosters::read::names::{foreign, table_name};
use crate::app::rosters::read::{Files, MOST_ROWS, ReadOptions, Roster, table, too_many_rows};
use crate::app::rosters::records::FileRecord;
use crate::model::rosters::Sheet;

/// Reads the files of an upload.
pub(in crate::app::rosters::read) fn read(files: Files, options: &ReadOptions, roster: &mut Roster) {
    roster.form = "spreadsheet";
    let only = files.len() == 1;
    let mut rows = 0;
    for (name, bytes) in files {
        let sheet = match (options.sheet.filter(|_| only), sheet_of_file(&name)) {
            (Some(sheet), _) | (None, Some(sheet)) => sheet,
            (None, None) => {
                roster.problems.file(&name, unknown(&bytes));
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
                roster.whole.push(sheet);
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
            roster.problems.file(&name, too_many_rows());
            roster.lines.clear();
            break;
        }
    }
}

/// The sheet of a file of this name.
fn sheet_of_file(name: &str) -> Option<Sheet> {
    Sheet::of_word(&table_name(name)?)
}

/// What headers hold in the first form of School Data Sync, and in no other.
const FIRST_SDS: &[u8] = b"SIS ID";

/// Why a file is none that is understood.
fn unknown(bytes: &[u8]) -> String {
    if let Some(format) = foreign(bytes) {
        return format;
    }
    let first = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    if first.windows(FIRST_SDS.len()).any(|part| part == FIRST_SDS) {
        return "this is the first form of Microsoft's School Data Sync, which is not read: export form 2.1 there, or \
                OneRoster"
            .to_owned();
    }
    let known: Vec<_> = Sheet::ALL.into_iter().map(|sheet| format!("{}.csv", sheet.word())).collect();
    format!(
        "its name says no sheet: call it one of {}, or import it alone and say which with --sheet; what is no roster, \
         put elsewhere",
        known.join(", ")
    )
}
