//! Panics, in the log: each once, with a backtrace, and with the id of the request that it happened in.

use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;

/// From now on panics are logged. Whoever catches one has nothing to log any more.
pub(super) fn log_them() {
    std::panic::set_hook(Box::new(log));
}

/// The request's id comes from the span that the panicking thread is in.
fn log(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let backtrace = Backtrace::force_capture();
    tracing::error!(place, message = message(panic), %backtrace, "The program panicked: please report this fault");
}

/// What the panic says, if that is known beforehand: a text made on the spot may quote names and passwords.
fn message<'p>(panic: &'p PanicHookInfo<'_>) -> &'p str {
    panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("withheld, for it may quote data")
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::panic::catch_unwind;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_logged_once_with_its_request_and_without_what_it_may_quote() {
        let lines = Lines::default();
        let writer = lines.clone();
        let log_here = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        // Other tests of this program panic as before: this hook logs for this thread alone.
        let before = std::panic::take_hook();
        let this = std::thread::current().id();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().id() == this {
                log(panic);
            }
            before(panic);
        }));
        tracing::subscriber::with_default(log_here, || {
            let _request = tracing::error_span!("request", request_id = "abc-1").entered();
            assert!(catch_unwind(|| panic!("a fixed text")).is_err());
            let name = "somebody";
            assert!(catch_unwind(|| panic!("there is no {name}")).is_err());
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let events: Vec<_> = text.lines().collect();
        assert_eq!(events.len(), 2, "{text}");
        for event in &events {
            for part in ["abc-1", "panics.rs", "log"] {
                assert!(event.contains(part), "{part} in {event}");
            }
        }
        assert!(events[0].contains("a fixed text"));
        assert!(!events[1].contains("there is no") && events[1].contains("withheld"));
    }
}
