//! Exchanging a data folder's files so that a crash at any moment leaves the old ones or the new ones.
//!
//! The new files are made ready in a folder beside the old ones, with links to the old ones. Giving that folder its
//! final name is the moment at which the restore has happened: whoever holds the data folder next moves its files
//! to their places, however often he is killed on the way.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::keys;
use crate::operations::exchange::{BEFORE, NEW, READY, finish, sync};
use crate::operations::files::{DATABASE, JOURNALS};

/// What the folders begin with that are not ready yet.
const STAGING: &str = ".restore-";
/// What ends the names of those that keep what was there, as it is read and as it is written.
const TIME: &str = "%Y%m%dT%H%M%S%.fZ";
const WRITTEN: &str = "%Y%m%dT%H%M%S%.3fZ";

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
    pub(super) fn commit(self, data: &Path, now: Timestamp) -> io::Result<Option<PathBuf>> {
        match fs::remove_dir_all(self.folder.path().join("scratch")) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let name = name_after(fs::read_dir(data)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()), now);
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

/// What is kept is called after the time, and later than all that was kept before, whatever the clock was then.
fn name_after(there: impl Iterator<Item = String>, now: Timestamp) -> String {
    let time_in = |name: String| DateTime::strptime(TIME, name.strip_prefix(BEFORE)?).ok();
    let newest = there.filter_map(time_in).max();
    let now = TimeZone::UTC.to_datetime(now);
    let next = newest.and_then(|newest| newest.checked_add(1.millisecond()).ok());
    format!("{BEFORE}{}", next.map_or(now, |next| next.max(now)).strftime(WRITTEN))
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
    fn what_is_kept_is_called_later_than_what_was_kept_before() {
        let now: Timestamp = "2026-03-10T12:00:00.5Z".parse().unwrap();
        let name = |there: &[&str]| name_after(there.iter().map(|name| (*name).to_owned()), now);
        assert_eq!(name(&[]), "pre-restore-20260310T120000.500Z");
        assert_eq!(
            name(&["ocariot.db", "pre-restore-mine", "pre-restore-20250310T120000.000Z"]),
            "pre-restore-20260310T120000.500Z"
        );
        let ahead = ["pre-restore-20990310T120000.000Z", "pre-restore-20260310T120000.500Z"];
        assert_eq!(name(&ahead), "pre-restore-20990310T120000.001Z", "the clock was ahead");
    }

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
