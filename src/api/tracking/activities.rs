//! `/children/{child_id}/physicalactivities`.

use std::borrow::Cow;
use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi};
use serde::Serialize;
use serde_json::value::RawValue;

use super::discontinued::{Discontinued, discontinued};
use super::items::{Answer, Item, Items, Owner};
use super::json::{self, Fields, Object as Given, Piece, Shown};
use super::lists::list_of;
use super::periods::Times;
use super::shapes::{GivenAmount, GivenPositive, GivenTime, GivenWhole, Number, Second};
use crate::api::access::auth::Auth;
use crate::api::http::params::{ListQuery, Path};
use crate::api::http::query::ListShape;
use crate::api::http::reply::{Done, Found, ListPage};
use crate::api::http::schema::IdText;
use crate::api::tracking::catalogue::Tag;
use crate::app::policy::{
    PhysicalActivityCreate, PhysicalActivityDelete, PhysicalActivityList, PhysicalActivityUpdate, PhysicalActivityView,
};
use crate::app::{App, demo};
use crate::model::time::second_text;
use crate::model::tracking::{
    ActivityFacts, ActivityLevel, Field, HeartRate, HeartRateZone, Intensity, PhysicalActivity, ZoneFacts, ZoneField,
};
use crate::model::{Child, Field as AnyField, Invalid, NumberForm, Unfit, query};

pub(in crate::api) struct PhysicalActivitiesApi(pub(super) Arc<App>);

const LIST: ListShape = list_of(query::Page::MAX_LIMIT_NESTED);

#[OpenApi(prefix_path = "/v1/children", tag = "Tag::PhysicalActivities")]
impl PhysicalActivitiesApi {
    /// Store a physical activity of a child, or many
    ///
    /// An object is answered 201; an array of them 207, which says what became of each.
    #[oai(path = "/:child_id/physicalactivities", method = "post", operation_id = "physicalactivity_create")]
    async fn physicalactivity_create(
        &self,
        auth: Auth<PhysicalActivityCreate>,
        child_id: Path<Child>,
        body: Items<NewActivityBody>,
    ) -> poem::Result<Answer<ActivityBody>> {
        let bringing = auth.bringing(&self.0, child_id)?;
        body.store(bringing, |permit, new| self.0.physicalactivity_create(permit, new)).await
    }

    /// List the physical activities of a child
    #[oai(path = "/:child_id/physicalactivities", method = "get", operation_id = "physicalactivity_list")]
    async fn physicalactivity_list(
        &self,
        auth: Auth<PhysicalActivityList>,
        child_id: Path<Child>,
        query: ListQuery,
    ) -> poem::Result<ListPage<ActivityBody>> {
        let permit = auth.permit(&self.0, child_id.data_of()?)?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.physicalactivity_list(permit, query).await?).await
    }

    /// View a physical activity of a child
    #[oai(
        path = "/:child_id/physicalactivities/:physicalactivity_id",
        method = "get",
        operation_id = "physicalactivity_view"
    )]
    async fn physicalactivity_view(
        &self,
        auth: Auth<PhysicalActivityView>,
        child_id: Path<Child>,
        physicalactivity_id: Path<PhysicalActivity>,
    ) -> poem::Result<Found<ActivityBody>> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, physicalactivity_id.id()?))?;
        Ok(Found::of(self.0.physicalactivity_view(permit).await?))
    }

    /// Change a physical activity of a child: discontinued
    ///
    /// Always 405, for those who hold the scope. Nothing of the request is looked at.
    #[oai(
        path = "/:child_id/physicalactivities/:physicalactivity_id",
        method = "patch",
        operation_id = "physicalactivity_update"
    )]
    async fn physicalactivity_update(
        &self,
        _auth: Auth<PhysicalActivityUpdate>,
        #[oai(name = "child_id")] _child_id: Path<Child>,
        #[oai(name = "physicalactivity_id")] _physicalactivity_id: Path<PhysicalActivity>,
    ) -> poem::Result<Discontinued> {
        discontinued()
    }

    /// Delete a physical activity of a child
    #[oai(
        path = "/:child_id/physicalactivities/:physicalactivity_id",
        method = "delete",
        operation_id = "physicalactivity_delete"
    )]
    async fn physicalactivity_delete(
        &self,
        auth: Auth<PhysicalActivityDelete>,
        child_id: Path<Child>,
        physicalactivity_id: Path<PhysicalActivity>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, physicalactivity_id.id()?))?;
        Ok(self.0.physicalactivity_delete(permit).await?.into())
    }
}

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
const INTENSITIES: [(&str, Intensity, IntensityBody); 4] = [
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
pub(super) struct ActivityBody {
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

impl Item for NewActivityBody {
    type New = ActivityFacts;
    type Times = Times;
    type Made = PhysicalActivity;
    type Shown = ActivityBody;
    const KEYS: &'static [&'static str] =
        &["id", "start_time", "end_time", "duration", "name", "calories", "steps", "distance", "levels", "heart_rate"];

    fn times(item: &Given<'_>) -> Result<Times, Invalid> {
        Times::read(item)
    }

    fn fields(item: &Given<'_>, times: Times, owner: Owner<'_>) -> Result<ActivityFacts, Invalid> {
        let mut fields = Fields::of(item);
        let period = times.period(&mut fields)?;
        owner.id()?;
        let name = fields.trimmed_text(AnyField::Name)?;
        let calories = fields.number(Field::Calories, NumberForm::Amount)?;
        let steps = fields.optional_whole(Field::Steps)?;
        let distance = fields.optional_number(Field::Distance, NumberForm::Amount)?;
        let levels = item.get("levels").and_then(given_levels).map(|levels| read_levels(&levels)).transpose()?;
        let heart_rate = item.get("heart_rate").filter(|raw| is_given(raw)).map(read_heart_rate).transpose()?;
        match (period, name, calories) {
            (Some(period), Some(name), Some(calories)) => {
                Ok(ActivityFacts { period, name, calories, steps, distance, levels, heart_rate })
            }
            _ => Err(fields.missing()),
        }
    }

    fn shown<'b>(item: &Given<'b>, owner: &str) -> Shown<'b> {
        let shown = Shown::default()
            .given("id", item)
            .time("start_time", item, second_text)
            .time("end_time", item, second_text)
            .given("duration", item)
            .with("child_id", Piece::Text(owner.to_owned()))
            .trimmed("name", item)
            .given("calories", item)
            .given("steps", item)
            .given("distance", item);
        let levels = item.get("levels").and_then(given_levels).map(|levels| {
            let level = |raw| Shown::default().all_given(&LEVEL_KEYS, &Given::of(raw, &LEVEL_KEYS));
            Piece::Array(levels.into_iter().map(level).collect())
        });
        let heart_rate = item.get("heart_rate").filter(|raw| is_given(raw)).map(|raw| {
            let given = Given::of(raw, &HEART_RATE_KEYS);
            let zones = HEART_RATE_KEYS[1..].iter().filter_map(|key| Some((*key, given.get(key)?)));
            zones.fold(Shown::default().given("average", &given), |shown, (key, raw)| {
                let zone = Shown::default().all_given(&ZONE_KEYS, &Given::of(raw, &ZONE_KEYS));
                shown.with(key, Piece::Object(zone))
            })
        });
        shown.with_some("levels", levels).with_some("heart_rate", heart_rate.map(Piece::Object))
    }
}

const LEVEL_KEYS: [&str; 2] = ["name", "duration"];
const HEART_RATE_KEYS: [&str; 5] = ["average", "out_of_range_zone", "fat_burn_zone", "cardio_zone", "peak_zone"];
const ZONE_KEYS: [&str; 3] = ["min", "max", "duration"];

/// The entries of levels that are given: an array that holds some.
fn given_levels(raw: &RawValue) -> Option<Vec<&RawValue>> {
    json::array(raw).filter(|entries| !entries.is_empty())
}

fn read_levels(entries: &[&RawValue]) -> Result<[ActivityLevel; 4], Invalid> {
    let (mut missing, mut intensities, mut levels) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        let entry = Given::of(entry, &LEVEL_KEYS);
        let mut fields = Fields::of(&entry);
        let intensity = fields.required(Field::LevelName).map(read_intensity).transpose()?;
        let duration = fields.whole(Field::LevelDuration)?;
        missing.append(&mut fields.take_missing());
        intensities.extend(intensity);
        levels.extend(intensity.zip(duration).map(|(intensity, duration)| ActivityLevel { intensity, duration }));
    }
    if intensities.len() != 4 || !Intensity::ALL.iter().all(|known| intensities.contains(known)) {
        return Err(Unfit::LevelsIncomplete.into());
    }
    match levels.try_into() {
        Ok(levels) if missing.is_empty() => Ok(levels),
        _ => Err(Invalid::Missing(missing)),
    }
}

fn read_intensity(raw: &RawValue) -> Result<Intensity, Invalid> {
    let name = json::text(raw).unwrap_or(Cow::Borrowed(""));
    let known = INTENSITIES.iter().find(|(known, ..)| *known == name).map(|(_, intensity, _)| *intensity);
    known.ok_or_else(|| Unfit::LevelName.into())
}

/// `null`, `false`, `0` and `""` are as if nothing was given.
fn is_given(raw: &RawValue) -> bool {
    !matches!(raw.get(), "null" | "false" | "\"\"") && raw.get().parse() != Ok(0.0)
}

fn read_heart_rate(raw: &RawValue) -> Result<HeartRate, Invalid> {
    let given = Given::of(raw, &HEART_RATE_KEYS);
    let mut fields = Fields::of(&given);
    let average = fields.positive(Field::HeartRateAverage)?;
    let (mut zones, mut unfit) = (Vec::new(), Vec::new());
    for zone in HeartRateZone::ALL {
        if let Some(raw) = fields.required(Field::Zone(zone)) {
            zones.extend(read_zone(zone, raw, &mut fields, &mut unfit)?);
        }
    }
    match (average, <[ZoneFacts; 4]>::try_from(zones)) {
        (Some(average), Ok(zones)) => Ok(HeartRate { average, zones }),
        _ if fields.is_complete() => Err(Unfit::Number(unfit, NumberForm::Positive).into()),
        _ => Err(fields.missing()),
    }
}

/// `None` if something of it is missing, which is noted, or unfit, which is remembered.
fn read_zone(
    zone: HeartRateZone,
    raw: &RawValue,
    noted: &mut Fields<'_, '_>,
    unfit: &mut Vec<AnyField>,
) -> Result<Option<ZoneFacts>, Invalid> {
    let given = Given::of(raw, &ZONE_KEYS);
    let mut fields = Fields::of(&given);
    let mut rate = |field| {
        let field = Field::OfZone(zone, field);
        let rate = fields.required(field).map(|raw| json::whole(raw, NumberForm::Positive));
        if rate == Some(None) {
            unfit.push(field.into());
        }
        rate.flatten()
    };
    let (min, max) = (rate(ZoneField::Min), rate(ZoneField::Max));
    let duration = fields.whole(Field::OfZone(zone, ZoneField::Duration))?;
    noted.note_all(fields.take_missing());
    Ok(min.zip(max).zip(duration).map(|((min, max), duration)| ZoneFacts { min, max, duration }))
}
