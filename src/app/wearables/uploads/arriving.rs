//! Files on their way to an upload.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use crate::app::access::token::Caller;
use crate::app::poured::{Poured, refused};
use crate::app::wearables::questions::wrong;
use crate::app::wearables::uploads::shelf::{Key, Shelf, State, lock};
use crate::model::{Error, Unavailable};
use crate::store::free_bytes;

/// The most files of an upload: Google's splits an archive into fewer.
const MOST_FILES: usize = 64;
/// What is left free of the disk for all else that is written.
const LEFT_FREE: u64 = 128 << 20;
/// After how many bytes it is looked at again.
const LOOKED_AT_EVERY: u64 = 8 << 20;

/// A file that arrives. What is on its way counts, until it is there or given up.
pub struct PouringFile {
    key: Key,
    name: String,
    poured: Poured,
    limit: u64,
    number: u64,
    folder: PathBuf,
    state: Arc<Mutex<State>>,
}

impl PouringFile {
    /// The most bytes that it may have.
    #[must_use]
    pub fn limit(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `Unavailable` if the files of all are too long together, or the disk refuses.
    pub async fn add(&mut self, part: impl AsRef<[u8]> + Send + 'static) -> Result<(), Error> {
        let (had, length) = (self.poured.bytes(), part.as_ref().len() as u64);
        lock(&self.state).arrive(self.number, length)?;
        let look = (had / LOOKED_AT_EVERY != (had + length) / LOOKED_AT_EVERY).then(|| self.folder.clone());
        let mut poured = self.poured.clone();
        let written = tokio::task::spawn_blocking(move || {
            look.map(|folder| require_disk(&folder)).transpose()?;
            poured.add(part.as_ref()).map(|()| poured)
        });
        self.poured = written.await.map_err(Error::internal)??;
        Ok(())
    }
}

impl Drop for PouringFile {
    fn drop(&mut self) {
        lock(&self.state).arriving.remove(&self.number);
    }
}

/// Whether the disk has room for more.
fn require_disk(folder: &Path) -> Result<(), Error> {
    let free = free_bytes(folder).map_err(|error| refused(&error))?;
    if free < LEFT_FREE { Err(Error::Unavailable(Unavailable::DiskFull)) } else { Ok(()) }
}

impl Shelf {
    /// Begins to take a file. Asks the disk.
    ///
    /// # Errors
    /// `Invalid` if it has no name that a file can have, or its owner has too many; `Conflict` if the upload is stored,
    /// `Unavailable` if all have too many, or there is no room on the disk.
    pub(super) fn begin(&self, now: Timestamp, key: Key, owner: &Caller, name: &str) -> Result<PouringFile, Error> {
        if !is_file_name(name) {
            let words = "this is no name of a file: give it one of 1 to 256 characters, such as takeout.zip";
            return Err(wrong(words.to_owned()));
        }
        require_disk(self.folder())?;
        let poured = Poured::new(self.folder())?;
        let mut state = self.state();
        state.make(now, key, owner.role)?;
        let (limit, number) = state.expect(key.owner)?;
        let (name, folder, state) = (name.to_owned(), self.folder().to_owned(), Arc::clone(&self.state));
        Ok(PouringFile { key, name, poured, limit, number, folder, state })
    }

    /// Takes a file that has arrived, in place of one of the same name. What was read before of the upload is forgotten.
    ///
    /// # Errors
    /// `Conflict` if the upload is stored, `Invalid` if it has too many files.
    pub(super) fn end(&self, now: Timestamp, owner: &Caller, file: &PouringFile) -> Result<(), Error> {
        let mut state = self.state();
        let lying = state.make(now, file.key, owner.role)?;
        if lying.files.len() >= MOST_FILES && !lying.files.contains_key(&file.name) {
            return Err(wrong(format!("there are more than {MOST_FILES} files: give those of one export alone")));
        }
        lying.files.insert(file.name.clone(), file.poured.clone());
        lying.go_back();
        Ok(())
    }
}

/// Whether a file may be called so.
fn is_file_name(name: &str) -> bool {
    let plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | '\u{fffd}');
    (1..=256).contains(&name.chars().count()) && name.chars().all(plain) && name != "." && name != ".."
}
