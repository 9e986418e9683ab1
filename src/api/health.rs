//! What is served beside the API: whether the service lives and can work, its document, its key, the way to Swagger UI.

use poem::endpoint::BoxEndpoint;
use poem::http::{StatusCode, header};
use poem::web::Data;
use poem::{Endpoint, EndpointExt, Response, endpoint::make_sync, handler};
use serde_json::json;

use crate::api::access::login;
use crate::api::http::reply;
use crate::api::{Context, Document};

/// The pages, each with its path.
pub(super) fn pages(document: &Document) -> [(&'static str, BoxEndpoint<'static>); 4] {
    [
        ("/v1/openapi.json", written(document).boxed()),
        // The same key set as under the API, at the path that RFC 8615 gives it.
        ("/.well-known/jwks.json", login::jwks.map_to_response().boxed()),
        ("/healthz", healthz.boxed()),
        ("/readyz", readyz.boxed()),
    ]
}

/// The process answers.
#[handler]
fn healthz() -> Response {
    reply::json(StatusCode::OK, &json!({"status": "ok"}))
}

/// The service can read and begin a write.
#[handler]
async fn readyz(context: Data<&Context>) -> poem::Result<Response> {
    context.app.ready().await?;
    Ok(reply::json(StatusCode::OK, &json!({"status": "ready"})))
}

/// Who opens the service in a browser, where it has no console, wants to see what it can do.
pub(super) fn to_reference() -> impl Endpoint<Output = Response> {
    make_sync(|_| Response::builder().status(StatusCode::FOUND).header(header::LOCATION, "/v1/reference").finish())
}

/// The document of the API.
fn written(document: &Document) -> impl Endpoint<Output = Response> + use<> {
    let text = bytes::Bytes::from(document.to_string());
    make_sync(move |_| {
        Response::builder().header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(text.clone())
    })
}
