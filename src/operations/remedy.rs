//! What helps with a part of a data folder that cannot be used: as words of a message, and as the command in it.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::files::JOURNALS;

/// What helps. Shown, it is the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Another file in the place of this one, which a setting names.
    Replace(PathBuf),
    /// Two others, which were made together, in the place of these.
    Pair(PathBuf, PathBuf),
    /// These files removed: the next start makes others. What that costs, as the end of a sentence.
    Remake(Vec<PathBuf>, &'static str),
    /// A backup in the place of what this data folder holds.
    Restore(PathBuf),
    /// The user let in.
    Allow(Denial),
    /// This file closed to others.
    Close(PathBuf),
    /// Whatever the disk needs.
    Disk,
}

impl Remedy {
    /// A backup for the folder that holds this database.
    pub(crate) fn restore_for(database: &Path) -> Self {
        Self::Restore(database.parent().unwrap_or(Path::new(".")).to_owned())
    }

    /// The command that does it, ready for a shell but for the file that is called FILE.
    #[must_use]
    pub fn command(&self) -> String {
        match self {
            Self::Replace(path) => format!("cp FILE {}   # FILE: the right one", quoted(path)),
            Self::Pair(one, other) => {
                format!("cp ONE {} && cp OTHER {}   # ONE and OTHER: made together", quoted(one), quoted(other))
            }
            Self::Remake(paths, _) => {
                format!("rm {}", paths.iter().map(|path| quoted(path)).collect::<Vec<_>>().join(" "))
            }
            Self::Restore(folder) => verb("restore FILE", folder),
            Self::Allow(denial) => denial.command(),
            Self::Close(path) => format!("chmod 600 {}", quoted(path)),
            Self::Disk => "dmesg | tail   # what the disk said".to_owned(),
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replace(_) => f.write_str("put the right file there, or leave out the setting that names it"),
            Self::Pair(..) => f.write_str("give two files that were made together"),
            Self::Remake(_, price) => write!(f, "run `{}`, and the next start makes another; {price}", self.command()),
            Self::Restore(_) => write!(f, "restore a backup with `{}`", self.command()),
            Self::Allow(denial) => write!(f, "{denial}"),
            Self::Close(_) => write!(f, "run `{}`", self.command()),
            Self::Disk => f.write_str("look after the disk (`dmesg` tells more), then try again"),
        }
    }
}

/// What keeps this user from a file: the file itself, or a folder on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    closed: PathBuf,
    folder: bool,
    /// Whose it is, if it is another user's.
    owner: Option<u32>,
}

impl Denial {
    /// Of a file that could not be used.
    pub(crate) fn of(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let found = path.ancestors().find_map(|part| Some((part, std::fs::metadata(part).ok()?)));
        let Some((closed, metadata)) = found else {
            return Self { closed: path, folder: false, owner: None };
        };
        let owner = Some(metadata.uid()).filter(|owner| *owner != me());
        Self { closed: closed.to_owned(), folder: metadata.is_dir(), owner }
    }

    fn command(&self) -> String {
        let closed = quoted(&self.closed);
        match (self.owner, self.folder) {
            (Some(_), _) => format!("sudo chown {} {closed}", me()),
            (None, false) => format!("chmod u+rw {closed}"),
            (None, true) => format!("chmod u+rwx {closed}"),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(owner) = self.owner {
            write!(
                f,
                "{} belongs to the user with the number {owner}, and this one has {}: ",
                self.closed.display(),
                me()
            )?;
        }
        write!(f, "run `{}`", self.command())
    }
}

/// The first of these that this user may not read and write, if there is one.
pub(crate) fn denied(paths: &[PathBuf]) -> Option<&PathBuf> {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    let may = |path: &PathBuf| accessat(CWD, path, Access::READ_OK | Access::WRITE_OK, AtFlags::EACCESS);
    paths.iter().find(|path| may(path) == Err(rustix::io::Errno::ACCESS))
}

/// What SQLite opens of a database.
pub(crate) fn files_of(database: &Path) -> Vec<PathBuf> {
    std::iter::once(database.to_owned()).chain(JOURNALS.map(|name| database.with_file_name(name))).collect()
}

fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// A command of this program about a data folder.
pub(crate) fn verb(words: &str, folder: &Path) -> String {
    let (words, remark) = match words.split_once("   # ") {
        Some((words, remark)) => (words, format!("   # {remark}")),
        None => (words, String::new()),
    };
    format!("ocariot-users {words} --data-dir {}{remark}", quoted(folder))
}

/// A path as a shell reads it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | ',' | ':');
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_stays_behind_all_that_a_shell_reads() {
        let command = verb("backup now --to FOLDER   # of another disk", Path::new("/srv/a b"));
        assert_eq!(command, "ocariot-users backup now --to FOLDER --data-dir '/srv/a b'   # of another disk");
        assert_eq!(verb("doctor", Path::new("/data")), "ocariot-users doctor --data-dir /data");
    }

    #[test]
    fn paths_are_as_a_shell_reads_them() {
        assert_eq!(quoted(Path::new("/var/lib/a-b")), "/var/lib/a-b");
        assert_eq!(quoted(Path::new("/it's here")), r"'/it'\''s here'");
    }
}
