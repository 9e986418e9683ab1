//! Random data, sent to a world.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::sample::select;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{Client, World};

/// How many items are sent to each list.
const ITEMS: usize = 25;
/// Seconds from one registration to the next.
const APART: i64 = 40 * 60;

const WORDS: [&str; 8] = ["a", "A1", "a10", "A9", "João", "joao", "10", "9.50"];

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Id,
    /// A number or text.
    Plain,
    Truth,
    Time,
}

/// An item: its values by the names of their fields, times as milliseconds and as they are shown.
#[derive(Debug)]
pub struct Row {
    pub id: String,
    pub values: Value,
    pub times: BTreeMap<&'static str, i64>,
    pub registered: i64,
}

pub struct List {
    pub path: String,
    pub collection: &'static str,
    pub fields: &'static [(&'static str, Kind)],
    pub rows: Vec<Row>,
}

const WEIGHT: &[(&str, Kind)] = &[
    ("id", Kind::Id),
    ("timestamp", Kind::Time),
    ("value", Kind::Plain),
    ("unit", Kind::Plain),
    ("body_fat", Kind::Plain),
];
const BODY_FAT: &[(&str, Kind)] =
    &[("id", Kind::Id), ("timestamp", Kind::Time), ("value", Kind::Plain), ("unit", Kind::Plain)];
const SLEEP: &[(&str, Kind)] = &[
    ("id", Kind::Id),
    ("start_time", Kind::Time),
    ("end_time", Kind::Time),
    ("duration", Kind::Plain),
    ("type", Kind::Plain),
];
const ACTIVITY: &[(&str, Kind)] = &[
    ("id", Kind::Id),
    ("start_time", Kind::Time),
    ("end_time", Kind::Time),
    ("duration", Kind::Plain),
    ("name", Kind::Plain),
    ("calories", Kind::Plain),
    ("steps", Kind::Plain),
    ("distance", Kind::Plain),
    ("heart_rate.average", Kind::Plain),
    ("heart_rate.peak_zone.max", Kind::Plain),
    ("heart_rate.cardio_zone.duration", Kind::Plain),
];
const ENVIRONMENT: &[(&str, Kind)] = &[
    ("id", Kind::Id),
    ("timestamp", Kind::Time),
    ("climatized", Kind::Truth),
    ("location.local", Kind::Plain),
    ("location.room", Kind::Plain),
    ("location.latitude", Kind::Plain),
    ("location.longitude", Kind::Plain),
];

fn pick<T: Clone + std::fmt::Debug + 'static>(dice: &mut TestRunner, from: &[T]) -> T {
    select(from.to_vec()).new_tree(dice).unwrap().current()
}

/// Perhaps one of them.
fn perhaps<T: Clone + std::fmt::Debug + 'static>(dice: &mut TestRunner, from: &[T]) -> Option<T> {
    pick(dice, &[true, true, false]).then(|| pick(dice, from))
}

/// Milliseconds of a time, of few.
fn instant(dice: &mut TestRunner) -> i64 {
    let days = pick(dice, &[0, 1, 2]);
    1_559_347_200_000 + 86_400_000 * days + pick(dice, &[0, 1000, 61_000]) + pick(dice, &[0, 1, 500, 999])
}

pub fn time(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

/// A body to be sent, and its values: those that have the name of their key, and others.
fn random(collection: &str, dice: &mut TestRunner) -> (Value, Value, BTreeMap<&'static str, i64>) {
    let at = instant(dice);
    let word = |dice: &mut TestRunner| pick(dice, &WORDS);
    match collection {
        "weights" => {
            let mut body = json!({"value": pick(dice, &[9.0, 9.5, 10.0, 100.0, 1e16]), "unit": word(dice)});
            if let Some(fat) = perhaps(dice, &[9.0, 20.5, 100.0]) {
                body["body_fat"] = json!(fat);
            }
            (with_time(&body, at), body, BTreeMap::from([("timestamp", at)]))
        }
        "bodyfats" => {
            let mut body = json!({"value": pick(dice, &[9.0, 9.5, 10.0])});
            let sent = with_time(&body, at);
            body["unit"] = json!("%");
            (sent, body, BTreeMap::from([("timestamp", at)]))
        }
        "environments" => {
            let mut location = json!({"local": word(dice), "room": word(dice)});
            for key in ["latitude", "longitude"] {
                if let Some(degrees) = perhaps(dice, &["7.21", "-35.9", "x", "010", "10"]) {
                    location[key] = json!(degrees);
                }
            }
            let climatized = pick(dice, &[true, false]);
            let mut body = json!({"location": location, "climatized": climatized,
                "measurements": [{"type": "a", "value": 1, "unit": "b"}]});
            body = with_time(&body, at);
            let mut values = json!({"climatized": climatized.to_string()});
            for (key, value) in location.as_object().unwrap() {
                values[format!("location.{key}")] = value.clone();
            }
            (body, values, BTreeMap::from([("timestamp", at)]))
        }
        _ => {
            let duration = pick(dice, &[1, 500, 1000, 60_000, 86_400_000]);
            let period = json!({"start_time": time(at).to_string(), "end_time": time(at + duration).to_string(),
                "duration": duration});
            let mut values = json!({"duration": duration});
            let mut body = period;
            if collection == "sleep" {
                let (kind, name) = pick(dice, &[("classic", "asleep"), ("stages", "rem")]);
                values["type"] = json!(kind);
                body["type"] = json!(kind);
                let entry = json!({"start_time": time(at).to_string(), "name": name, "duration": duration});
                body["pattern"] = json!({"data_set": [entry]});
            } else {
                activity(dice, &mut body, &mut values);
            }
            (body, values, BTreeMap::from([("start_time", at), ("end_time", at + duration)]))
        }
    }
}

fn with_time(body: &Value, at: i64) -> Value {
    let mut body = body.clone();
    body["timestamp"] = json!(time(at).to_string());
    body
}

fn activity(dice: &mut TestRunner, body: &mut Value, values: &mut Value) {
    let mut put = |key: &str, value: Value| {
        body[key] = value.clone();
        values[key] = value;
    };
    put("name", json!(pick(dice, &WORDS)));
    put("calories", json!(pick(dice, &[9.0, 9.5, 100.0])));
    if let Some(steps) = perhaps(dice, &[9, 10, 1000]) {
        put("steps", json!(steps));
    }
    if let Some(distance) = perhaps(dice, &[0.5, 9.0, 10.0]) {
        put("distance", json!(distance));
    }
    if let Some(average) = perhaps(dice, &[9, 90, 100]) {
        let (max, duration) = (pick(dice, &[100, 200]), pick(dice, &[0, 5, 1000]));
        let zone = |max, duration| json!({"min": 1, "max": max, "duration": duration});
        body["heart_rate"] = json!({"average": average, "out_of_range_zone": zone(7, 7), "fat_burn_zone": zone(7, 7),
            "cardio_zone": zone(7, duration), "peak_zone": zone(max, 7)});
        values["heart_rate.average"] = json!(average);
        values["heart_rate.peak_zone.max"] = json!(max);
        values["heart_rate.cardio_zone.duration"] = json!(duration);
    }
}

impl List {
    /// A time as this list shows it.
    pub fn shown(&self, millisecond: i64) -> String {
        match self.collection {
            "bodyfats" | "environments" => format!("{:.3}", time(millisecond)),
            _ => time(millisecond - millisecond.rem_euclid(1000)).to_string().replace('Z', ""),
        }
    }

    /// Sends an item; one that is there already is left out.
    async fn add(&mut self, client: &Client, dice: &mut TestRunner, now: i64) {
        let (body, mut values, times) = random(self.collection, dice);
        let reply = client.post(&self.path, body).await;
        if reply.status != 409 {
            for (field, at) in &times {
                values[*field] = json!(self.shown(*at));
            }
            let id = reply.is(201).id();
            values["id"] = json!(id);
            self.rows.push(Row { id, values, times, registered: now });
        }
    }
}

/// A world and its lists, filled item by item.
pub async fn filled(dice: &mut TestRunner) -> (World, Client, Vec<List>, i64) {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let mut lists = Vec::new();
    for (collection, fields) in [
        ("weights", WEIGHT),
        ("bodyfats", BODY_FAT),
        ("sleep", SLEEP),
        ("physicalactivities", ACTIVITY),
        ("environments", ENVIRONMENT),
    ] {
        let path = match collection {
            "environments" => format!("/v1/institutions/{}/{collection}", school.institution),
            _ => format!("/v1/children/{}/{collection}", admin.make_child(&school.institution).await),
        };
        lists.push(List { path, collection, fields, rows: Vec::new() });
    }
    let first = world.clock.now().as_second();
    for _ in 0..ITEMS {
        for list in &mut lists {
            list.add(&school.application.client, dice, world.clock.now().as_second()).await;
        }
        world.clock.advance(APART);
    }
    (world, school.application.client.clone(), lists, first)
}
