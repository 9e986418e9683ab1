//! HTTP: the only folder that knows the web framework. A handler is four steps: permit, parse, call, convert.

mod access;
mod catalogue;
mod console;
mod directory;
mod document;
mod health;
mod http;
mod rosters;
mod tracking;
mod upkeep;
mod wearables;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use poem::endpoint::BoxEndpoint;
use poem::{Endpoint, EndpointExt, IntoEndpoint, Request, Response};
use poem_openapi::OpenApiService;

use crate::app::{App, Origin, Refusal, UserName, Written};
use crate::model::Error;

pub use console::Console;
pub use document::{Document, PUBLIC};
pub use http::cors::Cors;
pub use http::edge::{Route, add_security_headers};

/// How much of a request is accepted, and what answers carry.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest body, in bytes.
    pub body_bytes: usize,
    /// The longest body that may hold many items, in bytes.
    pub upload_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// The most bytes of all large bodies that arrive at the same time; never less than two of the longest.
    pub body_budget: usize,
    /// The longest URI, in bytes.
    pub uri_bytes: usize,
    /// Whether browsers are told to use HTTPS alone.
    pub hsts: Hsts,
    /// Whether the console is served.
    pub console: Console,
}

/// Whether browsers are told to use HTTPS alone (RFC 6797).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hsts {
    /// They are not.
    Off,
    /// They are.
    On,
}

/// Writes what is stored about a child, for the machine's operator, as the API answers with it.
#[must_use]
pub fn child_export(app: &App, child: UserName) -> Pin<Box<dyn Future<Output = Result<Written, Refusal>> + Send + '_>> {
    Box::pin(async move {
        let reading = app.child_export_for_operator(child).await?;
        reading.put_out(tracking::export::FORM).await.map_err(Refusal::from)
    })
}

/// The operations of each domain.
type Apis = (access::login::LoginApi, directory::Apis, tracking::Apis, rosters::Apis, wearables::Apis, upkeep::Apis);

/// Everything that is answered, over any kind of connection. The endpoint never fails: errors are responses.
///
/// # Errors
/// If the document cannot be made, which a test excludes.
pub fn endpoint(app: Arc<App>, limits: Limits, cors: Cors) -> Result<impl Endpoint<Output = Response>, Error> {
    let login = access::login::LoginApi(app.clone());
    let of_people = (directory::apis(&app), tracking::apis(&app));
    let apis: Apis = (login, of_people.0, of_people.1, rosters::apis(&app), wearables::apis(&app), upkeep::apis(&app));
    let operations = OpenApiService::new(apis, "OCARIoT users", env!("CARGO_PKG_VERSION"));
    let Fixed { pages, routes } = Fixed::of(limits.console, || operations.spec())?;
    let inner = Inner { api: operations.into_endpoint(), pages };
    let absent = (!app.takes_notices()).then_some(wearables::fitbit::SUBSCRIBER);
    Ok(http::edge::Edge::new(inner, routes.without(absent), limits, cors, app))
}

/// What no setting and no data change: it is made once in the life of the program, with the console and without.
struct Fixed {
    pages: Pages,
    routes: http::edge::Routes,
}

impl Fixed {
    fn of(console: Console, spec: impl FnOnce() -> String) -> Result<&'static Self, Error> {
        static MADE: [OnceLock<Fixed>; 2] = [const { OnceLock::new() }; 2];
        let made = &MADE[usize::from(console == Console::On)];
        if let Some(made) = made.get() {
            return Ok(made);
        }
        let document = Document::finish(&spec()).map_err(Error::internal)?;
        let pages = pages(&document, console)?;
        let routes = http::edge::Routes::new(&document, pages.keys().map(String::as_str))?;
        Ok(made.get_or_init(|| Self { pages, routes }))
    }
}

/// What is served beside the operations, each with its path.
fn pages(document: &Document, console: Console) -> Result<Pages, Error> {
    let reference = document::reference::files()?.into_iter().map(|(path, file)| (path.to_owned(), file.boxed()));
    let beside = health::pages(document).into_iter().map(|(path, page)| (path.to_owned(), page));
    let at_root: Vec<_> = match console {
        Console::On => console::files()?.into_iter().map(|(path, file)| (path, file.boxed())).collect(),
        Console::Off => vec![("/".to_owned(), health::to_reference().boxed())],
    };
    Ok(reference.chain(beside).chain(at_root).collect())
}

type Pages = BTreeMap<String, BoxEndpoint<'static>>;

/// What all paths of the API begin with.
const BASE: &str = "/v1";

/// The API, and the pages beside it.
struct Inner<E> {
    api: E,
    pages: &'static Pages,
}

impl<E: Endpoint<Output = Response>> Endpoint for Inner<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        match self.pages.get(request.uri().path()) {
            Some(page) => page.call(request).await,
            None => self.api.call(request).await,
        }
    }
}

/// What a request is answered with, among its data.
#[derive(Clone)]
struct Context {
    app: Arc<App>,
    origin: Origin,
    limits: Limits,
    budget: http::budget::Budget,
}

impl Context {
    fn of(request: &Request) -> Result<&Self, Error> {
        request.data().ok_or_else(|| Error::internal("the request has no context"))
    }
}
