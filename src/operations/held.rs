//! Files and folders that one process holds at a time.

use std::fs::File;
use std::io;
use std::ops::Deref;

use rustix::fs::{FlockOperation, flock};

/// What this process holds until it is dropped.
#[derive(Debug)]
pub(in crate::operations) struct Held(File);

impl Held {
    /// Holds the file or folder.
    ///
    /// # Errors
    /// `WouldBlock` if it is held already, another kind if the file system knows no locks.
    pub(in crate::operations) fn hold(file: File) -> io::Result<Self> {
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self(file))
    }
}

impl Deref for Held {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

/// Closing would not do: a program that is being started by this process has the file, too, until it runs.
impl Drop for Held {
    fn drop(&mut self) {
        // It fails for no lock that was taken.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_free_although_the_file_is_still_open_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let hold = || Held::hold(File::open(folder.path()).unwrap());
        let held = hold().unwrap();
        assert_eq!(hold().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        // As a process that was forked has it.
        let _open = held.try_clone().unwrap();
        drop(held);
        hold().unwrap();
    }
}
