//! Why a start, or what an operator asks, is refused. Each sentence names the thing and the remedy.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::remedy::{Denial, Remedy, quoted};
use crate::app::Refusal;
use crate::model::Error;

/// Why a start is refused. Nothing on disk was changed then.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process holds the data folder.
    #[error(
        "the data folder {} is in use by another ocariot-users: stop that one, or give this one a folder of its own \
         with --data-dir",
        .0.display()
    )]
    FolderInUse(PathBuf),
    /// A file is where the data folder should be.
    #[error("the data folder {} is no folder: name another with --data-dir", .0.display())]
    NoFolder(PathBuf),
    /// The data folder cannot be made or written.
    #[error("the data folder {} cannot be used ({cause}): make it writable for this user, or choose another with --data-dir", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A file cannot be read or written.
    #[error("the {what} {} cannot be used ({cause}): mend that", path.display())]
    File {
        /// What the file is.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A setting names a file that is not there.
    #[error("the {what} {} is not there: put it there, or name another file", path.display())]
    Absent {
        /// What the file is.
        what: &'static str,
        /// Where it should be.
        path: PathBuf,
    },
    /// This user may not use a file.
    #[error("the {what} {} may not be used by this user: {denial}", path.display())]
    Denied {
        /// What the file is.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What keeps the user from it.
        denial: Denial,
    },
    /// A file of secrets can be read by others.
    #[error("the {what} {} can be read by others: run `chmod 600 {}`", path.display(), quoted(path))]
    Exposed {
        /// What the file is.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
    },
    /// A file is not what it should be.
    #[error("the {what} {} is not {expected}: {remedy}", path.display())]
    NotWhatItIs {
        /// What the file should be.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What helps.
        remedy: Box<Remedy>,
    },
    /// Two files do not belong together.
    #[error("the {one} {} does not fit the {other} {}: {remedy}", one_path.display(), other_path.display())]
    Misfit {
        /// What the first is.
        one: &'static str,
        /// Where it is.
        one_path: PathBuf,
        /// What the second is.
        other: &'static str,
        /// Where it is.
        other_path: PathBuf,
        /// What helps.
        remedy: Box<Remedy>,
    },
    /// There is a database, and not the key that it was made with.
    #[error(
        "the username key {} is missing, and without it the usernames in {} cannot be read: put it back, or {remedy}",
        key.display(), database.display()
    )]
    KeyMissing {
        /// Where the key should be.
        key: PathBuf,
        /// The database that needs it.
        database: PathBuf,
        /// What helps.
        remedy: Box<Remedy>,
    },
    /// The key for usernames is another one than the database was made with.
    #[error("the username key does not fit the database {}: start with the key that it was made with, or {remedy}", database.display())]
    WrongUsernameKey {
        /// The database.
        database: PathBuf,
        /// What helps.
        remedy: Box<Remedy>,
    },
    /// The database was made by a newer program.
    #[error(
        "the database {} has schema {found}, and this program knows schemas up to {known}: start a newer \
         ocariot-users, or restore a backup made by this version",
        database.display()
    )]
    FromTheFuture {
        /// The database.
        database: PathBuf,
        /// Its schema.
        found: usize,
        /// The newest known.
        known: usize,
    },
    /// The thread that writes to the database has ended.
    #[error(
        "the thread that writes to the database has ended, which is a fault of the program: the log says where. What \
         was acknowledged is on disk. Start the service again, or let its supervisor do so"
    )]
    WriterEnded,
    /// The disk did not let the database be closed.
    #[error(
        "the service ended without closing its database, because the disk does not answer. What was acknowledged is on \
         the disk: look after it (`dmesg` tells more), then start the service again"
    )]
    NotClosed,
    /// The database cannot be used for another reason.
    #[error("the database {} cannot be used ({cause}): {remedy}", database.display())]
    Database {
        /// The database.
        database: PathBuf,
        /// Why.
        cause: String,
        /// What helps.
        remedy: Box<Remedy>,
    },
    /// The backup before an upgrade was not made.
    #[error("the database is to be brought to a newer schema, and the backup before that failed: {0}")]
    NoUpgrade(String),
    /// A port is taken.
    #[error("{address} is in use by another program: stop that one, or choose another port with {flag}")]
    PortInUse {
        /// Where to listen.
        address: SocketAddr,
        /// The setting.
        flag: &'static str,
    },
    /// It is not possible to listen there.
    #[error(
        "{address} cannot be listened on ({cause}): choose another address with --bind or another port with {flag}"
    )]
    Listen {
        /// Where to listen.
        address: SocketAddr,
        /// What the system says.
        cause: io::Error,
        /// The setting.
        flag: &'static str,
    },
    /// The first administrator cannot have this name or password.
    #[error("--{0}")]
    Admin(String),
    /// The service that children's wearables are synced with cannot be asked at its address.
    #[error("--{flag}: {cause}")]
    Wearable {
        /// The setting.
        flag: &'static str,
        /// Why, and what to do.
        cause: String,
    },
    /// A fault that has no remedy of its own.
    #[error("the service cannot start: {0}")]
    Internal(String),
}

impl From<Error> for StartError {
    fn from(error: Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl StartError {
    /// Why a file cannot be read or written, by what the system says.
    pub(crate) fn file(what: &'static str, path: &Path, cause: io::Error) -> Self {
        let path = path.to_owned();
        match cause.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied { what, denial: Denial::of(&path), path },
            io::ErrorKind::NotFound => Self::Absent { what, path },
            _ => Self::File { what, path, cause },
        }
    }

    pub(crate) fn not(what: &'static str, path: &Path, expected: &'static str) -> Self {
        Self::NotWhatItIs { what, path: path.to_owned(), expected, remedy: Remedy::Replace(path.to_owned()).into() }
    }

    /// The same, with what helps here.
    pub(crate) fn helped_by(mut self, helps: Remedy) -> Self {
        match &mut self {
            Self::NotWhatItIs { remedy, .. }
            | Self::Misfit { remedy, .. }
            | Self::KeyMissing { remedy, .. }
            | Self::WrongUsernameKey { remedy, .. }
            | Self::Database { remedy, .. } => **remedy = helps,
            _ => {}
        }
        self
    }

    /// What helps, if that is one thing to do.
    pub(crate) fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::NotWhatItIs { remedy, .. }
            | Self::Misfit { remedy, .. }
            | Self::KeyMissing { remedy, .. }
            | Self::WrongUsernameKey { remedy, .. }
            | Self::Database { remedy, .. } => Some(Remedy::clone(remedy)),
            Self::Denied { denial, .. } => Some(Remedy::Allow(denial.clone())),
            Self::Exposed { path, .. } => Some(Remedy::Close(path.clone())),
            Self::Absent { path, .. } => Some(Remedy::Replace(path.clone())),
            _ => None,
        }
    }
}

/// Why a command was not carried out. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// The service refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The folder, its keys or its database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// What is exported cannot be put where it should go.
    #[error("what is exported cannot be written ({0}): make room, or name another file with --to")]
    Unwritten(std::io::Error),
    /// What is exported did not come whole.
    #[error("what is exported was cut off, and what was written of it is not whole: try again")]
    CutOff,
    /// It is about what a running service alone has.
    #[error(
        "no service runs in the data folder {}: rate limits live only in a running service, so nobody is limited",
        .0.display()
    )]
    NotRunning(PathBuf),
    /// There is no such folder.
    #[error("there is no data folder {}: name the one of the service with --data-dir", .0.display())]
    NoFolder(PathBuf),
    /// The folder holds no database.
    #[error(
        "the data folder {} holds no database: name the one of the service with --data-dir, or make one with \
         `ocariot-users serve`",
        .0.display()
    )]
    NoDatabase(PathBuf),
    /// The folder is another user's.
    #[error(
        "the data folder {} belongs to the user with the number {owner}: run this as that user, with \
         `sudo -u '#{owner}'`",
        folder.display()
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// The database waits for a migration.
    #[error(
        "the database {} has schema {found}, which is older than this program's: start `ocariot-users serve` once, \
         which brings it up to date",
        database.display()
    )]
    Outdated {
        /// The database.
        database: PathBuf,
        /// Its schema.
        found: usize,
    },
    /// The service that holds the folder does not answer.
    #[error(
        "the service that holds the data folder {} cannot be asked ({cause}): it may be starting or stopping, so try \
         again; if that does not help, stop it and repeat this",
        folder.display()
    )]
    Unreachable {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}
