//! The data folder: who may open it, who holds it, and how files get into it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::StartError;
use super::exchange::finish;
use super::files::DATABASE;
use super::held::Held;
use crate::app::FirstAdmin;
use crate::config::without_mark;

/// The first administrator's password, until somebody deletes it.
pub(crate) const FIRST_PASSWORD: &str = "initial-admin-password";

const FIRST_PASSWORD_FILE: &str = "file for the first password";

/// A data folder that this process holds until it is dropped.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    /// The folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
    _lock: Held,
}

/// A start that was refused leaves no empty folder behind.
impl Drop for DataFolder {
    fn drop(&mut self) {
        // One that holds something stays, and those around it do.
        let _ = self.made.iter().try_for_each(fs::remove_dir);
    }
}

impl DataFolder {
    /// Holds the folder if it is there, and completes a restore that was interrupted.
    ///
    /// # Errors
    /// If it cannot be read, or another process holds it.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, StartError> {
        let refused = |cause| StartError::Folder { folder: path.to_owned(), cause };
        let folder = match File::open(path) {
            Ok(folder) => folder,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(refused(cause)),
        };
        if !folder.metadata().map_err(refused)?.is_dir() {
            return Err(StartError::NoFolder(path.to_owned()));
        }
        match Held::hold(folder) {
            Ok(held) => {
                finish(path).map_err(refused)?;
                Ok(Some(Self { path: path.to_owned(), made: Vec::new(), _lock: held }))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(StartError::FolderInUse(path.to_owned())),
            Err(cause) => Err(refused(cause)),
        }
    }

    /// Makes the folder, for its owner alone, and holds it.
    ///
    /// # Errors
    /// If it cannot be made, or another process holds it.
    pub(crate) fn create(path: &Path) -> Result<Self, StartError> {
        let refused = |cause| StartError::Folder { folder: path.to_owned(), cause };
        let absent = path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).count();
        let made: Vec<_> = path.ancestors().take(absent).map(Path::to_owned).collect();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(refused)?;
        // A power cut must not take a folder away with all that is in it.
        path.ancestors().skip(1).take(absent).try_for_each(sync_folder).map_err(refused)?;
        let mut folder = Self::find(path)?.ok_or_else(|| refused(ErrorKind::NotFound.into()))?;
        folder.made = made;
        Ok(folder)
    }

    /// Closes the folder to everybody but its owner, and makes sure that it can be written.
    ///
    /// # Errors
    /// If this user may not.
    pub(crate) fn claim(&self) -> Result<(), StartError> {
        let refused = |cause: io::Error| StartError::Folder { folder: self.path.clone(), cause };
        if fs::metadata(&self.path).map_err(refused)?.mode() & 0o077 != 0 {
            fs::set_permissions(&self.path, Permissions::from_mode(0o700)).map_err(refused)?;
        }
        rustix::fs::access(&self.path, rustix::fs::Access::WRITE_OK).map_err(|error| refused(error.into()))
    }

    /// Where it is.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where its database is.
    #[must_use]
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
}

/// Removes the data folder of a service that was killed. Leaves alone what is somebody else's, in use, or not yet
/// filled by a service that starts just now.
pub fn remove_abandoned(path: &Path) {
    let ours = fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_dir() && found.uid() == rustix::process::geteuid().as_raw());
    if !ours || !path.join(DATABASE).exists() {
        return;
    }
    if let Ok(Some(_held)) = DataFolder::find(path)
        && let Err(error) = fs::remove_dir_all(path)
    {
        tracing::warn!(%error, folder = %path.display(), "An abandoned folder cannot be removed");
    }
}

/// Reads a file of secrets, which nobody but its owner may be able to read. `None` if there is none.
pub(crate) fn read_secret(what: &'static str, path: &Path) -> Result<Option<String>, StartError> {
    // A pipe of this name would be waited for.
    let opened = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(StartError::file(what, path, cause)),
    };
    let metadata = file.metadata().map_err(|cause| StartError::file(what, path, cause))?;
    if !metadata.is_file() {
        return Err(StartError::not(what, path, "a file"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(StartError::Exposed { what, path: path.to_owned() });
    }
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) => {
            text.drain(..text.len() - without_mark(&text).len());
            Ok(Some(text))
        }
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(StartError::not(what, path, "text")),
        Err(cause) => Err(StartError::file(what, path, cause)),
    }
}

/// As [`read_secret`], of a file that a setting names and that must be there.
pub(crate) fn read_given_secret(what: &'static str, path: &Path) -> Result<String, StartError> {
    read_secret(what, path)?.ok_or_else(|| StartError::file(what, path, ErrorKind::NotFound.into()))
}

/// Writes a file whole or not at all, on disk when this returns.
pub(crate) fn write_file(what: &'static str, path: &Path, mode: u32, content: &str) -> Result<(), StartError> {
    write_durably(path, mode, content).map_err(|cause| StartError::file(what, path, cause))
}

fn write_durably(path: &Path, mode: u32, content: &str) -> io::Result<()> {
    let new = path.with_added_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&new)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// What was made in a folder, or renamed, is on disk when this returns.
pub(in crate::operations) fn sync_folder(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}

/// Gives what root made in another user's folder to that user, who could not use it otherwise.
///
/// # Errors
/// If the file system knows no owners, or the folder cannot be looked at.
pub(in crate::operations) fn give_to_owner_of(folder: &Path, made: &File) -> io::Result<()> {
    let owner = fs::metadata(folder)?;
    if rustix::process::geteuid().is_root()
        && (made.metadata()?.uid(), made.metadata()?.gid()) != (owner.uid(), owner.gid())
    {
        std::os::unix::fs::fchown(made, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

/// Writes the first administrator's password where only the owner of the folder finds it, on disk when this returns.
/// One that a start left there that was cut short before there was an administrator is replaced.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write_first_password(folder: &DataFolder, password: &str) -> Result<(), StartError> {
    let path = folder.path().join(FIRST_PASSWORD);
    write_file(FIRST_PASSWORD_FILE, &path, 0o600, &format!("{password}\n"))
}

/// Where the first administrator's password still is. Removes one that is nobody's: a start was cut short before there
/// was an administrator, and the next one was given a password.
///
/// # Errors
/// If that cannot be removed.
pub(crate) fn settle_first_password(folder: &DataFolder, admin: &FirstAdmin) -> Result<Option<PathBuf>, StartError> {
    let path = folder.path().join(FIRST_PASSWORD);
    match admin {
        FirstAdmin::Made { random_password: None, .. } => forget_first_password(&path).map(|()| None),
        FirstAdmin::Made { random_password: Some(_), .. } | FirstAdmin::Exists => Ok(path.exists().then_some(path)),
    }
}

/// Removes the first administrator's password, once somebody was shown it.
///
/// # Errors
/// If it cannot be removed.
pub fn forget_first_password(path: &Path) -> Result<(), StartError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(StartError::file(FIRST_PASSWORD_FILE, path, cause)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn the_folder_and_what_is_in_it_belong_to_their_owner_alone() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(&parent.path().join("a/data")).unwrap();
        assert_eq!(mode(folder.path()), 0o700);
        write_first_password(&folder, "secret").unwrap();
        let written = folder.path().join(FIRST_PASSWORD);
        assert_eq!(mode(&written), 0o600);
        assert_eq!(fs::read_to_string(written).unwrap(), "secret\n");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        folder.claim().unwrap();
        assert_eq!(mode(folder.path()), 0o700);
    }

    #[test]
    fn a_folder_that_was_made_and_stayed_empty_goes_again_with_those_around_it() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b/data");
        drop(DataFolder::create(&path).unwrap());
        assert!(!parent.path().join("a").exists() && parent.path().exists());
        let folder = DataFolder::create(&path).unwrap();
        write_first_password(&folder, "secret").unwrap();
        drop(folder);
        assert!(path.join(FIRST_PASSWORD).exists(), "one that holds something stays");
        fs::remove_file(path.join(FIRST_PASSWORD)).unwrap();
        drop(DataFolder::create(&path).unwrap());
        assert!(path.exists(), "so does one that was there before");
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("data");
        fs::write(&file, "no folder").unwrap();
        let error = DataFolder::find(&file).unwrap_err().to_string();
        assert!(error.contains("is no folder") && error.contains("--data-dir"), "{error}");
    }

    #[test]
    fn a_folder_is_held_by_one_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        assert!(DataFolder::find(&parent.path().join("absent")).unwrap().is_none());
        let first = DataFolder::find(parent.path()).unwrap();
        let error = DataFolder::find(parent.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("{} is in use", parent.path().display())), "{error}");
        drop(first);
        assert!(DataFolder::find(parent.path()).unwrap().is_some());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_refused_by_name() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("file"), "").unwrap();
        let error = DataFolder::create(&parent.path().join("file/data")).unwrap_err().to_string();
        assert!(error.contains("file/data cannot be used") && error.contains("--data-dir"), "{error}");
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("key");
        assert!(read_secret("key", &path).unwrap().is_none());
        write_file("key", &path, 0o600, "x").unwrap();
        assert_eq!(read_secret("key", &path).unwrap().as_deref(), Some("x"));
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let error = read_secret("key", &path).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        let pipe = parent.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        for none in [pipe.as_path(), parent.path()] {
            let error = read_secret("key", none).unwrap_err().to_string();
            assert!(error.contains("is not a file"), "{error}");
        }
    }
}
