//! How many connections each address has, so that one greedy client cannot take every place.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The connections of each address. An address without one takes no memory.
pub(super) struct Addresses {
    most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that counts for its address, until it is dropped.
pub(super) struct Counted {
    addresses: Arc<Addresses>,
    client: IpAddr,
}

impl Addresses {
    /// Each address may have at most so many.
    pub(super) fn new(most: usize) -> Self {
        Self { most, open: Mutex::default() }
    }

    /// Counts one more connection; `None` if the address has as many as it may.
    pub(super) fn count(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let client = client(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = open.entry(client).or_default();
        if *connections >= self.most {
            return None;
        }
        *connections += 1;
        Some(Counted { addresses: Arc::clone(self), client })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.addresses.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connections) = open.get_mut(&self.client) {
            *connections -= 1;
            if *connections == 0 {
                open.remove(&self.client);
            }
        }
    }
}

/// Whoever has one IPv6 address has the whole /64 around it (RFC 6177).
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(addresses: &Arc<Addresses>, address: &str) -> Option<Counted> {
        addresses.count(address.parse().unwrap())
    }

    #[test]
    fn an_address_gets_its_share_and_gets_it_back() {
        let addresses = Arc::new(Addresses::new(2));
        let first = count(&addresses, "192.0.2.1");
        let _second = count(&addresses, "::ffff:192.0.2.1").unwrap();
        assert!(count(&addresses, "192.0.2.1").is_none());
        assert!(count(&addresses, "192.0.2.2").is_some());
        drop(first);
        assert!(count(&addresses, "192.0.2.1").is_some());
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let addresses = Arc::new(Addresses::new(1));
        let one = count(&addresses, "2001:db8:0:1::1").unwrap();
        assert!(count(&addresses, "2001:db8:0:1:ffff::2").is_none());
        assert!(count(&addresses, "2001:db8:0:2::1").is_some());
        drop(one);
        assert!(addresses.open.lock().unwrap().is_empty());
    }
}
