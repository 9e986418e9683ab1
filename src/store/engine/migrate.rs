//! The schema's versions: numbered files, applied in order, each in one transaction, never changed once released.

use rusqlite::Connection;

use crate::store::OpenError;

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_audit.sql"),
    include_str!("../migrations/0003_revocation_floor.sql"),
    include_str!("../migrations/0004_token_keys.sql"),
    include_str!("../migrations/0005_names_by_role.sql"),
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

/// Brings the schema from `version` to this program's.
pub(in crate::store) fn migrate(connection: &mut Connection, version: usize) -> Result<(), OpenError> {
    apply(connection, version, SCHEMA_VERSION)
}

/// An empty database in memory with the schema of a version, to compare with.
pub(in crate::store) fn empty(version: usize) -> Result<Connection, OpenError> {
    let mut connection = Connection::open_in_memory()?;
    apply(&mut connection, 0, version)?;
    Ok(connection)
}

fn apply(connection: &mut Connection, from: usize, to: usize) -> Result<(), OpenError> {
    for (index, migration) in MIGRATIONS.iter().enumerate().take(to).skip(from) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", index + 1)?;
        transaction.commit()?;
        tracing::debug!(version = index + 1, "A database was brought to a newer schema");
    }
    Ok(())
}
