//! Copies of the database: made while it is in use, looked at, and made ready to take its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, ffi, params};

use crate::store::engine::connection::unlock;
use crate::store::engine::journal::Journal;
use crate::store::engine::migrate;
use crate::store::{OpenError, Store, UsernameKey};

/// What a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The version of its schema.
    pub schema: usize,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
    /// Rows that refer to what is not there: only another program can have made them.
    pub dangling: Vec<Dangling>,
}

/// Rows of a table that refer to rows of another which are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangling {
    /// Their table.
    pub table: String,
    /// The table that they refer to.
    pub parent: String,
    /// How many they are.
    pub rows: u64,
}

/// How far a database has counted. What takes its place must not give out the same ids and tokens once more.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    last_id: i64,
    last_token: i64,
    last_token_expiry: i64,
    newest_instant: i64,
    /// The keys that its valid tokens are verified with.
    keys: Vec<KeyColumns>,
    revoked_through: i64,
    revocations: Vec<RevocationColumns>,
}

/// How far numbers of tokens leap at least, and less than how much further by chance: 71 years in microseconds, a power
/// of two. There is room for two thousand such leaps.
const LEAP: i64 = 1 << 51;
/// More tables than refer to each other in a row.
const DEEPEST: usize = 32;

/// The columns of `token_key`.
type KeyColumns = (String, String, String, i64, i64);
/// The columns of `revocation`.
type RevocationColumns = ([u8; 12], i64, Option<i64>, i64);

/// What becomes of tokens that were issued before a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierTokens {
    /// They are refused.
    Revoked,
    /// They go on, except those that the one or the other database refuses.
    Kept,
}

impl Store {
    /// Where the journal of a database is, if it has one.
    #[must_use]
    pub fn journal(database: &Path) -> PathBuf {
        Journal::path(database)
    }

    /// Copies one state of a database, which may be in use, to an empty file, page by page. Writers go on meanwhile.
    ///
    /// # Errors
    /// If the file is not ours, or cannot be read; or the copy cannot be written.
    pub fn copy(database: &Path, copy: &Path) -> Result<(), OpenError> {
        let source = existing(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        migrate::version(&source)?;
        let mut target = existing(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Nobody needs it after a power cut.
        target.pragma_update(None, "journal_mode", "OFF")?;
        target.pragma_update(None, "synchronous", "OFF")?;
        match Backup::new(&source, &mut target)?.step(-1)? {
            StepResult::Done => {}
            _ => return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None).into()),
        }
        // One file, without a journal, whoever opens it.
        target.pragma_update(None, "journal_mode", "DELETE")?;
        target.close().map_err(|(_, error)| error.into())
    }

    /// What a copy holds. Says nothing about its pages.
    ///
    /// # Errors
    /// If the file is not ours, is newer than this program, or cannot be read.
    pub fn contents(copy: &Path) -> Result<Contents, OpenError> {
        contents(&existing(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
    }

    /// Looks through every page of a copy, and at what it holds. Changes nothing.
    ///
    /// # Errors
    /// If the file is not ours, is newer than this program, is damaged, or has tables or triggers that are not ours.
    pub fn inspect(copy: &Path) -> Result<Contents, OpenError> {
        let connection = existing(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let schema = migrate::version(&connection)?;
        let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            return Err(OpenError::Damaged(found));
        }
        if objects(&connection)? != objects(&migrate::empty(schema)?)? {
            return Err(OpenError::Damaged("its tables are not those of its schema".to_owned()));
        }
        contents(&connection)
    }

    /// Removes from a copy the rows that refer to what is not there, as if that had been there and was deleted: what
    /// would have gone with it goes, what would have lost it has none.
    ///
    /// # Errors
    /// If the copy cannot be written, or some are left.
    pub fn remove_dangling(copy: &Path) -> Result<(), OpenError> {
        let mut connection = existing(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let transaction = connection.transaction()?;
        // What goes may have been referred to itself.
        for _ in 0..DEEPEST {
            let references = dangling_references(&transaction)?;
            if references.is_empty() {
                return Ok(transaction.commit()?);
            }
            for reference in references {
                transaction.execute(&reference.removal(), [])?;
            }
        }
        Err(OpenError::Damaged("rows refer to what is not there, and cannot be removed".to_owned()))
    }

    /// How far the database has counted that this is a copy of, to be thrown away: its schema is brought up to date, its
    /// names are not.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn counters(copy: &Path) -> Result<Counters, OpenError> {
        let mut connection = existing(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let version = migrate::version(&connection)?;
        migrate::migrate_all_but_names(&mut connection, version)?;
        let (keys, revocations) = (keys(&connection)?, revocations(&connection)?);
        let sql = "SELECT last_id, last_token, last_token_expiry, newest_instant, revoked_through FROM store_state";
        Ok(connection.query_row(sql, [], |row| {
            Ok(Counters {
                last_id: row.get(0)?,
                last_token: row.get(1)?,
                last_token_expiry: row.get(2)?,
                newest_instant: row.get(3)?,
                revoked_through: row.get(4)?,
                keys,
                revocations,
            })
        })?)
    }

    /// Makes a copy ready to take a database's place: brings its schema up to date, and its counters beyond those of
    /// the database. The copy is one file afterwards, without a journal.
    ///
    /// The database may be lost, and have given out more than the copy knows; nor does any clock tell how much. So the
    /// numbers of tokens leap: beyond all that were given out in `LEAP` microseconds, and to where no other restore
    /// leapt.
    ///
    /// # Errors
    /// If the key is not the copy's, or the copy cannot be written.
    pub fn make_ready(
        copy: &Path,
        key: impl FnOnce(&[u8; 16]) -> Result<UsernameKey, String>,
        beyond: Counters,
        tokens: EarlierTokens,
    ) -> Result<(), OpenError> {
        let mut connection = existing(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let version = migrate::version(&connection)?;
        let cipher = unlock(&connection, key)?;
        migrate::migrate(&mut connection, version, &cipher)?;
        connection.execute(
            "UPDATE store_state SET last_id = max(last_id, ?1),
             last_token = max(last_token, ?2) + ?5 + (random() & (?5 - 1)),
             last_token_expiry = max(last_token_expiry, ?3), newest_instant = max(newest_instant, ?4)",
            params![beyond.last_id, beyond.last_token, beyond.last_token_expiry, beyond.newest_instant, LEAP],
        )?;
        match tokens {
            EarlierTokens::Revoked => {
                connection.execute("UPDATE store_state SET revoked_through = last_token", [])?;
            }
            EarlierTokens::Kept => {
                for key in beyond.keys {
                    connection.execute("INSERT OR IGNORE INTO token_key VALUES (?1, ?2, ?3, ?4, ?5)", key)?;
                }
                let sql = "UPDATE store_state SET revoked_through = max(revoked_through, ?1)";
                connection.execute(sql, [beyond.revoked_through])?;
                for revocation in beyond.revocations {
                    connection.execute(
                        "INSERT INTO revocation (account_id, through_token, spared_token, expires_at)
                         VALUES (?1, ?2, ?3, ?4) ON CONFLICT (account_id) DO UPDATE
                         SET through_token = excluded.through_token, spared_token = excluded.spared_token,
                         expires_at = excluded.expires_at WHERE excluded.through_token > through_token",
                        revocation,
                    )?;
                }
            }
        }
        connection.pragma_update(None, "journal_mode", "DELETE")?;
        connection.close().map_err(|(_, error)| error.into())
    }
}

/// The keys for tokens, with an end for the one that signs, too.
fn keys(connection: &Connection) -> rusqlite::Result<Vec<KeyColumns>> {
    let sql = "SELECT kid, modulus, exponent, since, coalesce(accepted_until, last_token_expiry)
               FROM token_key CROSS JOIN store_state";
    let mut statement = connection.prepare(sql)?;
    let keys = statement.query_map([], |row| row.try_into())?;
    keys.collect()
}

fn revocations(connection: &Connection) -> rusqlite::Result<Vec<RevocationColumns>> {
    let sql = "SELECT account_id, through_token, spared_token, expires_at FROM revocation";
    let mut statement = connection.prepare(sql)?;
    let revocations = statement.query_map([], |row| row.try_into())?;
    revocations.collect()
}

fn contents(connection: &Connection) -> Result<Contents, OpenError> {
    let schema = migrate::version(connection)?;
    let mut rows = BTreeMap::new();
    let mut names = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'")?;
    for name in names.query_map([], |row| row.get::<_, String>(0))? {
        let name = name?;
        let count =
            connection.query_row(&format!("SELECT count(*) FROM {}", identifier(&name)), [], |row| row.get(0))?;
        rows.insert(name, count);
    }
    Ok(Contents { schema, rows, dangling: dangling(connection)? })
}

/// Rows that refer to what is not there.
pub(super) fn dangling(connection: &Connection) -> Result<Vec<Dangling>, OpenError> {
    let sql = "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2";
    let mut statement = connection.prepare(sql)?;
    let found =
        statement.query_map([], |row| Ok(Dangling { table: row.get(0)?, parent: row.get(1)?, rows: row.get(2)? }))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A column that refers to another table, with rows in which that is not there.
struct Reference {
    table: String,
    column: String,
    parent: String,
    parent_column: String,
    /// What becomes of a row when what it refers to is deleted.
    action: String,
}

impl Reference {
    fn removal(&self) -> String {
        let [table, column, parent, parent_column] =
            [&self.table, &self.column, &self.parent, &self.parent_column].map(|name| identifier(name));
        let verb = match self.action.as_str() {
            "CASCADE" => format!("DELETE FROM {table}"),
            _ => format!("UPDATE {table} SET {column} = NULL"),
        };
        format!(
            "{verb} WHERE {column} IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM {parent} WHERE {parent}.{parent_column} = {table}.{column})"
        )
    }
}

/// The references of our schemas are of one column each, which is named.
fn dangling_references(connection: &Connection) -> Result<Vec<Reference>, OpenError> {
    let sql = "SELECT DISTINCT found.\"table\", key.\"from\", key.\"table\", key.\"to\", key.on_delete
               FROM pragma_foreign_key_check AS found JOIN pragma_foreign_key_list(found.\"table\") AS key
               ON key.id = found.fkid";
    let mut statement = connection.prepare(sql)?;
    let references = statement.query_map([], |row| {
        Ok(Reference {
            table: row.get(0)?,
            column: row.get(1)?,
            parent: row.get(2)?,
            parent_column: row.get(3)?,
            action: row.get(4)?,
        })
    })?;
    Ok(references.collect::<rusqlite::Result<_>>()?)
}

/// A name as SQL quotes it.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Opens a file that is there.
fn existing(path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Tables, indices, triggers and views, as SQL.
fn objects(connection: &Connection) -> Result<Vec<(String, Option<String>)>, OpenError> {
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY type, name")?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
