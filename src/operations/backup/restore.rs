//! Verifying a backup, and restoring one.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use zeroize::Zeroizing;

use super::entries::Extracted;
use super::keys::KeyFiles;
use super::swap::Staging;
use super::{BackupError, Manifest, archive};
use crate::config::Config;
use crate::model::Clock;
use crate::operations::files::DATABASE;
use crate::operations::folder::DataFolder;
use crate::operations::keys::{FoundUsernameKey, username_key_at};
use crate::operations::opening::derive;
use crate::operations::reach::{owned, require_owner};
use crate::store::{Contents, Counters, Dangling, EarlierTokens, OpenError, Store};

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
    /// They are taken, if there are any that can be opened.
    Taken,
    /// Those of the data folder, or of the settings, go on.
    LeftAlone,
}

/// What becomes of rows that refer to what is not there, which only another program can have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DanglingRows {
    /// A database that has some is not restored.
    Refused,
    /// It is restored without them.
    Removed,
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

/// Whether to restore, or only to see whether it would go well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreMode {
    /// Do all but the exchange.
    DryRun,
    /// Do it.
    Real,
}

/// What a restore did, or would do.
pub struct Restored {
    /// What was found in the backup.
    pub backup: Verified,
    /// What the data folder held before, if that can be read.
    pub before: Option<Contents>,
    /// Where what was there before is kept.
    pub kept: Option<PathBuf>,
}

/// Checks a backup to the last byte: its form, its database, and, with a passphrase, its keys.
///
/// # Errors
/// What is wrong with it, beside rows that refer to what is not there.
pub fn verify(file: &Path, opening: &Opening) -> Result<Verified, BackupError> {
    let work = tempfile::tempdir().map_err(|cause| BackupError::Place { folder: tempfile::env::temp_dir(), cause })?;
    Ok(unpack(file, work.path(), opening)?.0)
}

/// Puts a backup in the place of what the data folder holds, which is kept beside it. Whatever fails, and whenever the
/// machine goes down, the folder holds what it held or what it is to hold.
///
/// # Errors
/// Why nothing was changed.
pub fn restore(
    config: &Config,
    clock: &Clock,
    file: &Path,
    opening: &Opening,
    (mode, tokens, dangling): (RestoreMode, EarlierTokens, DanglingRows),
) -> Result<Restored, BackupError> {
    let data = &config.data_dir;
    if data.exists() {
        require_owner(data, owned(data)?)?;
    }
    let folder = match (DataFolder::find(data)?, mode) {
        (None, RestoreMode::Real) => Some(DataFolder::create(data)?),
        (found, _) => found,
    };
    let (parent, staging) = match &folder {
        Some(_) => (data.clone(), Staging::make(data)),
        None => (tempfile::env::temp_dir(), Staging::make_in(&tempfile::env::temp_dir())),
    };
    let failed = BackupError::place(&parent);
    let staging = staging.map_err(&failed)?;
    let (backup, archived) = unpack(file, &staging.new_files(), opening)?;
    if !backup.dangling.is_empty() {
        remove_dangling(file, &staging.new_files(), &backup.dangling, dangling)?;
    }
    archived.without_those_kept_elsewhere(config).write(&staging.new_files())?;
    let key = username_key_at(config, &staging.new_files().join("username.key"))?;
    let key = match key {
        None => username_key_at(config, &data.join("username.key"))?,
        found => found,
    };
    let key = key.ok_or_else(|| BackupError::NoKey(file.to_owned()))?;
    let (before, counters) = look_at(data, &staging.scratch().map_err(&failed)?).map_err(&failed)?;
    make_ready(file, &staging.new_files(), key, counters, tokens)?;
    let kept = match mode {
        RestoreMode::DryRun => None,
        RestoreMode::Real => {
            let stamp = TimeZone::UTC.to_datetime(clock.now()).strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
            staging.commit(data, &stamp).map_err(&failed)?
        }
    };
    Ok(Restored { backup, before, kept })
}

/// Checks an archive, and extracts its database to a folder. Returns the keys that are to be taken from it, too.
fn unpack(file: &Path, to: &Path, opening: &Opening) -> Result<(Verified, KeyFiles), BackupError> {
    let database = to.join(DATABASE);
    let passphrase = opening.passphrase.as_ref().map(|passphrase| passphrase.as_str());
    let Extracted { manifest, keys, sealed } = archive::extract(file, passphrase, &database)?;
    let contents = Store::inspect(&database).map_err(|error| refused(file, error))?;
    if !manifest.describes(&contents) {
        return Err(BackupError::damaged(file, "its database does not fit the manifest"));
    }
    let verified = Verified { manifest, sealed, keys_opened: !keys.0.is_empty(), dangling: contents.dangling };
    match opening.keys {
        ArchivedKeys::Taken => Ok((verified, keys)),
        ArchivedKeys::LeftAlone => Ok((verified, KeyFiles::default())),
    }
}

fn remove_dangling(file: &Path, new: &Path, rows: &[Dangling], decided: DanglingRows) -> Result<(), BackupError> {
    match decided {
        DanglingRows::Refused => Err(BackupError::Dangling { file: file.to_owned(), rows: rows.to_vec() }),
        DanglingRows::Removed => Store::remove_dangling(&new.join(DATABASE)).map_err(|error| refused(file, error)),
    }
}

fn make_ready(
    file: &Path,
    new: &Path,
    key: FoundUsernameKey,
    beyond: Counters,
    tokens: EarlierTokens,
) -> Result<(), BackupError> {
    let database = new.join(DATABASE);
    Store::make_ready(&database, derive(key), beyond, tokens).map_err(|error| refused(file, error))
}

fn refused(file: &Path, error: OpenError) -> BackupError {
    match error {
        OpenError::WrongKey => BackupError::WrongKey(file.to_owned()),
        other => BackupError::damaged(file, other),
    }
}

/// What the data folder holds now, as far as it can be read. Looks at a copy: opening the database itself would
/// replay its journal.
fn look_at(data: &Path, scratch: &Path) -> std::io::Result<(Option<Contents>, Counters)> {
    let database = data.join(DATABASE);
    if !database.exists() {
        return Ok((None, Counters::default()));
    }
    for name in [DATABASE, "ocariot.db-wal"] {
        if data.join(name).exists() {
            fs::copy(data.join(name), scratch.join(name))?;
        }
    }
    let copy = scratch.join(DATABASE);
    Ok((Store::inspect(&copy).ok(), Store::counters(&copy).unwrap_or_default()))
}
