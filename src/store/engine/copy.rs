//! Copies of a database that may be in use.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::OpenFlags;
use rustix::fs::OFlags;

use crate::store::engine::backup::existing;
use crate::store::engine::journal::Journal;
use crate::store::engine::migrate;
use crate::store::{OpenError, Store};

/// Files of databases that were opened besides by SQLite, by what the file system knows them by. Closing one would take
/// away the locks that SQLite holds on it for this process (that is how POSIX has it): they stay open until it ends.
static OPENED: Mutex<Vec<((u64, u64), File)>> = Mutex::new(Vec::new());

/// The bytes of a journal's head, which is another one whenever it is begun anew.
const JOURNAL_HEAD: u64 = 32;

impl Store {
    /// Copies one state of a database, which may be in use, to an empty file. Writers go on meanwhile.
    ///
    /// The kernel copies the file and then its journal, which is a state as a power cut would leave it: as long as
    /// somebody reads, nothing that he does not see yet gets from the journal to the file.
    ///
    /// # Errors
    /// If the file is not ours, or cannot be read; or the copy cannot be written.
    pub fn copy(database: &Path, copy: &Path) -> Result<(), OpenError> {
        let source = existing(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let reading = source.unchecked_transaction()?;
        // From its first statement on it reads.
        migrate::version(&reading)?;
        // Where the file and its journal are, if the database is a link.
        let database = reading.path().map_or(database, Path::new);
        copy_file(database, copy)?;
        copy_journal(&Journal::path(database), &Journal::path(copy), io::copy)?;
        drop(reading);
        let target = existing(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Nobody needs it after a power cut.
        target.pragma_update(None, "synchronous", "OFF")?;
        // One file, without a journal, whoever opens it.
        target.pragma_update(None, "journal_mode", "DELETE")?;
        target.close().map_err(|(_, error)| error.into())
    }
}

fn copy_file(database: &Path, copy: &Path) -> io::Result<()> {
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    let present = identity(fs::symlink_metadata(database)?);
    let at = match opened.iter().position(|(known, _)| *known == present) {
        Some(at) => at,
        None => {
            let file = unfollowed(File::options().read(true))?.open(database)?;
            opened.push((identity(file.metadata()?), file));
            opened.len() - 1
        }
    };
    let file = &mut opened[at].1;
    file.rewind()?;
    io::copy(file, &mut unfollowed(File::options().write(true))?.open(copy)?).map(drop)
}

/// SQLite locks nothing in a journal. What is in the way of the copy is a killed process's, or not ours to follow.
///
/// A journal of which all is in the file already may be begun anew meanwhile, once: then its copy would be the beginning
/// of the old one, and is made again.
fn copy_journal(
    journal: &Path,
    copy: &Path,
    mut pour: impl FnMut(&mut File, &mut File) -> io::Result<u64>,
) -> io::Result<()> {
    let absent = |error: io::Error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) };
    loop {
        fs::remove_file(copy).or_else(absent)?;
        let mut from = match unfollowed(File::options().read(true))?.open(journal) {
            Ok(file) => file,
            Err(error) => return absent(error),
        };
        let mut to = File::options().read(true).write(true).create_new(true).mode(0o600).open(copy)?;
        pour(&mut from, &mut to)?;
        if head(&mut from)? == head(&mut to)? {
            return Ok(());
        }
    }
}

fn head(journal: &mut File) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    journal.rewind()?;
    journal.take(JOURNAL_HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// A link in the place of a file of ours may lead anywhere.
fn unfollowed(options: &mut OpenOptions) -> io::Result<&mut OpenOptions> {
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    Ok(options.custom_flags(flags))
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// Adds one to one of many rows, each on a page of its own, and to the count of all.
    fn write(connection: &Connection, row: usize) {
        let one = "BEGIN; UPDATE whole SET done = done + 1; UPDATE part SET done = done + 1 WHERE number = ";
        connection.execute_batch(&format!("{one}{row}; COMMIT")).unwrap();
    }

    #[test]
    fn a_journal_that_is_begun_anew_while_it_is_copied_does_not_bring_its_old_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let [database, copy] = ["database", "copy"].map(|name| folder.path().join(name));
        let [writer, reader] = [(); 2].map(|()| Connection::open(&database).unwrap());
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer
            .execute_batch(
                "CREATE TABLE part (number INTEGER PRIMARY KEY, done INTEGER, filling BLOB);
                 INSERT INTO part WITH RECURSIVE n (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM n WHERE n < 9)
                 SELECT n, 0, zeroblob(3000) FROM n;
                 CREATE TABLE whole (done INTEGER); INSERT INTO whole VALUES (0); PRAGMA wal_checkpoint",
            )
            .unwrap();
        (0..10).for_each(|row| write(&writer, row));
        writer.execute_batch("PRAGMA wal_checkpoint").unwrap();
        let reading = reader.unchecked_transaction().unwrap();
        migrate::version(&reading).unwrap_err();
        File::create(&copy).unwrap();
        copy_file(&database, &copy).unwrap();
        let mut poured = 0;
        copy_journal(&Journal::path(&database), &Journal::path(&copy), |from, to| {
            poured += 1;
            if poured == 1 {
                // Its head, and five transactions of two pages.
                io::copy(&mut Read::by_ref(from).take(32 + 10 * (24 + 4096)), to)?;
                (0..8).for_each(|row| write(&writer, row));
            }
            io::copy(from, to)
        })
        .unwrap();
        assert_eq!(poured, 2);
        let copied = Connection::open(&copy).unwrap();
        let sums = "SELECT (SELECT sum(done) FROM part), (SELECT done FROM whole)";
        let sums: (i64, i64) = copied.query_row(sums, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(sums, (18, 18));
    }

    #[test]
    fn a_database_that_is_a_link_is_copied_with_its_journal() {
        let folder = tempfile::tempdir().unwrap();
        let [database, link, copy] = ["database", "link", "copy"].map(|name| folder.path().join(name));
        let mut writer = Connection::open(&database).unwrap();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        migrate::create(&mut writer).unwrap_or_else(|error| panic!("{error}"));
        writer.execute_batch("PRAGMA wal_checkpoint; CREATE TABLE late (n)").unwrap();
        std::os::unix::fs::symlink(&database, &link).unwrap();
        File::create(&copy).unwrap();
        Store::copy(&link, &copy).unwrap();
        let found = "SELECT count(*) FROM sqlite_schema WHERE name = 'late'";
        let found: usize = Connection::open(&copy).unwrap().query_row(found, [], |row| row.get(0)).unwrap();
        assert_eq!(found, 1);
    }
}
