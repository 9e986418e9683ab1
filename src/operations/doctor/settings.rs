//! Settings that make the service weaker than it need be.

use std::time::Duration;

use super::Finding;
use crate::config::{Config, Mode};

/// Memory in KiB and passes of argon2id that OWASP's Password Storage Cheat Sheet takes for enough; each is.
const ENOUGH: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
/// NIST SP 800-63B, section 5.1.1.1.
const PASSWORD: usize = 8;
/// A lost device stays logged in as long as a token is valid.
const TOKEN: Duration = Duration::from_hours(7 * 24);

const CHECK: &str = "settings";

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let mut findings: Vec<_> = [hashes(config), plain_http(config), metrics(config), rate_limit(config)]
        .into_iter()
        .chain([passwords(config), tokens(config), affiliation(config)])
        .flatten()
        .collect();
    if findings.is_empty() {
        findings.push(Finding::fine(CHECK, "none makes the service weaker"));
    }
    findings
}

fn set(flag: &str, value: &str) -> String {
    let variable = flag.replace('-', "_").to_ascii_uppercase();
    format!("ocariot-users serve --{flag}={value}   # or OCARIOT_{variable}={value} where the service is set")
}

fn hashes(config: &Config) -> Option<Finding> {
    let (memory, iterations) = (config.hashing.memory, config.hashing.iterations);
    let enough = ENOUGH.iter().any(|(least, passes)| memory >= *least && iterations >= *passes);
    let found = format!("a password hash costs {memory} KiB and {iterations} passes: stolen ones are soon guessed");
    (!enough).then(|| Finding::wrong(CHECK, found, "ocariot-users serve --hash-memory='19 MiB' --hash-iterations=2"))
}

fn plain_http(config: &Config) -> Option<Finding> {
    let listen = config.listen;
    let exposed = listen.mode == Mode::Plain && !listen.bind.is_loopback();
    if !exposed {
        return None;
    }
    let found = format!("passwords pass the network in the clear: plain HTTP at {}", listen.bind);
    // In a container, the proxy reaches the service over a network of their own.
    Some(match config.trusted_proxies.is_empty() {
        true => Finding::wrong(CHECK, found, set("plain-http", "false")),
        false => {
            Finding::advice(CHECK, format!("{found}, unless only the proxy reaches that"), set("bind", "127.0.0.1"))
        }
    })
}

fn metrics(config: &Config) -> Option<Finding> {
    let address = config.metrics_bind.filter(|address| !address.ip().is_loopback())?;
    let found = format!("everybody who reaches {address} can read the figures there");
    Some(Finding::wrong(CHECK, found, set("metrics-bind", &format!("127.0.0.1:{}", address.port()))))
}

fn rate_limit(config: &Config) -> Option<Finding> {
    let found = "passwords can be guessed without a pause: the rate limit is off";
    config.rate_limits.is_none().then(|| Finding::wrong(CHECK, found, set("rate-limit", "on")))
}

fn passwords(config: &Config) -> Option<Finding> {
    let least = config.password_min_length;
    let found = format!("new passwords may have {least} character{}", if least == 1 { "" } else { "s" });
    (least < PASSWORD).then(|| Finding::advice(CHECK, found, set("password-min-length", "8")))
}

fn tokens(config: &Config) -> Option<Finding> {
    let days = config.token_ttl.as_secs() / 86_400;
    let found = format!("whoever finds a device is logged in for up to {days} days");
    (config.token_ttl > TOKEN).then(|| Finding::advice(CHECK, found, set("token-ttl", "24h")))
}

fn affiliation(config: &Config) -> Option<Finding> {
    let found = "families may take any child whose id they know, and read it";
    config.self_affiliation.then(|| Finding::wrong(CHECK, found, set("self-affiliation", "false")))
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::tests_support::seen;
    use super::*;

    #[test]
    fn each_weak_setting_is_found_and_told_with_the_flag_that_mends_it() {
        const STRONG: (&str, &str) = ("password-min-length", "8");
        let found = |settings: &[(&str, &str)]| seen(&[&[STRONG], settings].concat(), true, |seen| look(seen.config));
        assert!(found(&[]).iter().all(|finding| finding.state == State::Fine));
        for (settings, state, mend) in [
            (&[("password-min-length", "1")][..], State::Advice, "--password-min-length=8"),
            (&[("hash-memory", "8 KiB")], State::Wrong, "--hash-memory='19 MiB'"),
            (&[("hash-iterations", "1")], State::Wrong, "--hash-iterations=2"),
            (&[("plain-http", "true"), ("bind", "0.0.0.0")], State::Wrong, "--plain-http=false"),
            (
                &[("plain-http", "true"), ("bind", "0.0.0.0"), ("trusted-proxies", "10.0.0.0/8")],
                State::Advice,
                "--bind=127.0.0.1",
            ),
            (&[("metrics-bind", "0.0.0.0:9464")], State::Wrong, "--metrics-bind=127.0.0.1:9464"),
            (&[("rate-limit", "off")], State::Wrong, "--rate-limit=on"),
            (&[("token-ttl", "30d")], State::Advice, "--token-ttl=24h"),
            (&[("self-affiliation", "true")], State::Wrong, "--self-affiliation=false"),
        ] {
            let found = found(settings);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].state, state, "{found:?}");
            assert!(found[0].mend.as_ref().unwrap().contains(mend), "{found:?}");
        }
        let harmless = [("plain-http", "true"), ("hash-memory", "46 MiB"), ("hash-iterations", "1")];
        assert!(found(&harmless).iter().all(|finding| finding.state == State::Fine));
        assert!(found(&[("metrics-bind", "127.0.0.1:1")]).iter().all(|finding| finding.state == State::Fine));
    }
}
