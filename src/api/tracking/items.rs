//! One or many (contract of tracking, section 5): a body that is an item or an array of items, and what became of them.

use std::marker::PhantomData;

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::registry::{
    MetaMediaType, MetaRequest, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions};
use serde::Serialize;
use serde_json::value::RawValue;

use super::json::{self, Object, Shown};
use crate::api::access::auth::Auth;
use crate::api::http::body::Incoming;
use crate::api::http::error_body::ErrorBody;
use crate::api::http::failure::body;
use crate::api::http::params::Path;
use crate::app::policy::{DataOf, Operation, Target};
use crate::app::{App, Permit, Stored};
use crate::model::tracking::MAX_ITEMS;
use crate::model::{Conflict, Error, Identified, Invalid, Unfit};

/// What requests bring one or many of. The implementing type is an item's schema in the document.
pub(super) trait Item: Type {
    /// What is stored.
    type New: Send;
    /// What its times say, all of them judged.
    type Times;
    /// What it is when it is stored, as the service knows it.
    type Made: Identified;
    /// That, as clients see it.
    type Shown: From<Self::Made> + Serialize + Type;
    /// The keys that are looked at.
    const KEYS: &'static [&'static str];

    /// Judges its times, in the contract's order.
    ///
    /// # Errors
    /// The first that is none.
    fn times(item: &Object<'_>) -> Result<Self::Times, Invalid>;

    /// Judges its fields, in the contract's order; `owner` tells whether the path's id is one.
    ///
    /// # Errors
    /// The first rule that a field breaks; then all fields that are missing.
    fn fields(item: &Object<'_>, times: Self::Times, owner: Owner<'_>) -> Result<Self::New, Invalid>;

    /// The resource as it would look, as far as it goes.
    fn shown<'b>(item: &Object<'b>, owner: &str) -> Shown<'b>;
}

/// Whether the id in the path is one.
#[derive(Clone, Copy)]
pub(super) struct Owner<'i>(Result<(), &'i Invalid>);

impl Owner<'_> {
    /// ID of the path's parameter, which is a field of each item.
    ///
    /// # Errors
    /// If it is none.
    pub(super) fn id(self) -> Result<(), Invalid> {
        self.0.map_err(Clone::clone)
    }
}

/// Who brings items, and of whom: whose id is none gets to hear of it for each item, whoever asks.
pub(super) enum Bringing<O: Operation> {
    /// He may.
    Permitted(Box<Permit<O>>, String),
    /// The id is none, which is this rule; as it was given.
    NoId(Invalid, String),
}

impl<O> Auth<O> {
    /// Asks whether this caller may bring items of the path's owner.
    pub(super) fn bringing<K: Identified>(self, app: &App, owner: Path<K>) -> Result<Bringing<O>, Error>
    where
        O: Operation<Target = DataOf<K>>,
        DataOf<K>: Target,
    {
        match owner.data_of() {
            Ok(target) => {
                let shown = target.id.to_string();
                Ok(Bringing::Permitted(Box::new(self.permit(app, target)?), shown))
            }
            Err(invalid) => Ok(Bringing::NoId(invalid, owner.given())),
        }
    }
}

/// A body of one item of schema `T` or of many, not yet looked at.
pub(super) struct Items<T> {
    incoming: Incoming,
    schema: PhantomData<fn() -> T>,
}

impl<T: Item> Items<T> {
    /// Reads the items, has those that fit stored, and tells what became of each.
    ///
    /// # Errors
    /// 413, 408, 415 or 400 for all of them, or why nothing can be stored. Of a single item, also its own.
    pub(super) async fn store<O, F>(
        self,
        bringing: Bringing<O>,
        write: impl FnOnce(Permit<O>, Vec<T::New>) -> F,
    ) -> poem::Result<Answer<T::Shown>>
    where
        O: Operation,
        F: Future<Output = Result<Stored<T::Made>, Error>>,
    {
        let limit = self.incoming.limits.upload_bytes;
        let received = self.incoming.receive(limit).await?;
        let given = Given::parse(&received.bytes)?;
        let (permit, owner, invalid) = match bringing {
            Bringing::Permitted(permit, owner) => (Some(permit), owner, Ok(())),
            Bringing::NoId(invalid, owner) => (None, owner, Err(invalid)),
        };
        let mut new = Vec::new();
        let judged: Vec<Result<(), Rejected>> = given
            .items()
            .iter()
            .map(|raw| judge::<T>(raw, Owner(invalid.as_ref().copied())).map(|item| new.push(item)))
            .collect();
        let made = match permit {
            Some(permit) if !new.is_empty() => write(*permit, new).await?.0,
            _ => Vec::new(),
        };
        let mut made = made.into_iter();
        let outcomes = judged.into_iter().map(|judged| {
            judged?;
            made.next().flatten().ok_or_else(|| Rejected::Fields(Error::Conflict(Conflict::Name(T::Made::KIND))))
        });
        match &given {
            Given::One(_) => outcomes.map(Answer::one).next().unwrap_or_else(|| Err(Invalid::Syntax.into())),
            Given::Many(raw) => Answer::many::<T, _>(raw, outcomes, &owner),
        }
    }
}

/// What a body holds.
pub(super) enum Given<'b> {
    One(&'b RawValue),
    Many(Vec<&'b RawValue>),
}

impl<'b> Given<'b> {
    /// Reads it; no body at all counts as an empty object.
    ///
    /// # Errors
    /// `Syntax` if it is neither an object nor an array, or `TooManyItems`.
    pub(super) fn parse(body: &'b [u8]) -> Result<Self, Invalid> {
        let text = std::str::from_utf8(body).map_err(|_| Invalid::Syntax)?;
        let text = if text.is_empty() { "{}" } else { text };
        if json::has_lone_surrogates(text) {
            return Err(Invalid::Syntax);
        }
        let whole: &RawValue = serde_json::from_str(text).map_err(|_| Invalid::Syntax)?;
        match whole.get().as_bytes().first() {
            Some(b'{') => Ok(Self::One(whole)),
            Some(b'[') => match json::array(whole).ok_or(Invalid::Syntax)? {
                items if items.len() > MAX_ITEMS => Err(Unfit::TooManyItems(MAX_ITEMS).into()),
                items => Ok(Self::Many(items)),
            },
            _ => Err(Invalid::Syntax),
        }
    }

    fn items(&self) -> &[&'b RawValue] {
        match self {
            Given::One(item) => std::slice::from_ref(item),
            Given::Many(items) => items,
        }
    }
}

/// Why an item is not stored. Errors are told in this order.
enum Rejected {
    /// Because of its fields, or of what is there already.
    Fields(Error),
    /// Because of its times.
    Times(Error),
}

fn judge<T: Item>(raw: &RawValue, owner: Owner<'_>) -> Result<T::New, Rejected> {
    let item = Object::of(raw, T::KEYS);
    let times = T::times(&item).map_err(|invalid| Rejected::Times(invalid.into()))?;
    T::fields(&item, times, owner).map_err(|invalid| Rejected::Fields(invalid.into()))
}

/// What became of items: 201 with the resource for one, 207 for many.
pub(super) struct Answer<T> {
    status: StatusCode,
    json: Vec<u8>,
    shown: PhantomData<fn() -> T>,
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

impl<T: Serialize> Answer<T> {
    fn new(status: StatusCode, body: &impl Serialize) -> poem::Result<Self> {
        let json = serde_json::to_vec(body).map_err(Error::internal)?;
        Ok(Self { status, json, shown: PhantomData })
    }

    fn one(outcome: Result<impl Into<T>, Rejected>) -> poem::Result<Self> {
        match outcome {
            Ok(made) => Self::new(StatusCode::CREATED, &made.into()),
            Err(Rejected::Fields(error) | Rejected::Times(error)) => Err(error.into()),
        }
    }

    fn many<I: Item, M: Into<T>>(
        sent: &[&RawValue],
        outcomes: impl Iterator<Item = Result<M, Rejected>>,
        owner: &str,
    ) -> poem::Result<Self> {
        let mut answer = Outcomes { success: Vec::new(), error: Vec::new() };
        let mut of_times = Vec::new();
        for (sent, outcome) in sent.iter().zip(outcomes) {
            match outcome {
                Ok(made) => answer.success.push(Success::new(made.into())),
                Err(Rejected::Fields(error)) => {
                    let shown = I::shown(&Object::of(sent, I::KEYS), owner);
                    answer.error.push(Failure::shown(&error, shown));
                }
                Err(Rejected::Times(error)) => of_times.push(Failure::sent(&error, sent)),
            }
        }
        answer.error.append(&mut of_times);
        Self::new(StatusCode::MULTI_STATUS, &answer)
    }
}

impl<T: Send> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        Response::builder()
            .status(self.status)
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .body(self.json)
    }
}

impl<'a, T: Item> ApiExtractor<'a> for Items<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let many = MetaSchema {
            items: Some(Box::new(T::schema_ref())),
            max_items: Some(MAX_ITEMS),
            ..MetaSchema::new("array")
        };
        let schema =
            MetaSchema { one_of: vec![T::schema_ref(), MetaSchemaRef::Inline(Box::new(many))], ..MetaSchema::ANY };
        let schema = MetaSchemaRef::Inline(Box::new(schema));
        let content = vec![MetaMediaType { content_type: "application/json", schema }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self { incoming: Incoming::of(request, body)?, schema: PhantomData })
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
