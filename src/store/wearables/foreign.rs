//! Databases that other programs made, and that anybody may have tampered with: copied, opened for reading alone, and
//! read table by table. Nothing that stands in them is carried out.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::store::scratch::scratch_file;

/// The largest database that is copied.
const MOST_BYTES: u64 = 4 << 30;
/// How many steps SQLite may take to learn which tables there are: enough for some thousand.
const SCHEMA_STEPS: u64 = 60_000;
/// After how many of them it is asked whether it may go on.
const STEPS: i32 = 1000;
/// How many more it may take for each byte, when it reads a table: more than any row needs.
const STEPS_PER_BYTE: u64 = 8;

/// What such a file must not go beyond. The lengths are bytes.
const LIMITS: [(Limit, i32); 8] = [
    (Limit::SQLITE_LIMIT_LENGTH, 1 << 20),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 16 << 10),
    (Limit::SQLITE_LIMIT_COLUMN, 200),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 20),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    (Limit::SQLITE_LIMIT_VDBE_OP, 2000),
];

/// Why a database cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// It could not be copied.
    #[error("it cannot be copied: {0}")]
    Copy(#[from] io::Error),
    /// It is larger than any that is read.
    #[error("it is larger than 4 GiB")]
    TooLarge,
    /// It holds more tables than it may, or a table does not come to an end.
    #[error("it holds far more than such a database does")]
    TooMuch,
    /// It is no database, is damaged, or holds what it must not.
    #[error("it is no database, or a damaged one: {0}")]
    Driver(#[from] rusqlite::Error),
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'r> {
    /// Nothing, or what cannot be read.
    Nothing,
    /// A whole number.
    Whole(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(&'r str),
    /// Bytes.
    Bytes(&'r [u8]),
}

impl Cell<'_> {
    /// The whole number that it is.
    #[must_use]
    pub fn whole(self) -> Option<i64> {
        match self {
            Cell::Whole(number) => Some(number),
            _ => None,
        }
    }

    /// The number that it is.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "no measure is that exact")]
            Cell::Whole(number) => Some(number as f64),
            Cell::Real(number) => Some(number).filter(|number| number.is_finite()),
            _ => None,
        }
    }
}

/// A copy of such a database.
pub struct Foreign {
    connection: Connection,
    tables: BTreeSet<String>,
    /// Steps that SQLite may take still.
    left: Arc<AtomicU64>,
    bytes: u64,
}

/// A path as SQLite takes it for a file that nobody changes.
fn immutable(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-');
    let encoded = path.as_os_str().as_bytes().iter().map(|byte| match plain(*byte) {
        true => char::from(*byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    format!("file:{}?mode=ro&immutable=1", encoded.collect::<String>())
}

impl Foreign {
    /// Copies a database into a folder, where it has a name only until it is open, and looks which tables it has.
    ///
    /// # Errors
    /// If it cannot be copied, or is not one to be read.
    pub fn open(source: &mut dyn Read, folder: &Path) -> Result<Self, ForeignError> {
        let (path, mut file) = scratch_file(folder)?;
        let opened =
            io::copy(&mut source.take(MOST_BYTES + 1), &mut file).and_then(|bytes| file.flush().map(|()| bytes));
        let opened = opened.map_err(ForeignError::from).and_then(|bytes| match bytes {
            ..=MOST_BYTES => {
                // Only one thread has it: none need be locked out for each value.
                let flags =
                    OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Ok((Connection::open_with_flags(immutable(&path), flags)?, bytes))
            }
            _ => Err(ForeignError::TooLarge),
        });
        fs::remove_file(&path)?;
        let (connection, bytes) = opened?;
        let left = Arc::new(AtomicU64::new(SCHEMA_STEPS));
        guard(&connection, Arc::clone(&left)).map_err(too_much)?;
        let mut foreign = Self { connection, tables: BTreeSet::new(), left, bytes };
        foreign.tables = foreign.read_tables().map_err(too_much)?;
        Ok(foreign)
    }

    fn read_tables(&self) -> rusqlite::Result<BTreeSet<String>> {
        let mut statement = self.connection.prepare("SELECT type, name, rootpage FROM sqlite_schema")?;
        let mut rows = statement.query([])?;
        let mut tables = BTreeSet::new();
        while let Some(row) = rows.next()? {
            // Tables that another program would have to carry out have no page.
            if let (Ok("table"), Ok(name), Ok(1..)) =
                (row.get_ref(0)?.as_str(), row.get_ref(1)?.as_str(), row.get_ref(2)?.as_i64())
            {
                tables.insert(name.to_owned());
            }
        }
        Ok(tables)
    }

    /// The names of its tables.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(String::as_str)
    }

    /// The names of a table's columns; none if there is no such table.
    ///
    /// # Errors
    /// If the database is damaged.
    pub fn columns(&self, table: &str) -> Result<Vec<String>, ForeignError> {
        if !self.tables.contains(table) {
            return Ok(Vec::new());
        }
        let statement = self.connection.prepare(&format!("SELECT * FROM {} LIMIT 0", quoted(table)))?;
        Ok(statement.column_names().into_iter().map(str::to_owned).collect())
    }

    /// Hands on some columns of all rows of a table, in the order in which they lie there. A column that the table does
    /// not have is nothing in every row; a table that is not there has no rows.
    ///
    /// # Errors
    /// What `take` returns, or if the database is damaged or the table does not end.
    pub fn rows<const N: usize, E: From<ForeignError>>(
        &self,
        table: &str,
        columns: &[&str; N],
        take: &mut dyn FnMut(&[Cell<'_>; N]) -> Result<(), E>,
    ) -> Result<(), E> {
        let known = self.columns(table)?;
        if known.is_empty() {
            return Ok(());
        }
        let column = |name: &&str| match known.iter().any(|known| known == name) {
            true => quoted(name),
            false => "NULL".to_owned(),
        };
        let list: Vec<_> = columns.iter().map(column).collect();
        self.left.store(SCHEMA_STEPS + self.bytes * STEPS_PER_BYTE, Ordering::Relaxed);
        let failed = |error| E::from(too_much(error));
        let sql = format!("SELECT {} FROM {}", list.join(", "), quoted(table));
        let mut statement = self.connection.prepare(&sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            take(&std::array::from_fn(|at| row.get_ref(at).map_or(Cell::Nothing, read)))?;
        }
        Ok(())
    }
}

fn read(value: ValueRef<'_>) -> Cell<'_> {
    match value {
        ValueRef::Null => Cell::Nothing,
        ValueRef::Integer(number) => Cell::Whole(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => std::str::from_utf8(text).map_or(Cell::Nothing, Cell::Text),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn too_much(error: rusqlite::Error) -> ForeignError {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => ForeignError::TooMuch,
        _ => error.into(),
    }
}

/// Lets nothing happen but reading, and that not for ever.
fn guard(connection: &Connection, left: Arc<AtomicU64>) -> rusqlite::Result<()> {
    for (limit, most) in LIMITS {
        connection.set_limit(limit, most)?;
    }
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
    ] {
        connection.set_db_config(config, on)?;
    }
    connection.progress_handler(
        STEPS,
        Some(move || {
            let taken = STEPS.unsigned_abs().into();
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(taken)).is_err()
        }),
    )?;
    for (pragma, value) in [("mmap_size", 0), ("cache_size", -2048), ("cell_size_check", 1), ("temp_store", 2)] {
        connection.pragma_update(None, pragma, value)?;
    }
    connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Select | AuthAction::Read { .. } => Authorization::Allow,
        _ => Authorization::Deny,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database in a file of its own, as bytes.
    fn made(sql: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        fs::read(path).unwrap()
    }

    fn open(bytes: &[u8]) -> Result<Foreign, ForeignError> {
        let folder = tempfile::tempdir().unwrap();
        let opened = Foreign::open(&mut &bytes[..], folder.path());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing lies there under a name");
        opened
    }

    fn count(foreign: &Foreign, table: &str, columns: &[&str; 1]) -> Result<usize, ForeignError> {
        let mut count = 0;
        foreign.rows(table, columns, &mut |_| {
            count += 1;
            Ok::<_, ForeignError>(())
        })?;
        Ok(count)
    }

    #[test]
    fn rows_are_read_and_columns_that_are_not_there_are_nothing() {
        let foreign =
            open(&made("CREATE TABLE \"a\"\"b\" (x, y); INSERT INTO \"a\"\"b\" VALUES (1, 'é'), (2.5, x'00')"));
        let foreign = foreign.unwrap();
        assert_eq!(foreign.tables().collect::<Vec<_>>(), ["a\"b"]);
        let mut seen = Vec::new();
        let taken = foreign.rows("a\"b", &["x", "z", "y"], &mut |cells| {
            seen.push(format!("{cells:?}"));
            Ok::<_, ForeignError>(())
        });
        taken.unwrap();
        assert_eq!(seen, ["[Whole(1), Nothing, Text(\"é\")]", "[Real(2.5), Nothing, Bytes([0])]"]);
        assert_eq!(count(&foreign, "sqlite_schema", &["name"]).unwrap(), 0, "no table of its own");
    }

    #[test]
    fn what_stands_in_a_database_is_not_carried_out() {
        let sql = "CREATE TABLE t (x, y AS (hex(zeroblob(100000000))));
                   INSERT INTO t (x) VALUES (1);
                   CREATE VIEW steps_record_table AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c";
        let foreign = open(&made(sql)).unwrap();
        assert_eq!(count(&foreign, "steps_record_table", &["n"]).unwrap(), 0, "a view is no table");
        assert_eq!(count(&foreign, "t", &["x"]).unwrap(), 1);
        assert!(count(&foreign, "t", &["y"]).is_err());
        assert!(foreign.connection.execute("DELETE FROM t", []).is_err());
        assert!(foreign.connection.execute("ATTACH ':memory:' AS other", []).is_err());
    }

    #[test]
    fn what_is_no_database_or_a_cut_one_or_has_tables_without_end_is_refused() {
        let whole = made(
            "CREATE TABLE t (x); INSERT INTO t SELECT value FROM (WITH RECURSIVE c(value) AS
                          (SELECT 1 UNION ALL SELECT value + 1 FROM c LIMIT 5000) SELECT value FROM c)",
        );
        assert_eq!(count(&open(&whole).unwrap(), "t", &["x"]).unwrap(), 5000);
        assert!(open(b"PK\x03\x04 no database").is_err());
        let cut = &whole[..whole.len() / 2];
        assert!(open(cut).and_then(|cut| count(&cut, "t", &["x"])).is_err());
        let many = "PRAGMA writable_schema = ON;
             CREATE TABLE t (x);
             WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 200000)
             INSERT INTO sqlite_schema SELECT 'table', 't' || n, 't' || n, 2, 'CREATE TABLE t' || n || ' (x)' FROM c";
        assert!(matches!(open(&made(many)), Err(ForeignError::TooMuch)));
    }
}
