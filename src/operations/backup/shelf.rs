//! The folder that backups lie in: their names, and which of them there are.

use std::cmp::Reverse;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{BackupError, Form, look};
use crate::app::{KnownBackup, OnShelf};
use crate::config::Config;
use crate::operations::held::Held;
use crate::store::Store;

/// The folder for backups in a data folder.
pub(super) const OWN_PLACE: &str = "backups";
const PREFIX: &str = "ocariot-users-";
const TIME: &str = "%Y%m%dT%H%M%S%.3fZ";
/// What names end with: sealed, readable, and of the form before both.
const SUFFIXES: [&str; 3] = [".tar.zst.age", ".tar.zst", ".tar"];
/// What the names of those end with that are not whole yet.
const PARTIAL: &str = ".partial";

/// What the file is called that says when a drill last went well.
const DRILLED: &str = "last-drill";
/// The most bytes that are read of it.
const LONGEST_NOTE: u64 = 64;

/// A backup that lies in the folder.
pub struct Shelved {
    /// Where.
    pub path: PathBuf,
    /// How long it is.
    pub bytes: u64,
    /// What can be told of it without a passphrase, or why nothing can.
    pub form: Result<Form, BackupError>,
}

/// Where the settings say that backups go; without, into a folder in the data folder.
#[must_use]
pub fn place(config: &Config) -> PathBuf {
    config.backup.dir.clone().unwrap_or_else(|| config.data_dir.join(OWN_PLACE))
}

/// The backups of a folder in the order of their names, those from before upgrades too; and when a drill last went well.
pub(super) fn by_name(folder: &Path) -> io::Result<OnShelf> {
    let entries = fs::read_dir(folder)?.filter_map(Result::ok);
    let known = |entry: DirEntry| {
        let file = entry.file_name().into_string().ok().filter(|name| middle(name).is_some())?;
        let (bytes, made_at) = (entry.metadata().map_or(0, |found| found.len()), made_at(&entry.path()));
        Some(KnownBackup { sealed: file.ends_with(SUFFIXES[0]), bytes, made_at, file })
    };
    let mut found: Vec<_> = entries.filter_map(known).collect();
    found.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(OnShelf { files: found, last_drill: last_drill(folder) })
}

/// Notes beside a backup that a drill with it went well.
///
/// # Errors
/// If nothing can be written there.
pub fn note_drill(backup: &Path, now: Timestamp) -> io::Result<()> {
    let folder = backup.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let note = folder.join(DRILLED);
    let partial = folder.join(format!(".{DRILLED}{PARTIAL}"));
    fs::write(&partial, format!("{now}\n"))?;
    fs::rename(partial, note)
}

/// When a drill last went well with a backup of this folder, as far as that is noted.
fn last_drill(folder: &Path) -> Option<Timestamp> {
    let mut text = String::new();
    File::open(folder.join(DRILLED)).ok()?.take(LONGEST_NOTE).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// What a backup of this instant is called.
pub(super) fn name(made_at: Timestamp, sealed: bool) -> String {
    let [if_sealed, if_readable, _] = SUFFIXES;
    format!("{PREFIX}{}{}", stamp(made_at), if sealed { if_sealed } else { if_readable })
}

fn stamp(instant: Timestamp) -> String {
    TimeZone::UTC.to_datetime(instant).strftime(TIME).to_string()
}

/// What is between the beginning and the end that names of backups have.
fn middle(name: &str) -> Option<&str> {
    let rest = name.strip_prefix(PREFIX)?;
    SUFFIXES.iter().find_map(|suffix| rest.strip_suffix(suffix))
}

/// What a backup is called until it is whole.
pub(super) fn partial(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}{PARTIAL}"))
}

/// Whether this is a backup in the making, of this program and this user.
fn is_ours_and_partial(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let named = name.to_str().and_then(|name| name.strip_prefix('.')?.strip_suffix(PARTIAL)).and_then(middle);
    let me = rustix::process::geteuid();
    // The metadata of an entry are not those of what a link leads to.
    named.is_some()
        && entry.metadata().is_ok_and(|found| found.is_file() && (found.uid() == me.as_raw() || me.is_root()))
}

/// The backups of a folder, oldest first. Says nothing about whether they are whole.
///
/// # Errors
/// If the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Shelved>, BackupError> {
    let entries = fs::read_dir(folder).map_err(BackupError::place(folder))?;
    let mut found: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| middle(&entry.file_name().to_string_lossy()).is_some())
        .map(|entry| {
            let path = entry.path();
            let bytes = entry.metadata().map_or(0, |found| found.len());
            Shelved { form: look(&path), path, bytes }
        })
        .collect();
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// The backups of a folder with the times that their names say, the newest first; empty if it cannot be read.
pub(super) fn dated(folder: &Path, now: Timestamp) -> Vec<(Timestamp, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut dated: Vec<_> = entries.filter_map(|entry| Some((made_at(&entry.path())?, entry.path()))).collect();
    newest_first(&mut dated, now);
    dated
}

/// In the order in which they count, the newest first. Those from the future come last: they were made while the clock
/// was wrong, or have another's name, and none of them stands for the newest, or pushes another one out.
pub fn newest_first<T>(dated: &mut [(Timestamp, T)], now: Timestamp) {
    dated.sort_by_key(|(made_at, _)| Reverse((*made_at <= now, *made_at)));
}

/// When a backup was made, as its name says; `None` for the one before an upgrade, and for other files.
#[must_use]
pub fn made_at(path: &Path) -> Option<Timestamp> {
    let stamp = middle(path.file_name()?.to_str()?)?.strip_suffix('Z')?;
    let made_at = DateTime::strptime("%Y%m%dT%H%M%S%.f", stamp).ok()?;
    TimeZone::UTC.to_timestamp(made_at).ok()
}

/// What the backup is called that is made before a database, last changed at this instant, is brought to this schema. A
/// start that fails again and again makes it once; what was changed between two of them is in another.
pub(super) fn name_before(schema: usize, changed_at: Timestamp) -> String {
    format!("{PREFIX}before-schema-{schema}-{}{}", stamp(changed_at), SUFFIXES[1])
}

/// The most backups that are kept from before one schema.
const MOST_BEFORE: usize = 5;

/// A start that is killed again and again may change the database each time. So many of these backups are kept: the
/// first ones, and `newest`.
pub(super) fn limit_those_before(schema: usize, newest: &Path) -> Result<(), BackupError> {
    let folder = newest.parent().unwrap_or(newest);
    let failed = BackupError::place(folder);
    let beginning = format!("before-schema-{schema}-");
    let entries = fs::read_dir(folder).map_err(&failed)?.filter_map(Result::ok);
    let is_one = |entry: &DirEntry| {
        middle(&entry.file_name().to_string_lossy()).is_some_and(|middle| middle.starts_with(&beginning))
    };
    let mut others: Vec<_> = entries.filter(is_one).map(|entry| entry.path()).filter(|path| path != newest).collect();
    others.sort();
    others.iter().skip(MOST_BEFORE - 1).try_for_each(fs::remove_file).map_err(&failed)
}

/// When a database was last changed, as the file system says.
pub(super) fn changed_at(database: &Path) -> io::Result<Timestamp> {
    let journal = Store::journal(database);
    let changed = |path: &Path| Timestamp::try_from(fs::metadata(path)?.modified()?).map_err(io::Error::other);
    let main = changed(database)?;
    Ok(changed(&journal).map_or(main, |journal| journal.max(main)))
}

/// Holds the folder, so that one backup at a time is written to it, and removes what a killed one left.
pub(super) fn hold(folder: &Path) -> Result<Option<Held>, BackupError> {
    match Held::hold(File::open(folder).map_err(BackupError::place(folder))?) {
        Ok(held) => {
            let entries = fs::read_dir(folder).map_err(BackupError::place(folder))?;
            for entry in entries.filter_map(Result::ok).filter(is_ours_and_partial) {
                // What cannot be removed only takes room.
                let _ = fs::remove_file(entry.path());
            }
            Ok(Some(held))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(BackupError::PlaceInUse(folder.to_owned())),
        // Some network shares know no locks: there, one that looks left may be in the making.
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_is_noted_beside_its_backup_and_what_is_no_note_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join(name("2026-01-05T01:30:00Z".parse().unwrap(), false));
        assert_eq!(by_name(folder.path()).unwrap().last_drill, None);
        for drilled in ["2026-01-05T09:00:00Z", "2026-02-05T09:00:00Z"] {
            let drilled = drilled.parse().unwrap();
            note_drill(&backup, drilled).unwrap();
            assert_eq!(by_name(folder.path()).unwrap().last_drill, Some(drilled));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "and nothing else");
        for damaged in ["", "yesterday", &"2".repeat(100_000)] {
            fs::write(folder.path().join(DRILLED), damaged).unwrap();
            assert_eq!(by_name(folder.path()).unwrap().last_drill, None);
        }
        assert!(note_drill(Path::new("/nowhere/backup.tar"), Timestamp::UNIX_EPOCH).is_err());
    }
}
