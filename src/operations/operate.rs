//! What operators ask, carried out by the service that runs in the data folder, or without one.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::folder::DataFolder;
use super::opening::open_stopped;
use super::{StartError, control};
use crate::app::{App, OperatorCommand, Outcome, Refusal};
use crate::config::Config;
use crate::model::Clock;

/// Why a command was not carried out. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// The service refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The folder, its keys or its database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
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

/// Whoever carries out what operators ask of a data folder: the service that runs there, so that it takes effect at
/// once, or this process, which holds the folder meanwhile.
pub struct Operator(Way);

enum Way {
    Running(PathBuf),
    Stopped(Box<App>, DataFolder),
}

impl Operator {
    /// Finds out whether a service runs in the data folder, and opens the folder if not. Never makes a folder, a
    /// database or a key.
    ///
    /// # Errors
    /// Why the folder cannot be used.
    pub fn reach(config: &Config, clock: Clock) -> Result<Self, OperateError> {
        let path = &config.data_dir;
        let owner = owned(path)?;
        let folder = match DataFolder::find(path) {
            Ok(Some(folder)) => folder,
            Ok(None) => return Err(OperateError::NoFolder(path.clone())),
            Err(StartError::FolderInUse(_)) => return Ok(Self(Way::Running(path.clone()))),
            Err(other) => return Err(other.into()),
        };
        require_owner(path, owner)?;
        Ok(Self(Way::Stopped(Box::new(open_stopped(config, &folder, clock)?), folder)))
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub async fn operate(&self, command: OperatorCommand) -> Result<Outcome, OperateError> {
        match &self.0 {
            Way::Running(path) => control::ask(path, &command),
            Way::Stopped(_, folder) if command.is_about_running() => {
                Err(OperateError::NotRunning(folder.path().to_owned()))
            }
            Way::Stopped(app, _) => Ok(app.operate(command).await?),
        }
    }
}

/// Carries out one command in a data folder.
///
/// # Errors
/// Why it was not carried out.
pub async fn operate(config: &Config, clock: Clock, command: OperatorCommand) -> Result<Outcome, OperateError> {
    Operator::reach(config, clock)?.operate(command).await
}

/// Whose folder it is, if this process may look into it.
///
/// # Errors
/// `NoFolder` if there is none, `Foreign` if it belongs to another user and this one is not root.
pub(crate) fn owned(path: &Path) -> Result<u32, OperateError> {
    let owner = match std::fs::metadata(path) {
        Ok(found) => found.uid(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(OperateError::NoFolder(path.to_owned())),
        Err(cause) => return Err(StartError::Folder { folder: path.to_owned(), cause }.into()),
    };
    let me = rustix::process::geteuid();
    if owner == me.as_raw() || me.is_root() { Ok(owner) } else { Err(foreign(path, owner)) }
}

/// Files that root makes in the folder of another user could lock the service out of its own database.
///
/// # Errors
/// `Foreign` if the folder belongs to another user.
pub(crate) fn require_owner(path: &Path, owner: u32) -> Result<(), OperateError> {
    if owner == rustix::process::geteuid().as_raw() { Ok(()) } else { Err(foreign(path, owner)) }
}

fn foreign(path: &Path, owner: u32) -> OperateError {
    OperateError::Foreign { folder: path.to_owned(), owner }
}
