//! What tracking tells of itself.

use poem_openapi::Tags;

use crate::api::document::parts::{KindWords, Part};
use crate::api::tracking::faults::FAULTS;
use crate::app::demo;
use crate::model::tracking::Field;
use crate::model::{Field as AnyField, Kind};

/// The platform's names for groups of operations.
#[derive(Tags)]
pub(in crate::api) enum Tag {
    /// What children weigh.
    #[oai(rename = "children.weights")]
    Weights,
    /// What part of children is fat, per cent.
    #[oai(rename = "children.bodyfats")]
    BodyFats,
}

/// This part. The key of a field inside another begins with that of the other.
pub(in crate::api) const PART: Part = Part {
    keys: &[
        (AnyField::Tracking(Field::Timestamp), "timestamp"),
        (AnyField::Tracking(Field::Value), "value"),
        (AnyField::Tracking(Field::Unit), "unit"),
        (AnyField::Tracking(Field::BodyFat), "body_fat"),
    ],
    kinds: &[
        KindWords {
            kind: Kind::Weight,
            title: "Weight",
            parameter: "weight_id",
            example: demo::WEIGHT,
            origin: "The weight's `id`, as the answers that show it have it.",
        },
        KindWords {
            kind: Kind::BodyFat,
            title: "Body Fat",
            parameter: "bodyfat_id",
            example: demo::BODY_FAT,
            origin: "The body fat's `id`, as the answers that show it have it.",
        },
    ],
    faults: FAULTS,
    parameters: &[],
    exceptions: &[],
    tags: &["children.weights", "children.bodyfats"],
};
