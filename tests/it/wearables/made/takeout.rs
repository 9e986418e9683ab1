use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Life;

fn american(time: DateTime) -> String {
    time.strftime("%m/%d/%y %H:%M:%S").to_string()
}

fn iso(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.000").to_string()
}

/// Fitbit's own files, below `root`: steps in UTC, calories and days in local time, nights in local time without a zone;
/// unworn days padded; kinds of which there are none; much that is of no use; a profile.
pub fn fitbit(life: &Life, root: &str, calories_unit: &str) -> Vec<(String, Vec<u8>)> {
    let utc = |time: Timestamp| TimeZone::UTC.to_datetime(time);
    let local = |time: Timestamp| life.zone.to_datetime(time);
    let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (number, day) in life.days.iter().enumerate() {
        let of = |kind: &str| format!("{kind}-{}.json", life.days[number / 30 * 30].date);
        let midnight = american(day.date.at(0, 0, 0, 0));
        let minutes = [
            ("sedentary_minutes", day.sedentary()),
            ("lightly_active_minutes", day.lightly),
            ("moderately_active_minutes", day.fairly),
            ("very_active_minutes", day.very),
        ];
        for (kind, value) in minutes {
            files.entry(of(kind)).or_default().push(json!({"dateTime": midnight, "value": value.to_string()}));
        }
        for (time, steps) in &day.steps {
            files
                .entry(of("steps"))
                .or_default()
                .push(json!({"dateTime": american(utc(*time)), "value": steps.to_string()}));
            let burnt = format!("{:.2}", f64::from(*steps) / 20.0);
            files.entry(of("calories")).or_default().push(json!({"dateTime": american(local(*time)), "value": burnt}));
        }
        let noon = day.date.at(12, 0, 0, 0);
        files.entry(of("steps")).or_default().push(json!({"dateTime": american(noon), "value": "0"}));
        files.entry(of("calories")).or_default().push(json!({"dateTime": american(noon), "value": "1200"}));
        files
            .entry(of("heart_rate"))
            .or_default()
            .push(json!({"dateTime": midnight, "value": {"bpm": 80, "confidence": 3}}));
    }
    for night in &life.nights {
        let parts: Vec<_> = night
            .parts()
            .map(|(begins, stage, seconds)| json!({"dateTime": iso(local(begins)), "level": stage, "seconds": seconds}))
            .collect();
        let name = format!("sleep-{}.json", local(night.start).date().first_of_month());
        let length = night.end().as_millisecond() - night.start.as_millisecond();
        files.entry(name).or_default().push(json!({
            "logId": night.id, "dateOfSleep": local(night.end()).date().to_string(), "startTime": iso(local(night.start)),
            "endTime": iso(local(night.end())), "duration": length, "minutesToFallAsleep": 0, "efficiency": 90, "type": "stages",
            "levels": {"summary": {"deep": {"count": 1, "minutes": 1}}, "data": parts, "shortData": [{"dateTime": iso(local(night.start)), "level": "wake", "seconds": 30}]},
            "mainSleep": true
        }));
    }
    for (number, workout) in life.workouts.iter().enumerate() {
        let zones = [("Out of Range", 30, 91), ("Fat Burn", 91, 127), ("Cardio", 127, 154), ("Peak", 154, 220)];
        let zones: Vec<_> = zones
            .iter()
            .map(|(name, min, max)| json!({"name": name, "min": min, "max": max, "minutes": 5, "caloriesOut": 1.5}))
            .collect();
        let levels: Vec<_> =
            ["sedentary", "lightly", "fairly", "very"].iter().map(|name| json!({"minutes": 3, "name": name})).collect();
        files.entry(format!("exercise-{}.json", number / 100 * 100)).or_default().push(json!({
            "logId": workout.id, "activityName": "Run", "activityTypeId": 90009, "activityLevel": levels, "averageHeartRate": 130,
            "calories": workout.calories, "duration": workout.minutes * 60_000, "activeDuration": workout.minutes * 60_000, "steps": workout.steps,
            "heartRateZones": zones, "startTime": american(utc(workout.start)), "distance": f64::from(workout.metres) / 1000.0,
            "distanceUnit": "Kilometer", "logType": "tracker"
        }));
    }
    let size = if calories_unit == "lb" { 453.592_37 } else { 1000.0 };
    for weighing in &life.weights {
        let time = local(weighing.time);
        let mut entry = json!({
            "logId": weighing.time.as_millisecond(), "weight": f64::from(weighing.grams) / size, "bmi": 18.0,
            "date": time.strftime("%m/%d/%y").to_string(), "time": time.strftime("%H:%M:%S").to_string(), "source": "Aria"
        });
        if let Some(fat) = weighing.fat {
            entry["fat"] = json!(f64::from(fat) / 10.0);
        }
        files.entry(format!("weight-{}.json", time.date().first_of_month())).or_default().push(entry);
    }
    let mut all: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .map(|(name, array)| (format!("{root}Global Export Data/{name}"), serde_json::to_vec_pretty(&array).unwrap()))
        .collect();
    all.push((format!("{root}Global Export Data/steps-2001-01-01.json"), b"no data".to_vec()));
    all.push((format!("{root}Global Export Data/time_in_heart_rate_zones-2001-01-01.json"), b"{not read".to_vec()));
    let zone = life.zone.iana_name().unwrap();
    let profile = format!(
        "id,full_name,first_name,last_name,date_of_birth,child,country,state,city,timezone,locale\r\n\
                           ABC123,Anna Doe,Anna,Doe,2013-01-02,true,GR,,Athens,{zone},el_GR\r\n"
    );
    all.push((format!("{root}Your Profile/Profile.csv"), profile.into_bytes()));
    all
}

/// Google's own files: a folder for each kind, rows once for each source.
pub fn google(life: &Life, root: &str) -> Vec<(String, Vec<u8>)> {
    let zulu = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut row = |folder: &str, name: String, header: &str, row: String| {
        let text = files.entry(format!("{root}{folder}/{name}.csv")).or_insert_with(|| format!("{header}\n"));
        text.push_str(&row);
        text.push('\n');
    };
    let physical = "Physical Activity_GoogleData";
    for day in &life.days {
        let month = day.date.first_of_month();
        for (time, steps) in &day.steps {
            row(
                &format!("{physical}/steps"),
                format!("steps_{month}"),
                "timestamp,steps,data source",
                format!("{},{steps},Anna's Tracker", zulu(*time)),
            );
        }
        if let Some((time, steps)) = day.steps.get(1) {
            row(
                &format!("{physical}/steps"),
                format!("steps_{month}"),
                "timestamp,steps,data source",
                format!("{},{steps},Phone", zulu(*time)),
            );
        }
        let header = "timestamp,light,moderate,very,data source";
        let (light, fairly, very) = (day.lightly, day.fairly, day.very);
        row(
            &format!("{physical}/active_minutes"),
            format!("{month}"),
            header,
            format!("{}T00:00:00Z,{light},{fairly},{very},Anna's Tracker", day.date),
        );
        row(
            &format!("{physical}/active_minutes"),
            format!("{month}"),
            header,
            format!("{}T00:00:00Z,NaN,NaN,NaN,Phone", day.date),
        );
    }
    for weighing in &life.weights {
        row(
            physical,
            "weight".to_owned(),
            "timestamp,weight grams,data source",
            format!("{},{},Scale", zulu(weighing.time), weighing.grams),
        );
        if let Some(fat) = weighing.fat {
            row(
                physical,
                "body_fat".to_owned(),
                "timestamp,body fat percentage,data source",
                format!("{},{},Scale", zulu(weighing.time), f64::from(fat) / 10.0),
            );
        }
    }
    let health = "Health Fitness Data_GoogleData";
    let offset = |time: Timestamp| {
        let minutes = life.zone.to_offset(time).seconds() / 60;
        format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
    };
    for night in &life.nights {
        let month = life.zone.to_datetime(night.start).date().first_of_month();
        let header = "sleep_id,sleep_type,start_utc_offset,sleep_start,end_utc_offset,sleep_end,data_source";
        row(
            health,
            format!("UserSleeps_{month}"),
            header,
            format!(
                "{},STAGES,{},{},{},{},Anna's Tracker",
                night.id,
                offset(night.start),
                zulu(night.start),
                offset(night.end()),
                zulu(night.end())
            ),
        );
        let header = "sleep_id,sleep_stage_id,sleep_stage_type,start_utc_offset,sleep_stage_start,end_utc_offset,sleep_stage_end";
        for (number, (begins, stage, seconds)) in night.parts().enumerate() {
            let stage = match stage {
                "wake" => "AWAKE".to_owned(),
                other => other.to_uppercase(),
            };
            let ends = begins + jiff::SignedDuration::from_secs(seconds);
            row(
                health,
                format!("UserSleepStages_{month}"),
                header,
                format!(
                    "{},{number},{stage},{},{},{},{}",
                    night.id,
                    offset(begins),
                    zulu(begins),
                    offset(ends),
                    zulu(ends)
                ),
            );
        }
    }
    for workout in &life.workouts {
        let end = workout.start + jiff::SignedDuration::from_mins(workout.minutes);
        let header = "exercise_id,exercise_start,exercise_end,utc_offset,activity_name,tracker_total_calories,tracker_total_steps,tracker_total_distance_mm,data_source";
        row(
            health,
            "UserExercises_1".to_owned(),
            header,
            format!(
                "{},{},{},{},Run,{},{},{},Anna's Tracker",
                workout.id,
                zulu(workout.start),
                zulu(end),
                offset(workout.start),
                workout.calories,
                workout.steps,
                u64::from(workout.metres) * 1000
            ),
        );
    }
    let mut all: Vec<(String, Vec<u8>)> = files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let zone = life.zone.iana_name().unwrap();
    all.push((
        format!("{root}Your Profile/Profile.csv"),
        format!("id,full_name,timezone\r\nABC123,Anna Doe,{zone}\r\n").into_bytes(),
    ));
    all
}
