//! Answers that nobody would give: whatever they hold, what is made of them can be stored.

use crate::app::wearables::provider::{Found, Totals, Weighed};
use crate::model::tracking::{ActivityFacts, MAX_ENTRIES, Period, SleepFacts};

/// What replaces a part of an answer.
const PARTS: [&str; 24] = [
    "",
    "0",
    "-1",
    "1e999",
    "9007199254740993",
    "0.0000001",
    "null",
    "true",
    "\"\"",
    "\"x\"",
    "{}",
    "[]",
    "[[[[",
    "{\"a\":",
    "\\",
    "\"",
    ",",
    "\u{0}",
    "é",
    "\u{202e}",
    "2026-02-30",
    "9999-12-31T23:59:59Z",
    "s",
    "-0.0",
];

/// Has an answer read as it is, and spoiled at random, the same each time.
pub(super) fn spoiled(answer: &str, read: impl Fn(&[u8])) {
    let mut random = fastrand::Rng::with_seed(7);
    read(answer.as_bytes());
    for _ in 0..2000 {
        let mut bytes = answer.as_bytes().to_vec();
        for _ in 0..random.usize(1..4) {
            let from = random.usize(0..=bytes.len());
            let to = random.usize(from..=bytes.len().min(from + 20));
            let part = random.choice(PARTS).unwrap_or_default();
            match random.u8(0..4) {
                0 => drop(bytes.splice(from..to, part.bytes())),
                1 => bytes.extend_from_within(from..to),
                2 => drop(bytes.drain(from..to)),
                _ => bytes[from..to].reverse(),
            }
        }
        read(&bytes);
    }
}

fn things<T>(found: Vec<Found<T>>) -> impl Iterator<Item = T> {
    let mut ids = std::collections::HashSet::new();
    found.into_iter().filter_map(move |found| {
        assert!(!found.id.is_empty() && found.id.chars().count() <= 256);
        assert!(ids.insert(found.id), "an id is there once");
        found.thing
    })
}

fn is_amount(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

fn check_period(period: Period) {
    assert!(period.duration > 0);
    assert_eq!(period.end().as_millisecond() - period.start.as_millisecond(), i64::try_from(period.duration).unwrap());
}

pub(super) fn check_activities(found: Option<Vec<Found<ActivityFacts>>>) {
    for facts in things(found.unwrap_or_default()) {
        check_period(facts.period);
        assert!(!facts.name.as_str().trim().is_empty() && !facts.name.as_str().chars().any(char::is_control));
        assert!(is_amount(facts.calories) && facts.distance.is_none_or(|metres| is_amount(metres) && metres > 0.0));
        let zones = facts.heart_rate.iter().flat_map(|rate| rate.zones);
        assert!(zones.into_iter().all(|zone| zone.min > 0 && zone.max > 0));
    }
}

pub(super) fn check_nights(found: Option<Vec<Found<SleepFacts>>>) {
    for facts in things(found.unwrap_or_default()) {
        check_period(facts.period);
        assert!((1..=MAX_ENTRIES).contains(&facts.data_set.len()));
        assert!(facts.data_set.iter().all(|entry| facts.kind.phases().contains(&entry.phase)));
    }
}

pub(super) fn check_weights(found: Option<Vec<Found<Weighed>>>) {
    for weighed in things(found.unwrap_or_default()) {
        match weighed {
            Weighed::Weight(new) => assert!(is_amount(new.value) && new.body_fat.is_none_or(is_amount)),
            Weighed::BodyFat(new) => assert!(is_amount(new.value)),
        }
    }
}

pub(super) fn check_totals(totals: Option<Totals>) {
    let mut days = std::collections::HashSet::new();
    for (day, value) in totals.unwrap_or_default() {
        assert!(is_amount(value) && days.insert(day));
    }
}
