//! What tracking tells of itself.

use poem_openapi::Tags;

use crate::api::document::parts::{KindWords, Part};
use crate::api::tracking::faults::FAULTS;
use crate::app::demo;
use crate::app::policy::{HealthProfessionalGroupDaysView, Operation};
use crate::model::tracking::{Field, HeartRateZone, ZoneField};
use crate::model::{Field as AnyField, Kind};

/// The platform's names for groups of operations.
#[derive(Tags)]
pub(in crate::api) enum Tag {
    /// What children do.
    #[oai(rename = "children.physicalactivities")]
    PhysicalActivities,
    /// What children do in a day, in all.
    #[oai(rename = "children.logs")]
    Logs,
    /// How children sleep.
    #[oai(rename = "children.sleep")]
    Sleep,
    /// What children weigh.
    #[oai(rename = "children.weights")]
    Weights,
    /// What part of children is fat, per cent.
    #[oai(rename = "children.bodyfats")]
    BodyFats,
    /// The air of rooms.
    #[oai(rename = "institutions.environments")]
    Environments,
    /// How the service is used.
    #[oai(rename = "overview")]
    Overview,
}

/// This part. The key of a field inside another begins with that of the other.
pub(in crate::api) const PART: Part = Part {
    keys: &[
        (AnyField::Tracking(Field::StartTime), "start_time"),
        (AnyField::Tracking(Field::EndTime), "end_time"),
        (AnyField::Tracking(Field::Duration), "duration"),
        (AnyField::Tracking(Field::Calories), "calories"),
        (AnyField::Tracking(Field::Steps), "steps"),
        (AnyField::Tracking(Field::Distance), "distance"),
        (AnyField::Tracking(Field::Levels), "levels"),
        (AnyField::Tracking(Field::LevelName), "levels.name"),
        (AnyField::Tracking(Field::LevelDuration), "levels.duration"),
        (AnyField::Tracking(Field::HeartRate), "heart_rate"),
        (AnyField::Tracking(Field::HeartRateAverage), "heart_rate.average"),
        (AnyField::Tracking(Field::Zone(HeartRateZone::OutOfRange)), "heart_rate.out_of_range_zone"),
        (
            AnyField::Tracking(Field::OfZone(HeartRateZone::OutOfRange, ZoneField::Min)),
            "heart_rate.out_of_range_zone.min",
        ),
        (
            AnyField::Tracking(Field::OfZone(HeartRateZone::OutOfRange, ZoneField::Max)),
            "heart_rate.out_of_range_zone.max",
        ),
        (
            AnyField::Tracking(Field::OfZone(HeartRateZone::OutOfRange, ZoneField::Duration)),
            "heart_rate.out_of_range_zone.duration",
        ),
        (AnyField::Tracking(Field::Zone(HeartRateZone::FatBurn)), "heart_rate.fat_burn_zone"),
        (AnyField::Tracking(Field::OfZone(HeartRateZone::FatBurn, ZoneField::Min)), "heart_rate.fat_burn_zone.min"),
        (AnyField::Tracking(Field::OfZone(HeartRateZone::FatBurn, ZoneField::Max)), "heart_rate.fat_burn_zone.max"),
        (
            AnyField::Tracking(Field::OfZone(HeartRateZone::FatBurn, ZoneField::Duration)),
            "heart_rate.fat_burn_zone.duration",
        ),
        (AnyField::Tracking(Field::Zone(HeartRateZone::Cardio)), "heart_rate.cardio_zone"),
        (AnyField::Tracking(Field::OfZone(HeartRateZone::Cardio, ZoneField::Min)), "heart_rate.cardio_zone.min"),
        (AnyField::Tracking(Field::OfZone(HeartRateZone::Cardio, ZoneField::Max)), "heart_rate.cardio_zone.max"),
        (
            AnyField::Tracking(Field::OfZone(HeartRateZone::Cardio, ZoneField::Duration)),
            "heart_rate.cardio_zone.duration",
        ),
        (AnyField::Tracking(Field::Zone(HeartRateZone::Peak)), "heart_rate.peak_zone"),
        (AnyField::Tracking(Field::OfZone(HeartRateZone::Peak, ZoneField::Min)), "heart_rate.peak_zone.min"),
        (AnyField::Tracking(Field::OfZone(HeartRateZone::Peak, ZoneField::Max)), "heart_rate.peak_zone.max"),
        (AnyField::Tracking(Field::OfZone(HeartRateZone::Peak, ZoneField::Duration)), "heart_rate.peak_zone.duration"),
        (AnyField::Tracking(Field::Pattern), "pattern"),
        (AnyField::Tracking(Field::DataSet), "pattern.data_set"),
        (AnyField::Tracking(Field::EntryStartTime), "pattern.data_set.start_time"),
        (AnyField::Tracking(Field::EntryName), "pattern.data_set.name"),
        (AnyField::Tracking(Field::EntryDuration), "pattern.data_set.duration"),
        (AnyField::Tracking(Field::Date), "date"),
        (AnyField::Tracking(Field::Timestamp), "timestamp"),
        (AnyField::Tracking(Field::Value), "value"),
        (AnyField::Tracking(Field::Unit), "unit"),
        (AnyField::Tracking(Field::BodyFat), "body_fat"),
        (AnyField::Tracking(Field::Location), "location"),
        (AnyField::Tracking(Field::Local), "location.local"),
        (AnyField::Tracking(Field::Room), "location.room"),
        (AnyField::Tracking(Field::PlaceLatitude), "location.latitude"),
        (AnyField::Tracking(Field::PlaceLongitude), "location.longitude"),
        (AnyField::Tracking(Field::Measurements), "measurements"),
        (AnyField::Tracking(Field::MeasurementType), "measurements.type"),
        (AnyField::Tracking(Field::MeasurementValue), "measurements.value"),
        (AnyField::Tracking(Field::MeasurementUnit), "measurements.unit"),
        (AnyField::Tracking(Field::Climatized), "climatized"),
    ],
    kinds: &[
        KindWords {
            kind: Kind::PhysicalActivity,
            title: "Physical Activity",
            parameter: "physicalactivity_id",
            example: demo::ACTIVITY,
            origin: "The physical activity's `id`, as the answers that show it have it.",
        },
        KindWords {
            kind: Kind::Sleep,
            title: "Sleep",
            parameter: "sleep_id",
            example: demo::SLEEP,
            origin: "The night's `id`, as the answers that show it have it.",
        },
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
        KindWords {
            kind: Kind::Environment,
            title: "Environment",
            parameter: "environment_id",
            example: demo::ENVIRONMENT,
            origin: "The environment's `id`, as the answers that show it have it.",
        },
    ],
    faults: FAULTS,
    parameters: &[
        ("resource", "steps", "Of what the totals are."),
        ("date_start", demo::FIRST_DAY, "The first day: any."),
        ("date_end", demo::SECOND_DAY, "The last day, a year after the first at most."),
    ],
    exceptions: &[(HealthProfessionalGroupDaysView::ROW.id, "group_id", demo::HEALTH_PROFESSIONAL_GROUP)],
    tags: &[
        "children.physicalactivities",
        "children.logs",
        "children.sleep",
        "children.weights",
        "children.bodyfats",
        "institutions.environments",
        "overview",
    ],
};
