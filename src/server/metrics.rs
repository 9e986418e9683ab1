//! Figures for those who watch over the service, in Prometheus form, on a listener of their own.
//!
//! Names follow Prometheus' conventions (base units, `_total`). Series are bounded: labels are routes of the API, known
//! methods and statuses, never what a client made up.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use poem::http::{Method, StatusCode, header};
use poem::{Endpoint, IntoResponse, Request, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use super::jobs::JobFigures;
use super::lost_lines::LostLines;
use crate::api::Route;
use crate::app::{App, Inquiry};
use crate::operations::backup::Watch;
use crate::operations::certificate::Certificate;

/// In seconds: a look-up takes one millisecond, a log-in some fifty, and clients give up after ten seconds.
const LATENCIES: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
/// How long the disk may take to say what is on it; scrapers give up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: String,
}

/// From when until when the certificate in use is valid, in seconds since 1970. Cloning shares it.
#[derive(Clone, Default)]
pub(super) struct Validity {
    begin: Gauge,
    end: Gauge,
}

impl Validity {
    /// It is that of this one now.
    pub(super) fn set(&self, certificate: &Certificate) {
        self.begin.set(certificate.not_before.as_second());
        self.end.set(certificate.not_after.as_second());
    }

    #[cfg(test)]
    pub(super) fn get(&self) -> (i64, i64) {
        (self.begin.get(), self.end.get())
    }
}

/// All figures.
pub(super) struct Metrics {
    registry: Registry,
    app: Arc<App>,
    requests: Family<Answered, Counter>,
    latencies: Family<Asked, Histogram, fn() -> Histogram>,
    hashes_waiting: Gauge,
    writes_waiting: Gauge,
    database_bytes: Gauge,
    journal_bytes: Gauge,
    last_backup: Gauge,
    backups: Watch,
    /// What the disk has to be asked for: the sizes of the database and its journal, and the newest backup.
    disk: Inquiry<((u64, u64), Option<Timestamp>)>,
    ready: Gauge,
}

impl Metrics {
    /// Begins to count. `validity` is that of the certificate in use, if there is one.
    pub(super) fn new(
        app: Arc<App>,
        validity: Option<Validity>,
        backups: Watch,
        jobs: JobFigures,
        lost_lines: LostLines,
    ) -> Self {
        let mut registry = Registry::with_prefix("ocariot");
        let requests = Family::default();
        registry.register("http_requests", "Requests, by what was answered", requests.clone());
        let latencies = Family::new_with_constructor((|| Histogram::new(LATENCIES)) as fn() -> Histogram);
        let help = "From the head of a request to the head of its answer";
        registry.register("http_request_duration_seconds", help, latencies.clone());
        let help = "Backups that the service was to make by itself, and did not";
        registry.register("backup_failures", help, backups.failures.clone());
        let help = "When a job of the service last went well; 0 before it did";
        registry.register("job_last_success_timestamp_seconds", help, jobs.last_success);
        registry.register("job_failures", "Turns of the service's jobs that failed", jobs.failures);
        let help = "Lines of the log that could not be written";
        registry.register("log_lines_lost", help, lost_lines.0);
        if let Some(Validity { begin, end }) = validity {
            registry.register("certificate_start_timestamp_seconds", "When the certificate begins to be valid", begin);
            registry.register("certificate_expiry_timestamp_seconds", "When the certificate ends", end);
        }
        let mut gauge = |name: &str, help: &str| {
            let gauge: Gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let hashes_waiting = gauge("hash_queue_length", "Passwords that wait to be hashed");
        let writes_waiting = gauge("write_queue_length", "Changes that wait to be written");
        let database_bytes = gauge("database_size_bytes", "Size of the database file");
        let journal_bytes = gauge("journal_size_bytes", "Size of the database's journal");
        let ready = gauge("ready", "1 if the service can do its work, 0 if not");
        let help = "When the newest backup in the service's folder for backups was made; 0 if there is none";
        let last_backup = gauge("last_backup_timestamp_seconds", help);
        Self {
            registry,
            app,
            requests,
            latencies,
            hashes_waiting,
            writes_waiting,
            database_bytes,
            journal_bytes,
            last_backup,
            backups,
            disk: Inquiry::default(),
            ready,
        }
    }

    fn note(&self, method: &Method, response: &Response, took: Duration) {
        let method = known(method);
        let route = response.data::<Route>().map_or("-", |route| &*route.0).to_owned();
        let status = response.status().as_u16();
        self.latencies.get_or_create(&Asked { method, route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Answered { method, route, status }).inc();
    }

    /// All figures as they are now, as text; those of a disk that does not answer as they were.
    async fn text(&self) -> Result<String, std::fmt::Error> {
        let load = self.app.load();
        let set = |gauge: &Gauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        set(&self.hashes_waiting, load.hashes_waiting);
        set(&self.writes_waiting, load.writes_waiting);
        let (app, backups) = (Arc::clone(&self.app), self.backups.clone());
        let disk = self.disk.ask(PATIENCE, move || (app.sizes(), backups.newest()));
        let (disk, ready) = tokio::join!(disk, self.app.ready());
        if let Some(((database, journal), newest)) = disk {
            set(&self.database_bytes, database);
            set(&self.journal_bytes, journal);
            self.last_backup.set(newest.map_or(0, |made_at| made_at.as_second()));
        }
        self.ready.set(i64::from(ready.is_ok()));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A method's name, if it is one that some client may send with reason.
fn known(method: &Method) -> &'static str {
    const KNOWN: [Method; 7] =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    const NAMES: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.iter().zip(NAMES).find(|(known, _)| *known == method).map_or("other", |(_, name)| name)
}

/// Counts what passes through.
pub(super) struct Counted<E> {
    /// What answers.
    pub inner: E,
    /// Where it is counted, if anybody wants to know.
    pub metrics: Option<Arc<Metrics>>,
}

impl<E: Endpoint<Output = Response>> Endpoint for Counted<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let Some(metrics) = &self.metrics else {
            return self.inner.call(request).await;
        };
        let (method, started) = (request.method().clone(), Instant::now());
        let response = self.inner.call(request).await?;
        metrics.note(&method, &response, started.elapsed());
        Ok(response)
    }
}

/// Answers `/metrics`, and nothing else.
pub(super) struct Exporter(pub(super) Arc<Metrics>);

impl Endpoint for Exporter {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if request.uri().path() != "/metrics" {
            return Ok(StatusCode::NOT_FOUND.into_response());
        }
        if request.method() != Method::GET {
            let refused = Response::builder().status(StatusCode::METHOD_NOT_ALLOWED).header(header::ALLOW, "GET");
            return Ok(refused.finish());
        }
        match self.0.text().await {
            Ok(text) => Ok(Response::builder().header(header::CONTENT_TYPE, CONTENT_TYPE).body(text)),
            Err(error) => {
                tracing::error!(%error, "The figures cannot be written out");
                Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response())
            }
        }
    }
}
