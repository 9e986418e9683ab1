//! What the service knows of its backups, and having one made.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::app::{App, Inquiry};

/// How long the disk with the backups may take to say what is on it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where backups go, how to look which there are, and how one is made.
#[derive(Clone)]
pub struct BackupShelf {
    /// The folder.
    pub folder: String,
    /// What lies in it; `None` if the folder cannot be read.
    pub look: Arc<dyn Fn() -> Option<OnShelf> + Send + Sync>,
    /// Makes one as the settings say, or says why there is none.
    pub make: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
}

/// What lies in the folder of backups.
#[derive(Debug, Clone, Default)]
pub struct OnShelf {
    /// The backups, in the order of their names.
    pub files: Vec<KnownBackup>,
    /// When a drill last went well with one of them.
    pub last_drill: Option<Timestamp>,
}

/// A backup, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBackup {
    /// The name of its file.
    pub file: String,
    /// How long it is.
    pub bytes: u64,
    /// When it was made, if its name says so.
    pub made_at: Option<Timestamp>,
    /// Whether it is sealed under a passphrase, as its name says.
    pub sealed: bool,
}

/// Which backups there are, as far as the service can tell.
#[derive(Debug, Clone)]
pub struct KnownBackups {
    /// The folder that they go to.
    pub folder: String,
    /// Those in it; `None` if the folder cannot be read, or its disk does not answer.
    pub files: Option<Vec<KnownBackup>>,
    /// When a drill last went well with one of them.
    pub last_drill: Option<Timestamp>,
}

/// What became of the last backup that was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum BackupAsked {
    /// None was since the start.
    #[default]
    Never,
    /// It is being made.
    Making,
    /// It was made.
    Made,
    /// There is none, for this reason.
    Failed(String),
}

/// Asks the disk for them.
pub(super) struct Backups {
    shelf: BackupShelf,
    known: Inquiry<Option<OnShelf>>,
    asked: Arc<Mutex<BackupAsked>>,
}

impl Backups {
    pub(super) fn new(shelf: BackupShelf) -> Self {
        Self { shelf, known: Inquiry::default(), asked: Arc::default() }
    }
}

impl App {
    /// Which backups there are.
    pub(in crate::app) async fn known_backups(&self) -> KnownBackups {
        let look = Arc::clone(&self.backups.shelf.look);
        let found = self.backups.known.ask(PATIENCE, move || look()).await.flatten();
        let last_drill = found.as_ref().and_then(|found| found.last_drill);
        let files = found.map(|found| found.files);
        KnownBackups { folder: self.backups.shelf.folder.clone(), files, last_drill }
    }

    /// What became of the last backup that was asked for.
    pub(in crate::app) fn backup_asked(&self) -> BackupAsked {
        self.backups.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins to make a backup, unless one is being made already. It goes on whatever becomes of whoever asked.
    pub(in crate::app) fn begin_backup(&self) {
        let (asked, make) = (Arc::clone(&self.backups.asked), Arc::clone(&self.backups.shelf.make));
        let set = move |to| std::mem::replace(&mut *asked.lock().unwrap_or_else(PoisonError::into_inner), to);
        if set(BackupAsked::Making) == BackupAsked::Making {
            return;
        }
        tokio::spawn(async move {
            let made = tokio::task::spawn_blocking(move || make()).await;
            set(match made {
                Ok(Ok(())) => BackupAsked::Made,
                Ok(Err(why)) => BackupAsked::Failed(why),
                // The panic hook has logged it, or the service ends.
                Err(_) => BackupAsked::Failed("a fault of the service: its log tells more".to_owned()),
            });
        });
    }
}
