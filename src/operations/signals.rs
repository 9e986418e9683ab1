//! The signals that end the service.

use std::io::IsTerminal;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Requests to end: SIGTERM, SIGINT (Ctrl-C), and SIGHUP if that means that the terminal is gone; otherwise it asks
/// to look for another certificate. From the moment it is made, none ends the process by itself.
pub(crate) struct Termination {
    term: Signal,
    interrupt: Signal,
    hangup: Signal,
    at_terminal: bool,
}

impl Termination {
    /// Begins to listen.
    ///
    /// # Errors
    /// If the signals cannot be listened to.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            at_terminal: std::io::stdout().is_terminal(),
        })
    }

    /// Resolves when the process was asked to end since [`Termination::listen`].
    pub(crate) async fn requested(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hangup.recv(), if self.at_terminal => {}
        }
    }
}
