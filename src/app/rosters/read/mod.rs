//! From files to rows: which sheet a file is, how its letters are written, what stands between its cells. All of it is
//! told, and what is not understood is refused by name.

mod archive;
mod forms;
mod grid;
mod names;
pub(in crate::app::rosters) mod old_platform;
mod sheets;
mod standards;
mod table;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use encoding_rs::Encoding;

use crate::app::FieldRules;
use crate::app::rosters::records::{FileRecord, PlanOptions};
use crate::app::rosters::references::Referring;
use crate::app::rosters::rows::{Line, Place, Problems};
use crate::app::rosters::usernames::{self, Usernames};
use crate::model::Error;
use crate::model::rosters::Sheet;
use crate::store::View;
use forms::Form;

pub(in crate::app::rosters) use archive::is_file_name;
pub use old_platform::OldSecret;
pub(in crate::app::rosters) use table::plain;

/// Files by name.
pub(in crate::app::rosters) type Files = BTreeMap<String, Vec<u8>>;

/// The most bytes of all files together, packed and unpacked.
pub(in crate::app::rosters) const MOST_BYTES: usize = 64 << 20;
/// The most files.
pub(in crate::app::rosters) const MOST_FILES: usize = 64;
/// The most rows of all files together.
const MOST_ROWS: usize = 250_000;

fn too_many_rows() -> String {
    format!("there are more than {MOST_ROWS} rows: import them in several parts")
}

/// How files are to be read.
pub(in crate::app::rosters) struct ReadOptions {
    /// The sheet of the only file, whatever its name.
    pub(in crate::app::rosters) sheet: Option<Sheet>,
    /// The encoding of files that say nothing of theirs and are not UTF-8.
    pub(in crate::app::rosters) encoding: Option<&'static Encoding>,
    /// Headers that are left out, in lower case and without what stands between words.
    pub(in crate::app::rosters) ignore: Vec<String>,
    /// Where usernames come from, of these sheets.
    pub(in crate::app::rosters) usernames: BTreeMap<Sheet, Usernames>,
    /// What usernames of the old platform are encrypted with.
    pub(in crate::app::rosters) old_secret: Option<OldSecret>,
    /// Whether users of the old platform whose name is taken get another.
    pub(in crate::app::rosters) rename_duplicates: bool,
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
            old_secret: options.old_secret.as_deref().map(OldSecret::new),
            rename_duplicates: options.rename_duplicates,
            usernames: usernames::parse(&options.usernames)?,
        })
    }
}

/// What was read.
#[derive(Default)]
pub(in crate::app::rosters) struct Roster {
    /// What they were taken for.
    pub(in crate::app::rosters) form: &'static str,
    /// The files, in the order of their names.
    pub(in crate::app::rosters) files: Vec<FileRecord>,
    /// The rows of each sheet, in the order in which they stand.
    pub(in crate::app::rosters) lines: BTreeMap<Sheet, Vec<Line>>,
    /// The sheets that the files hold whole, with the things' own ids: ids stay as they are there, and what refers to
    /// none of them refers to nothing.
    pub(in crate::app::rosters) own_ids: BTreeSet<Sheet>,
    /// Whether users whose name is taken get another.
    pub(in crate::app::rosters) renames: bool,
    /// What is left out, and told.
    pub(in crate::app::rosters) notices: Problems,
    /// How its rows refer to each other.
    pub(in crate::app::rosters) referring: Referring,
    /// The sheets of which everything is there, so that what no row names is missing.
    pub(in crate::app::rosters) whole: Vec<Sheet>,
    /// What is to be no more: on which sheet, by what the other program knows it by, and where that stands.
    pub(in crate::app::rosters) gone: Vec<(Sheet, String, Place)>,
    /// What was read and comes to nothing here, in words.
    pub(in crate::app::rosters) left_out: Vec<String>,
    /// The first row that says who is in which class.
    enrollments: Option<Place>,
    /// Why there is nothing to plan, if there is anything.
    pub(in crate::app::rosters) problems: Problems,
}

/// Reads the files of an upload.
///
/// # Errors
/// Those of the store.
pub(in crate::app::rosters) fn read(
    view: &View<'_>,
    files: Files,
    options: &ReadOptions,
    rules: &FieldRules,
) -> Result<Roster, Error> {
    let mut roster = Roster::default();
    let files = archive::expanded(files, &mut roster.problems);
    match forms::of(&files) {
        Form::Spreadsheet => sheets::read(files, options, &mut roster),
        Form::OldPlatform => old_platform::read(files, options, &mut roster),
        Form::OneRoster => standards::read_oneroster(view, files, options, rules, &mut roster)?,
        Form::Clever => standards::read_clever(files, options, rules, &mut roster),
    }
    if roster.files.is_empty() && roster.problems.count == 0 {
        roster.problems.file("", "there is no file to import: `ocariot-users import template` writes empty ones");
    }
    Ok(roster)
}
