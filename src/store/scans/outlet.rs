//! What scans put out: items as bytes, whole or in chunks.

use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::turn::{Cut, Turn};
use super::{Asker, Shared, Waiter};
use crate::model::Error;
use crate::model::query::Listed;

/// As long an answer may become and still be a short one; also the length of the parts of a long one, in bytes.
const CHUNK: usize = 32 << 10;
/// As many bytes as most objects take.
const ONE_OBJECT: usize = 512;

/// How items become an answer.
pub struct Form<T> {
    /// What stands before all items.
    pub open: &'static str,
    /// What stands between two.
    pub between: &'static str,
    /// What stands behind all.
    pub close: &'static str,
    /// Writes one.
    pub write: fn(T, &mut Outlet) -> io::Result<()>,
}

/// An answer, or its beginning.
pub struct Written {
    /// How many items there are in all, if it was said.
    pub total: Option<u64>,
    /// Its bytes.
    pub body: AnswerBody,
}

/// The bytes of an answer.
pub enum AnswerBody {
    /// All of them.
    Whole(Vec<u8>),
    /// To be waited for.
    Chunks(Chunks),
}

/// A long answer. Dropping it ends the scan that it comes from.
pub struct Chunks {
    parts: mpsc::UnboundedReceiver<Part>,
    /// What was given out last, until the next is asked for.
    taken: Option<Held>,
    _waiter: Option<Waiter>,
}

/// The rest of an answer did not come: what came is not whole.
#[derive(Debug, thiserror::Error)]
#[error("the answer was cut off")]
pub struct CutOff;

impl Chunks {
    /// The next bytes, `None` after the last.
    ///
    /// # Errors
    /// If something went wrong behind what has been given out, or the client took it too slowly.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, CutOff>> {
        // Whoever asks for more has done with what he got.
        self.taken = None;
        match self.parts.recv().await {
            Some(Part::Bytes(bytes, held)) => {
                self.taken = Some(held);
                Some(Ok(bytes))
            }
            Some(Part::End) => None,
            None => Some(Err(CutOff)),
        }
    }
}

enum Part {
    Bytes(Vec<u8>, Held),
    End,
}

/// Bytes of the budget, until this is dropped.
struct Held {
    shared: Arc<Shared>,
    asker: Asker,
    bytes: usize,
    /// What all parts of the same answer hold.
    of_answer: Arc<AtomicUsize>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.of_answer.fetch_sub(self.bytes, Ordering::Relaxed);
        Turn::release(&self.shared, self.asker, self.bytes);
    }
}

/// Who waits for the answer's beginning.
pub(super) type Beginning = oneshot::Sender<thread::Result<Result<Begun, Error>>>;

/// An answer whose scan may go on.
pub(super) struct Begun(Written);

impl Begun {
    /// The answer, which lives as long as somebody waits for it.
    pub(super) fn with(self, waiter: Waiter) -> Written {
        let mut written = self.0;
        if let AnswerBody::Chunks(chunks) = &mut written.body {
            chunks._waiter = Some(waiter);
        }
        written
    }
}

/// Where a scan writes. Kept until it is more than a short answer, then sent off part by part.
pub struct Outlet {
    turn: Arc<Turn>,
    total: Option<u64>,
    buffer: Vec<u8>,
    beginning: Option<Beginning>,
    parts: Option<mpsc::UnboundedSender<Part>>,
    held: Arc<AtomicUsize>,
    cut: Option<Cut>,
}

impl Outlet {
    pub(super) fn new(turn: Arc<Turn>, beginning: Beginning) -> Self {
        let buffer = Vec::with_capacity(ONE_OBJECT);
        let (beginning, held) = (Some(beginning), Arc::default());
        Self { turn, total: None, buffer, beginning, parts: None, held, cut: None }
    }

    /// Sends off what has been written.
    fn send(&mut self) -> Result<(), Cut> {
        let bytes = mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        self.turn.hold(bytes.len(), &|| self.held.load(Ordering::Relaxed))?;
        self.held.fetch_add(bytes.len(), Ordering::Relaxed);
        let (shared, of_answer) = (Arc::clone(&self.turn.shared), Arc::clone(&self.held));
        let held = Held { shared, asker: self.turn.asker, bytes: bytes.len(), of_answer };
        if let Some(beginning) = self.beginning.take() {
            let (sender, parts) = mpsc::unbounded_channel();
            self.parts = Some(sender);
            let body = AnswerBody::Chunks(Chunks { parts, taken: None, _waiter: None });
            let begun = Begun(Written { total: self.total, body });
            beginning.send(Ok(Ok(begun))).map_err(|_| Cut::Unwanted)?;
        }
        match &self.parts {
            Some(parts) => parts.send(Part::Bytes(bytes, held)).map_err(|_| Cut::Unwanted),
            None => Ok(()),
        }
    }

    /// Says how it ended: the answer, if it is a short one; its end, if it is a long one; or what went wrong.
    pub(super) fn end(mut self, result: thread::Result<Result<(), Error>>) {
        if let Some(beginning) = self.beginning.take() {
            let written = Written { total: self.total, body: AnswerBody::Whole(mem::take(&mut self.buffer)) };
            // If nobody waits any more, nobody misses it.
            let _ = beginning.send(result.map(|result| result.map(|()| Begun(written))));
            return;
        }
        match result {
            Ok(Ok(())) => {
                let ended = if self.buffer.is_empty() { Ok(()) } else { self.send() };
                if let (Ok(()), Some(parts)) = (ended, &self.parts) {
                    let _ = parts.send(Part::End);
                }
            }
            // The panic hook has logged it.
            Err(_) => {}
            // SQLite was stopped, or the next part found nobody.
            Ok(Err(_)) if self.cut == Some(Cut::Unwanted) || self.turn.is_unwanted() => {}
            Ok(Err(_)) if self.cut == Some(Cut::TooSlow) => {
                tracing::info!("A long answer was cut off: its client did not take it, and others waited");
            }
            Ok(Err(error)) => tracing::error!(%error, "A long answer was cut off: the rest of it could not be read"),
        }
    }
}

impl io::Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    // JSON is written in pieces of a few bytes.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.send().map_err(|cut| {
                self.cut = Some(cut);
                io::Error::new(io::ErrorKind::BrokenPipe, cut)
            })?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where a job puts what it finds.
pub struct Items<'o, T> {
    outlet: &'o mut Outlet,
    form: Form<T>,
    any: bool,
}

impl<'o, T> Items<'o, T> {
    pub(super) fn new(outlet: &'o mut Outlet, form: Form<T>) -> Self {
        Self { outlet, form, any: false }
    }

    /// Says how many there are in all, whatever is put out. To be called before the first item.
    pub fn total(&mut self, total: u64) {
        self.outlet.total = Some(total);
    }

    /// Puts out an item. Waits while its client is slow.
    ///
    /// # Errors
    /// If nobody takes it any more: then the job is to end.
    pub fn put(&mut self, item: T) -> Result<(), Error> {
        let before = if self.any { self.form.between } else { self.form.open };
        self.any = true;
        let written = io::Write::write_all(self.outlet, before.as_bytes());
        written.and_then(|()| (self.form.write)(item, self.outlet)).map_err(Error::internal)
    }

    /// Puts out a page, and says how many items there are in all.
    ///
    /// # Errors
    /// As [`Items::put`].
    pub fn put_page(&mut self, page: Listed<T>) -> Result<(), Error> {
        self.total(page.total);
        self.put_all(page.items)
    }

    /// Puts out several.
    ///
    /// # Errors
    /// As [`Items::put`].
    pub fn put_all(&mut self, items: Vec<T>) -> Result<(), Error> {
        items.into_iter().try_for_each(|item| self.put(item))
    }

    pub(super) fn end(self) -> Result<(), Error> {
        let before = if self.any { "" } else { self.form.open };
        let written =
            [before, self.form.close].iter().try_for_each(|text| io::Write::write_all(self.outlet, text.as_bytes()));
        written.map_err(Error::internal)
    }
}
