//! Where uploads lie: each with its files, which have no name on disk, and as far as it has come. What nobody asks for any
//! more is forgotten.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::app::poured::Poured;
use crate::app::wearables::files::Watch;
use crate::app::wearables::questions::wrong;
use crate::app::wearables::records::{HealthAppliedRecord, HealthPlanRecord};
use crate::model::{Account, Child, Error, Id, ImportConflict, Kind, Role, Unavailable, Upload};

/// How long something lies there untouched.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// The most uploads of one user: a class, and a family's children.
const MOST_OF_ONE: usize = 40;
const MOST_OF_A_FAMILY: usize = 4;
/// The most uploads of all.
const MOST_UPLOADS: usize = 200;
/// The most files of one user that arrive at the same time: those among them whose connection broke are soon given up.
const MOST_ARRIVING: usize = 4;

/// Whose upload it is, and what its client calls it: nobody else knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::app::wearables) struct Key {
    /// Who uploads.
    pub(in crate::app::wearables) owner: Id<Account>,
    /// For whom.
    pub(in crate::app::wearables) child: Id<Child>,
    /// What it is called.
    pub(in crate::app::wearables) upload: Id<Upload>,
}

/// The shelf.
pub(in crate::app) struct Shelf {
    folder: PathBuf,
    pub(super) state: Arc<Mutex<State>>,
    /// One upload is read or stored at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// What a thread does first that reads.
    pub(super) on_thread_start: fn(),
}

pub(super) struct State {
    /// The most bytes of one user; all together have twice as many.
    most_bytes: u64,
    uploads: BTreeMap<Key, Lying>,
    /// Files on their way: whose, and how many bytes of each are there.
    pub(super) arriving: BTreeMap<u64, (Id<Account>, u64)>,
    /// The number of the next of them.
    next: u64,
}

/// An upload.
#[derive(Default)]
pub(super) struct Lying {
    touched: Timestamp,
    pub(super) files: BTreeMap<String, Poured>,
    stage: Stage,
    /// Why it has not come further.
    problem: Option<String>,
}

/// How far an upload has come.
#[derive(Default)]
enum Stage {
    /// Files come in.
    #[default]
    Waiting,
    /// It is read, or waits for its turn.
    Reading(Arc<Watch>),
    /// It cannot be read.
    Refused,
    /// It was read.
    Planned(Planned),
    /// It is stored: how much of it is.
    Applying(Planned, Arc<AtomicUsize>),
    /// It is stored. Its files are gone.
    Applied(HealthAppliedRecord),
}

/// What was read.
#[derive(Clone)]
pub(in crate::app::wearables) struct Planned {
    /// Names the plan.
    pub(in crate::app::wearables) name: String,
    pub(in crate::app::wearables) record: Arc<HealthPlanRecord>,
    /// As JSON.
    pub(in crate::app::wearables) reading: Poured,
}

/// What is to be known of an upload.
pub struct WearableUpload {
    /// Names of the files, and how long they are, in bytes.
    pub files: Vec<(String, u64)>,
    /// How far it is.
    pub stage: &'static str,
    /// How much of what it does now is done: bytes that are read, or things that are stored.
    pub done: u64,
    /// How much there is.
    pub total: u64,
    /// Why it has not come further.
    pub problem: Option<String>,
    /// What would be stored, with the plan's name, once that is known.
    pub plan: Option<(String, Arc<HealthPlanRecord>)>,
    /// What was stored, once it was.
    pub applied: Option<HealthAppliedRecord>,
}

pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    /// A shelf whose files are in this folder.
    pub(in crate::app) fn new(folder: PathBuf, most_bytes: u64, on_thread_start: fn()) -> Self {
        let state = State { most_bytes, uploads: BTreeMap::new(), arriving: BTreeMap::new(), next: 0 };
        Self { folder, state: Arc::new(Mutex::new(state)), turn: tokio::sync::Mutex::default(), on_thread_start }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Where copies of databases may lie while they are read.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is known of an upload.
    ///
    /// # Errors
    /// `NotFound` if it is not there any more.
    pub(super) fn shown(&self, now: Timestamp, key: Key) -> Result<WearableUpload, Error> {
        Ok(self.state().get(now, key)?.shown())
    }

    /// Forgets an upload. What of it is being stored goes on.
    pub(super) fn forget(&self, key: Key) {
        if let Some(mut lying) = self.state().uploads.remove(&key) {
            lying.go_back();
        }
    }

    /// Begins to read an upload, anew if it is read already.
    ///
    /// # Errors
    /// `NotFound` if it is not there any more, `Invalid` if it has no files, `Conflict` if it is stored.
    pub(super) fn begin_reading(&self, now: Timestamp, key: Key) -> Result<Arc<Watch>, Error> {
        let mut state = self.state();
        let lying = state.get(now, key)?;
        lying.require_unapplied()?;
        if lying.files.is_empty() {
            return Err(wrong("the upload has no file yet: upload one first".to_owned()));
        }
        lying.go_back();
        let watch = Arc::<Watch>::default();
        lying.stage = Stage::Reading(Arc::clone(&watch));
        Ok(watch)
    }

    /// The files of an upload that is read.
    pub(super) fn files(&self, key: Key) -> Vec<(String, Arc<File>)> {
        let state = self.state();
        let files = state.uploads.get(&key).into_iter().flat_map(|lying| &lying.files);
        files.map(|(name, poured)| (name.clone(), poured.file())).collect()
    }

    /// Notes what was read, unless nobody waits for it any more.
    pub(super) fn end_reading(&self, now: Timestamp, key: Key, watch: &Arc<Watch>, read: Result<Planned, String>) {
        let mut state = self.state();
        let Some(lying) = state.uploads.get_mut(&key) else { return };
        if !matches!(&lying.stage, Stage::Reading(of) if Arc::ptr_eq(of, watch)) {
            return;
        }
        lying.touched = now;
        (lying.stage, lying.problem) = match read {
            Ok(planned) => (Stage::Planned(planned), None),
            Err(why) => (Stage::Refused, Some(why)),
        };
    }

    /// Begins to store what was read; nothing if that is done already, or being done.
    ///
    /// # Errors
    /// `NotFound` if the upload is not there any more, `Conflict` if there is no such plan, or something is open in it.
    pub(super) fn begin_applying(
        &self,
        now: Timestamp,
        key: Key,
        plan: Option<&str>,
    ) -> Result<Option<(Planned, Arc<AtomicUsize>)>, Error> {
        let mut state = self.state();
        let lying = state.get(now, key)?;
        let planned = match &lying.stage {
            Stage::Applying(..) | Stage::Applied(_) => return Ok(None),
            Stage::Planned(planned) if plan.is_none_or(|plan| plan == planned.name) => planned.clone(),
            _ => return Err(ImportConflict::NoPlan.into()),
        };
        if planned.record.open().next().is_some() {
            return Err(ImportConflict::Open.into());
        }
        let done = Arc::<AtomicUsize>::default();
        lying.stage = Stage::Applying(planned.clone(), Arc::clone(&done));
        lying.problem = None;
        Ok(Some((planned, done)))
    }

    /// Notes what was stored, or why not: then it can be tried again.
    pub(super) fn end_applying(&self, now: Timestamp, key: Key, applied: Result<HealthAppliedRecord, String>) {
        let mut state = self.state();
        let Some(lying) = state.uploads.get_mut(&key) else { return };
        let Stage::Applying(planned, _) = &lying.stage else { return };
        lying.touched = now;
        match applied {
            Ok(applied) => {
                lying.stage = Stage::Applied(applied);
                lying.files.clear();
            }
            Err(why) => (lying.stage, lying.problem) = (Stage::Planned(planned.clone()), Some(why)),
        }
    }

    /// Forgets what nobody asked for lately, or before the clock was set back. To be done about once a minute.
    pub(in crate::app) fn forget_old(&self, now: Timestamp) {
        let is_old = |touched: Timestamp| now.duration_since(touched).abs() > FORGOTTEN_AFTER;
        self.state().uploads.retain(|_, lying| lying.is_at_work() || !is_old(lying.touched));
    }
}

impl State {
    fn get(&mut self, now: Timestamp, key: Key) -> Result<&mut Lying, Error> {
        let lying = self.uploads.get_mut(&key).ok_or(Error::NotFound(Kind::Upload))?;
        lying.touched = now;
        Ok(lying)
    }

    /// An upload that is not stored yet, which is made if there is none.
    pub(super) fn make(&mut self, now: Timestamp, key: Key, role: Role) -> Result<&mut Lying, Error> {
        if !self.uploads.contains_key(&key) {
            let most = if role == Role::Family { MOST_OF_A_FAMILY } else { MOST_OF_ONE };
            if self.uploads.keys().filter(|other| other.owner == key.owner).count() >= most {
                return Err(wrong(format!("you have {most} uploads that wait: store some of them, or give them up")));
            }
            if self.uploads.len() >= MOST_UPLOADS {
                return Err(Error::Unavailable(Unavailable::UploadsFull));
            }
        }
        let lying = self.uploads.entry(key).or_default();
        lying.require_unapplied()?;
        lying.touched = now;
        Ok(lying)
    }

    /// How many bytes one user has, or all have, those on their way among them.
    fn bytes_of(&self, owner: Option<Id<Account>>) -> u64 {
        let is_of = |other: &Id<Account>| owner.is_none_or(|owner| owner == *other);
        let lying = self.uploads.iter().filter(|(key, _)| is_of(&key.owner)).map(|(_, lying)| lying.bytes());
        let arriving = self.arriving.values().filter(|(other, _)| is_of(other)).map(|(_, bytes)| *bytes);
        lying.chain(arriving).fold(0, u64::saturating_add)
    }

    /// A file of this user is to come: the most bytes that it may have, and its number.
    pub(super) fn expect(&mut self, owner: Id<Account>) -> Result<(u64, u64), Error> {
        let left = self.most_bytes.saturating_sub(self.bytes_of(Some(owner)));
        if left == 0 {
            let words = "your files that wait are as large together as they may be: store them, or give them up";
            return Err(wrong(words.to_owned()));
        }
        if self.arriving.values().filter(|(other, _)| *other == owner).count() >= MOST_ARRIVING {
            return Err(Error::Unavailable(Unavailable::UploadsFull));
        }
        self.next += 1;
        self.arriving.insert(self.next, (owner, 0));
        Ok((left, self.next))
    }

    /// So many bytes more of a file are there.
    pub(super) fn arrive(&mut self, number: u64, bytes: u64) -> Result<(), Error> {
        let most = self.most_bytes.saturating_mul(2);
        if self.bytes_of(None).saturating_add(bytes) > most {
            return Err(Error::Unavailable(Unavailable::UploadsFull));
        }
        if let Some((_, arrived)) = self.arriving.get_mut(&number) {
            *arrived += bytes;
        }
        Ok(())
    }
}

impl Lying {
    fn bytes(&self) -> u64 {
        self.files.values().map(Poured::bytes).fold(0, u64::saturating_add)
    }

    fn is_at_work(&self) -> bool {
        matches!(self.stage, Stage::Reading(_) | Stage::Applying(..))
    }

    /// Back to where files come in: whoever reads it need not go on.
    pub(super) fn go_back(&mut self) {
        if let Stage::Reading(watch) = &self.stage {
            watch.give_up();
        }
        if !matches!(self.stage, Stage::Applying(..) | Stage::Applied(_)) {
            (self.stage, self.problem) = (Stage::Waiting, None);
        }
    }

    fn require_unapplied(&self) -> Result<(), Error> {
        match self.stage {
            Stage::Applying(..) | Stage::Applied(_) => Err(ImportConflict::Applied.into()),
            _ => Ok(()),
        }
    }

    fn shown(&self) -> WearableUpload {
        let files = self.files.iter().map(|(name, poured)| (name.clone(), poured.bytes())).collect();
        let plan = |planned: &Planned| Some((planned.name.clone(), Arc::clone(&planned.record)));
        let mut shown = WearableUpload {
            files,
            stage: "waiting",
            done: 0,
            total: 0,
            problem: self.problem.clone(),
            plan: None,
            applied: None,
        };
        match &self.stage {
            Stage::Waiting => {}
            Stage::Reading(watch) => {
                shown.stage = "reading";
                shown.total = self.bytes();
                shown.done = watch.read().min(shown.total);
            }
            Stage::Refused => shown.stage = "refused",
            Stage::Planned(planned) => (shown.stage, shown.plan) = ("planned", plan(planned)),
            Stage::Applying(planned, done) => {
                (shown.stage, shown.plan) = ("applying", plan(planned));
                shown.total = planned.record.counts.iter().map(|counts| (counts.new + counts.changed) as u64).sum();
                shown.done = (done.load(Ordering::Relaxed) as u64).min(shown.total);
            }
            Stage::Applied(applied) => (shown.stage, shown.applied) = ("applied", Some(applied.clone())),
        }
        shown
    }
}
