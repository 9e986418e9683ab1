//! The database: the only folder that knows SQL.
//!
//! Reads take a connection from a pool and see one state of the database. Writes queue for one thread, which
//! commits as many as wait in one transaction and answers when they are on disk. Signatures speak the model's
//! types and one `Error`.

mod access;
mod audit;
mod directory;
mod engine;
mod orphans;
mod rosters;
mod scans;
mod scratch;
mod tracking;
mod wearables;

use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{CachedStatement, Connection, ErrorCode, Statement};

use crate::model::{Clock, Error, Unavailable};
use engine::cipher::Cipher;
use engine::connection::{create_private, prepare, unlock};
use engine::error::Translate;
use engine::journal::Journal;
use engine::left_behind::LeftBehind;
use engine::names::Names;
use engine::{checkup, functions, migrate, writer};
use scans::Scans;

pub use access::accounts::NewAccountRow;
pub use access::reach::Within;
pub use access::revocations::{Revocation, Revoked};
pub use access::token_keys::TokenKey;
pub use audit::{Change, Refused, TrailFilter, TrailPlace, TrailRow};
pub use engine::backup::{Contents, Dangling};
pub use engine::checkup::Condition;
pub use engine::cipher::{KEY_LENGTH, UsernameKey};
pub use engine::migrate::SCHEMA_VERSION;
pub use engine::succession::{CameBack, Counters, EarlierTokens, ErasedPeople, People, Succession};
pub use engine::writer::Tx;
pub use rosters::journal::{Batch, Journaled};
pub use scans::{AnswerBody, Asker, Chunks, CutOff, Form, Items, Outlet, Place, ScanOptions, Written};
pub use scratch::{free_bytes, nameless_file};
pub use tracking::{KnownService, TrackedChild, TrackedInstitution};
pub use wearables::foreign;
pub use wearables::{Before, ChildImport, CoveredDays, ImportBatch, ImportedRow, ListOf};

/// After how many steps of its machine SQLite looks whether it should go on.
const STEPS: i32 = 500;

/// How to open a store.
pub struct StoreOptions {
    /// The database file; made if absent.
    pub path: PathBuf,
    /// How long reads are run beside the short ones.
    pub scans: ScanOptions,
    /// How many threads read at the same time without waiting for each other.
    pub readers: usize,
    /// Tells the time.
    pub clock: Clock,
}

/// Why a store cannot be opened. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is a database of another program, or none.
    #[error("it is not a database of ocariot-users")]
    NotOurs,
    /// A newer program made it.
    #[error("it has schema {found}, this program knows schemas up to {known}")]
    FromTheFuture {
        /// The database's schema.
        found: usize,
        /// The newest schema that this program knows.
        known: usize,
    },
    /// The username key is not the one it was made with.
    #[error("its usernames were encrypted with another key")]
    WrongKey,
    /// The username key could not be had.
    #[error("{0}")]
    NoKey(String),
    /// Its pages or rows contradict each other.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// SQLite or the file system refuses.
    #[error("{0}")]
    Driver(#[from] rusqlite::Error),
    /// The file system refuses.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The pool of connections could not be filled.
    #[error("{0}")]
    Pool(#[from] r2d2::Error),
}

impl OpenError {
    /// What the disk says, if the cause is that it is full, fails, or does not let this user: then nothing is known of the
    /// database.
    #[must_use]
    pub fn disk(&self) -> Option<io::Error> {
        let code = match self {
            Self::File(error) => {
                return Some(error.raw_os_error().map_or(error.kind().into(), io::Error::from_raw_os_error));
            }
            Self::Driver(error) => error.sqlite_error_code()?,
            _ => return None,
        };
        match code {
            ErrorCode::DiskFull => Some(ErrorKind::StorageFull.into()),
            ErrorCode::PermissionDenied => Some(ErrorKind::PermissionDenied.into()),
            ErrorCode::ReadOnly => Some(ErrorKind::ReadOnlyFilesystem.into()),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Some(io::Error::other(self.to_string())),
            _ => None,
        }
    }
}

/// The service's database. Cloning shares it.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    path: PathBuf,
    readers: Arc<Readers>,
    scans: Scans,
    writer: writer::Writer,
    left_behind: Arc<LeftBehind>,
}

/// The connections to read with.
struct Readers {
    connections: r2d2::Pool<SqliteConnectionManager>,
    cipher: Arc<Cipher>,
    statements: Arc<AtomicU64>,
    names: Arc<Names>,
}

impl Store {
    /// The schema of a database that this program can open, as far as can be told without its key; 0 if it is still
    /// empty. Changes nothing.
    ///
    /// # Errors
    /// If the file is absent, not ours, newer than this program, or cannot be read.
    pub fn examine(path: &Path) -> Result<usize, OpenError> {
        migrate::version(&checkup::look(path)?)
    }

    /// Opens the database and brings its schema up to date. `key` gets the database's salt, for a key that
    /// is derived from a passphrase.
    ///
    /// # Errors
    /// If the file is not ours, is newer than this program, does not fit the key, or cannot be used.
    pub fn open(
        options: StoreOptions,
        key: impl FnOnce(&[u8; 16]) -> Result<UsernameKey, String>,
    ) -> Result<Self, OpenError> {
        create_private(&options.path)?;
        options.path.parent().into_iter().for_each(scratch::remove_scratch);
        let mut connection = Connection::open(&options.path)?;
        let version = migrate::version(&connection)?;
        if version > 0 {
            // A wrong key is found out before anything is changed.
            let cipher = unlock(&connection, key)?;
            prepare(&connection)?;
            migrate::migrate(&mut connection, version, &cipher)?;
            return Self::start(options, connection, cipher);
        }
        prepare(&connection)?;
        migrate::create(&mut connection)?;
        let cipher = unlock(&connection, key)?;
        Self::start(options, connection, cipher)
    }

    fn start(options: StoreOptions, connection: Connection, cipher: Arc<Cipher>) -> Result<Self, OpenError> {
        let statements = Arc::new(AtomicU64::new(0));
        let for_readers = Arc::clone(&cipher);
        let manager = SqliteConnectionManager::file(&options.path).with_init(move |connection| {
            prepare(connection)?;
            functions::register(connection, &for_readers)?;
            connection.pragma_update(None, "query_only", true)
        });
        // One for each scan, so that short reads never wait for one.
        let pool_size = u32::try_from(options.readers + options.scans.threads()).unwrap_or(u32::MAX);
        let connections = r2d2::Pool::builder()
            .max_size(pool_size)
            // All are opened now and stay: later the folder may not be readable, or no file descriptor free.
            .min_idle(None)
            .max_lifetime(None)
            .idle_timeout(None)
            .test_on_check_out(false)
            .connection_timeout(Duration::from_secs(5))
            .build(manager)?;
        functions::register(&connection, &cipher)?;
        let journal = Journal::of(&options.path);
        connection.pragma_update(None, "journal_size_limit", Journal::LIMIT)?;
        let (left_behind, names) = (Arc::<LeftBehind>::default(), Arc::new(Names::default()));
        let shared = writer::Shared {
            clock: options.clock,
            cipher: Arc::clone(&cipher),
            statements: Arc::clone(&statements),
            left_behind: Arc::clone(&left_behind),
        };
        let writer = writer::Writer::start(connection, shared, journal, Arc::clone(&names))?;
        let readers = Arc::new(Readers { connections, cipher, statements, names });
        let scans = Scans::start(&options.scans, &readers)?;
        Ok(Self(Arc::new(Shared { path: options.path, readers, scans, writer, left_behind })))
    }

    /// Reads on the calling thread: for look-ups of a few rows, which are faster done than handed over.
    ///
    /// # Errors
    /// What `job` returns, or `Unavailable` when no connection is to be had.
    pub fn read<T>(&self, job: impl FnOnce(&View<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.read_one(|view| view.snapshot(job))
    }

    /// The same for a job of one statement, which sees one state of the database by itself.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_one<T>(&self, job: impl FnOnce(&View<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.0.readers.with_connection(|view| job(view))
    }

    /// Takes a place in the line of those who read long, for [`Place::put_out`].
    ///
    /// # Errors
    /// `Unavailable` if the line, or the asker's part of it, is full.
    pub fn reserve(&self, asker: Asker) -> Result<Place, Error> {
        self.0.scans.reserve(asker)
    }

    /// Reads on a thread for long work, when it is the asker's turn: what may look at every row.
    ///
    /// # Errors
    /// What `job` returns, or `Unavailable` when too many wait or no connection is to be had.
    pub async fn scan<T: Send + 'static>(
        &self,
        asker: Asker,
        job: impl FnOnce(&View<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.reserve(asker)?.read(job).await
    }

    /// Writes: all that `job` does, or nothing. Returns when it is on disk. The job is carried out even if the
    /// caller no longer waits.
    ///
    /// # Errors
    /// What `job` returns, `Unavailable` when the queue is full, or why the commit failed.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.0.writer.write(job).await
    }

    /// Resolves when the thread that writes has ended: then this store can only be read, and is to be opened anew.
    pub async fn writer_ended(&self) {
        self.0.writer.ended().await;
    }

    /// How many writes wait.
    #[must_use]
    pub fn writes_waiting(&self) -> u64 {
        self.0.writer.waiting()
    }

    /// The sizes of the database and of its journal, in bytes; 0 for one that is not there.
    #[must_use]
    pub fn sizes(&self) -> (u64, u64) {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        (size(&self.0.path), size(&Journal::path(&self.0.path)))
    }

    /// How many statements ran so far, for tests that count what a list costs.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.0.readers.statements.load(Ordering::Relaxed)
    }
}

impl Readers {
    fn with_connection<T>(&self, job: impl FnOnce(&View<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let connection = self.connections.get().map_err(|cause| {
            tracing::error!(error = %cause, "No connection to read with");
            Error::Unavailable(Unavailable::StoreBusy)
        })?;
        job(&View {
            connection: &connection,
            cipher: &self.cipher,
            statements: &self.statements,
            names: Some(&self.names),
        })
    }
}

/// One state of the database, to read from.
///
/// Whatever is read from it or written with a [`Tx`] may fail with `Unavailable`, if the database is busy or its disk
/// is full or fails, which whoever asked may try again; and with `Internal`, if the database is not as it should be.
/// Methods say what else they fail with.
pub struct View<'c> {
    connection: &'c Connection,
    cipher: &'c Cipher,
    statements: &'c AtomicU64,
    /// What is in memory of users; nothing for a transaction, which sees what nobody else does yet.
    names: Option<&'c Names>,
}

impl View<'_> {
    /// Runs `job` with all its statements on the same state of the database.
    fn snapshot<T>(&self, job: impl FnOnce(&Self) -> Result<T, Error>) -> Result<T, Error> {
        let step = |sql| self.connection.prepare_cached(sql)?.execute([]).map(drop);
        step("BEGIN").translate()?;
        let result = catch_unwind(AssertUnwindSafe(|| job(self)));
        // However the job ended, and whatever goes wrong: the connection is for others then.
        let ended = step("COMMIT").or_else(|error| match self.connection.is_autocommit() {
            true => Err(error),
            false => step("ROLLBACK").and(Err(error)),
        });
        let ended = ended.translate();
        let value = result.unwrap_or_else(|panic| resume_unwind(panic))?;
        ended.map(|()| value)
    }

    /// Runs `job`, and `watch` whenever SQLite has made a few hundred steps meanwhile; if that fails, the statement does.
    fn watched<T>(
        &self,
        watch: impl FnMut() -> bool + Send + 'static,
        job: impl FnOnce(&Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        struct Watched<'c>(&'c Connection);
        impl Drop for Watched<'_> {
            fn drop(&mut self) {
                // Fails only for a connection that is not the program's own.
                let _ = self.0.progress_handler(0, None::<fn() -> bool>);
            }
        }
        self.connection.progress_handler(STEPS, Some(watch)).translate()?;
        let _watched = Watched(self.connection);
        job(self)
    }

    /// Every statement whose text is fixed goes through here.
    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.connection.prepare_cached(sql).translate()
    }

    /// And every other one through here, so that it takes no fixed one's place in the cache.
    fn prepare_once(&self, sql: &str) -> Result<Statement<'_>, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.connection.prepare(sql).translate()
    }
}
