//! How long a connection waits for its client to ask: for the first byte of a request, and then for the rest of its head.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::activity::Activity;
use super::lingering::Unread;

/// How long may be waited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadlines {
    /// For the head of a request, and for a new client to begin with it.
    pub(super) head: Duration,
    /// For a client to begin with another request.
    pub(super) idle: Duration,
}

/// A stream whose client seems to have ended his side when his time is over. hyper has one timer for both deadlines,
/// and so short a time as a head may take makes proxies lose requests: they keep connections for a minute or two.
pub(super) struct Deadlined<S> {
    stream: S,
    deadlines: Deadlines,
    activity: Arc<Activity>,
    unread: Unread,
    /// Since when nothing is under way, and how long that may go on.
    quiet: (Instant, Duration),
    /// When the head began that is not there yet.
    head: Option<Instant>,
    /// How many requests there were when that was last looked at.
    requests: u64,
    /// Goes off no later than the deadline.
    alarm: Pin<Box<Sleep>>,
}

impl<S> Deadlined<S> {
    pub(super) fn new(stream: S, deadlines: Deadlines, activity: Arc<Activity>, unread: Unread) -> Self {
        let now = Instant::now();
        let alarm = Box::pin(sleep_until(now + deadlines.head));
        Self { stream, deadlines, activity, unread, quiet: (now, deadlines.head), head: None, requests: 0, alarm }
    }

    /// Takes notice of a head that became a request.
    fn look(&mut self) {
        let requests = self.activity.requests();
        if self.activity.is_working() || self.requests != requests {
            self.requests = requests;
            self.head = None;
            self.stirs();
        }
    }

    /// Something is under way.
    fn stirs(&mut self) {
        self.quiet = (Instant::now(), self.deadlines.idle);
    }

    fn deadline(&self) -> Instant {
        match self.head {
            Some(begun) => begun + self.deadlines.head,
            None => self.quiet.0 + self.quiet.1,
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let deadline = self.deadline();
            if self.alarm.deadline() > deadline {
                self.alarm.as_mut().reset(deadline);
            }
            ready!(self.alarm.as_mut().poll(cx));
            if self.alarm.deadline() >= deadline {
                return Poll::Ready(());
            }
            // It went off for a deadline of before.
            self.alarm.as_mut().reset(deadline);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deadlined<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.look();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before && !self.activity.is_working() {
            self.head.get_or_insert_with(Instant::now);
        }
        match polled {
            Poll::Ready(_) => polled,
            Poll::Pending => self.poll_deadline(cx).map(Ok),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Deadlined<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stirs();
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stirs();
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.look();
        if self.head.is_some() {
            // Too long, too late or not understood: there may be more of it.
            self.unread.note();
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
