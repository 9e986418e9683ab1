//! Text of settings to values.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::GivenRate;
use super::resolve::{Given, SettingsError};

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
        self.text.parse().map_err(|_| self.wrong("an IP address such as 127.0.0.1 or 0.0.0.0"))
    }

    /// A list of origins as browsers write them (RFC 6454, section 6.2): scheme, host, and a port that is not usual.
    pub(super) fn origins(&self) -> Result<Vec<String>, SettingsError> {
        let plain = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', '@', '*']) && host.is_ascii();
        let parts = self.text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let origins = parts.map(|part| match part.split_once("://") {
            Some(("http" | "https", host)) if plain(host) => Ok(part.to_ascii_lowercase()),
            _ => Err(self.wrong("origins such as https://portal.example or http://localhost:8080, without a path")),
        });
        origins.collect()
    }

    pub(super) fn socket_address(&self) -> Result<SocketAddr, SettingsError> {
        self.text.parse().map_err(|_| self.wrong("an IP address and a port such as 127.0.0.1:9464, or off"))
    }

    pub(super) fn port(&self) -> Result<u16, SettingsError> {
        self.text.parse().map_err(|_| self.wrong("a port from 0 to 65535"))
    }

    pub(super) fn count(&self, range: RangeInclusive<usize>) -> Result<usize, SettingsError> {
        let count = self.text.parse().ok().filter(|count| range.contains(count));
        count.ok_or_else(|| self.wrong(&format!("a number from {} to {}", range.start(), range.end())))
    }

    /// A number and its unit: `10s`, `15m`, `24h`, `7d`.
    pub(super) fn duration(&self, range: RangeInclusive<u64>) -> Result<Duration, SettingsError> {
        parse_duration(&self.text).filter(|duration| range.contains(&duration.as_secs())).ok_or_else(|| {
            self.wrong(&format!("a time such as 10s, 15m, 24h or 7d, from {}s to {}s", range.start(), range.end()))
        })
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
        networks.map(|text| parse(text).ok_or_else(wrong)).collect()
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
            self.wrong(&format!("a size such as 100 KiB or 1 MiB, from {} to {} bytes", range.start(), range.end()))
        })
    }
}

/// Reads a number of seconds, minutes, hours or days: `10s`, `15m`, `24h`, `7d`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text);
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    number?.checked_mul(factor).map(Duration::from_secs)
}

fn split(text: &str) -> (Option<u64>, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().ok(), text[end..].trim())
}
