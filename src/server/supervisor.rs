//! What systemd is told about the service (sd_notify(3)), if it started it.

use sd_notify::NotifyState;

/// Every port is served.
pub(super) fn ready() {
    tell(NotifyState::Ready);
}

/// Requests in work may end, and no more are accepted.
pub(super) fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd cannot be told how the service is");
    }
}
