//! The folder that backups lie in: their names, and which of them there are.

use std::cmp::Reverse;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustix::fs::{FlockOperation, flock};

use super::archive::read_manifest;
use super::{BackupError, Manifest};

const PREFIX: &str = "ocariot-users-";
const SUFFIX: &str = ".tar";
const TIME: &str = "%Y%m%dT%H%M%S%.3fZ";
/// What the folders begin with that a backup is made in.
pub(super) const WORK: &str = ".backup-";

/// A backup that lies in the folder.
pub struct Shelved {
    /// Where.
    pub path: PathBuf,
    /// How long it is.
    pub bytes: u64,
    /// What it says of itself, or why it cannot be read.
    pub manifest: Result<Manifest, BackupError>,
}

/// What a backup of this instant is called.
pub(super) fn name(made_at: Timestamp) -> String {
    format!("{PREFIX}{}{SUFFIX}", TimeZone::UTC.to_datetime(made_at).strftime(TIME))
}

/// The backups of a folder, oldest first. Says nothing about whether they are whole.
///
/// # Errors
/// If the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Shelved>, BackupError> {
    let entries = fs::read_dir(folder).map_err(BackupError::place(folder))?;
    let mut found: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(PREFIX) && name.ends_with(SUFFIX)
        })
        .map(|entry| {
            let path = entry.path();
            let bytes = entry.metadata().map_or(0, |found| found.len());
            Shelved { manifest: read_manifest(&path), path, bytes }
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
    let stamp = path.file_name()?.to_str()?.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.strip_suffix('Z')?;
    let made_at = DateTime::strptime("%Y%m%dT%H%M%S%.f", stamp).ok()?;
    TimeZone::UTC.to_timestamp(made_at).ok()
}

/// What the backup is called that is made before a database is brought to this schema. A later one takes its place,
/// so that a start that fails again and again does not fill the disk.
pub(super) fn name_before(schema: usize) -> String {
    format!("{PREFIX}before-schema-{schema}{SUFFIX}")
}

/// Holds the folder, so that one backup at a time is written to it, and removes what killed ones left.
pub(super) fn hold(folder: &Path) -> Result<File, BackupError> {
    let held = File::open(folder).map_err(BackupError::place(folder))?;
    match flock(&held, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {
            for entry in fs::read_dir(folder).map_err(BackupError::place(folder))?.filter_map(Result::ok) {
                if entry.file_name().to_string_lossy().starts_with(WORK) {
                    // What cannot be removed only takes room.
                    let _ = fs::remove_dir_all(entry.path());
                }
            }
        }
        Err(rustix::io::Errno::WOULDBLOCK) => return Err(BackupError::PlaceInUse(folder.to_owned())),
        // Some network shares know no locks.
        Err(_) => {}
    }
    Ok(held)
}
