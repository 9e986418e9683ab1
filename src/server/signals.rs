//! The signals that end the service.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Requests to end: SIGTERM and SIGINT (Ctrl-C). From the moment it is made, none ends the process by itself.
pub(super) struct Termination {
    term: Signal,
    interrupt: Signal,
}

impl Termination {
    /// Begins to listen.
    ///
    /// # Errors
    /// If the signals cannot be listened to.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Resolves when the process was asked to end since [`Termination::listen`].
    pub(super) async fn requested(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
