//! The list of people who were deleted, in the data folder and beside the backups: a backup from before holds them still,
//! and the database that knows of it may be lost. A restore reads the lists, and deletes them again.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{BackupError, place, seal, shelf};
use crate::app::App;
use crate::config::Config;
use crate::operations::StartError;
use crate::operations::files::DATABASE;
use crate::operations::folder::give_to_owner_of;
use crate::operations::keys::username_key_at;
use crate::operations::opening::{self, derive};
use crate::store::Store;

/// What the list is called.
const NAME: &str = "ocariot-users-erasures";
const PARTIAL: &str = ".ocariot-users-erasures.partial";
/// The most bytes of one that is read: ours have less.
const MOST: u64 = 12 << 20;

/// The list in a folder; `None` if there is none that can be read. A link is not followed.
pub(super) fn read(folder: &Path) -> Option<Vec<u8>> {
    let mut list = Vec::new();
    let file = seal::plain_file(&folder.join(NAME)).ok()?;
    file.take(MOST + 1).read_to_end(&mut list).ok()?;
    (list.len() as u64 <= MOST).then_some(list)
}

/// Has the list in a folder be this, on disk when this returns. Whoever calls this holds the folder.
fn write(data: &Path, folder: &Path, list: &[u8]) -> io::Result<()> {
    let partial = folder.join(PARTIAL);
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&partial)?;
    // Memory sticks know no owners.
    let _ = give_to_owner_of(data, &file);
    file.write_all(list)?;
    file.sync_all()?;
    fs::rename(&partial, folder.join(NAME))?;
    File::open(folder)?.sync_all()
}

/// Has the list beside a backup be complete: it names whom the copy knows as deleted, and whom it named before.
///
/// # Errors
/// Why it is not.
pub(super) fn complete(config: &Config, place: &Path, copy: &Path) -> Result<(), BackupError> {
    let key = username_key_at(config, &config.data_dir.join("username.key"))?;
    let key = key.ok_or_else(|| {
        StartError::file("username key", &config.data_dir.join("username.key"), ErrorKind::NotFound.into())
    })?;
    let known = read(place);
    let list = Store::erasure_list(copy, derive(key), known.as_deref().unwrap_or_default());
    let list = list.map_err(|error| opening::refused(error, &config.data_dir.join(DATABASE)))?;
    match list {
        Some(list) if known.as_ref() != Some(&list) => {
            write(&config.data_dir, place, &list).map_err(BackupError::place(place))
        }
        _ => Ok(()),
    }
}

/// The lists that a restore of a file reads: in the data folder, beside the file, and where backups go.
pub(super) fn lists(config: &Config, file: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let beside = file.parent().map_or_else(PathBuf::new, Path::to_owned);
    let mut folders = vec![config.data_dir.clone(), if beside.as_os_str().is_empty() { ".".into() } else { beside }];
    folders.push(place(config));
    folders.dedup();
    folders.into_iter().filter_map(|folder| Some((folder.join(NAME), read(&folder)?))).collect()
}

/// Keeps the lists of a running service complete.
pub(crate) struct ErasureLists {
    config: Config,
    app: Arc<App>,
    /// How far the list in each folder is complete.
    complete: Mutex<Vec<(PathBuf, (u64, i64))>>,
}

impl ErasureLists {
    pub(crate) fn of(config: &Config, app: &Arc<App>) -> Self {
        Self { config: config.clone(), app: Arc::clone(app), complete: Mutex::default() }
    }

    /// Completes them, if somebody was deleted since the last time: that in the data folder, and that where the service
    /// makes backups by itself, unless one is being made, which does the same.
    ///
    /// # Errors
    /// Why one is not complete.
    pub(crate) fn turn(&self) -> Result<(), BackupError> {
        let so_far = self.app.erasures_so_far().map_err(StartError::from)?;
        let data = &self.config.data_dir;
        self.complete(data, so_far)?;
        if self.config.backup.schedule.is_none() || so_far.0 == 0 {
            return Ok(());
        }
        let place = place(&self.config);
        match shelf::hold(&place) {
            Ok(_held) => self.complete(&place, so_far),
            // A disk that is not there misses nothing: its next backup brings the list.
            Err(BackupError::PlaceInUse(_) | BackupError::Place { .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }

    fn complete(&self, folder: &Path, so_far: (u64, i64)) -> Result<(), BackupError> {
        let mut complete = self.complete.lock().unwrap_or_else(PoisonError::into_inner);
        let known = complete.iter().position(|(known, _)| known == folder);
        if so_far.0 == 0 || known.is_some_and(|known| complete[known].1 == so_far) {
            return Ok(());
        }
        let before = read(folder);
        let list = self.app.erasure_list(before.as_deref().unwrap_or_default()).map_err(StartError::from)?;
        if before.as_ref() != Some(&list) {
            write(&self.config.data_dir, folder, &list).map_err(BackupError::place(folder))?;
        }
        complete.retain(|(known, _)| known != folder);
        complete.push((folder.to_owned(), so_far));
        Ok(())
    }
}
