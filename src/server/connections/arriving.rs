//! Bodies of requests while they come in, and what nobody read of them.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use super::activity::{Activity, Working};
use super::lingering::Unread;

/// A body that nobody wants is read to its end if it is no longer than this, in bytes; for a longer one the connection
/// ends.
const SMALL: u64 = 64 << 10;
/// How long its client may take to send it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A body that comes in. While it does not, its connection waits for its client, since the body was asked for: who sends
/// it byte by byte is not more patient with us than who sends nothing.
struct Arriving {
    /// Until its end was read.
    body: Option<Incoming>,
    rest: Arc<Mutex<Rest>>,
    activity: Arc<Activity>,
    since: u64,
}

/// What is left of a body.
pub(super) enum Rest {
    /// Nothing: it was read to its end.
    Nothing,
    /// This, which nobody wants any more.
    Unwanted(Incoming),
    /// Somebody still reads it.
    Held,
}

/// Tells what is left of a body.
pub(super) struct Remainder(Arc<Mutex<Rest>>);

/// A body for the service, and what tells afterwards what it left of it.
pub(super) fn arriving(body: Incoming, activity: &Arc<Activity>) -> (poem::Body, Remainder) {
    if body.is_end_stream() {
        return (poem::Body::empty(), Remainder(Arc::new(Mutex::new(Rest::Nothing))));
    }
    let rest = Arc::new(Mutex::new(Rest::Held));
    let remainder = Remainder(Arc::clone(&rest));
    let activity = Arc::clone(activity);
    let since = activity.now();
    (poem::Body::from_bytes_stream(Arriving { body: Some(body), rest, activity, since }), remainder)
}

impl Remainder {
    pub(super) fn get(self) -> Rest {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), Rest::Held)
    }
}

impl Rest {
    /// Whether it can be read to its end while the answer is on its way, so that the client's next request finds the
    /// same connection.
    pub(super) fn is_small(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Unwanted(body) => body.size_hint().upper().is_some_and(|length| length <= SMALL),
            Self::Held => false,
        }
    }

    /// Reads it to its end, without keeping anything. If that takes too long, the connection ends.
    pub(super) async fn read_off(self, unread: Unread, _working: Working) {
        if let Self::Unwanted(mut body) = self {
            let read = async { while let Some(Ok(_)) = body.frame().await {} };
            if timeout(PATIENCE, read).await.is_err() {
                unread.note();
            }
        }
    }
}

impl Stream for Arriving {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { body: slot, activity, since, .. } = &mut *self;
        while let Some(body) = slot {
            let polled = Pin::new(body).poll_frame(cx);
            match &polled {
                Poll::Pending => activity.waits_since(*since),
                Poll::Ready(_) => activity.works(),
            }
            match ready!(polled) {
                // Trailers say nothing that anybody asked for.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => return Poll::Ready(Some(Ok(data))),
                    Err(_) => continue,
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                None => *slot = None,
            }
        }
        Poll::Ready(None)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|body| !body.is_end_stream()).map_or(Rest::Nothing, Rest::Unwanted);
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = rest;
    }
}
