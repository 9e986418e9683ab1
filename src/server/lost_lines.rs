//! How many lines of the log were lost.

use prometheus_client::metrics::counter::Counter;

/// Counts the lines of the log that could not be written. Cloning shares the count.
#[derive(Clone, Default)]
pub struct LostLines(pub(super) Counter);

impl LostLines {
    /// One more.
    pub fn add(&self) {
        self.0.inc();
    }

    /// All since the start.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.get()
    }
}
