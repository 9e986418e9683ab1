//! What lies on the desk: the files of one upload, and the plan that was made of one. All of it is in memory, so that
//! nothing of it outlives the program, and is forgotten when nobody asks for it any more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::app::operator::refusal::Refusal;
use crate::app::rosters::plan::Plan;
use crate::app::rosters::read::{Files, MOST_BYTES, MOST_FILES};
use crate::app::rosters::records::MadeUp;
use crate::model::PasswordHash;

/// How long something lies there untouched.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(15);

const GONE: &str = "the files of this import are not there any more: another import began, or this one waited too \
                    long; start it again";

/// The desk.
#[derive(Default)]
pub(in crate::app) struct Desk(Mutex<State>);

#[derive(Default)]
struct State {
    upload: String,
    files: Files,
    plan: Option<Kept>,
    touched: Timestamp,
}

/// A plan that may be applied.
#[derive(Clone)]
struct Kept {
    name: String,
    plan: Arc<Plan>,
    hashes: Arc<Mutex<Hashes>>,
}

/// The password hashes of a plan, as far as they are computed.
#[derive(Default)]
pub(in crate::app::rosters) struct Hashes {
    /// By the number of the user's item.
    pub(in crate::app::rosters) done: BTreeMap<usize, PasswordHash>,
    /// What was made up and not yet told.
    pub(in crate::app::rosters) untold: Vec<MadeUp>,
}

impl Desk {
    fn state(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.touched = now;
        state
    }

    /// Takes the next part of a file of an upload.
    pub(in crate::app::rosters) fn put(
        &self,
        now: Timestamp,
        upload: &str,
        file: String,
        part: Vec<u8>,
    ) -> Result<(), Refusal> {
        let mut state = self.state(now);
        if state.upload != upload {
            *state = State { upload: upload.to_owned(), touched: now, ..State::default() };
        }
        let held: usize = state.files.values().map(Vec::len).sum();
        if held + part.len() > MOST_BYTES {
            return Err(Refusal(format!(
                "the files are larger than {} MiB together: import them in several parts",
                MOST_BYTES >> 20
            )));
        }
        if state.files.len() >= MOST_FILES && !state.files.contains_key(&file) {
            return Err(Refusal(format!("there are more than {MOST_FILES} files: import them in several parts")));
        }
        state.files.entry(file).or_default().extend(part);
        Ok(())
    }

    /// Takes the files of an upload off the desk.
    pub(in crate::app::rosters) fn take(&self, now: Timestamp, upload: &str) -> Result<Files, Refusal> {
        let mut state = self.state(now);
        if state.upload != upload || state.files.is_empty() {
            return Err(Refusal(GONE.to_owned()));
        }
        state.upload.clear();
        Ok(std::mem::take(&mut state.files))
    }

    /// Keeps a plan, in place of the one that there was.
    pub(in crate::app::rosters) fn keep(&self, now: Timestamp, name: String, plan: Arc<Plan>) {
        self.state(now).plan = Some(Kept { name, plan, hashes: Arc::default() });
    }

    /// The plan of this name and its password hashes.
    pub(in crate::app::rosters) fn plan(
        &self,
        now: Timestamp,
        name: &str,
    ) -> Result<(Arc<Plan>, Arc<Mutex<Hashes>>), Refusal> {
        match &self.state(now).plan {
            Some(kept) if kept.name == name => Ok((Arc::clone(&kept.plan), Arc::clone(&kept.hashes))),
            _ => Err(Refusal(GONE.to_owned())),
        }
    }

    /// Forgets the plan.
    pub(in crate::app::rosters) fn clear(&self, now: Timestamp) {
        self.state(now).plan = None;
    }

    /// Forgets what nobody asked for lately, or before the clock was set back. To be done about once a minute.
    pub(in crate::app) fn forget_old(&self, now: Timestamp) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(state.touched).abs() > FORGOTTEN_AFTER {
            *state = State { touched: state.touched, ..State::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_there_is_forgotten_also_when_the_clock_was_set_back() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for (seconds, kept) in [(60, true), (-60, true), (3600, false), (-3600, false)] {
            let desk = Desk::default();
            desk.put(now, "upload", "children.csv".to_owned(), b"username".to_vec()).unwrap();
            let later = now + SignedDuration::from_secs(seconds);
            desk.forget_old(later);
            assert_eq!(desk.take(later, "upload").is_ok(), kept, "{seconds}");
        }
    }
}
