//! A copy of the database beside it, from which the archive is made: so the service's journal waits for a copy on the same
//! disk alone, however slow the disk for backups is, and nothing that is not sealed is written there.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::BackupError;
use crate::operations::folder::give_to_owner_of;
use crate::operations::held::Held;
use crate::store::Store;

const NAME: &str = ".backup-copy.db";

/// An empty file, held by this process and removed at the end.
pub(super) struct Copy {
    path: PathBuf,
    held: Held,
}

impl Copy {
    /// Makes the file, or takes over the one of a process that was killed.
    ///
    /// # Errors
    /// `PlaceInUse` if another process makes a backup of the same data, `Place` if the folder cannot be written.
    pub(super) fn begin(data: &Path) -> Result<Self, BackupError> {
        let path = data.join(NAME);
        let failed = BackupError::place(data);
        loop {
            let held = Held::hold(open(&path).map_err(&failed)?).map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => BackupError::PlaceInUse(data.to_owned()),
                _ => failed(error),
            })?;
            // Whoever held it until now has removed it.
            if !is_at(&held, &path) {
                continue;
            }
            give_to_owner_of(data, &held).map_err(&failed)?;
            // What was truncated, ext4 writes to the disk when it is closed, even if it was empty: all of the copy, and
            // the service's syncs would wait for that.
            if held.metadata().map_err(&failed)?.len() > 0 {
                held.set_len(0).map_err(&failed)?;
            }
            return Ok(Self { path, held });
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it, from its beginning.
    pub(super) fn content(&self) -> &File {
        &self.held
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // There is one if copying failed.
        let _ = fs::remove_file(Store::journal(&self.path));
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(file = %self.path.display(), %error, "The copy that a backup was made from cannot be removed");
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    File::options().read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(path)
}

fn is_at(held: &File, path: &Path) -> bool {
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    held.metadata().map(identity).ok() == fs::symlink_metadata(path).map(identity).ok()
}
