//! The schema's versions: numbered files, applied in order, each in one transaction, never changed once released.

use std::error::Error;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::cipher::Cipher;
use crate::store::OpenError;

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_audit.sql"),
    include_str!("../migrations/0003_revocation_floor.sql"),
    include_str!("../migrations/0004_token_keys.sql"),
    include_str!("../migrations/0005_names_by_role.sql"),
    include_str!("../migrations/0006_composed_names.sql"),
    include_str!("../migrations/0007_tracking.sql"),
    include_str!("../migrations/0008_newest_instant.sql"),
    include_str!("../migrations/0009_retention.sql"),
    include_str!("../migrations/0010_rosters.sql"),
    include_str!("../migrations/0011_erasures.sql"),
    include_str!("../migrations/0012_wearables.sql"),
    include_str!("../migrations/0013_leavers.sql"),
    include_str!("../migrations/0014_orphans.sql"),
    include_str!("../migrations/0015_wearable_imports.sql"),
    include_str!("../migrations/0016_wearable_accounts.sql"),
];

/// Marks a SQLite file as ours ("OCUS").
const APPLICATION_ID: i32 = 0x4f43_5553;

/// The version that this program writes.
pub const SCHEMA_VERSION: usize = MIGRATIONS.len();

/// The version of the database's schema; 0 for one that is still empty. Changes nothing.
pub(in crate::store) fn version(connection: &Connection) -> Result<usize, OpenError> {
    let version: usize = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: usize = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (version > 0 || tables > 0) {
        return Err(OpenError::NotOurs);
    }
    if version > SCHEMA_VERSION {
        return Err(OpenError::FromTheFuture { found: version, known: SCHEMA_VERSION });
    }
    Ok(version)
}

/// Brings the schema from `version` to this program's. `cipher` reads the names that there are.
pub(in crate::store) fn migrate(
    connection: &mut Connection,
    version: usize,
    cipher: &Arc<Cipher>,
) -> Result<(), OpenError> {
    let cipher = Arc::clone(cipher);
    add_composing(connection, move |name| match cipher.decrypt(name) {
        Ok(read) => Ok(cipher.encrypt(&read.composed())?),
        // One damaged row must not keep all the others from being served.
        Err(_) => Ok(name.to_vec()),
    })?;
    apply(connection, version, SCHEMA_VERSION)
}

/// As [`migrate`], of a copy that nobody reads names in: they stay as they are.
pub(in crate::store) fn migrate_all_but_names(connection: &mut Connection, version: usize) -> Result<(), OpenError> {
    add_composing(connection, |name| Ok(name.to_vec()))?;
    apply(connection, version, SCHEMA_VERSION)
}

/// Makes an empty database's schema that of this program.
pub(in crate::store) fn create(connection: &mut Connection) -> Result<(), OpenError> {
    apply_without_names(connection, SCHEMA_VERSION)
}

/// An empty database in memory with the schema of a version, to compare with.
pub(in crate::store) fn empty(version: usize) -> Result<Connection, OpenError> {
    let mut connection = Connection::open_in_memory()?;
    apply_without_names(&mut connection, version)?;
    Ok(connection)
}

fn apply_without_names(connection: &mut Connection, version: usize) -> Result<(), OpenError> {
    add_composing(connection, |_| Err("an empty database has no names".into()))?;
    apply(connection, 0, version)
}

/// Adds `username_composed`, for migrations.
fn add_composing(
    connection: &Connection,
    compose: impl Fn(&[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> + Send + 'static,
) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("username_composed", 1, flags, move |context| {
        compose(context.get_raw(0).as_blob()?).map_err(rusqlite::Error::UserFunctionError)
    })
}

fn apply(connection: &mut Connection, from: usize, to: usize) -> Result<(), OpenError> {
    let enforced: bool = connection.pragma_query_value(None, "foreign_keys", |row| row.get(0))?;
    // Otherwise whatever refers to a table goes with it when another one takes its place.
    connection.pragma_update(None, "foreign_keys", false)?;
    for (index, migration) in MIGRATIONS.iter().enumerate().take(to).skip(from) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", index + 1)?;
        transaction.commit()?;
        tracing::debug!(version = index + 1, "A database was brought to a newer schema");
    }
    connection.pragma_update(None, "foreign_keys", enforced)?;
    Ok(())
}
