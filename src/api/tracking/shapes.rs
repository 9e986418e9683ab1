//! Pieces of the bodies' schemas that a Rust type does not say by itself.

use jiff::Timestamp;
use jiff::civil::Date;
use poem_openapi::registry::MetaSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::api::http::params::Parameter;
use crate::api::http::schema::{documented, or_text};
use crate::model::text::number_text;
use crate::model::time::second_text;

/// A number, as JavaScript writes it: the shortest text that reads as the same double, whole ones without a fraction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(pub(super) f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Most are whole, and these need no text of their own.
        if self.0.fract() == 0.0 && self.0.abs() < 1e15 {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole, and not larger than that")]
            return serializer.serialize_i64(self.0 as i64);
        }
        let text = RawValue::from_string(number_text(self.0)).map_err(serde::ser::Error::custom)?;
        text.serialize(serializer)
    }
}

documented!(Number, "number", MetaSchema::new_with_format("number", "double"));

/// A number, as requests may give it: as a number, or its digits as text.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct GivenAmount(Value);

impl GivenAmount {
    /// A number for examples.
    pub(super) fn example(value: f64) -> Self {
        Self(value.into())
    }
}

documented!(
    GivenAmount,
    "amount",
    or_text(
        MetaSchema { minimum: Some(0.0), maximum: Some(1e20), ..MetaSchema::new_with_format("number", "double") },
        r"^[0-9]{1,300}(\.[0-9]{1,300})?$",
    )
);

/// A whole number, as requests may give it: as a number, or its digits as text.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct GivenWhole(Value);

impl GivenWhole {
    /// A number for examples.
    pub(super) fn example(value: u64) -> Self {
        Self(value.into())
    }
}

documented!(GivenWhole, "whole number", whole(0.0, r"^0*[0-9]{1,15}$"));

/// The same, more than zero.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct GivenPositive(Value);

impl GivenPositive {
    /// A number for examples.
    pub(super) fn example(value: u64) -> Self {
        Self(value.into())
    }
}

documented!(GivenPositive, "positive number", whole(1.0, r"^0*[1-9][0-9]{0,14}$"));

fn whole(least: f64, pattern: &str) -> MetaSchema {
    let number = MetaSchema {
        minimum: Some(least),
        maximum: Some(9_007_199_254_740_991.0),
        ..MetaSchema::new_with_format("integer", "int64")
    };
    or_text(number, pattern)
}

/// A number of either sign, as requests may give it: as a number, or its digits as text.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct GivenReal(Value);

impl GivenReal {
    /// A number for examples.
    pub(super) fn example(value: f64) -> Self {
        Self(value.into())
    }
}

documented!(
    GivenReal,
    "real",
    or_text(
        MetaSchema { minimum: Some(-1e20), maximum: Some(1e20), ..MetaSchema::new_with_format("number", "double") },
        r"^-?[0-9]{1,300}(\.[0-9]{1,300})?$",
    )
);

/// Degrees of a place, as requests may give them: as any text, or as a number, which becomes text.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct GivenDegree(Value);

impl GivenDegree {
    /// Degrees for examples.
    pub(super) fn example(text: &str) -> Self {
        Self(text.into())
    }
}

documented!(
    GivenDegree,
    "degree",
    or_text(MetaSchema::new_with_format("number", "double"), r"^[^\x00-\x1f\x7f-\x9f]{1,256}$")
);

/// An instant, as responses show it in whole seconds of UTC without a zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Second(pub(super) Timestamp);

impl Second {
    /// An instant for examples.
    pub(super) fn example(text: &str) -> Self {
        Self(text.parse().unwrap_or_default())
    }
}

impl Serialize for Second {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&second_text(self.0))
    }
}

documented!(
    Second,
    "second",
    MetaSchema {
        pattern: Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$".to_owned()),
        ..MetaSchema::new("string")
    }
);

/// An instant, as requests may give it.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct GivenTime(String);

impl GivenTime {
    /// An instant for examples.
    pub(super) fn example(text: &str) -> Self {
        Self(text.to_owned())
    }
}

documented!(
    GivenTime,
    "time",
    MetaSchema {
        pattern: Some(
            r"^(169[0-9]|1[7-9][0-9]{2}|2[01][0-9]{2}|22[0-5][0-9])-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?$"
                .to_owned()
        ),
        ..MetaSchema::new("string")
    }
);

/// A day, as `yyyy-MM-dd`.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct LogDay(pub(in crate::api) Date);

impl Serialize for LogDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

documented!(LogDay, "date", MetaSchema::new_with_format("string", "date"));

/// A day, as requests may give it.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(in crate::api) struct GivenDay(String);

impl GivenDay {
    /// A day for examples.
    pub(super) fn example(text: &str) -> Self {
        Self(text.to_owned())
    }
}

fn given_day() -> MetaSchema {
    MetaSchema {
        pattern: Some(
            r"^(1679|16[89][0-9]|1[7-9][0-9]{2}|2[01][0-9]{2}|22[0-5][0-9]|2260)-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$"
                .to_owned(),
        ),
        ..MetaSchema::new("string")
    }
}

documented!(GivenDay, "day", given_day());

impl Parameter for GivenDay {
    fn schema() -> MetaSchema {
        given_day()
    }
}
