//! Whose address a request comes from, when proxies stand between.

use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

use ipnet::IpNet;

use crate::app::App;

/// The proxies whose X-Forwarded-For is believed.
pub(in crate::app) struct TrustedProxies {
    networks: Vec<IpNet>,
    /// Done when one did not say whom it asked for.
    silent: Once,
}

impl TrustedProxies {
    pub(in crate::app) fn new(networks: Vec<IpNet>) -> Self {
        Self { networks, silent: Once::new() }
    }

    fn hold(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }

    fn client_address<'f>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'f str>) -> IpAddr {
        let mut client = peer.to_canonical();
        let mut asked_by = forwarded.rev();
        while self.hold(client) {
            // A proxy that names nobody is all that is known.
            let Some(previous) = asked_by.next().and_then(address) else {
                break;
            };
            client = previous;
        }
        client
    }
}

impl App {
    /// The client's address. `forwarded` is what X-Forwarded-For says, from left to right: each proxy adds on the
    /// right whom it was asked by. Only what trusted proxies added is believed.
    #[must_use]
    pub fn client_address<'f>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'f str>) -> IpAddr {
        self.access.proxies.client_address(peer, forwarded)
    }

    /// Takes note of a request without X-Forwarded-For. If it came from a trusted proxy, a warning says so, once: limits
    /// and the audit trail take all who come through it for one.
    pub fn note_unforwarded(&self, peer: IpAddr) {
        let (proxies, proxy) = (&self.access.proxies, peer.to_canonical());
        if proxies.hold(proxy) {
            proxies.silent.call_once(|| {
                tracing::warn!(
                    %proxy,
                    "One of --trusted-proxies asked without X-Forwarded-For: whoever comes through it counts as one \
                     client. Let it set that header (README, \"Behind a proxy\")"
                );
            });
        }
    }
}

/// An address, perhaps in brackets or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &str) -> String {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().unwrap());
        let proxies = TrustedProxies::new(trusted.to_vec());
        proxies.client_address(peer.parse().unwrap(), forwarded.split(',')).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_from_the_right() {
        for (peer, forwarded, expected) in [
            // Whoever is no proxy says nothing about himself.
            ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("2001:db8::1", "198.51.100.1:4711", "198.51.100.1"),
            ("10.0.0.1", "[2001:db9::7]:4711", "2001:db9::7"),
            ("10.0.0.1", "[2001:DB9:0:0::07]", "2001:db9::7"),
            ("10.0.0.1", "[::FFFF:198.51.100.1]:4711", "198.51.100.1"),
            ("10.0.0.1", "198.51.100.1, ::FFFF:a00:2", "198.51.100.1"),
            ("10.0.0.1", "198.51.100.1, [2001:0DB8::2]", "198.51.100.1"),
            ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
            // Nobody, or nonsense: the proxy itself.
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ] {
            assert_eq!(client(peer, forwarded), expected, "{peer} {forwarded}");
        }
    }
}
