//! Making a backup.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread::{Scope, ScopedJoinHandle};

use jiff::Timestamp;
use rustix::fs::{Access, Mode, OFlags};
use zeroize::Zeroizing;

use super::archive::Pack;
use super::copy::Copy;
use super::entries::FORMAT;
use super::keys::KeyFiles;
use super::{BackupError, Manifest, erasures, read_passphrase, seal, shelf};
use crate::config::{BackupSettings, Config};
use crate::model::{Clock, text};
use crate::operations::control;
use crate::operations::files::DATABASE;
use crate::operations::folder::{DataFolder, give_to_owner_of, sync_folder};
use crate::operations::opening::lower_priority;
use crate::operations::reach::{owned, require_owner};
use crate::operations::{OperateError, StartError};
use crate::store::{Dangling, OpenError, SCHEMA_VERSION, Store};

/// Who can read a backup.
pub enum Protection {
    /// Whoever has the passphrase.
    Sealed(Zeroizing<String>),
    /// The same, but the keys are not in it: whoever keeps the backup must keep them too.
    SealedWithoutKeys(Zeroizing<String>),
    /// Anybody. The keys are not in it.
    Readable,
}

impl Protection {
    /// What the settings ask for, with this passphrase.
    ///
    /// # Errors
    /// `WouldBeReadable` without a passphrase, unless the settings say that it may be or the backup stays in the data
    /// folder; `NoPassphrase` if nothing is said of it.
    pub fn of(settings: &BackupSettings, passphrase: Option<Zeroizing<String>>) -> Result<Self, BackupError> {
        match passphrase {
            Some(passphrase) if settings.without_keys => Ok(Self::SealedWithoutKeys(passphrase)),
            Some(passphrase) => Ok(Self::Sealed(passphrase)),
            None if settings.may_be_readable() => Ok(Self::Readable),
            None if settings.without_keys => Err(BackupError::WouldBeReadable),
            None => Err(BackupError::NoPassphrase),
        }
    }

    fn passphrase(&self) -> Option<&str> {
        match self {
            Self::Sealed(passphrase) | Self::SealedWithoutKeys(passphrase) => Some(passphrase),
            Self::Readable => None,
        }
    }
}

/// A backup that was made.
pub struct BackupMade {
    /// Where it is.
    pub path: PathBuf,
    /// How long it is.
    pub bytes: u64,
    /// What is in it.
    pub manifest: Manifest,
    /// Whether it is sealed.
    pub sealed: bool,
    /// What another program did to the database: it is in the backup as it is.
    pub dangling: Vec<Dangling>,
    /// Whether it is on the disk of the data: if that breaks, both are gone.
    pub on_disk_of_data: bool,
    /// Why the list of people who were deleted is not complete beside it, if it is not.
    pub without_erasures: Option<BackupError>,
}

/// Makes a backup of the data folder, whether or not a service runs there. It is whole and on disk when this returns;
/// if this fails, there is none.
///
/// # Errors
/// Why there is none.
pub fn back_up(config: &Config, clock: &Clock, protection: &Protection) -> Result<BackupMade, BackupError> {
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
    back_up_held(config, clock, protection)
}

/// As [`back_up`], of a data folder that this process holds.
///
/// # Errors
/// Why there is none.
pub(crate) fn back_up_held(config: &Config, clock: &Clock, protection: &Protection) -> Result<BackupMade, BackupError> {
    let now = clock.now();
    let place = made_place(config)?;
    // On a thread of its own, so that requests go before it.
    std::thread::scope(|scope| {
        joined(beside(scope, "backup", || {
            lower_priority();
            write(config, &place, (&shelf::name(now, protection.passphrase().is_some()), now), protection)
        })?)
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
    let changed = shelf::changed_at(&database).map_err(BackupError::place(&config.data_dir))?;
    let name = shelf::name_before(SCHEMA_VERSION, changed);
    if place.join(&name).exists() {
        return Ok(());
    }
    let made = write(config, &place, (&name, clock.now()), &Protection::Readable)?;
    shelf::limit_those_before(SCHEMA_VERSION, &made.path)?;
    tracing::info!(file = %made.path.display(), "A backup was made before the database is brought to a newer schema");
    Ok(())
}

fn write(
    config: &Config,
    place: &Path,
    (name, made_at): (&str, Timestamp),
    protection: &Protection,
) -> Result<BackupMade, BackupError> {
    let database = config.data_dir.join(DATABASE);
    if !database.exists() {
        return Err(OperateError::NoDatabase(config.data_dir.clone()).into());
    }
    let _held = shelf::hold(place)?;
    let keys = match protection {
        Protection::Sealed(_) => KeyFiles::collect(config)?,
        Protection::SealedWithoutKeys(_) | Protection::Readable => KeyFiles::default(),
    };
    let copy = Copy::begin(&config.data_dir)?;
    let path = place.join(name);
    // What takes its time goes on side by side: the seal is made while the database is copied, and the copy is looked
    // through while it is packed.
    let packed = std::thread::scope(|scope| {
        let passphrase = protection.passphrase();
        let seal = beside(scope, "backup-key", move || passphrase.map(seal::under).transpose())?;
        let copied = Store::copy(&database, copy.path()).and_then(|()| Store::count(copy.path()));
        let (schema, rows) = copied.map_err(|cause| not_copied(config, cause))?;
        let dangling = beside(scope, "backup-look", || Store::dangling(copy.path()))?;
        let manifest = Manifest {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: text::time_text(made_at),
            schema,
            rows,
            keys: !keys.0.is_empty(),
            sha256: BTreeMap::new(),
        };
        let pack = Pack { manifest: &manifest, keys: &keys, database: copy.content() };
        let (bytes, dangling) = write_file(&config.data_dir, (place, &path), |file| {
            seal::write(file, || joined(seal), |to| pack.write(to)).map_err(BackupError::place(place))?;
            joined(dangling).map_err(|cause| not_copied(config, cause))
        })?;
        Ok::<_, BackupError>((bytes, manifest, dangling))
    });
    let (bytes, manifest, dangling) = packed?;
    let on_disk_of_data = share_disk(place, &config.data_dir);
    let without_erasures = erasures::complete(config, place, copy.path()).err();
    let sealed = protection.passphrase().is_some();
    Ok(BackupMade { path, bytes, manifest, sealed, dangling, on_disk_of_data, without_erasures })
}

/// Why there is no copy of the database.
fn not_copied(config: &Config, cause: OpenError) -> BackupError {
    match cause.disk() {
        Some(cause) => BackupError::Place { folder: config.data_dir.clone(), cause },
        None => BackupError::Copy { database: config.data_dir.join(DATABASE), cause },
    }
}

fn beside<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, StartError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, work);
    thread.map_err(|error| StartError::Internal(error.to_string()))
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Writes a file that appears under its name when it is whole, and belongs to whoever the data belong to. Returns its
/// length, and what `write` does.
fn write_file<T>(
    data: &Path,
    (place, path): (&Path, &Path),
    write: impl FnOnce(&File) -> Result<T, BackupError>,
) -> Result<(u64, T), BackupError> {
    let failed = BackupError::place(place);
    let partial = shelf::partial(path);
    let file = File::options().write(true).create_new(true).mode(0o600).open(&partial).map_err(&failed)?;
    // Memory sticks know no owners.
    let _ = give_to_owner_of(data, &file);
    let appear = || {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&partial, path)?;
        sync_folder(place).and_then(|()| Ok(file.metadata()?.len())).inspect_err(|_| {
            // It might not be there after a power cut, and is not said to be there.
            let _ = fs::remove_file(path);
        })
    };
    let written = write(&file).and_then(|done| Ok((appear().map_err(&failed)?, done)));
    if written.is_err() {
        // What cannot be removed is removed before the next backup.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// Whether two folders are on one file system, as when a disk is not mounted and its mount point is there.
pub(in crate::operations) fn share_disk(one: &Path, other: &Path) -> bool {
    let device = |path: &Path| fs::metadata(path).ok().map(|found| found.dev());
    device(one).is_some() && device(one) == device(other)
}

/// Whether a backup could be made now, as far as can be told without making one.
///
/// # Errors
/// Why not.
pub(super) fn rehearse(config: &Config) -> Result<(), BackupError> {
    let passphrase = config.backup.passphrase_file.as_deref().map(read_passphrase).transpose()?;
    Protection::of(&config.backup, passphrase)?;
    let place = made_place(config)?;
    let failed = BackupError::place(&place);
    fs::read_dir(&place).map_err(&failed)?;
    rustix::fs::access(&place, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| failed(error.into()))?;
    let found = rustix::fs::statvfs(&place).map_err(|error| failed(error.into()))?;
    let needed = fs::metadata(config.data_dir.join(DATABASE)).map_or(0, |found| found.len());
    match found.f_bavail.saturating_mul(found.f_frsize) < needed {
        true => Err(failed(io::ErrorKind::StorageFull.into())),
        false => Ok(()),
    }
}

/// Only the one in the data folder is made: a disk that is not mounted is noticed.
fn made_place(config: &Config) -> Result<PathBuf, BackupError> {
    match &config.backup.dir {
        Some(given) => Ok(given.clone()),
        None => own_place(config),
    }
}

/// A link in its place is not followed: whoever may write to the data folder could have had root make files anywhere.
fn own_place(config: &Config) -> Result<PathBuf, BackupError> {
    let own = config.data_dir.join(shelf::OWN_PLACE);
    let failed = |cause| BackupError::Place { folder: own.clone(), cause };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&own).map_err(failed)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder: File = rustix::fs::open(&own, flags, Mode::empty()).map_err(|error| failed(error.into()))?.into();
    give_to_owner_of(&config.data_dir, &folder).map_err(failed)?;
    Ok(own)
}
