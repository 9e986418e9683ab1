//! What a connection does: whether it works for its client, or since when it waits for him.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::time::Instant;

/// The time of a connection that waits for nobody.
const IN_WORK: u64 = u64::MAX;

/// What a connection does, as far as it is told here. Times are in milliseconds since the epoch that it is given.
pub(super) struct Activity {
    epoch: Instant,
    /// Since when it waits for its client.
    waiting: AtomicU64,
    /// How many requests are not yet received whole and answered; the end of one may be late for the next.
    working: AtomicU32,
    /// How many requests there were.
    requests: AtomicU64,
    leaving: AtomicBool,
    wanted: Notify,
}

/// A request that is not yet received whole and answered.
pub(super) struct Working(Arc<Activity>);

impl Activity {
    pub(super) fn new(epoch: Instant) -> Arc<Self> {
        let activity = Self {
            epoch,
            waiting: AtomicU64::default(),
            working: AtomicU32::default(),
            requests: AtomicU64::default(),
            leaving: AtomicBool::default(),
            wanted: Notify::new(),
        };
        activity.waits();
        Arc::new(activity)
    }

    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(IN_WORK)
    }

    /// Since when it waits for its client; never, while it does not.
    pub(super) fn since(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// A request is there. The connection is in work from now on.
    pub(super) fn begins(self: &Arc<Self>) -> Working {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.working.fetch_add(1, Ordering::Relaxed);
        self.works();
        Working(Arc::clone(self))
    }

    /// From now on the connection is in work.
    pub(super) fn works(&self) {
        self.waits_since(IN_WORK);
    }

    /// From now on the connection waits for its client.
    pub(super) fn waits(&self) {
        self.waits_since(self.now());
    }

    pub(super) fn waits_since(&self, since: u64) {
        self.waiting.store(since, Ordering::Relaxed);
    }

    /// Whether there is a request that is not yet received whole and answered.
    pub(super) fn is_working(&self) -> bool {
        self.working.load(Ordering::Relaxed) > 0
    }

    /// How many requests there were.
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Asks the connection to make room for another.
    pub(super) fn ask_to_leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
        self.wanted.notify_one();
    }

    /// Whether it was asked to.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Resolves when the connection is to make room for another.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::Relaxed);
    }
}
