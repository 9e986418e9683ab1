//! What lies on the desk: uploads, whose files are on disk under no name, so that nothing of them outlives the program,
//! and the one plan that may be applied. What nobody asks for any more is forgotten.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::app::poured::Poured;
use crate::app::rosters::plan::Plan;
use crate::app::rosters::read::{Files, MOST_BYTES, MOST_FILES, is_file_name};
use crate::app::rosters::records::{AppliedRecord, MadeUp};
use crate::model::{Error, ImportConflict, Invalid, Kind, PasswordHash, Unavailable};

/// How long something lies there untouched.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// The most uploads: for another, the one that was not asked for the longest is forgotten.
const MOST_UPLOADS: usize = 8;
/// The most files that arrive at the same time.
const MOST_ARRIVING: usize = 8;

/// The desk.
pub(in crate::app) struct Desk {
    /// Where files are while they are uploaded.
    folder: PathBuf,
    state: Mutex<State>,
    /// Every file that arrives holds it, too.
    arriving: Arc<()>,
}

#[derive(Default)]
struct State {
    uploads: BTreeMap<String, Upload>,
    plan: Option<Kept>,
}

#[derive(Default)]
struct Upload {
    touched: Timestamp,
    files: BTreeMap<String, Poured>,
    applied: Option<AppliedRecord>,
}

/// Files that lie on disk, and can be read even if their upload is forgotten meanwhile.
pub(in crate::app::rosters) struct Lying(BTreeMap<String, Poured>);

impl Lying {
    /// Reads them. Blocks.
    ///
    /// # Errors
    /// `Unavailable` if the disk refuses.
    pub(in crate::app::rosters) fn read(self) -> Result<Files, Error> {
        self.0.into_iter().map(|(name, poured)| Ok((name, poured.read(MOST_BYTES)?))).collect()
    }
}

/// A file that arrives.
pub struct Pouring {
    name: String,
    poured: Poured,
    _arriving: Arc<()>,
}

impl Pouring {
    /// The most bytes that it may have.
    #[must_use]
    pub fn limit(&self) -> usize {
        MOST_BYTES
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `Unavailable` if the disk refuses them.
    pub async fn add(&mut self, part: impl AsRef<[u8]> + Send + 'static) -> Result<(), Error> {
        let mut poured = self.poured.clone();
        let written = tokio::task::spawn_blocking(move || poured.add(part.as_ref()).map(|()| poured)).await;
        self.poured = written.map_err(Error::internal)??;
        Ok(())
    }
}

/// A plan that may be applied.
struct Kept {
    name: String,
    upload: String,
    touched: Timestamp,
    plan: Arc<Plan>,
    hashes: Arc<Mutex<Hashes>>,
}

/// The password hashes of a plan, as far as they are computed.
#[derive(Default)]
pub(in crate::app::rosters) struct Hashes {
    /// By the number of the user's item.
    pub(in crate::app::rosters) done: Arc<BTreeMap<usize, PasswordHash>>,
    /// What was made up.
    pub(in crate::app::rosters) made_up: Vec<MadeUp>,
    /// How much of that was told.
    pub(in crate::app::rosters) told: usize,
}

/// What is to be known of an upload.
pub(in crate::app::rosters) struct Shown {
    pub(in crate::app::rosters) files: Vec<(String, u64)>,
    pub(in crate::app::rosters) plan: Option<String>,
    pub(in crate::app::rosters) done: usize,
    pub(in crate::app::rosters) total: usize,
    pub(in crate::app::rosters) applied: Option<AppliedRecord>,
}

impl Desk {
    /// A desk whose uploads are in this folder.
    pub(in crate::app) fn new(folder: PathBuf) -> Self {
        Self { folder, state: Mutex::default(), arriving: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to take a file.
    ///
    /// # Errors
    /// `Invalid` if it cannot be called so, or there are too many; `Unavailable` if the disk refuses.
    pub(in crate::app::rosters) fn begin(&self, now: Timestamp, upload: &str, file: &str) -> Result<Pouring, Error> {
        if !is_file_name(file) {
            return Err(wrong("this is no name of a file: give it one of 1 to 256 characters, such as children.csv"));
        }
        let arriving = Arc::clone(&self.arriving);
        if Arc::strong_count(&arriving) > 1 + MOST_ARRIVING {
            return Err(Error::Unavailable(Unavailable::StoreBusy));
        }
        let pouring = Pouring { name: file.to_owned(), poured: Poured::new(&self.folder)?, _arriving: arriving };
        require_room(self.state().upload(now, upload), file, 0)?;
        Ok(pouring)
    }

    /// Takes a file that has arrived, in place of one of the same name. A plan of the upload is not that of its files
    /// any more.
    ///
    /// # Errors
    /// `Invalid` if there are too many files, or they are too long together.
    pub(in crate::app::rosters) fn end(&self, now: Timestamp, upload: &str, file: Pouring) -> Result<(), Error> {
        let mut state = self.state();
        let files = state.upload(now, upload);
        require_room(files, &file.name, file.poured.bytes())?;
        files.files.insert(file.name, file.poured);
        state.plan.take_if(|kept| kept.upload == upload);
        Ok(())
    }

    /// Takes the next part of a file.
    ///
    /// # Errors
    /// As [`Desk::begin`] and [`Desk::end`].
    pub(in crate::app::rosters) fn put(
        &self,
        now: Timestamp,
        upload: &str,
        file: String,
        part: &[u8],
    ) -> Result<(), Error> {
        let held = self.state().upload(now, upload).files.get(&file).cloned();
        let mut poured = held.map_or_else(|| Poured::new(&self.folder), Ok)?;
        poured.add(part)?;
        self.end(now, upload, Pouring { name: file, poured, _arriving: Arc::clone(&self.arriving) })
    }

    /// Makes an upload if there is none: one of a plan that needs no files.
    pub(in crate::app::rosters) fn open(&self, now: Timestamp, upload: &str) {
        self.state().upload(now, upload);
    }

    /// The files of an upload.
    ///
    /// # Errors
    /// `NotFound` if it is not there any more.
    pub(in crate::app::rosters) fn files(&self, now: Timestamp, upload: &str) -> Result<Lying, Error> {
        let mut state = self.state();
        let found = state.uploads.get_mut(upload).ok_or(Error::NotFound(Kind::Upload))?;
        found.touched = now;
        Ok(Lying(found.files.clone()))
    }

    /// What is known of an upload.
    pub(in crate::app::rosters) fn shown(&self, now: Timestamp, upload: &str) -> Option<Shown> {
        let mut state = self.state();
        let State { uploads, plan } = &mut *state;
        let found = uploads.get_mut(upload)?;
        found.touched = now;
        let kept = plan.as_mut().filter(|kept| kept.upload == upload);
        let (plan, done, total) = match kept {
            Some(kept) => {
                kept.touched = now;
                let hashes = kept.hashes.lock().unwrap_or_else(PoisonError::into_inner);
                (Some(kept.name.clone()), hashes.done.len(), kept.plan.users().count())
            }
            None => (None, 0, 0),
        };
        let files = found.files.iter().map(|(name, poured)| (name.clone(), poured.bytes())).collect();
        Some(Shown { files, plan, done, total, applied: found.applied.clone() })
    }

    /// Forgets an upload, and its plan.
    pub(in crate::app::rosters) fn forget(&self, upload: &str) {
        let mut state = self.state();
        state.uploads.remove(upload);
        state.plan.take_if(|kept| kept.upload == upload);
    }

    /// Forgets the files of an upload, and not its plan.
    pub(in crate::app::rosters) fn forget_files(&self, upload: &str) {
        self.state().uploads.remove(upload);
    }

    /// Keeps the plan of an upload, in place of whatever plan there was: what it holds is in memory.
    pub(in crate::app::rosters) fn keep(&self, now: Timestamp, (name, upload): (String, String), plan: Arc<Plan>) {
        self.state().plan = Some(Kept { name, upload, touched: now, plan, hashes: Arc::default() });
    }

    /// Forgets the plan of an upload.
    pub(in crate::app::rosters) fn forget_plan(&self, upload: &str) {
        self.state().plan.take_if(|kept| kept.upload == upload);
    }

    /// The plan of this name and its password hashes.
    ///
    /// # Errors
    /// `Conflict` if it is not there any more.
    pub(in crate::app::rosters) fn plan(
        &self,
        now: Timestamp,
        name: &str,
    ) -> Result<(Arc<Plan>, Arc<Mutex<Hashes>>), Error> {
        match &mut self.state().plan {
            Some(kept) if kept.name == name => {
                kept.touched = now;
                Ok((Arc::clone(&kept.plan), Arc::clone(&kept.hashes)))
            }
            _ => Err(ImportConflict::NoPlan.into()),
        }
    }

    /// The passwords that were made up for the plan of an upload.
    pub(in crate::app::rosters) fn made_up(&self, upload: &str) -> Vec<MadeUp> {
        let state = self.state();
        let kept = state.plan.as_ref().filter(|kept| kept.upload == upload);
        kept.map(|kept| kept.hashes.lock().unwrap_or_else(PoisonError::into_inner).made_up.clone()).unwrap_or_default()
    }

    /// Forgets a plan that is applied, and that its upload was.
    pub(in crate::app::rosters) fn applied(&self, now: Timestamp, plan: &str, record: &AppliedRecord) {
        let mut state = self.state();
        let kept = state.plan.take_if(|kept| kept.name == plan);
        if let Some(upload) = kept.and_then(|kept| state.uploads.get_mut(&kept.upload)) {
            upload.touched = now;
            upload.applied = Some(record.clone());
        }
    }

    /// Forgets a plan that cannot be applied any more.
    pub(in crate::app::rosters) fn clear(&self, plan: &str) {
        self.state().plan.take_if(|kept| kept.name == plan);
    }

    /// Forgets what nobody asked for lately, or before the clock was set back. To be done about once a minute.
    pub(in crate::app) fn forget_old(&self, now: Timestamp) {
        let is_old = |touched: Timestamp| now.duration_since(touched).abs() > FORGOTTEN_AFTER;
        let mut state = self.state();
        state.uploads.retain(|_, upload| !is_old(upload.touched));
        state.plan.take_if(|kept| is_old(kept.touched));
    }
}

impl State {
    /// An upload, which is made if there is none.
    fn upload(&mut self, now: Timestamp, name: &str) -> &mut Upload {
        if !self.uploads.contains_key(name) && self.uploads.len() >= MOST_UPLOADS {
            let oldest = self.uploads.iter().min_by_key(|(_, upload)| upload.touched).map(|(name, _)| name.clone());
            oldest.map(|oldest| self.uploads.remove(&oldest));
        }
        let upload = self.uploads.entry(name.to_owned()).or_default();
        upload.touched = now;
        upload
    }
}

/// Whether an upload has room for a file of so many bytes.
fn require_room(upload: &Upload, file: &str, bytes: u64) -> Result<(), Error> {
    let others = upload.files.iter().filter(|(name, _)| *name != file);
    let (count, held) = others.fold((0, 0), |(count, held), (_, poured)| (count + 1, held + poured.bytes()));
    if count >= MOST_FILES {
        return Err(wrong(&format!("there are more than {MOST_FILES} files: import them in several parts")));
    }
    if held + bytes > MOST_BYTES as u64 {
        let most = MOST_BYTES >> 20;
        return Err(wrong(&format!("the files are larger than {most} MiB together: import them in several parts")));
    }
    Ok(())
}

fn wrong(message: &str) -> Error {
    Invalid::Import(message.to_owned()).into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn desk() -> (tempfile::TempDir, Desk) {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::new(folder.path().to_owned());
        (folder, desk)
    }

    #[test]
    fn what_lies_there_is_forgotten_also_when_the_clock_was_set_back() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for (seconds, kept) in [(60, true), (-60, true), (3600, false), (-3600, false)] {
            let (_folder, desk) = desk();
            desk.put(now, "upload", "children.csv".to_owned(), b"username").unwrap();
            let later = now + SignedDuration::from_secs(seconds);
            desk.forget_old(later);
            assert_eq!(desk.files(later, "upload").is_ok(), kept, "{seconds}");
        }
    }

    #[test]
    fn of_many_files_that_arrive_at_the_same_time_some_wait() {
        let (_folder, desk) = desk();
        let now = Timestamp::UNIX_EPOCH;
        let begin = || desk.begin(now, "upload", "children.csv");
        let mut arriving: Vec<_> = (0..MOST_ARRIVING).map(|_| begin().unwrap()).collect();
        assert!(matches!(begin().err(), Some(Error::Unavailable(_))));
        drop(arriving.pop());
        begin().unwrap();
    }

    #[test]
    fn files_have_no_name_on_disk_and_the_oldest_uploads_make_room() {
        let (folder, desk) = desk();
        for number in 0..20 {
            let now = Timestamp::from_second(1_800_000_000 + number).unwrap();
            desk.put(now, &number.to_string(), "a.csv".to_owned(), b"one,").unwrap();
            desk.put(now, &number.to_string(), "a.csv".to_owned(), b"two").unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let now = Timestamp::from_second(1_800_000_100).unwrap();
        assert!(desk.files(now, "11").is_err());
        assert_eq!(desk.files(now, "12").unwrap().read().unwrap()["a.csv"], b"one,two");
    }
}
