//! Making a backup.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::sealed::KeyFiles;
use super::{BackupError, Manifest, archive, shelf};
use crate::config::Config;
use crate::model::{Clock, text};
use crate::operations::control;
use crate::operations::files::DATABASE;
use crate::operations::folder::DataFolder;
use crate::operations::opening::lower_priority;
use crate::operations::reach::{owned, require_owner};
use crate::operations::{OperateError, StartError};
use crate::store::{SCHEMA_VERSION, Store};

/// The folder for backups in a data folder.
const OWN_PLACE: &str = "backups";

/// What becomes of the keys.
pub enum KeyProtection {
    /// They are in the backup, encrypted under this.
    Passphrase(Zeroizing<String>),
    /// They are not in it: whoever keeps the backup must keep them too.
    LeftOut,
}

/// A backup that was made.
pub struct BackupMade {
    /// Where it is.
    pub path: PathBuf,
    /// How long it is.
    pub bytes: u64,
    /// What is in it.
    pub manifest: Manifest,
}

/// Makes a backup of the data folder, whether or not a service runs there. It is whole and on disk when this returns;
/// if this fails, there is none.
///
/// # Errors
/// Why there is none.
pub fn back_up(config: &Config, clock: &Clock, keys: &KeyProtection) -> Result<BackupMade, BackupError> {
    let path = &config.data_dir;
    let owner = owned(path)?;
    let _held = match DataFolder::find(path) {
        Ok(Some(folder)) => {
            require_owner(path, owner)?;
            Some(folder)
        }
        Ok(None) => return Err(OperateError::NoFolder(path.clone()).into()),
        // A service does not stand in the way, a restore does.
        Err(StartError::FolderInUse(_)) => control::reach(path).map(|()| None)?,
        Err(other) => return Err(other.into()),
    };
    back_up_held(config, clock, keys)
}

/// As [`back_up`], of a data folder that this process holds.
///
/// # Errors
/// Why there is none.
pub(crate) fn back_up_held(config: &Config, clock: &Clock, keys: &KeyProtection) -> Result<BackupMade, BackupError> {
    let now = clock.now();
    let place = made_place(config)?;
    // On a thread of its own, so that requests go before it.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("backup".to_owned());
        let made = thread.spawn_scoped(scope, || {
            lower_priority();
            write(config, &place, (&shelf::name(now), now), keys)
        });
        let made = made.map_err(|error| StartError::Internal(error.to_string()))?;
        made.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Makes a backup in the data folder, without its keys, if the database is to be brought to a newer schema.
///
/// # Errors
/// Why there is none: then the database is not to be touched.
pub(crate) fn back_up_before_upgrade(config: &Config, clock: &Clock) -> Result<(), BackupError> {
    let database = config.data_dir.join(DATABASE);
    // What else is wrong with it, the start finds out.
    if !database.exists() || !Store::examine(&database).is_ok_and(|schema| (1..SCHEMA_VERSION).contains(&schema)) {
        return Ok(());
    }
    let place = own_place(config)?;
    let name = shelf::name_before(SCHEMA_VERSION);
    let made = write(config, &place, (&name, clock.now()), &KeyProtection::LeftOut)?;
    tracing::info!(file = %made.path.display(), "A backup was made before the database is brought to a newer schema");
    Ok(())
}

fn write(
    config: &Config,
    place: &Path,
    (name, made_at): (&str, Timestamp),
    keys: &KeyProtection,
) -> Result<BackupMade, BackupError> {
    let database = config.data_dir.join(DATABASE);
    if !database.exists() {
        return Err(OperateError::NoDatabase(config.data_dir.clone()).into());
    }
    let failed = BackupError::place(place);
    let _held = shelf::hold(place)?;
    let work = tempfile::Builder::new().prefix(shelf::WORK).tempdir_in(place).map_err(&failed)?;
    let copy = work.path().join(DATABASE);
    let sealed = match keys {
        KeyProtection::Passphrase(passphrase) => {
            Some(KeyFiles::collect(config)?.seal(passphrase).map_err(BackupError::Encryption)?)
        }
        KeyProtection::LeftOut => None,
    };
    let copied = Store::copy(&database, &copy).and_then(|()| Store::inspect(&copy));
    let contents = copied.map_err(|cause| BackupError::Copy { database, cause })?;
    let mut sha256 = BTreeMap::new();
    sha256.insert(DATABASE.to_owned(), archive::sha256(File::open(&copy).map_err(&failed)?).map_err(&failed)?);
    if let Some(sealed) = &sealed {
        sha256.insert(archive::KEYS.to_owned(), archive::sha256(sealed.as_slice()).map_err(&failed)?);
    }
    let manifest = Manifest {
        format: archive::FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: text::time_text(made_at),
        schema: contents.schema,
        rows: contents.rows,
        keys: sealed.is_some(),
        sha256,
    };
    let mut file = tempfile::NamedTempFile::new_in(work.path()).map_err(&failed)?;
    archive::write(file.as_file_mut(), &manifest, &copy, sealed.as_deref()).map_err(&failed)?;
    let path = place.join(name);
    let file = file.persist(&path).map_err(|error| failed(error.error))?;
    let bytes = file.metadata().map_err(&failed)?.len();
    File::open(place).and_then(|folder| folder.sync_all()).map_err(&failed)?;
    Ok(BackupMade { path, bytes, manifest })
}

/// Where the settings say that backups go; without, into a folder in the data folder.
#[must_use]
pub fn place(config: &Config) -> PathBuf {
    config.backup.dir.clone().unwrap_or_else(|| config.data_dir.join(OWN_PLACE))
}

/// Only the one in the data folder is made: a disk that is not mounted is noticed.
fn made_place(config: &Config) -> Result<PathBuf, BackupError> {
    match &config.backup.dir {
        Some(given) => Ok(given.clone()),
        None => own_place(config),
    }
}

fn own_place(config: &Config) -> Result<PathBuf, BackupError> {
    let own = config.data_dir.join(OWN_PLACE);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&own).map_err(BackupError::place(&own))?;
    Ok(own)
}
