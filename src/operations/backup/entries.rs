//! What is read from an archive of any form, in bounds that no archive can move.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use tar::EntryType;

use super::keys::KeyFiles;
use super::{BackupError, Manifest};
use crate::model::text;

/// The newest version of the form.
pub(super) const FORMAT: u32 = 2;
/// The manifest's name in the archive.
pub(super) const MANIFEST: &str = "manifest.json";
/// The most bytes of the manifest, and of a file of keys.
const SMALL: u64 = 64 * 1024;
/// The most tables that a manifest may name.
const MOST_TABLES: usize = 1000;

/// What an archive holds, its database extracted.
pub(super) struct Extracted {
    pub(super) manifest: Manifest,
    pub(super) keys: KeyFiles,
    pub(super) sealed: bool,
}

/// Reads a manifest, all of whose words are as this program writes them.
pub(super) fn manifest(path: &Path, text: &[u8]) -> Result<Manifest, BackupError> {
    #[derive(serde::Deserialize)]
    struct Form {
        format: u32,
        program: String,
    }
    let damaged = |_| BackupError::damaged(path, "its manifest is not one");
    let form: Form = serde_json::from_slice(text).map_err(damaged)?;
    let is_version = |text: &str| {
        (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    if !is_version(&form.program) {
        return Err(BackupError::damaged(path, "its manifest names no version"));
    }
    if form.format > FORMAT {
        return Err(BackupError::Newer { file: path.to_owned(), program: form.program });
    }
    let mut manifest: Manifest = serde_json::from_slice(text).map_err(damaged)?;
    let made_at = manifest.made_at.parse().map_err(|_| BackupError::damaged(path, "its manifest names no time"))?;
    manifest.made_at = text::time_text(made_at);
    let is_name = |text: &String| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if manifest.rows.len() > MOST_TABLES || !manifest.rows.keys().all(is_name) {
        return Err(BackupError::damaged(path, "its manifest names tables that cannot be"));
    }
    Ok(manifest)
}

/// The files of an archive, in the one order that there is. Long names and the like, which would be read into memory
/// however long they are, are taken for what they are in the file: entries of another kind.
pub(super) struct Entries<'a, 'p, R: Read> {
    path: &'p Path,
    entries: tar::Entries<'a, R>,
}

/// One of them.
pub(super) struct Entry<'a, 'p, R: Read> {
    path: &'p Path,
    entry: tar::Entry<'a, R>,
}

impl<'a, 'p, R: Read> Entries<'a, 'p, R> {
    pub(super) fn of(path: &'p Path, tar: &'a mut tar::Archive<R>) -> Result<Self, BackupError> {
        let entries = tar.entries().map_err(|cause| BackupError::reading(path, cause))?;
        Ok(Self { path, entries: entries.raw(true) })
    }

    pub(super) fn next(&mut self) -> Result<Entry<'a, 'p, R>, BackupError> {
        let entry = self.entries.next().ok_or_else(|| BackupError::damaged(self.path, "it ends too early"))?;
        Ok(Entry { path: self.path, entry: entry.map_err(|cause| BackupError::reading(self.path, cause))? })
    }

    pub(super) fn end(mut self) -> Result<(), BackupError> {
        match self.entries.next() {
            None => Ok(()),
            Some(_) => Err(BackupError::damaged(self.path, "it holds more files than it should")),
        }
    }
}

impl<R: Read> Entry<'_, '_, R> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.entry.path_bytes().as_ref() == name.as_bytes() && self.entry.header().entry_type() == EntryType::Regular
    }

    fn require(&self, name: &str) -> Result<(), BackupError> {
        match self.is(name) {
            true => Ok(()),
            false => Err(BackupError::damaged(self.path, format!("{name} is not where it should be"))),
        }
    }

    /// The content of a small file.
    pub(super) fn small(mut self, name: &str) -> Result<Vec<u8>, BackupError> {
        self.require(name)?;
        if self.entry.size() > SMALL {
            return Err(BackupError::damaged(self.path, format!("{name} is too long")));
        }
        let mut content = Vec::new();
        self.entry.read_to_end(&mut content).map_err(|cause| BackupError::reading(self.path, cause))?;
        match content.len() as u64 == self.entry.size() {
            true => Ok(content),
            false => Err(BackupError::damaged(self.path, "it is cut off")),
        }
    }

    /// Writes the content to a new file, if the disk has room for all of it.
    pub(super) fn write_to(mut self, name: &str, to: &Path) -> Result<(), BackupError> {
        self.require(name)?;
        let needed = self.entry.size();
        let folder = to.parent().unwrap_or(to);
        let place = BackupError::place(folder);
        let found = rustix::fs::statvfs(folder).map_err(|error| place(error.into()))?;
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        if needed > free {
            return Err(BackupError::NoRoom { folder: folder.to_owned(), needed, free });
        }
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(to).map_err(&place)?;
        let mut buffer = vec![0; 128 * 1024];
        let mut written = 0;
        loop {
            match self.entry.read(&mut buffer).map_err(|cause| BackupError::reading(self.path, cause))? {
                0 if written == needed => return Ok(()),
                0 => return Err(BackupError::damaged(self.path, "it is cut off")),
                length => {
                    file.write_all(&buffer[..length]).map_err(&place)?;
                    written += length as u64;
                }
            }
        }
    }
}
