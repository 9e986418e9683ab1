//! The form of archives before they were sealed as a whole, which is still read: a tar file whose keys alone were
//! encrypted, with a line behind it that holds the SHA-256 of all before. Nothing in it is authentic.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{Context, SHA256};
use zeroize::Zeroizing;

use super::entries::{Entries, Extracted, MANIFEST, manifest};
use super::keys::KeyFiles;
use super::{BackupError, Manifest};
use crate::app::derive_key;
use crate::model::hex;
use crate::operations::files::DATABASE;

/// The name of the encrypted keys in the archive.
const KEYS: &str = "keys.sealed";
/// `sha256 `, 64 digits, and the line's end.
const SEAL: usize = 7 + 64 + 1;
/// What the encrypted keys begin with: then salt (16 bytes), nonce (12 bytes), the encrypted files with their tag.
const MAGIC: &[u8] = b"ocariot-users keys 1\n";
const SALT: usize = 16;
const NONCE: usize = 12;

/// Checks that an archive is whole, and writes its database to `database`. Its keys are opened if there is a passphrase.
pub(super) fn extract(
    path: &Path,
    mut file: File,
    passphrase: Option<&str>,
    database: &Path,
) -> Result<Extracted, BackupError> {
    let unreadable = |cause| BackupError::reading(path, cause);
    check_seal(path, &mut file)?;
    let mut tar = tar::Archive::new(BufReader::new(&file));
    let mut entries = Entries::of(path, &mut tar)?;
    let manifest = manifest(path, &entries.next()?.small(MANIFEST)?)?;
    entries.next()?.write_to(DATABASE, database)?;
    let hash = sha256(File::open(database).map_err(BackupError::place(database))?).map_err(unreadable)?;
    expect_hash(path, &manifest, DATABASE, &hash)?;
    let mut keys = KeyFiles::default();
    if manifest.keys {
        let encrypted = entries.next()?.small(KEYS)?;
        expect_hash(path, &manifest, KEYS, &sha256(encrypted.as_slice()).map_err(unreadable)?)?;
        if let Some(passphrase) = passphrase {
            keys = open(&encrypted, passphrase).ok_or_else(|| BackupError::WrongKeyPassphrase(path.to_owned()))?;
        }
    }
    entries.end()?;
    Ok(Extracted { manifest, keys, sealed: false })
}

/// The SHA-256 of what is left to read, in hex.
fn sha256(mut from: impl Read) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(hex::text(context.finish().as_ref())),
            length => context.update(&buffer[..length]),
        }
    }
}

fn check_seal(path: &Path, file: &mut File) -> Result<(), BackupError> {
    let unreadable = |cause| BackupError::reading(path, cause);
    let length = file.metadata().map_err(unreadable)?.len();
    let Some(sealed) = length.checked_sub(SEAL as u64) else {
        return Err(BackupError::damaged(path, "it is too short for a backup"));
    };
    let found = sha256(file.by_ref().take(sealed)).map_err(unreadable)?;
    file.seek(SeekFrom::Start(sealed)).map_err(unreadable)?;
    let mut seal = Vec::new();
    file.take(SEAL as u64).read_to_end(&mut seal).map_err(unreadable)?;
    if seal != format!("sha256 {found}\n").as_bytes() {
        return Err(BackupError::damaged(path, "its content does not fit its checksum, or it is cut off"));
    }
    file.rewind().map_err(unreadable)
}

fn expect_hash(path: &Path, manifest: &Manifest, name: &str, found: &str) -> Result<(), BackupError> {
    if manifest.sha256.get(name).is_some_and(|expected| expected == found) {
        return Ok(());
    }
    Err(BackupError::damaged(path, format!("{name} does not fit the manifest")))
}

/// Decrypts the keys. `None` if the passphrase is another one, or they were changed.
fn open(encrypted: &[u8], passphrase: &str) -> Option<KeyFiles> {
    let rest = encrypted.strip_prefix(MAGIC)?;
    let (salt, rest) = rest.split_first_chunk::<SALT>()?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
    let mut bytes = Zeroizing::new(rest.to_vec());
    let key: Zeroizing<[u8; 32]> = derive_key(passphrase.as_bytes(), salt).ok()?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).ok()?);
    let plain = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(MAGIC), &mut bytes).ok()?;
    let files: BTreeMap<String, String> = serde_json::from_slice(plain).ok()?;
    Some(KeyFiles(files.into_iter().map(|(name, content)| (name, Zeroizing::new(content))).collect()))
}
