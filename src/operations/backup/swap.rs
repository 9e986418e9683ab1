//! Exchanging a data folder's files so that a crash at any moment leaves the old ones or the new ones.
//!
//! The new files are made ready in a folder beside the old ones, with links to the old ones. Giving that folder its
//! final name is the moment at which the restore has happened: whoever holds the data folder next moves its files
//! to their places, however often he is killed on the way.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::keys;
use crate::operations::exchange::{BEFORE, NEW, READY, finish, sync};
use crate::operations::files::{DATABASE, JOURNALS};

/// What the folders begin with that are not ready yet.
const STAGING: &str = ".restore-";

/// A folder in which new files are made ready; removed when dropped.
pub(super) struct Staging {
    folder: tempfile::TempDir,
}

impl Staging {
    /// Makes one in `parent`, and removes those that were never finished.
    pub(super) fn make(parent: &Path) -> io::Result<Self> {
        for entry in fs::read_dir(parent)?.filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(STAGING) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Self::make_in(parent)
    }

    /// Makes one among files that are not ours.
    pub(super) fn make_in(parent: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(STAGING).tempdir_in(parent)?;
        fs::DirBuilder::new().mode(0o700).create(folder.path().join(NEW))?;
        Ok(Self { folder })
    }

    /// Where the new files go.
    pub(super) fn new_files(&self) -> PathBuf {
        self.folder.path().join(NEW)
    }

    /// A place to look at things in.
    pub(super) fn scratch(&self) -> io::Result<PathBuf> {
        let path = self.folder.path().join("scratch");
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(path)
    }

    /// Puts the new files in the place of those in `data`, which are kept. Returns where, if there were any.
    pub(super) fn commit(self, data: &Path, stamp: &str) -> io::Result<Option<PathBuf>> {
        match fs::remove_dir_all(self.folder.path().join("scratch")) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let name = format!("{BEFORE}{stamp}");
        let before = self.folder.path().join(&name);
        fs::DirBuilder::new().mode(0o700).create(&before)?;
        let old = [DATABASE].into_iter().chain(JOURNALS).chain(keys::FILES.map(|(name, _)| name));
        for file in old.filter(|file| data.join(file).exists()) {
            keep(&data.join(file), &before.join(file), |from, to| fs::hard_link(from, to))?;
        }
        let kept = fs::read_dir(&before)?.next().is_some();
        if !kept {
            fs::remove_dir(&before)?;
        }
        for file in fs::read_dir(self.new_files())? {
            File::open(file?.path())?.sync_all()?;
        }
        for folder in [self.new_files(), before].into_iter().filter(|folder| folder.exists()) {
            sync(&folder)?;
        }
        sync(self.folder.path())?;
        fs::rename(self.folder.path(), data.join(READY))?;
        // What was renamed is not to be removed.
        let _ = self.folder.keep();
        sync(data)?;
        finish(data)?;
        Ok(kept.then(|| data.join(name)))
    }
}

/// Keeps a file under another name. Some file systems of memory sticks know no links: then a copy is on disk when this
/// returns.
fn keep(from: &Path, to: &Path, link: impl FnOnce(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    link(from, to).or_else(|_| {
        fs::copy(from, to)?;
        File::open(to)?.sync_all()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_links_fail_what_was_there_is_kept_as_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let [from, link, copy] = ["from", "link", "copy"].map(|name| folder.path().join(name));
        fs::write(&from, "before").unwrap();
        keep(&from, &link, |from, to| fs::hard_link(from, to)).unwrap();
        keep(&from, &copy, |_, _| Err(ErrorKind::Unsupported.into())).unwrap();
        fs::remove_file(&from).unwrap();
        assert_eq!([link, copy].map(|path| fs::read_to_string(path).unwrap()), ["before", "before"]);
    }
}
