//! The one thread that writes.
//!
//! Writes that wait share a commit: each runs inside a savepoint of its own, all are committed together, and
//! nobody is answered before. If the commit fails, all of them failed.

use std::cell::RefCell;
use std::ops::{ControlFlow, Deref};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::model::{Clock, Error, Id, Unavailable};
use crate::store::View;
use crate::store::engine::cipher::Cipher;
use crate::store::engine::error::{Translate, translate};
use crate::store::engine::journal::Journal;
use crate::store::engine::left_behind::LeftBehind;
use crate::store::engine::names::{Follower, Names};
use crate::store::engine::sequence::Sequence;

/// The most writes that wait; more are refused.
const QUEUE: usize = 1024;
/// The most writes that share a commit.
const BATCH: usize = 256;

/// A transaction: reads what a [`View`] reads, and writes.
///
/// Its instant is the same for all it does.
pub struct Tx<'c> {
    view: View<'c>,
    now: Timestamp,
    sequence: &'c RefCell<Sequence>,
    after_commit: RefCell<Vec<Deed>>,
    left_behind: &'c Arc<LeftBehind>,
    /// How many rows the connection had changed before.
    changes_before: u64,
}

type Deed = Box<dyn FnOnce() + Send>;
/// Tells a job's caller how it went, once it is known whether the transaction is on disk.
type Answer = Box<dyn FnOnce(Result<(), Loss>) + Send>;
/// Does a job's work in a transaction, or hears why there is none.
type Job = Box<dyn FnOnce(Result<&Tx<'_>, Loss>) -> Ran + Send>;

/// How a job went.
enum Ran {
    /// What it did is to be kept.
    Stands(Answer),
    /// What it did is to be undone; perhaps the store itself was the reason.
    Fails(Answer, Option<Unavailable>),
    /// It was not run, and its caller knows.
    Refused,
}

/// Why a whole transaction is lost.
#[derive(Clone)]
enum Loss {
    Cause(Arc<rusqlite::Error>),
    Reason(Unavailable),
}

impl Loss {
    fn error(&self) -> Error {
        match self {
            Loss::Cause(cause) => translate(cause),
            Loss::Reason(reason) => Error::Unavailable(*reason),
        }
    }
}

impl From<rusqlite::Error> for Loss {
    fn from(cause: rusqlite::Error) -> Self {
        Loss::Cause(Arc::new(cause))
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = View<'c>;

    fn deref(&self) -> &Self::Target {
        &self.view
    }
}

impl Tx<'_> {
    /// The instant of this transaction, to the millisecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// An id that is larger than every one before it.
    #[must_use]
    pub fn new_id<K>(&self) -> Id<K> {
        self.sequence.borrow_mut().next_id(self.now)
    }

    /// A number for a token, larger than every one before it; the token will be valid for `lifetime` from now.
    #[must_use]
    pub fn new_token(&self, lifetime: Duration) -> i64 {
        let mut sequence = self.sequence.borrow_mut();
        sequence.note_token_expiry(self.now.checked_add(lifetime).unwrap_or(Timestamp::MAX));
        sequence.next_token(self.now)
    }

    /// The number of the newest token there can be, and the instant when the last token expires.
    #[must_use]
    pub fn tokens_so_far(&self) -> (i64, Timestamp) {
        let mut sequence = self.sequence.borrow_mut();
        (sequence.next_token(self.now), sequence.last_token_expiry())
    }

    /// Lets all ids of this database end in `node` from now on; those of what is tracked always did.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn adopt_node(&self, node: [u8; 4]) -> Result<(), Error> {
        self.execute("UPDATE store_state SET node = ?1", [node])?;
        self.sequence.borrow_mut().adopt(node);
        Ok(())
    }

    /// Writes made-up data, whose ids and times are to be the same each time: in this transaction, but as if at
    /// `instant`, and with ids that count from it and end in `node`.
    ///
    /// # Errors
    /// What `job` returns.
    pub fn made_up<T>(
        &self,
        instant: Timestamp,
        node: [u8; 4],
        job: impl FnOnce(&Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let View { connection, cipher, statements, .. } = self.view;
        let sequence = RefCell::new(Sequence::new(node));
        job(&Tx {
            view: View { connection, cipher, statements, names: None },
            now: instant,
            sequence: &sequence,
            after_commit: RefCell::default(),
            left_behind: self.left_behind,
            changes_before: connection.total_changes(),
        })
    }

    /// Whether this job changed any row so far. Statements leave rows alone that are already as they are to be, so
    /// that what changes nothing writes nothing, neither to the disk nor into the audit trail.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.view.connection.total_changes() != self.changes_before
    }

    /// Does `deed` when this transaction is on disk, before its caller hears of it, whether or not he still waits. If
    /// it panics, the thread that writes ends, and with it the service: what is in memory would no longer be what is
    /// on disk.
    pub fn after_commit(&self, deed: impl FnOnce() + Send + 'static) {
        self.after_commit.borrow_mut().push(Box::new(deed));
    }

    /// Where tokens go of children who are deleted.
    pub(in crate::store) fn left_behind(&self) -> Arc<LeftBehind> {
        Arc::clone(self.left_behind)
    }

    /// Runs a statement that writes; returns how many rows it changed.
    pub(in crate::store) fn execute(&self, sql: &str, params: impl rusqlite::Params) -> Result<usize, Error> {
        self.prepare(sql)?.execute(params).translate()
    }
}

/// Takes writes to the thread. Dropping it waits until all of them are done and the database is closed.
pub(in crate::store) struct Writer {
    queue: SyncSender<Job>,
    waiting: Arc<AtomicU64>,
    /// Closed when the thread ends.
    alive: watch::Receiver<()>,
    // Dropped after the queue, whose end the thread waits for.
    _thread: Joined,
}

/// A thread whose end is waited for when this is dropped.
struct Joined(Option<JoinHandle<()>>);

impl Drop for Joined {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // A panic there was told when it happened.
            let _ = thread.join();
        }
    }
}

impl Writer {
    pub(in crate::store) fn start(
        connection: Connection,
        shared: Shared,
        journal: Journal,
        names: Arc<Names>,
    ) -> Result<Self, crate::store::OpenError> {
        let sequence = Sequence::load(&connection)?;
        let follower = Follower::attach(&connection, names)?;
        let (queue, jobs) = sync_channel(QUEUE);
        let on_disk = RefCell::new(Some(sequence.clone()));
        let sequence = RefCell::new(sequence);
        let (living, alive) = watch::channel(());
        let thread = WriterThread { connection, shared, sequence, on_disk, journal, follower };
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            let _living = living;
            thread.run(jobs);
        })?;
        Ok(Self { queue, waiting: Arc::default(), alive, _thread: Joined(Some(thread)) })
    }

    /// Resolves when the thread has ended, which it never does by itself.
    pub(in crate::store) async fn ended(&self) {
        let mut alive = self.alive.clone();
        while alive.changed().await.is_ok() {}
    }

    /// How many writes wait.
    pub(in crate::store) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(in crate::store) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = oneshot::channel();
        let request = tracing::Span::current();
        let waiting = Arc::clone(&self.waiting);
        let job: Job = Box::new(move |tx| {
            waiting.fetch_sub(1, Ordering::Relaxed);
            let result = match tx {
                Ok(tx) => request.in_scope(|| catch_unwind(AssertUnwindSafe(|| work(tx)))),
                Err(loss) => {
                    // Nobody waits any more if this fails: the caller went away.
                    let _ = sender.send(Ok(Err(loss.error())));
                    return Ran::Refused;
                }
            };
            let failure = match &result {
                Ok(Ok(_)) => None,
                Ok(Err(Error::Unavailable(reason))) => Some(Some(*reason)),
                Ok(Err(_)) | Err(_) => Some(None),
            };
            let answer: Answer = Box::new(move |commit| {
                let _ = sender.send(result.map(|result| commit.map_err(|loss| loss.error()).and(result)));
            });
            match failure {
                None => Ran::Stands(answer),
                Some(reason) => Ran::Fails(answer, reason),
            }
        });
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(job).map_err(|refused| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            match refused {
                TrySendError::Full(_) => Error::Unavailable(Unavailable::StoreBusy),
                // The service stops then: see `ended`.
                TrySendError::Disconnected(_) => Error::Unavailable(Unavailable::Stopping),
            }
        })?;
        let dropped = |_| Error::internal("a write was dropped: the thread that writes has ended");
        // A panic ends the request that it belongs to, and nothing else.
        receiver.await.map_err(dropped)?.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Runs what may panic, which the panic hook has logged then, and says whether it did not.
fn survive(deed: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(deed)).is_ok()
}

/// What the thread shares with others.
pub(in crate::store) struct Shared {
    pub(in crate::store) clock: Clock,
    pub(in crate::store) cipher: Arc<Cipher>,
    pub(in crate::store) statements: Arc<AtomicU64>,
    pub(in crate::store) left_behind: Arc<LeftBehind>,
}

struct WriterThread {
    connection: Connection,
    shared: Shared,
    sequence: RefCell<Sequence>,
    /// What is known to be stored of the sequence. Nothing after a failed commit, so that the next one writes it even
    /// if its jobs write nothing: whether the disk works again shows in writing alone.
    on_disk: RefCell<Option<Sequence>>,
    journal: Journal,
    follower: Follower,
}

impl WriterThread {
    fn run(self, jobs: Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(job) = jobs.try_recv()
            {
                batch.push(job);
            }
            if self.commit_together(batch).is_break() {
                return;
            }
        }
    }

    /// Breaks if what had to follow a commit failed.
    fn commit_together(&self, batch: Vec<Job>) -> ControlFlow<()> {
        let mut answers = Vec::with_capacity(batch.len());
        let mut deeds = Vec::new();
        let outcome = self.run_batch(batch, &mut answers, &mut deeds);
        match &outcome {
            Ok(()) => {
                // All of them, whichever fails.
                let failed = deeds.into_iter().map(survive).filter(|well| !well).count();
                if failed > 0 {
                    tracing::error!(
                        "What is in memory is not what is on disk: the service stops, and a start mends it"
                    );
                    return ControlFlow::Break(());
                }
            }
            Err(_) => self.roll_back(),
        }
        for answer in answers {
            // The others hear of theirs, whatever becomes of one.
            survive(|| answer(outcome.clone()));
        }
        if outcome.is_ok() {
            self.journal.tend(&self.connection);
        }
        ControlFlow::Continue(())
    }

    fn roll_back(&self) {
        self.on_disk.replace(None);
        if self.connection.is_autocommit() {
            // SQLite has done it by itself.
            return;
        }
        if let Err(error) = self.connection.execute_batch("ROLLBACK") {
            tracing::error!(%error, "A failed transaction could not be rolled back");
        }
    }

    fn run_batch(&self, batch: Vec<Job>, answers: &mut Vec<Answer>, deeds: &mut Vec<Deed>) -> Result<(), Loss> {
        self.follower.begin();
        let mut state = self.connection.execute_batch("BEGIN IMMEDIATE").map_err(Loss::from);
        for job in batch {
            match state.clone() {
                Ok(()) => state = self.run_job(job, answers, deeds),
                Err(loss) => drop(job(Err(loss))),
            }
        }
        state?;
        let users = self.follower.noted_any();
        let number = users.then(|| self.sequence.borrow_mut().next_number(self.shared.clock.now()));
        let sequence = self.sequence.borrow().clone();
        let stored = self.on_disk.borrow().as_ref() == Some(&sequence);
        if !stored {
            sequence.save(&self.connection)?;
        }
        let announced = number.map(|number| self.follower.announce(&self.connection, &self.shared.cipher, number));
        let committed = self.connection.execute_batch("COMMIT");
        announced.into_iter().for_each(|announced| self.follower.settle(announced, committed.is_ok()));
        committed?;
        self.on_disk.replace(Some(sequence));
        Ok(())
    }

    /// Runs one job inside a savepoint. An error means that the whole transaction is lost.
    fn run_job(&self, job: Job, answers: &mut Vec<Answer>, deeds: &mut Vec<Deed>) -> Result<(), Loss> {
        if let Err(cause) = self.step("SAVEPOINT job") {
            let loss = Loss::from(cause);
            job(Err(loss.clone()));
            return Err(loss);
        }
        let tx = self.transaction();
        let reason = match job(Ok(&tx)) {
            Ran::Stands(answer) => {
                answers.push(answer);
                deeds.append(&mut tx.after_commit.borrow_mut());
                return Ok(self.step("RELEASE job")?);
            }
            Ran::Fails(answer, reason) => {
                answers.push(answer);
                reason
            }
            Ran::Refused => None,
        };
        if self.connection.is_autocommit() {
            // SQLite has rolled everything back by itself, as it does when the disk is full.
            return Err(Loss::Reason(reason.unwrap_or(Unavailable::StoreBusy)));
        }
        self.step("ROLLBACK TO job")?;
        Ok(self.step("RELEASE job")?)
    }

    fn step(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    fn transaction(&self) -> Tx<'_> {
        let Shared { clock, cipher, statements, left_behind } = &self.shared;
        let now = clock.now();
        Tx {
            view: View { connection: &self.connection, cipher, statements, names: None },
            now: Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now),
            sequence: &self.sequence,
            after_commit: RefCell::default(),
            left_behind,
            changes_before: self.connection.total_changes(),
        }
    }
}
