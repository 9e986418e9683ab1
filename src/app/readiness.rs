//! Whether the service can do its work, asked by those who watch over it.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::App;
use crate::model::{Error, Role, Unavailable};

/// How long an answer is kept (contract, section 8), so that asking costs nothing.
const KEPT: Duration = Duration::from_secs(1);

/// The last answer, and when it was found. Whoever asks while one is being found waits for that one.
#[derive(Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, Result<(), Unavailable>)>>);

impl App {
    /// Whether the service can do its work: read, begin a write, and tell the time. At most a second old.
    ///
    /// # Errors
    /// `Unavailable` if it cannot.
    pub async fn ready(&self) -> Result<(), Error> {
        let mut last = self.health.readiness.0.lock().await;
        let known = last.filter(|(found, _)| found.elapsed() < KEPT).map(|(_, answer)| answer);
        let answer = match known {
            Some(answer) => answer,
            None => self.try_out().await,
        };
        if known.is_none() {
            *last = Some((Instant::now(), answer));
        }
        answer.map_err(Error::Unavailable)
    }

    /// Resolves when the service cannot do its work any more, and only a new start mends that.
    pub async fn broken(&self) {
        self.store.writer_ended().await;
    }

    async fn try_out(&self) -> Result<(), Unavailable> {
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
