//! Connections: accepted within limits, driven by hyper, ended in peace.
//!
//! poem's own server has no place for deadlines and limits, so its endpoint is driven by hyper's HTTP/1 here.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::StartError;
use super::addresses::Addresses;

/// What a client may ask of the connections.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// How many at the same time. More wait to be accepted, until one of these ends: each ends within its deadlines.
    pub connections: usize,
    /// How many of these may come from one address.
    pub connections_per_address: usize,
    /// For the head of a request to arrive, the idle time before it included.
    pub header_timeout: Duration,
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
    pub async fn bind(address: SocketAddr, flag: &'static str) -> Result<Self, StartError> {
        match TcpListener::bind(address).await {
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
        let service = Arc::new(Service { endpoint, limits });
        let places = Arc::new(Semaphore::new(limits.connections));
        let addresses = Arc::new(Addresses::new(limits.connections_per_address));
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.0, &places) => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let (stream, remote, place) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: trying again at once would only burn the processor.
                    tracing::warn!(%error, "A connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Some(counted) = addresses.count(remote.ip()) else {
                // Closed at once: waiting would take a place from the others.
                continue;
            };
            let (service, transport, watcher) = (Arc::clone(&service), transport.clone(), graceful.watcher());
            tokio::spawn(async move {
                service.connection(stream, remote, transport, watcher).await;
                drop((place, counted));
            });
        }
        drop(self.0);
        if tokio::time::timeout(limits.shutdown_grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("Requests in work were cut off: they took longer than --shutdown-grace");
        }
    }
}

/// Waits for a place, then for a connection. Errors of a single connection do not come here.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => return Ok((stream, remote, place)),
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => return Err(error),
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
    limits: ConnectionLimits,
}

impl<E: Endpoint<Output = Response> + 'static> Service<E> {
    async fn connection(&self, stream: TcpStream, remote: SocketAddr, transport: Transport, watcher: Watcher) {
        let Ok(local) = stream.local_addr() else {
            return;
        };
        let _ = stream.set_nodelay(true);
        let peer = Peer { local, remote };
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.write_timeout));
        let stream = Box::pin(stream);
        match transport {
            Transport::Plain => self.http(stream, peer, Scheme::HTTP, watcher).await,
            Transport::Tls(config) => {
                let handshake = TlsAcceptor::from(config).accept(stream);
                if let Ok(Ok(stream)) = tokio::time::timeout(self.limits.handshake_timeout, handshake).await {
                    self.http(stream, peer, Scheme::HTTPS, watcher).await;
                }
            }
        }
    }

    async fn http<S>(&self, stream: S, peer: Peer, scheme: Scheme, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request: hyper::Request<Incoming>| {
            let request = Request::from((request, peer.local(), peer.remote(), scheme.clone()));
            async move {
                let response = self.endpoint.get_response(request).await;
                Ok::<_, std::convert::Infallible>(hyper::Response::from(response))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_timeout)
            .max_buf_size(self.limits.header_bytes)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        // What goes wrong on a connection is between it and its client.
        let _ = watcher.watch(connection).await;
    }
}

/// The two ends of a connection.
#[derive(Clone, Copy)]
struct Peer {
    local: SocketAddr,
    remote: SocketAddr,
}

impl Peer {
    fn local(self) -> LocalAddr {
        LocalAddr(Addr::SocketAddr(self.local))
    }

    fn remote(self) -> RemoteAddr {
        RemoteAddr(Addr::SocketAddr(self.remote))
    }
}
