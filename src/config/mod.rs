//! Settings: the only reader of the environment. Flag > environment > file > default (contract, section 8).

mod outside;
mod reading;
mod resolve;
mod settings;
mod values;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use jiff::civil::Time;
use zeroize::Zeroizing;

use resolve::is_ours;
pub use resolve::{Given, Inputs, Resolved, SettingsError, Source, nearest, resolve, without_mark};
pub use settings::{SETTINGS, Setting, SettingKind, markdown};
pub use values::parse_duration;

/// Everything that can be set, with its value.
#[derive(Clone)]
pub struct Config {
    /// Where the database, the keys and the certificate live.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub listen: Listen,
    /// Where figures are served, if anywhere.
    pub metrics_bind: Option<SocketAddr>,
    /// The operator's certificate and key; without, one is made.
    pub tls: Option<TlsFiles>,
    /// The operator's key for tokens; without, one is made.
    pub jwt_private_key: Option<PathBuf>,
    /// The operator's public key for tokens, to compare.
    pub jwt_public_key: Option<PathBuf>,
    /// `iss` of tokens.
    pub issuer: String,
    /// How long a token is valid.
    pub token_ttl: Duration,
    /// The first administrator's name.
    pub admin_username: String,
    /// The first administrator's password.
    pub admin_password: Option<Secret>,
    /// Whether either of the two was given rather than left to the default.
    pub admin_given: bool,
    /// The key that usernames are encrypted with.
    pub username_key: UsernameKeySource,
    /// The fewest characters of a new password.
    pub password_min_length: usize,
    /// What password hashes cost.
    pub hashing: Hashing,
    /// Whether users change their own affiliations.
    pub self_affiliation: bool,
    /// Whether educators reset passwords of the children in their groups.
    pub educators_reset: bool,
    /// Whether a clock that is behind the newest change is right.
    pub trust_clock: bool,
    /// How much a client may ask of the service.
    pub limits: LimitSettings,
    /// How often each may ask; nothing if that is not limited.
    pub rate_limits: Option<RateSettings>,
    /// The proxies whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long what is tracked is kept; without, for ever.
    pub keep_tracking: Option<Duration>,
    /// The service that children's wearables are synced with, if there is one.
    pub wearables: Option<WearableSettings>,
    /// How long rows of the audit trail are kept.
    pub audit_keep: Duration,
    /// How many bytes of it are kept.
    pub audit_size: u64,
    /// Whether the audit trail names who views which child.
    pub audit_reads: bool,
    /// Whether to send HSTS.
    pub hsts: bool,
    /// Whether the console is served.
    pub console: bool,
    /// Origins whose pages may use the API.
    pub cors_origins: Vec<String>,
    /// How backups are made.
    pub backup: BackupSettings,
    /// What to log.
    pub log: String,
    /// How to log.
    pub log_format: LogFormat,
    /// For the log.
    pub warnings: Vec<String>,
    /// All that is no secret, for a process that asks.
    pub in_force: BTreeMap<String, String>,
    /// Where all that is set comes from, for the same.
    pub sources: BTreeMap<String, String>,
}

/// Where to listen.
#[derive(Debug, Clone, Copy)]
pub struct Listen {
    /// The address.
    pub bind: IpAddr,
    /// The API over TLS.
    pub port_https: u16,
    /// The redirect, or the API without TLS.
    pub port_http: u16,
    /// Over what the API is served.
    pub mode: Mode,
}

/// Over what the API is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// TLS, with a redirect from plain HTTP.
    Tls,
    /// Plain HTTP.
    Plain,
}

/// A certificate chain and its key, both PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The chain.
    pub cert: PathBuf,
    /// The key.
    pub key: PathBuf,
}

/// Where the key for usernames comes from.
#[derive(Debug, Clone)]
pub enum UsernameKeySource {
    /// Made in the data folder.
    DataFolder,
    /// This file.
    File(PathBuf),
    /// Derived from this.
    Passphrase(Secret),
}

/// What password hashes cost, and how many are computed.
#[derive(Debug, Clone, Copy)]
pub struct Hashing {
    /// In KiB.
    pub memory: u32,
    /// Passes.
    pub iterations: u32,
    /// At the same time; without, as many as there are cores.
    pub threads: Option<usize>,
    /// How many may wait.
    pub queue: usize,
}

/// How much a client may ask of the service.
#[derive(Debug, Clone, Copy)]
pub struct LimitSettings {
    /// Bytes of a body.
    pub body: usize,
    /// Bytes of a body that may hold many items.
    pub upload: usize,
    /// Bytes of files of wearables that one user may have uploaded.
    pub wearables: u64,
    /// For a body to arrive.
    pub body_timeout: Duration,
    /// Bytes of a URI.
    pub url: usize,
    /// Bytes of a head.
    pub header: usize,
    /// For a head to arrive, and for a new client to begin with it.
    pub header_timeout: Duration,
    /// For a client to begin with another request.
    pub idle_timeout: Duration,
    /// For a TLS handshake.
    pub tls_handshake_timeout: Duration,
    /// At the same time.
    pub connections: usize,
    /// Of these, from one address; without, a fifth.
    pub connections_per_address: Option<usize>,
    /// For a client to take a part of its answer.
    pub write_timeout: Duration,
    /// Bytes of all bodies that arrive at the same time.
    pub body_budget: usize,
    /// The most bytes of all long answers that wait for their clients.
    pub answer_budget: usize,
    /// For requests in work to end when the service stops.
    pub shutdown_grace: Duration,
}

/// How often each may ask.
#[derive(Debug, Clone, Copy)]
pub struct RateSettings {
    /// Requests of one client.
    pub address: GivenRate,
    /// Requests with one token.
    pub token: GivenRate,
    /// Passwords that one client tries.
    pub logins: GivenRate,
    /// Passwords tried for one account.
    pub account: GivenRate,
}

/// So many at once, and as many again within each period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenRate {
    /// How many at once.
    pub count: NonZeroU32,
    /// How long until as many fit again.
    pub period: Duration,
}

/// The service that children's wearables are synced with.
#[derive(Clone)]
pub struct WearableSettings {
    /// Which one, and where.
    pub service: WearableService,
    /// The id of the client that it knows.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// Whether apps are told that.
    pub share_secret: bool,
    /// What the service proves with that its notices may come here.
    pub subscriber_code: Option<Secret>,
    /// How often every child is synced by itself; without, never.
    pub sync_every: Option<Duration>,
    /// Whether it is asked through the proxies of the environment.
    pub proxy: bool,
}

/// A service, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WearableService {
    /// The old form of Fitbit's.
    Fitbit {
        /// Its address.
        url: String,
    },
    /// The Google Health API.
    Google {
        /// Its address.
        url: String,
        /// Where tokens are refreshed.
        token_url: String,
    },
}

/// How backups are made.
#[derive(Debug, Clone)]
pub struct BackupSettings {
    /// Where they go; without, into the data folder.
    pub dir: Option<PathBuf>,
    /// Where the passphrase that they are sealed under is read from.
    pub passphrase_file: Option<PathBuf>,
    /// Whether the keys are left out.
    pub without_keys: bool,
    /// Whether they may be readable without a passphrase, also outside the data folder.
    pub readable_by_anybody: bool,
    /// When the running service makes one by itself.
    pub schedule: Option<BackupSchedule>,
    /// Which of those it keeps.
    pub keep: BackupKeep,
}

impl BackupSettings {
    /// Whether a backup may be made without a passphrase: if somebody said so, or if it holds no keys and stays in the
    /// data folder.
    #[must_use]
    pub fn may_be_readable(&self) -> bool {
        self.readable_by_anybody || (self.without_keys && self.dir.is_none())
    }
}

/// When backups are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupSchedule {
    /// When so much time has gone by since the newest.
    Every(Duration),
    /// At this time of each day, as clocks here show it; later, if the machine was off then.
    Daily(Time),
}

impl BackupSchedule {
    /// How much time is between two of them.
    #[must_use]
    pub fn period(self) -> Duration {
        match self {
            Self::Every(period) => period,
            Self::Daily(_) => Duration::from_hours(24),
        }
    }
}

/// Which backups are kept: those that either setting keeps; all, if there is none.
#[derive(Debug, Clone, Copy)]
pub struct BackupKeep {
    /// Those that are not older.
    pub age: Option<Duration>,
    /// This many, the newest.
    pub last: Option<usize>,
}

/// How to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs, one object a line.
    Json,
}

/// Text that is never shown, and wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Finds the settings of this process.
///
/// # Errors
/// If a setting is unknown or is no text, or a file of settings cannot be read.
pub fn resolve_process(flags: BTreeMap<String, String>) -> Result<Resolved, SettingsError> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let environment = variables.filter_map(|(name, value)| match value.into_string() {
        Ok(value) => Some(Ok((name, value))),
        // A variable of somebody else may hold any bytes.
        Err(_) if !is_ours(&name) => None,
        Err(_) => Some(Err(SettingsError(format!("the variable {name} is not UTF-8: set it again, as UTF-8")))),
    });
    resolve(&Inputs {
        flags,
        environment: environment.collect::<Result<_, _>>()?,
        read: &|path| std::fs::read_to_string(path),
    })
}
