//! What goes on when whoever asked for it does not wait any more.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::model::{Error, Unavailable};

/// How many tokens may be refreshed at the same time: more than services are asked at once.
const REFRESHES: u32 = 64;

/// Tasks. Dropping them ends them.
pub(super) struct Tasks {
    /// None any more when the service ends.
    running: Mutex<Option<JoinSet<()>>>,
    /// What is begun with one of these is brought to its end.
    refreshing: Semaphore,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { running: Mutex::new(Some(JoinSet::new())), refreshing: Semaphore::new(REFRESHES as usize) }
    }
}

impl Tasks {
    /// Begins a task, unless the service ends.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_mut() {
            while running.try_join_next().is_some() {}
            running.spawn(task.in_current_span());
        }
    }

    /// Begins a task, and waits for what comes of it.
    ///
    /// # Errors
    /// What the task returns; `Unavailable` if the service ends before.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        task: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = oneshot::channel();
        self.spawn(async move {
            // Nobody waits any more if this fails.
            let _ = sender.send(task.await);
        });
        receiver.await.unwrap_or_else(|_| Err(self.ended()))
    }

    /// Why a task has no end: the service ends, or it panicked, which was told then.
    fn ended(&self) -> Error {
        match *self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Error::Unavailable(Unavailable::Stopping),
            Some(_) => Error::internal("a task of a wearable ended before it was done"),
        }
    }

    /// Leave to refresh tokens: the service does not end meanwhile.
    ///
    /// # Errors
    /// `Unavailable` if it ends already.
    pub(super) async fn may_refresh(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.refreshing.acquire().await.map_err(|_| Error::Unavailable(Unavailable::Stopping))
    }

    /// Ends all tasks, once nothing is being refreshed any more.
    pub(super) async fn end(&self) {
        if self.refreshing.acquire_many(REFRESHES).await.is_ok() {
            self.refreshing.close();
        }
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut running) = running {
            running.shutdown().await;
        }
    }
}
