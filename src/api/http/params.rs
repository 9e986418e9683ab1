//! What stands in the path and in the query string.

use std::marker::PhantomData;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::api::http::query::{self, ListShape, Pair};
use crate::app::FieldRules;
use crate::app::policy::DataOf;
use crate::model::query::Query;
use crate::model::{Error, Id, Identified, Invalid, Kind};

/// A parameter in the path, as it was given: it is read when the caller's scope is known.
///
/// The macro of poem-openapi knows path parameters by this name.
pub(in crate::api) struct Path<P> {
    given: String,
    parameter: PhantomData<fn() -> P>,
}

impl<K: Identified> Path<K> {
    /// # Errors
    /// ID of this kind's parameter (contract, section 5).
    pub(in crate::api) fn id(&self) -> Result<Id<K>, Invalid> {
        Id::parse(&self.given).ok_or(Invalid::Id(K::KIND))
    }

    /// As `id`, for the operations whose error does not name the parameter.
    ///
    /// # Errors
    /// The text about some id (contract, section 6, NFC tags).
    pub(in crate::api) fn some_id(&self) -> Result<Id<K>, Invalid> {
        Id::parse(&self.given).ok_or(Invalid::SomeId)
    }
}

impl<K: Identified> Path<K> {
    /// Whose data the path is about.
    ///
    /// # Errors
    /// ID of this kind's parameter (contract, section 5).
    pub(in crate::api) fn data_of(&self) -> Result<DataOf<K>, Invalid> {
        Ok(DataOf { id: self.id()?, given: self.given.clone() })
    }
}

impl<K: Identified> Path<K> {
    /// As `data_of`, for the operations whose error does not name the parameter.
    ///
    /// # Errors
    /// The text about some id (contract of Fitbit's groups, section 1).
    pub(in crate::api) fn some_data_of(&self) -> Result<DataOf<K>, Invalid> {
        Ok(DataOf { id: self.some_id()?, given: self.given.clone() })
    }
}

impl<P> Path<P> {
    /// What was given, for what is no id.
    pub(in crate::api) fn given(self) -> String {
        self.given
    }
}

/// What the document says of a parameter in the path.
pub(in crate::api) trait Parameter {
    fn schema() -> MetaSchema;
}

impl<K: Identified> Parameter for K {
    fn schema() -> MetaSchema {
        MetaSchema { pattern: Some("^[0-9a-fA-F]{24}$".to_owned()), ..MetaSchema::new("string") }
    }
}

impl<'a, P: Parameter> ApiExtractor<'a> for Path<P> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = true;

    type ParamType = String;
    type ParamRawType = String;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Path)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(P::schema())))
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        options: ExtractParamOptions<String>,
    ) -> poem::Result<Self> {
        // What is no UTF-8 is not there, and neither an id nor a tag.
        let given = request.raw_path_param(options.name).unwrap_or_default().to_owned();
        Ok(Self { given, parameter: PhantomData })
    }
}

/// The number of an import in the path.
pub(in crate::api) enum ImportNumber {}

impl Parameter for ImportNumber {
    fn schema() -> MetaSchema {
        MetaSchema { pattern: Some("^[1-9][0-9]*$".to_owned()), ..MetaSchema::new("string") }
    }
}

impl Path<ImportNumber> {
    /// # Errors
    /// `NotFound`: what is no number is that of no import.
    pub(in crate::api) fn number(&self) -> Result<i64, Error> {
        self.given.parse().map_err(|_| Error::NotFound(Kind::Import))
    }
}

/// A parameter in the query string, as it was given, if it was; of several, the first.
pub(in crate::api) struct Queried<P> {
    given: Option<String>,
    parameter: PhantomData<fn() -> P>,
}

impl<P> Queried<P> {
    /// What was given.
    pub(in crate::api) fn given(self) -> Option<String> {
        self.given
    }
}

impl<K: Identified> Queried<K> {
    /// # Errors
    /// The text about some id, as in the filters of lists.
    pub(in crate::api) fn id(self) -> Result<Option<Id<K>>, Invalid> {
        self.given().map(|given| Id::parse(&given).ok_or(Invalid::SomeId)).transpose()
    }
}

/// An instant in the query string, as lists take it.
pub(in crate::api) enum Instant {}

impl Parameter for Instant {
    fn schema() -> MetaSchema {
        MetaSchema { pattern: Some(query::INSTANT.to_owned()), ..MetaSchema::new("string") }
    }
}

impl Queried<Instant> {
    /// # Errors
    /// The text about dates of lists (contract, section 7).
    pub(in crate::api) fn instant(self, rules: FieldRules) -> Result<Option<Timestamp>, Invalid> {
        self.given().map(|given| query::timestamp_of(&given, rules)).transpose()
    }
}

impl<'a, P: Parameter> ApiExtractor<'a> for Queried<P> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = false;

    type ParamType = String;
    type ParamRawType = String;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(P::schema())))
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        options: ExtractParamOptions<String>,
    ) -> poem::Result<Self> {
        let given = pairs(request.uri().query().unwrap_or_default()).find(|pair| pair.key == options.name);
        Ok(Self { given: given.map(|pair| pair.whole()), parameter: PhantomData })
    }
}

/// The query string of a list, as it was given.
pub(in crate::api) struct ListQuery(String);

impl ListQuery {
    /// # Errors
    /// The first part that section 7 of the contract does not let pass.
    pub(in crate::api) fn read(&self, list: ListShape, rules: FieldRules) -> Result<Query, Invalid> {
        query::read(pairs(&self.0), list, rules)
    }
}

fn pairs(query: &str) -> impl Iterator<Item = Pair> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        Pair { key: decode(key), values: value.split(',').map(decode).collect() }
    })
}

fn decode(part: &str) -> String {
    percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned()
}

impl<'a> ApiExtractor<'a> for ListQuery {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];

    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        Ok(Self(request.uri().query().unwrap_or_default().to_owned()))
    }
}
