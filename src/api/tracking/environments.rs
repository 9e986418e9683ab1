//! `/institutions/{institution_id}/environments`.

use std::sync::Arc;

use jiff::Timestamp;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;
use serde_json::value::RawValue;

use super::item::{Item, Owner};
use super::items::Items;
use super::json::{self, Fields, Object as Given, Piece, Shown};
use super::lists::list_of;
use super::outcomes::Answer;
use super::shapes::{GivenDegree, GivenReal, GivenTime, Number};
use crate::api::access::auth::Auth;
use crate::api::http::params::{ListQuery, Path};
use crate::api::http::query::ListShape;
use crate::api::http::reply::{Done, ListPage};
use crate::api::http::schema::{IdText, Time};
use crate::api::tracking::catalogue::Tag;
use crate::app::policy::{EnvironmentClear, EnvironmentCreate, EnvironmentDelete, EnvironmentList};
use crate::app::{App, demo};
use crate::model::text::time_text;
use crate::model::tracking::{Environment, EnvironmentFacts, Field, Location, MAX_MEASUREMENTS, Measurement};
use crate::model::{Field as AnyField, Institution, Invalid, NumberForm, Text, Unfit, query};

pub(in crate::api) struct EnvironmentsApi(pub(super) Arc<App>);

const LIST: ListShape = list_of(query::Page::MAX_LIMIT_NESTED);

#[OpenApi(prefix_path = "/v1/institutions", tag = "Tag::Environments")]
impl EnvironmentsApi {
    /// Store an environment of an institution, or many
    ///
    /// An object is answered 201; an array of them 207, which says what became of each.
    #[oai(path = "/:institution_id/environments", method = "post", operation_id = "environment_create")]
    async fn environment_create(
        &self,
        auth: Auth<EnvironmentCreate>,
        institution_id: Path<Institution>,
        body: Items<NewEnvironmentBody>,
    ) -> poem::Result<Answer<EnvironmentBody>> {
        let bringing = auth.bringing(&self.0, institution_id)?;
        body.store(bringing, |permit, new| self.0.environment_create(permit, new)).await
    }

    /// List the environments of an institution
    #[oai(path = "/:institution_id/environments", method = "get", operation_id = "environment_list")]
    async fn environment_list(
        &self,
        auth: Auth<EnvironmentList>,
        institution_id: Path<Institution>,
        query: ListQuery,
    ) -> poem::Result<ListPage<EnvironmentBody>> {
        let permit = auth.permit(&self.0, institution_id.data_of()?)?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.environment_list(&permit, query)?).await
    }

    /// Delete all environments of an institution
    ///
    /// Deleting none succeeds.
    #[oai(path = "/:institution_id/environments", method = "delete", operation_id = "environment_clear")]
    async fn environment_clear(
        &self,
        auth: Auth<EnvironmentClear>,
        institution_id: Path<Institution>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, institution_id.data_of()?)?;
        Ok(self.0.environment_clear(permit).await?.into())
    }

    /// Delete an environment of an institution
    ///
    /// Deleting one that is gone succeeds.
    #[oai(
        path = "/:institution_id/environments/:environment_id",
        method = "delete",
        operation_id = "environment_delete"
    )]
    async fn environment_delete(
        &self,
        auth: Auth<EnvironmentDelete>,
        institution_id: Path<Institution>,
        environment_id: Path<Environment>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, (institution_id.data_of()?, environment_id.id()?))?;
        Ok(self.0.environment_delete(permit).await?.into())
    }
}

/// The air of a room at a time.
#[derive(Object, Serialize)]
#[oai(rename = "Environment", example)]
pub(super) struct EnvironmentBody {
    /// Made by the service.
    id: IdText,
    /// Whose room it is.
    institution_id: IdText,
    /// Where it was measured.
    location: LocationBody,
    /// What was measured.
    measurements: Vec<MeasurementBody>,
    /// Whether the room has an air conditioner.
    climatized: bool,
    /// When it was measured.
    timestamp: Time,
}

/// Where a sensor stands.
#[derive(Object, Serialize)]
#[oai(rename = "Location", skip_serializing_if_is_none)]
pub(super) struct LocationBody {
    /// The part of the institution.
    local: String,
    /// The room.
    room: String,
    /// In degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<String>,
    /// In degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<String>,
}

/// One thing that a sensor measured.
#[derive(Object, Serialize)]
#[oai(rename = "Measurement")]
pub(super) struct MeasurementBody {
    /// What, in lower case.
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    kind: String,
    /// How much, in its unit.
    value: Number,
    /// In what.
    unit: String,
}

impl Example for EnvironmentBody {
    fn example() -> Self {
        let facts = demo::environment();
        Self::new(IdText::example(demo::ENVIRONMENT), IdText::example(demo::INSTITUTION), facts)
    }
}

impl EnvironmentBody {
    fn new(id: IdText, institution_id: IdText, facts: EnvironmentFacts) -> Self {
        let EnvironmentFacts { timestamp, location, measurements, climatized } = facts;
        let text = |text: Text| text.as_str().to_owned();
        let measurement = |Measurement { kind, value, unit }| MeasurementBody {
            kind: text(kind),
            value: Number(value),
            unit: text(unit),
        };
        Self {
            id,
            institution_id,
            location: LocationBody {
                local: text(location.local),
                room: text(location.room),
                latitude: location.latitude.map(text),
                longitude: location.longitude.map(text),
            },
            measurements: measurements.into_iter().map(measurement).collect(),
            climatized,
            timestamp: Time(timestamp),
        }
    }
}

impl From<Environment> for EnvironmentBody {
    fn from(environment: Environment) -> Self {
        let Environment { id, institution, facts } = environment;
        Self::new(IdText::of(id), IdText::of(institution), facts)
    }
}

/// What is needed to store an environment.
#[derive(Object)]
#[oai(rename = "NewEnvironment", example, skip_serializing_if_is_none)]
pub(super) struct NewEnvironmentBody {
    /// When it was measured. Without a zone it is UTC.
    timestamp: GivenTime,
    /// Where.
    location: NewLocationBody,
    /// What was measured.
    #[oai(validator(min_items = 1, max_items = 100))]
    measurements: Vec<NewMeasurementBody>,
    /// Whether the room has an air conditioner; without, it has none.
    climatized: Option<bool>,
}

/// Where a sensor stands.
#[derive(Object)]
#[oai(rename = "NewLocation", skip_serializing_if_is_none)]
pub(super) struct NewLocationBody {
    /// The part of the institution.
    #[oai(validator(min_length = 1, max_length = 256))]
    local: String,
    /// The room.
    #[oai(validator(min_length = 1, max_length = 256))]
    room: String,
    /// In degrees, as text or as a number, which becomes text.
    latitude: Option<GivenDegree>,
    /// In degrees, as text or as a number, which becomes text.
    longitude: Option<GivenDegree>,
}

/// One thing that a sensor measured.
#[derive(Object)]
#[oai(rename = "NewMeasurement")]
pub(super) struct NewMeasurementBody {
    /// What: any word, which is stored in lower case.
    #[oai(rename = "type", validator(min_length = 1, max_length = 256))]
    kind: String,
    /// How much, in its unit.
    value: GivenReal,
    /// In what.
    #[oai(validator(min_length = 1, max_length = 256))]
    unit: String,
}

impl Example for NewEnvironmentBody {
    fn example() -> Self {
        let measurement = |kind: &str, value, unit: &str| NewMeasurementBody {
            kind: kind.to_owned(),
            value: GivenReal::example(value),
            unit: unit.to_owned(),
        };
        Self {
            timestamp: GivenTime::example("2026-01-09T14:40:00Z"),
            location: NewLocationBody {
                local: "Indoor".to_owned(),
                room: "room 01".to_owned(),
                latitude: Some(GivenDegree::example("7.21")),
                longitude: Some(GivenDegree::example("-35.9")),
            },
            measurements: vec![measurement("temperature", 28.5, "°C"), measurement("humidity", 42.2, "%")],
            climatized: Some(true),
        }
    }
}

impl Item for NewEnvironmentBody {
    type New = EnvironmentFacts;
    type Times = Option<Timestamp>;
    type Made = Environment;
    type Shown = EnvironmentBody;
    const KEYS: &'static [&'static str] = &["id", "timestamp", "location", "measurements", "climatized"];

    fn times(item: &Given<'_>) -> Result<Option<Timestamp>, Invalid> {
        for entry in item.get("measurements").and_then(json::array).into_iter().flatten() {
            // Judged, and not kept.
            Given::of(entry, &["timestamp"]).get("timestamp").map(json::instant).transpose()?;
        }
        item.get("timestamp").map(json::instant).transpose()
    }

    fn fields(item: &Given<'_>, timestamp: Option<Timestamp>, owner: Owner<'_>) -> Result<EnvironmentFacts, Invalid> {
        let mut fields = Fields::of(item);
        fields.note(Field::Timestamp, timestamp.is_some());
        owner.id()?;
        let location = fields.required(Field::Location).map(read_location).transpose()?;
        let measurements = match item.get("measurements").and_then(json::array) {
            Some(entries) => Some(read_measurements(&entries, &mut fields)?),
            None => {
                fields.note(Field::Measurements, false);
                None
            }
        };
        let climatized = item.get("climatized").map_or(Ok(false), read_climatized)?;
        match (timestamp, location, measurements) {
            (Some(timestamp), Some(location), Some(measurements)) if fields.is_complete() => {
                Ok(EnvironmentFacts { timestamp, location, measurements, climatized })
            }
            _ => Err(fields.missing()),
        }
    }

    fn shown<'b>(item: &Given<'b>, owner: &str) -> Shown<'b> {
        let location = item.get("location").map(|raw| {
            let given = Given::of(raw, &LOCATION_KEYS);
            let shown = Shown::default().all_given(&["local", "room"], &given);
            Piece::Object(["latitude", "longitude"].into_iter().fold(shown, |shown, key| degrees(shown, key, &given)))
        });
        let measurements = item.get("measurements").and_then(json::array).map(|entries| {
            let entry = |raw| {
                let given = Given::of(raw, &MEASUREMENT_KEYS);
                let word = given.get("type").and_then(json::text).map(|text| Piece::Text(word(&text)));
                let shown = Shown::default().with_some("type", word.or_else(|| given.get("type").map(Piece::Given)));
                shown.all_given(&["value", "unit"], &given)
            };
            Piece::Array(entries.into_iter().map(entry).collect())
        });
        Shown::default()
            .given("id", item)
            .with("institution_id", Piece::Text(owner.to_owned()))
            .with_some("location", location)
            .with_some("measurements", measurements)
            .with("climatized", item.get("climatized").map_or(Piece::False, Piece::Given))
            .time("timestamp", item, time_text)
    }
}

const LOCATION_KEYS: [&str; 4] = ["local", "room", "latitude", "longitude"];
const MEASUREMENT_KEYS: [&str; 3] = ["type", "value", "unit"];

/// What location misses is told at once.
fn read_location(raw: &RawValue) -> Result<Location, Invalid> {
    let given = Given::of(raw, &LOCATION_KEYS);
    let mut fields = Fields::of(&given);
    let (local, room) = (fields.text(Field::Local)?, fields.text(Field::Room)?);
    let degrees = |field: Field, key| match given.get(key).and_then(degrees_text) {
        Some(text) => json::checked(AnyField::Tracking(field), Some(&text)).map(Some),
        None => fields.optional_text(field),
    };
    let latitude = degrees(Field::PlaceLatitude, "latitude")?;
    let longitude = degrees(Field::PlaceLongitude, "longitude")?;
    match local.zip(room) {
        Some((local, room)) => Ok(Location { local, room, latitude, longitude }),
        None => Err(fields.missing()),
    }
}

/// The text that a number becomes.
fn degrees_text(raw: &RawValue) -> Option<String> {
    let number = json::finite(raw)?;
    serde_json::to_string(&Number(number)).ok()
}

/// A latitude or longitude as it would be stored.
fn degrees<'b>(shown: Shown<'b>, key: &'static str, given: &Given<'b>) -> Shown<'b> {
    match given.get(key).and_then(degrees_text) {
        Some(text) => shown.with(key, Piece::Text(text)),
        None => shown.given(key, given),
    }
}

/// The measurements of which nothing is missing; what is, is noted.
fn read_measurements(entries: &[&RawValue], noted: &mut Fields<'_, '_>) -> Result<Vec<Measurement>, Invalid> {
    if entries.is_empty() {
        return Err(Unfit::NoMeasurements.into());
    }
    if entries.len() > MAX_MEASUREMENTS {
        return Err(Unfit::TooManyMeasurements(MAX_MEASUREMENTS).into());
    }
    let mut measurements = Vec::with_capacity(entries.len());
    for raw in entries {
        let given = Given::of(raw, &MEASUREMENT_KEYS);
        let mut fields = Fields::of(&given);
        let kind = fields.trimmed_text(Field::MeasurementType)?;
        let value = fields.number(Field::MeasurementValue, NumberForm::Real)?;
        let unit = fields.text(Field::MeasurementUnit)?;
        noted.note_all(fields.take_missing());
        measurements.extend(kind.zip(value).zip(unit).map(|((kind, value), unit)| Measurement {
            kind: Text::verbatim(word(kind.as_str())),
            value,
            unit,
        }));
    }
    Ok(measurements)
}

/// A word for what is measured, as it is stored.
fn word(given: &str) -> String {
    given.trim().to_lowercase()
}

fn read_climatized(raw: &RawValue) -> Result<bool, Invalid> {
    match raw.get() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Unfit::NotTruth(AnyField::Tracking(Field::Climatized)).into()),
    }
}
