//! Files that come in a zip, or compressed with gzip: taken out in memory, never by the paths that stand in it, and never
//! more than there may be.

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use crate::app::rosters::read::{Files, MOST_BYTES, MOST_FILES};
use crate::app::rosters::rows::Problems;

/// The most characters of a file's name.
const LONGEST_NAME: usize = 256;

/// Names of files that belong to a spreadsheet program's own file, which is a zip too.
const WORKBOOKS: [&str; 2] = ["[Content_Types].xml", "mimetype"];

/// The files themselves, and in place of each zip the files in it.
pub(in crate::app::rosters) fn expanded(files: Files, problems: &mut Problems) -> Files {
    let mut all = Files::new();
    for (name, bytes) in files {
        if !bytes.starts_with(b"PK\x03\x04") || !name.to_ascii_lowercase().ends_with(".zip") {
            insert(&mut all, name, bytes, problems);
            continue;
        }
        match unpacked(&bytes) {
            Ok(inner) => inner.into_iter().for_each(|(name, bytes)| insert(&mut all, name, bytes, problems)),
            Err(message) => problems.file(&name, message),
        }
    }
    all
}

/// Whether a file may be called so: not too long for what is told of it, and by letters that can be seen.
pub(in crate::app::rosters) fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= LONGEST_NAME
        && !name.contains(['/', '\\'])
        && !name.contains(char::is_control)
}

fn insert(all: &mut Files, name: String, bytes: Vec<u8>, problems: &mut Problems) {
    let held: usize = all.values().map(Vec::len).sum();
    let (name, bytes) = match bytes.starts_with(b"\x1f\x8b") {
        true => match inflated(&bytes, MOST_BYTES.saturating_sub(held)) {
            Ok(inflated) => (without_gz(name), inflated),
            Err(message) => return problems.file(&name, message),
        },
        false => (name, bytes),
    };
    if !is_file_name(&name) {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
        problems.file(&shown, "the file's name is very long, or holds characters that cannot be seen: give it another");
    } else if all.contains_key(&name) {
        problems.file(&name, "there are two files of this name: leave one of them out");
    } else if held + bytes.len() > MOST_BYTES || all.len() >= MOST_FILES {
        problems.file(&name, too_much());
    } else {
        all.insert(name, bytes);
    }
}

/// A file's name without the ending of gzip.
fn without_gz(name: String) -> String {
    match name.len().checked_sub(3).filter(|at| name.is_char_boundary(*at)).map(|at| name.split_at(at)) {
        Some((stem, ending)) if ending.eq_ignore_ascii_case(".gz") => stem.to_owned(),
        _ => name,
    }
}

fn inflated(bytes: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(most as u64 + 1).read_to_end(&mut content);
    read.map_err(|error| format!("this gzip cannot be read ({error}): make it anew"))?;
    if content.len() > most {
        return Err(too_much());
    }
    Ok(content)
}

fn too_much() -> String {
    format!("unpacked there are more than {MOST_FILES} files or {} MiB: import them in several parts", MOST_BYTES >> 20)
}

fn unpacked(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let damaged = |error: &dyn std::fmt::Display| format!("this zip cannot be read ({error}): make it anew");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    // Folders, and what a Mac adds, count too.
    if archive.len() > 4 * MOST_FILES {
        return Err(too_much());
    }
    let (mut files, mut held) = (Vec::new(), 0);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| damaged(&error))?;
        let path = entry.name().map_err(|error| damaged(&error))?.replace('\\', "/");
        if WORKBOOKS.contains(&path.as_str()) {
            return Err("this is a spreadsheet program's own file: save it as CSV UTF-8 there".to_owned());
        }
        let base = path.rsplit('/').next().unwrap_or_default();
        if entry.is_dir() || base.is_empty() || base.starts_with('.') || path.starts_with("__MACOSX/") {
            continue;
        }
        let mut content = Vec::new();
        // Whatever the head of the entry says: no more than there may be is unpacked.
        let most = (MOST_BYTES - held + 1) as u64;
        entry.by_ref().take(most).read_to_end(&mut content).map_err(|error| damaged(&error))?;
        held += content.len();
        if held > MOST_BYTES || files.len() >= MOST_FILES {
            return Err(too_much());
        }
        if content.starts_with(b"PK\x03\x04") {
            return Err("it holds another zip or a spreadsheet program's own file: import the CSV files".to_owned());
        }
        files.push((base.to_owned(), content));
    }
    Ok(files)
}
