//! What the service does by itself, time and again: jobs that know nothing of each other. One that fails, panics or
//! waits for a disk for ever holds up nothing but itself, and who watches over the service sees which.

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tokio::runtime::Handle;
use tokio::signal::unix::Signal;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::model::Clock;

/// How often to say once more that a job fails for the same reason as before.
const SAY_AGAIN: Duration = Duration::from_hours(1);

/// Something to be done time and again: each time is a turn.
pub(super) struct Job {
    /// What the figures call it.
    pub(super) name: &'static str,
    /// How long to wait before the first turn.
    pub(super) first: Duration,
    /// How long to wait after a turn.
    pub(super) pause: Duration,
    /// How long to wait after one that failed.
    pub(super) pause_after_failure: Duration,
    /// What the log says when it fails.
    pub(super) failed: &'static str,
    /// After how many turns that failed for the same reason that is said.
    pub(super) said_after: u32,
    /// A signal that asks for a turn at once.
    pub(super) asked_by: Option<Signal>,
}

impl Job {
    /// A job with a turn after each such time.
    pub(super) const fn every(name: &'static str, period: Duration, failed: &'static str) -> Self {
        Self { name, first: period, pause: period, pause_after_failure: period, failed, said_after: 1, asked_by: None }
    }
}

/// Which job, among the figures.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Label {
    job: &'static str,
}

/// What those who watch over the service hear of its jobs. Cloning shares it.
#[derive(Clone, Default)]
pub(super) struct JobFigures {
    /// When the last turn that did not fail ended, in seconds since 1970; 0 before there was one.
    pub(super) last_success: Family<Label, Gauge>,
    /// Turns that failed.
    pub(super) failures: Family<Label, Counter>,
}

/// The jobs of a running service. Dropping it ends them; a turn on a thread of its own is left to itself.
pub(super) struct Jobs {
    clock: Clock,
    figures: JobFigures,
    workers: Handle,
    running: JoinSet<()>,
}

impl Jobs {
    /// Jobs whose turns the threads of `workers` take.
    pub(super) fn new(clock: Clock, figures: JobFigures, workers: Handle) -> Self {
        Self { clock, figures, workers, running: JoinSet::new() }
    }

    /// Begins a job.
    pub(super) fn start<F, E>(&mut self, job: Job, turn: impl FnMut() -> F + Send + 'static)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Error + 'static,
    {
        let label = Label { job: job.name };
        let last_success = self.figures.last_success.get_or_create_owned(&label);
        let failures = self.figures.failures.get_or_create_owned(&label);
        let record = Record { clock: self.clock.clone(), last_success, failures, trouble: None };
        self.running.spawn_on(carry_out(job, record, turn), &self.workers);
    }

    /// Begins a job whose turns may wait for a disk, on a thread that nobody else needs.
    pub(super) fn start_on_thread<E>(&mut self, job: Job, turn: impl Fn() -> Result<(), E> + Send + Sync + 'static)
    where
        E: Error + Send + 'static,
    {
        let turn = Arc::new(turn);
        self.start(job, move || {
            let turn = Arc::clone(&turn);
            async move {
                let turn = tokio::task::spawn_blocking(move || turn()).await;
                turn.unwrap_or_else(|ended| match ended.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The service ends.
                    Err(_) => Ok(()),
                })
            }
        });
    }
}

async fn carry_out<F, E>(mut job: Job, mut record: Record, mut turn: impl FnMut() -> F)
where
    F: Future<Output = Result<(), E>>,
    E: Error,
{
    let mut pause = job.first;
    loop {
        tokio::select! {
            () = sleep(pause) => {}
            () = asked(job.asked_by.as_mut()) => tracing::info!(job = job.name, "Asked by a signal to begin at once"),
        }
        // The panic hook has logged a panic.
        let outcome = match AssertUnwindSafe(async { turn().await }).catch_unwind().await {
            Ok(outcome) => outcome.map_err(|error| told(&error)),
            Err(_) => Err("it panicked".to_owned()),
        };
        pause = if outcome.is_ok() { job.pause } else { job.pause_after_failure };
        record.note(&job, outcome);
    }
}

async fn asked(signal: Option<&mut Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// An error with all its causes.
fn told(error: &dyn Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// How a job went so far.
struct Record {
    clock: Clock,
    last_success: Gauge,
    failures: Counter,
    trouble: Option<Trouble>,
}

/// Why the last turns failed, how many of them, and when that was said.
struct Trouble {
    error: String,
    turns: u32,
    said: Option<Instant>,
}

impl Record {
    /// Says in the log what is new: a failure that was not said lately, and that there is none any more.
    fn note(&mut self, job: &Job, outcome: Result<(), String>) {
        let Err(error) = outcome else {
            self.last_success.set(self.clock.now().as_second());
            if self.trouble.take().is_some_and(|trouble| trouble.said.is_some()) {
                tracing::info!(job = job.name, "What failed before goes well again");
            }
            return;
        };
        self.failures.inc();
        let known = self.trouble.take().filter(|trouble| trouble.error == error);
        let mut trouble = known.unwrap_or(Trouble { error, turns: 0, said: None });
        trouble.turns = trouble.turns.saturating_add(1);
        let due = trouble.said.is_none_or(|said| said.elapsed() >= SAY_AGAIN);
        if due && trouble.turns >= job.said_after {
            let seconds = job.pause_after_failure.as_secs();
            tracing::error!(
                job = job.name,
                error = trouble.error,
                tried_again_after_seconds = seconds,
                "{}",
                job.failed
            );
            trouble.said = Some(Instant::now());
        }
        self.trouble = Some(trouble);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::operations::StartError;

    const OFTEN: Duration = Duration::from_millis(1);

    fn failure() -> StartError {
        StartError::Internal("on purpose".to_owned())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_job_that_fails_panics_or_hangs_goes_on_if_it_can_and_never_holds_up_another() {
        let figures = JobFigures::default();
        let mut jobs = Jobs::new(Clock::system(), figures.clone(), Handle::current());
        let (sender, mut turns) = unbounded_channel();
        let (never, hang) = std::sync::mpsc::channel::<()>();
        let hang = std::sync::Mutex::new(hang);
        jobs.start_on_thread(Job::every("hangs", OFTEN, "It failed"), move || {
            let _ = hang.lock().map(|hang| hang.recv());
            Ok::<_, StartError>(())
        });
        let count = Arc::new(AtomicU32::new(0));
        let wavers = Arc::clone(&count);
        jobs.start(Job::every("wavers", OFTEN, "It failed"), move || {
            let (turn, sender) = (wavers.fetch_add(1, Ordering::SeqCst), sender.clone());
            async move {
                match turn % 3 {
                    0 => Err(failure()),
                    1 => panic!("on purpose"),
                    _ => sender.send(turn).map_err(|_| failure()),
                }
            }
        });
        for turn in [2, 5, 8] {
            assert_eq!(turns.recv().await, Some(turn));
        }
        jobs.start_on_thread(Job::every("panics", OFTEN, "It failed"), || -> Result<(), StartError> {
            panic!("on purpose")
        });
        let failed = |job| figures.failures.get_or_create_owned(&Label { job }).get();
        while failed("panics") < 2 {
            tokio::time::sleep(OFTEN).await;
        }
        let last = |job| figures.last_success.get_or_create_owned(&Label { job }).get();
        assert!(last("wavers") > 0 && failed("wavers") >= 4);
        assert_eq!((last("hangs"), failed("hangs"), last("panics")), (0, 0, 0));
        drop(jobs);
        drop(never);
    }

    #[test]
    fn a_failure_is_said_once_and_so_is_its_end() {
        let job = Job { said_after: 2, ..Job::every("job", OFTEN, "It failed") };
        let (last_success, failures) = (Gauge::default(), Counter::default());
        let mut record = Record { clock: Clock::system(), last_success, failures, trouble: None };
        let said = |record: &Record| record.trouble.as_ref().and_then(|trouble| trouble.said);
        let fail = |record: &mut Record, why: &str| record.note(&job, Err(why.to_owned()));
        fail(&mut record, "a");
        assert!(said(&record).is_none());
        fail(&mut record, "a");
        let first = said(&record);
        assert!(first.is_some());
        fail(&mut record, "a");
        assert_eq!(said(&record), first, "not again");
        fail(&mut record, "b");
        assert!(said(&record).is_none(), "another reason is another failure");
        record.note(&job, Ok(()));
        assert!(record.trouble.is_none() && record.last_success.get() > 0);
        assert_eq!(record.failures.get(), 4);
    }
}
