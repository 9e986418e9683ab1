//! Verifying a backup, and restoring one, or what an earlier restore kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::source::{Source, Unpacked, Verified, refused};
use super::swap::Staging;
use super::token_key::{TokenKey, settle_token_key};
use super::{BackupError, erasures};
use crate::app::RESTORE;
use crate::config::Config;
use crate::model::Clock;
use crate::operations::files::DATABASE;
use crate::operations::folder::DataFolder;
use crate::operations::keys::{FoundUsernameKey, username_key_at};
use crate::operations::opening::derive;
use crate::operations::reach::{owned, require_owner};
use crate::store::{CameBack, Contents, Counters, Dangling, EarlierTokens, ErasedPeople, Store, Succession};

/// What becomes of rows that refer to what is not there, which only another program can have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DanglingRows {
    /// A database that has some is not restored.
    Refused,
    /// It is restored without them.
    Removed,
}

/// Whether to restore, or only to see whether it would go well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreMode {
    /// Do all but the exchange.
    DryRun,
    /// Do it.
    Real,
}

/// How to restore.
#[derive(Debug, Clone, Copy)]
pub struct RestoreOptions {
    /// Whether to.
    pub mode: RestoreMode,
    /// What becomes of tokens from before.
    pub tokens: EarlierTokens,
    /// What becomes of rows that refer to nothing.
    pub dangling: DanglingRows,
    /// What becomes of people who were deleted since.
    pub erased: ErasedPeople,
}

/// What a restore did, or would do.
pub struct Restored {
    /// What was found in the backup; nothing if what an earlier restore kept was taken back.
    pub backup: Option<Verified>,
    /// What the data folder held before, if that can be read.
    pub before: Option<Contents>,
    /// How many rows each table has now.
    pub rows: BTreeMap<String, u64>,
    /// The rows that were left out because they refer to what is not there.
    pub dangling: Vec<Dangling>,
    /// Which key signs tokens.
    pub token_key: TokenKey,
    /// What else came back.
    pub came_back: CameBack,
    /// The lists of people who were deleted that cannot be read: they were changed, or are another service's.
    pub refused_lists: Vec<PathBuf>,
    /// Where what was there before is kept.
    pub kept: Option<PathBuf>,
}

/// Puts a backup, or what an earlier restore kept, in the place of what the data folder holds, which is kept beside it.
/// Whatever fails, and whenever the machine goes down, the folder holds what it held or what it is to hold.
///
/// # Errors
/// Why nothing was changed.
pub fn restore(
    config: &Config,
    clock: &Clock,
    source: &Source<'_>,
    options: RestoreOptions,
) -> Result<Restored, BackupError> {
    let data = &config.data_dir;
    if data.exists() {
        require_owner(data, owned(data)?)?;
    }
    let folder = match (DataFolder::find(data).map_err(BackupError::holding)?, options.mode) {
        (None, RestoreMode::Real) => Some(DataFolder::create(data)?),
        (found, _) => found,
    };
    let (parent, staging) = match &folder {
        Some(_) => (data.clone(), Staging::make(data)),
        None => (tempfile::env::temp_dir(), Staging::make_in(&tempfile::env::temp_dir())),
    };
    let failed = BackupError::place(&parent);
    let staging = staging.map_err(&failed)?;
    let new = staging.new_files();
    let Unpacked { backup, rows, dangling, mut keys } = source.unpack(&new)?;
    if !dangling.is_empty() {
        remove_dangling(source.path(), &new, &dangling, options.dangling)?;
    }
    let Present { contents: before, counters, copy } =
        look_at(data, &staging.scratch().map_err(&failed)?).map_err(&failed)?;
    let database = new.join(DATABASE);
    let refused = |error| refused(source.path(), &new, error);
    let related = Store::is_copy_of(&database, &counters).map_err(refused)?;
    let token_key = settle_token_key(config, &mut keys, (related, &counters), options.tokens)?;
    keys.without_those_kept_elsewhere(config).write(&new)?;
    let key = username_key_in(config, &new)?.ok_or_else(|| BackupError::NoKey(source.path().to_owned()))?;
    let (places, lists): (Vec<_>, _) = erasures::lists(config, source.path()).into_iter().unzip();
    let succession = Succession {
        beyond: counters,
        // What was kept is no earlier state of what came after it.
        present: copy.filter(|_| backup.is_some()),
        tokens: options.tokens,
        erased: options.erased,
        lists,
        recorded: Some((RESTORE, clock.now())),
    };
    let came_back = Store::make_ready(&database, derive(key), succession).map_err(refused)?;
    let refused_lists = came_back.refused_lists.iter().filter_map(|at| places.get(*at).cloned()).collect();
    let kept = match options.mode {
        RestoreMode::DryRun => None,
        RestoreMode::Real => staging.commit(data, clock.now()).map_err(&failed)?,
    };
    Ok(Restored { backup, before, rows, dangling, token_key, came_back, refused_lists, kept })
}

/// The key for usernames that comes with the new files, or the one of the data folder.
fn username_key_in(config: &Config, new: &Path) -> Result<Option<FoundUsernameKey>, BackupError> {
    const NAME: &str = "username.key";
    match username_key_at(config, &new.join(NAME))? {
        None => Ok(username_key_at(config, &config.data_dir.join(NAME))?),
        found => Ok(found),
    }
}

fn remove_dangling(file: &Path, new: &Path, rows: &[Dangling], decided: DanglingRows) -> Result<(), BackupError> {
    match decided {
        DanglingRows::Refused => Err(BackupError::Dangling { file: file.to_owned(), rows: rows.to_vec() }),
        DanglingRows::Removed => Store::remove_dangling(&new.join(DATABASE)).map_err(|error| refused(file, new, error)),
    }
}

/// What the data folder holds now, as far as it can be read.
struct Present {
    contents: Option<Contents>,
    counters: Counters,
    /// Where there is a copy of its database.
    copy: Option<PathBuf>,
}

/// Looks at a copy: opening the database itself would replay its journal.
fn look_at(data: &Path, scratch: &Path) -> std::io::Result<Present> {
    let database = data.join(DATABASE);
    if !database.exists() {
        return Ok(Present { contents: None, counters: Counters::default(), copy: None });
    }
    for name in [DATABASE, "ocariot.db-wal"] {
        if data.join(name).exists() {
            fs::copy(data.join(name), scratch.join(name))?;
        }
    }
    let copy = scratch.join(DATABASE);
    let (contents, counters) = (Store::inspect(&copy).ok(), Store::counters(&copy).unwrap_or_default());
    Ok(Present { contents, counters, copy: Some(copy) })
}
