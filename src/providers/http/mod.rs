//! One client for all that is asked of others (contract of Fitbit's groups, section 6): only below addresses of the
//! settings, verified, and bounded in time, size and number. No redirect is followed.

mod address;
mod connecting;
mod form;
mod trust;
mod unpacking;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::model::Clock;
use connecting::Connector;
use unpacking::Unpacking;

pub use address::{Address, AddressFault};
pub use connecting::Proxies;
pub(super) use form::form;
pub use trust::Trust;

/// What no question may exceed.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// How long a connection may take, its encryption included.
    pub connect: Duration,
    /// How long a question may take, from its turn to the end of the answer.
    pub whole: Duration,
    /// The most bytes of an answer, unpacked.
    pub answer_bytes: usize,
    /// How many are asked at a time.
    pub at_a_time: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), whole: Duration::from_secs(30), answer_bytes: 8 << 20, at_a_time: 4 }
    }
}

/// How others are asked.
pub struct HttpOptions {
    /// What no question may exceed.
    pub limits: HttpLimits,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// The proxies that are asked through, if any.
    pub proxies: Option<Proxies>,
    /// Tells the time, which an answer may refer to.
    pub clock: Clock,
}

/// The client. All questions of a process go through one.
pub(super) struct Http {
    options: HttpOptions,
    turns: Arc<Semaphore>,
}

/// How an idle connection waits for the next question of the same sync; servers wait longer.
const IDLE: Duration = Duration::from_secs(15);
/// Google's servers compress only what names gzip here, too.
const USER_AGENT: &str = concat!("ocariot-users/", env!("CARGO_PKG_VERSION"), " (gzip)");

impl Http {
    pub(super) fn new(options: HttpOptions) -> Self {
        let turns = Arc::new(Semaphore::new(options.limits.at_a_time));
        Self { options, turns }
    }

    /// The way to an address.
    ///
    /// # Errors
    /// If nothing that is believed could vouch for it, or the proxy is of no kind that can be used.
    pub(super) fn outside(&self, address: Address) -> Result<Outside, AddressFault> {
        let limits = self.options.limits;
        let connector = Connector::new(&address, &self.options.trust, self.options.proxies.as_ref(), limits.connect)?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(limits.at_a_time)
            .build(connector);
        Ok(Outside { address, client, limits, turns: Arc::clone(&self.turns), clock: self.options.clock.clone() })
    }
}

/// An address, and the way to it.
pub(super) struct Outside {
    address: Address,
    client: Client<Connector, Full<Bytes>>,
    limits: HttpLimits,
    turns: Arc<Semaphore>,
    clock: Clock,
}

/// What is asked.
pub(super) struct Question {
    pub(super) method: Method,
    /// Below the address, with its query.
    pub(super) path: String,
    pub(super) authorization: Option<String>,
    /// Its type, and itself.
    pub(super) body: Option<(&'static str, String)>,
}

/// What came back, whatever its status.
pub(super) struct Answer {
    pub(super) status: u16,
    /// How long it asks to be left alone, if it does.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
}

/// Why nothing came back that is worth reading.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("what is asked cannot be written")]
    Unwritable(#[from] hyper::http::Error),
    #[error("it cannot be reached")]
    Unreached(#[from] legacy::Error),
    #[error("it took longer than {0:?}")]
    Late(Duration),
    #[error("its answer broke off")]
    Cut(#[source] hyper::Error),
    #[error("its answer cannot be unpacked")]
    Packed(#[from] std::io::Error),
    #[error("its answer has more than {0} bytes")]
    TooLong(usize),
}

impl Outside {
    /// Asks, when it is this question's turn. Why there is no answer is logged here, without what was asked.
    ///
    /// # Errors
    /// If there is none.
    pub(super) async fn ask(&self, question: Question) -> Result<Answer, NoAnswer> {
        let _turn = self.turns.acquire().await;
        let whole = self.limits.whole;
        let answer = timeout(whole, self.answer(question)).await.unwrap_or(Err(NoAnswer::Late(whole)));
        if let Err(fault) = &answer {
            tracing::warn!(address = %self.address, reason = told(fault), "No answer came from outside");
        }
        answer
    }

    async fn answer(&self, question: Question) -> Result<Answer, NoAnswer> {
        let response = self.client.request(self.request(question)?).await?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers(), self.clock.now());
        let body = self.body(response).await?;
        Ok(Answer { status, retry_after, body })
    }

    fn request(&self, question: Question) -> Result<Request<Full<Bytes>>, NoAnswer> {
        let mut request = Request::builder()
            .method(question.method)
            .uri(self.address.below(&question.path)?)
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT, "application/json")
            .header(header::ACCEPT_ENCODING, "gzip");
        if let Some(authorization) = question.authorization {
            let mut value = HeaderValue::from_str(&authorization).map_err(hyper::http::Error::from)?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let (kind, body) = question.body.unzip();
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        Ok(request.body(Full::from(body.unwrap_or_default()))?)
    }

    async fn body(&self, response: Response<Incoming>) -> Result<Vec<u8>, NoAnswer> {
        let most = self.limits.answer_bytes;
        let mut unpacking = Unpacking::of(response.headers().get(header::CONTENT_ENCODING), most)?;
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(NoAnswer::Cut)?.into_data() {
                unpacking.take(&data)?;
            }
        }
        unpacking.finish()
    }
}

/// How long to wait: in seconds, or until a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse::<u32>().unwrap_or(u32::MAX).into()));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// An error with all its causes.
fn told(error: &dyn Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_seconds_or_by_a_date() {
        let now = "1994-11-06T08:49:00Z".parse().unwrap();
        for (given, expected) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("99999999999999999999", Some(u64::from(u32::MAX))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", Some(0)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_str(given).unwrap())]);
            assert_eq!(retry_after(&headers, now).map(|wait| wait.as_secs()), expected, "{given}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
