//! What the start says to the person who reads it.

use std::fmt::Write;
use std::net::IpAddr;

use crate::app::{EarlierKeys, FirstAdmin};
use crate::server::Started;

/// What becomes of a password that was made up for the first administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstPassword {
    /// It is shown to the person at the terminal, and kept nowhere.
    Shown,
    /// It stays in its file.
    Stored,
}

/// How to reach the service, and, once, how to log in.
pub(super) fn text(started: &Started, admin_given: bool, first: FirstPassword) -> String {
    let address = started.address;
    let own = if address.ip().is_unspecified() || address.ip().is_loopback() { None } else { Some(address.ip()) };
    let host = own.map_or_else(|| "localhost".to_owned(), bracketed);
    let base = format!("{}://{host}:{}", started.scheme, address.port());
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<13} {value}");
    };
    if started.page == "/" {
        line("Console", &base);
    }
    line("Swagger UI", &format!("{base}/v1/reference"));
    line("API", &format!("{base}/v1"));
    for other in started.reachable.iter().filter(|other| own != Some(**other)) {
        let page = format!("{}://{}:{}{}", started.scheme, bracketed(*other), address.port(), started.page);
        line("Others type", &page);
    }
    if let Some(redirect) = started.redirect {
        line("Redirect", &format!("http://{host}:{} leads there", redirect.port()));
    }
    if let Some(address) = started.metrics {
        line("Metrics", &format!("http://{address}/metrics"));
    }
    line("Data folder", &started.folder.display().to_string());
    if address.ip().is_loopback() {
        line("Network", "only this machine; `--bind 0.0.0.0` opens the service to the network");
    }
    if let Some(certificate) = &started.certificate {
        let warning = if certificate.self_made { " (self-signed: browsers ask once whether to trust it)" } else { "" };
        line("Certificate", &format!("SHA-256 {}{warning}", certificate.fingerprint));
    }
    if started.earlier_keys == EarlierKeys::Refused {
        line("Tokens", "the key that signs them is another one than before: everybody logs in once more");
    }
    match &started.admin {
        FirstAdmin::Made { username, random_password } => {
            line("Administrator", username.as_str());
            match (random_password, first, &started.password_file) {
                (None, _, _) => line("Password", "the one that was given"),
                (Some(_), FirstPassword::Stored, Some(path)) => {
                    line("Password", &format!("in {} (readable by its owner alone)", path.display()))
                }
                (Some(password), _, _) => {
                    let password = String::from_utf8_lossy(password.as_bytes()).into_owned();
                    line("Password", &format!("{password}   (shown this once: write it down)"));
                }
            }
        }
        FirstAdmin::Exists if admin_given => {
            line("Administrator", "there is one already: --admin-username and --admin-password change nothing");
        }
        FirstAdmin::Exists => {}
    }
    if let (FirstAdmin::Exists, Some(path)) = (&started.admin, &started.password_file) {
        line("To delete", &format!("{}, which holds the first administrator's password still", path.display()));
    }
    format!("ocariot-users {} is ready.\n\n{text}\n", env!("CARGO_PKG_VERSION"))
}

fn bracketed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}
