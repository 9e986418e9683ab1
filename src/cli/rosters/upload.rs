//! Files on their way to whoever plans the import: a part at a time, and only as they were when it began.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::app::rosters::records::Bytes;
use crate::cli::Failure;

/// How much of a file is sent at once: in base64 it fits into a line of the control socket.
const PART: usize = 40 << 10;
/// The most bytes of a file: the service takes no more.
const MOST: u64 = 64 << 20;
/// What the folder of a database in a dump holds.
const USERS: [&str; 2] = ["users.bson", "users.bson.gz"];
/// The most files of a folder.
const MOST_FILES: usize = 64;

/// The files that a path names: itself, or those in the folder that are not hidden.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let refused = |error: std::io::Error| {
        Failure::Other(format!(
            "{} cannot be read ({error}): name a CSV file, or a folder or zip of them",
            path.display()
        ))
    };
    if !fs::metadata(path).map_err(refused)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut files, mut dumps) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(path).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && fs::metadata(entry.path()).is_ok_and(|found| !found.is_dir()) {
            files.push(entry.path());
        } else if USERS.iter().any(|users| entry.path().join(users).exists()) {
            dumps.push(entry.path());
        }
        if files.len() > MOST_FILES {
            return Err(Failure::Other(format!(
                "{} holds more than {MOST_FILES} files: put those of the roster into a folder of their own",
                path.display()
            )));
        }
    }
    // What mongodump writes is a folder of a folder for each database.
    match dumps.as_slice() {
        [dump] if files.iter().all(|file| file.file_stem().is_some_and(|stem| stem == "prelude")) => {
            return self::files(dump);
        }
        [_, _, ..] => {
            return Err(Failure::Other(format!(
                "{} holds the users of several databases: name the folder of one of them",
                path.display()
            )));
        }
        _ => {}
    }
    if files.is_empty() {
        return Err(Failure::Other(format!(
            "{} holds no files: `ocariot-users import template FOLDER` writes empty ones",
            path.display()
        )));
    }
    files.sort();
    Ok(files)
}

/// Hands a file on, a part at a time.
pub(super) fn send(path: &Path, mut take: impl FnMut(String, Bytes) -> Result<(), Failure>) -> Result<(), Failure> {
    let refused = |error: std::io::Error| {
        Failure::Other(format!("{} cannot be read ({error}), and nothing was changed", path.display()))
    };
    let before = fs::metadata(path).map_err(refused)?;
    if !before.is_file() {
        return Err(Failure::Other(format!(
            "{} is no file: name a CSV file, or a folder or zip of them",
            path.display()
        )));
    }
    if before.len() > MOST {
        return Err(Failure::Other(format!(
            "{} is larger than {} MiB: import it in several parts",
            path.display(),
            MOST >> 20
        )));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut file = File::open(path).map_err(refused)?;
    let mut sent = 0;
    loop {
        let mut part = Vec::with_capacity(PART);
        file.by_ref().take(PART as u64).read_to_end(&mut part).map_err(refused)?;
        let length = part.len();
        if length > 0 || sent == 0 {
            take(name.clone(), Bytes(part))?;
        }
        sent += length as u64;
        if length < PART || sent > MOST {
            break;
        }
    }
    let state = |found: &Metadata| (found.ino(), found.len(), found.mtime(), found.mtime_nsec());
    let after = file.metadata().map_err(refused)?;
    if state(&before) != state(&after) || sent != after.len() {
        return Err(Failure::Other(format!(
            "{} was changed while it was read, and nothing was imported: let it be finished, and try again",
            path.display()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_changed_while_it_is_read_is_no_file_to_import() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("children.csv");
        let text = "username\n".repeat(PART / 4);
        let changes: [fn(&Path); 4] = [
            |path| fs::write(path, "username\n").unwrap(),
            |path| fs::write(path, "X".repeat(PART * 5)).unwrap(),
            |path| File::options().write(true).open(path).unwrap().set_len(PART as u64).unwrap(),
            |path| fs::File::open(path).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap(),
        ];
        for change in changes {
            fs::write(&path, &text).unwrap();
            let mut parts = 0;
            let sent = send(&path, |_, _| {
                parts += 1;
                if parts == 1 {
                    change(&path);
                }
                Ok(())
            });
            let Err(Failure::Other(words)) = sent else { panic!("it was sent") };
            assert!(words.contains("was changed while it was read, and nothing was imported"), "{words}");
        }
        fs::write(&path, &text).unwrap();
        let mut whole = Vec::new();
        send(&path, |_, part| {
            whole.extend(part.0);
            Ok(())
        })
        .unwrap();
        assert_eq!(whole, text.as_bytes());
    }
}
