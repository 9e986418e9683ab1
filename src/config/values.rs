//! Text of settings to values.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};
use jiff::civil::Time;

use super::resolve::{Given, SettingsError};
use super::{BackupSchedule, GivenRate};

impl Given {
    /// The text, or nothing.
    pub(super) fn text(&self) -> Option<&str> {
        Some(self.text.as_str()).filter(|text| !text.is_empty())
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        self.text().map(PathBuf::from)
    }

    pub(super) fn required(&self) -> Result<&str, SettingsError> {
        self.text().ok_or_else(|| self.wrong("something"))
    }

    pub(super) fn switch(&self) -> Result<bool, SettingsError> {
        match self.text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(self.wrong("true or false")),
        }
    }

    pub(super) fn address(&self) -> Result<IpAddr, SettingsError> {
        let address = self.text.parse().map(|address: IpAddr| address.to_canonical());
        address.map_err(|_| self.wrong("an IP address such as 127.0.0.1 or 0.0.0.0"))
    }

    /// A list of origins as browsers write them (RFC 6454, section 6.2): scheme, host, and a port that is not usual.
    pub(super) fn origins(&self) -> Result<Vec<String>, SettingsError> {
        let parts = self.text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let wrong = || self.wrong("origins such as https://portal.example or http://localhost:8080, without a path");
        parts.map(|part| origin(part).ok_or_else(wrong)).collect()
    }

    pub(super) fn socket_address(&self) -> Result<SocketAddr, SettingsError> {
        let address: Result<SocketAddr, _> = self.text.parse();
        let address = address.map_err(|_| self.wrong("an IP address and a port such as 127.0.0.1:9464, or off"))?;
        Ok(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }

    pub(super) fn port(&self) -> Result<u16, SettingsError> {
        self.text.parse().map_err(|_| self.wrong("a port from 0 to 65535"))
    }

    pub(super) fn count(&self, range: RangeInclusive<usize>) -> Result<usize, SettingsError> {
        let count = self.text.parse().ok().filter(|count| range.contains(count));
        count.ok_or_else(|| self.wrong(&format!("a number from {} to {}", range.start(), range.end())))
    }

    /// A number and its unit: `10s`, `15m`, `24h`, `7d`, `5y`.
    pub(super) fn duration(&self, range: RangeInclusive<u64>) -> Result<Duration, SettingsError> {
        parse_duration(&self.text).filter(|duration| range.contains(&duration.as_secs())).ok_or_else(|| {
            let (least, most) = (duration_text(*range.start()), duration_text(*range.end()));
            self.wrong(&format!("a time such as 10s, 15m, 24h, 7d or 5y, from {least} to {most}"))
        })
    }

    /// A time between backups, or the time of each day at which one is made: `24h`, `daily 02:30`.
    pub(super) fn backup_schedule(&self) -> Result<BackupSchedule, SettingsError> {
        let wrong = || self.wrong("a time such as 24h, from 1m to 365d, or a time of day such as `daily 02:30`");
        match self.text.strip_prefix("daily ") {
            Some(time) if time.trim().len() == 5 => {
                Time::strptime("%H:%M", time.trim()).map(BackupSchedule::Daily).map_err(|_| wrong())
            }
            Some(_) => Err(wrong()),
            None => self.duration(60..=365 * 86_400).map(BackupSchedule::Every).map_err(|_| wrong()),
        }
    }

    /// A count and the time within which as many fit again: `120/2m`.
    pub(super) fn rate(&self) -> Result<GivenRate, SettingsError> {
        let wrong = || self.wrong("a rate such as 120/2m: a count from 1 to 1000000, and a time from 1s to 1d");
        let (count, period) = self.text.split_once('/').ok_or_else(wrong)?;
        let part = |text: &str| Given { text: text.trim().to_owned(), ..self.clone() };
        let count = part(count).count(1..=1_000_000).ok().and_then(|count| u32::try_from(count).ok());
        let count = count.and_then(NonZeroU32::new).ok_or_else(wrong)?;
        Ok(GivenRate { count, period: part(period).duration(1..=86_400).map_err(|_| wrong())? })
    }

    /// Networks in CIDR form or single addresses, with commas between; perhaps none.
    pub(super) fn networks(&self) -> Result<Vec<IpNet>, SettingsError> {
        let networks = self.text.split(',').map(str::trim).filter(|text| !text.is_empty());
        let parse = |text: &str| text.parse().ok().or_else(|| text.parse().ok().map(|address: IpAddr| address.into()));
        let wrong = || self.wrong("addresses or networks such as 10.0.0.0/8, with commas between");
        networks.map(|text| parse(text).map(canonical).ok_or_else(wrong)).collect()
    }

    /// A number of bytes, perhaps with a unit: `512`, `100 KiB`, `1 MiB`.
    pub(super) fn size(&self, range: RangeInclusive<usize>) -> Result<usize, SettingsError> {
        let (number, unit) = split(&self.text);
        let factor = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => Some(1),
            "k" | "kib" => Some(1 << 10),
            "m" | "mib" => Some(1 << 20),
            "g" | "gib" => Some(1 << 30),
            _ => None,
        };
        let bytes = factor.and_then(|factor: u64| number?.checked_mul(factor));
        let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok()).filter(|bytes| range.contains(bytes));
        bytes.ok_or_else(|| {
            let (least, most) = (size_text(*range.start()), size_text(*range.end()));
            self.wrong(&format!("a size such as 100 KiB or 1 MiB, from {least} to {most}"))
        })
    }
}

/// A network of IPv4 addresses that are written as IPv6 is one of IPv4 addresses.
fn canonical(network: IpNet) -> IpNet {
    let network = network.trunc();
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(prefix)) => Ipv4Net::new(address, prefix).map_or(network, IpNet::V4),
        _ => network,
    }
}

/// An origin as a browser writes it, of one that a person wrote.
fn origin(given: &str) -> Option<String> {
    let (scheme, rest) = given.split_once("://")?;
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let (host, port) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (address, rest) = rest.split_once(']')?;
            (ipv6_host(address.parse().ok()?), rest)
        }
        None => {
            let (host, port) = rest.split_at(rest.find(':').unwrap_or(rest.len()));
            let plain = !host.is_empty() && !host.contains(['/', '?', '#', '@', '*']) && host.is_ascii();
            (plain.then(|| host.to_ascii_lowercase())?, port)
        }
    };
    let port: Option<u16> = match port {
        "" => None,
        port => Some(port.strip_prefix(':')?.parse().ok()?),
    };
    Some(match port.filter(|port| *port != usual) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// An address as browsers write it (WHATWG URL, section 3.5): IPv4 inside of IPv6 in hexadecimal, too.
fn ipv6_host(address: Ipv6Addr) -> String {
    match (address.to_ipv4_mapped(), address.segments()) {
        (Some(_), [.., high, low]) => format!("[::ffff:{high:x}:{low:x}]"),
        _ => format!("[{address}]"),
    }
}

/// Reads a number of seconds, minutes, hours, days, or years of 365 days: `10s`, `15m`, `24h`, `7d`, `5y`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text);
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "y" => 365 * 86_400,
        _ => return None,
    };
    number?.checked_mul(factor).map(Duration::from_secs)
}

/// A number of seconds as [`parse_duration`] reads it, in the largest unit that divides it; years if there are many.
fn duration_text(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    let (factor, unit) = match seconds {
        0 => (1, "s"),
        _ if seconds.is_multiple_of(365 * DAY) && seconds > 3650 * DAY => (365 * DAY, "y"),
        _ if seconds.is_multiple_of(DAY) => (DAY, "d"),
        _ if seconds.is_multiple_of(3600) => (3600, "h"),
        _ if seconds.is_multiple_of(60) => (60, "m"),
        _ => (1, "s"),
    };
    format!("{}{unit}", seconds / factor)
}

/// A number of bytes in the largest unit that divides it.
pub(super) fn size_text(bytes: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let (factor, unit) = units.into_iter().find(|(factor, _)| bytes.is_multiple_of(*factor)).unwrap_or((1, "B"));
    format!("{} {unit}", bytes / factor)
}

fn split(text: &str) -> (Option<u64>, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().ok(), text[end..].trim())
}
