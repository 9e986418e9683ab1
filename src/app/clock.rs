//! A clock that is behind, as a machine without a battery has it until somebody tells it the time: it is noticed and
//! said, and no token is issued until it is right.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};

use super::App;
use crate::model::{Error, Unavailable};

/// How far behind a clock may be: as much as clocks drift, and are set right by.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(10);
/// No clock is right that tells a time before this program was written: 2026-01-01T00:00:00Z, in seconds.
const WRITTEN: i64 = 1_767_225_600;

/// Whether the clock is held against what the database remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockTrust {
    /// It is: one that is behind is wrong.
    Checked,
    /// It is not: it was once far ahead, and the database remembers that.
    Blind,
}

/// What was last said of the clock.
pub(super) struct ClockWatch {
    trust: ClockTrust,
    behind: AtomicBool,
}

impl ClockWatch {
    pub(super) fn new(trust: ClockTrust) -> Self {
        Self { trust, behind: AtomicBool::new(false) }
    }

    /// Says it in the log when the clock is found to be behind, and when it is right again.
    fn check(&self, now: Timestamp, newest: Timestamp) -> Result<(), Error> {
        let behind = clock_is_behind(now, newest);
        let news = self.behind.swap(behind, Ordering::Relaxed) != behind;
        match (behind, self.trust) {
            (true, ClockTrust::Checked) if news => tracing::error!(
                %now, %newest,
                "The clock is behind the newest change, and nobody can log in until it is right: set it. If it is \
                 right, and was far ahead before, start with --trust-clock"
            ),
            (true, ClockTrust::Blind) if news => tracing::warn!(
                %now, %newest,
                "The clock is behind the newest change, and is trusted because of --trust-clock: leave that out from \
                 the time of the newest change on"
            ),
            (false, _) if news => tracing::info!(%now, "The clock is right again"),
            _ => {}
        }
        match (behind, self.trust) {
            (true, ClockTrust::Checked) => Err(Error::Unavailable(Unavailable::ClockBehind)),
            (true, ClockTrust::Blind) | (false, _) => Ok(()),
        }
    }
}

/// Whether a clock that tells `now` is wrong, where something was stored at `newest`.
#[must_use]
pub fn clock_is_behind(now: Timestamp, newest: Timestamp) -> bool {
    newest.as_second().max(WRITTEN) - now.as_second() > TOLERANCE.as_secs()
}

impl App {
    /// Whether the clock can be right: no more than ten minutes behind the newest change that is stored.
    ///
    /// # Errors
    /// `Unavailable` if it is wrong and not trusted, or the store cannot be read.
    pub fn check_clock(&self) -> Result<(), Error> {
        let newest = self.store.read_one(|view| view.newest_instant())?;
        self.health.clock.check(self.clock.now(), newest)
    }
}
