//! Addresses of the settings.

use std::fmt;
use std::net::IpAddr;

use hyper::Uri;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};

/// An address below which others may be asked: `https`, or `http` to this machine itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    scheme: Scheme,
    authority: Authority,
    /// Empty, or with a slash before it and none behind.
    path: String,
}

/// Why others cannot be asked at an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// It is none.
    #[error("{0:?} is no address such as https://example.org, without user, query and fragment")]
    Malformed(String),
    /// Somebody on the way could read it.
    #[error("{0:?} is not encrypted: begin it with https://, for http:// is for this machine alone (127.0.0.1)")]
    NotEncrypted(String),
    /// Nobody vouches for anybody.
    #[error(
        "{0} cannot be verified, for no certificates of authorities were found on this machine: install \
         ca-certificates, or name a file of them in SSL_CERT_FILE"
    )]
    NobodyTrusted(String),
    /// Its proxy is spoken to in another way.
    #[error("the proxy for {0} must be an http:// one: change HTTPS_PROXY")]
    Proxy(String),
}

impl Address {
    /// Reads an address. A slash at its end means nothing.
    ///
    /// # Errors
    /// If it is none, or not encrypted and not of this machine.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let malformed = || AddressFault::Malformed(text.to_owned());
        if text.contains(['#', '?', '@']) {
            return Err(malformed());
        }
        let parts = text.parse::<Uri>().map_err(|_| malformed())?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(malformed());
        };
        let path = parts.path_and_query.map(|path| path.as_str().trim_end_matches('/').to_owned());
        let address = Self { scheme, authority, path: path.unwrap_or_default() };
        if address.authority.host().is_empty() || !matches!(address.scheme.as_str(), "http" | "https") {
            return Err(malformed());
        }
        if !address.is_encrypted() && !address.is_this_machine() {
            return Err(AddressFault::NotEncrypted(text.to_owned()));
        }
        Ok(address)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    pub(super) fn is_this_machine(&self) -> bool {
        let host = self.authority.host();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == LOCALHOST || address.is_ok_and(|address| address.is_loopback())
    }

    /// A path below it.
    ///
    /// # Errors
    /// If it is no path.
    pub(super) fn below(&self, path: &str) -> Result<Uri, hyper::http::Error> {
        let path = PathAndQuery::try_from(format!("{}{path}", self.path))?;
        Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone()).path_and_query(path).build()
    }
}

/// This machine by name: never looked up.
pub(super) const LOCALHOST: &str = "localhost";

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_encrypted_or_of_this_machine() {
        for (given, shown) in [
            ("https://health.googleapis.com", "https://health.googleapis.com"),
            ("https://bridge.school:8443/fitbit/", "https://bridge.school:8443/fitbit"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://127.8.0.1", "http://127.8.0.1"),
            ("http://[::1]:9000/a/b", "http://[::1]:9000/a/b"),
            ("http://localhost:9000", "http://localhost:9000"),
        ] {
            assert_eq!(Address::parse(given).unwrap().to_string(), shown, "{given}");
        }
        for given in
            ["http://bridge.school", "http://192.168.1.4", "http://localhost.school", "http://127.0.0.1.school"]
        {
            assert_eq!(Address::parse(given), Err(AddressFault::NotEncrypted(given.to_owned())), "{given}");
        }
        for given in [
            "",
            "bridge.school",
            "/path",
            "ftp://bridge.school",
            "https://",
            "https://user:password@bridge.school",
            "https://bridge.school?a=b",
            "https://bridge.school#a",
            "https://bridge school",
        ] {
            assert_eq!(Address::parse(given), Err(AddressFault::Malformed(given.to_owned())), "{given}");
        }
    }

    #[test]
    fn a_path_goes_below_its_address_and_nowhere_else() {
        let below =
            |address: &str, path: &str| Address::parse(address).unwrap().below(path).ok().map(|uri| uri.to_string());
        assert_eq!(below("https://a.example/b/", "/c?d=e").as_deref(), Some("https://a.example/b/c?d=e"));
        assert_eq!(below("https://a.example", "/c").as_deref(), Some("https://a.example/c"));
        assert_eq!(below("https://a.example", "/@b.example/").as_deref(), Some("https://a.example/@b.example/"));
        assert_eq!(below("https://a.example", "/c d"), None);
    }
}
