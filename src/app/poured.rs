//! Files that arrive: nobody else can open them, and each is gone when it is closed, also if the program is killed.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use crate::model::{Error, Unavailable};
use crate::store::nameless_file;

/// A file that has arrived, or does. Cloning shares it.
#[derive(Clone)]
pub(in crate::app) struct Poured {
    file: Arc<File>,
    bytes: u64,
}

impl Poured {
    /// An empty one in this folder.
    ///
    /// # Errors
    /// `Unavailable` if the disk refuses.
    pub(in crate::app) fn new(folder: &Path) -> Result<Self, Error> {
        let file = nameless_file(folder).map_err(|error| refused(&error))?;
        Ok(Self { file: Arc::new(file), bytes: 0 })
    }

    /// How long it is.
    pub(in crate::app) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file itself, which may not be written.
    pub(in crate::app) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Takes the next bytes. Blocks.
    ///
    /// # Errors
    /// `Unavailable` if the disk refuses them.
    pub(in crate::app) fn add(&mut self, part: &[u8]) -> Result<(), Error> {
        (&*self.file).write_all(part).map_err(|error| refused(&error))?;
        self.bytes += part.len() as u64;
        Ok(())
    }

    /// All of it, or as many bytes as `most`. Blocks.
    ///
    /// # Errors
    /// `Unavailable` if the disk refuses.
    pub(in crate::app) fn read(&self, most: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; usize::try_from(self.bytes).unwrap_or(most).min(most)];
        self.file.read_exact_at(&mut bytes, 0).map_err(|error| refused(&error))?;
        Ok(bytes)
    }
}

/// The disk refuses.
pub(in crate::app) fn refused(error: &io::Error) -> Error {
    tracing::error!(%error, "A file of an upload could not be written or read");
    Error::Unavailable(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Unavailable::DiskFull,
        _ => Unavailable::DiskFailure,
    })
}
