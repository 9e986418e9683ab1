//! Where a request came from.

use std::net::IpAddr;
use std::sync::Arc;

use crate::model::Network;

/// Where a request came from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The client's address, if it has one.
    pub address: Option<IpAddr>,
    /// The service's own id for the request; never what a client sends, which might be a name.
    pub request_id: Arc<str>,
}

impl Origin {
    /// What counts as the client that made the request.
    #[must_use]
    pub fn network(&self) -> Option<Network> {
        self.address.map(Network::of)
    }
}
