//! The log: lines on standard output.
//!
//! A thread of its own writes them, so that nothing waits for whoever reads them: neither a request nor the end. A line
//! that cannot be written is lost, and counted.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::time::{Duration, Instant};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::{Failure, output};
use crate::config::{Config, LogFormat};
use crate::server::LostLines;

/// How many lines may wait to be written; more are lost.
const QUEUE: usize = 4096;
/// How long to wait until what waits is written.
const CATCHING_UP: Duration = Duration::from_secs(1);

/// The log of this process. Dropping it waits until it is written, if somebody takes it.
pub(super) struct Log(Queue);

enum Message {
    Line(Vec<u8>),
    /// Everything before this is written when it is dropped.
    Mark(#[expect(dead_code, reason = "tells by being dropped")] std::sync::mpsc::Sender<()>),
}

#[derive(Clone)]
struct Queue {
    messages: SyncSender<Message>,
    lost: LostLines,
}

/// Begins to log. To be done once.
///
/// # Errors
/// If the filter is none, or there is no thread or file to be had.
pub(super) fn start(config: &Config) -> Result<Log, Failure> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| {
        Failure::Other(format!(
            "--log is \"{}\", which is no filter ({error}): give error, warn, info or debug, or such as \
             info,ocariot_users::store=debug",
            config.log
        ))
    })?;
    let queue = Queue::to_stdout().map_err(|error| {
        Failure::Other(format!(
            "the log cannot be written to standard output: {error}. If too many files are open, raise their limit"
        ))
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        // Said on standard error, which may be gone too: that would end the process.
        .log_internal_errors(false)
        .with_writer(queue.clone());
    match config.log_format {
        LogFormat::Text => log.with_ansi(output::is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(Log(queue))
}

impl Drop for Log {
    fn drop(&mut self) {
        self.catch_up();
    }
}

impl Log {
    /// Counts what is lost.
    pub(super) fn lost(&self) -> LostLines {
        self.0.lost.clone()
    }

    /// Waits until all lines so far are written, so that what is printed next comes after them; not for ever.
    pub(super) fn catch_up(&self) {
        let begin = Instant::now();
        let (mark, written) = channel();
        let mut mark = Message::Mark(mark);
        while let Err(TrySendError::Full(back)) = self.0.messages.try_send(mark) {
            if begin.elapsed() >= CATCHING_UP {
                return;
            }
            mark = back;
            std::thread::sleep(Duration::from_millis(5));
        }
        // Either way nothing more can be done.
        let _ = written.recv_timeout(CATCHING_UP.saturating_sub(begin.elapsed()));
    }
}

impl Queue {
    fn to_stdout() -> io::Result<Self> {
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (messages, waiting) = sync_channel(QUEUE);
        let lost = LostLines::default();
        let mut output = Output { to: file, lost: lost.clone(), said: 0, torn: false, works: true };
        std::thread::Builder::new().name("log".to_owned()).spawn(move || output.write_all_of(&waiting))?;
        Ok(Self { messages, lost })
    }
}

impl<'q> MakeWriter<'q> for Queue {
    type Writer = &'q Self;

    fn make_writer(&'q self) -> Self::Writer {
        self
    }
}

impl Write for &Queue {
    /// Takes a whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.messages.try_send(Message::Line(line.to_vec())).is_err() {
            self.lost.add();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The end of the log that the thread holds.
struct Output<W> {
    to: W,
    lost: LostLines,
    /// How many lost lines were told of.
    said: u64,
    /// Whether a line was begun that could not be written to its end.
    torn: bool,
    /// Whether the last line could be written.
    works: bool,
}

impl<W: Write> Output<W> {
    fn write_all_of(&mut self, waiting: &Receiver<Message>) {
        while let Ok(first) = waiting.recv() {
            let mut next = Some(first);
            while let Some(message) = next {
                if let Message::Line(line) = message {
                    self.works = self.line(&line).is_ok();
                    if !self.works {
                        self.lost.add();
                    }
                }
                next = waiting.try_recv().ok();
            }
            self.say_what_was_lost();
        }
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.to.write_all(b"\n")?;
            self.torn = false;
        }
        let mut rest = line;
        while !rest.is_empty() {
            match self.to.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    rest = &rest[written..];
                    self.torn = !rest.is_empty();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// As a line of the log like any other, once lines can be written and none waits.
    fn say_what_was_lost(&mut self) {
        let lost = self.lost.total();
        if self.works && lost > self.said {
            self.said = lost;
            tracing::warn!(lines_since_the_start = lost, "Lines of the log could not be written, and are lost");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Takes so many bytes, then none until it is emptied.
    #[derive(Clone)]
    struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (taken, room) = &mut *self.0.lock().unwrap();
            let count = bytes.len().min(*room);
            if count == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            *room -= count;
            taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_is_cut_off_is_counted_and_the_next_one_begins_a_line_of_its_own() {
        let disk = Disk(Arc::new(Mutex::new((Vec::new(), 9))));
        let lost = LostLines::default();
        let mut output = Output { to: disk.clone(), lost: lost.clone(), said: 0, torn: false, works: true };
        let (messages, waiting) = sync_channel(8);
        let line = |text: &str| Message::Line(text.as_bytes().to_vec());
        for text in ["first\n", "second\n", "third\n"] {
            messages.send(line(text)).unwrap();
        }
        drop(messages);
        output.write_all_of(&waiting);
        assert_eq!(lost.total(), 2);
        disk.0.lock().unwrap().1 = 100;
        output.line(b"fourth\n").unwrap();
        assert_eq!(String::from_utf8_lossy(&disk.0.lock().unwrap().0), "first\nsec\nfourth\n");
    }

    #[test]
    fn nobody_waits_for_a_log_that_nobody_takes() {
        let (messages, _waiting) = sync_channel(2);
        let queue = Queue { messages, lost: LostLines::default() };
        for _ in 0..5 {
            assert_eq!((&queue).write(b"line\n").unwrap(), 5);
        }
        assert_eq!(queue.lost.total(), 3);
        drop(Log(queue));
    }
}
