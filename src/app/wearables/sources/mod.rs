//! Where files come from: each source tells whether files are its own, reads them, and says what they do not hold. A new
//! one is a file here and a line in [`SOURCES`].

mod apple;
mod fitbit_web;
mod gadgetbridge;
mod health_connect;
mod takeout;
mod withings;

use std::rc::Rc;

use crate::app::operator::refusal::Refusal;
use crate::app::wearables::files::{Entry, Files};
use crate::app::wearables::gathering::Gathering;
use crate::app::wearables::reading::{Answers, Reading};
use crate::store::foreign::{Foreign, ForeignError};

/// A source of files.
pub(in crate::app::wearables) trait Source: Sync {
    /// Its name where it is stored.
    fn word(&self) -> &'static str;

    /// Its name for people.
    fn title(&self) -> &'static str;

    /// The version of this reader: another one if it reads something else out of the same file.
    fn version(&self) -> u32;

    /// What is never in such files.
    fn cannot_say(&self) -> &'static str;

    /// Whether these files are its own.
    ///
    /// # Errors
    /// If they cannot be read.
    fn detect(&self, files: &mut Files) -> Result<bool, Refusal>;

    /// Reads them.
    ///
    /// # Errors
    /// If they cannot be read, or are none of which anything can be told.
    fn read(&self, files: &mut Files, into: &mut Gathering) -> Result<(), Refusal>;
}

/// All sources, the surest to be told first.
const SOURCES: [&dyn Source; 6] = [
    &health_connect::HealthConnect,
    &gadgetbridge::Gadgetbridge,
    &apple::AppleHealth,
    &takeout::Takeout,
    &fitbit_web::FitbitWeb,
    &withings::Withings,
];

/// Reads files, whichever source they are of, with what was answered of each.
///
/// # Errors
/// If they are of none, or cannot be read.
pub fn read(files: &mut Files, answers: impl FnOnce(&str) -> Answers) -> Result<Reading, Refusal> {
    for source in SOURCES {
        if !source.detect(files)? {
            continue;
        }
        let mut into = Gathering::new(answers(source.word()));
        into.reading.source = source.word().to_owned();
        into.reading.title = source.title().to_owned();
        into.reading.reader = source.version();
        into.reading.cannot_say = source.cannot_say().to_owned();
        source.read(files, &mut into)?;
        return Ok(into.finish());
    }
    let known: Vec<_> = SOURCES.iter().map(|source| source.title()).collect();
    Err(Refusal(format!(
        "this is no file that is understood, and nothing was changed: hand over one of {}; README, \"Wearables\", says \
         how to get each",
        known.join(", ")
    )))
}

/// Whether a source has this name.
#[must_use]
pub fn is_source(word: &str) -> bool {
    SOURCES.iter().any(|source| source.word() == word)
}

/// What SQLite files begin with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The entry that is a database with such a table; of several, the first.
fn database_with(files: &mut Files, table: impl Fn(&str) -> bool) -> Result<Option<Rc<Foreign>>, Refusal> {
    /// More databases are in no export.
    const MOST: usize = 8;
    let mut tried = 0;
    for entry in files.entries() {
        let ending = entry.name().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let named = ["db", "sqlite", "sqlite3"].contains(&ending.as_str()) || !entry.name().contains('.');
        if !named || tried >= MOST || !files.head(&entry)?.starts_with(SQLITE) {
            continue;
        }
        tried += 1;
        let opened = open(files, &entry)?;
        if opened.tables().any(&table) {
            return Ok(Some(opened));
        }
    }
    Ok(None)
}

fn open(files: &mut Files, entry: &Entry) -> Result<Rc<Foreign>, Refusal> {
    if let Some((_, known)) = files.databases.iter().find(|(path, _)| *path == entry.path) {
        return Ok(Rc::clone(known));
    }
    let scratch = files.scratch().to_owned();
    let opened = files.read(entry, |mut reader| Foreign::open(&mut reader, &scratch).map_err(Refusal::from))?;
    let opened = Rc::new(opened);
    files.databases.push((entry.path.clone(), Rc::clone(&opened)));
    Ok(opened)
}

impl From<ForeignError> for Refusal {
    fn from(error: ForeignError) -> Self {
        Refusal(format!("the database in this file cannot be read, and nothing was changed: {error}; export it anew"))
    }
}
