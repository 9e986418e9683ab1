//! Pieces of the bodies' schemas that a Rust type does not say by itself.

use std::borrow::Cow;

use jiff::Timestamp;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::model::Id;
use crate::model::text::time_text;

/// Declares a type of the document: a wrapper, its schema, and how to show its value.
macro_rules! documented {
    ($type:ty, $name:literal, $schema:expr) => {
        impl Type for $type {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                $name.into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self::RawValueType> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl ToJSON for $type {
            fn to_json(&self) -> Option<Value> {
                serde_json::to_value(self).ok()
            }
        }

        impl ParseFromJSON for $type {
            // Bodies are read by `body.rs`; the derive of poem-openapi wants this all the same.
            fn parse_from_json(_: Option<Value>) -> ParseResult<Self> {
                Err(ParseError::custom("bodies are not read this way"))
            }
        }
    };
}

/// An id, as its 24 hex digits.
#[derive(Debug, Clone)]
pub(super) struct IdText(String);

impl IdText {
    pub(super) fn of<K>(id: Id<K>) -> Self {
        Self(id.to_string())
    }

    /// An id for examples.
    pub(super) fn example(text: &str) -> Self {
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
pub(super) struct Time(pub(super) Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time_text(self.0))
    }
}

documented!(Time, "date-time", MetaSchema::new_with_format("string", "date-time"));

/// Degrees, as a number; whole ones without a fraction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Degrees(pub(super) f64);

impl Serialize for Degrees {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "whole degrees are small numbers")]
        if self.0.fract() == 0.0 { serializer.serialize_i64(self.0 as i64) } else { serializer.serialize_f64(self.0) }
    }
}

documented!(Degrees, "degrees", MetaSchema::new_with_format("number", "double"));

/// A number, or the same number as text: what requests may give.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum NumberOrText {
    /// As a number.
    Number(f64),
    /// As text.
    Text(String),
}

documented!(
    NumberOrText,
    "number or text",
    MetaSchema {
        one_of: vec![
            MetaSchemaRef::Inline(Box::new(MetaSchema::new("number"))),
            MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
        ],
        ..MetaSchema::ANY
    }
);

/// A child by its id: the id alone, or an object that has it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ChildReference(String);

impl ChildReference {
    /// A reference for examples.
    pub(super) fn example(id: &str) -> Self {
        Self(id.to_owned())
    }
}

documented!(
    ChildReference,
    "child reference",
    MetaSchema {
        one_of: vec![
            IdText::schema_ref(),
            MetaSchemaRef::Inline(Box::new(MetaSchema {
                properties: vec![("id", IdText::schema_ref())],
                required: vec!["id"],
                ..MetaSchema::new("object")
            })),
        ],
        ..MetaSchema::ANY
    }
);
