use rusqlite::params;

use super::{Life, database};

/// Samples in seconds, weights and workouts in milliseconds; two bands, of which one was left lying; what is personal is
/// there, too.
pub fn bytes(life: &Life) -> Vec<u8> {
    database(|made| {
        made.execute_batch(
            "CREATE TABLE DEVICE (_id INTEGER PRIMARY KEY, NAME TEXT, MANUFACTURER TEXT, IDENTIFIER TEXT, TYPE INTEGER, ALIAS TEXT);
             CREATE TABLE USER_ATTRIBUTES (_id INTEGER PRIMARY KEY, HEIGHT_CM INTEGER, USER_ID INTEGER);
             CREATE TABLE XIAOMI_ACTIVITY_SAMPLE (TIMESTAMP INTEGER NOT NULL, DEVICE_ID INTEGER NOT NULL, USER_ID INTEGER,
                 RAW_INTENSITY INTEGER, STEPS INTEGER, RAW_KIND INTEGER, HEART_RATE INTEGER, PRIMARY KEY (TIMESTAMP, DEVICE_ID)) WITHOUT ROWID;
             CREATE TABLE MI_BAND_ACTIVITY_SAMPLE (TIMESTAMP INTEGER NOT NULL, DEVICE_ID INTEGER NOT NULL, STEPS INTEGER);
             CREATE TABLE MI_SCALE_WEIGHT_SAMPLE (TIMESTAMP INTEGER NOT NULL, DEVICE_ID INTEGER, USER_ID INTEGER, WEIGHT_KG REAL);
             CREATE TABLE BASE_ACTIVITY_SUMMARY (_id INTEGER PRIMARY KEY, NAME TEXT, START_TIME INTEGER, END_TIME INTEGER,
                 ACTIVITY_KIND INTEGER, BASE_LONGITUDE INTEGER, BASE_LATITUDE INTEGER, DEVICE_ID INTEGER, SUMMARY_DATA TEXT);
             INSERT INTO DEVICE VALUES (1, 'Anna''s band', 'Xiaomi', 'AA:BB:CC:DD:EE:FF', 5, 'Anna');",
        )
        .unwrap();
        let mut sample = made.prepare("INSERT INTO XIAOMI_ACTIVITY_SAMPLE VALUES (?1, 1, 1, 0, ?2, 0, ?3)").unwrap();
        let mut other = made.prepare("INSERT INTO MI_BAND_ACTIVITY_SAMPLE VALUES (?1, 2, ?2)").unwrap();
        for day in &life.days {
            for (time, steps) in &day.steps {
                sample.execute(params![time.as_second(), steps, 255]).unwrap();
            }
            // Time in which it was not worn.
            sample.execute(params![super::start(&life.zone, day.date).as_second() + 17, 0, -1]).unwrap();
            let some = day.steps.first().map_or(0, |(_, steps)| *steps);
            other.execute(params![super::start(&life.zone, day.date).as_second() + 60, some]).unwrap();
            other.execute(params![super::start(&life.zone, day.date).as_second() + 120, -1]).unwrap();
        }
        for weighing in &life.weights {
            let kilograms = f64::from(weighing.grams as f32 / 1000.0);
            made.execute(
                "INSERT INTO MI_SCALE_WEIGHT_SAMPLE VALUES (?1, 3, 1, ?2)",
                params![weighing.time.as_millisecond(), kilograms],
            )
            .unwrap();
        }
        for workout in &life.workouts {
            let facts = format!(
                r#"{{"caloriesBurnt":{{"value":{},"unit":"calories_unit"}},"steps":{{"value":{},"unit":"steps_unit"}},"distanceMeters":{{"value":{},"unit":"meters"}}}}"#,
                workout.calories, workout.steps, workout.metres
            );
            let (start, end) =
                (workout.start.as_millisecond(), workout.start.as_millisecond() + workout.minutes * 60_000);
            made.execute(
                "INSERT INTO BASE_ACTIVITY_SUMMARY (NAME, START_TIME, END_TIME, ACTIVITY_KIND, BASE_LONGITUDE, BASE_LATITUDE, DEVICE_ID, SUMMARY_DATA)
                 VALUES ('Run with Anna', ?1, ?2, 16, 217000000, 380000000, 1, ?3)",
                params![start, end, facts],
            )
            .unwrap();
        }
    })
}
