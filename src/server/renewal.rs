//! A certificate that was replaced on disk, or is due, is taken up while the service runs.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::connections::tls::CurrentCertificate;
use crate::config::TlsFiles;
use crate::model::Clock;
use crate::operations::StartError;
use crate::operations::certificate::{Certificate, certificate};
use crate::operations::folder::DataFolder;

/// How often to look without being told to.
const PERIOD: Duration = Duration::from_secs(3);

/// Keeps the certificate of a running service up to date.
pub(super) struct Renewal {
    files: Option<TlsFiles>,
    clock: Clock,
    current: Arc<CurrentCertificate>,
    /// When the current one ends, in seconds since 1970, for those who watch over the service.
    end: Gauge,
    asked: Signal,
    /// Why the last look found nothing usable, and whether that was logged.
    trouble: Option<(String, Logged)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Logged {
    Yes,
    No,
}

impl Renewal {
    /// # Errors
    /// If signals cannot be listened to.
    pub(super) fn new(
        files: Option<TlsFiles>,
        clock: Clock,
        current: Arc<CurrentCertificate>,
        end: Gauge,
    ) -> Result<Self, StartError> {
        let asked = signal(SignalKind::hangup()).map_err(|error| StartError::Internal(error.to_string()))?;
        Ok(Self { files, clock, current, end, asked, trouble: None })
    }

    /// Looks every few seconds, and at once on SIGHUP.
    pub(super) async fn watch(&mut self, folder: &DataFolder) -> Infallible {
        loop {
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                _ = self.asked.recv() => tracing::info!("Asked by SIGHUP to look for another certificate"),
            }
            self.look(folder);
        }
    }

    fn look(&mut self, folder: &DataFolder) {
        match self.find(folder) {
            Ok(found) => {
                self.trouble = None;
                let (fingerprint, not_after) = (&found.fingerprint, found.not_after);
                if self.current.exchange(found.certified) {
                    self.end.set(not_after.as_second());
                    tracing::info!(%fingerprint, %not_after, "Another certificate is in use from now on");
                }
            }
            Err(error) => self.complain(&error.to_string()),
        }
    }

    fn find(&self, folder: &DataFolder) -> Result<Certificate, StartError> {
        let mut missing = Vec::new();
        let found = certificate(self.files.as_ref(), folder, self.clock.now(), &mut missing)?;
        missing.iter().try_for_each(|file| file.write(folder))?;
        Ok(found)
    }

    /// Logs what is wrong once, and not at the first look: certificate and key are replaced one after the other.
    fn complain(&mut self, error: &str) {
        let logged = match &self.trouble {
            Some((known, logged)) if known == error => {
                if *logged == Logged::No {
                    tracing::error!(error, "Another certificate cannot be used: the present one is kept");
                }
                Logged::Yes
            }
            _ => Logged::No,
        };
        self.trouble = Some((error.to_owned(), logged));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use jiff::Timestamp;

    use super::*;

    #[tokio::test]
    async fn a_self_made_certificate_that_is_due_is_renewed_while_running_and_a_lost_key_changes_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let second = Arc::new(AtomicI64::new(1_767_225_600));
        let source = Arc::clone(&second);
        let clock = Clock::new(move || Timestamp::from_second(source.load(Ordering::SeqCst)).unwrap());
        let mut missing = Vec::new();
        let first = certificate(None, &folder, clock.now(), &mut missing).unwrap();
        missing.iter().for_each(|file| file.write(&folder).unwrap());
        let key = std::fs::read(parent.path().join("tls.key")).unwrap();
        let current = Arc::new(CurrentCertificate::new(first.certified.clone()));
        let end = Gauge::default();
        let mut renewal = Renewal::new(None, clock, Arc::clone(&current), end.clone()).unwrap();

        renewal.look(&folder);
        assert_eq!(current.get().cert, first.certified.cert);
        second.fetch_add(800 * 86_400, Ordering::SeqCst);
        renewal.look(&folder);
        let renewed = current.get();
        assert_ne!(renewed.cert, first.certified.cert);
        assert!(end.get() > second.load(Ordering::SeqCst), "who watches hears of it");
        assert_eq!(std::fs::read(parent.path().join("tls.key")).unwrap(), key);

        std::fs::remove_file(parent.path().join("tls.key")).unwrap();
        renewal.look(&folder);
        assert_eq!(current.get().cert, renewed.cert);
        assert!(renewal.trouble.is_some());
    }
}
