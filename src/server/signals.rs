//! The signals that end the service.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves when the process is asked to end: SIGTERM, or SIGINT (Ctrl-C).
///
/// # Errors
/// If the signals cannot be listened to.
pub(super) async fn termination() -> std::io::Result<()> {
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
