//! Whether the service lives, whether it can work, and its document.

use std::sync::Arc;

use poem::http::{StatusCode, header};
use poem::web::Data;
use poem::{Endpoint, Response, endpoint::make_sync, handler};
use serde_json::json;

use super::{Document, reply};
use crate::app::App;

/// The process answers.
#[handler]
pub(super) fn healthz() -> Response {
    reply::json(StatusCode::OK, &json!({"status": "ok"}))
}

/// The service can read and begin a write.
#[handler]
pub(super) async fn readyz(app: Data<&Arc<App>>) -> poem::Result<Response> {
    app.ready().await?;
    Ok(reply::json(StatusCode::OK, &json!({"status": "ready"})))
}

/// The document of the API.
pub(super) fn document(document: &Document) -> impl Endpoint + use<> {
    let text = document.to_string();
    poem::get(make_sync(move |_| {
        Response::builder().header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(text.clone())
    }))
}
