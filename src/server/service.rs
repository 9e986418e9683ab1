//! A start, in an order in which everything that can be refused is refused before anything is changed.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::connections::listener::{ConnectionLimits, Listener, Transport};
use super::connections::tls::{CurrentCertificate, server_config};
use super::jobs::JobFigures;
use super::lost_lines::LostLines;
use super::metrics::{Metrics, Validity};
use super::outside::wearable_options;
use super::renewal::{Renewal, warn_if_refused};
use crate::api::{Console, Cors, Hsts, Limits, child_export};
use crate::app::{App, EarlierKeys, FirstAdmin, fault_words};
use crate::config::{Config, Mode};
use crate::model::{Clock, Error, Password, Username};
use crate::operations::StartError;
use crate::operations::backup::{ErasureLists, Schedule, Watch, back_up_before_upgrade};
use crate::operations::certificate::{Certificate, certificate, reachable_at};
use crate::operations::control::ControlSocket;
use crate::operations::folder::{DataFolder, settle_first_password, write_first_password};
use crate::operations::keys::{FoundTokenKey, FoundUsernameKey, Missing, token_key, username_key};
use crate::operations::opening::{cores, open_store, start_app};
use crate::operations::signals::Termination;

/// Files that the service opens itself: database, log, listeners, control socket, signals, and some to spare.
const OWN_FILES: usize = 72;
/// Each reading connection has the database and its log open, and there are three for each core.
const FILES_PER_CORE: usize = 6;

/// A service that is ready to serve.
pub struct Service {
    pub(super) app: Arc<App>,
    pub(super) main: (Listener, Transport),
    pub(super) redirect: Option<(Listener, u16)>,
    pub(super) metrics: Option<(Listener, Arc<Metrics>)>,
    pub(super) renewal: Option<Renewal>,
    pub(super) control: Option<ControlSocket>,
    pub(super) schedule: Option<Schedule>,
    pub(super) erasures: ErasureLists,
    pub(super) limits: (ConnectionLimits, Limits),
    pub(super) cors: Cors,
    pub(super) clock: Clock,
    pub(super) job_figures: JobFigures,
    /// Until the service runs.
    pub(super) termination: Option<Termination>,
    /// Held for as long as the service lives.
    pub(super) _folder: Arc<DataFolder>,
}

/// What the start found and made, for the person who reads the terminal.
pub struct Started {
    /// Where the API is served.
    pub address: SocketAddr,
    /// The addresses at which others reach it.
    pub reachable: Vec<IpAddr>,
    /// Where requests are redirected to it.
    pub redirect: Option<SocketAddr>,
    /// `https` or `http`.
    pub scheme: &'static str,
    /// The page that people open there.
    pub page: &'static str,
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
    /// Where the made-up password of the first administrator still is.
    pub password_file: Option<PathBuf>,
}

impl Started {
    /// The file with the first administrator's password, if this start made both.
    #[must_use]
    pub fn made_password_file(&self) -> Option<&Path> {
        match self.admin {
            FirstAdmin::Made { .. } => self.password_file.as_deref(),
            FirstAdmin::Exists => None,
        }
    }
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
    pub async fn start(config: &Config, clock: Clock, lost_lines: LostLines) -> Result<(Self, Started), StartError> {
        Self::start_with(config, clock, lost_lines, InitialData::Kept).await
    }

    /// As [`Service::start`], in an empty data folder, and with the made-up school of [`crate::app::demo`].
    ///
    /// # Errors
    /// Why the start is refused.
    pub async fn start_demo(
        config: &Config,
        clock: Clock,
        lost_lines: LostLines,
    ) -> Result<(Self, Started), StartError> {
        Self::start_with(config, clock, lost_lines, InitialData::MadeUp).await
    }

    async fn start_with(
        config: &Config,
        clock: Clock,
        lost_lines: LostLines,
        contents: InitialData,
    ) -> Result<(Self, Started), StartError> {
        // From here on a request to end waits until the service runs, so that it never leaves half a start behind.
        let termination = Termination::listen().map_err(internal)?;
        let admin = first_admin(config)?;
        let wearables = wearable_options(config, &clock)?;
        let folder = DataFolder::find(&config.data_dir)?;
        let ports = Ports::bind(config)?;
        let folder = Arc::new(folder.map_or_else(|| DataFolder::create(&config.data_dir), Ok)?);
        let found = Found::look(config, &folder, &clock)?;
        back_up_before_upgrade(config, &clock).map_err(|error| StartError::NoUpgrade(error.to_string()))?;
        let backups = Watch::over(config, &clock);
        let schedule = Schedule::of(config, &clock, &backups);
        let database_was_there = folder.database().exists();
        let store = open_store(config, &folder, found.username_key, &clock, || {
            found.missing.iter().try_for_each(|file| file.write(&folder))
        })?;
        let made_anew = database_was_there && found.token_key.made;
        let app = start_app(config, store, found.token_key, wearables, clock.clone())?;
        let earlier_keys = settle_keys(&app, made_anew).await;
        said(app.check_clock());
        if contents == InitialData::MadeUp {
            app.fill_demo().await.map_err(internal)?;
        }
        let stored = |made_up: &Password| write_first_password(&folder, &String::from_utf8_lossy(made_up.as_bytes()));
        let admin = app.ensure_admin(admin.0, admin.1, stored).await?;
        let password_file = settle_first_password(&folder, &admin)?;
        let started = Started {
            address: ports.main.address().map_err(internal)?,
            reachable: reachable_at(config.listen.bind),
            redirect: ports.redirect.as_ref().map(Listener::address).transpose().map_err(internal)?,
            scheme: if config.listen.mode == Mode::Tls { "https" } else { "http" },
            page: if config.console { "/" } else { "/v1/reference" },
            metrics: ports.metrics.as_ref().map(Listener::address).transpose().map_err(internal)?,
            folder: folder.path().to_owned(),
            certificate: found.certificate.clone(),
            earlier_keys,
            admin,
            password_file,
        };
        let app = Arc::new(app);
        let erasures = ErasureLists::of(config, &app);
        let validity = Validity::default();
        let watched = found.certificate.as_ref().map(|certificate| {
            validity.set(certificate);
            warn_if_refused(certificate, clock.now());
            validity.clone()
        });
        let job_figures = JobFigures::default();
        let metrics = ports.metrics.map(|listener| {
            (listener, Arc::new(Metrics::new(Arc::clone(&app), watched, backups, job_figures.clone(), lost_lines)))
        });
        let (transport, renewal) = match found.certificate {
            Some(certificate) => {
                let current = Arc::new(CurrentCertificate::new(certificate.certified));
                let (files, folder) = (config.tls.clone(), Arc::clone(&folder));
                let renewal = Renewal::new(files, folder, clock.clone(), Arc::clone(&current), validity);
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
            control: bind_control(&folder),
            schedule,
            erasures,
            limits: limits(config),
            cors: Cors::new(config.cors_origins.clone()),
            clock,
            job_figures,
            termination: Some(termination),
            _folder: folder,
        };
        Ok((service, started))
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

/// The check itself has logged what there is to say.
fn said(checked: Result<(), Error>) {
    if let Err(error) = checked {
        tracing::debug!(%error, "Nobody can log in");
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
    let fault = |flag: &str, fault| StartError::Admin(format!("{flag} {}", fault_words(fault)));
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
fn bind_control(folder: &DataFolder) -> Option<ControlSocket> {
    ControlSocket::bind(folder, child_export)
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
        console: if config.console { Console::On } else { Console::Off },
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

pub(super) fn internal(error: impl std::fmt::Display) -> StartError {
    StartError::Internal(error.to_string())
}
