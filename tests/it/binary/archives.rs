//! Archives as other people's programs make them: what is in one can be changed, and lies in it as before.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use age_encryption::secrecy::SecretString;
use serde_json::Value;

pub const PASSPHRASE: &str = "open sesame";

/// The tar file in a sealed archive.
pub fn unsealed(archive: &Path) -> Vec<u8> {
    let mut identity = age_encryption::scrypt::Identity::new(SecretString::from(PASSPHRASE));
    identity.set_max_work_factor(20);
    let compressed = age_encryption::decrypt(&identity, &fs::read(archive).unwrap()).unwrap();
    zstd::decode_all(compressed.as_slice()).unwrap()
}

/// Seals bytes with this much work.
pub fn sealed(content: &[u8], work: u8) -> Vec<u8> {
    let mut recipient = age_encryption::scrypt::Recipient::new(SecretString::from(PASSPHRASE));
    recipient.set_work_factor(work);
    age_encryption::encrypt(&recipient, content).unwrap()
}

pub fn compressed(tar: &[u8]) -> Vec<u8> {
    zstd::encode_all(tar, 1).unwrap()
}

/// The backup with another tar file, sealed under its passphrase.
pub fn resealed(backup: &Path, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut tar = unsealed(backup);
    change(&mut tar);
    let path = backup.with_file_name("changed.tar.zst.age");
    fs::write(&path, sealed(&compressed(&tar), 4)).unwrap();
    path
}

/// A readable archive of these bytes.
pub fn readable(backup: &Path, tar: &[u8]) -> PathBuf {
    let path = backup.with_file_name("readable.tar.zst");
    fs::write(&path, compressed(tar)).unwrap();
    path
}

/// Where the database's header is in a tar file.
pub fn database_at(tar: &[u8]) -> usize {
    (0..tar.len()).step_by(512).find(|at| tar[*at..].starts_with(b"ocariot.db\0")).unwrap()
}

pub fn header_at(tar: &[u8], at: usize) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes().copy_from_slice(&tar[at..at + 512]);
    header
}

pub fn manifest(tar: &[u8]) -> Value {
    let mut text = String::new();
    tar::Archive::new(tar).entries().unwrap().next().unwrap().unwrap().read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A tar file of these.
pub fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// A header alone that says what it likes of what follows.
pub fn header(name: &[u8], kind: tar::EntryType, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o600);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// A readable backup of the same, without keys, of a database in which something was changed.
pub fn repacked(backup: &Path, sql: &str) -> PathBuf {
    let tar = unsealed(backup);
    let start = database_at(&tar);
    let length = usize::try_from(header_at(&tar, start).size().unwrap()).unwrap();
    let work = tempfile::tempdir().unwrap();
    let changed = work.path().join("ocariot.db");
    fs::write(&changed, &tar[start + 512..start + 512 + length]).unwrap();
    rusqlite::Connection::open(&changed).unwrap().execute_batch(sql).unwrap();
    let mut manifest = manifest(&tar);
    manifest["keys"] = false.into();
    let (manifest, changed) = (manifest.to_string(), fs::read(&changed).unwrap());
    readable(backup, &tar_of(&[("manifest.json", manifest.as_bytes()), ("ocariot.db", &changed)]))
}

/// A frame of zstd (RFC 8878) of these bytes and so many zeros behind them, written by hand: to compress gigabytes takes long.
pub fn with_zeros(bytes: &[u8], zeros: u64) -> Vec<u8> {
    const LONGEST: u64 = 128 << 10;
    const RAW: u64 = 0;
    const REPEATED: u64 = 1;
    let block =
        |kind: u64, length: u64, last: bool| (u64::from(last) | kind << 1 | length << 3).to_le_bytes()[..3].to_vec();
    // Of an unknown length, with a window of 128 KiB.
    let mut frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3].to_vec();
    frame.extend([&block(RAW, bytes.len() as u64, false)[..], bytes].concat());
    for at in (0..zeros).step_by(usize::try_from(LONGEST).unwrap()) {
        let length = LONGEST.min(zeros - at);
        frame.extend([&block(REPEATED, length, at + length == zeros)[..], &[0]].concat());
    }
    frame
}
