//! What operators ask, carried out by the service that runs in the data folder, or without one.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::folder::DataFolder;
use super::opening::open_stopped;
use super::{StartError, control};
use crate::app::{OperatorCommand, Outcome, Refusal};
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

/// Carries out a command in the data folder. A service that runs there does it, so that it takes effect at once;
/// otherwise the folder is held meanwhile. Never makes a folder, a database or a key.
///
/// # Errors
/// Why it was not carried out.
pub async fn operate(config: &Config, clock: Clock, command: OperatorCommand) -> Result<Outcome, OperateError> {
    let path = &config.data_dir;
    let me = rustix::process::geteuid();
    let owner = owner(path)?;
    let foreign = || OperateError::Foreign { folder: path.clone(), owner };
    if owner != me.as_raw() && !me.is_root() {
        return Err(foreign());
    }
    let folder = match DataFolder::find(path) {
        Ok(Some(folder)) => folder,
        Ok(None) => return Err(OperateError::NoFolder(path.clone())),
        Err(StartError::FolderInUse(_)) => return control::ask(path, &command),
        Err(other) => return Err(other.into()),
    };
    if owner != me.as_raw() {
        // Files that root makes here could lock the service out of its own database.
        return Err(foreign());
    }
    let app = open_stopped(config, &folder, clock)?;
    Ok(app.operate(command).await?)
}

fn owner(path: &Path) -> Result<u32, OperateError> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.uid()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OperateError::NoFolder(path.to_owned())),
        Err(cause) => Err(StartError::Folder { folder: path.to_owned(), cause }.into()),
    }
}
