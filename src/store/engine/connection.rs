//! A connection to the database: its file, what it is set to, and the key that fits it.

use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::store::OpenError;
use crate::store::engine::cipher::{Cipher, UsernameKey};

/// Makes the file before SQLite does, so that only its owner may read it; its journals inherit the mode.
pub(in crate::store) fn create_private(path: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

/// What every connection is set to.
pub(in crate::store) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    // Only another program can hold the database for long: then clients hear of it soon.
    connection.busy_timeout(Duration::from_secs(1))?;
    connection.set_prepared_statement_cache_capacity(128);
    // A statement's plan does not depend on what is bound; otherwise some are planned anew whenever they run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // An acknowledged change survives a power cut: every commit is synced.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // An I/O error inside a memory mapping would kill the process.
    connection.pragma_update(None, "mmap_size", 0)?;
    // Sorting by username must not write names to a temporary file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    rusqlite::vtab::array::load_module(connection)
}

/// Makes the cipher, and makes sure that it is the one the database was made with.
pub(in crate::store) fn unlock(
    connection: &Connection,
    key: impl FnOnce(&[u8; 16]) -> Result<UsernameKey, String>,
) -> Result<Arc<Cipher>, OpenError> {
    let (cipher, new_check) = fitting(connection, key)?;
    if let Some(value) = new_check {
        connection.execute("UPDATE store_state SET username_check = ?1", [value])?;
    }
    Ok(cipher)
}

/// The cipher, if it is the one the database was made with; and what is to be written into one that knows none yet.
pub(in crate::store) fn fitting(
    connection: &Connection,
    key: impl FnOnce(&[u8; 16]) -> Result<UsernameKey, String>,
) -> Result<(Arc<Cipher>, Option<Vec<u8>>), OpenError> {
    let (salt, check): ([u8; 16], Option<Vec<u8>>) =
        connection.query_row("SELECT username_salt, username_check FROM store_state", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let cipher = Arc::new(Cipher::new(&key(&salt).map_err(OpenError::NoKey)?));
    let value = cipher.check_value().map_err(|error| OpenError::NoKey(error.to_string()))?;
    match check {
        Some(known) if known != value => Err(OpenError::WrongKey),
        Some(_) => Ok((cipher, None)),
        None => Ok((cipher, Some(value.to_vec()))),
    }
}
