//! Each source: what is read of files that were made of a life is what was done in it, day by day.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::date;
use serde_json::{Value, json};

use super::made::{Life, apple, gadgetbridge, health_connect, life, takeout, withings, zipped};
use super::{ATHENS, Given, Made, Wearables, one, read_made, stores};
use crate::support::holds;

/// Where whoever computes anew what is stored wants the files, if anybody does.
fn wanted_at() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test is steered from outside")]
    std::env::var_os("OCARIOT_MADE_FILES").map(PathBuf::from)
}

/// Days over two changes of the clock, or over two years.
fn lives() -> Vec<Life> {
    let days = if wanted_at().is_some() { 731 } else { 240 };
    let zones = ["Europe/Athens", "America/Sao_Paulo", "Asia/Kathmandu"];
    let from = date(2022, 3, 10);
    zones.into_iter().zip(1..).map(|(zone, seed)| life(seed, zone, from, days)).collect()
}

/// What is stored of the days of a life, by the name of the total.
fn days(stored: &Value, total: &str) -> BTreeMap<String, f64> {
    let logs = stored["logs"].as_array().unwrap().iter();
    logs.filter_map(|log| Some((log["date"].as_str()?.to_owned(), log[total].as_f64()?))).collect()
}

fn expected(life: &Life, total: impl Fn(&super::made::Day) -> f64) -> BTreeMap<String, f64> {
    life.days.iter().filter(|day| day.worn).map(|day| (day.date.to_string(), total(day))).collect()
}

fn second(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The nights as they are to be stored: start, end, and each part.
fn nights(life: &Life) -> Vec<Value> {
    let night = |night: &super::made::Night| {
        let parts: Vec<_> = night
            .parts()
            .map(|(begins, stage, seconds)| {
                let name = if stage == "wake" { "awake" } else { stage };
                json!({"start_time": second(begins), "name": name, "duration": seconds * 1000})
            })
            .collect();
        json!([second(night.start), second(night.end()), "stages", parts])
    };
    let mut nights: Vec<_> = life.nights.iter().map(night).collect();
    nights.sort_by_key(ToString::to_string);
    nights
}

fn stored_nights(stored: &Value) -> Vec<Value> {
    let night =
        |night: &Value| json!([night["start_time"], night["end_time"], night["type"], night["pattern"]["data_set"]]);
    let mut nights: Vec<_> = stored["sleep"].as_array().unwrap().iter().map(night).collect();
    nights.sort_by_key(ToString::to_string);
    nights
}

fn weights(life: &Life) -> BTreeMap<String, (f64, Option<f64>)> {
    let weight = |weighing: &super::made::Weighing| {
        let fat = weighing.fat.map(|fat| f64::from(fat) / 10.0);
        (second(weighing.time), (f64::from(weighing.grams) / 1000.0, fat))
    };
    life.weights.iter().map(weight).collect()
}

fn stored_weights(stored: &Value) -> BTreeMap<String, (f64, Option<f64>)> {
    let weight = |weight: &Value| {
        assert_eq!(weight["unit"], "kg");
        let time = weight["timestamp"].as_str().unwrap().to_owned();
        (time, (weight["value"].as_f64().unwrap(), weight["body_fat"].as_f64()))
    };
    stored["weights"].as_array().unwrap().iter().map(weight).collect()
}

/// Of workouts when they began, how long they were, calories and metres.
fn workouts(life: &Life) -> Vec<Value> {
    let workout = |workout: &super::made::Workout| {
        let (calories, metres) = (workout.calories, workout.metres);
        json!([second(workout.start), workout.minutes * 60_000, calories, metres])
    };
    life.workouts.iter().map(workout).collect()
}

fn stored_workouts(stored: &Value) -> Vec<Value> {
    let workout = |activity: &Value| {
        json!([activity["start_time"], activity["duration"], activity["calories"], activity["distance"]])
    };
    let mut found: Vec<_> = stored["physicalactivities"].as_array().unwrap().iter().map(workout).collect();
    found.sort_by_key(|workout| workout[0].as_str().unwrap().to_owned());
    found
}

/// Imports files, a second time nothing, and takes them back: what was there in between, and what its plan said.
async fn round(files: &[Made], answers: Given<'_>) -> Value {
    let w = Wearables::new().await;
    let before = w.stored().await;
    let reading = read_made(files, answers).unwrap();
    let plan = w.plan(&reading).await;
    assert_eq!(w.stored().await, before, "a plan writes nothing");
    assert!(plan.open().next().is_none(), "{:?}", plan.questions);
    let applied = w.apply(&reading).await;
    assert_eq!(applied.created + applied.changed, stores(&plan), "{applied:?}");
    let stored = w.stored().await;
    let again = read_made(files, answers).unwrap();
    assert_eq!(again, reading, "a file is read as it was read before");
    assert_eq!(stores(&w.plan(&again).await), 0);
    assert_eq!(w.apply(&again).await.import, None, "a second time changes nothing");
    assert_eq!(w.stored().await, stored);
    let undone = w.undo(applied.import.unwrap()).await;
    assert_eq!((undone.left_in_all, undone.put_back), (0, 0), "{:?}", undone.left);
    assert_eq!(w.stored().await, before, "all of it is taken back");
    assert_eq!(w.sql("SELECT count(*) FROM wearable_row"), 0);
    for file in std::fs::read_dir(w.world.folder.path()).unwrap() {
        let Ok(bytes) = std::fs::read(file.unwrap().path()) else { continue };
        for personal in ["Anna's", "Anna’s", "Anna Doe", "AnnaDoe", "AA:BB:CC"] {
            assert!(!holds(&bytes, personal), "{personal} reached the disk");
        }
    }
    let said = serde_json::to_string(&(reading, plan)).unwrap();
    assert!(!said.contains("Anna") && !said.contains("AA:BB:CC") && !said.contains("Doe"), "and nobody is told");
    stored
}

#[tokio::test]
async fn withings_weights_are_those_of_the_scale_in_either_unit() {
    for life in lives() {
        let zone = ("zone", life.zone.iana_name().unwrap());
        for unit in ["kg", "lb"] {
            let stored = round(&one("weight.csv", withings::csv(&life, unit)), &[zone]).await;
            assert_eq!(stored_weights(&stored), weights(&life), "{unit}");
        }
    }
}

#[tokio::test]
async fn gadgetbridge_steps_are_those_of_the_band_that_was_worn() {
    for life in lives() {
        let zone = ("zone", life.zone.iana_name().unwrap());
        let database = gadgetbridge::bytes(&life);
        let plain = round(&one("Gadgetbridge.db", database.clone()), &[zone]).await;
        assert_eq!(days(&plain, "steps"), expected(&life, super::made::Day::total));
        assert_eq!(stored_weights(&plain).len(), life.weights.len());
        assert!(stored_weights(&plain).values().zip(weights(&life).values()).all(|(found, made)| found.0 == made.0));
        assert_eq!(stored_workouts(&plain), workouts(&life));
        let zip =
            zipped(&[("files/x.gpx".to_owned(), b"GPS".to_vec()), ("database/Gadgetbridge".to_owned(), database)]);
        assert_eq!(round(&one("export.zip", zip), &[zone]).await, plain);
    }
}

#[tokio::test]
async fn health_connect_is_read_in_each_schema_with_the_day_of_each_record() {
    for life in lives() {
        for newer in [false, true] {
            let zip = zipped(&[("health_connect_export.db".to_owned(), health_connect::bytes(&life, newer))]);
            let stored = round(&one("Connessione Salute.zip", zip), &[]).await;
            assert_eq!(days(&stored, "steps"), expected(&life, super::made::Day::total));
            assert_eq!(
                days(&stored, "calories"),
                expected(&life, |day| ((1200.0 + day.total() * 0.04) * 100.0).round() / 100.0)
            );
            assert_eq!(stored_nights(&stored), nights(&life));
            assert_eq!(stored_weights(&stored), weights(&life));
            assert_eq!(stored_workouts(&stored), workouts(&life));
        }
    }
}

#[tokio::test]
async fn apple_health_is_read_with_one_of_phone_and_watch_for_each_day() {
    for life in lives() {
        let zone = ("zone", life.zone.iana_name().unwrap());
        let zip = zipped(&[
            ("apple_health_export/Εξαγωγή.xml".to_owned(), apple::xml(&life).into_bytes()),
            ("apple_health_export/export_cda.xml".to_owned(), b"<ClinicalDocument/>".to_vec()),
        ]);
        let stored = round(&one("export.zip", zip), &[zone]).await;
        assert_eq!(days(&stored, "steps"), expected(&life, super::made::Day::total));
        assert_eq!(
            days(&stored, "calories"),
            expected(&life, |day| ((1200.0 + day.total() * 0.04) * 100.0).round() / 100.0)
        );
        assert_eq!(stored_nights(&stored), nights(&life));
        assert_eq!(stored_weights(&stored), weights(&life));
        assert_eq!(stored_workouts(&stored), workouts(&life));
    }
}

#[tokio::test]
async fn fitbits_archive_is_read_whole_split_in_zips_and_as_a_folder() {
    for life in lives() {
        let answers = [("exercise-times", "utc"), ("weight-unit", "lb")];
        let files = takeout::fitbit(&life, "Takeout/Fitbit/", "lb");
        let whole = round(&one("takeout.zip", zipped(&files)), &answers).await;
        assert_eq!(days(&whole, "steps"), expected(&life, super::made::Day::total));
        assert_eq!(days(&whole, "active_minutes"), expected(&life, |day| f64::from(day.fairly + day.very)));
        assert_eq!(days(&whole, "lightly_active_minutes"), expected(&life, |day| f64::from(day.lightly)));
        assert_eq!(days(&whole, "sedentary_minutes"), expected(&life, |day| f64::from(day.sedentary())));
        let burnt = |day: &super::made::Day| {
            let each =
                day.steps.iter().map(|(_, steps)| format!("{:.2}", f64::from(*steps) / 20.0).parse::<f64>().unwrap());
            ((1200.0 + each.sum::<f64>()) * 100.0).round() / 100.0
        };
        assert_eq!(days(&whole, "calories"), expected(&life, burnt));
        assert_eq!(stored_nights(&whole), nights(&life));
        assert_eq!(stored_weights(&whole), weights(&life));
        assert_eq!(stored_workouts(&whole), workouts(&life));
        let (first, second): (Vec<_>, Vec<_>) = files.iter().cloned().enumerate().partition(|(at, _)| at % 2 == 0);
        let part = |part: Vec<(usize, Made)>| zipped(&part.into_iter().map(|(_, file)| file).collect::<Vec<_>>());
        let split = [("takeout-001.zip".to_owned(), part(first)), ("takeout-002.zip".to_owned(), part(second))];
        assert_eq!(round(&split, &answers).await, whole);
        let older = takeout::fitbit(&life, "MyFitbitData/AnnaDoe/", "lb");
        assert_eq!(round(&older, &answers).await, whole, "the older layout, as a folder");
    }
}

#[tokio::test]
async fn google_healths_archive_is_read_with_one_source_for_each_day() {
    for life in lives() {
        let files = takeout::google(&life, "Takeout/Google Health/");
        let stored = round(&one("takeout.zip", zipped(&files)), &[]).await;
        assert_eq!(days(&stored, "steps"), expected(&life, super::made::Day::total));
        assert_eq!(days(&stored, "active_minutes"), expected(&life, |day| f64::from(day.fairly + day.very)));
        assert_eq!(days(&stored, "lightly_active_minutes"), expected(&life, |day| f64::from(day.lightly)));
        assert_eq!(stored_nights(&stored), nights(&life));
        assert_eq!(stored_weights(&stored), weights(&life));
        assert_eq!(stored_workouts(&stored), workouts(&life));
    }
}

#[tokio::test]
async fn both_forms_of_one_archive_are_not_added_up() {
    let life = life(5, ATHENS.1, date(2022, 3, 20), 20);
    let mut files = takeout::fitbit(&life, "Takeout/Google Health/", "kg");
    files.extend(
        takeout::google(&life, "Takeout/Google Health/").into_iter().filter(|(path, _)| !path.contains("Profile")),
    );
    let answers = [("exercise-times", "utc"), ("weight-unit", "kg")];
    let stored = round(&one("takeout.zip", zipped(&files)), &answers).await;
    assert_eq!(days(&stored, "steps"), expected(&life, super::made::Day::total));
    assert_eq!(stored_nights(&stored), nights(&life));
    assert_eq!(stored_workouts(&stored), workouts(&life));
    assert_eq!(stored_weights(&stored).len(), life.weights.len());
}

/// The files of a source, as they lie in a folder.
fn files_of(life: &Life) -> [(&'static str, Vec<Made>); 5] {
    [
        ("withings", one("weight.csv", withings::csv(life, "kg"))),
        ("gadgetbridge", one("Gadgetbridge.db", gadgetbridge::bytes(life))),
        ("health_connect", one("health_connect_export.db", health_connect::bytes(life, true))),
        ("apple_health", one("export.xml", apple::xml(life))),
        ("fitbit_takeout", takeout::fitbit(life, "Takeout/Fitbit/", "kg")),
    ]
}

#[tokio::test]
#[ignore = "writes files for tests/wearables/run, which computes anew what is in them"]
async fn made_files_are_written_for_an_independent_calculation() {
    let folder = wanted_at().unwrap();
    for (number, life) in lives().iter().enumerate() {
        let folder = folder.join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        let zone = life.zone.iana_name().unwrap();
        std::fs::write(folder.join("zone"), zone).unwrap();
        for (source, files) in files_of(life) {
            let w = Wearables::new().await;
            let answers = [("zone", zone), ("exercise-times", "utc"), ("weight-unit", "kg")];
            w.apply(&read_made(&files, &answers).unwrap()).await;
            for (path, bytes) in &files {
                let path = folder.join(source).join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
            let stored = serde_json::to_vec(&w.stored().await).unwrap();
            std::fs::write(folder.join(format!("{source}.json")), stored).unwrap();
        }
    }
}
