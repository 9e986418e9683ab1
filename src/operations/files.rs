//! The names of files in a data folder that more than one part knows.

/// The database.
pub(in crate::operations) const DATABASE: &str = "ocariot.db";
/// What SQLite may have beside a database.
pub(in crate::operations) const JOURNALS: [&str; 3] = ["ocariot.db-wal", "ocariot.db-shm", "ocariot.db-journal"];
