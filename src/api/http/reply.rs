//! Responses that succeed: JSON, a page of a list, or nothing.

use std::io;
use std::marker::PhantomData;

use bytes::Bytes;
use futures_util::stream;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::Type;
use serde::Serialize;

use crate::app::{AnswerBody, Form, Outlet, Reading};

const JSON: &str = "application/json; charset=utf-8";
/// As many bytes as most objects take.
const ONE_OBJECT: usize = 512;

/// How many items match, whatever the page.
pub(in crate::api) const TOTAL_COUNT: &str = "X-Total-Count";

/// A response of JSON. Absent values are omitted, keys stand in the order of the type's fields.
pub(in crate::api) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let mut bytes = Vec::with_capacity(ONE_OBJECT);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => Response::builder().status(status).header(header::CONTENT_TYPE, JSON).body(bytes),
        Err(error) => {
            tracing::error!(%error, "A response could not be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// An object, with the given status.
pub(in crate::api) struct Json<const STATUS: u16, T>(Response, PhantomData<fn() -> T>);

/// An object, with 200.
pub(in crate::api) type Found<T> = Json<200, T>;

/// An object that was made, with 201.
pub(in crate::api) type Created<T> = Json<201, T>;

impl<const STATUS: u16, T: Serialize> Json<STATUS, T> {
    fn status() -> StatusCode {
        StatusCode::from_u16(STATUS).unwrap_or_default()
    }

    /// Converts a model's object into what clients see.
    pub(in crate::api) fn of(object: impl Into<T>) -> Self {
        Self(json(Self::status(), &object.into()), PhantomData)
    }

    /// The same for an object that is still to be read.
    pub(in crate::api) async fn read<M>(reading: Reading<M>) -> poem::Result<Self>
    where
        M: 'static,
        T: From<M>,
    {
        let form = Form { open: "", between: "", close: "", write: write::<M, T> };
        let written = reading.put_out(form).await?;
        Ok(Self(response(Self::status(), written.body), PhantomData))
    }
}

impl<const STATUS: u16, T> Json<STATUS, T> {
    /// The same for an object that holds a list alone, with what stands before and behind its items, each as an `I`.
    pub(in crate::api) async fn read_items<M, I>(
        reading: Reading<M>,
        open: &'static str,
        close: &'static str,
    ) -> poem::Result<Self>
    where
        M: 'static,
        I: From<M> + Serialize,
    {
        let form = Form { open, between: ",", close, write: write::<M, I> };
        let written = reading.put_out(form).await?;
        Ok(Self(response(StatusCode::from_u16(STATUS).unwrap_or_default(), written.body), PhantomData))
    }
}

impl<const STATUS: u16, T: Send> IntoResponse for Json<STATUS, T> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<const STATUS: u16, T: Type> ApiResponse for Json<STATUS, T> {
    fn meta() -> MetaResponses {
        let description = if STATUS == 201 { "It was made; this is it." } else { "This is it." };
        one(STATUS, description, Some(T::schema_ref()), vec![])
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// All of some objects, which are few.
pub(in crate::api) struct FoundAll<T>(Response, PhantomData<fn() -> T>);

impl<T: Serialize> FoundAll<T> {
    /// Converts a model's objects into what clients see.
    pub(in crate::api) fn of(objects: Vec<impl Into<T>>) -> Self {
        let objects: Vec<T> = objects.into_iter().map(Into::into).collect();
        Self(json(StatusCode::OK, &objects), PhantomData)
    }
}

impl<T: Send> IntoResponse for FoundAll<T> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<T: Type> ApiResponse for FoundAll<T> {
    fn meta() -> MetaResponses {
        one(200, "These there are.", Some(Vec::<T>::schema_ref()), vec![])
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// A page of a list, with how many items there are.
pub(in crate::api) struct ListPage<T>(Response, PhantomData<fn() -> T>);

impl<T> ListPage<T> {
    /// Reads the page, each item as a `T`.
    pub(in crate::api) async fn read<M>(reading: Reading<M>) -> poem::Result<Self>
    where
        M: 'static,
        T: From<M> + Serialize,
    {
        Self::read_as::<M, T>(reading).await
    }

    /// Reads the page, each item as an `I`, which looks like a `T`.
    pub(in crate::api) async fn read_as<M, I>(reading: Reading<M>) -> poem::Result<Self>
    where
        M: 'static,
        I: From<M> + Serialize,
    {
        let form = Form { open: "[", between: ",", close: "]", write: write::<M, I> };
        let written = reading.put_out(form).await?;
        let mut response = response(StatusCode::OK, written.body);
        response.headers_mut().insert(TOTAL_COUNT, HeaderValue::from(written.total.unwrap_or_default()));
        Ok(Self(response, PhantomData))
    }
}

impl<T: Send> IntoResponse for ListPage<T> {
    fn into_response(self) -> Response {
        self.0
    }
}

/// Writes what clients see of an item.
fn write<M, T: From<M> + Serialize>(item: M, out: &mut Outlet) -> io::Result<()> {
    Ok(serde_json::to_writer(out, &T::from(item))?)
}

/// A response of JSON that is written already, or being written.
pub(in crate::api) fn response(status: StatusCode, body: AnswerBody) -> Response {
    let body = match body {
        AnswerBody::Whole(bytes) => Body::from(bytes),
        AnswerBody::Chunks(chunks) => Body::from_bytes_stream(stream::unfold(chunks, |mut chunks| async move {
            let part = chunks.next().await?;
            Some((part.map(Bytes::from).map_err(io::Error::other), chunks))
        })),
    };
    Response::builder().status(status).header(header::CONTENT_TYPE, JSON).body(body)
}

impl<T: Type> ApiResponse for ListPage<T> {
    fn meta() -> MetaResponses {
        let total = MetaHeader {
            name: TOTAL_COUNT.to_owned(),
            description: Some("How many items match, whatever page and limit say.".to_owned()),
            required: true,
            deprecated: false,
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("integer", "int64"))),
        };
        one(200, "The page, and how many items match.", Some(Vec::<T>::schema_ref()), vec![total])
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// Done; there is nothing to say. 204.
pub(in crate::api) struct Done;

impl From<()> for Done {
    fn from((): ()) -> Self {
        Self
    }
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl ApiResponse for Done {
    fn meta() -> MetaResponses {
        one(204, "Done; the response has no body.", None, vec![])
    }

    fn register(_: &mut Registry) {}
}

fn one(
    status: u16,
    description: &'static str,
    schema: Option<MetaSchemaRef>,
    headers: Vec<MetaHeader>,
) -> MetaResponses {
    let content = schema.map(|schema| MetaMediaType { content_type: "application/json", schema });
    let response = MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content: content.into_iter().collect(),
        headers,
    };
    MetaResponses { responses: vec![response] }
}
