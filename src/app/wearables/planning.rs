//! What storing a reading would change, kind by kind and day by day.

use std::collections::BTreeMap;

use crate::app::wearables::deciding::{IMPOSSIBLE, Ledger, Verdict};
use crate::app::wearables::facts::{Item, items, thing};
use crate::app::wearables::moments::date;
use crate::app::wearables::reading::Reading;
use crate::app::wearables::records::{DaysRecord, HealthPlanRecord, KindRecord};
use crate::model::wearables::DataKind;
use crate::model::{Child, Error, Id};
use crate::store::View;

/// A plan, and which parts of the reading it stores.
pub(in crate::app::wearables) struct HealthPlan {
    pub(in crate::app::wearables) record: HealthPlanRecord,
    pub(in crate::app::wearables) to_store: Vec<Item>,
}

/// Plans what storing a reading would change.
///
/// # Errors
/// Those of the store.
pub(in crate::app::wearables) fn plan(
    view: &View<'_>,
    child: Id<Child>,
    reading: &Reading,
    now: jiff::Timestamp,
) -> Result<HealthPlan, Error> {
    let ledger = Ledger::load(view, child, &reading.source, now)?;
    let mut tally = Tally::default();
    let mut to_store = Vec::new();
    for item in items(reading) {
        let before = tally.stored;
        if let Item::Day(at) = item {
            let read = &reading.days[at];
            for (at, verdict) in ledger.day(view, read)?.into_iter().enumerate() {
                verdict.into_iter().for_each(|verdict| tally.count(at, read.day, verdict));
            }
        } else if let Some((key, day, kind, facts)) = thing(reading, item) {
            let verdict = match facts {
                Some(facts) => ledger.thing(view, key, &facts)?.0,
                None => Verdict::Skipped(IMPOSSIBLE),
            };
            tally.count(kind.number(), day, verdict);
        }
        if tally.stored > before {
            to_store.push(item);
        }
    }
    Ok(HealthPlan { record: tally.record(child, reading), to_store })
}

/// How many things of each kind, day and fate.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<usize, KindRecord>,
    days: BTreeMap<(usize, Verdict, i64), usize>,
    stored: usize,
}

impl Tally {
    fn count(&mut self, kind: usize, day: i64, verdict: Verdict) {
        let counts = self.counts.entry(kind).or_default();
        let slot = match verdict {
            Verdict::New => &mut counts.new,
            Verdict::Changed => &mut counts.changed,
            Verdict::Equal => &mut counts.equal,
            Verdict::Skipped(_) => &mut counts.skipped,
        };
        *slot += 1;
        self.stored += usize::from(matches!(verdict, Verdict::New | Verdict::Changed));
        *self.days.entry((kind, verdict, day)).or_default() += 1;
    }

    fn record(self, child: Id<Child>, reading: &Reading) -> HealthPlanRecord {
        let word = |kind: usize| DataKind::ALL[kind].word().to_owned();
        let mut days: Vec<(DaysRecord, i64, usize)> = Vec::new();
        for ((kind, verdict, day), count) in self.days {
            let (what, why) = match verdict {
                Verdict::New => ("new", None),
                Verdict::Changed => ("changed", None),
                Verdict::Equal => ("equal", None),
                Verdict::Skipped(why) => ("skipped", Some(why.to_owned())),
            };
            let shown = date(day).map(|date| date.to_string()).unwrap_or_default();
            match days.last_mut() {
                Some((last, until, of))
                    if *of == kind && last.what == what && last.why == why && until.checked_add(1) == Some(day) =>
                {
                    (last.to, *until, last.count) = (shown, day, last.count + count);
                }
                _ => {
                    let (from, to, what) = (shown.clone(), shown, what.to_owned());
                    days.push((DaysRecord { kind: word(kind), from, to, what, count, why }, day, kind));
                }
            }
        }
        HealthPlanRecord {
            child: child.to_string(),
            source: reading.source.clone(),
            title: reading.title.clone(),
            reader: reading.reader,
            cannot_say: reading.cannot_say.clone(),
            questions: reading.questions.clone(),
            origins: reading.origins.clone(),
            left_out: reading.left_out.clone(),
            counts: self.counts.into_iter().map(|(kind, counts)| KindRecord { kind: word(kind), ..counts }).collect(),
            days: days.into_iter().map(|(record, ..)| record).collect(),
        }
    }
}
