//! Answers that are files.

use std::io::{self, Write};

use bytes::Bytes;
use futures_util::stream;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};

use crate::app::{AnswerBody, Form, Reading};

const ZIP: &str = "application/zip";
const CSV: &str = "text/csv";

/// A zip.
pub(super) struct Archive(Response);

impl Archive {
    /// One whose bytes are read piece by piece.
    pub(super) async fn put_out(name: &'static str, reading: Reading<Vec<u8>>) -> poem::Result<Self> {
        let form: Form<Vec<u8>> = Form { open: "", between: "", close: "", write: |bytes, out| out.write_all(&bytes) };
        let body = match reading.put_out(form).await?.body {
            AnswerBody::Whole(bytes) => Body::from(bytes),
            AnswerBody::Chunks(chunks) => Body::from_bytes_stream(stream::unfold(chunks, |mut chunks| async move {
                let part = chunks.next().await?;
                Some((part.map(Bytes::from).map_err(io::Error::other), chunks))
            })),
        };
        Ok(Self(file(ZIP, name, body)))
    }

    /// One that is whole.
    pub(super) fn of(name: &'static str, bytes: Vec<u8>) -> Self {
        Self(file(ZIP, name, Body::from(bytes)))
    }
}

/// A table.
pub(super) struct Csv(Response);

impl Csv {
    pub(super) fn of(name: &'static str, text: String) -> Self {
        Self(file("text/csv; charset=utf-8", name, Body::from(text)))
    }
}

/// What a browser keeps under this name.
fn file(media_type: &'static str, name: &'static str, body: Body) -> Response {
    let mut response = Response::builder().header(header::CONTENT_TYPE, media_type).body(body);
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

impl IntoResponse for Archive {
    fn into_response(self) -> Response {
        self.0
    }
}

impl IntoResponse for Csv {
    fn into_response(self) -> Response {
        self.0
    }
}

fn meta(media_type: &'static str, schema: MetaSchema) -> MetaResponses {
    let response = MetaResponse {
        description: "This is it.",
        status: Some(StatusCode::OK.as_u16()),
        status_range: None,
        content: vec![MetaMediaType { content_type: media_type, schema: MetaSchemaRef::Inline(Box::new(schema)) }],
        headers: Vec::new(),
    };
    MetaResponses { responses: vec![response] }
}

impl ApiResponse for Archive {
    fn meta() -> MetaResponses {
        meta(ZIP, MetaSchema::new_with_format("string", "binary"))
    }

    fn register(_: &mut Registry) {}
}

impl ApiResponse for Csv {
    fn meta() -> MetaResponses {
        meta(CSV, MetaSchema::new("string"))
    }

    fn register(_: &mut Registry) {}
}
