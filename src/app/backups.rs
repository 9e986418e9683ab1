//! What the service knows of its backups.

use std::sync::Arc;
use std::time::Duration;

use crate::app::{App, Inquiry};

/// How long the disk with the backups may take to say what is on it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where backups go, and how to look which there are.
#[derive(Clone)]
pub struct BackupShelf {
    /// The folder.
    pub folder: String,
    /// The names of those in it, in their order; `None` if the folder cannot be read.
    pub look: Arc<dyn Fn() -> Option<Vec<String>> + Send + Sync>,
}

/// Which backups there are, as far as the service can tell.
#[derive(Debug, Clone)]
pub struct KnownBackups {
    /// The folder that they go to.
    pub folder: String,
    /// The names of those in it; `None` if the folder cannot be read, or its disk does not answer.
    pub files: Option<Vec<String>>,
}

/// Asks the disk for them.
pub(super) struct Backups {
    shelf: BackupShelf,
    asked: Inquiry<Option<Vec<String>>>,
}

impl Backups {
    pub(super) fn new(shelf: BackupShelf) -> Self {
        Self { shelf, asked: Inquiry::default() }
    }
}

impl App {
    /// Which backups there are.
    pub(in crate::app) async fn known_backups(&self) -> KnownBackups {
        let look = Arc::clone(&self.backups.shelf.look);
        let files = self.backups.asked.ask(PATIENCE, move || look()).await.flatten();
        KnownBackups { folder: self.backups.shelf.folder.clone(), files }
    }
}
