//! The archive: a tar file that ends in a line with the SHA-256 of all before it, so that no changed byte goes
//! unnoticed. Programs that read tar files ignore what follows their end.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use tar::{Builder, EntryType, Header};

use super::{BackupError, Manifest};
use crate::model::hex;
use crate::operations::files::DATABASE;

/// The version of the form.
pub(super) const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
/// The name of the encrypted keys in the archive.
pub(super) const KEYS: &str = "keys.sealed";
/// The most bytes of the manifest, and of the keys.
const SMALL: u64 = 64 * 1024;
/// `sha256 `, 64 digits, and the line's end.
const SEAL: usize = 7 + 64 + 1;

/// Passes bytes on, and hashes them.
struct Hashing<T> {
    inner: T,
    context: Context,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self { inner, context: Context::new(&SHA256) }
    }

    fn hex(self) -> String {
        hex::text(self.context.finish().as_ref())
    }
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.context.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The SHA-256 of what is left to read, in hex.
pub(super) fn sha256(mut from: impl Read) -> io::Result<String> {
    let mut hashing = Hashing::new(io::sink());
    io::copy(&mut from, &mut hashing)?;
    Ok(hashing.hex())
}

/// Writes an archive, and has it on disk when this returns.
pub(super) fn write(to: &File, manifest: &Manifest, database: &Path, keys: Option<&[u8]>) -> io::Result<()> {
    let mut hashing = Hashing::new(io::BufWriter::new(to));
    let mut tar = Builder::new(&mut hashing);
    let text = serde_json::to_vec_pretty(manifest)?;
    append(&mut tar, MANIFEST, text.len() as u64, text.as_slice())?;
    let database = File::open(database)?;
    append(&mut tar, DATABASE, database.metadata()?.len(), &database)?;
    if let Some(keys) = keys {
        append(&mut tar, KEYS, keys.len() as u64, keys)?;
    }
    tar.into_inner()?;
    let Hashing { mut inner, context } = hashing;
    let seal = Hashing { inner: (), context }.hex();
    writeln!(inner, "sha256 {seal}")?;
    inner.flush()?;
    to.sync_all()
}

fn append(tar: &mut Builder<impl Write>, name: &str, length: u64, content: impl Read) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o600);
    header.set_size(length);
    tar.append_data(&mut header, name, content)
}

/// What an archive holds, its database extracted.
pub(super) struct Extracted {
    pub(super) manifest: Manifest,
    pub(super) keys: Option<Vec<u8>>,
}

/// Checks that an archive is whole, and writes its database to `database`. Nothing in an archive decides where
/// anything is written.
pub(super) fn extract(path: &Path, database: &Path) -> Result<Extracted, BackupError> {
    let unreadable = |cause| BackupError::Unreadable { file: path.to_owned(), cause };
    let mut file = File::open(path).map_err(unreadable)?;
    check_seal(path, &mut file)?;
    let mut tar = tar::Archive::new(BufReader::new(&file));
    let mut entries = Entries { path, entries: tar.entries().map_err(unreadable)? };
    let manifest = manifest(path, &entries.small(MANIFEST)?)?;
    let hash = {
        let mut entry = entries.named(DATABASE)?;
        let mut options = File::options();
        let written = options.write(true).create_new(true).open(database);
        let written = written.map_err(|cause| BackupError::Place { folder: database.to_owned(), cause })?;
        let mut hashing = Hashing::new(written);
        io::copy(&mut entry, &mut hashing).map_err(|error| BackupError::damaged(path, error))?;
        hashing.hex()
    };
    expect_hash(path, &manifest, DATABASE, &hash)?;
    let keys = match manifest.keys {
        true => Some(entries.small(KEYS)?),
        false => None,
    };
    if let Some(keys) = &keys {
        expect_hash(path, &manifest, KEYS, &sha256(keys.as_slice()).map_err(unreadable)?)?;
    }
    if entries.entries.next().is_some() {
        return Err(BackupError::damaged(path, "it holds more files than it should"));
    }
    Ok(Extracted { manifest, keys })
}

/// What the archive says of itself. Only [`extract`] tells whether that is so.
pub(super) fn read_manifest(path: &Path) -> Result<Manifest, BackupError> {
    let unreadable = |cause| BackupError::Unreadable { file: path.to_owned(), cause };
    let mut tar = tar::Archive::new(BufReader::new(File::open(path).map_err(unreadable)?));
    let mut entries = Entries { path, entries: tar.entries().map_err(unreadable)? };
    manifest(path, &entries.small(MANIFEST)?)
}

fn check_seal(path: &Path, file: &mut File) -> Result<(), BackupError> {
    let unreadable = |cause| BackupError::Unreadable { file: path.to_owned(), cause };
    let length = file.metadata().map_err(unreadable)?.len();
    let Some(sealed) = length.checked_sub(SEAL as u64) else {
        return Err(BackupError::damaged(path, "it is too short for a backup"));
    };
    let found = sha256(BufReader::new(&*file).take(sealed)).map_err(unreadable)?;
    file.seek(SeekFrom::Start(sealed)).map_err(unreadable)?;
    let mut seal = Vec::new();
    file.read_to_end(&mut seal).map_err(unreadable)?;
    if seal != format!("sha256 {found}\n").as_bytes() {
        return Err(BackupError::damaged(path, "its content does not fit its checksum, or it is cut off"));
    }
    file.rewind().map_err(unreadable)
}

fn manifest(path: &Path, text: &[u8]) -> Result<Manifest, BackupError> {
    #[derive(serde::Deserialize)]
    struct Form {
        format: u32,
        program: String,
    }
    let form: Form = serde_json::from_slice(text).map_err(|error| BackupError::damaged(path, error))?;
    if form.format > FORMAT {
        return Err(BackupError::Newer { file: path.to_owned(), program: form.program });
    }
    serde_json::from_slice(text).map_err(|error| BackupError::damaged(path, error))
}

fn expect_hash(path: &Path, manifest: &Manifest, name: &str, found: &str) -> Result<(), BackupError> {
    if manifest.sha256.get(name).is_some_and(|expected| expected == found) {
        return Ok(());
    }
    Err(BackupError::damaged(path, format!("{name} does not fit the manifest")))
}

/// The files of an archive, in the one order that there is.
struct Entries<'a, R: Read> {
    path: &'a Path,
    entries: tar::Entries<'a, R>,
}

impl<'a, R: Read> Entries<'a, R> {
    fn named(&mut self, name: &str) -> Result<tar::Entry<'a, R>, BackupError> {
        let missing = || BackupError::damaged(self.path, format!("{name} is not where it should be"));
        let entry = self.entries.next().ok_or_else(missing)?.map_err(|error| BackupError::damaged(self.path, error))?;
        let fits = entry.path_bytes().as_ref() == name.as_bytes() && entry.header().entry_type() == EntryType::Regular;
        fits.then_some(entry).ok_or_else(missing)
    }

    fn small(&mut self, name: &str) -> Result<Vec<u8>, BackupError> {
        let entry = self.named(name)?;
        let mut content = Vec::new();
        let length = entry.take(SMALL + 1).read_to_end(&mut content);
        match length.map_err(|error| BackupError::damaged(self.path, error))? as u64 {
            0..=SMALL => Ok(content),
            _ => Err(BackupError::damaged(self.path, format!("{name} is too long"))),
        }
    }
}
