//! Scans: reads that may look at every row, or put out more than a few, on threads of their own.
//!
//! A scan is asked for by somebody, waits in a line that is bounded as a whole and for each asker, and runs when it is
//! its turn. As many run as there are cores, and whoever has run the shortest time goes next: a scan that runs gives
//! way, in the middle of a statement, to those of others who ran less, and goes on later on the same state of the
//! database. So one who asks much and costly delays himself. The turn belongs to the scan, not to whoever waits for it;
//! a scan that nobody waits for any more ends within milliseconds.
//!
//! **To answer with more than a few rows**, take a [`Place`] (before a change, if the answer is to one: what is committed
//! must not be refused afterwards), and have [`Place::put_out`] run a job that hands each
//! item to [`Items`]. Items become bytes at once; those of a short answer come back whole, those of a long one in
//! [`Chunks`] while the job goes on. A job whose client is slow lets others run; what waits for clients has a budget,
//! and a client that takes nothing of its answer for long, or for a shorter time while others need the thread, loses it.

mod line;
mod outlet;
mod turn;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::model::{Account, Error, Id, Unavailable};
use crate::store::{OpenError, Readers, View};
use line::{Limits, Line};
use turn::Turn;

pub use outlet::{AnswerBody, Chunks, CutOff, Form, Items, Outlet, Written};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// A user.
    User(Id<Account>),
    /// Whoever looks after the machine.
    Operator,
}

/// The most scans that wait to begin; more are refused.
const WAITING: usize = 1024;
/// The most of one asker.
const WAITING_EACH: usize = 128;
/// How long a scan runs before it gives way.
const SLICE: Duration = Duration::from_millis(10);
/// How long a client may take nothing of its answer.
const TAKES_NOTHING: Duration = Duration::from_secs(60);
/// How often a scan that waits for its client looks whether it should go on waiting.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How scans are run.
#[derive(Debug, Clone, Copy)]
pub struct ScanOptions {
    /// How many run at the same time.
    pub running: usize,
    /// The most bytes of answers that wait for their clients.
    pub answer_bytes: usize,
    /// What each of their threads does first.
    pub on_thread_start: fn(),
}

impl ScanOptions {
    /// How many scans may have begun and not ended, each with a thread and a connection of its own.
    pub(in crate::store) fn threads(&self) -> usize {
        2 * self.running + 4
    }
}

/// The threads that scan, and the line before them. Dropping it ends what runs, and waits for that.
pub(in crate::store) struct Scans {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    line: Mutex<Line<Job>>,
    /// Whether somebody waits for a turn, to be looked at often.
    wanted: AtomicBool,
    ended: AtomicBool,
    /// Threads without a scan. Whichever worked last goes on first: what the allocator keeps for a thread is not kept for
    /// all of them.
    idle: Mutex<Vec<Thread>>,
    /// For scans that wait for their turn to go on.
    turns: Condvar,
    /// For scans that wait for their clients.
    taken: Condvar,
}

struct Job {
    fate: Arc<Fate>,
    work: Work,
}

/// Reads with a turn to run, and tells whoever waits.
type Work = Box<dyn FnOnce(&Arc<Turn>, &Readers) + Send>;

/// What becomes of a scan, as its two sides tell each other.
#[derive(Default)]
struct Fate {
    /// Nobody waits for it any more.
    unwanted: AtomicBool,
    /// It has ended.
    over: AtomicBool,
}

/// A place in the line, for one scan.
pub struct Place {
    shared: Arc<Shared>,
    asker: Asker,
    reserved: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.reserved {
            self.shared.line().give_back(self.asker);
        }
    }
}

/// Whoever waits for a scan; when this is dropped, nobody does any more.
struct Waiter {
    shared: Arc<Shared>,
    asker: Asker,
    number: u64,
    fate: Arc<Fate>,
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if !self.fate.over.load(Ordering::Relaxed) {
            self.fate.unwanted.store(true, Ordering::Relaxed);
            let mut line = self.shared.line();
            line.withdraw(self.asker, self.number);
            self.shared.note_wanted(&line);
            self.shared.turns.notify_all();
            self.shared.taken.notify_all();
        }
    }
}

impl Scans {
    pub(in crate::store) fn start(options: &ScanOptions, readers: &Arc<Readers>) -> Result<Self, OpenError> {
        let limits = Limits {
            running: options.running,
            begun: options.threads(),
            waiting: WAITING,
            waiting_each: WAITING_EACH,
            bytes: options.answer_bytes,
        };
        let shared = Arc::new(Shared {
            line: Mutex::new(Line::new(limits)),
            wanted: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            idle: Mutex::default(),
            turns: Condvar::new(),
            taken: Condvar::new(),
        });
        let mut scans = Self { shared, threads: Vec::new() };
        for _ in 0..options.threads() {
            let (shared, readers, begin) = (Arc::clone(&scans.shared), Arc::clone(readers), options.on_thread_start);
            let thread = thread::Builder::new().name("store-scan".to_owned()).spawn(move || {
                begin();
                shared.work(&readers);
            })?;
            scans.threads.push(thread);
        }
        Ok(scans)
    }

    /// Takes a place in the line.
    ///
    /// # Errors
    /// `Unavailable` if the line, or the asker's part of it, is full.
    pub(in crate::store) fn reserve(&self, asker: Asker) -> Result<Place, Error> {
        match self.shared.line().reserve(asker) {
            true => Ok(Place { shared: Arc::clone(&self.shared), asker, reserved: true }),
            false => Err(Error::Unavailable(Unavailable::ScansFull)),
        }
    }
}

impl Drop for Scans {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // Whoever has looked at it before waits by now.
        drop(self.shared.line());
        for sleeping in [&self.shared.turns, &self.shared.taken] {
            sleeping.notify_all();
        }
        self.shared.idle().drain(..).for_each(|thread| thread.unpark());
        for thread in self.threads.drain(..) {
            // A panic there was told when it happened.
            let _ = thread.join();
        }
    }
}

impl Place {
    /// Runs a job on one state of the database, when it is its turn.
    ///
    /// # Errors
    /// What the job returns, or `Unavailable` when no connection is to be had.
    pub async fn read<T: Send + 'static>(
        self,
        job: impl FnOnce(&View<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = oneshot::channel();
        let _waiter = self.enter(move |turn, readers| {
            // If nobody waits any more, nobody misses it.
            let _ = sender.send(catch_unwind(AssertUnwindSafe(|| turn.read(readers, job))));
        });
        hear(receiver).await
    }

    /// Runs a job that puts out items, when it is its turn. Resolves when the answer is whole or, if it is a long one,
    /// has begun.
    ///
    /// # Errors
    /// What the job returns before that.
    pub async fn put_out<T: 'static>(
        self,
        form: Form<T>,
        job: impl FnOnce(&View<'_>, &mut Items<'_, T>) -> Result<(), Error> + Send + 'static,
    ) -> Result<Written, Error> {
        let (sender, receiver) = oneshot::channel();
        let waiter = self.enter(move |turn, readers| {
            let mut outlet = Outlet::new(Arc::clone(turn), sender);
            let result = catch_unwind(AssertUnwindSafe(|| {
                turn.read(readers, |view| {
                    let mut items = Items::new(&mut outlet, form);
                    job(view, &mut items)?;
                    items.end()
                })
            }));
            outlet.end(result);
        });
        Ok(hear(receiver).await?.with(waiter))
    }

    /// Waits in the line.
    fn enter(mut self, work: impl FnOnce(&Arc<Turn>, &Readers) + Send + 'static) -> Waiter {
        let (fate, request) = (Arc::<Fate>::default(), tracing::Span::current());
        let work: Work = Box::new(move |turn, readers| request.in_scope(|| work(turn, readers)));
        self.reserved = false;
        let mut line = self.shared.line();
        let number = line.wait(self.asker, Job { fate: Arc::clone(&fate), work });
        self.shared.give_turns(&mut line);
        drop(line);
        Waiter { shared: Arc::clone(&self.shared), asker: self.asker, number, fate }
    }
}

/// What comes from a scan; a panic there is its asker's.
async fn hear<T>(receiver: oneshot::Receiver<thread::Result<Result<T, Error>>>) -> Result<T, Error> {
    let stopping = |_| Error::Unavailable(Unavailable::Stopping);
    receiver.await.map_err(stopping)?.unwrap_or_else(|panic| resume_unwind(panic))
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Line<Job>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Thread>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    fn note_wanted(&self, line: &Line<Job>) {
        self.wanted.store(line.is_wanted(), Ordering::Relaxed);
    }

    /// Gives away what turns there are, and wakes those who have one now.
    fn give_turns(&self, line: &mut Line<Job>) {
        line.choose();
        self.wake(line, line.need_threads());
    }

    fn wake(&self, line: &Line<Job>, threads: usize) {
        (0..threads).filter_map(|_| self.idle().pop()).for_each(|thread| thread.unpark());
        if line.has_resumed() {
            self.turns.notify_all();
        }
        self.note_wanted(line);
    }

    /// One scan after another, until there will be none any more.
    fn work(self: &Arc<Self>, readers: &Readers) {
        let mut done = None;
        while let Some((asker, number, Job { fate, work })) = self.next(done) {
            let since = Mutex::new(Instant::now());
            let turn = Arc::new(Turn { shared: Arc::clone(self), asker, number, fate, since });
            if !turn.is_unwanted() {
                work(&turn, readers);
            }
            turn.fate.over.store(true, Ordering::Relaxed);
            done = Some(turn);
        }
    }

    /// The next scan, after one is done.
    fn next(&self, done: Option<Arc<Turn>>) -> Option<(Asker, u64, Job)> {
        let mut line = self.line();
        if let Some(turn) = done {
            line.charge(turn.asker, turn.take_time());
            line.end(turn.asker, turn.number);
            line.choose();
            // One of them for this thread.
            self.wake(&line, line.need_threads().saturating_sub(1));
        }
        loop {
            if self.has_ended() {
                return None;
            }
            if let Some(next) = line.next() {
                return Some(next);
            }
            let this = thread::current();
            self.idle().push(this.clone());
            drop(line);
            thread::park();
            line = self.line();
            self.idle().retain(|idle| idle.id() != this.id());
        }
    }
}
