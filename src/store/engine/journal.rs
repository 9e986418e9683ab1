//! The journal (SQLite's write-ahead log), kept from growing for ever.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// Watches the size of the journal.
pub(in crate::store) struct Journal {
    path: PathBuf,
    /// The size from which on it is to be emptied.
    empty_at: Cell<u64>,
}

impl Journal {
    /// The size, in bytes, that it is to keep at most. SQLite empties it at about 4 MiB unless somebody reads the
    /// database without a pause.
    pub(in crate::store) const LIMIT: u64 = 64 << 20;

    /// The journal of this database.
    pub(in crate::store) fn of(database: &Path) -> Self {
        Self { path: Self::path(database), empty_at: Cell::new(Self::LIMIT) }
    }

    /// Where the journal of this database is.
    pub(in crate::store) fn path(database: &Path) -> PathBuf {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        path.into()
    }

    /// Empties the journal if it is too large. Waits for readers as long as the busy timeout says; if they do not
    /// end, it is tried again when the journal has grown as much once more.
    pub(in crate::store) fn tend(&self, connection: &Connection) {
        let Ok(size) = std::fs::metadata(&self.path).map(|found| found.len()) else {
            return;
        };
        if size <= self.empty_at.get() {
            return;
        }
        let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        match emptied {
            Ok(false) => self.empty_at.set(Self::LIMIT),
            held => {
                let error = held.err().map(|error| error.to_string());
                tracing::warn!(size, error, "The journal of the database is large, and readers keep it from shrinking");
                self.empty_at.set(size + Self::LIMIT);
            }
        }
    }
}
