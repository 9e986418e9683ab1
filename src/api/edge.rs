//! What every request passes: a request id, the path's form, panics, errors to responses, security headers, the log.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures_util::FutureExt;
use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::{HeaderValue, Method, Uri, header};
use poem::{Endpoint, PathPattern, Request, Response};

use super::failure::{self, Transport};
use super::{Document, Hsts, Limits};
use crate::app::random_bytes;

const REQUEST_ID: &str = "X-Request-Id";

/// The outermost endpoint: it answers everything, and never fails.
pub(super) struct Edge<E> {
    inner: E,
    methods: Methods,
    limits: Limits,
}

impl<E> Edge<E> {
    pub(super) fn new(inner: E, methods: Methods, limits: Limits) -> Self {
        Self { inner, methods, limits }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for Edge<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let started = Instant::now();
        let id = request_id(&request);
        let method = request.method().clone();
        let uri = request.original_uri().clone();
        trim_slash(&mut request);
        if method == Method::HEAD {
            // hyper leaves the body out, and keeps the length it would have.
            request.set_method(Method::GET);
        }
        let (mut response, route) = self.answer(request, &method, &uri, &id).await;
        self.add_headers(&mut response, &id);
        tracing::info!(
            %method,
            route,
            status = response.status().as_u16(),
            milliseconds = started.elapsed().as_secs_f64() * 1000.0,
            request_id = id,
            "Answered a request",
        );
        Ok(response)
    }
}

impl<E: Endpoint<Output = Response>> Edge<E> {
    /// The response, and the template of the path it was for.
    async fn answer(&self, request: Request, method: &Method, uri: &Uri, id: &str) -> (Response, String) {
        if uri.to_string().len() > self.limits.uri_bytes {
            let error = Transport::UriTooLong(self.limits.uri_bytes).into();
            return (failure::response(&error, id), "-".to_owned());
        }
        match AssertUnwindSafe(self.inner.call(request)).catch_unwind().await {
            Ok(Ok(response)) => {
                let route = template(response.data::<PathPattern>());
                (response, route)
            }
            Ok(Err(error)) => {
                let route = template(error.data::<PathPattern>());
                let error = self.known(error, method, uri, &route);
                (failure::response(&error, id), route)
            }
            Err(panic) => {
                let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
                let message = message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
                tracing::error!(request_id = id, message, "A handler panicked");
                (failure::panic_response(id), "-".to_owned())
            }
        }
    }

    /// Puts the contract's errors in place of the router's.
    fn known(&self, error: poem::Error, method: &Method, uri: &Uri, route: &str) -> poem::Error {
        if error.is::<NotFoundError>() {
            let requested = uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string);
            return Transport::NoSuchPath { requested }.into();
        }
        if error.is::<MethodNotAllowedError>() {
            return Transport::NoSuchMethod {
                method: method.clone(),
                path: uri.path().to_owned(),
                allow: self.methods.allow(route),
            }
            .into();
        }
        error
    }

    fn add_headers(&self, response: &mut Response, id: &str) {
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if self.limits.hsts == Hsts::On {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert(REQUEST_ID, id);
        }
    }
}

/// The client's own id for the request if it is short and printable, else a new one.
fn request_id(request: &Request) -> String {
    let printable = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(printable);
    match given {
        Some(id) => id.to_owned(),
        None => random_bytes::<8>()
            .map_or_else(|_| "unknown".to_owned(), |bytes| format!("{:016x}", u64::from_be_bytes(bytes))),
    }
}

/// One trailing slash is accepted on every path.
fn trim_slash(request: &mut Request) {
    let uri = request.uri();
    let Some(trimmed) = uri.path().strip_suffix('/').filter(|path| !path.is_empty()) else {
        return;
    };
    let path_and_query = match uri.query() {
        Some(query) => format!("{trimmed}?{query}"),
        None => trimmed.to_owned(),
    };
    if let Ok(uri) = Uri::try_from(path_and_query) {
        *request.uri_mut() = uri;
    }
}

/// `/v1/children/:child_id` as the document writes it: `/v1/children/{child_id}`.
fn template(pattern: Option<&PathPattern>) -> String {
    let Some(PathPattern(pattern)) = pattern else {
        return "-".to_owned();
    };
    let segments: Vec<_> = pattern
        .split('/')
        .map(|segment| match segment.strip_prefix(':') {
            Some(name) => format!("{{{name}}}"),
            None => segment.to_owned(),
        })
        .collect();
    segments.join("/")
}

/// Which methods a path has, for `Allow` (RFC 9110, section 10.2.1).
pub(super) struct Methods(BTreeMap<String, String>);

impl Methods {
    pub(super) fn of(document: &Document) -> Self {
        let paths = document.paths().map(|(path, methods)| {
            let mut allow = Vec::new();
            for method in methods {
                allow.push(method.to_ascii_uppercase());
                if method == "get" {
                    allow.push("HEAD".to_owned());
                }
            }
            (format!("/v1{path}"), allow.join(", "))
        });
        Self(paths.collect())
    }

    /// Every path beside the API can be read, and nothing else.
    fn allow(&self, route: &str) -> String {
        self.0.get(route).cloned().unwrap_or_else(|| "GET, HEAD".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trailing_slash_is_dropped_and_the_query_stays() {
        for (given, expected) in [("/a/?x=/", "/a?x=/"), ("/a", "/a"), ("/", "/"), ("/a//", "/a/")] {
            let mut request = Request::builder().uri(Uri::from_static(given)).finish();
            trim_slash(&mut request);
            assert_eq!(request.uri().to_string(), expected);
        }
    }

    #[test]
    fn an_unusual_request_id_is_replaced() {
        let id = |given: &str| request_id(&Request::builder().header(REQUEST_ID, given).finish());
        assert_eq!(id("abc-1"), "abc-1");
        for bad in ["", "a b", &"x".repeat(65)] {
            assert_eq!(id(bad).len(), 16, "{bad:?}");
        }
    }
}
