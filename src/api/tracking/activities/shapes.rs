//! Physical activities, as clients see and send them.

use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};
use serde::Serialize;

use crate::api::http::schema::IdText;
use crate::api::tracking::shapes::{GivenAmount, GivenPositive, GivenTime, GivenWhole, Number, Second};
use crate::app::demo;
use crate::model::tracking::{ActivityFacts, ActivityLevel, HeartRate, Intensity, PhysicalActivity, ZoneFacts};

/// How intense a part of an activity is.
#[derive(Debug, Clone, Copy, Enum, Serialize)]
#[oai(rename = "Intensity", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub(super) enum IntensityBody {
    /// Hardly any.
    Sedentary,
    /// A little.
    Lightly,
    /// Some.
    Fairly,
    /// A lot.
    Very,
}

/// The intensities by their names, in the contract's order.
pub(super) const INTENSITIES: [(&str, Intensity, IntensityBody); 4] = [
    ("sedentary", Intensity::Sedentary, IntensityBody::Sedentary),
    ("lightly", Intensity::Lightly, IntensityBody::Lightly),
    ("fairly", Intensity::Fairly, IntensityBody::Fairly),
    ("very", Intensity::Very, IntensityBody::Very),
];

/// How long somebody was active at one intensity.
#[derive(Object, Serialize)]
#[oai(rename = "ActivityLevel")]
pub(super) struct LevelBody {
    /// How intense.
    name: IntensityBody,
    /// In milliseconds.
    duration: u64,
}

impl From<ActivityLevel> for LevelBody {
    fn from(level: ActivityLevel) -> Self {
        let [sedentary, rest @ ..] = INTENSITIES;
        let known = rest.into_iter().find(|(_, intensity, _)| *intensity == level.intensity).unwrap_or(sedentary);
        Self { name: known.2, duration: level.duration }
    }
}

/// How a heart beat, in beats per minute.
#[derive(Object, Serialize)]
#[oai(rename = "HeartRate")]
pub(super) struct HeartRateBody {
    /// On average.
    average: u64,
    /// Below all other zones.
    out_of_range_zone: ZoneBody,
    /// The low zone.
    fat_burn_zone: ZoneBody,
    /// The high zone.
    cardio_zone: ZoneBody,
    /// The highest zone.
    peak_zone: ZoneBody,
}

/// A zone of heart rates.
#[derive(Object, Serialize)]
#[oai(rename = "HeartRateZone")]
pub(super) struct ZoneBody {
    /// The lowest rate, in beats per minute.
    min: u64,
    /// The highest rate.
    max: u64,
    /// How long the heart beat in it, in milliseconds.
    duration: u64,
}

impl From<HeartRate> for HeartRateBody {
    fn from(heart_rate: HeartRate) -> Self {
        let [out_of_range_zone, fat_burn_zone, cardio_zone, peak_zone] =
            heart_rate.zones.map(|ZoneFacts { min, max, duration }| ZoneBody { min, max, duration });
        Self { average: heart_rate.average, out_of_range_zone, fat_burn_zone, cardio_zone, peak_zone }
    }
}

/// A physical activity.
#[derive(Object, Serialize)]
#[oai(rename = "PhysicalActivity", example, skip_serializing_if_is_none)]
pub(in crate::api::tracking) struct ActivityBody {
    /// Made by the service.
    id: IdText,
    /// When it began, in UTC, cut to whole seconds.
    start_time: Second,
    /// When it ended, likewise.
    end_time: Second,
    /// How long it took, in milliseconds.
    duration: u64,
    /// Whose it is.
    child_id: IdText,
    /// What was done, in any words.
    name: String,
    /// How much was burnt.
    calories: Number,
    /// How many steps were made.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<u64>,
    /// How far, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<Number>,
    /// How long at which intensity: each once, in the order given.
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<Vec<LevelBody>>,
    /// How the heart beat.
    #[serde(skip_serializing_if = "Option::is_none")]
    heart_rate: Option<HeartRateBody>,
}

impl Example for ActivityBody {
    fn example() -> Self {
        let activity = demo::activity();
        Self { id: IdText::example(demo::ACTIVITY), child_id: IdText::example(demo::CHILD), ..Self::shown(activity) }
    }
}

impl ActivityBody {
    fn shown(facts: ActivityFacts) -> Self {
        Self {
            id: IdText::example(""),
            start_time: Second(facts.period.start),
            end_time: Second(facts.period.end()),
            duration: facts.period.duration,
            child_id: IdText::example(""),
            name: facts.name.as_str().to_owned(),
            calories: Number(facts.calories),
            steps: facts.steps,
            distance: facts.distance.map(Number),
            levels: facts.levels.map(|levels| levels.map(LevelBody::from).into()),
            heart_rate: facts.heart_rate.map(HeartRateBody::from),
        }
    }
}

impl From<PhysicalActivity> for ActivityBody {
    fn from(activity: PhysicalActivity) -> Self {
        let (id, child_id) = (IdText::of(activity.id), IdText::of(activity.child));
        Self { id, child_id, ..Self::shown(activity.facts) }
    }
}

/// What is needed to store a physical activity.
#[derive(Object)]
#[oai(rename = "NewPhysicalActivity", example, skip_serializing_if_is_none)]
pub(super) struct NewActivityBody {
    /// When it began. Without a zone it is UTC.
    start_time: GivenTime,
    /// When it ended.
    end_time: GivenTime,
    /// How long it took, in milliseconds: exactly what lies between the two.
    duration: GivenPositive,
    /// What was done, in any words. Blanks around them are dropped.
    #[oai(validator(min_length = 1, max_length = 256))]
    name: String,
    /// How much was burnt.
    calories: GivenAmount,
    /// How many steps were made.
    steps: Option<GivenWhole>,
    /// How far, in metres.
    distance: Option<GivenAmount>,
    /// How long at which intensity: each of the four once.
    levels: Option<Vec<NewLevelBody>>,
    /// How the heart beat.
    heart_rate: Option<NewHeartRateBody>,
}

/// How long somebody was active at one intensity.
#[derive(Object)]
#[oai(rename = "NewActivityLevel")]
pub(super) struct NewLevelBody {
    /// How intense.
    name: IntensityBody,
    /// In milliseconds.
    duration: GivenWhole,
}

/// How a heart beat, in beats per minute.
#[derive(Object)]
#[oai(rename = "NewHeartRate")]
pub(super) struct NewHeartRateBody {
    /// On average.
    average: GivenPositive,
    /// Below all other zones.
    out_of_range_zone: NewZoneBody,
    /// The low zone.
    fat_burn_zone: NewZoneBody,
    /// The high zone.
    cardio_zone: NewZoneBody,
    /// The highest zone.
    peak_zone: NewZoneBody,
}

/// A zone of heart rates.
#[derive(Object)]
#[oai(rename = "NewHeartRateZone")]
pub(super) struct NewZoneBody {
    /// The lowest rate, in beats per minute.
    min: GivenPositive,
    /// The highest rate. Not compared with the lowest.
    max: GivenPositive,
    /// How long the heart beat in it, in milliseconds.
    duration: GivenWhole,
}

impl Example for NewActivityBody {
    fn example() -> Self {
        let level = |name, duration| NewLevelBody { name, duration: GivenWhole::example(duration) };
        let zone = |min, max, duration| NewZoneBody {
            min: GivenPositive::example(min),
            max: GivenPositive::example(max),
            duration: GivenWhole::example(duration),
        };
        Self {
            start_time: GivenTime::example("2026-01-09T12:52:59Z"),
            end_time: GivenTime::example("2026-01-09T13:12:37Z"),
            duration: GivenPositive::example(1_178_000),
            name: "walk".to_owned(),
            calories: GivenAmount::example(200.0),
            steps: Some(GivenWhole::example(1000)),
            distance: Some(GivenAmount::example(800.0)),
            levels: Some(vec![
                level(IntensityBody::Sedentary, 0),
                level(IntensityBody::Lightly, 60_000),
                level(IntensityBody::Fairly, 120_000),
                level(IntensityBody::Very, 180_000),
            ]),
            heart_rate: Some(NewHeartRateBody {
                average: GivenPositive::example(107),
                out_of_range_zone: zone(30, 91, 0),
                fat_burn_zone: zone(91, 127, 540_000),
                cardio_zone: zone(127, 154, 600_000),
                peak_zone: zone(154, 220, 0),
            }),
        }
    }
}
