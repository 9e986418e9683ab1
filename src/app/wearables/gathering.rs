//! What the readers of all sources share: answers and questions, sums of days by origin, and the choice of one origin for
//! each day.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::tz::TimeZone;

use crate::app::operator::refusal::Refusal;
use crate::app::wearables::reading::{Answers, DayRead, LeftOutRecord, OriginRecord, QuestionRecord, Reading};
use crate::model::wearables::DataKind;

/// How many rows are shown with a question.
const ROWS: usize = 3;
/// The most days, of all origins together, that anybody was tracked.
const MOST_DAYS: usize = 100_000;
/// The most things of one kind.
const MOST_THINGS: usize = 200_000;

/// What a source knows a thing by, hashed.
pub(in crate::app::wearables) fn key(parts: &[&[u8]]) -> i64 {
    let hashed = digest(&SHA256, &parts.join(&0));
    hashed.as_ref().first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes))
}

/// A reading in the making.
pub(in crate::app::wearables) struct Gathering {
    pub(in crate::app::wearables) reading: Reading,
    answers: Answers,
    left_out: BTreeMap<(String, String), u64>,
    origins: BTreeMap<String, (usize, usize)>,
}

impl Gathering {
    pub(in crate::app::wearables) fn new(answers: Answers) -> Self {
        Self { reading: Reading::default(), answers, left_out: BTreeMap::new(), origins: BTreeMap::new() }
    }

    /// Something is left out.
    pub(in crate::app::wearables) fn leave_out(&mut self, what: &str, why: &str) {
        *self.left_out.entry((what.to_owned(), why.to_owned())).or_default() += 1;
    }

    /// What was answered.
    pub(in crate::app::wearables) fn answer(&self, question: &str) -> Option<&str> {
        self.answers.get(question).map(String::as_str)
    }

    /// Something that the file does not say, and the rows that depend on it.
    pub(in crate::app::wearables) fn ask(&mut self, question: &str, why: &str, choices: &str, rows: &[String]) {
        let rows = rows.iter().take(ROWS).cloned().collect();
        self.reading.questions.push(QuestionRecord {
            question: question.to_owned(),
            why: why.to_owned(),
            choices: choices.to_owned(),
            answer: self.answer(question).map(ToOwned::to_owned),
            said: false,
            rows,
        });
    }

    /// The same, if another part of the file says it.
    pub(in crate::app::wearables) fn ask_unless_said(
        &mut self,
        question: &str,
        said: String,
        why: &str,
        rows: &[String],
    ) {
        self.ask(question, why, "another one, if it is wrong", rows);
        if let Some(asked) = self.reading.questions.last_mut().filter(|asked| asked.answer.is_none()) {
            (asked.answer, asked.said) = (Some(said), true);
        }
    }

    /// The zone that was answered, or that the file says.
    ///
    /// # Errors
    /// If there is no such zone.
    pub(in crate::app::wearables) fn zone(&self, said: Option<&str>) -> Result<Option<TimeZone>, Refusal> {
        let Some(name) = self.answer("zone").or(said) else { return Ok(None) };
        TimeZone::get(name).map(Some).map_err(|_| {
            Refusal(
                "there is no such time zone, or this machine does not know it: name the continent and the town, such \
                 as Europe/Athens"
                    .to_owned(),
            )
        })
    }

    /// Asks for the zone.
    pub(in crate::app::wearables) fn ask_zone(&mut self, why: &str, rows: &[String]) {
        self.ask("zone", why, "such as Europe/Athens, America/Fortaleza or Atlantic/Madeira", rows);
    }

    /// Fails if there is more of something than anybody can have done.
    pub(in crate::app::wearables) fn check_room(count: usize) -> Result<(), Refusal> {
        if count < MOST_THINGS {
            return Ok(());
        }
        Err(Refusal(format!(
            "it holds more than {MOST_THINGS} entries of one kind, which no child has: nothing was changed; see that it \
             is the file of one child"
        )))
    }

    /// Takes the totals of each day from one of the origins that there are.
    pub(in crate::app::wearables) fn take_days(&mut self, sums: DaySums) {
        let DaySums { sums, origins } = sums;
        let mut by_day = BTreeMap::<i64, Vec<_>>::new();
        for ((day, origin), totals) in sums {
            by_day.entry(day).or_default().push((origin, totals));
        }
        for (day, mut found) in by_day {
            found.retain(|(_, totals)| is_worn(totals));
            let Some((taken, totals)) = chosen(&found) else {
                self.leave_out("day", "nothing was measured: it was not worn");
                continue;
            };
            for (origin, _) in &found {
                self.note_origin(&origins[*origin], *origin == taken);
            }
            self.reading.days.push(DayRead { day, totals });
        }
    }

    /// Takes, of things of several origins, those of one for each day: of the one whose things are longest together.
    pub(in crate::app::wearables) fn take_things<T>(
        &mut self,
        what: &str,
        things: Vec<(i64, String, u64, T)>,
    ) -> Vec<T> {
        let mut lengths: BTreeMap<i64, BTreeMap<&str, u64>> = BTreeMap::new();
        for (day, origin, length, _) in &things {
            *lengths.entry(*day).or_default().entry(origin).or_default() += length;
        }
        let chosen: BTreeMap<i64, String> = lengths
            .iter()
            .filter_map(|(day, origins)| {
                // Of equal ones the first by name.
                let longest = origins.iter().rev().max_by_key(|(_, length)| **length)?;
                Some((*day, (*longest.0).to_owned()))
            })
            .collect();
        let mut taken = Vec::new();
        for (day, origin, _, thing) in things {
            match chosen.get(&day) == Some(&origin) {
                true => taken.push(thing),
                false => self.leave_out(what, "another device or program has more of the same day"),
            }
        }
        taken
    }

    fn note_origin(&mut self, origin: &str, taken: bool) {
        if !self.origins.contains_key(origin) {
            self.origins.insert(origin.to_owned(), (0, 0));
        }
        if let Some((days, took)) = self.origins.get_mut(origin) {
            (*days, *took) = (*days + 1, *took + usize::from(taken));
        }
    }

    /// The reading, in the order of time.
    pub(in crate::app::wearables) fn finish(mut self) -> Reading {
        let left_out = self.left_out.into_iter();
        self.reading.left_out = left_out.map(|((what, why), count)| LeftOutRecord { what, why, count }).collect();
        let origins = self.origins.into_iter();
        self.reading.origins = origins.map(|(origin, (days, taken))| OriginRecord { origin, days, taken }).collect();
        let Reading { days, activities, nights, weights, body_fats, .. } = &mut self.reading;
        days.sort_by_key(|day| day.day);
        activities.sort_by_key(|activity| activity.start);
        nights.sort_by_key(|night| night.start);
        weights.sort_by_key(|weight| weight.time);
        body_fats.sort_by_key(|fat| fat.time);
        self.reading
    }
}

/// Whether somebody wore the device: at rest all day is what an unworn one says, too.
fn is_worn(totals: &[Option<f64>; 5]) -> bool {
    let [steps, _, active, lightly, sedentary] = *totals;
    let moved = [steps, active, lightly].into_iter().flatten().any(|total| total > 0.0);
    // Burnt calories alone are computed, not measured.
    moved || sedentary.is_some_and(|minutes| minutes > 0.0 && minutes < 1440.0)
}

/// The origin that is taken: the one with most steps, else with most kinds of totals, else the first. Never a sum: two
/// devices that are worn at the same time count the same steps.
fn chosen(found: &[(usize, [Option<f64>; 5])]) -> Option<(usize, [Option<f64>; 5])> {
    let steps = |totals: &[Option<f64>; 5]| totals[0].unwrap_or_default();
    let kinds = |totals: &[Option<f64>; 5]| totals.iter().flatten().count();
    let best = found
        .iter()
        .rev()
        .max_by(|(_, one), (_, other)| steps(one).total_cmp(&steps(other)).then_with(|| kinds(one).cmp(&kinds(other))));
    best.copied()
}

/// Sums of days, each origin's by itself.
#[derive(Default)]
pub(in crate::app::wearables) struct DaySums {
    sums: BTreeMap<(i64, usize), [Option<f64>; 5]>,
    origins: Vec<String>,
}

impl DaySums {
    /// The number of an origin.
    pub(in crate::app::wearables) fn origin(&mut self, name: &str) -> usize {
        self.origins.iter().position(|known| known == name).unwrap_or_else(|| {
            self.origins.push(name.to_owned());
            self.origins.len() - 1
        })
    }

    fn slot(&mut self, day: i64, origin: usize, kind: DataKind) -> Result<&mut Option<f64>, Refusal> {
        if self.sums.len() >= MOST_DAYS {
            return Err(Refusal("it holds more days than anybody lives: nothing was changed".to_owned()));
        }
        Ok(&mut self.sums.entry((day, origin)).or_default()[kind.number().min(4)])
    }

    /// Adds to a total.
    pub(in crate::app::wearables) fn add(
        &mut self,
        (day, origin): (i64, usize),
        kind: DataKind,
        value: f64,
    ) -> Result<(), Refusal> {
        if value.is_finite() && value >= 0.0 {
            *self.slot(day, origin, kind)?.get_or_insert(0.0) += value;
        }
        Ok(())
    }

    /// The total of a day, as it is so far.
    pub(in crate::app::wearables) fn get(&self, day: i64, origin: usize, kind: DataKind) -> Option<f64> {
        self.sums.get(&(day, origin)).and_then(|totals| totals[kind.number().min(4)])
    }

    /// Makes a total nothing.
    pub(in crate::app::wearables) fn clear(&mut self, kind: DataKind, keep: impl Fn(i64, usize) -> bool) {
        for ((day, origin), totals) in &mut self.sums {
            if !keep(*day, *origin) {
                totals[kind.number().min(4)] = None;
            }
        }
    }

    /// Rounds what was added up of fractions to whole numbers of a hundredth.
    pub(in crate::app::wearables) fn round(&mut self) {
        for total in self.sums.values_mut().flatten().flatten() {
            *total = (*total * 100.0).round() / 100.0;
        }
    }
}
