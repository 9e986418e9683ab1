//! Long work shows at a terminal that it goes on, and what it does; a pipe hears nothing of it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Turns at the terminal until it is dropped, and leaves nothing there.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Begins, with what is done first. Nothing is shown if standard error is no terminal.
    pub(super) fn begin(what: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// What is done from here on.
    pub(super) fn say(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
