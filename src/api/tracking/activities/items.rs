//! Physical activities that are sent, judged in the contract's order (tracking, section 6).

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::shapes::{ActivityBody, INTENSITIES, NewActivityBody};
use crate::api::tracking::item::{Item, Owner};
use crate::api::tracking::json::{self, Fields, Object as Given, Piece, Shown};
use crate::api::tracking::periods::Times;
use crate::model::time::second_text;
use crate::model::tracking::{
    ActivityFacts, ActivityLevel, Field, HeartRate, HeartRateZone, Intensity, PhysicalActivity, ZoneFacts, ZoneField,
};
use crate::model::{Field as AnyField, Invalid, NumberForm, Unfit};

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
