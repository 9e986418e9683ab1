//! A database looked at from outside: nothing of it is changed, and its key is not needed.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use crate::store::engine::backup::{Dangling, dangling};
use crate::store::engine::connection::fitting;
use crate::store::engine::journal::Journal;
use crate::store::engine::migrate;
use crate::store::engine::sequence::newest_instant_of;
use crate::store::{OpenError, Store, UsernameKey};

/// How a database is.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The version of its schema.
    pub schema: usize,
    /// When the newest id or token was given out.
    pub newest: Timestamp,
    /// What is wrong with its pages, if something is.
    pub damage: Option<String>,
    /// Rows that refer to what is not there.
    pub dangling: Vec<Dangling>,
    /// Its size.
    pub bytes: u64,
    /// The size of its journal, if it has one. Without a service, only one that was killed leaves any.
    pub journal_bytes: Option<u64>,
}

impl Store {
    /// The size of the journal, in bytes, that a service keeps it below.
    pub const JOURNAL_LIMIT: u64 = Journal::LIMIT;

    /// Looks at every page of a database, which may be in use. Changes nothing.
    ///
    /// # Errors
    /// If the file is absent, not ours, still empty, newer than this program, or cannot be read.
    pub fn look_over(path: &Path) -> Result<Condition, OpenError> {
        let bytes = std::fs::metadata(path)?.len();
        let journal_bytes = std::fs::metadata(Journal::path(path)).ok().map(|found| found.len());
        let connection = look(path)?;
        let schema = match migrate::version(&connection)? {
            0 => return Err(OpenError::NotOurs),
            schema => schema,
        };
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        let newest = newest_instant_of(&connection, schema)?;
        let damage = Some(found).filter(|found| found != "ok");
        let dangling = if damage.is_none() { dangling(&connection)? } else { Vec::new() };
        Ok(Condition { schema, newest, damage, dangling, bytes, journal_bytes })
    }

    /// Whether the key is the one that the database's usernames were encrypted with. Changes nothing.
    ///
    /// # Errors
    /// `WrongKey` if not; others if the file is absent, not ours, or cannot be read.
    pub fn fits(path: &Path, key: impl FnOnce(&[u8; 16]) -> Result<UsernameKey, String>) -> Result<(), OpenError> {
        fitting(&look(path)?, key).map(drop)
    }
}

/// Opens a database that is there, to read it. One without a journal is all in one file, which nobody has open: it
/// is read as it is. With one, SQLite reads both, and leaves both as they are.
pub(in crate::store) fn look(path: &Path) -> Result<Connection, OpenError> {
    let journals = ["-wal", "-journal"].map(|suffix| {
        let mut journal = path.as_os_str().to_owned();
        journal.push(suffix);
        journal
    });
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match path.to_str() {
        Some(name) if !journals.iter().any(|journal| Path::new(journal).exists()) => {
            let name = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
            let uri = format!("file:{name}?immutable=1");
            Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?
        }
        _ => Connection::open_with_flags(path, flags)?,
    };
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn looking_makes_nothing_and_changes_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("50% #1?");
        fs::create_dir(&folder).unwrap();
        let database = folder.join("ocariot.db");
        assert!(look(&database).is_err());
        assert_eq!(names(&folder), [] as [&str; 0]);

        let mut connection = Connection::open(&database).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        migrate::create(&mut connection).unwrap();
        connection.execute("UPDATE store_state SET newest_instant = 1800000000000", []).unwrap();
        let while_open = Store::look_over(&database).unwrap();
        assert!(while_open.journal_bytes.is_some());
        assert_eq!(while_open.newest.as_second(), 1_800_000_000);
        connection.close().unwrap();

        let before = fs::read(&database).unwrap();
        let found = Store::look_over(&database).unwrap();
        assert_eq!((found.schema, found.journal_bytes, &found.damage), (migrate::SCHEMA_VERSION, None, &None));
        assert_eq!(Store::examine(&database).unwrap(), migrate::SCHEMA_VERSION);
        assert_eq!(names(&folder), ["ocariot.db"]);
        assert!(before == fs::read(&database).unwrap());
    }

    #[test]
    fn a_journal_that_a_killed_service_left_is_read_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let (database, copy) = (folder.path().join("ocariot.db"), folder.path().join("copy.db"));
        let mut connection = Connection::open(&database).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        migrate::create(&mut connection).unwrap();
        for suffix in ["", "-wal"] {
            fs::copy(format!("{}{suffix}", database.display()), format!("{}{suffix}", copy.display())).unwrap();
        }
        let before = (fs::read(&copy).unwrap(), fs::read(Journal::path(&copy)).unwrap());
        assert_eq!(Store::examine(&copy).unwrap(), migrate::SCHEMA_VERSION);
        assert!(before == (fs::read(&copy).unwrap(), fs::read(Journal::path(&copy)).unwrap()));
    }
}
