//! How often a child may be synced: ten times an hour, from the first time on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Child, Id};

/// How often within an hour.
const MOST: u32 = 10;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What of the limit is left to a child after a sync that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncLimit {
    /// How many syncs fit into an hour.
    pub limit: u32,
    /// How many still do.
    pub remaining: u32,
}

/// An hour of a child: when it began, and how many syncs there were.
type Hour = (Timestamp, u32);

/// Counts syncs.
#[derive(Default)]
pub(super) struct SyncLimits(Mutex<HashMap<Id<Child>, Hour>>);

impl SyncLimits {
    /// Counts a sync.
    ///
    /// # Errors
    /// How long to wait, if there were too many.
    pub(super) fn count(&self, child: Id<Child>, now: Timestamp) -> Result<SyncLimit, (SyncLimit, Duration)> {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = hours.entry(child).or_insert((now, 0));
        if is_over(*hour, now) {
            *hour = (now, 0);
        }
        if hour.1 >= MOST {
            let left = Duration::try_from(HOUR - now.duration_since(hour.0)).unwrap_or_default();
            return Err((SyncLimit { limit: MOST, remaining: 0 }, left));
        }
        hour.1 += 1;
        Ok(SyncLimit { limit: MOST, remaining: MOST - hour.1 })
    }

    pub(super) fn forget_old(&self, now: Timestamp) {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hours.retain(|_, hour| !is_over(*hour, now));
    }
}

/// Whether an hour is over. One that has not begun yet is: the clock was set back.
fn is_over((began, _): Hour, now: Timestamp) -> bool {
    !(SignedDuration::ZERO..HOUR).contains(&now.duration_since(began))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_begins_with_its_first_sync_and_a_clock_that_is_set_back_locks_nobody_out() {
        let limits = SyncLimits::default();
        let (child, other) = (Id::from_bytes([1; 12]), Id::from_bytes([2; 12]));
        let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let count = |child, seconds| limits.count(child, start + SignedDuration::from_secs(seconds));
        for at in 0..10 {
            assert_eq!(count(child, at), Ok(SyncLimit { limit: 10, remaining: 9 - at as u32 }));
        }
        let none = SyncLimit { limit: 10, remaining: 0 };
        assert_eq!(count(child, 3599), Err((none, Duration::from_secs(1))));
        assert!(count(other, 3599).is_ok());
        assert!(count(child, 3600).is_ok_and(|left| left.remaining == 9));
        assert!(count(child, -1).is_ok_and(|left| left.remaining == 9));
        limits.forget_old(start + SignedDuration::from_hours(3));
        assert!(limits.0.lock().unwrap().is_empty());
    }
}
