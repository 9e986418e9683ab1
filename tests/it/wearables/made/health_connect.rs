use rusqlite::params;

use super::{Life, database};

fn uuid(what: u8, number: usize) -> Vec<u8> {
    let mut uuid = vec![what; 8];
    uuid.extend((number as u64).to_be_bytes());
    uuid
}

/// Two programs write the same days; weights are grams, energy is small calories, offsets are seconds. A newer schema has
/// more columns.
pub fn bytes(life: &Life, newer: bool) -> Vec<u8> {
    let more = if newer { ", local_date INTEGER, recording_method INTEGER" } else { "" };
    let interval = format!(
        "row_id INTEGER PRIMARY KEY, uuid BLOB, last_modified_time INTEGER, app_info_id INTEGER, start_time INTEGER,
         start_zone_offset INTEGER, end_time INTEGER, end_zone_offset INTEGER{more}"
    );
    let instant =
        format!("row_id INTEGER PRIMARY KEY, uuid BLOB, app_info_id INTEGER, time INTEGER, zone_offset INTEGER{more}");
    database(|made| {
        made.execute_batch(&format!(
            "CREATE TABLE application_info_table (row_id INTEGER PRIMARY KEY, package_name TEXT, app_name TEXT);
             INSERT INTO application_info_table VALUES (1, 'com.example.watch', 'Watch'), (2, 'com.example.phone', 'Phone of Anna');
             CREATE TABLE steps_record_table ({interval}, count INTEGER);
             CREATE TABLE total_calories_burned_record_table ({interval}, energy REAL);
             CREATE TABLE active_calories_burned_record_table ({interval}, energy REAL);
             CREATE TABLE distance_record_table ({interval}, distance REAL);
             CREATE TABLE sleep_session_record_table ({interval}, notes TEXT, title TEXT);
             CREATE TABLE sleep_stages_table (parent_key INTEGER, stage_start_time INTEGER, stage_end_time INTEGER, stage_type INTEGER);
             CREATE TABLE exercise_session_record_table ({interval}, exercise_type INTEGER, title TEXT, has_route INTEGER);
             CREATE TABLE weight_record_table ({instant}, weight REAL);
             CREATE TABLE body_fat_record_table ({instant}, percentage REAL);"
        ))
        .unwrap();
        let offset = |time: jiff::Timestamp| life.zone.to_offset(time).seconds();
        let mut count = 0;
        let mut span = |table: &str,
                        column: &str,
                        what: u8,
                        program: i64,
                        (start, end): (jiff::Timestamp, jiff::Timestamp),
                        value: f64| {
            count += 1;
            let sql = format!(
                "INSERT INTO {table} (uuid, app_info_id, start_time, start_zone_offset, end_time, end_zone_offset, {column})
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
            );
            let values = params![
                uuid(what, count),
                program,
                start.as_millisecond(),
                offset(start),
                end.as_millisecond(),
                offset(end),
                value
            ];
            made.prepare_cached(&sql).unwrap().execute(values).unwrap();
            made.last_insert_rowid()
        };
        let minute = jiff::SignedDuration::from_secs(59);
        for day in &life.days {
            for (time, steps) in &day.steps {
                span("steps_record_table", "count", 1, 1, (*time, *time + minute), f64::from(*steps));
            }
            // The phone has the second of them, too.
            if let Some((time, steps)) = day.steps.get(1) {
                span("steps_record_table", "count", 1, 2, (*time, *time + minute), f64::from(*steps));
                let calories = 1_200_000.0 + day.total() * 40.0;
                span("total_calories_burned_record_table", "energy", 2, 1, (*time, *time + minute), calories);
            }
        }
        for night in &life.nights {
            let row = span("sleep_session_record_table", "title", 3, 1, (night.start, night.end()), 0.0);
            for (begins, stage, seconds) in night.parts() {
                let kind = match stage {
                    "deep" => 5,
                    "light" => 4,
                    "rem" => 6,
                    _ => 1,
                };
                made.execute(
                    "INSERT INTO sleep_stages_table VALUES (?1, ?2, ?3, ?4)",
                    params![row, begins.as_millisecond(), begins.as_millisecond() + seconds * 1000, kind],
                )
                .unwrap();
            }
        }
        for workout in &life.workouts {
            let end = workout.start + jiff::SignedDuration::from_mins(workout.minutes);
            span("exercise_session_record_table", "exercise_type", 4, 1, (workout.start, end), 33.0);
            span(
                "active_calories_burned_record_table",
                "energy",
                5,
                1,
                (workout.start, end),
                f64::from(workout.calories) * 1000.0,
            );
            span("distance_record_table", "distance", 6, 1, (workout.start, end), f64::from(workout.metres));
        }
        made.execute_batch("UPDATE exercise_session_record_table SET exercise_type = CAST(exercise_type AS INTEGER)")
            .unwrap();
        for (number, weighing) in life.weights.iter().enumerate() {
            let (time, zone) = (weighing.time.as_millisecond(), offset(weighing.time));
            made.execute(
                "INSERT INTO weight_record_table (uuid, app_info_id, time, zone_offset, weight) VALUES (?1, 1, ?2, ?3, ?4)",
                params![uuid(7, number), time, zone, f64::from(weighing.grams)],
            )
            .unwrap();
            if let Some(fat) = weighing.fat {
                made.execute(
                    "INSERT INTO body_fat_record_table (uuid, app_info_id, time, zone_offset, percentage) VALUES (?1, 1, ?2, ?3, ?4)",
                    params![uuid(8, number), time, zone, f64::from(fat) / 10.0],
                )
                .unwrap();
            }
        }
    })
}
