//! Damaged and hostile files: a clear error, bounded memory, and nothing stored.

use std::io::Write;

use jiff::civil::date;

use super::made::{apple, database, gadgetbridge, health_connect, life, takeout, withings, zipped};
use super::{ATHENS, Made, one, read_made};

#[track_caller]
fn refused(files: &[Made], word: &str) {
    let answers = [ATHENS, ("weight-unit", "kg"), ("exercise-times", "utc")];
    let why = match read_made(files, &answers) {
        Ok(reading) => panic!("it is read: {} days", reading.days.len()),
        Err(refusal) => refusal.0,
    };
    assert!(why.contains(word) && why.contains("nothing was changed"), "{word} in: {why}");
}

#[test]
fn what_is_no_file_of_a_wearable_is_named() {
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("photo.jpg", b"\xff\xd8\xff\xe0"),
        ("nothing.zip", &zipped(&[])),
        ("other.zip", &zipped(&[("readme.txt".to_owned(), b"hello".to_vec())])),
        (
            "nested.zip",
            &zipped(&[("export.zip".to_owned(), zipped(&[("weight.csv".to_owned(), b"Date,Weight (kg)\n".to_vec())]))]),
        ),
        ("other.db", &database(|made| made.execute_batch("CREATE TABLE t (x)").unwrap())),
        ("other.csv", b"a,b\n1,2\n"),
        ("other.xml", b"<?xml version=\"1.0\"?><other/>"),
    ] {
        refused(&one(name, bytes), "no file that is understood");
    }
}

#[test]
fn cut_files_are_refused_or_read_as_far_as_their_form_allows() {
    let life = life(1, ATHENS.1, date(2022, 3, 10), 30);
    let takeout = zipped(&takeout::fitbit(&life, "Takeout/Fitbit/", "kg"));
    let apple = zipped(&[("export.xml".to_owned(), apple::xml(&life).into_bytes())]);
    let connect = zipped(&[("health_connect_export.db".to_owned(), health_connect::bytes(&life, true))]);
    for (name, bytes) in [("takeout.zip", takeout), ("export.zip", apple), ("connect.zip", connect)] {
        for part in [1, 2, 3] {
            refused(&one(name, &bytes[..bytes.len() * part / 4]), "");
        }
    }
    let xml = apple::xml(&life);
    refused(&one("export.xml", &xml.as_bytes()[..xml.len() / 2]), "damaged");
    let bytes = gadgetbridge::bytes(&life);
    refused(&one("Gadgetbridge.db", &bytes[..bytes.len() / 2]), "database");
    let json =
        (String::from("steps-2022-01-01.json"), b"[{\"dateTime\":\"01/01/22 00:00:00\",\"value\":\"3\"".to_vec());
    refused(&[json], "damaged");
}

#[test]
fn every_changed_byte_is_read_or_refused() {
    let life = life(3, ATHENS.1, date(2022, 3, 25), 6);
    let answers = [ATHENS, ("weight-unit", "kg"), ("exercise-times", "utc")];
    let mut random = fastrand::Rng::with_seed(7);
    let samples: Vec<Made> = vec![
        ("takeout.zip".to_owned(), zipped(&takeout::fitbit(&life, "Takeout/Fitbit/", "kg"))),
        ("google.zip".to_owned(), zipped(&takeout::google(&life, "Takeout/Google Health/"))),
        ("export.xml".to_owned(), apple::xml(&life).into_bytes()),
        ("health_connect_export.db".to_owned(), health_connect::bytes(&life, true)),
        ("Gadgetbridge.db".to_owned(), gadgetbridge::bytes(&life)),
        ("weight.csv".to_owned(), withings::csv(&life, "kg").into_bytes()),
    ];
    for (name, bytes) in samples {
        for _ in 0..40 {
            let mut damaged = bytes.clone();
            for _ in 0..random.usize(1..8) {
                let at = random.usize(0..damaged.len());
                damaged[at] = random.u8(..);
            }
            // No panic, no hang: either is right.
            let _ = read_made(&one(&name, damaged), &answers);
        }
    }
}

#[test]
fn entities_are_not_followed() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE HealthData [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">\
                <!ENTITY file SYSTEM \"file:///etc/passwd\">]><HealthData>\
                <Record type=\"HKQuantityTypeIdentifierStepCount\" sourceName=\"&b;&file;\" unit=\"count\" \
                startDate=\"2022-03-10 08:00:00 +0200\" endDate=\"2022-03-10 08:01:00 +0200\" value=\"&b;\"/>&file;\
                <Record type=\"HKQuantityTypeIdentifierStepCount\" sourceName=\"x\" unit=\"count\" \
                startDate=\"2022-03-10 08:00:00 +0200\" endDate=\"2022-03-10 08:01:00 +0200\" value=\"5\"/></HealthData>";
    let reading = read_made(&one("export.xml", bomb), &[ATHENS]).unwrap();
    assert_eq!(reading.days.iter().map(|day| day.totals[0]).collect::<Vec<_>>(), [Some(5.0)]);
}

#[test]
fn what_does_not_end_is_refused_before_memory_is() {
    let head = "<?xml version=\"1.0\"?><!DOCTYPE HealthData []><HealthData>";
    refused(&one("export.xml", format!("{head}<Record type=\"{}", "x".repeat(3 << 20))), "damaged");
    refused(&one("export.xml", format!("{head}{}", "<a>".repeat(100_000))), "damaged");
    let big = [b"[".to_vec(), b"{\"dateTime\":\"01/01/22 00:00:00\",\"value\":\"1\"},".repeat(800_000)].concat();
    refused(&one("takeout.zip", zipped(&[("steps-2022-01-01.json".to_owned(), big)])), "larger than");
    let deep = "[".repeat(100_000);
    refused(&one("steps-2022-01-01.json", deep), "damaged");
}

#[test]
fn a_zip_with_entries_without_end_is_refused() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let name = "x".repeat(2000);
    for number in 0..6000 {
        zip.start_file(format!("{name}{number}"), stored).unwrap();
    }
    zip.start_file("weight.csv", stored).unwrap();
    zip.write_all(b"Date,Weight (kg)\n2022-01-01 08:00:00,30\n").unwrap();
    refused(&one("many.zip", zip.finish().unwrap().into_inner()), "more than is read");
}

#[test]
fn a_database_with_tables_without_end_is_refused() {
    let many = database(|made| {
        let sql = "CREATE TABLE XIAOMI_ACTIVITY_SAMPLE (TIMESTAMP INTEGER, STEPS INTEGER);
             PRAGMA writable_schema = ON;
             WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100000)
             INSERT INTO sqlite_schema SELECT 'table', 't' || n, 't' || n, 2, 'CREATE TABLE t' || n || ' (x)' FROM c";
        made.execute_batch(sql).unwrap();
    });
    refused(&one("Gadgetbridge.db", many), "far more than such a database");
}
