//! Backups: one file with the database, its keys and a manifest, sealed under a passphrase, made while the service runs;
//! and the way back.

mod archive;
mod asked;
mod copy;
mod drill;
mod earlier;
mod entries;
mod erasures;
mod keys;
mod make;
mod restore;
mod schedule;
mod seal;
mod shelf;
mod source;
mod swap;
mod token_key;
mod watch;
mod words;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::folder::read_given_secret;
use super::{OperateError, StartError};
use crate::model::shown;
use crate::store::{Contents, Dangling, OpenError};

pub(crate) use asked::shelf_of;
pub use drill::{Count, Drilled, drill};
pub(crate) use erasures::ErasureLists;
pub(in crate::operations) use make::share_disk;
pub use make::{BackupMade, Protection, back_up};
pub(crate) use make::{back_up_before_upgrade, back_up_held};
pub use restore::{DanglingRows, RestoreMode, RestoreOptions, Restored, restore};
pub(crate) use schedule::Schedule;
pub use shelf::{Shelved, list, made_at, newest_first, note_drill, place};
pub use source::{ArchivedKeys, Opening, Source, Verified, is_called_kept, kept, verify};
pub use token_key::TokenKey;
pub(crate) use watch::Watch;
pub use words::{dangling_text, rows_of};

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
    /// Whether it holds the keys.
    pub keys: bool,
    /// SHA-256 of each other file in it, in hex; only of archives of the first form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sha256: BTreeMap<String, String>,
}

/// What can be told of an archive without a passphrase; only [`verify`] tells whether it is so.
#[derive(Debug)]
pub enum Form {
    /// It is sealed under a passphrase: nothing else is known.
    Sealed,
    /// Anybody can read it, or all of it but the keys, and could have changed it. It says this of itself.
    Readable(Manifest),
}

/// Looks at an archive.
///
/// # Errors
/// If it cannot be read, or is no archive.
pub fn look(file: &Path) -> Result<Form, BackupError> {
    archive::look(file)
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
    /// A folder cannot be used.
    #[error("the folder {} cannot be used: {}", shown(folder), told(cause))]
    Place {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Somebody else writes a backup to the same place, or of the same data.
    #[error("another backup is being written to {}: wait until it is done", shown(.0))]
    PlaceInUse(PathBuf),
    /// The service holds the data folder that is to hold something else.
    #[error(
        "the service runs in the data folder {}, and nothing was changed: stop it (`systemctl stop ocariot-users`, \
         where systemd started it), say this once more, and start it again",
        .0.display()
    )]
    Running(PathBuf),
    /// It would be readable outside the data folder, and nobody said that it may be.
    #[error(
        "a backup that leaves the data folder is sealed: give a passphrase with --passphrase-file (of the service: \
         --backup-passphrase-file), or say --readable-by-anybody (--backup-readable-by-anybody)"
    )]
    WouldBeReadable,
    /// It is not said what becomes of the keys.
    #[error(
        "a backup is sealed under a passphrase: give one with --passphrase-file; or leave the keys out with \
         --without-keys, which makes a readable backup in the data folder"
    )]
    NoPassphrase,
    /// The database could not be copied.
    #[error("the database {} cannot be copied ({cause}): mend that, and make the backup again", shown(database))]
    Copy {
        /// The database.
        database: PathBuf,
        /// Why.
        cause: OpenError,
    },
    /// The archive cannot be read.
    #[error("the backup {} cannot be read: {}", shown(file), told(cause))]
    Unreadable {
        /// The archive.
        file: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// There is something else where the archive should be.
    #[error("{} is a link, a folder, a pipe or a device, and no backup: name the file itself", shown(.0))]
    NotAFile(PathBuf),
    /// The archive is not whole.
    #[error("the backup {} is damaged ({why}): take another", shown(file))]
    Damaged {
        /// The archive.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The disk has no room for the database in the archive.
    #[error(
        "the database in the backup needs {needed} bytes in {}, where {free} are free: delete what is not needed, or \
         use another disk",
        shown(folder)
    )]
    NoRoom {
        /// Where it would be written.
        folder: PathBuf,
        /// How long it is.
        needed: u64,
        /// How much room there is.
        free: u64,
    },
    /// A newer program made the archive.
    #[error("the backup {} was made by ocariot-users {program}, which is newer: restore it with that", shown(file))]
    Newer {
        /// The archive.
        file: PathBuf,
        /// The version that made it.
        program: String,
    },
    /// The archive is sealed, and no passphrase was given.
    #[error("the backup {} is sealed: give the passphrase that it was made with, with --passphrase-file", shown(.0))]
    Sealed(PathBuf),
    /// No restore has kept anything.
    #[error(
        "nothing is kept in the data folder {} from before a restore, so there is none to take back: restore a backup, or \
         name the folder of the service with --data-dir",
        shown(.0)
    )]
    NothingKept(PathBuf),
    /// No restore has kept this, here.
    #[error(
        "{} is not what a restore kept in the data folder {}: name one of its folders `pre-restore-...`, or say --undo for \
         the newest",
        shown(folder),
        shown(data)
    )]
    NotKept {
        /// What was given.
        folder: PathBuf,
        /// The data folder.
        data: PathBuf,
    },
    /// The passphrase does not open the archive.
    #[error(
        "the backup {} cannot be opened with this passphrase: give the one that it was made with; if this is the one, \
         the backup was changed, so take another",
        shown(.0)
    )]
    WrongPassphrase(PathBuf),
    /// The passphrase does not open the keys in an archive of the first form.
    #[error(
        "the keys in the backup {} cannot be opened with this passphrase: give the one that it was made with, or \
         --without-keys if the data folder has the keys still",
        shown(.0)
    )]
    WrongKeyPassphrase(PathBuf),
    /// The database in it has rows that refer to what is not there.
    #[error(
        "the database in the backup {} was changed by another program: {}. Restore it without them, with \
         --without-dangling-rows, or take another",
        shown(file),
        dangling_text(rows)
    )]
    Dangling {
        /// The archive.
        file: PathBuf,
        /// The rows.
        rows: Vec<Dangling>,
    },
    /// No key for usernames is to be had.
    #[error(
        "the usernames in the backup {} cannot be read without their key, which is neither in it nor in the data \
         folder: name the key with --username-key",
        shown(.0)
    )]
    NoKey(PathBuf),
    /// The key for usernames is another one.
    #[error("the username key does not fit the backup {}: name the key that it was made with, with --username-key", shown(.0))]
    WrongKey(PathBuf),
    /// The service does not come to life from it.
    #[error("the drill with the backup {} failed: {why}. Make another backup, and try that", shown(file))]
    Drill {
        /// The archive.
        file: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// Somebody ended the drill.
    #[error(
        "the drill with the backup {} was ended: nothing of it is left, and it showed nothing. Run it once more",
        shown(file)
    )]
    DrillEnded {
        /// The archive.
        file: PathBuf,
    },
}

/// What the system says of a file or a folder, and what to do about that.
fn told(cause: &io::Error) -> String {
    match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "its disk is full: delete what is not needed, or use another disk".to_owned()
        }
        ErrorKind::ReadOnlyFilesystem => "its disk can only be read: mount it so that it can be written".to_owned(),
        ErrorKind::PermissionDenied => format!(
            "this user may not ({cause}): run this as the user whom it belongs to, or give this one access to it"
        ),
        ErrorKind::NotFound => "it is not there: is its disk mounted?".to_owned(),
        ErrorKind::NotADirectory => "it is no folder: name one".to_owned(),
        ErrorKind::AlreadyExists => format!("something is in the way ({cause}): look at what is there"),
        _ => format!("{cause}. Look after its disk: `dmesg` tells more"),
    }
}

impl BackupError {
    fn damaged(file: &Path, why: impl ToString) -> Self {
        Self::Damaged { file: file.to_owned(), why: why.to_string() }
    }

    /// An archive cannot be read to its end: the disk says so, or what is on it is no archive.
    fn reading(file: &Path, cause: io::Error) -> Self {
        match cause.raw_os_error() {
            Some(_) => Self::Unreadable { file: file.to_owned(), cause },
            None => Self::damaged(file, "its content is not as it was written, or it is cut off"),
        }
    }

    /// The data folder cannot be held for what is to be put into it.
    fn holding(error: StartError) -> Self {
        match error {
            StartError::FolderInUse(folder) => Self::Running(folder),
            other => other.into(),
        }
    }

    fn place(folder: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |cause| Self::Place { folder: folder.to_owned(), cause }
    }
}
