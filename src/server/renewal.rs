//! A certificate that was replaced on disk, or is due, is taken up while the service runs.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::connections::tls::CurrentCertificate;
use super::metrics::Validity;
use crate::config::TlsFiles;
use crate::model::Clock;
use crate::operations::StartError;
use crate::operations::certificate::{Certificate, successor};
use crate::operations::folder::DataFolder;

/// Keeps the certificate of a running service up to date.
pub(super) struct Renewal {
    files: Option<TlsFiles>,
    folder: Arc<DataFolder>,
    clock: Clock,
    current: Arc<CurrentCertificate>,
    /// When the current one is valid, for those who watch over the service.
    validity: Validity,
}

impl Renewal {
    pub(super) fn new(
        files: Option<TlsFiles>,
        folder: Arc<DataFolder>,
        clock: Clock,
        current: Arc<CurrentCertificate>,
        validity: Validity,
    ) -> Self {
        Self { files, folder, clock, current, validity }
    }

    /// What asks to look at once: SIGHUP.
    ///
    /// # Errors
    /// If signals cannot be listened to.
    pub(super) fn asked() -> std::io::Result<Signal> {
        signal(SignalKind::hangup())
    }

    /// Looks for another certificate, and takes it up. Certificate and key are replaced one after the other: what is
    /// wrong once may be right the next time.
    ///
    /// # Errors
    /// Why the present one is kept although there is another.
    pub(super) fn look(&self) -> Result<(), StartError> {
        let found = self.find()?;
        if self.current.exchange(Arc::clone(&found.certified)) {
            self.validity.set(&found);
            let Certificate { fingerprint, not_before, not_after, .. } = &found;
            tracing::info!(%fingerprint, %not_before, %not_after, "Another certificate is in use from now on");
            if found.self_made {
                tracing::warn!(
                    "Programs that were given a copy of the certificate before need one of the new tls.crt; those that \
                     know it by its key, which stays, need nothing"
                );
            }
            warn_if_refused(&found, self.clock.now());
        }
        Ok(())
    }

    fn find(&self) -> Result<Certificate, StartError> {
        let mut missing = Vec::new();
        let found = successor(self.files.as_ref(), &self.folder, self.clock.now(), &mut missing)?;
        missing.iter().try_for_each(|file| file.write(&self.folder))?;
        Ok(found)
    }
}

/// Says of a certificate in use that clients refuse it, if its time has not come or is over.
pub(super) fn warn_if_refused(certificate: &Certificate, now: Timestamp) {
    let Certificate { not_before, not_after, .. } = certificate;
    if !certificate.is_valid_at(now) {
        tracing::warn!(%now, %not_before, %not_after, "The certificate is not valid now, and clients refuse it: replace it, \
                       or set the clock if that is wrong");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::operations::certificate::certificate;

    #[test]
    fn a_self_made_certificate_that_is_due_is_renewed_while_running_and_a_lost_key_changes_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Arc::new(DataFolder::create(parent.path()).unwrap());
        let second = Arc::new(AtomicI64::new(1_767_225_600));
        let source = Arc::clone(&second);
        let clock = Clock::new(move || Timestamp::from_second(source.load(Ordering::SeqCst)).unwrap());
        let mut missing = Vec::new();
        let first = certificate(None, &folder, clock.now(), &mut missing).unwrap();
        missing.iter().for_each(|file| file.write(&folder).unwrap());
        let key = std::fs::read(parent.path().join("tls.key")).unwrap();
        let current = Arc::new(CurrentCertificate::new(first.certified.clone()));
        let validity = Validity::default();
        let renewal = Renewal::new(None, Arc::clone(&folder), clock, Arc::clone(&current), validity.clone());

        renewal.look().unwrap();
        assert_eq!(current.get().cert, first.certified.cert);
        second.fetch_add(800 * 86_400, Ordering::SeqCst);
        renewal.look().unwrap();
        let renewed = current.get();
        assert_ne!(renewed.cert, first.certified.cert);
        let (begin, end) = validity.get();
        assert!(
            begin <= second.load(Ordering::SeqCst) && end > second.load(Ordering::SeqCst),
            "who watches hears of it"
        );
        assert_eq!(std::fs::read(parent.path().join("tls.key")).unwrap(), key);

        std::fs::remove_file(parent.path().join("tls.key")).unwrap();
        assert!(renewal.look().is_err());
        assert_eq!(current.get().cert, renewed.cert);
    }
}
