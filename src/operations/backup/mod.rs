//! Backups: one file with the database, its keys and a manifest, made while the service runs; and the way back.

mod archive;
mod drill;
mod make;
mod restore;
mod schedule;
mod sealed;
mod shelf;
mod swap;
mod watch;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::folder::read_given_secret;
use super::{OperateError, StartError};
use crate::store::{Contents, OpenError};

pub use drill::{Count, Drilled, drill};
pub use make::{BackupMade, KeyProtection, back_up, place};
pub(crate) use make::{back_up_before_upgrade, back_up_held};
pub use restore::{ArchivedKeys, RestoreMode, Restored, restore, verify};
pub(crate) use schedule::Schedule;
pub use shelf::{Shelved, list, made_at, newest_first};
pub(crate) use watch::Watch;

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the archive's form.
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    /// When it was made: RFC 3339, UTC.
    pub made_at: String,
    /// The schema of its database.
    pub schema: usize,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
    /// Whether it holds the keys, encrypted.
    pub keys: bool,
    /// SHA-256 of each other file in it, in hex.
    pub sha256: BTreeMap<String, String>,
}

/// What an archive says of itself; only [`verify`] tells whether that is so.
///
/// # Errors
/// If it cannot be read, or is no archive.
pub fn manifest(file: &Path) -> Result<Manifest, BackupError> {
    archive::read_manifest(file)
}

/// Reads a passphrase from a file that nobody but its owner can read.
///
/// # Errors
/// If the file cannot be read, others can read it, or it is empty.
pub fn read_passphrase(path: &Path) -> Result<Zeroizing<String>, BackupError> {
    const WHAT: &str = "passphrase";
    let text = Zeroizing::new(read_given_secret(WHAT, path)?);
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(StartError::not(WHAT, path, "a passphrase in one line").into()),
        passphrase => Ok(Zeroizing::new(passphrase.to_owned())),
    }
}

impl Manifest {
    fn describes(&self, contents: &Contents) -> bool {
        self.schema == contents.schema && self.rows == contents.rows
    }
}

/// Why a backup was not made, or cannot be used. The data of the service are as they were.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder cannot be used.
    #[error(transparent)]
    Operate(#[from] OperateError),
    /// The folder, its keys or its database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The place for backups cannot be used.
    #[error("the folder for backups {} cannot be used ({cause}): is the disk mounted, writable, and not full?", folder.display())]
    Place {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Somebody else writes a backup to the same place.
    #[error("another backup is being written to {}: wait until it is done", .0.display())]
    PlaceInUse(PathBuf),
    /// The database could not be copied.
    #[error("the database {} cannot be copied ({cause}): mend that, and make the backup again", database.display())]
    Copy {
        /// The database.
        database: PathBuf,
        /// Why.
        cause: OpenError,
    },
    /// The archive cannot be read.
    #[error("the backup {} cannot be read ({cause}): mend that, or take another", file.display())]
    Unreadable {
        /// The archive.
        file: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The archive is not whole.
    #[error("the backup {} is damaged ({why}): take another", file.display())]
    Damaged {
        /// The archive.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A newer program made the archive.
    #[error("the backup {} was made by ocariot-users {program}, which is newer: restore it with that", file.display())]
    Newer {
        /// The archive.
        file: PathBuf,
        /// The version that made it.
        program: String,
    },
    /// The passphrase does not open the keys.
    #[error(
        "the keys in the backup {} cannot be opened with this passphrase: give the one that it was made with, or \
         --without-keys if the data folder has the keys still",
        .0.display()
    )]
    WrongPassphrase(PathBuf),
    /// No key for usernames is to be had.
    #[error(
        "the usernames in the backup {} cannot be read without their key, which is neither in it nor in the data \
         folder: name the key with --username-key",
        .0.display()
    )]
    NoKey(PathBuf),
    /// The key for usernames is another one.
    #[error("the username key does not fit the backup {}: name the key that it was made with, with --username-key", .0.display())]
    WrongKey(PathBuf),
    /// The service does not come to life from it.
    #[error("the drill with the backup {} failed: {why}. Make another backup, and try that", file.display())]
    Drill {
        /// The archive.
        file: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// Somebody ended the drill.
    #[error("the drill with the backup {} was ended: nothing of it is left, and it showed nothing. Run it once more", file.display())]
    DrillEnded {
        /// The archive.
        file: PathBuf,
    },
    /// Randomness or encryption failed.
    #[error("the keys cannot be encrypted: {0}")]
    Encryption(String),
}

impl BackupError {
    fn damaged(file: &Path, why: impl ToString) -> Self {
        Self::Damaged { file: file.to_owned(), why: why.to_string() }
    }

    fn place(folder: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |cause| Self::Place { folder: folder.to_owned(), cause }
    }
}
