//! Connections: accepted within limits, driven by hyper, ended in peace.
//!
//! poem's own server has no place for deadlines and limits, so its endpoint is driven by hyper's HTTP/1 here.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, EXPECT, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use ipnet::IpNet;
use poem::http::StatusCode;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, Request, RequestParts, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::activity::Activity;
use super::arriving::{Remainder, Rest, arriving};
use super::deadlines::{Deadlined, Deadlines};
use super::lingering::{Lingering, Unread};
use super::misplaced;
use super::places::{Entry, Places, Room};
use crate::operations::StartError;

/// What a client may ask of the connections.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// How many at the same time. For more, some that wait for their clients make room; as many wait until they do.
    pub connections: usize,
    /// How many of these may come from one client: an address, or a /64 of IPv6.
    pub connections_per_client: usize,
    /// Proxies, for which that does not hold.
    pub proxies: Vec<IpNet>,
    /// For the head of a request to arrive, and for a new client to begin with it.
    pub header_timeout: Duration,
    /// For a client to begin with another request.
    pub idle_timeout: Duration,
    /// The longest head, in bytes; at least 8192.
    pub header_bytes: usize,
    /// For a TLS handshake.
    pub handshake_timeout: Duration,
    /// For a client to take a part of its answer.
    pub write_timeout: Duration,
    /// For requests in work to end when the service stops.
    pub shutdown_grace: Duration,
}

/// The most headers of a request.
const HEADERS: usize = 100;
/// How many connections the system holds until they are accepted; fewer if it does not allow as many. Those of more
/// clients at the same time would begin once more, a second later.
const BACKLOG: u32 = 4096;
/// How long to wait after the system would not give us a connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// How often to say so.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// A port that is listened on, and not yet served.
pub struct Listener(TcpListener);

/// Over what requests come.
#[derive(Clone)]
pub enum Transport {
    /// As they are.
    Plain,
    /// Inside TLS.
    Tls(Arc<ServerConfig>),
}

impl Listener {
    /// Listens on an address; `flag` is the setting of its port, for the error.
    ///
    /// # Errors
    /// If the port is taken, or the address is not this machine's.
    pub fn bind(address: SocketAddr, flag: &'static str) -> Result<Self, StartError> {
        match listen(address) {
            Ok(listener) => Ok(Self(listener)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(StartError::PortInUse { address, flag }),
            Err(cause) => Err(StartError::Listen { address, cause, flag }),
        }
    }

    /// Where it listens, with the port that the system chose if 0 was asked for.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves until `stop` says so, then lets requests in work end.
    pub async fn serve<E>(
        self,
        endpoint: E,
        transport: Transport,
        limits: ConnectionLimits,
        mut stop: watch::Receiver<bool>,
    ) where
        E: Endpoint<Output = Response> + 'static,
    {
        let ConnectionLimits { connections, connections_per_client, shutdown_grace, .. } = limits;
        let room = Room { most: connections, most_per_client: connections_per_client, proxies: limits.proxies.clone() };
        let places = Places::new(room);
        let service = Arc::new(Service { endpoint, transport, limits });
        let graceful = GracefulShutdown::new();
        let mut said = None;
        let mut moving = pin!(places.keep_moving());
        loop {
            let (stream, remote) = tokio::select! {
                accepted = accept(&self.0, &places, &mut said) => accepted,
                never = &mut moving => match never {},
                _ = stop.wait_for(|stop| *stop) => break,
            };
            // It is closed at once if there is not even room to wait.
            let entry = places.enter(remote.ip());
            if !matches!(entry, Entry::Full) {
                tokio::spawn(Arc::clone(&service).guest(entry, stream, remote, graceful.watcher()));
            }
        }
        drop(self.0);
        places.close();
        if tokio::time::timeout(shutdown_grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("Requests in work were cut off: they took longer than --shutdown-grace");
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // So that a restart need not wait until the system has forgotten the connections of before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Waits for a connection. `said` is when it was last said that the system gives none.
async fn accept(listener: &TcpListener, places: &Places, said: &mut Option<Instant>) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                if said.is_none_or(|said| said.elapsed() >= SAY_AGAIN) {
                    tracing::warn!(%error, "A connection could not be accepted; it is tried again until it goes well");
                    *said = Some(Instant::now());
                }
                // Out of file descriptors, most likely: one of ours may help, and trying again at once would only burn
                // the processor.
                places.make_room();
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

struct Service<E> {
    endpoint: E,
    transport: Transport,
    limits: ConnectionLimits,
}

impl<E: Endpoint<Output = Response> + 'static> Service<E> {
    /// Serves whoever comes, as soon as he has a place.
    async fn guest(self: Arc<Self>, entry: Entry, stream: TcpStream, remote: SocketAddr, watcher: Watcher) {
        let place = match entry {
            Entry::Place(place) => place,
            Entry::Line(place) => match tokio::time::timeout(self.limits.header_timeout, place).await {
                Ok(Ok(place)) => place,
                _ => return,
            },
            Entry::Full => return,
        };
        tokio::select! {
            () = self.connection(stream, remote, watcher, place.activity()) => {}
            () = place.activity().wanted() => {}
        }
    }

    async fn connection(&self, stream: TcpStream, remote: SocketAddr, watcher: Watcher, activity: &Arc<Activity>) {
        let Ok(local) = stream.local_addr() else {
            return;
        };
        let _ = stream.set_nodelay(true);
        let scheme = match self.transport {
            Transport::Plain => Scheme::HTTP,
            Transport::Tls(_) => Scheme::HTTPS,
        };
        let peer = Peer { local, remote, scheme, activity, unread: Unread::default() };
        let handshake_end = Instant::now() + self.limits.handshake_timeout;
        let misplaced = match self.transport {
            Transport::Plain => Ok(false),
            Transport::Tls(_) => timeout_at(handshake_end, misplaced::speaks_http(&stream)).await,
        };
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.write_timeout));
        let stream = Lingering::new(Box::pin(stream), peer.unread.clone());
        match &self.transport {
            _ if misplaced == Ok(true) => {
                peer.unread.note();
                misplaced::answer(stream).await;
            }
            Transport::Plain => self.http(stream, peer, watcher).await,
            Transport::Tls(config) => {
                let handshake = TlsAcceptor::from(Arc::clone(config)).accept(stream);
                if let Ok(Ok(stream)) = timeout_at(handshake_end, handshake).await {
                    self.http(stream, peer, watcher).await;
                }
            }
        }
    }

    async fn http<S>(&self, stream: S, peer: Peer<'_>, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request| self.answer(request, &peer));
        let deadlines = Deadlines { head: self.limits.header_timeout, idle: self.limits.idle_timeout };
        let stream = Deadlined::new(stream, deadlines, Arc::clone(peer.activity), peer.unread.clone());
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(self.limits.header_bytes)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        // What goes wrong on a connection is between it and its client.
        let _ = watcher.watch(connection).await;
    }

    async fn answer(
        &self,
        request: hyper::Request<Incoming>,
        peer: &Peer<'_>,
    ) -> Result<hyper::Response<BoxBody<Bytes, io::Error>>, Infallible> {
        let working = peer.activity.begins();
        // Whoever waits to be told to go on does not send his body after a refusal.
        let holds_back = request.headers().contains_key(EXPECT);
        let (request, remainder) = peer.request(request);
        let mut response = self.endpoint.get_response(request).await;
        peer.activity.waits();
        match remainder.get() {
            Rest::Nothing => {}
            rest if rest.is_small() && !holds_back && response.status() != StatusCode::REQUEST_TIMEOUT => {
                tokio::spawn(rest.read_off(peer.unread.clone(), working));
            }
            // hyper closes, and a client should know before it asks again.
            _ => {
                peer.unread.note();
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
        }
        Ok(hyper::Response::from(response))
    }
}

/// The two ends of a connection, and what goes on between them.
struct Peer<'a> {
    local: SocketAddr,
    remote: SocketAddr,
    scheme: Scheme,
    activity: &'a Arc<Activity>,
    unread: Unread,
}

impl Peer<'_> {
    /// The request as poem wants it, and what tells what was left of its body.
    fn request(&self, request: hyper::Request<Incoming>) -> (Request, Remainder) {
        let (local, remote) = (Addr::SocketAddr(self.local), Addr::SocketAddr(self.remote));
        let (head, body) = request.into_parts();
        let (body, remainder) = arriving(body, self.activity);
        let head = RequestParts::from((head, LocalAddr(local), RemoteAddr(remote), self.scheme.clone()));
        (Request::from_parts(head, body), remainder)
    }
}
