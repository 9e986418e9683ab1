//! The archive: a tar file with the manifest, the keys and the database in the form of plain files, so that they can be
//! had without this program, too. What lies around it is the business of [`super::seal`].

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use tar::{Builder, EntryType, Header};
use zeroize::Zeroizing;

use super::entries::{Entries, Extracted, MANIFEST, manifest};
use super::keys::{self, KeyFiles};
use super::seal::{self, Opened};
use super::{BackupError, Form, Manifest, earlier};
use crate::operations::files::DATABASE;

/// The most bytes after the end of the tar file, all of them zero.
const PADDING: u64 = 64 * 1024;

/// What goes into an archive.
pub(super) struct Pack<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) keys: &'a KeyFiles,
    pub(super) database: &'a File,
}

impl Pack<'_> {
    /// Writes the tar file.
    pub(super) fn write(&self, to: impl Write) -> io::Result<()> {
        let mut tar = Builder::new(to);
        let text = serde_json::to_vec_pretty(self.manifest)?;
        append(&mut tar, MANIFEST, text.len() as u64, text.as_slice())?;
        for (name, content) in &self.keys.0 {
            append(&mut tar, name, content.len() as u64, content.as_bytes())?;
        }
        append(&mut tar, DATABASE, self.database.metadata()?.len(), self.database)?;
        tar.finish()
    }
}

fn append(tar: &mut Builder<impl Write>, name: &str, length: u64, content: impl Read) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o600);
    header.set_size(length);
    tar.append_data(&mut header, name, content)
}

/// Reads an archive to its end, and writes its database to `database`. Nothing in an archive decides where anything is
/// written, nor how much memory reading it takes.
///
/// # Errors
/// `Sealed` if it is and there is no passphrase, `WrongPassphrase` if that does not open it, `NoRoom` if the disk has
/// none for the database, `Damaged` if it is not whole.
pub(super) fn extract(path: &Path, passphrase: Option<&str>, database: &Path) -> Result<Extracted, BackupError> {
    let (opened, sealed) = match seal::open(path, passphrase)? {
        Opened::Earlier(file) => return earlier::extract(path, file, passphrase, database),
        Opened::Sealed(content) => (content, true),
        Opened::Readable(content) => (content, false),
    };
    let unreadable = |cause| BackupError::reading(path, cause);
    let mut tar = tar::Archive::new(opened);
    let mut entries = Entries::of(path, &mut tar)?;
    let manifest = manifest(path, &entries.next()?.small(MANIFEST)?)?;
    let mut keys = KeyFiles::default();
    loop {
        let entry = entries.next()?;
        let Some((name, _)) = keys::FILES.iter().find(|(name, _)| entry.is(name)) else {
            entry.write_to(DATABASE, database)?;
            break;
        };
        let content = String::from_utf8(entry.small(name)?).map_err(|_| BackupError::damaged(path, "a key is no text"));
        if keys.0.insert((*name).to_owned(), Zeroizing::new(content?)).is_some() {
            return Err(BackupError::damaged(path, format!("it holds {name} twice")));
        }
    }
    entries.end()?;
    if manifest.keys == keys.0.is_empty() {
        return Err(BackupError::damaged(path, "its keys are not as the manifest says"));
    }
    let mut rest = Vec::new();
    let mut opened = tar.into_inner();
    opened.by_ref().take(PADDING + 1).read_to_end(&mut rest).map_err(unreadable)?;
    if rest.len() as u64 > PADDING || rest.iter().any(|byte| *byte != 0) {
        return Err(BackupError::damaged(path, "something follows its end"));
    }
    seal::expect_end(path, opened)?;
    Ok(Extracted { manifest, keys, sealed })
}

/// What can be told of an archive without opening it.
pub(super) fn look(path: &Path) -> Result<Form, BackupError> {
    match seal::open(path, None) {
        Err(BackupError::Sealed(_)) => Ok(Form::Sealed),
        Err(other) => Err(other),
        Ok(Opened::Earlier(file)) => first(path, file).map(Form::Readable),
        Ok(Opened::Sealed(content) | Opened::Readable(content)) => first(path, content).map(Form::Readable),
    }
}

/// The manifest at the beginning of a tar file.
fn first(path: &Path, content: impl Read) -> Result<Manifest, BackupError> {
    let mut tar = tar::Archive::new(content);
    manifest(path, &Entries::of(path, &mut tar)?.next()?.small(MANIFEST)?)
}
