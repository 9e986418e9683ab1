//! One or many (contract of tracking, section 5): a body that is an item or an array of items, and what became of them.

use std::marker::PhantomData;

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::value::RawValue;

use super::item::{Item, Owner, Rejected};
use super::json::{self, Object};
use super::outcomes::{Answer, Told, place};
use crate::api::access::auth::Auth;
use crate::api::http::body::Incoming;
use crate::api::http::params::Path;
use crate::app::policy::{DataOf, Operation, Target};
use crate::app::{App, Permit, Stored};
use crate::model::tracking::MAX_ITEMS;
use crate::model::{Conflict, Error, Identified, Invalid, Unfit};

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
        let mut outcomes = judged.into_iter().map(|judged| {
            judged?;
            made.next().flatten().ok_or_else(|| Rejected::Fields(Error::Conflict(Conflict::Name(T::Made::KIND))))
        });
        match given {
            Given::One(_) => outcomes.next().map_or_else(|| Err(Invalid::Syntax.into()), Answer::one),
            Given::Many(raw) => {
                let places: Vec<_> = raw.iter().map(|item| place(&received.bytes, item)).collect();
                let outcomes = outcomes.zip(places).collect();
                Ok(Answer::many(Told::<T> { received, owner, outcomes })?)
            }
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
        match text.trim_ascii_start().as_bytes().first() {
            Some(b'{') => serde_json::from_str(text).map(Self::One).map_err(|_| Invalid::Syntax),
            Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(text).map_err(|_| Invalid::Syntax)? {
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

fn judge<T: Item>(raw: &RawValue, owner: Owner<'_>) -> Result<T::New, Rejected> {
    let item = Object::of(raw, T::KEYS);
    let times = T::times(&item).map_err(|invalid| Rejected::Times(invalid.into()))?;
    T::fields(&item, times, owner).map_err(|invalid| Rejected::Fields(invalid.into()))
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
