//! Files for a while, beside the database: for their owner alone, and gone when they are closed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What their names begin with, for as long as they have one.
const PREFIX: &str = "reading-";

/// A new file of this folder.
pub(in crate::store) fn scratch_file(folder: &Path) -> io::Result<(PathBuf, File)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    loop {
        let name = format!("{PREFIX}{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = folder.join(name);
        match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (path, file)),
        }
    }
}

/// An empty file of this folder, without a name: nobody else can open it.
///
/// # Errors
/// Those of the file system.
pub fn nameless_file(folder: &Path) -> io::Result<File> {
    let (path, file) = scratch_file(folder)?;
    fs::remove_file(path).map(|()| file)
}

/// How many bytes there is room for where a folder lies.
///
/// # Errors
/// Those of the file system.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Removes what a program that was killed before it took a file's name away may have left in the folder.
pub(in crate::store) fn remove_scratch(folder: &Path) {
    let left = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in left.filter(|entry| entry.file_name().as_bytes().starts_with(PREFIX.as_bytes())) {
        // Whatever cannot be removed lies there until the next time.
        let _ = fs::remove_file(entry.path());
    }
}
