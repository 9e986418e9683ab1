//! Whose certificates are believed.

use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

/// The authorities whose certificates are believed.
#[derive(Clone)]
pub struct Trust(Arc<RootCertStore>);

impl Trust {
    /// Those of the system, or of the file that `SSL_CERT_FILE` names (or the folder, `SSL_CERT_DIR`).
    #[must_use]
    pub fn of_system() -> Self {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "Certificates of authorities cannot be read");
        }
        Self::only(found.certs)
    }

    /// These alone. What is no certificate is left out.
    #[must_use]
    pub fn only(certificates: Vec<CertificateDer<'static>>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates);
        Self(Arc::new(roots))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn tls(&self) -> Result<ClientConfig, Error> {
        let versions =
            ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions()?;
        Ok(versions.with_root_certificates(Arc::clone(&self.0)).with_no_client_auth())
    }
}
