//! Backups that administrators ask a running service for.

use std::io;
use std::sync::Arc;

use super::{place, schedule, shelf};
use crate::app::{BackupShelf, OnShelf};
use crate::config::Config;
use crate::model::Clock;

/// What the service can tell of the backups of the data folder that this process holds, and how it makes one.
pub(crate) fn shelf_of(config: &Config, clock: &Clock) -> BackupShelf {
    let (folder, is_own) = (place(config), config.backup.dir.is_none());
    let (config, clock) = (config.clone(), clock.clone());
    BackupShelf {
        folder: std::path::absolute(&folder).unwrap_or_else(|_| folder.clone()).display().to_string(),
        look: Arc::new(move || match shelf::by_name(&folder) {
            // It is made with the first backup.
            Err(error) if is_own && error.kind() == io::ErrorKind::NotFound => Some(OnShelf::default()),
            found => found.ok(),
        }),
        make: Arc::new(move || {
            schedule::make(&config, &clock).map_err(|error| {
                tracing::warn!(%error, "The backup that was asked for was not made");
                error.to_string()
            })
        }),
    }
}
