//! What children did, made up from a seed, and files of it as each source writes them: from what is known of the formats,
//! none of them is a real one.

pub mod apple;
pub mod gadgetbridge;
pub mod health_connect;
pub mod takeout;
pub mod withings;

use std::io::Write;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A life over some days, in a zone.
pub struct Life {
    pub zone: TimeZone,
    pub days: Vec<Day>,
    pub nights: Vec<Night>,
    pub weights: Vec<Weighing>,
    pub workouts: Vec<Workout>,
}

/// What was done on a day.
pub struct Day {
    pub date: Date,
    /// When how many steps were made: each is a minute.
    pub steps: Vec<(Timestamp, u32)>,
    pub lightly: u32,
    pub fairly: u32,
    pub very: u32,
    /// An unworn device counts nothing, and as much rest as a day has minutes.
    pub worn: bool,
}

impl Day {
    pub fn total(&self) -> f64 {
        self.steps.iter().map(|(_, steps)| f64::from(*steps)).sum()
    }

    pub fn sedentary(&self) -> u32 {
        if self.worn { 1000 - self.lightly } else { 1440 }
    }
}

/// A night with stages, each of some seconds.
pub struct Night {
    pub id: u64,
    pub start: Timestamp,
    /// `deep`, `light`, `rem` or `wake`.
    pub stages: Vec<(&'static str, i64)>,
}

impl Night {
    pub fn end(&self) -> Timestamp {
        self.start + SignedDuration::from_secs(self.stages.iter().map(|(_, seconds)| seconds).sum())
    }

    /// Each part with when it begins.
    pub fn parts(&self) -> impl Iterator<Item = (Timestamp, &'static str, i64)> {
        let mut next = self.start;
        self.stages.iter().map(move |(stage, seconds)| {
            let begins = next;
            next += SignedDuration::from_secs(*seconds);
            (begins, *stage, *seconds)
        })
    }
}

pub struct Weighing {
    pub time: Timestamp,
    pub grams: u32,
    /// Tenths of a per cent.
    pub fat: Option<u32>,
}

pub struct Workout {
    pub id: u64,
    pub start: Timestamp,
    pub minutes: i64,
    pub calories: u32,
    pub steps: u32,
    pub metres: u32,
}

/// A life from a seed.
pub fn life(seed: u64, zone: &str, from: Date, count: i32) -> Life {
    let mut random = fastrand::Rng::with_seed(seed);
    let zone = TimeZone::get(zone).unwrap();
    let mut life =
        Life { zone: zone.clone(), days: Vec::new(), nights: Vec::new(), weights: Vec::new(), workouts: Vec::new() };
    for number in 0..count {
        let date = from + number.days();
        let (begin, end) = (start(&zone, date), start(&zone, date + 1.day()));
        let length = (end.as_second() - begin.as_second()) / 60;
        // Also the first and the last minute, and those around a change of the clock.
        let mut minutes = vec![0, length - 1, 179, 181, 239];
        minutes.extend((0..8).map(|_| random.i64(300..length - 60)));
        minutes.sort_unstable();
        minutes.dedup();
        let worn = random.u32(0..12) > 0;
        let step =
            |minute: i64, random: &mut fastrand::Rng| (begin + SignedDuration::from_mins(minute), random.u32(1..140));
        let steps = if worn { minutes.iter().map(|minute| step(*minute, &mut random)).collect() } else { Vec::new() };
        let (lightly, fairly, very) =
            if worn { (random.u32(60..300), random.u32(0..60), random.u32(0..60)) } else { (0, 0, 0) };
        life.days.push(Day { date, steps, lightly, fairly, very, worn });
        if worn {
            life.nights.push(night(seed * 1_000_000 + number as u64, end - SignedDuration::from_hours(3), &mut random));
        }
        if worn && number % 5 == 0 {
            let start = begin + SignedDuration::from_mins(900);
            let (minutes, calories) = (random.i64(20..90), random.u32(80..400));
            let (steps, metres) = (random.u32(500..4000), random.u32(500..6000));
            life.workouts.push(Workout { id: 5_000_000_000 + number as u64, start, minutes, calories, steps, metres });
        }
        if number % 14 == 3 {
            let time = begin + SignedDuration::from_mins(450);
            let fat = (random.u32(0..3) > 0).then(|| random.u32(120..300));
            life.weights.push(Weighing { time, grams: random.u32(250..450) * 100, fat });
        }
    }
    life
}

pub fn start(zone: &TimeZone, date: Date) -> Timestamp {
    zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().unwrap()
}

fn night(id: u64, start: Timestamp, random: &mut fastrand::Rng) -> Night {
    let mut stages = vec![("light", 600)];
    for _ in 0..random.usize(8..24) {
        let stage = ["deep", "rem", "wake", "light"][random.usize(0..4)];
        if stages.last().is_none_or(|(last, _)| *last != stage) {
            stages.push((stage, random.i64(2..60) * 30));
        }
    }
    Night { id, start, stages }
}

/// Files in a zip.
pub fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, bytes) in files {
        zip.start_file(path.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A database in a file, as bytes.
pub fn database(make: impl FnOnce(&rusqlite::Connection)) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("BEGIN").unwrap();
    make(&connection);
    connection.execute_batch("COMMIT").unwrap();
    drop(connection);
    std::fs::read(path).unwrap()
}
