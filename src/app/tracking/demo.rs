//! What is tracked of the made-up school's children: a school year of it, the same at every start.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::model::tracking::{
    ActivityFacts, ActivityLevel, DayTotals, EnvironmentFacts, HeartRate, Intensity, Location, LogType, Measurement,
    NewWeight, Period, SleepEntry, SleepFacts, SleepPhase, SleepType, ZoneFacts,
};
use crate::model::{Child, Error, Id, Institution, Text};
use crate::store::{TrackedChild, Tx};

/// The first weight of the first child.
pub const WEIGHT: &str = "019b8d2b8c0001e564656d6f";
/// The body fat that came with it.
pub const BODY_FAT: &str = "019b8d2b8c0001e464656d6f";
/// The first physical activity of the first child.
pub const ACTIVITY: &str = "019b8d2b8c0001e664656d6f";
/// The first night of the first child.
pub const SLEEP: &str = "019b8d2b8c0001e764656d6f";
/// The first environment of the school.
pub const ENVIRONMENT: &str = "019b8d2b8fe8000064656d6f";
/// When the first of everything was measured, a Monday.
pub const MEASURED_AT: &str = "2025-02-03T11:00:00Z";
/// The first day of the school year, a Monday.
pub const FIRST_DAY: &str = "2025-02-03";
/// The one after it.
pub const SECOND_DAY: &str = "2025-02-04";
/// The last day of it.
pub const LAST_DAY: &str = "2025-12-07";

/// How many children wear something that measures.
const TRACKED: usize = 30;
/// How many rooms have sensors.
const ROOMS: i32 = 4;
/// How many weeks a school year has.
const WEEKS: i32 = 44;

/// Fills in what is tracked of the first of these children. The order decides the ids above.
pub(in crate::app) fn fill(tx: &Tx<'_>, children: &[Id<Child>]) -> Result<(), Error> {
    for (n, child) in (0..).zip(children.iter().take(TRACKED)) {
        let Some(tracked) = tx.track_child(*child)? else { continue };
        let year = Year { tx, n, tracked };
        // Those that have names come first.
        year.weight(0)?;
        year.activity(0)?;
        year.night(0)?;
        (1..WEEKS).try_for_each(|week| year.weight(week))?;
        (1..WEEKS * 7).filter(|day| day % 7 < 5).try_for_each(|day| year.activity(day))?;
        (1..WEEKS * 7).try_for_each(|day| year.night(day))?;
        (0..WEEKS * 7).try_for_each(|day| year.logs(day))?;
    }
    Ok(())
}

/// The first physical activity of the first child.
#[must_use]
pub fn activity() -> ActivityFacts {
    facts(0, 0)
}

/// The first night of the first child.
#[must_use]
pub fn sleep() -> SleepFacts {
    night(0, 0)
}

/// The year of a child.
struct Year<'a> {
    tx: &'a Tx<'a>,
    n: i32,
    tracked: TrackedChild,
}

impl Year<'_> {
    fn weight(&self, week: i32) -> Result<(), Error> {
        // They grow by about 50 g a week, and the scales are not exact.
        let grams = 24_500 + 900 * (self.n % 12) + 50 * week + 100 * noise(self.n, week, 5);
        let fat = (week % 4 == 0).then(|| f64::from(180 + 3 * (self.n % 10) + noise(self.n, week, 4)) / 10.0);
        let unit = Text::verbatim("kg".to_owned());
        let new = NewWeight { timestamp: on_day(7 * week), value: f64::from(grams) / 1000.0, unit, body_fat: fat };
        self.tx.insert_weight(self.tracked, &new).map(drop)
    }

    fn activity(&self, day: i32) -> Result<(), Error> {
        self.tx.insert_activity(self.tracked, &facts(self.n, day)).map(drop)
    }

    fn night(&self, day: i32) -> Result<(), Error> {
        self.tx.insert_sleep(self.tracked, &night(self.n, day)).map(drop)
    }

    fn logs(&self, day: i32) -> Result<(), Error> {
        let totals = day_totals(self.n, day);
        let kinds = [
            LogType::Steps,
            LogType::Calories,
            LogType::ActiveMinutes,
            LogType::LightlyActiveMinutes,
            LogType::SedentaryMinutes,
        ];
        kinds.iter().try_for_each(|kind| self.tx.put_log(self.tracked, *kind, totals.of(*kind)))
    }
}

/// What a child does on a day of school: it walks there, or plays on the way home.
fn facts(n: i32, day: i32) -> ActivityFacts {
    let walks = (n + day) % 3 > 0;
    let minutes = u64::from(noise(n, day, 20).unsigned_abs()) + if walks { 12 } else { 30 };
    let hours = SignedDuration::from_hours(if walks { 0 } else { 8 });
    let start = on_day(day).checked_add(hours).unwrap_or_default();
    let [part, rest] = [minutes / 3, minutes - 2 * (minutes / 3)].map(|minutes| minutes * 60_000);
    let level = |intensity, duration| ActivityLevel { intensity, duration };
    let zone = |min, max, duration| ZoneFacts { min, max, duration };
    let steps = minutes * if walks { 95 } else { 70 };
    ActivityFacts {
        period: Period { start, duration: minutes * 60_000 },
        name: Text::verbatim(if walks { "walk" } else { "soccer" }.to_owned()),
        calories: f64::from(u32::try_from(minutes).unwrap_or_default()) * if walks { 3.5 } else { 6.0 },
        steps: Some(steps),
        distance: walks.then(|| f64::from(u32::try_from(steps).unwrap_or_default()) * 0.6),
        levels: Some([
            level(Intensity::Sedentary, 0),
            level(Intensity::Lightly, part),
            level(Intensity::Fairly, part),
            level(Intensity::Very, rest),
        ]),
        heart_rate: Some(HeartRate {
            average: if walks { 104 } else { 131 },
            zones: [zone(30, 91, 0), zone(91, 127, part), zone(127, 154, part), zone(154, 220, rest)],
        }),
    }
}

/// How a child slept in the night after a day: it goes to bed between half past nine and ten, where school is, and later
/// when there is none on the next day. Every third child's watch tells fewer phases apart.
fn night(n: i32, day: i32) -> SleepFacts {
    let later = if (4..6).contains(&(day % 7)) { 50 } else { 0 };
    let minutes = 13 * 60 + 30 + later + noise(n, day, 30);
    let start = on_day(day).checked_add(SignedDuration::from_mins(minutes.into())).unwrap_or_default();
    let kind = if n % 3 == 2 { SleepType::Classic } else { SleepType::Stages };
    let cycles = (0..6).flat_map(|cycle| match kind {
        SleepType::Classic => restless_cycle(n, 6 * day + cycle),
        SleepType::Stages => cycle_of_stages(n, 6 * day + cycle, cycle),
    });
    let (mut length, mut data_set) = (0, Vec::new());
    // As watches do, in halves of minutes.
    for (phase, halves) in cycles.filter(|(_, halves)| *halves > 0) {
        let milliseconds = i64::from(30_000 * halves);
        let at = start.checked_add(SignedDuration::from_millis(length)).unwrap_or_default();
        data_set.push(SleepEntry { start: at, phase, duration: milliseconds.unsigned_abs() });
        length += milliseconds;
    }
    SleepFacts { period: Period { start, duration: length.unsigned_abs() }, kind, data_set }
}

/// An hour and a half: deep sleep grows shorter and dreams grow longer from one to the next, and now and then the child
/// wakes up.
fn cycle_of_stages(n: i32, seed: i32, cycle: i32) -> [(SleepPhase, i32); 5] {
    let awake = noise(n, seed, 3) / 2 * (1 + noise(n, seed, 7));
    [
        (SleepPhase::Light, 34 + noise(n, seed, 19)),
        (SleepPhase::Deep, 70 - 9 * cycle + noise(n, seed, 11)),
        (SleepPhase::Light, 26 + noise(n, seed, 17)),
        (SleepPhase::Rem, 14 + 9 * cycle + noise(n, seed, 13)),
        (SleepPhase::Awake, awake),
    ]
}

/// The same, by movement alone.
fn restless_cycle(n: i32, seed: i32) -> [(SleepPhase, i32); 5] {
    [
        (SleepPhase::Asleep, 60 + noise(n, seed, 37)),
        (SleepPhase::Restless, 2 + noise(n, seed, 7)),
        (SleepPhase::Asleep, 80 + noise(n, seed, 31)),
        (SleepPhase::Awake, noise(n, seed, 3) / 2 * (1 + noise(n, seed, 5))),
        (SleepPhase::Restless, 1 + noise(n, seed, 5)),
    ]
}

/// What a child did on a day of the school year, both counted from 0: more on school days than at the weekend, and a
/// little more as the year goes on.
#[must_use]
pub fn day_totals(child: i32, day: i32) -> DayTotals {
    let first: Date = FIRST_DAY.parse().unwrap_or_default();
    let usual = if day % 7 < 5 { 7400 } else { 4900 };
    let steps = usual + 310 * (child % 9) + 6 * day + 100 * noise(child, day, 23);
    let (active, lightly) = (25 + steps / 220, 140 + steps / 90);
    // They sleep nine hours.
    let sedentary = 15 * 60 - active - lightly;
    DayTotals {
        date: first.saturating_add(day.days()),
        steps: steps.into(),
        calories: (1150 + 28 * (child % 10) + steps / 25).into(),
        active_minutes: active.into(),
        lightly_active_minutes: lightly.into(),
        sedentary_minutes: sedentary.into(),
    }
}

/// A day of the year, at the time when the first was measured.
fn on_day(day: i32) -> Timestamp {
    let first: Timestamp = MEASURED_AT.parse().unwrap_or_default();
    first.checked_add(SignedDuration::from_hours(24 * i64::from(day))).unwrap_or_default()
}

/// Fills in the air of the school's rooms.
pub(in crate::app) fn fill_rooms(tx: &Tx<'_>, school: Id<Institution>) -> Result<(), Error> {
    let Some(school) = tx.track_institution(school)? else { return Ok(()) };
    for day in (0..WEEKS * 7).filter(|day| day % 7 < 5) {
        for (room, hour) in (0..ROOMS).flat_map(|room| (0..3).map(move |hour| (room, hour))) {
            tx.insert_environment(school, &air(room, day, hour))?;
        }
    }
    Ok(())
}

/// The first environment of the school.
#[must_use]
pub fn environment() -> EnvironmentFacts {
    air(0, 0, 0)
}

/// The air of a room, of which every other one has an air conditioner: it grows warmer from hour to hour.
fn air(room: i32, day: i32, hour: i32) -> EnvironmentFacts {
    let text = |words: &str| Text::verbatim(words.to_owned());
    let measurement = |kind: &str, tenths: i32, unit: &str| Measurement {
        kind: text(kind),
        value: f64::from(tenths) / 10.0,
        unit: text(unit),
    };
    let climatized = room % 2 == 0;
    let warmer = if climatized { 4 * hour } else { 15 * hour };
    let (season, n) = ((day - 154).abs() / 8, noise(room, 3 * day + hour, 20));
    EnvironmentFacts {
        timestamp: on_day(day).checked_add(SignedDuration::from_hours(hour.into())).unwrap_or_default(),
        location: Location {
            local: text("Indoor"),
            room: text(&format!("room {:02}", room + 1)),
            latitude: Some(text("-7.2306")),
            longitude: Some(text("-35.8811")),
        },
        measurements: vec![
            measurement("temperature", 235 + warmer + season + n, "°C"),
            measurement("humidity", 620 - 2 * warmer - 3 * n, "%"),
            measurement("pm2.5", 80 + 2 * n, "µg/m³"),
            measurement("pm10", 150 + 3 * n, "µg/m³"),
        ],
        climatized,
    }
}

/// A number from 0 to less than `bound` that looks random, and is the same each time; 0 at the very first.
fn noise(child: i32, day: i32, bound: i32) -> i32 {
    (child * 7919 + day * 104_729 + child * day * 31).rem_euclid(bound)
}
