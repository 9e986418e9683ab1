//! Pieces of the directory's schemas that a Rust type does not say by itself.

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use serde::Serialize;
use serde_json::Value;

use crate::api::http::schema::{IdText, documented, or_text};

/// An age, as requests may give it: in years, as a number or as text, or a date of birth.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(in crate::api) struct GivenAge(Value);

impl GivenAge {
    /// An age for examples.
    pub(in crate::api) fn text(age: &str) -> Self {
        Self(age.into())
    }
}

documented!(
    GivenAge,
    "age",
    or_text(
        MetaSchema { minimum: Some(0.0), exclusive_minimum: Some(true), ..MetaSchema::new("number") },
        r"^( *\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *|[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2})$",
    )
);

/// A child by its id: the id alone, or an object that has it.
#[derive(Debug, Clone, Serialize)]
pub(in crate::api) struct ChildReference(String);

impl ChildReference {
    /// A reference for examples.
    pub(in crate::api) fn example(id: &str) -> Self {
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
