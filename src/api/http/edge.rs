//! What every request passes: a request id, the path, panics, errors to responses, security headers, the log.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use futures_util::FutureExt;
use matchit::Router;
use poem::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use poem::{Endpoint, Request, Response};
use tracing::Instrument;

use crate::api::http::budget::Budget;
use crate::api::http::compression::{Coding, Compression};
use crate::api::http::failure::{self, HttpFault};
use crate::api::{BASE, Context, Cors, Document, Hsts, Limits};
use crate::app::{App, Origin};
use crate::model::Error;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The template of the path that a response answers, among the response's data if there is such a path.
#[derive(Debug, Clone)]
pub struct Route(pub Arc<str>);

/// The outermost endpoint: it answers everything, and never fails.
pub(in crate::api) struct Edge<E> {
    inner: E,
    routes: Served,
    limits: Limits,
    cors: Cors,
    app: Arc<App>,
    budget: Budget,
    compression: Compression,
    /// How many requests there were, and what makes ids of their numbers that tell nobody how many.
    requests: (AtomicU64, RandomState),
}

impl<E> Edge<E> {
    pub(in crate::api) fn new(inner: E, routes: Served, limits: Limits, cors: Cors, app: Arc<App>) -> Self {
        // One that is not large enough for a single body would be a mistake.
        let budget = Budget::new(limits.body_budget.max(limits.body_bytes.saturating_mul(2)));
        let compression = Compression::new();
        Self { inner, routes, limits, cors, app, budget, compression, requests: Default::default() }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for Edge<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let started = Instant::now();
        let own_id = self.own_request_id();
        let id = given_request_id(&request).unwrap_or_else(|| Arc::clone(&own_id));
        let origin = Origin { address: self.address(&request), request_id: Arc::clone(&own_id) };
        request.set_data(self.context(origin.clone()));
        let method = request.method().clone();
        let allowed = self.cors.allowed(&request);
        let coding = Coding::of(request.headers());
        let (mut response, route) = match self.preflight(&request) {
            Some(response) => (response, None),
            None => match self.routed(request) {
                Ok((request, route)) => match self.admit(&origin, route) {
                    Ok(()) => {
                        let response = answer(&self.inner, request, &id).await;
                        (self.compressed(response, coding.filter(|_| !is_secret(route)), &id).await, Some(route))
                    }
                    Err(error) => (failure::response(&error.into(), &id), Some(route)),
                },
                Err(error) => (failure::response(&error.into(), &id), None),
            },
        };
        self.add_headers(&mut response, &id);
        self.cors.add_headers(response.headers_mut(), allowed);
        if let Some(route) = route {
            response.set_data(Route(Arc::clone(route)));
        }
        tracing::info!(
            %method,
            route = %route.map_or("-", |route| &**route),
            status = response.status().as_u16(),
            milliseconds = started.elapsed().as_micros() as f64 / 1000.0,
            request_id = &*id,
            own_id = (own_id != id).then_some(&*own_id),
            "Answered a request",
        );
        Ok(response)
    }
}

impl<E: Endpoint<Output = Response>> Edge<E> {
    /// The service's id for the next request.
    fn own_request_id(&self) -> Arc<str> {
        let (count, keys) = &self.requests;
        format!("{:016x}", keys.hash_one(count.fetch_add(1, Ordering::Relaxed))).into()
    }

    fn context(&self, origin: Origin) -> Context {
        Context { app: Arc::clone(&self.app), origin, limits: self.limits, budget: self.budget.clone() }
    }

    /// What a browser hears that asks on behalf of a page whether it may make a request.
    fn preflight(&self, request: &Request) -> Option<Response> {
        if request.method() != Method::OPTIONS {
            return None;
        }
        let path = request.uri().path();
        let path = self.routes.find(path.strip_suffix('/').unwrap_or(path))?;
        self.cors.preflight(request, &path.methods)
    }

    /// The request as the router wants it, and the template of its path.
    fn routed(&self, mut request: Request) -> Result<(Request, &Arc<str>), HttpFault> {
        let uri = request.uri().clone();
        let requested = uri.path_and_query().map_or_else(|| uri.path(), |path| path.as_str());
        if requested.len() > self.limits.uri_bytes {
            return Err(HttpFault::UriTooLong(self.limits.uri_bytes));
        }
        trim_slash(&mut request);
        let Some(Path { template, methods, allowed }) = self.routes.find(request.uri().path()) else {
            return Err(HttpFault::NoSuchPath { requested: requested.to_owned() });
        };
        let method = request.method().clone();
        if !methods.contains(&method) {
            let allow: Vec<_> = allowed.iter().map(Method::as_str).collect();
            let path = uri.path().to_owned();
            return Err(HttpFault::NoSuchMethod { method, path, allow: allow.join(", ") });
        }
        if method == Method::HEAD {
            // hyper leaves the body out, and keeps the length it would have.
            request.set_method(Method::GET);
        }
        Ok((request, template))
    }

    /// Whom the request comes from; nobody if it did not come over a network.
    fn address(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.remote_addr().as_socket_addr()?.ip();
        let lists = request.headers().get_all(FORWARDED_FOR).iter();
        let forwarded: Vec<&str> = lists.flat_map(|list| list.to_str().unwrap_or_default().split(',')).collect();
        // Proxies look by themselves whether the service lives.
        if !matches!(request.uri().path(), "/healthz" | "/readyz") && forwarded.is_empty() {
            self.app.note_unforwarded(peer);
        }
        Some(self.app.client_address(peer, forwarded.into_iter()))
    }

    /// Whoever asks whether the service lives and can work is always answered.
    fn admit(&self, origin: &Origin, route: &str) -> Result<(), Error> {
        match route {
            "/healthz" | "/readyz" => Ok(()),
            _ => self.app.admit(origin),
        }
    }

    async fn compressed(&self, response: Response, coding: Option<Coding>, id: &str) -> Response {
        let compressed = self.compression.compressed(response, coding).await;
        compressed.unwrap_or_else(|error| failure::response(&Error::internal(error).into(), id))
    }

    fn add_headers(&self, response: &mut Response, id: &str) {
        let headers = response.headers_mut();
        add_security_headers(headers);
        if self.limits.hsts == Hsts::On {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert(REQUEST_ID, id);
        }
    }
}

/// Whether answers to this path hold what makes somebody another one.
fn is_secret(route: &str) -> bool {
    route.strip_prefix(BASE) == Some("/auth")
}

/// What browsers are told with every answer; one that may be kept says so itself.
pub fn add_security_headers(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// What the endpoint answers; a panic ends this request alone.
async fn answer<E: Endpoint<Output = Response>>(inner: &E, request: Request, id: &str) -> Response {
    // Whatever is logged meanwhile bears the request's id, also on other threads. The level is the highest, so
    // that no filter takes the id from an error.
    let span = tracing::error_span!("request", request_id = id);
    match AssertUnwindSafe(inner.call(request)).catch_unwind().instrument(span).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => failure::response(&error, id),
        // The panic hook has logged it.
        Err(_) => failure::panic_response(id),
    }
}

/// The client's id for the request, if it is short and printable.
fn given_request_id(request: &Request) -> Option<Arc<str>> {
    let printable = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    request.headers().get(REQUEST_ID)?.to_str().ok().filter(printable).map(Arc::from)
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

/// Every path there is: for 404, for 405 with `Allow` (RFC 9110, section 15.5.6), and for the log.
pub(in crate::api) struct Routes(Router<Path>);

/// A path.
struct Path {
    template: Arc<str>,
    /// Its methods.
    methods: Vec<Method>,
    /// Those of them that may succeed.
    allowed: Vec<Method>,
}

/// Those of the paths that this service has.
#[derive(Clone, Copy)]
pub(in crate::api) struct Served {
    all: &'static Routes,
    /// The template of one that it has not, with these settings.
    absent: Option<&'static str>,
}

impl Served {
    fn find(&self, path: &str) -> Option<&'static Path> {
        self.all.find(path).filter(|found| self.absent != Some(&*found.template))
    }
}

impl Routes {
    /// All of them but one, or all.
    pub(in crate::api) fn without(&'static self, absent: Option<&'static str>) -> Served {
        Served { all: self, absent }
    }

    /// The paths of the document, and those beside it, which can only be read.
    ///
    /// # Errors
    /// If two of them cannot be told apart.
    pub(in crate::api) fn new<'p>(
        document: &Document,
        pages: impl IntoIterator<Item = &'p str>,
    ) -> Result<Self, Error> {
        let mut router = Router::new();
        for (path, methods) in document.paths() {
            let (allowed, discontinued): (Vec<_>, Vec<_>) =
                methods.into_iter().partition(|method| document.succeeds(path, method));
            insert(&mut router, &format!("{BASE}{path}"), &allowed, &discontinued)?;
        }
        for path in pages {
            insert(&mut router, path, &["get"], &[])?;
        }
        Ok(Self(router))
    }

    /// What is written out goes before a parameter: `/children/nfc/{nfc_tag}` before `/children/{child_id}/nfc`.
    fn find(&self, path: &str) -> Option<&Path> {
        Some(self.0.at(path).ok()?.value)
    }
}

fn insert(router: &mut Router<Path>, path: &str, allowed: &[&str], discontinued: &[&str]) -> Result<(), Error> {
    let read = |names: &[&str]| -> Vec<Method> {
        names.iter().filter_map(|name| name.to_ascii_uppercase().parse().ok()).collect()
    };
    let mut allowed = read(allowed);
    if allowed.contains(&Method::GET) {
        allowed.push(Method::HEAD);
    }
    let methods = [allowed.clone(), read(discontinued)].concat();
    router.insert(path, Path { template: path.into(), methods, allowed }).map_err(Error::internal)
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
    fn an_unusual_request_id_is_not_taken() {
        let id = |given: &str| given_request_id(&Request::builder().header(REQUEST_ID, given).finish());
        assert_eq!(id("abc-1").as_deref(), Some("abc-1"));
        for bad in ["", "a b", &"x".repeat(65)] {
            assert_eq!(id(bad), None, "{bad:?}");
        }
    }

    #[tokio::test]
    async fn a_panic_is_answered_500_with_the_id_of_the_request() {
        let panics = poem::endpoint::make(|_| async { panic!("on purpose") as poem::Result<Response> });
        let response = answer(&panics, Request::default(), "abc-1").await;
        assert_eq!(response.status().as_u16(), 500);
        let body = response.into_body().into_string().await.unwrap();
        let expected = r#"{"code":500,"message":"An internal server error has occurred.","description":"Please try again later. Request id: abc-1."}"#;
        assert_eq!(body, expected);
    }
}
