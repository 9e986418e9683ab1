//! A service at work, and its end, which is bounded whatever the disks do.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connections::listener::{ConnectionLimits, Transport};
use super::connections::redirect::Redirect;
use super::jobs::{Job, Jobs};
use super::metrics::{Counted, Exporter};
use super::renewal::Renewal;
use super::service::{Service, internal};
use super::supervisor;
use crate::api;
use crate::app::App;
use crate::model::Error;
use crate::operations::StartError;

/// How long the database may take to be closed. A disk that works is done in much less.
const CLOSING: Duration = Duration::from_secs(10);
/// How long tokens of wearables that are being refreshed are waited for: as long as an answer may take.
const REFRESHING: Duration = Duration::from_secs(32);
/// How much longer than it may take what ends by itself is waited for.
const MARGIN: Duration = Duration::from_secs(2);
const MINUTE: Duration = Duration::from_mins(1);

const LIMITS: Job = Job::every("limits", MINUTE, "Limits that are over could not be forgotten");
const REFUSALS: Job = Job::every("refusals", MINUTE, "The latest refusals are not yet in the audit trail");
const TOKEN_KEYS: Job = Job::every("token_keys", MINUTE, "Keys for tokens that are over could not be forgotten");
const AUDIT: Job = Job::every("audit", MINUTE, "Rows of the audit trail that are over could not be deleted");
const AUDIT_SIZE: Job =
    Job::every("audit_size", Duration::from_mins(10), "The audit trail may be larger than --audit-size allows");
const RETENTION: Job =
    Job::every("retention", Duration::from_hours(1), "What is tracked and too old could not be removed");
const LEAVERS: Job = Job::every("leavers", MINUTE, "Users who were to be deactivated could not be");
const ERASING: Job = Job::every("erasing", Duration::from_hours(1), "Users who were to be deleted could not be");
const ORPHANS: Job = Job::every("orphans", MINUTE, "What was tracked of those who were deleted could not be");
const WEARABLES: Job = Job::every("wearables", MINUTE, "It cannot be told whose wearable is to be synced");
const CLOCK: Job = Job::every("clock", MINUTE, "The clock cannot be right");
/// Whether one is due. The clock may be set, or the machine sleep, in between.
const BACKUP: Job = Job::every("backup", Duration::from_secs(30), "The backup failed");
const ERASURES: Job =
    Job::every("erasures", MINUTE, "The list of people who were deleted, which a restore reads, is not complete");
const RETRY_BACKUP: Duration = Duration::from_secs(600);
const CERTIFICATE: Job =
    Job::every("certificate", Duration::from_secs(3), "Another certificate cannot be used: the present one is kept");

impl Service {
    /// Serves until the process is asked to end, then lets requests in work end. Connections live in the runtime
    /// `workers`; the request to end and the figures in the one that this is called in, so that they have a thread
    /// left when those of `workers` wait for a disk.
    ///
    /// # Errors
    /// If the service cannot begin, a fault keeps it from going on, or its database cannot be closed: whoever
    /// supervises it is to start it again.
    pub async fn run(mut self, workers: &Handle) -> Result<(), StartError> {
        let mut termination = self.termination.take();
        let asked = async move {
            match &mut termination {
                Some(termination) => termination.requested().await,
                None => std::future::pending().await,
            }
        };
        self.run_until(asked, workers).await
    }

    /// As [`Service::run`], until `asked` resolves.
    ///
    /// # Errors
    /// As [`Service::run`].
    pub async fn run_until(self, asked: impl Future<Output = ()>, workers: &Handle) -> Result<(), StartError> {
        let (connections, limits) = self.limits;
        let grace = connections.shutdown_grace;
        let app = self.app;
        let inner = api::endpoint(Arc::clone(&app), limits, self.cors).map_err(internal)?;
        let (stop, stopped) = watch::channel(false);
        let endpoint = Counted { inner, metrics: self.metrics.as_ref().map(|(_, metrics)| Arc::clone(metrics)) };
        let mut serving = JoinSet::new();
        if let Some((listener, metrics)) = self.metrics {
            let few = ConnectionLimits { connections: 8, connections_per_client: 8, ..connections.clone() };
            serving.spawn(listener.serve(Exporter(metrics), Transport::Plain, few, stopped.clone()));
        }
        if let Some(socket) = self.control {
            let served = socket.serve(Arc::clone(&app), stopped.clone(), grace);
            serving.spawn_on(served, workers);
        }
        if let Some((listener, port)) = self.redirect {
            let served = listener.serve(Redirect { port }, Transport::Plain, connections.clone(), stopped.clone());
            serving.spawn_on(served, workers);
        }
        let (listener, transport) = self.main;
        serving.spawn_on(listener.serve(endpoint, transport, connections, stopped), workers);
        let mut jobs = Jobs::new(self.clock, self.job_figures, workers.clone());
        start_chores(&mut jobs, &app);
        let erasures = self.erasures;
        let job = Job { first: Duration::ZERO, ..ERASURES };
        jobs.start_on_thread(job, move || erasures.turn());
        if let Some(schedule) = self.schedule {
            let job = Job { first: Duration::ZERO, pause_after_failure: RETRY_BACKUP, ..BACKUP };
            jobs.start_on_thread(job, move || schedule.turn());
        }
        if let Some(renewal) = self.renewal {
            let (job, asked) = (CERTIFICATE, Renewal::asked().map_err(internal)?);
            jobs.start_on_thread(Job { said_after: 2, asked_by: Some(asked), ..job }, move || renewal.look());
        }
        supervisor::ready();
        let ended = tokio::select! {
            () = asked => Ok(()),
            () = app.broken() => Err(StartError::WriterEnded),
        };
        supervisor::stopping();
        drop(jobs);
        tracing::info!("Stopping: requests in work may end");
        stop.send_replace(true);
        // Whatever is left after that waits for a disk, or for a service outside that does not answer.
        let served = timeout(grace + MARGIN, async { while serving.join_next().await.is_some() {} });
        let _ = tokio::join!(served, timeout(REFRESHING, app.end_syncs()));
        close(app).await.and(ended)
    }
}

/// What `App` leaves to whoever runs it to have done time and again.
fn start_chores(jobs: &mut Jobs, app: &Arc<App>) {
    let clock = Arc::clone(app);
    // What is wrong with the clock, the check says itself.
    jobs.start_on_thread(Job { said_after: u32::MAX, ..CLOCK }, move || clock.check_clock());
    jobs.start(
        LIMITS,
        chore(app, |app| async move {
            app.forget_old_limits();
            Ok::<_, Error>(())
        }),
    );
    jobs.start(REFUSALS, chore(app, |app| async move { app.flush_refusals().await }));
    jobs.start(TOKEN_KEYS, chore(app, |app| async move { app.tidy_keys().await }));
    jobs.start(RETENTION, chore(app, |app| async move { app.prune_tracking().await }));
    jobs.start(LEAVERS, chore(app, |app| async move { app.deactivate_leavers().await }));
    jobs.start(ERASING, chore(app, |app| async move { app.erase_leavers().await }));
    jobs.start(ORPHANS, chore(app, |app| async move { app.delete_orphans().await }));
    jobs.start(WEARABLES, chore(app, |app| async move { app.sync_wearables().await }));
    jobs.start(AUDIT, chore(app, |app| async move { app.prune_audit().await }));
    jobs.start(AUDIT_SIZE, chore(app, |app| async move { trim_audit(&app).await }));
}

/// Says it when rows go before their time.
async fn trim_audit(app: &App) -> Result<(), Error> {
    let rows = app.trim_audit().await?;
    if rows > 0 {
        tracing::warn!(
            rows,
            "The audit trail had more rows than --audit-size has room for: the oldest were deleted before their time"
        );
    }
    Ok(())
}

fn chore<F, W>(app: &Arc<App>, work: W) -> impl FnMut() -> F + Send + use<F, W>
where
    W: Fn(Arc<App>) -> F + Send,
{
    let app = Arc::clone(app);
    move || work(Arc::clone(&app))
}

/// Writes what is left to be written, and closes the database.
async fn close(app: Arc<App>) -> Result<(), StartError> {
    let closed = timeout(CLOSING, async {
        if let Err(error) = app.settled().await {
            tracing::warn!(%error, "The refusals of the last minute are not in the audit trail");
        }
        // Whoever drops it last waits until the database is closed.
        tokio::task::spawn_blocking(move || drop(app)).await
    });
    match closed.await {
        Ok(_) => {
            tracing::info!("Stopped");
            Ok(())
        }
        Err(_) => Err(StartError::NotClosed),
    }
}
