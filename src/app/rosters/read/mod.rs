//! From files to rows: which sheet a file is, how its letters are written, what stands between its cells. All of it is
//! told, and what is not understood is refused by name.

mod archive;
mod table;
mod text;

use std::collections::BTreeMap;

use encoding_rs::Encoding;

use crate::app::rosters::records::{FileRecord, PlanOptions};
use crate::app::rosters::rows::{Line, Problems};
use crate::model::rosters::Sheet;

/// Files by name.
pub(in crate::app::rosters) type Files = BTreeMap<String, Vec<u8>>;

/// The most bytes of all files together, packed and unpacked.
pub(in crate::app::rosters) const MOST_BYTES: usize = 64 << 20;
/// The most files.
pub(in crate::app::rosters) const MOST_FILES: usize = 64;
/// The most rows of all files together.
const MOST_ROWS: usize = 250_000;

/// What files were taken for.
pub(in crate::app::rosters) const SPREADSHEET: &str = "spreadsheet";

/// How files are to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The sheet of the only file, whatever its name.
    pub sheet: Option<Sheet>,
    /// The encoding of files that say nothing of theirs and are not UTF-8.
    pub encoding: Option<&'static Encoding>,
    /// Headers that are left out, in lower case and without what stands between words.
    pub ignore: Vec<String>,
}

impl ReadOptions {
    /// # Errors
    /// What is no sheet or no encoding, and which there are.
    pub(in crate::app::rosters) fn of(options: &PlanOptions) -> Result<Self, String> {
        let sheet = options.sheet.as_deref().map(|word| {
            Sheet::of_word(word).ok_or_else(|| {
                let known: Vec<_> = Sheet::ALL.into_iter().map(Sheet::word).collect();
                format!("there is no sheet of this name: choose one of {}", known.join(", "))
            })
        });
        let encoding = options.encoding.as_deref().map(|label| {
            Encoding::for_label(label.as_bytes()).ok_or_else(|| {
                "this encoding is not known: name it as on the Web, such as windows-1253 or iso-8859-7".to_owned()
            })
        });
        Ok(Self {
            sheet: sheet.transpose()?,
            encoding: encoding.transpose()?,
            ignore: options.ignore.iter().map(|header| table::plain(header)).collect(),
        })
    }
}

/// What was read.
#[derive(Default)]
pub(in crate::app::rosters) struct Roster {
    /// The files, in the order of their names.
    pub(in crate::app::rosters) files: Vec<FileRecord>,
    /// The rows of each sheet, in the order in which they stand.
    pub(in crate::app::rosters) lines: BTreeMap<Sheet, Vec<Line>>,
    /// Why there is nothing to plan, if there is anything.
    pub(in crate::app::rosters) problems: Problems,
}

/// Reads the files of an upload.
pub(in crate::app::rosters) fn read(files: Files, options: &ReadOptions) -> Roster {
    let mut roster = Roster::default();
    let files = archive::expanded(files, &mut roster.problems);
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
    if roster.files.is_empty() && roster.problems.count == 0 {
        roster.problems.file("", "there is no file to import: `ocariot-users import template` writes empty ones");
    }
    roster
}

/// The sheet of a file of this name.
#[must_use]
pub fn sheets_of_file(name: &str) -> Option<Sheet> {
    let (stem, ending) = name.rsplit_once('.')?;
    let known = ["csv", "tsv", "txt"].contains(&ending.to_ascii_lowercase().as_str());
    Sheet::of_word(&table::plain(stem)).filter(|_| known)
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

/// What a file is by its first bytes, if it is no table in plain text.
fn foreign(bytes: &[u8]) -> Option<String> {
    const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", &[0xd0, 0xcf, 0x11, 0xe0]];
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let text = bytes.trim_ascii_start();
    if WORKBOOKS.iter().any(|magic| begins(magic)) {
        Some("this is a spreadsheet program's own file: save it as CSV UTF-8 there, and import that".to_owned())
    } else if begins(&[0x6d, 0xe2, 0x99, 0x81]) {
        Some("this is an archive of mongodump, which this program does not understand yet".to_owned())
    } else if begins(&[0x1f, 0x8b]) {
        Some("this is compressed with gzip: unpack it, and import what is in it".to_owned())
    } else if text.starts_with(b"{") || text.starts_with(b"[") {
        Some("this is JSON, such as a dump of the old platform, which this program does not understand yet".to_owned())
    } else if begins(b"%PDF") {
        Some("this is a PDF: export the list as CSV UTF-8, and import that".to_owned())
    } else {
        None
    }
}
