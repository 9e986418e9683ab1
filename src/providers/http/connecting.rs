//! Connections: names looked up as the system says, through a proxy where one is meant, encrypted, within a bound of time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use super::address::LOCALHOST;
use super::{Address, AddressFault, Trust};

type Failed = Box<dyn std::error::Error + Send + Sync>;
type Soon<T> = Pin<Box<dyn Future<Output = Result<T, Failed>> + Send>>;
type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;
type Direct = HttpConnector<Lookup>;

/// The proxies that are asked through.
pub struct Proxies(Matcher);

impl Proxies {
    /// Those that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name, as for curl.
    #[must_use]
    pub fn of_environment() -> Self {
        Self(Matcher::from_env())
    }

    /// This one, but not for hosts of a list such as `NO_PROXY` has.
    #[must_use]
    pub fn only(proxy: &str, not_for: &str) -> Self {
        Self(Matcher::builder().https(proxy).no(not_for).build())
    }
}

/// Makes connections to one address.
#[derive(Clone)]
pub(super) struct Connector {
    way: Way,
    within: Duration,
}

#[derive(Clone)]
enum Way {
    Direct(HttpsConnector<Direct>),
    Proxied(HttpsConnector<Tunnel<Direct>>),
}

impl Connector {
    /// # Errors
    /// If nothing that is believed could vouch for the address, or the proxy is of no kind that can be used.
    pub(super) fn new(
        address: &Address,
        trust: &Trust,
        proxies: Option<&Proxies>,
        within: Duration,
    ) -> Result<Self, AddressFault> {
        let unverifiable = || AddressFault::NobodyTrusted(address.to_string());
        if address.is_encrypted() && trust.is_empty() {
            return Err(unverifiable());
        }
        let tls = trust.tls().map_err(|_| unverifiable())?;
        let mut direct = HttpConnector::new_with_resolver(Lookup);
        direct.enforce_http(false);
        direct.set_nodelay(true);
        let proxies = proxies.filter(|_| !address.is_this_machine());
        let uri = address.below("/").map_err(|_| AddressFault::Malformed(address.to_string()))?;
        let way = match proxies.and_then(|Proxies(matcher)| matcher.intercept(&uri)) {
            None => Way::Direct((direct, tls).into()),
            Some(proxy) if proxy.uri().scheme() == Some(&Scheme::HTTP) => {
                let tunnel = Tunnel::new(proxy.uri().clone(), direct);
                let tunnel = proxy.basic_auth().cloned().into_iter().fold(tunnel, Tunnel::with_auth);
                Way::Proxied((tunnel, tls).into())
            }
            Some(_) => return Err(AddressFault::Proxy(address.to_string())),
        };
        Ok(Self { way, within })
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Failed;
    type Future = Soon<Stream>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        match &mut self.way {
            Way::Direct(connector) => connector.poll_ready(context),
            Way::Proxied(connector) => connector.poll_ready(context),
        }
    }

    fn call(&mut self, to: Uri) -> Soon<Stream> {
        let connection = match &mut self.way {
            Way::Direct(connector) => connector.call(to),
            Way::Proxied(connector) => connector.call(to),
        };
        let within = self.within;
        Box::pin(async move { timeout(within, connection).await? })
    }
}

/// Looks names up: in `/etc/hosts`, then at the servers of `/etc/resolv.conf`, which is read anew each time, for a machine
/// that starts before its network is told them later. Not by the system's library, which a static program has not.
#[derive(Clone)]
struct Lookup;

impl Service<Name> for Lookup {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Failed;
    type Future = Soon<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Soon<Self::Response> {
        Box::pin(async move {
            let addresses: Vec<IpAddr> = if name.as_str() == LOCALHOST {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            } else {
                TokioResolver::builder_tokio()?.build()?.lookup_ip(name.as_str()).await?.iter().collect()
            };
            // The port is that of the address that is asked.
            Ok(addresses.into_iter().map(|address| SocketAddr::new(address, 0)).collect::<Vec<_>>().into_iter())
        })
    }
}
