//! What a restore puts in the place of the data: a backup, or what an earlier restore kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::entries::Extracted;
use super::keys::KeyFiles;
use super::{BackupError, Manifest, archive};
use crate::operations::exchange::BEFORE;
use crate::operations::files::DATABASE;
use crate::operations::folder::DataFolder;
use crate::operations::reach::{owned, require_owner};
use crate::store::{Dangling, OpenError, Store};

/// What SQLite needs beside a database that was not closed.
const UNCLOSED: [&str; 2] = ["ocariot.db-wal", "ocariot.db-journal"];

/// How a backup is opened.
pub struct Opening {
    /// Opens it, or the keys in one of the first form.
    pub passphrase: Option<Zeroizing<String>>,
    /// What becomes of the keys in it.
    pub keys: ArchivedKeys,
}

/// What becomes of the keys in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchivedKeys {
    /// They are taken, if there are any that can be opened. Those that the data folder has newer ones of are not.
    Taken,
    /// Those of the data folder, or of the settings, go on.
    LeftAlone,
}

/// What was found in a backup that is whole.
pub struct Verified {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Whether it was sealed: otherwise anybody who held it could have changed it.
    pub sealed: bool,
    /// Whether its keys were opened.
    pub keys_opened: bool,
    /// The rows that refer to what is not there.
    pub dangling: Vec<Dangling>,
}

/// What is put in the place of the data.
pub enum Source<'a> {
    /// A backup.
    Backup {
        /// The archive.
        file: &'a Path,
        /// How it is opened.
        opening: &'a Opening,
    },
    /// What an earlier restore kept.
    Kept {
        /// The folder, as [`kept`] finds it.
        folder: &'a Path,
        /// What becomes of the keys in it.
        keys: ArchivedKeys,
    },
}

/// A database of some time, on its way to the data folder, which has everything else.
pub(super) struct Unpacked {
    pub(super) backup: Option<Verified>,
    pub(super) rows: BTreeMap<String, u64>,
    pub(super) dangling: Vec<Dangling>,
    pub(super) keys: KeyFiles,
}

impl Source<'_> {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Backup { file, .. } => file,
            Self::Kept { folder, .. } => folder,
        }
    }

    /// Checks it to the last byte, and puts its database into a folder.
    pub(super) fn unpack(&self, to: &Path) -> Result<Unpacked, BackupError> {
        match self {
            Self::Backup { file, opening } => {
                let (backup, keys) = unpack(file, to, opening)?;
                let (rows, dangling) = (backup.manifest.rows.clone(), backup.dangling.clone());
                Ok(Unpacked { backup: Some(backup), rows, dangling, keys })
            }
            Self::Kept { folder, keys } => take_kept(folder, to, *keys),
        }
    }
}

/// Checks a backup to the last byte: its form, its database, and, with a passphrase, its keys.
///
/// # Errors
/// What is wrong with it, beside rows that refer to what is not there.
pub fn verify(file: &Path, opening: &Opening) -> Result<Verified, BackupError> {
    let work = tempfile::tempdir().map_err(|cause| BackupError::Place { folder: tempfile::env::temp_dir(), cause })?;
    Ok(unpack(file, work.path(), opening)?.0)
}

/// Checks an archive, and extracts its database to a folder. Returns the keys that are to be taken from it, too.
pub(super) fn unpack(file: &Path, to: &Path, opening: &Opening) -> Result<(Verified, KeyFiles), BackupError> {
    let database = to.join(DATABASE);
    let passphrase = opening.passphrase.as_ref().map(|passphrase| passphrase.as_str());
    let Extracted { manifest, keys, sealed } = archive::extract(file, passphrase, &database)?;
    let contents = Store::inspect(&database).map_err(|error| refused(file, to, error))?;
    if !manifest.describes(&contents) {
        return Err(BackupError::damaged(file, "its database does not fit the manifest"));
    }
    let verified = Verified { manifest, sealed, keys_opened: !keys.0.is_empty(), dangling: contents.dangling };
    match opening.keys {
        ArchivedKeys::Taken => Ok((verified, keys)),
        ArchivedKeys::LeftAlone => Ok((verified, KeyFiles::default())),
    }
}

/// Why the database that was taken from `file` to `folder` cannot be used: because of what it is, or of the disk that it
/// was taken to.
pub(super) fn refused(file: &Path, folder: &Path, error: OpenError) -> BackupError {
    match (error.disk(), error) {
        (Some(cause), _) => BackupError::Place { folder: folder.to_owned(), cause },
        (None, OpenError::WrongKey) => BackupError::WrongKey(file.to_owned()),
        (None, other) => BackupError::damaged(file, other),
    }
}

/// Copies what a restore kept: it stays as it is.
fn take_kept(folder: &Path, to: &Path, keys: ArchivedKeys) -> Result<Unpacked, BackupError> {
    for name in [DATABASE].iter().chain(&UNCLOSED) {
        match fs::symlink_metadata(folder.join(name)) {
            Ok(found) if found.is_file() => {
                fs::copy(folder.join(name), to.join(name)).map_err(BackupError::place(to))?;
            }
            Ok(_) => return Err(BackupError::NotAFile(folder.join(name))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => return Err(BackupError::reading(&folder.join(name), cause)),
        }
    }
    let database = to.join(DATABASE);
    if !database.exists() {
        return Err(BackupError::damaged(folder, "it holds no database: there was none before that restore"));
    }
    Store::join_journal(&database).map_err(|error| refused(folder, to, error))?;
    let contents = Store::inspect(&database).map_err(|error| refused(folder, to, error))?;
    let keys = match keys {
        ArchivedKeys::Taken => KeyFiles::read(folder)?,
        ArchivedKeys::LeftAlone => KeyFiles::default(),
    };
    Ok(Unpacked { backup: None, rows: contents.rows, dangling: contents.dangling, keys })
}

/// Whether this is called as what a restore kept.
#[must_use]
pub fn is_called_kept(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(BEFORE))
}

/// What a restore kept in this data folder: the given folder, or the newest one.
///
/// # Errors
/// `Running` if the service holds the folder; if it is another user's; `NothingKept` if there is none, `NotKept` if the given one is not one of them.
pub fn kept(data: &Path, given: Option<&Path>) -> Result<PathBuf, BackupError> {
    if data.exists() {
        require_owner(data, owned(data)?)?;
    }
    // Completes a restore that was interrupted: what that kept is the newest.
    drop(DataFolder::find(data).map_err(BackupError::holding)?);
    let Some(given) = given else {
        let newest = all_kept(data)?.pop();
        return newest.ok_or_else(|| BackupError::NothingKept(data.to_owned()));
    };
    let refused = || BackupError::NotKept { folder: given.to_owned(), data: data.to_owned() };
    let asked = fs::canonicalize(given).map_err(|cause| BackupError::Place { folder: given.to_owned(), cause })?;
    let data = fs::canonicalize(data).map_err(BackupError::place(data))?;
    all_kept(&data)?.into_iter().find(|folder| *folder == asked).ok_or_else(refused)
}

/// All that restores kept, the oldest first: each is called later than those that are there.
pub(super) fn all_kept(data: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let entries = match fs::read_dir(data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(BackupError::Place { folder: data.to_owned(), cause }),
    };
    // The type of an entry is not that of what a link leads to.
    let is_one =
        |entry: &fs::DirEntry| is_called_kept(&entry.path()) && entry.file_type().is_ok_and(|kind| kind.is_dir());
    let mut found: Vec<_> = entries.filter_map(Result::ok).filter(is_one).map(|entry| entry.path()).collect();
    found.sort();
    Ok(found)
}
