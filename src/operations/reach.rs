//! What operators ask, carried out by the service that runs in the data folder, or without one.

use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::control::{self, Exporter};
use super::folder::DataFolder;
use super::opening::open_stopped;
use super::{OperateError, StartError};
use crate::app::{AnswerBody, App, InForce, OperatorCommand, Outcome, UserName};
use crate::config::Config;
use crate::model::Clock;

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

    /// Writes what is stored about a child, as one line.
    ///
    /// # Errors
    /// Why not, or not all of it.
    pub async fn export(&self, child: UserName, exporter: Exporter, out: &mut dyn Write) -> Result<(), OperateError> {
        let app = match &self.0 {
            Way::Running(path) => return control::export(path, &child, out),
            Way::Stopped(app, _) => app,
        };
        match exporter(app, child).await?.body {
            AnswerBody::Whole(bytes) => out.write_all(&bytes).map_err(OperateError::Unwritten)?,
            AnswerBody::Chunks(mut chunks) => {
                while let Some(part) = chunks.next().await {
                    let part = part.map_err(|_| OperateError::CutOff)?;
                    out.write_all(&part).map_err(OperateError::Unwritten)?;
                }
            }
        }
        out.write_all(b"\n").map_err(OperateError::Unwritten)
    }
}

/// Carries out one command in a data folder.
///
/// # Errors
/// Why it was not carried out.
pub async fn operate(config: &Config, clock: Clock, command: OperatorCommand) -> Result<Outcome, OperateError> {
    Operator::reach(config, clock)?.operate(command).await
}

/// With which settings the service runs that holds the folder; `None` if none does.
///
/// # Errors
/// `Unreachable` if one does, or may, and cannot be asked.
pub fn in_force(folder: &Path) -> Result<Option<InForce>, OperateError> {
    use io::ErrorKind::{ConnectionRefused, NotADirectory, NotFound};
    match control::ask_settings(folder) {
        Ok(in_force) => Ok(Some(in_force)),
        Err(OperateError::Unreachable { cause, .. })
            if matches!(cause.kind(), ConnectionRefused | NotADirectory | NotFound) =>
        {
            Ok(None)
        }
        Err(other) => Err(other),
    }
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
