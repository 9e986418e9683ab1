//! Whether the service can do its work, asked by those who watch over it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::{App, Inquiry};
use crate::model::{Error, Role, Unavailable};

/// How long an answer is kept (contract, section 8), so that asking costs nothing.
const KEPT: Duration = Duration::from_secs(1);
/// How long the disk may take to answer. Those who watch give up after five or ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);

type Answer = Result<(), Unavailable>;

/// The last answer, and when it was found. Whoever asks while one is being found waits for that one.
#[derive(Default)]
pub(super) struct Readiness {
    last: Mutex<Option<(Instant, Answer)>>,
    inquiry: Inquiry<Answer>,
}

impl Readiness {
    fn last(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Answer)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Whether the service can do its work: read, begin a write, and tell the time. At most a second old, and found
    /// within seconds whatever the disk does.
    ///
    /// # Errors
    /// `Unavailable` if it cannot.
    pub async fn ready(self: &Arc<Self>) -> Result<(), Error> {
        let known = self.health.readiness.last().filter(|(found, _)| found.elapsed() < KEPT);
        let answer = match known {
            Some((_, answer)) => answer,
            None => {
                let (app, runtime) = (Arc::clone(self), Handle::current());
                let tried = self.health.readiness.inquiry.ask(PATIENCE, move || runtime.block_on(app.try_out()));
                let answer = tried.await.unwrap_or(Err(Unavailable::DiskSilent));
                *self.health.readiness.last() = Some((Instant::now(), answer));
                answer
            }
        };
        answer.map_err(Error::Unavailable)
    }

    /// Resolves when everything that was to be written is on disk.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` of the store.
    pub async fn settled(&self) -> Result<(), Error> {
        self.flush_refusals().await?;
        self.store.write(|_| Ok(())).await
    }

    /// Resolves when the service cannot do its work any more, and only a new start mends that.
    pub async fn broken(&self) {
        self.store.writer_ended().await;
    }

    async fn try_out(&self) -> Answer {
        let read = self.store.read(|view| view.count_of(Role::Admin)).and_then(|_| self.check_clock());
        let tried = match read {
            Ok(()) => self.store.write(|_| Ok(())).await,
            Err(error) => Err(error),
        };
        tried.map_err(|error| match error {
            Error::Unavailable(reason) => reason,
            other => {
                let cause = std::error::Error::source(&other).map(ToString::to_string).unwrap_or_default();
                tracing::error!(cause, "The service cannot do its work");
                Unavailable::Faulty
            }
        })
    }
}
