//! Copies of a database, looked at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::store::engine::journal::Journal;
use crate::store::engine::migrate;
use crate::store::{OpenError, Store};

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

/// More tables than refer to each other in a row.
const DEEPEST: usize = 32;

impl Store {
    /// Where the journal of a database is, if it has one.
    #[must_use]
    pub fn journal(database: &Path) -> PathBuf {
        Journal::path(database)
    }

    /// The version of a copy's schema, and how many rows each table has. Says nothing about its pages.
    ///
    /// # Errors
    /// If the file is not ours, is newer than this program, or cannot be read.
    pub fn count(copy: &Path) -> Result<(usize, BTreeMap<String, u64>), OpenError> {
        count(&existing(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
    }

    /// The rows of a copy that refer to what is not there.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn dangling(copy: &Path) -> Result<Vec<Dangling>, OpenError> {
        dangling(&existing(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
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
        let (schema, rows) = count(&connection)?;
        Ok(Contents { schema, rows, dangling: dangling(&connection)? })
    }

    /// Makes one file of a copy and the journal beside it, if it has one.
    ///
    /// # Errors
    /// If the copy cannot be read or written.
    pub fn join_journal(copy: &Path) -> Result<(), OpenError> {
        let connection = existing(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "journal_mode", "DELETE")?;
        connection.close().map_err(|(_, error)| error.into())
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
}

fn count(connection: &Connection) -> Result<(usize, BTreeMap<String, u64>), OpenError> {
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
    Ok((schema, rows))
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
pub(super) fn existing(path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
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
