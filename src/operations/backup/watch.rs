//! What those who watch over the service hear of its backups.

use std::path::PathBuf;

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;

use super::{place, shelf};
use crate::config::Config;
use crate::model::Clock;

/// Cloning shares the count.
#[derive(Clone)]
pub(crate) struct Watch {
    /// Of those that were due.
    pub(crate) failures: Counter,
    place: PathBuf,
    clock: Clock,
}

impl Watch {
    pub(crate) fn over(config: &Config, clock: &Clock) -> Self {
        Self { failures: Counter::default(), place: place(config), clock: clock.clone() }
    }

    /// When the newest backup was made, whoever made it; `None` if there is none, or the folder cannot be read. A disk
    /// that is gone may keep whoever asks waiting.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        shelf::dated(&self.place, self.clock.now()).into_iter().next().map(|(made_at, _)| made_at)
    }
}
