//! Settings: the only reader of the environment. Flag > environment > file > default (contract, section 8).

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
pub use resolve::{Given, Inputs, Resolved, SettingsError, Source, resolve, without_mark};
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
    /// How long rows of the audit trail are kept.
    pub audit_keep: Duration,
    /// How many bytes of it are kept.
    pub audit_size: u64,
    /// Whether the audit trail names who views which child.
    pub audit_reads: bool,
    /// Whether to send HSTS.
    pub hsts: bool,
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

impl Config {
    /// Makes values of what was given.
    ///
    /// # Errors
    /// If a value is not of its setting's form, or two settings exclude each other.
    pub fn of(resolved: &Resolved) -> Result<Self, SettingsError> {
        let get = |flag: &str| {
            let found = resolved.values.iter().find(|given| given.setting.flag == flag);
            found.ok_or_else(|| SettingsError(format!("--{flag} is no setting of this program")))
        };
        let secret = |flag| Ok(get(flag)?.text().map(|text| Secret(Zeroizing::new(text.to_owned()))));
        Ok(Self {
            data_dir: PathBuf::from(get("data-dir")?.required()?),
            listen: Listen {
                bind: get("bind")?.address()?,
                port_https: get("port-https")?.port()?,
                port_http: get("port-http")?.port()?,
                mode: if get("plain-http")?.switch()? { Mode::Plain } else { Mode::Tls },
            },
            metrics_bind: match get("metrics-bind")? {
                given if given.text == "off" => None,
                given => Some(given.socket_address()?),
            },
            tls: tls_files(get("tls-cert")?, get("tls-key")?)?,
            jwt_private_key: get("jwt-private-key")?.path(),
            jwt_public_key: get("jwt-public-key")?.path(),
            issuer: get("issuer")?.required()?.to_owned(),
            token_ttl: get("token-ttl")?.duration(60..=365 * 86_400)?,
            admin_username: get("admin-username")?.required()?.to_owned(),
            admin_password: secret("admin-password")?,
            admin_given: [get("admin-username")?, get("admin-password")?]
                .iter()
                .any(|given| given.source != Source::Default),
            username_key: username_key(get("username-key")?, secret("username-passphrase")?)?,
            password_min_length: get("password-min-length")?.count(1..=256)?,
            hashing: Hashing {
                memory: u32::try_from(get("hash-memory")?.size(8 << 10..=1 << 30)? >> 10).unwrap_or(u32::MAX),
                iterations: u32::try_from(get("hash-iterations")?.count(1..=100)?).unwrap_or(u32::MAX),
                threads: optional(get("hash-threads")?, |given| given.count(1..=256))?,
                queue: get("hash-queue")?.count(1..=100_000)?,
            },
            self_affiliation: get("self-affiliation")?.switch()?,
            trust_clock: get("trust-clock")?.switch()?,
            limits: LimitSettings {
                body: get("body-limit")?.size(1 << 10..=16 << 20)?,
                upload: get("upload-limit")?.size(1 << 10..=16 << 20)?,
                body_timeout: get("body-timeout")?.duration(1..=3600)?,
                url: get("url-limit")?.size(256..=64 << 10)?,
                header: get("header-limit")?.size(8 << 10..=1 << 20)?,
                header_timeout: get("header-timeout")?.duration(1..=3600)?,
                idle_timeout: get("idle-timeout")?.duration(1..=3600)?,
                tls_handshake_timeout: get("tls-handshake-timeout")?.duration(1..=3600)?,
                connections: get("max-connections")?.count(1..=100_000)?,
                connections_per_address: optional(get("max-connections-per-address")?, |given| {
                    given.count(1..=100_000)
                })?,
                write_timeout: get("write-timeout")?.duration(1..=3600)?,
                body_budget: get("body-budget")?.size(64 << 10..=1 << 30)?,
                answer_budget: get("answer-budget")?.size(1 << 20..=1 << 30)?,
                shutdown_grace: get("shutdown-grace")?.duration(0..=3600)?,
            },
            rate_limits: match get("rate-limit")?.switch()? {
                true => Some(RateSettings {
                    address: get("rate-limit-address")?.rate()?,
                    token: get("rate-limit-token")?.rate()?,
                    logins: get("rate-limit-logins")?.rate()?,
                    account: get("rate-limit-account")?.rate()?,
                }),
                false => None,
            },
            trusted_proxies: get("trusted-proxies")?.networks()?,
            keep_tracking: optional(get("keep-tracking")?, |given| given.duration(30 * 86_400..=100 * 365 * 86_400))?,
            audit_keep: get("audit-keep")?.duration(86_400..=3650 * 86_400)?,
            audit_size: u64::try_from(get("audit-size")?.size(1 << 20..=1 << 31)?).unwrap_or(u64::MAX),
            audit_reads: get("audit-reads")?.switch()?,
            hsts: get("hsts")?.switch()?,
            cors_origins: get("cors-origins")?.origins()?,
            backup: backup_settings(&get)?,
            log: get("log")?.required()?.to_owned(),
            log_format: match get("log-format")? {
                given if given.text == "text" => LogFormat::Text,
                given if given.text == "json" => LogFormat::Json,
                given => return Err(given.wrong("text or json")),
            },
            warnings: resolved.warnings.clone(),
            in_force: resolved.for_others(),
        })
    }
}

/// The value of a setting that may be left out.
fn optional<T>(
    given: &Given,
    value: impl FnOnce(&Given) -> Result<T, SettingsError>,
) -> Result<Option<T>, SettingsError> {
    given.text().map(|_| value(given)).transpose()
}

fn backup_settings<'a>(
    get: &impl Fn(&str) -> Result<&'a Given, SettingsError>,
) -> Result<BackupSettings, SettingsError> {
    let settings = BackupSettings {
        dir: get("backup-dir")?.path(),
        passphrase_file: get("backup-passphrase-file")?.path(),
        without_keys: get("backup-without-keys")?.switch()?,
        readable_by_anybody: get("backup-readable-by-anybody")?.switch()?,
        schedule: optional(get("backup-schedule")?, Given::backup_schedule)?,
        keep: BackupKeep {
            age: optional(get("backup-keep")?, |given| given.duration(0..=3650 * 86_400))?,
            last: optional(get("backup-keep-last")?, |given| given.count(1..=100_000))?,
        },
    };
    if settings.schedule.is_some() && settings.passphrase_file.is_none() && !settings.may_be_readable() {
        return Err(SettingsError(
            "--backup-schedule needs --backup-passphrase-file, with the passphrase that backups are sealed under; or say \
             that they may be readable, with --backup-readable-by-anybody"
                .to_owned(),
        ));
    }
    Ok(settings)
}

fn tls_files(cert: &Given, key: &Given) -> Result<Option<TlsFiles>, SettingsError> {
    match (cert.path(), key.path()) {
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert, key })),
        (None, None) => Ok(None),
        _ => Err(SettingsError("--tls-cert and --tls-key belong together: give both, or none".to_owned())),
    }
}

fn username_key(file: &Given, passphrase: Option<Secret>) -> Result<UsernameKeySource, SettingsError> {
    match (file.path(), passphrase) {
        (Some(_), Some(_)) => Err(SettingsError(
            "--username-key and --username-passphrase (ENCRYPT_SECRET_KEY) exclude each other: give one of them"
                .to_owned(),
        )),
        (Some(path), None) => Ok(UsernameKeySource::File(path)),
        (None, Some(passphrase)) => Ok(UsernameKeySource::Passphrase(passphrase)),
        (None, None) => Ok(UsernameKeySource::DataFolder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(flags: &[(&str, &str)]) -> Result<Config, SettingsError> {
        let flags = flags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let read = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        Config::of(&resolve(&Inputs { flags, environment: BTreeMap::new(), read: &read })?)
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let config = config(&[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.data_dir, PathBuf::from("data"));
        assert_eq!((config.listen.port_https, config.listen.port_http), (3001, 3000));
        assert_eq!(config.listen.bind.to_string(), "127.0.0.1");
        assert_eq!(config.token_ttl, Duration::from_secs(86_400));
        assert_eq!((config.limits.body, config.limits.upload), (102_400, 1 << 20));
        assert_eq!((config.hashing.memory, config.hashing.iterations), (19_456, 2));
        assert!(config.rate_limits.is_some_and(|limits| limits.account.count.get() == 100));
        assert!(config.trusted_proxies.is_empty());
        assert!(matches!(config.username_key, UsernameKeySource::DataFolder));
    }

    #[test]
    fn an_address_is_one_address_however_it_is_written() {
        let of = |flag, value| config(&[(flag, value)]).unwrap_or_else(|error| panic!("{error}"));
        for (given, address) in [
            ("::FFFF:127.0.0.1", "127.0.0.1"),
            ("::ffff:0:0", "0.0.0.0"),
            ("2001:DB8:0::01", "2001:db8::1"),
            ("::", "::"),
        ] {
            assert_eq!(of("bind", given).listen.bind.to_string(), address);
        }
        let metrics = of("metrics-bind", "[0:0:0:0:0:FFFF:7f00:1]:9464").metrics_bind;
        assert_eq!(metrics.map(|address| address.to_string()).as_deref(), Some("127.0.0.1:9464"));
        for (given, network) in [
            ("::ffff:10.1.2.3", "10.1.2.3/32"),
            ("::FFFF:10.0.0.0/104", "10.0.0.0/8"),
            ("10.9.9.9/8", "10.0.0.0/8"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("2001:DB8:0:0::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
        ] {
            let proxies: Vec<_> =
                of("trusted-proxies", given).trusted_proxies.iter().map(ToString::to_string).collect();
            assert_eq!(proxies, [network], "{given}");
        }
        for (given, origin) in [
            ("https://Portal.Example:443", "https://portal.example"),
            ("http://portal.example:443", "http://portal.example:443"),
            ("http://[0:0::0:1]:8080", "http://[::1]:8080"),
            ("https://[::FFFF:192.0.2.7]", "https://[::ffff:c000:207]"),
            ("http://localhost:80", "http://localhost"),
        ] {
            assert_eq!(of("cors-origins", given).cors_origins, [origin]);
        }
    }

    #[test]
    fn a_wrong_value_is_named_with_its_source_and_what_is_expected() {
        for (flag, value, expected) in [
            ("port-https", "99999", "--port-https is \"99999\" (flag), and must be a port from 0 to 65535"),
            ("token-ttl", "24", "must be a time such as 10s, 15m, 24h, 7d or 5y, from 60s to 31536000s"),
            ("body-limit", "1 TiB", "must be a size such as"),
            ("plain-http", "maybe", "must be true or false"),
            ("bind", "localhost", "must be an IP address"),
            ("cors-origins", "*", "must be origins such as https://portal.example"),
            ("cors-origins", "https://a.example/path", "must be origins such as"),
            ("cors-origins", "portal.example", "must be origins such as"),
            ("cors-origins", "https://[::1", "must be origins such as"),
            ("cors-origins", "https://a.example:x", "must be origins such as"),
            ("log-format", "xml", "must be text or json"),
            ("hash-threads", "0", "must be a number from 1 to 256"),
            ("rate-limit-account", "30", "must be a rate such as 120/2m"),
            ("rate-limit-account", "0/1m", "must be a rate such as 120/2m"),
            ("rate-limit-logins", "5/0s", "must be a rate such as 120/2m"),
            ("trusted-proxies", "10.0.0.0/8, proxy", "must be addresses or networks"),
            ("backup-keep-last", "0", "must be a number from 1 to 100000"),
            ("backup-schedule", "24h", "--backup-schedule needs --backup-passphrase-file"),
            ("backup-schedule", "59s", "such as 24h, from 1m to 365d, or a time of day such as `daily 02:30`"),
            ("backup-schedule", "daily 24:00", "such as `daily 02:30`"),
            ("backup-schedule", "daily 2:30", "such as `daily 02:30`"),
            ("backup-schedule", "daily", "such as `daily 02:30`"),
            ("tls-cert", "a.pem", "--tls-cert and --tls-key belong together"),
        ] {
            let error = config(&[(flag, value)]).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(expected), "{error}");
        }
        let both = config(&[("username-key", "f"), ("username-passphrase", "very secret")]);
        assert!(both.is_err_and(|error| !error.to_string().contains("very secret")));
    }
}
