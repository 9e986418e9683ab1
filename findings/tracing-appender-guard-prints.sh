#!/usr/bin/env bash
# tracing-appender 0.2.5: a WorkerGuard that is dropped while the queue is full prints to standard output.
#
# A program whose log goes elsewhere, and whose standard output is data for a pipe, gets a line into that data when it
# ends while its log is stuck (a disk that hangs, a full pipe). The documentation of the guard says that it flushes what
# is left; not that it prints. The line that says why ("Error: Shutdown") names the message that was not sent.
#
# Seen with tracing-appender 0.2.5 and rustc 1.95. Needs cargo and crates.io. Fails if that changes.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "guard"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
tracing-appender = "=0.2.5"
TOML
cat >"$work/src/main.rs" <<'RUST'
use std::io::{self, Write};
use std::time::Duration;

/// Takes nothing for longer than the guard waits.
struct Stuck;

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        std::thread::sleep(Duration::from_secs(5));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn main() {
    let builder = tracing_appender::non_blocking::NonBlockingBuilder::default();
    let (mut log, guard) = builder.buffered_lines_limit(1).finish(Stuck);
    // The first is being written, the second waits, the others are dropped: lossy is the default.
    for _ in 0..4 {
        log.write_all(b"a line of the log\n").unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(guard);
}
RUST
cd "$work"
cargo run --quiet >stdout 2>stderr
grep '^tracing-appender' <(cargo tree --prefix none)
echo "standard output, to which the program wrote nothing:"
cat stdout
grep -q '^Failed to send shutdown signal to logging worker' stdout
