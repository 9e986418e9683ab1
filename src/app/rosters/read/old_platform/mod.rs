//! Dumps of the old platform's database: its collections of users, institutions and groups, as any tool wrote them. Ids
//! stay, and what refers to nothing is left out and told, as the old platform left it out of its answers.

mod documents;
mod fields;
mod secret;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use encoding_rs::{Encoding, UTF_8};

use crate::app::rosters::read::{Files, MOST_ROWS, ReadOptions, Roster, table};
use crate::app::rosters::records::FileRecord;
use crate::app::rosters::rows::{Line, Place, Problems, Wrong};
use crate::model::rosters::{Column, Sheet};
use fields::Document;
use value::Fields;

pub use secret::OldSecret;

/// What these files are called.
pub(in crate::app::rosters::read) const FORM: &str = "dump of the old platform";

const AS_CSV: &str = "this is a collection of the old platform as CSV, which lost what an import needs: export it as JSON, \
                      with `mongoexport --collection` and without --type, or in Compass with \"JSON\"";

/// A collection that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Collection {
    Institutions,
    Users,
    Groups,
}

impl Collection {
    const ALL: [Self; 3] = [Self::Institutions, Self::Users, Self::Groups];

    fn word(self) -> &'static str {
        match self {
            Self::Institutions => "institutions",
            Self::Users => "users",
            Self::Groups => "childrengroups",
        }
    }

    /// The collection of this name.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|collection| collection.word() == name)
    }

    /// The collection in a file of this name, such as `users.bson` or `account.users.json`.
    fn of_file(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let stem = lower.strip_suffix(".json").or_else(|| lower.strip_suffix(".bson"))?;
        Self::named(stem.rsplit('.').next().unwrap_or(stem))
    }

    /// The sheets whose things it holds, all of them.
    fn sheets(self) -> &'static [Sheet] {
        match self {
            Self::Institutions => &[Sheet::Institutions],
            Self::Users => &[
                Sheet::Administrators,
                Sheet::Children,
                Sheet::Educators,
                Sheet::HealthProfessionals,
                Sheet::Applications,
                Sheet::Families,
            ],
            Self::Groups => &[Sheet::Groups],
        }
    }
}

/// Whether a file is one of a dump, by its name and its first bytes.
pub(in crate::app::rosters::read) fn is_one(name: &str, bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let lower = name.to_ascii_lowercase();
    let named = [".json", ".bson"].iter().any(|ending| lower.ends_with(ending));
    let wide =
        [b"\xff\xfe{\0", b"\xff\xfe[\0", b"\xfe\xff\0{", b"\xfe\xff\0["].iter().any(|mark| bytes.starts_with(*mark));
    named || wide || bytes.starts_with(&documents::ARCHIVE) || matches!(text.first(), Some(b'{' | b'[')) || is_csv(text)
}

/// Whether a text is a collection as CSV: its first row names `_id`.
fn is_csv(text: &[u8]) -> bool {
    let first = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    first.split(|byte| matches!(byte, b',' | b';' | b'\t')).any(|cell| unquoted(cell) == b"_id")
}

fn unquoted(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\"")).unwrap_or(cell)
}

/// Reads the files of a dump.
pub(in crate::app::rosters::read) fn read(files: Files, options: &ReadOptions, roster: &mut Roster) {
    roster.form = FORM;
    roster.renames = options.rename_duplicates;
    let mut reader = Reader { roster, options, found: BTreeMap::new(), sealed: Vec::new(), in_groups: 0, rows: 0 };
    for (name, bytes) in files {
        reader.file(&name, bytes);
    }
    reader.finish();
}

/// Documents on their way to rows.
struct Reader<'r> {
    roster: &'r mut Roster,
    options: &'r ReadOptions,
    /// The number of the file of each collection, and the fields that are left out there.
    found: BTreeMap<Collection, (usize, BTreeSet<String>)>,
    /// Users whose names are encrypted, each as its place on a sheet.
    sealed: Vec<(Sheet, usize)>,
    /// How many users are said to have groups.
    in_groups: usize,
    rows: usize,
}

impl Reader<'_> {
    fn file(&mut self, name: &str, bytes: Vec<u8>) {
        let outcome = if bytes.starts_with(&documents::ARCHIVE) {
            self.archive(name, &bytes)
        } else if is_description(name) {
            Ok(())
        } else if is_csv(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)) {
            Err(AS_CSV.to_owned())
        } else if let Some(collection) = Collection::of_file(name) {
            self.collection(name, collection, bytes)
        } else {
            let known: Vec<_> =
                Collection::ALL.iter().map(|collection| format!("{}.json", collection.word())).collect();
            Err(format!(
                "its name says no collection that is understood: call it one of {}, with .bson for BSON; what is none of \
                 them, put elsewhere",
                known.join(", ")
            ))
        };
        if let Err(message) = outcome {
            self.roster.problems.file(name, message);
        }
    }

    /// Notes where a collection is; its number among the files.
    ///
    /// # Errors
    /// If it was somewhere else before.
    fn begin(&mut self, name: &str, collection: Collection, encoding: &str) -> Result<usize, String> {
        let file = self.roster.files.len();
        if let Some((first, _)) = self.found.insert(collection, (file, BTreeSet::new())) {
            let first = &self.roster.files[first].file;
            return Err(format!("{first} is the same collection, {}: leave one of them out", collection.word()));
        }
        for sheet in collection.sheets() {
            self.roster.own_ids.insert(*sheet);
            self.roster.lines.entry(*sheet).or_default();
        }
        self.roster.files.push(FileRecord {
            file: name.to_owned(),
            sheet: collection.word().to_owned(),
            encoding: encoding.to_owned(),
            separator: String::new(),
            rows: 0,
            ignored: Vec::new(),
        });
        Ok(file)
    }

    fn collection(&mut self, name: &str, collection: Collection, bytes: Vec<u8>) -> Result<(), String> {
        if name.to_ascii_lowercase().ends_with(".bson") {
            let file = self.begin(name, collection, "BSON")?;
            return documents::of_binary(&bytes, |document| self.take((file, collection), document));
        }
        let text = json_text(bytes)?;
        let file = self.begin(name, collection, "JSON")?;
        documents::of_text(&text, |document| self.take((file, collection), document))
    }

    fn archive(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let mut from: Option<String> = None;
        documents::of_archive(bytes, |(database, word), document| {
            let Some(collection) = Collection::named(word) else { return Ok(()) };
            let first = from.get_or_insert_with(|| database.to_owned());
            if *first != database {
                return Err(
                    "it holds several databases with such collections: dump one with `mongodump --db`".to_owned()
                );
            }
            let file = match self.found.get(&collection) {
                Some((file, _)) if self.roster.files[*file].file == format!("{name}: {word}") => *file,
                _ => self.begin(&format!("{name}: {word}"), collection, "BSON")?,
            };
            self.take((file, collection), document)
        })?;
        match from {
            Some(_) => Ok(()),
            None => {
                Err("it holds none of the collections users, institutions and childrengroups: dump the database of \
                         the account service"
                    .to_owned())
            }
        }
    }

    /// Takes a document, as a row.
    fn take(&mut self, (file, collection): (usize, Collection), fields: Fields) -> Result<(), String> {
        self.rows += 1;
        if self.rows > MOST_ROWS {
            self.roster.lines.clear();
            return Err(format!("there are more than {MOST_ROWS} documents: import them in several parts"));
        }
        let record = &mut self.roster.files[file];
        record.rows += 1;
        let place = Place { file, row: record.rows };
        let name = record.file.clone();
        let mut document = Document::new(fields, |field| self.options.ignore.contains(&table::plain(field)));
        let sheet = match collection {
            Collection::Institutions => fields::institution(&mut document).map(|()| Sheet::Institutions),
            Collection::Groups => fields::group(&mut document).map(|()| Sheet::Groups),
            Collection::Users => fields::user(&mut document),
        };
        self.in_groups += usize::from(document.is_in_groups);
        for (column, wrong) in document.told {
            self.roster.notices.notice(&name, place, column, wrong);
        }
        if let Some((_, ignored)) = self.found.get_mut(&collection) {
            ignored.extend(document.left);
        }
        match sheet {
            Ok(sheet) => {
                let lines = self.roster.lines.entry(sheet).or_default();
                if document.is_sealed {
                    self.sealed.push((sheet, lines.len()));
                }
                lines.push(Line { place, cells: document.cells.into_iter().collect() });
            }
            Err((column, wrong)) => {
                self.roster.problems.row(&name, place, column.map(|column| (column, None)), wrong);
            }
        }
        Ok(())
    }

    /// Opens the names, and tells what there was.
    fn finish(mut self) {
        self.open_names();
        if self.in_groups > 0 && !self.found.contains_key(&Collection::Groups) {
            let message = format!(
                "{} users have groups, and childrengroups is not here: add it, or their groups are not imported",
                self.in_groups
            );
            self.roster.notices.file("", message);
        }
        for (file, ignored) in self.found.into_values() {
            self.roster.files[file].ignored = ignored.into_iter().collect();
        }
        if self.roster.problems.count > 0 && self.roster.files.is_empty() {
            self.roster.lines.clear();
        }
    }

    /// Puts names in the place of what was encrypted. A secret that fits hardly any is the wrong one.
    fn open_names(&mut self) {
        let sealed = std::mem::take(&mut self.sealed);
        let Some(first) = sealed.first().and_then(|(sheet, at)| self.roster.lines.get(sheet)?.get(*at)) else { return };
        let file = self.roster.files[first.place.file].file.clone();
        let Some(secret) = &self.options.old_secret else {
            let message = format!(
                "{} usernames are encrypted: put the old platform's ENCRYPT_SECRET_KEY into a file, and name that with \
                 --old-secret-file",
                sealed.len()
            );
            return self.refuse_all(&file, message);
        };
        let mut unopened = Vec::new();
        for (sheet, at) in &sealed {
            let Some(line) = self.roster.lines.get_mut(sheet).and_then(|lines| lines.get_mut(*at)) else { continue };
            match line.get(Column::Username).map(|sealed| secret.open(sealed)) {
                Some(Some(name)) => line.cells.replace(Column::Username, &name),
                Some(None) => unopened.push((line.place, Column::Username)),
                None => {}
            }
        }
        if unopened.len() * 2 > sealed.len() {
            let message = format!(
                "the secret does not fit: {} of {} usernames cannot be read with it; give the ENCRYPT_SECRET_KEY that the \
                 old platform ran with",
                unopened.len(),
                sealed.len()
            );
            return self.refuse_all(&file, message);
        }
        for (place, column) in unopened {
            let wrong =
                Wrong::refused("the secret fits others, and not this: see whether the value was changed by hand");
            self.roster.problems.row(&file, place, Some((column, None)), wrong);
        }
    }

    /// Nothing is planned.
    fn refuse_all(&mut self, file: &str, message: String) {
        self.roster.lines.clear();
        self.roster.notices = Problems::default();
        self.roster.problems.file(file, message);
    }
}

/// Whether a file only describes a collection or a dump.
fn is_description(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".metadata.json") || name == "prelude.json"
}

/// The text of a file in JSON.
fn json_text(bytes: Vec<u8>) -> Result<String, String> {
    // What a shell on Windows wrote into a file is UTF-16.
    let (encoding, mark) = Encoding::for_bom(&bytes).unwrap_or((UTF_8, 0));
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
    text.map(std::borrow::Cow::into_owned)
        .ok_or_else(|| format!("it holds bytes that are no letters in {}: export it anew", encoding.name()))
}
