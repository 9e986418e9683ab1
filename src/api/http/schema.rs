//! Pieces of the bodies' schemas that a Rust type does not say by itself.

use jiff::Timestamp;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::model::Id;
use crate::model::text::time_text;

/// Declares a type of the document: a wrapper, its schema, and how to show its value.
macro_rules! documented {
    ($type:ty, $name:literal, $schema:expr) => {
        impl poem_openapi::types::Type for $type {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schema_ref() -> poem_openapi::registry::MetaSchemaRef {
                poem_openapi::registry::MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self::RawValueType> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl poem_openapi::types::ToJSON for $type {
            fn to_json(&self) -> Option<serde_json::Value> {
                serde_json::to_value(self).ok()
            }
        }

        impl poem_openapi::types::ParseFromJSON for $type {
            // Bodies are read by `body.rs`; the derive of poem-openapi wants this all the same.
            fn parse_from_json(_: Option<serde_json::Value>) -> poem_openapi::types::ParseResult<Self> {
                Err(poem_openapi::types::ParseError::custom("bodies are not read this way"))
            }
        }
    };
}

pub(in crate::api) use documented;

/// An id, as its 24 hex digits.
#[derive(Debug, Clone)]
pub(in crate::api) struct IdText(String);

impl IdText {
    pub(in crate::api) fn of<K>(id: Id<K>) -> Self {
        Self(id.to_string())
    }

    /// An id for examples.
    pub(in crate::api) fn example(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Serialize for IdText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

documented!(IdText, "id", MetaSchema { pattern: Some("^[0-9a-fA-F]{24}$".to_owned()), ..MetaSchema::new("string") });

/// An instant, as RFC 3339 with three decimals.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct Time(pub(in crate::api) Timestamp);

impl Time {
    /// An instant for examples.
    pub(in crate::api) fn example(text: &str) -> Self {
        Self(text.parse().unwrap_or_default())
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time_text(self.0))
    }
}

documented!(Time, "date-time", MetaSchema::new_with_format("string", "date-time"));

/// A day, as `yyyy-MM-dd`.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(in crate::api) struct Day(String);

impl Day {
    pub(in crate::api) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

documented!(Day, "date", MetaSchema::new_with_format("string", "date"));

/// Degrees of at most `BOUND` either way, as a number; whole ones without a fraction.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct Degrees<const BOUND: u8>(pub(in crate::api) f64);

impl<const BOUND: u8> Serialize for Degrees<BOUND> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "whole degrees are small numbers")]
        if self.0.fract() == 0.0 { serializer.serialize_i64(self.0 as i64) } else { serializer.serialize_f64(self.0) }
    }
}

fn degrees(bound: u8) -> MetaSchema {
    let bound = f64::from(bound);
    MetaSchema { minimum: Some(-bound), maximum: Some(bound), ..MetaSchema::new_with_format("number", "double") }
}

documented!(Degrees<90>, "latitude", degrees(90));
documented!(Degrees<180>, "longitude", degrees(180));

/// Degrees of at most `BOUND` either way, as requests may give them: as a number, or the same number as text.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(in crate::api) struct GivenDegrees<const BOUND: u8>(Value);

impl<const BOUND: u8> GivenDegrees<BOUND> {
    /// Degrees for examples.
    pub(in crate::api) fn number(degrees: f64) -> Self {
        Self(degrees.into())
    }
}

documented!(GivenDegrees<90>, "latitude or text", or_text(degrees(90), NUMBER));
documented!(GivenDegrees<180>, "longitude or text", or_text(degrees(180), NUMBER));

/// A number as text.
const NUMBER: &str = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$";

/// A number, or text of this pattern.
pub(in crate::api) fn or_text(number: MetaSchema, pattern: &str) -> MetaSchema {
    let text = MetaSchema { pattern: Some(pattern.to_owned()), ..MetaSchema::new("string") };
    MetaSchema {
        one_of: [number, text].map(|schema| MetaSchemaRef::Inline(Box::new(schema))).into(),
        ..MetaSchema::ANY
    }
}
