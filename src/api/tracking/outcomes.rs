//! What became of items that were sent: 201 of one, 207 of many (contract of tracking, section 5).

use std::io;
use std::iter;
use std::marker::PhantomData;
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream;
use poem::http::{StatusCode, header};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use serde::Serialize;
use serde_json::value::RawValue;

use super::item::{Item, Rejected};
use super::json::{Object, Shown};
use crate::api::http::body::Received;
use crate::api::http::error_body::ErrorBody;
use crate::api::http::failure::body;
use crate::model::Error;

/// Where an item stands in the body that it is borrowed from.
pub(super) fn place(body: &[u8], item: &RawValue) -> Range<usize> {
    let start = item.get().as_ptr().addr() - body.as_ptr().addr();
    start..start + item.get().len()
}

/// What became of items: 201 with the resource for one, 207 for many.
pub(super) struct Answer<T> {
    status: StatusCode,
    body: Body,
    shown: PhantomData<fn() -> T>,
}

/// What became of an item.
type Outcome<M> = Result<M, Rejected>;

/// What became of many items, each with its place in the body.
pub(super) struct Told<I: Item> {
    pub(super) received: Received,
    pub(super) owner: String,
    pub(super) outcomes: Vec<(Outcome<I::Made>, Range<usize>)>,
}

/// What 207 says.
#[derive(Serialize)]
pub(super) struct Outcomes<'b, T> {
    pub(super) success: Vec<Success<T>>,
    pub(super) error: Vec<Failure<'b>>,
}

/// An item that was stored.
#[derive(Serialize)]
pub(super) struct Success<T> {
    code: u16,
    item: T,
}

/// An item that was not, and why.
#[derive(Serialize)]
pub(super) struct Failure<'b> {
    #[serde(flatten)]
    error: ErrorBody,
    item: Failed<'b>,
}

impl<T> Success<T> {
    pub(super) fn new(item: T) -> Self {
        Self { code: 201, item }
    }
}

impl<'b> Failure<'b> {
    pub(super) fn shown(error: &Error, item: Shown<'b>) -> Self {
        Self { error: body(error, ""), item: Failed::Shown(item) }
    }

    fn sent(error: &Error, item: &'b RawValue) -> Self {
        Self { error: body(error, ""), item: Failed::Sent(item) }
    }
}

/// An item that was not stored.
#[derive(Serialize)]
#[serde(untagged)]
enum Failed<'b> {
    /// As the resource would look.
    Shown(Shown<'b>),
    /// Exactly as it was sent.
    Sent(&'b RawValue),
}

/// As long the parts of a long answer are, at least, in bytes; what is shorter has one.
const PART: usize = 32 << 10;

impl<I: Item> Told<I> {
    /// The answer in pieces, each made when it is its turn: an error may be many times as long as its item, for it
    /// names what that misses as often as it misses it.
    fn pieces(self) -> impl Iterator<Item = serde_json::Result<Vec<u8>>> {
        let (mut success, mut errors, mut of_times) = (Vec::new(), Vec::new(), Vec::new());
        for (outcome, place) in self.outcomes {
            match outcome {
                Ok(made) => success.push(made),
                Err(Rejected::Fields(error)) => errors.push((error, place, true)),
                Err(Rejected::Times(error)) => of_times.push((error, place, false)),
            }
        }
        let success = success.into_iter().map(|made| serde_json::to_vec(&Success::new(I::Shown::from(made))));
        let (received, owner) = (self.received, self.owner);
        let errors = errors.into_iter().chain(of_times).map(move |(error, place, has_fields)| {
            let sent: &RawValue = serde_json::from_slice(received.bytes.get(place).unwrap_or_default())?;
            serde_json::to_vec(&match has_fields {
                true => Failure::shown(&error, I::shown(&Object::of(sent, I::KEYS), &owner)),
                false => Failure::sent(&error, sent),
            })
        });
        let text = |text: &str| iter::once(Ok(text.as_bytes().to_vec()));
        text("{\"success\":[")
            .chain(separated(success))
            .chain(text("],\"error\":["))
            .chain(separated(errors))
            .chain(text("]}"))
    }
}

/// Pieces with commas between them.
fn separated(
    pieces: impl Iterator<Item = serde_json::Result<Vec<u8>>>,
) -> impl Iterator<Item = serde_json::Result<Vec<u8>>> {
    pieces.enumerate().map(|(number, piece)| {
        let mut piece = piece?;
        if number > 0 {
            piece.insert(0, b',');
        }
        Ok(piece)
    })
}

/// Parts of an answer, made of pieces as they are taken.
fn parts(
    mut pieces: impl Iterator<Item = serde_json::Result<Vec<u8>>>,
) -> impl Iterator<Item = serde_json::Result<Vec<u8>>> {
    iter::from_fn(move || {
        let mut part = Vec::new();
        while part.len() < PART {
            match pieces.next() {
                Some(Ok(mut piece)) => part.append(&mut piece),
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            }
        }
        (!part.is_empty()).then_some(Ok(part))
    })
}

impl<T: Serialize> Answer<T> {
    fn new(status: StatusCode, body: &impl Serialize) -> poem::Result<Self> {
        let json = serde_json::to_vec(body).map_err(Error::internal)?;
        Ok(Self { status, body: json.into(), shown: PhantomData })
    }

    pub(super) fn one(outcome: Result<impl Into<T>, Rejected>) -> poem::Result<Self> {
        match outcome {
            Ok(made) => Self::new(StatusCode::CREATED, &made.into()),
            Err(Rejected::Fields(error) | Rejected::Times(error)) => Err(error.into()),
        }
    }

    pub(super) fn many<I: Item<Shown = T>>(told: Told<I>) -> Result<Self, Error> {
        let mut parts = parts(told.pieces());
        let first = parts.next().unwrap_or_else(|| Ok(Vec::new())).map_err(Error::internal)?;
        let body = if first.len() < PART {
            Body::from(first)
        } else {
            let parts = iter::once(Ok(first)).chain(parts);
            Body::from_bytes_stream(stream::iter(parts.map(|part| part.map(Bytes::from).map_err(io::Error::other))))
        };
        Ok(Self { status: StatusCode::MULTI_STATUS, body, shown: PhantomData })
    }
}

impl<T: Send> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        Response::builder()
            .status(self.status)
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .body(self.body)
    }
}

impl<T: Type> ApiResponse for Answer<T> {
    fn meta() -> MetaResponses {
        let response = |status, description, schema| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType { content_type: "application/json", schema }],
            headers: vec![],
        };
        MetaResponses {
            responses: vec![
                response(201, "It was made; this is it.", T::schema_ref()),
                response(207, "Of an array: what became of each item.", outcomes_schema(T::schema_ref())),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// The schema of [`Outcomes`].
pub(super) fn outcomes_schema(item: MetaSchemaRef) -> MetaSchemaRef {
    let object = |properties: Vec<(&'static str, MetaSchemaRef)>, optional: &[&str]| {
        let required = properties.iter().map(|(name, _)| *name).filter(|name| !optional.contains(name)).collect();
        MetaSchemaRef::Inline(Box::new(MetaSchema { properties, required, ..MetaSchema::new("object") }))
    };
    let array = |items| {
        MetaSchemaRef::Inline(Box::new(MetaSchema { items: Some(Box::new(items)), ..MetaSchema::new("array") }))
    };
    let plain = |kind| MetaSchemaRef::Inline(Box::new(MetaSchema::new(kind)));
    let success = object(vec![("code", plain("integer")), ("item", item)], &[]);
    let failure = object(
        vec![
            ("code", plain("integer")),
            ("message", plain("string")),
            ("description", plain("string")),
            ("item", plain("object")),
        ],
        &["description"],
    );
    object(vec![("success", array(success)), ("error", array(failure))], &[])
}
