//! What those who watch over the service hear of its backups.

use std::path::PathBuf;

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;

use super::{place, shelf};
use crate::config::Config;

/// Cloning shares the count.
#[derive(Clone)]
pub(crate) struct Watch {
    /// Of those that were due.
    pub(crate) failures: Counter,
    place: PathBuf,
}

impl Watch {
    pub(crate) fn over(config: &Config) -> Self {
        Self { failures: Counter::default(), place: place(config) }
    }

    /// When the newest backup was made, whoever made it; `None` if there is none, or the folder cannot be read.
    pub(crate) async fn newest(&self) -> Option<Timestamp> {
        let place = self.place.clone();
        // A disk that is gone may keep whoever asks it waiting.
        tokio::task::spawn_blocking(move || shelf::times(&place).into_iter().max()).await.ok()?
    }
}
