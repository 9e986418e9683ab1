//! What was given, as the values of a [`Config`]; and which settings exclude each other.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::outside::wearable_settings;
use super::resolve::{Given, Resolved, SettingsError, Source};
use super::values::size_text;
use super::{
    BackupKeep, BackupSettings, Config, Hashing, LimitSettings, Listen, LogFormat, Mode, RateSettings, Secret,
    TlsFiles, UsernameKeySource,
};

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
            educators_reset: get("educators-reset")?.switch()?,
            trust_clock: get("trust-clock")?.switch()?,
            limits: LimitSettings {
                body: body_limit(get("body-limit")?, get("body-budget")?)?,
                upload: body_limit(get("upload-limit")?, get("body-budget")?)?,
                wearables: u64::try_from(get("wearable-limit")?.size(1 << 20..=1 << 31)?).unwrap_or(u64::MAX),
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
                body_budget: body_budget(get("body-budget")?)?,
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
            wearables: wearable_settings(&get)?,
            audit_keep: get("audit-keep")?.duration(86_400..=3650 * 86_400)?,
            audit_size: u64::try_from(get("audit-size")?.size(1 << 20..=1 << 31)?).unwrap_or(u64::MAX),
            audit_reads: get("audit-reads")?.switch()?,
            hsts: get("hsts")?.switch()?,
            console: get("console")?.switch()?,
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
            sources: resolved.sources(),
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

fn body_budget(given: &Given) -> Result<usize, SettingsError> {
    given.size(64 << 10..=1 << 30)
}

/// The longest body, which must find room where one address takes half of it.
fn body_limit(given: &Given, budget: &Given) -> Result<usize, SettingsError> {
    let (longest, room) = (given.size(1 << 10..=16 << 20)?, body_budget(budget)?);
    match longest > room / 2 {
        true => Err(SettingsError(format!(
            "--{} is {}, and --{} {}, of which one address takes half: no body of that length would ever find room. \
             Make the latter {} at least, or the former {} at most",
            given.setting.flag,
            size_text(longest),
            budget.setting.flag,
            size_text(room),
            size_text(2 * longest),
            size_text(room / 2)
        ))),
        false => Ok(longest),
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
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::super::{Inputs, SETTINGS, SettingKind, resolve};
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
            ("token-ttl", "24", "must be a time such as 10s, 15m, 24h, 7d or 5y, from 1m to 365d"),
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
            ("wearable-sync-every", "59m", "must be a time such as 10s, 15m, 24h, 7d or 5y, from 1h to 365d"),
            ("backup-keep-last", "0", "must be a number from 1 to 100000"),
            ("backup-schedule", "24h", "--backup-schedule needs --backup-passphrase-file"),
            ("backup-schedule", "59s", "such as 24h, from 1m to 365d, or a time of day such as `daily 02:30`"),
            ("backup-schedule", "daily 24:00", "such as `daily 02:30`"),
            ("backup-schedule", "daily 2:30", "such as `daily 02:30`"),
            ("backup-schedule", "daily", "such as `daily 02:30`"),
            ("tls-cert", "a.pem", "--tls-cert and --tls-key belong together"),
            (
                "upload-limit",
                "9 MiB",
                "--upload-limit is 9 MiB, and --body-budget 16 MiB, of which one address takes half",
            ),
            ("upload-limit", "9 MiB", "Make the latter 18 MiB at least, or the former 8 MiB at most"),
            ("body-limit", "9 MiB", "--body-limit is 9 MiB"),
            ("body-budget", "1 MiB", "--upload-limit is 1 MiB, and --body-budget 1 MiB"),
        ] {
            let error = config(&[(flag, value)]).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(expected), "{error}");
        }
        let roomy = config(&[("upload-limit", "16 MiB"), ("body-budget", "32 MiB")]);
        assert_eq!(roomy.map(|config| config.limits.upload).ok(), Some(16 << 20));
        assert!(config(&[("upload-limit", "8 MiB")]).is_ok());
        let both = config(&[("username-key", "f"), ("username-passphrase", "very secret")]);
        assert!(both.is_err_and(|error| !error.to_string().contains("very secret")));
    }

    #[test]
    fn the_range_that_a_refusal_tells_is_that_of_the_help() {
        let mut told = 0;
        for setting in SETTINGS {
            let SettingKind::Value("TIME" | "SIZE" | "COUNT") = setting.kind else { continue };
            let Some((before, after)) = setting.help.split_once(" to ") else { continue };
            let number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
            let words = |text: &str| text.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>();
            let unit = |text: &str| ["B", "KiB", "MiB", "GiB"].contains(&text);
            let (before, after) = (words(before), words(after));
            let start = if before.last().is_some_and(|last| unit(last)) { before.len() - 2 } else { before.len() - 1 };
            if !number(&after[0]) || !number(&before[start]) {
                continue;
            }
            let end = after.get(1).map(|next| next.trim_end_matches(['.', ';', ','])).filter(|next| unit(next));
            let end = end.map_or(after[0].trim_end_matches(['.', ';', ',', ':']).to_owned(), |unit| {
                format!("{} {unit}", after[0])
            });
            let range = format!("from {} to {end}", before[start..].join(" "));
            let error = config(&[(setting.flag, "no value")]).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(&range), "{range} in: {error}");
            told += 1;
        }
        assert!(told >= 20, "{told}");
    }
}
