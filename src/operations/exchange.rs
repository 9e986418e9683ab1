//! Completing the exchange of a data folder's files: what a restore made ready is moved to its places, by whoever holds
//! the folder next, however often he is killed on the way.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::files::{DATABASE, JOURNALS};

/// The folder whose files are to be moved to their places.
pub(in crate::operations) const READY: &str = "restore-ready";
/// What the folders begin with that keep what was there before.
pub(in crate::operations) const BEFORE: &str = "pre-restore-";
/// The new files, in a staging folder.
pub(in crate::operations) const NEW: &str = "new";

/// Moves the files of a restore that has happened to their places. Whoever calls this holds the data folder.
pub(in crate::operations) fn finish(data: &Path) -> io::Result<()> {
    let ready = data.join(READY);
    if !ready.exists() {
        return Ok(());
    }
    let new = ready.join(NEW);
    if new.join(DATABASE).exists() {
        // An old journal would be replayed over the new database.
        for journal in JOURNALS {
            match fs::remove_file(data.join(journal)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        sync(data)?;
    }
    // It is gone already if the removal below was interrupted.
    if new.exists() {
        for entry in fs::read_dir(&new)? {
            let entry = entry?;
            fs::rename(entry.path(), data.join(entry.file_name()))?;
        }
    }
    for entry in fs::read_dir(&ready)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(BEFORE) {
            fs::rename(entry.path(), data.join(entry.file_name()))?;
        }
    }
    sync(data)?;
    fs::remove_dir_all(&ready)?;
    sync(data)?;
    tracing::info!("A restore was completed");
    Ok(())
}

pub(in crate::operations) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
