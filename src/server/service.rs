//! A start, in an order in which everything that can be refused is refused before anything is changed.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::watch;

use super::connections::listener::{ConnectionLimits, Listener, Transport};
use super::connections::redirect::Redirect;
use super::connections::tls::{CurrentCertificate, server_config};
use super::metrics::{Counted, Exporter, Metrics};
use super::renewal::Renewal;
use super::supervisor;
use crate::api::{self, Cors, Hsts, Limits};
use crate::app::{App, EarlierKeys, FirstAdmin};
use crate::config::{Config, Mode};
use crate::model::{Clock, Error, Password, Username};
use crate::operations::StartError;
use crate::operations::backup::{Schedule, Watch, back_up_before_upgrade};
use crate::operations::certificate::{Certificate, certificate};
use crate::operations::control::ControlSocket;
use crate::operations::folder::{DataFolder, write_first_password};
use crate::operations::keys::{FoundTokenKey, FoundUsernameKey, Missing, token_key, username_key};
use crate::operations::opening::{cores, open_store, start_app};
use crate::operations::signals::Termination;

/// Files that the service opens itself: database, log, listeners, control socket, signals, and some to spare.
const OWN_FILES: usize = 64;
/// Each reading connection has the database, its log and its index open.
const FILES_PER_CORE: usize = 4;

/// How often the clock is looked at.
const CLOCK_CHECK: Duration = Duration::from_secs(60);

/// A service that is ready to serve.
pub struct Service {
    app: Arc<App>,
    main: (Listener, Transport),
    redirect: Option<(Listener, u16)>,
    metrics: Option<(Listener, Arc<Metrics>)>,
    renewal: Option<Renewal>,
    control: Option<ControlSocket>,
    schedule: Option<Schedule>,
    limits: (ConnectionLimits, Limits),
    cors: Cors,
    termination: Termination,
    folder: DataFolder,
}

/// What the start found and made, for the person who reads the terminal.
pub struct Started {
    /// Where the API is served.
    pub address: SocketAddr,
    /// Where requests are redirected to it.
    pub redirect: Option<SocketAddr>,
    /// `https` or `http`.
    pub scheme: &'static str,
    /// Where figures are served, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// The data folder.
    pub folder: PathBuf,
    /// The certificate, if there is TLS.
    pub certificate: Option<Certificate>,
    /// Whether tokens from before are accepted.
    pub earlier_keys: EarlierKeys,
    /// Whether an administrator was made.
    pub admin: FirstAdmin,
    /// Where the made-up password went, if it is not to be shown.
    pub password_file: Option<PathBuf>,
}

/// Where a made-up password goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstPassword {
    /// To the person at the terminal.
    Shown,
    /// Into a file in the data folder.
    Stored,
}

/// What the service begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InitialData {
    /// What the data folder holds.
    Kept,
    /// A made-up school.
    MadeUp,
}

/// What keys and certificate were found, or will be made.
struct Found {
    token_key: FoundTokenKey,
    username_key: FoundUsernameKey,
    certificate: Option<Certificate>,
    missing: Vec<Missing>,
}

impl Service {
    /// Prepares everything. Only when nothing can be refused any more is anything made.
    ///
    /// # Errors
    /// Why the start is refused.
    pub async fn start(config: &Config, clock: Clock, password: FirstPassword) -> Result<(Self, Started), StartError> {
        Self::start_with(config, clock, password, InitialData::Kept).await
    }

    /// As [`Service::start`], in an empty data folder, and with the made-up school of [`crate::app::demo`].
    ///
    /// # Errors
    /// Why the start is refused.
    pub async fn start_demo(config: &Config, clock: Clock) -> Result<(Self, Started), StartError> {
        Self::start_with(config, clock, FirstPassword::Shown, InitialData::MadeUp).await
    }

    async fn start_with(
        config: &Config,
        clock: Clock,
        password: FirstPassword,
        contents: InitialData,
    ) -> Result<(Self, Started), StartError> {
        // From here on a request to end waits until the service runs, so that it never leaves half a start behind.
        let termination = Termination::listen().map_err(internal)?;
        let admin = first_admin(config)?;
        let folder = DataFolder::find(&config.data_dir)?;
        let ports = Ports::bind(config)?;
        let folder = folder.map_or_else(|| DataFolder::create(&config.data_dir), Ok)?;
        let found = Found::look(config, &folder, &clock)?;
        back_up_before_upgrade(config, &clock).map_err(|error| StartError::NoUpgrade(error.to_string()))?;
        let backups = Watch::over(config);
        let schedule = Schedule::of(config, &clock, &backups);
        let database_was_there = folder.database().exists();
        let store = open_store(&folder, found.username_key, &clock, || {
            found.missing.iter().try_for_each(|file| file.write(&folder))
        })?;
        let made_anew = database_was_there && found.token_key.made;
        let app = start_app(config, store, found.token_key, clock.clone())?;
        let earlier_keys = settle_keys(&app, made_anew).await;
        said(app.check_clock());
        if contents == InitialData::MadeUp {
            app.fill_demo().await.map_err(internal)?;
        }
        let admin = app.ensure_admin(admin.0, admin.1).await.map_err(internal)?;
        let password_file = match (&admin, password) {
            (FirstAdmin::Made { random_password: Some(made_up), .. }, FirstPassword::Stored) => {
                Some(write_first_password(&folder, &String::from_utf8_lossy(made_up.as_bytes()))?)
            }
            _ => None,
        };
        let started = Started {
            address: ports.main.address().map_err(internal)?,
            redirect: ports.redirect.as_ref().map(Listener::address).transpose().map_err(internal)?,
            scheme: if config.listen.mode == Mode::Tls { "https" } else { "http" },
            metrics: ports.metrics.as_ref().map(Listener::address).transpose().map_err(internal)?,
            folder: folder.path().to_owned(),
            certificate: found.certificate.clone(),
            earlier_keys,
            admin,
            password_file,
        };
        let app = Arc::new(app);
        let certificate_end = Gauge::default();
        let end = found.certificate.as_ref().map(|certificate| {
            certificate_end.set(certificate.not_after.as_second());
            certificate_end.clone()
        });
        let metrics = ports.metrics.map(|listener| (listener, Arc::new(Metrics::new(Arc::clone(&app), end, backups))));
        let (transport, renewal) = match found.certificate {
            Some(certificate) => {
                let current = Arc::new(CurrentCertificate::new(certificate.certified));
                let renewal = Renewal::new(config.tls.clone(), clock, Arc::clone(&current), certificate_end)?;
                (Transport::Tls(server_config(current)?), Some(renewal))
            }
            None => (Transport::Plain, None),
        };
        let redirect = ports.redirect.map(|listener| (listener, started.address.port()));
        let service = Self {
            app,
            main: (ports.main, transport),
            redirect,
            metrics,
            renewal,
            control: bind_control(&folder, config),
            schedule,
            limits: limits(config),
            cors: Cors::new(config.cors_origins.clone()),
            termination,
            folder,
        };
        Ok((service, started))
    }

    /// Serves until the process is asked to end, then lets requests in work end.
    ///
    /// # Errors
    /// If the service cannot begin, or a fault keeps it from going on: whoever supervises it is to start it again.
    pub async fn run(mut self) -> Result<(), StartError> {
        let (connections, limits) = self.limits;
        let app = self.app;
        let upkeep = tokio::spawn(upkeep(Arc::clone(&app)));
        let clock = tokio::spawn(watch_clock(Arc::clone(&app)));
        let inner = api::endpoint(Arc::clone(&app), limits, self.cors).map_err(internal)?;
        let (stop, stopped) = watch::channel(false);
        let endpoint = Counted { inner, metrics: self.metrics.as_ref().map(|(_, metrics)| Arc::clone(metrics)) };
        let exporter = self.metrics.map(|(listener, metrics)| {
            let few = ConnectionLimits { connections: 8, connections_per_client: 8, ..connections.clone() };
            tokio::spawn(listener.serve(Exporter(metrics), Transport::Plain, few, stopped.clone()))
        });
        let control = self
            .control
            .map(|socket| tokio::spawn(socket.serve(Arc::clone(&app), stopped.clone(), connections.shutdown_grace)));
        let redirect = self.redirect.map(|(listener, port)| {
            tokio::spawn(listener.serve(Redirect { port }, Transport::Plain, connections.clone(), stopped.clone()))
        });
        let backups = self.schedule.map(|schedule| tokio::spawn(schedule.run(stopped.clone())));
        let (listener, transport) = self.main;
        let main = tokio::spawn(listener.serve(endpoint, transport, connections, stopped));
        supervisor::ready();
        let ended = tokio::select! {
            () = self.termination.requested() => Ok(()),
            () = app.broken() => Err(StartError::WriterEnded),
            never = keep_current(&mut self.renewal, &self.folder) => match never {},
        };
        supervisor::stopping();
        clock.abort();
        tracing::info!("Stopping: requests in work may end");
        stop.send_replace(true);
        main.await.map_err(internal)?;
        for other in [redirect, exporter, control, backups].into_iter().flatten() {
            other.await.map_err(internal)?;
        }
        upkeep.abort();
        if let Err(error) = app.flush_refusals().await {
            tracing::warn!(%error, "The refusals of the last minute are not in the audit trail");
        }
        tracing::info!("Stopped");
        ended
    }
}

/// Says it in the log when tokens from before are refused because another key signs.
async fn settle_keys(app: &App, made_anew: bool) -> EarlierKeys {
    let settled = app.settle_keys().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "The database cannot be told which key signs tokens; the next start tries again");
        EarlierKeys::Accepted
    });
    match settled {
        _ if made_anew => {
            tracing::warn!("The key for tokens was missing, and was made anew: everybody logs in once more");
            EarlierKeys::Refused
        }
        EarlierKeys::Refused => {
            tracing::warn!("The key for tokens is another one than before: everybody logs in once more");
            EarlierKeys::Refused
        }
        EarlierKeys::Accepted => EarlierKeys::Accepted,
    }
}

/// Once a minute, does what the service must do by itself.
async fn upkeep(app: Arc<App>) {
    let minute = Duration::from_mins(1);
    let mut minutes = tokio::time::interval_at(tokio::time::Instant::now() + minute, minute);
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        minutes.tick().await;
        if let Err(error) = app.upkeep().await {
            tracing::warn!(%error, "The upkeep failed; it is tried again in a minute");
        }
    }
}

/// Has it said when the clock goes wrong, although nobody logs in.
async fn watch_clock(app: Arc<App>) {
    loop {
        tokio::time::sleep(CLOCK_CHECK).await;
        said(app.check_clock());
    }
}

/// The check itself has logged what there is to say.
fn said(checked: Result<(), Error>) {
    if let Err(error) = checked {
        tracing::debug!(%error, "Nobody can log in");
    }
}

/// Keeps the certificate up to date, if there is one.
async fn keep_current(renewal: &mut Option<Renewal>, folder: &DataFolder) -> Infallible {
    match renewal {
        Some(renewal) => renewal.watch(folder).await,
        None => std::future::pending().await,
    }
}

struct Ports {
    main: Listener,
    redirect: Option<Listener>,
    metrics: Option<Listener>,
}

impl Ports {
    fn bind(config: &Config) -> Result<Self, StartError> {
        let listen = config.listen;
        let http = || Listener::bind(SocketAddr::new(listen.bind, listen.port_http), "--port-http");
        let metrics = match config.metrics_bind {
            Some(address) => Some(Listener::bind(address, "--metrics-bind")?),
            None => None,
        };
        if listen.mode == Mode::Plain {
            return Ok(Self { main: http()?, redirect: None, metrics });
        }
        let main = Listener::bind(SocketAddr::new(listen.bind, listen.port_https), "--port-https")?;
        Ok(Self { main, redirect: Some(http()?), metrics })
    }
}

impl Found {
    fn look(config: &Config, folder: &DataFolder, clock: &Clock) -> Result<Self, StartError> {
        let mut missing = Vec::new();
        Ok(Self {
            username_key: username_key(config, folder, &mut missing)?,
            token_key: token_key(config, folder, &mut missing)?,
            certificate: match config.listen.mode {
                Mode::Tls => Some(certificate(config.tls.as_ref(), folder, clock.now(), &mut missing)?),
                Mode::Plain => None,
            },
            missing,
        })
    }
}

/// The administrator to make if there is none.
fn first_admin(config: &Config) -> Result<(Username, Option<Password>), StartError> {
    let fault = |flag: &str, fault| StartError::Admin(format!("{flag} cannot be used ({fault:?}): choose another"));
    let username = Username::new(&config.admin_username).map_err(|why| fault("admin-username", why))?;
    let password = config
        .admin_password
        .as_ref()
        .map(|password| Password::new(password.expose(), config.password_min_length))
        .transpose()
        .map_err(|why| fault("admin-password", why))?;
    Ok((username, password))
}

/// Without the control socket the service serves, and its operator must stop it for what he wants to change.
fn bind_control(folder: &DataFolder, config: &Config) -> Option<ControlSocket> {
    ControlSocket::bind(folder, config)
        .inspect_err(|error| {
            tracing::warn!(%error, "No control socket: stop the service before using `admin` and `user`");
        })
        .ok()
}

fn limits(config: &Config) -> (ConnectionLimits, Limits) {
    let given = config.limits;
    let most = affordable(given.connections);
    let connections = ConnectionLimits {
        connections: most,
        connections_per_client: given.connections_per_address.unwrap_or(most.div_ceil(5)),
        proxies: config.trusted_proxies.clone(),
        write_timeout: given.write_timeout,
        header_timeout: given.header_timeout,
        idle_timeout: given.idle_timeout,
        header_bytes: given.header,
        handshake_timeout: given.tls_handshake_timeout,
        shutdown_grace: given.shutdown_grace,
    };
    let limits = Limits {
        body_bytes: given.body,
        upload_bytes: given.upload,
        body_timeout: given.body_timeout,
        body_budget: given.body_budget,
        uri_bytes: given.url,
        hsts: if config.hsts { Hsts::On } else { Hsts::Off },
    };
    (connections, limits)
}

/// As many connections as each of the two ports can hold, and let as many wait, beside the files of the service itself.
/// Raises the limit of open files as far as the system allows.
fn affordable(connections: usize) -> usize {
    let mut files = getrlimit(Resource::Nofile);
    if setrlimit(Resource::Nofile, Rlimit { current: files.maximum, maximum: files.maximum }).is_ok() {
        files.current = files.maximum;
    }
    let Some(files) = files.current.and_then(|files| usize::try_from(files).ok()) else {
        return connections;
    };
    let most = (files.saturating_sub(OWN_FILES + FILES_PER_CORE * cores()) / 4).max(1);
    if most < connections {
        tracing::warn!(
            "--max-connections is {connections}, but {files} open files allow {most}: raise the limit of open files \
             (LimitNOFILE= of systemd, `ulimit -n`)"
        );
    }
    connections.min(most)
}

fn internal(error: impl std::fmt::Display) -> StartError {
    StartError::Internal(error.to_string())
}
