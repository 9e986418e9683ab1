//! The turns of scans to run.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::line::Line;
use super::{Asker, Fate, Job, LOOK_AGAIN, SLICE, Shared, TAKES_NOTHING};
use crate::model::Error;
use crate::store::{Readers, View};

/// A scan's turn to run, which it has, lends to others, and gets back.
pub(in crate::store) struct Turn {
    pub(super) shared: Arc<Shared>,
    pub(super) asker: Asker,
    pub(super) number: u64,
    pub(super) fate: Arc<Fate>,
    /// Since when it runs.
    pub(super) since: Mutex<Instant>,
}

/// Nobody takes what a scan has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::store) enum Cut {
    /// Whoever waited went away, or the service stops.
    #[error("nobody waits for the answer any more")]
    Unwanted,
    /// The client takes too little of it.
    #[error("the client does not take its answer")]
    TooSlow,
}

impl Turn {
    pub(super) fn is_unwanted(&self) -> bool {
        self.fate.unwanted.load(Ordering::Relaxed) || self.shared.has_ended()
    }

    /// How long it has run since this was last asked.
    pub(super) fn take_time(&self) -> Duration {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let time = now - *since;
        *since = now;
        time
    }

    fn ran(&self) -> Duration {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Reads one state of the database, and gives way meanwhile.
    pub(super) fn read<T>(
        self: &Arc<Self>,
        readers: &Readers,
        job: impl FnOnce(&View<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let turn = Arc::clone(self);
        // SQLite stops at `true`.
        let watch = move || turn.breathe().is_err();
        readers.with_connection(|view| view.watched(watch, |view| view.snapshot(job)))
    }

    /// Lets others go first whose turn it is rather. Asked often; breaks off if nobody waits for the scan any more.
    fn breathe(&self) -> Result<(), Cut> {
        if self.shared.wanted.load(Ordering::Relaxed) && self.ran() >= SLICE {
            let mut line = self.shared.line();
            line.charge(self.asker, self.take_time());
            if line.should_give_way(self.asker) {
                line.pause(self.asker, self.number);
                self.shared.give_turns(&mut line);
                self.wait_for_turn(line);
            }
        }
        if self.is_unwanted() { Err(Cut::Unwanted) } else { Ok(()) }
    }

    /// Waits, paused, until it may go on; or is to end.
    fn wait_for_turn(&self, mut line: MutexGuard<'_, Line<Job>>) {
        while !line.resumes(self.number) {
            if self.is_unwanted() {
                line.resume_to_end(self.asker, self.number);
                break;
            }
            line = self.shared.turns.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        self.shared.note_wanted(&line);
        drop(line);
        self.take_time();
    }

    /// Takes bytes of the budget for a part of an answer of which `held` are not taken yet. While there is no room,
    /// others run.
    pub(super) fn hold(&self, bytes: usize, held: &impl Fn() -> usize) -> Result<(), Cut> {
        self.breathe()?;
        let mut line = self.shared.line();
        let mut before = held();
        if line.hold(self.asker, bytes, before) {
            return Ok(());
        }
        line.charge(self.asker, self.take_time());
        let mut since = Instant::now();
        line.stall(self.number, since);
        self.shared.give_turns(&mut line);
        let result = loop {
            line = self.shared.taken.wait_timeout(line, LOOK_AGAIN).unwrap_or_else(PoisonError::into_inner).0;
            let (left, now) = (held(), Instant::now());
            if left < before {
                (before, since) = (left, now);
                line.note_progress(self.number, now);
            }
            if self.is_unwanted() {
                break Err(Cut::Unwanted);
            }
            if line.hold(self.asker, bytes, left) {
                break Ok(());
            }
            if now - since >= TAKES_NOTHING || line.makes_room(self.number, now) {
                break Err(Cut::TooSlow);
            }
        };
        line.unstall(self.asker, self.number);
        self.shared.give_turns(&mut line);
        self.wait_for_turn(line);
        result
    }

    /// Gives bytes back that a client has taken.
    pub(super) fn release(shared: &Shared, asker: Asker, bytes: usize) {
        shared.line().release(asker, bytes);
        shared.taken.notify_all();
    }
}
