//! What comes of the elements: sums of days, and things.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;

use super::attributes::{Attributes, Lately, kilocalories, kilograms, metres, number};
use super::elements::{Element, Kind, told_zone};
use super::nights::{Slept, nights, phase};
use super::note_row;
use crate::app::operator::refusal::Refusal;
use crate::app::wearables::gathering::{DaySums, Gathering, key};
use crate::app::wearables::moments::Days;
use crate::app::wearables::reading::{ActivityRead, BodyFatRead, NightRead, WeightRead};
use crate::model::tracking::LogType;
use crate::model::wearables::DataKind;

/// What is open until its element ends.
enum Open {
    Record(Kind, Attributes),
    Workout(Attributes),
}

pub(super) struct Export {
    days: Days,
    zone: TimeZone,
    open: Option<(Open, Option<TimeZone>)>,
    lately: Lately,
    sums: DaySums,
    /// Energy of each day and origin: active and at rest.
    energy: BTreeMap<(i64, usize), [Option<f64>; 2]>,
    /// Sources by the hash of their names: the number of the origin.
    origins: HashMap<i64, usize>,
    slept: BTreeMap<i64, Vec<Slept>>,
    workouts: Vec<(i64, String, u64, ActivityRead)>,
    weights: BTreeMap<i64, f64>,
    fats: BTreeMap<i64, f64>,
}

impl Export {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self {
            days: Days::new(zone.clone()),
            zone,
            open: None,
            lately: Lately::default(),
            sums: DaySums::default(),
            energy: BTreeMap::new(),
            origins: HashMap::new(),
            slept: BTreeMap::new(),
            workouts: Vec::new(),
            weights: BTreeMap::new(),
            fats: BTreeMap::new(),
        }
    }

    pub(super) fn element(
        &mut self,
        element: Element<'_>,
        into: &mut Gathering,
        rows: &mut Vec<String>,
    ) -> Result<bool, Refusal> {
        match element {
            Element::Start(kind, start) => {
                self.open = Some((Open::Record(kind, Attributes::of(start, &mut self.lately)), None));
            }
            Element::Workout(start) => {
                self.open = Some((Open::Workout(Attributes::of(start, &mut self.lately)), None));
            }
            Element::Statistics(start) => {
                if let Some((Open::Workout(workout), _)) = &mut self.open {
                    let sum = Attributes::of(start, &mut self.lately);
                    match sum.activity.as_str() {
                        "HKQuantityTypeIdentifierActiveEnergyBurned" => {
                            (workout.energy, workout.energy_unit) = (sum.value, sum.unit);
                        }
                        name if name.starts_with("HKQuantityTypeIdentifierDistance") => {
                            (workout.distance, workout.distance_unit) = (sum.value, sum.unit);
                        }
                        _ => {}
                    }
                }
            }
            Element::Metadata(start) => {
                if let Some((_, zone)) = &mut self.open {
                    *zone = zone.take().or_else(|| told_zone(start));
                }
            }
            Element::End => match self.open.take() {
                Some((Open::Record(kind, attributes), zone)) => self.record(kind, &attributes, zone, (into, rows))?,
                Some((Open::Workout(attributes), zone)) => self.workout(&attributes, zone, into)?,
                None => {}
            },
        }
        Ok(true)
    }

    fn day(&mut self, milliseconds: i64, zone: Option<TimeZone>) -> i64 {
        match zone {
            Some(zone) => Days::new(zone).of(milliseconds),
            None => self.days.of(milliseconds),
        }
    }

    fn origin(&mut self, attributes: &Attributes) -> usize {
        let count = self.origins.len() + 1;
        let hardware = attributes.hardware.as_deref().unwrap_or("a program or phone");
        let sums = &mut self.sums;
        *self.origins.entry(attributes.source).or_insert_with(|| sums.origin(&format!("source {count}, {hardware}")))
    }

    fn record(
        &mut self,
        kind: Kind,
        attributes: &Attributes,
        zone: Option<TimeZone>,
        (into, rows): (&mut Gathering, &mut Vec<String>),
    ) -> Result<(), Refusal> {
        let Some((start, end)) = attributes.period() else {
            into.leave_out("record", "it has no times, or ends before it begins");
            return Ok(());
        };
        match kind {
            Kind::Steps => {
                note_row(rows, attributes);
                let (day, origin) = (self.day(start, zone), self.origin(attributes));
                if let Some(steps) = attributes.number() {
                    self.sums.add((day, origin), DataKind::Total(LogType::Steps), steps)?;
                }
            }
            Kind::ActiveEnergy | Kind::BasalEnergy => {
                let (day, origin) = (self.day(start, zone), self.origin(attributes));
                if let Some(burnt) = attributes.number().and_then(|value| kilocalories(value, &attributes.unit)) {
                    let slot = usize::from(kind == Kind::BasalEnergy);
                    *self.energy.entry((day, origin)).or_default()[slot].get_or_insert(0.0) += burnt;
                }
                Gathering::check_room(self.energy.len())?;
            }
            Kind::Sleep => {
                if let Some(phase) = phase(&attributes.value) {
                    let parts = self.slept.entry(attributes.source).or_default();
                    parts.push(Slept { start, end, phase });
                    Gathering::check_room(parts.len())?;
                }
            }
            Kind::Weight | Kind::BodyFat => self.measured(kind, attributes, start, into)?,
        }
        Ok(())
    }

    fn measured(
        &mut self,
        kind: Kind,
        attributes: &Attributes,
        time: i64,
        into: &mut Gathering,
    ) -> Result<(), Refusal> {
        let value = attributes.number().filter(|value| *value > 0.0);
        let (measured, value) = match kind {
            Kind::Weight => (&mut self.weights, value.and_then(|value| kilograms(value, &attributes.unit))),
            // A fraction, whose unit is called per cent.
            _ => (&mut self.fats, value.filter(|value| *value <= 1.0).map(|value| (value * 10_000.0).round() / 100.0)),
        };
        match value {
            Some(value) => drop(measured.entry(time).or_insert(value)),
            None => into.leave_out("weights", "its value or its unit is none that is known"),
        }
        Gathering::check_room(measured.len())
    }

    fn workout(
        &mut self,
        attributes: &Attributes,
        zone: Option<TimeZone>,
        into: &mut Gathering,
    ) -> Result<(), Refusal> {
        let Some((start, end)) = attributes.period().filter(|(start, end)| end > start) else {
            into.leave_out("physicalactivities", "it has no times, or ends before it begins");
            return Ok(());
        };
        let unit = attributes.energy_unit.as_str();
        let Some(calories) = number(&attributes.energy).and_then(|value| kilocalories(value, unit)) else {
            into.leave_out("physicalactivities", "it says no calories");
            return Ok(());
        };
        let name = attributes.activity.trim_start_matches("HKWorkoutActivityType");
        let (day, duration) = (self.day(start, zone), u64::try_from(end - start).unwrap_or_default());
        let distance = number(&attributes.distance).and_then(|value| metres(value, &attributes.distance_unit));
        let activity = ActivityRead {
            key: key(&[b"workout", &start.to_be_bytes(), &end.to_be_bytes(), name.as_bytes()]),
            day,
            start,
            duration,
            name: if name.is_empty() { "Workout".to_owned() } else { name.to_owned() },
            calories: (calories * 100.0).round() / 100.0,
            steps: None,
            distance: distance.filter(|metres| *metres > 0.0),
            levels: None,
            heart_rate: None,
        };
        self.workouts.push((day, attributes.source.to_string(), duration, activity));
        Gathering::check_room(self.workouts.len())
    }

    pub(super) fn finish(mut self, into: &mut Gathering) {
        for ((day, origin), energy) in self.energy {
            // What is burnt in all is both: of one alone a day's total is not known.
            if let [Some(active), Some(basal)] = energy {
                let calories = DataKind::Total(LogType::Calories);
                // As many days as of energy, which were counted.
                let _ = self.sums.add((day, origin), calories, active + basal);
            }
        }
        self.sums.round();
        into.take_days(self.sums);
        let mut found = Vec::new();
        for (source, parts) in self.slept {
            for night in nights(parts, into) {
                let mut days = Days::new(self.zone.clone());
                let end = night.start + i64::try_from(night.duration).unwrap_or_default();
                let night = NightRead { day: days.of(end), ..night };
                found.push((night.day, source.to_string(), night.duration, night));
            }
        }
        into.reading.nights = into.take_things("sleep", found);
        into.reading.activities = into.take_things("physicalactivities", self.workouts);
        for (time, value) in self.weights {
            let (key, day) = (key(&[b"weight", &time.to_be_bytes()]), self.days.of(time));
            let body_fat = self.fats.remove(&time);
            into.reading.weights.push(WeightRead { key, day, time, value, body_fat });
        }
        for (time, value) in self.fats {
            let (key, day) = (key(&[b"bodyfat", &time.to_be_bytes()]), self.days.of(time));
            into.reading.body_fats.push(BodyFatRead { key, day, time, value });
        }
    }
}
