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
        copy_journal(&Journal::path(database), &Journal::path(copy))?;
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
fn copy_journal(journal: &Path, copy: &Path) -> io::Result<()> {
    let absent = |error: io::Error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) };
    loop {
        fs::remove_file(copy).or_else(absent)?;
        let mut from = match unfollowed(File::options().read(true))?.open(journal) {
            Ok(file) => file,
            Err(error) => return absent(error),
        };
        let mut to = File::options().read(true).write(true).create_new(true).mode(0o600).open(copy)?;
        io::copy(&mut from, &mut to)?;
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
