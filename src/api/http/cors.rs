//! Pages of other origins (the Fetch standard's CORS protocol): none may read answers unless its origin is configured.
//!
//! Tokens travel in a header that a page sets by itself, so browsers are never told that credentials are allowed.

use poem::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use poem::{IntoResponse, Request, Response};

/// What pages may read of an answer beside its body (contract, section 1).
const EXPOSED: &str = "X-Total-Count, X-RateLimit-Limit, X-RateLimit-Remaining, Retry-After, X-Request-Id";
/// What pages may send.
const ACCEPTED: &str = "Authorization, Content-Type, X-Request-Id";
/// For how many seconds browsers keep what a preflight said.
const KEPT: &str = "600";

/// The origins whose pages may use the API, exactly as browsers write them.
#[derive(Debug, Clone, Default)]
pub struct Cors(Vec<String>);

impl Cors {
    /// Allows these origins, such as `https://portal.example`; of none, nothing is allowed.
    #[must_use]
    pub fn new(origins: Vec<String>) -> Self {
        Self(origins)
    }

    /// The origin of the page that makes the request, if it may.
    pub(in crate::api) fn allowed(&self, request: &Request) -> Option<HeaderValue> {
        let origin = request.headers().get(header::ORIGIN)?;
        self.0.iter().any(|known| origin == known.as_str()).then(|| origin.clone())
    }

    /// The answer to a preflight for a path that has these methods; `None` if the request is none, or its page may
    /// not ask.
    pub(in crate::api) fn preflight(&self, request: &Request, methods: &[Method]) -> Option<Response> {
        let asks = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if request.method() != Method::OPTIONS || !asks {
            return None;
        }
        self.allowed(request)?;
        let mut response = StatusCode::NO_CONTENT.into_response();
        let methods: Vec<_> = methods.iter().map(Method::as_str).collect();
        let headers = response.headers_mut();
        if let Ok(methods) = HeaderValue::from_str(&methods.join(", ")) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ACCEPTED));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(KEPT));
        Some(response)
    }

    /// Tells the browser that the page may read the answer.
    pub(in crate::api) fn add_headers(&self, headers: &mut HeaderMap, allowed: Option<HeaderValue>) {
        if self.0.is_empty() {
            return;
        }
        // Also where it is not allowed: what a cache keeps for one origin is not for another.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}
