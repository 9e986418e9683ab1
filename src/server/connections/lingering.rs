//! The end of a connection whose client may still be sending (RFC 9112, section 9.6).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How long a client may take to hear that the service has ended its side.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much of what it still sends is read meanwhile, in bytes.
const MOST: usize = 2 << 20;

/// A stream that, when it is shut down while its client may still be sending, ends its own side first and then reads on
/// for a while without keeping anything. Closed at once instead, it would answer what still arrives with a reset, and a
/// reset may take the answer from the client that is about to read it: that its body is too large, for example.
pub(in crate::server) struct Lingering<S> {
    stream: S,
    unread: Unread,
    end: Option<End>,
}

/// Whether the client may still be sending what nobody reads.
#[derive(Clone, Default)]
pub(in crate::server) struct Unread(Arc<AtomicBool>);

impl Unread {
    /// It may, from now on.
    pub(in crate::server) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How long, and how much more, is read.
struct End {
    deadline: Pin<Box<Sleep>>,
    left: usize,
}

impl<S> Lingering<S> {
    pub(in crate::server) fn new(stream: S, unread: Unread) -> Self {
        Self { stream, unread, end: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, unread, end } = &mut *self;
        if end.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
        }
        if !unread.0.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        let end = end.get_or_insert_with(|| End { deadline: Box::pin(tokio::time::sleep(PATIENCE)), left: MOST });
        let mut unwanted = [0; 16 << 10];
        while end.left > 0 && end.deadline.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut unwanted);
            match ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => end.left = end.left.saturating_sub(buffer.filled().len()),
                // The client has ended its side too, or the connection is broken.
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
