//! The bare handler: a constant answer, through the service's own listener and TLS, in a process of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ocariot_users::server::listener::{ConnectionLimits, Listener, Transport};
use ocariot_users::server::tls::{CurrentCertificate, server_config};
use poem::{Endpoint, Response};
use tokio::sync::watch;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::Failure;

/// Where its files are, in the folder that it is given.
pub(crate) const BODY: &str = "bare.json";
pub(crate) const ADDRESS: &str = "bare.address";

struct Constant(bytes::Bytes);

impl Endpoint for Constant {
    type Output = Response;

    async fn call(&self, _: poem::Request) -> poem::Result<Response> {
        Ok(Response::builder().content_type("application/json").body(self.0.clone()))
    }
}

/// Serves until it is killed. The folder holds the certificate of the service, the address to listen on and the body.
#[tokio::main]
pub(crate) async fn serve(folder: &Path) -> Result<(), Failure> {
    let address: SocketAddr = std::fs::read_to_string(folder.join(ADDRESS))?.parse()?;
    let body = std::fs::read(folder.join(BODY))?;
    let chain = CertificateDer::pem_file_iter(folder.join("tls.crt"))?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join("tls.key"))?;
    let certified = Arc::new(CertifiedKey::from_der(chain, key, &default_provider())?);
    let transport = Transport::Tls(server_config(Arc::new(CurrentCertificate::new(certified)))?);
    let minute = Duration::from_secs(60);
    let limits = ConnectionLimits {
        connections: 512,
        connections_per_client: 512,
        proxies: Vec::new(),
        header_timeout: minute,
        idle_timeout: minute,
        header_bytes: 16 * 1024,
        handshake_timeout: minute,
        write_timeout: minute,
        shutdown_grace: minute,
    };
    let (_go_on, stop) = watch::channel(false);
    Listener::bind(address, "--bare")?.serve(Constant(body.into()), transport, limits, stop).await;
    Ok(())
}
