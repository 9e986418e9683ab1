//! From a data folder to the service's data and decisions, with or without connections.

use std::path::Path;

use super::folder::DataFolder;
use super::keys::{FoundTokenKey, FoundUsernameKey, token_key, username_key};
use super::remedy::{Denial, Remedy, denied, files_of};
use super::{OperateError, StartError, backup};
use crate::app::{
    App, AppOptions, AuditedReads, ClockTrust, EducatorsReset, HashOptions, InForce, KeyCare, Rate, RateLimits,
    SelfAffiliation, TokenOptions, WearableOptions, derive_key,
};
use crate::config::{self, Config, RateSettings};
use crate::model::Clock;
use crate::store::{OpenError, SCHEMA_VERSION, ScanOptions, Store, StoreOptions, UsernameKey};

const DATABASE_FILE: &str = "database";

/// Opens what a data folder holds, without serving it. Makes nothing that is not there.
///
/// # Errors
/// If there is no database, or it, or a key, cannot be used as it is.
pub(crate) fn open_stopped(config: &Config, folder: &DataFolder, clock: Clock) -> Result<App, OperateError> {
    let database = folder.database();
    if !database.exists() {
        return Err(OperateError::NoDatabase(folder.path().to_owned()));
    }
    let found = Store::examine(&database).map_err(|error| refused(error, &database))?;
    if found < SCHEMA_VERSION {
        return Err(OperateError::Outdated { database, found });
    }
    // A key for tokens that is missing is made by the next start; until then nothing is signed.
    let mut unwritten = Vec::new();
    let username_key = username_key(config, folder, &mut unwritten)?;
    let mut token_key = token_key(config, folder, &mut unwritten)?;
    if token_key.made {
        token_key.care = KeyCare::Missing;
    }
    let store = open_store(config, folder, username_key, &clock, || Ok(()))?;
    // What is outside is asked by a running service alone.
    Ok(start_app(config, store, token_key, WearableOptions::default(), clock)?)
}

/// Opens the database. A new one is made after the missing files, so that there is never one without its key; one
/// that is there is opened before them, so that a wrong key changes nothing.
pub(crate) fn open_store(
    config: &Config,
    folder: &DataFolder,
    key: FoundUsernameKey,
    clock: &Clock,
    make_missing: impl FnOnce() -> Result<(), StartError>,
) -> Result<Store, StartError> {
    let database = folder.database();
    let present = database.exists();
    if present {
        Store::examine(&database).map_err(|error| refused(error, &database))?;
    }
    folder.claim()?;
    let cores = cores();
    let scans =
        ScanOptions { running: cores, answer_bytes: config.limits.answer_budget, on_thread_start: lower_priority };
    let options = StoreOptions { path: database.clone(), scans, readers: cores + 2, clock: clock.clone() };
    let open = || Store::open(options, derive(key)).map_err(|error| refused(error, &database));
    if present {
        let store = open()?;
        make_missing()?;
        return Ok(store);
    }
    make_missing()?;
    open()
}

/// The key itself, for a database's salt.
pub(crate) fn derive(found: FoundUsernameKey) -> impl FnOnce(&[u8; 16]) -> Result<UsernameKey, String> {
    |salt| match found {
        FoundUsernameKey::Key(key) => Ok(key),
        FoundUsernameKey::Passphrase(passphrase) => {
            derive_key(passphrase.as_bytes(), salt).map_err(|error| error.to_string())
        }
    }
}

/// Why a database cannot be opened, by what is the matter with its files.
pub(crate) fn refused(error: OpenError, database: &Path) -> StartError {
    let remedy = if error.is_damage() { Remedy::restore_for(database) } else { Remedy::Disk };
    let denied = denied(&files_of(database)).cloned();
    let (path, database) = (database, database.to_owned());
    match error {
        OpenError::FromTheFuture { found, known } => StartError::FromTheFuture { database, found, known },
        OpenError::WrongKey => StartError::WrongUsernameKey { remedy: Remedy::restore_for(path).into(), database },
        OpenError::File(cause) => StartError::file(DATABASE_FILE, path, cause),
        other => match denied {
            Some(path) => StartError::Denied { what: DATABASE_FILE, denial: Denial::of(&path), path },
            None => StartError::Database { database, cause: other.to_string(), remedy: remedy.into() },
        },
    }
}

/// Starts what decides, on an open store.
pub(crate) fn start_app(
    config: &Config,
    store: Store,
    token_key: FoundTokenKey,
    wearables: WearableOptions,
    clock: Clock,
) -> Result<App, StartError> {
    let public_key_file = token_key.public_file.map(|path| std::path::absolute(&path).unwrap_or(path));
    let options = AppOptions {
        uploads: config.data_dir.clone(),
        wearable_bytes: config.limits.wearables,
        tokens: TokenOptions {
            private_key: token_key.private,
            key_care: token_key.care,
            public_key_file: public_key_file.map(|path| path.display().to_string()),
            issuer: config.issuer.clone(),
            lifetime: config.token_ttl,
        },
        hashing: HashOptions {
            memory: config.hashing.memory,
            iterations: config.hashing.iterations,
            parallelism: 1,
            threads: config.hashing.threads.unwrap_or_else(cores),
            queue: config.hashing.queue,
            on_thread_start: lower_priority,
        },
        password_min_length: config.password_min_length,
        self_affiliation: match config.self_affiliation {
            true => SelfAffiliation::Allowed,
            false => SelfAffiliation::Refused,
        },
        educators_reset: match config.educators_reset {
            true => EducatorsReset::Allowed,
            false => EducatorsReset::Refused,
        },
        keep_tracking: config.keep_tracking,
        audit_keep: config.audit_keep,
        audit_bytes: config.audit_size,
        audited_reads: match config.audit_reads {
            true => AuditedReads::SingleChildren,
            false => AuditedReads::None,
        },
        wearables,
        backups: backup::shelf_of(config, &clock),
        in_force: InForce {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            settings: config.in_force.clone(),
            sources: config.sources.clone(),
        },
        rate_limits: config.rate_limits.map(rate_limits),
        trusted_proxies: config.trusted_proxies.clone(),
        clock,
        clock_trust: match config.trust_clock {
            true => ClockTrust::Blind,
            false => ClockTrust::Checked,
        },
    };
    App::start(store, options).map_err(|error| StartError::Internal(error.to_string()))
}

fn rate_limits(given: RateSettings) -> RateLimits {
    let rate = |given: config::GivenRate| Rate { count: given.count, period: given.period };
    RateLimits {
        address: rate(given.address),
        token: rate(given.token),
        logins: rate(given.logins),
        account: rate(given.account),
    }
}

/// How many threads run at the same time on this machine.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Lets everything else go before what the calling thread does: on Linux this is about that thread alone.
pub(crate) fn lower_priority() {
    if let Err(error) = rustix::process::nice(19) {
        tracing::warn!(%error, "What should let requests go first runs at their priority");
    }
}
