//! Bodies of requests: read within limits, then field by field as the contract orders and words it.

use std::marker::PhantomData;

use futures_util::StreamExt;
use poem::http::header;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::{Map, Value};

use crate::api::http::budget::Share;
use crate::api::http::failure::HttpFault;
use crate::api::http::names::{INSTITUTION_ALIAS, key};
use crate::api::{Context, Limits};
use crate::app::FieldRules;
use crate::model::text::number;
use crate::model::{Account, Fault, Field, Id, Institution, Invalid, Kind, Password, Text, Username};

/// What a body says, as the model knows it. The implementing type is the body's schema in the document.
pub(in crate::api) trait ReadBody {
    /// What is read.
    type Model;

    /// Reads the fields in the contract's order.
    ///
    /// # Errors
    /// The first rule that a field breaks; then all fields that are missing.
    fn read(fields: &Fields) -> Result<Self::Model, Invalid>;
}

/// A body of schema `T`, not yet looked at: neither its size nor its syntax is told to callers who may not send it.
pub(in crate::api) struct Body<T> {
    incoming: Incoming,
    schema: PhantomData<fn() -> T>,
}

impl<T: ReadBody> Body<T> {
    /// Reads a body that makes something, or that is about nothing else.
    ///
    /// # Errors
    /// 413, 408, 415 or 400 (contract, section 2).
    pub(in crate::api) async fn read(self, rules: FieldRules) -> poem::Result<T::Model> {
        self.read_fields(rules, None).await
    }

    /// Reads a body that changes a user.
    ///
    /// # Errors
    /// 413, 408, 415 or 400 (contract, section 2).
    pub(in crate::api) async fn read_update<K>(self, rules: FieldRules, user: Id<K>) -> poem::Result<T::Model> {
        self.read_fields(rules, Some(user.cast())).await
    }

    async fn read_fields(self, rules: FieldRules, user: Option<Id<Account>>) -> poem::Result<T::Model> {
        let limit = self.incoming.limits.body_bytes;
        let Received { bytes, .. } = &self.incoming.receive(limit).await?;
        let object = if bytes.is_empty() { Map::new() } else { parse(bytes)? };
        Ok(T::read(&Fields { object, rules, user })?)
    }
}

/// A body that has not arrived yet.
pub(in crate::api) struct Incoming {
    pub(in crate::api) body: poem::Body,
    declared_json: bool,
    pub(in crate::api) declared_length: Option<u64>,
    /// How much of it is accepted.
    pub(in crate::api) limits: Limits,
    share: Share,
}

impl Incoming {
    /// # Errors
    /// If the body was taken already.
    pub(in crate::api) fn of(request: &Request, body: &mut RequestBody) -> poem::Result<Self> {
        let Context { limits, budget, origin, .. } = Context::of(request)?;
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        Ok(Self {
            body: body.take()?,
            declared_json: request.headers().get(header::CONTENT_TYPE).is_none()
                || header(header::CONTENT_TYPE).is_some_and(is_json),
            declared_length: header(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            limits: *limits,
            share: budget.share(origin.network()),
        })
    }

    /// Receives the body, never more than `limit` and never longer than the deadline.
    ///
    /// # Errors
    /// 413, 408 or 415 (contract, section 2).
    pub(in crate::api) async fn receive(self, limit: usize) -> poem::Result<Received> {
        let declared_json = self.declared_json;
        let received = self.receive_of_any_type(limit).await?;
        if declared_json { Ok(received) } else { Err(HttpFault::NotJson.into()) }
    }

    /// As `receive`, whatever the body is declared to be.
    ///
    /// # Errors
    /// 413 or 408 (contract, section 2).
    pub(in crate::api) async fn receive_of_any_type(self, limit: usize) -> poem::Result<Received> {
        if self.declared_length.is_some_and(|length| length > limit as u64) {
            return Err(HttpFault::BodyTooLarge(limit).into());
        }
        let deadline = self.limits.body_timeout;
        let received = tokio::time::timeout(deadline, collect(self.body, limit, self.share)).await;
        received.unwrap_or_else(|_| Err(HttpFault::TooSlow(deadline).into()))
    }
}

/// A body, and its share of the budget.
pub(in crate::api) struct Received {
    pub(in crate::api) bytes: Vec<u8>,
    _share: Share,
}

/// Collects a body while it arrives. What has not arrived takes nothing from the budget.
async fn collect(body: poem::Body, limit: usize, mut share: Share) -> poem::Result<Received> {
    let mut bytes = Vec::new();
    let mut chunks = std::pin::pin!(body.into_bytes_stream());
    while let Some(chunk) = chunks.next().await {
        // If the connection broke, nobody reads what is answered.
        let chunk = chunk.map_err(|_| Invalid::Syntax)?;
        if bytes.len() + chunk.len() > limit {
            return Err(HttpFault::BodyTooLarge(limit).into());
        }
        share.grow(chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(Received { bytes, _share: share })
}

fn parse(bytes: &[u8]) -> Result<Map<String, Value>, Invalid> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Invalid::Syntax),
    }
}

// By its whole path: imported, its `is_empty` would be taken for that of `&str`, and never be true.
impl<'a, T: poem_openapi::types::Type> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: "application/json", schema: T::schema_ref() }];
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

/// `application/json`, with any parameters.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// The fields of a body. Each method checks one rule of the contract and gives `None` for a field that is absent.
pub(in crate::api) struct Fields {
    object: Map<String, Value>,
    pub(in crate::api) rules: FieldRules,
    user: Option<Id<Account>>,
}

impl Fields {
    pub(in crate::api) fn value(&self, field: Field) -> Option<&Value> {
        self.object.get(key(field))
    }

    /// A member that is no field of the model's things.
    pub(in crate::api) fn member(&self, name: &str) -> Option<&Value> {
        self.object.get(name)
    }

    /// STR without the bounds.
    pub(in crate::api) fn string(&self, field: Field) -> Result<Option<&str>, Invalid> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Invalid::Field(field, Fault::NotText)),
        }
    }

    /// STR of a field, checked by `check`.
    pub(in crate::api) fn checked<T>(
        &self,
        field: Field,
        check: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Result<Option<T>, Invalid> {
        let checked = self.string(field)?.map(check).transpose();
        checked.map_err(|fault| Invalid::Field(field, fault))
    }

    /// STR.
    pub(in crate::api) fn text(&self, field: Field) -> Result<Option<Text>, Invalid> {
        self.checked(field, |given| Text::new(given, Text::MAX))
    }

    /// STR of an address, which may be longer.
    pub(in crate::api) fn address(&self) -> Result<Option<Text>, Invalid> {
        self.checked(Field::Address, |given| Text::new(given, Text::MAX_ADDRESS))
    }

    /// STR of a username to store.
    pub(in crate::api) fn username(&self) -> Result<Option<Username>, Invalid> {
        self.checked(Field::Username, Username::new)
    }

    /// STR of a password to store.
    pub(in crate::api) fn new_password(&self, field: Field) -> Result<Option<Password>, Invalid> {
        self.checked(field, |given| Password::new(given, self.rules.password_min_length))
    }

    /// A string that need only not be empty: a name or a password that is compared, not stored.
    pub(in crate::api) fn claimed(&self, field: Field) -> Result<Option<&str>, Invalid> {
        match self.string(field)? {
            Some("") => Err(Invalid::Field(field, Fault::Empty)),
            other => Ok(other),
        }
    }

    /// STR of a present password, which is compared.
    pub(in crate::api) fn present_password(&self, field: Field) -> Result<Option<Password>, Invalid> {
        self.checked(field, |given| Password::new(given, 1))
    }

    /// The institution a user belongs to; the alias wins.
    pub(in crate::api) fn institution(&self) -> Result<Option<Id<Institution>>, Invalid> {
        let given = self.object.get(INSTITUTION_ALIAS).or_else(|| self.value(Field::Institution));
        given.map(|value| value.as_str().and_then(Id::parse).ok_or(Invalid::Id(Kind::Institution))).transpose()
    }

    /// Passwords are not changed by an update of a user.
    pub(in crate::api) fn no_password(&self) -> Result<(), Invalid> {
        match (self.value(Field::Password), self.user) {
            (Some(_), Some(user)) => Err(Invalid::PasswordInUpdate(user.to_string())),
            _ => Ok(()),
        }
    }

    /// Degrees of at most `bound` either way, as a number or as text.
    pub(in crate::api) fn degrees(&self, field: Field, bound: f64) -> Result<Option<f64>, Invalid> {
        let degrees = match self.value(field) {
            None => return Ok(None),
            Some(Value::Number(degrees)) => degrees.as_f64(),
            Some(Value::String(text)) => number(text),
            Some(_) => None,
        };
        match degrees {
            Some(degrees) if degrees.abs() <= bound => Ok(Some(degrees)),
            _ => Err(Invalid::Field(field, Fault::NotText)),
        }
    }
}

/// REQ: the fields that are not there, in the given order.
pub(in crate::api) fn missing(fields: &[(Field, bool)]) -> Invalid {
    Invalid::Missing(fields.iter().filter(|(_, given)| !given).map(|(field, _)| *field).collect())
}
