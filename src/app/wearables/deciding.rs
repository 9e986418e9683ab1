//! What becomes of each thing that was read: held against what there is, by who stored that.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::app::wearables::facts::{Facts, day as calendar_day, total};
use crate::app::wearables::moments::number;
use crate::app::wearables::reading::DayRead;
use crate::model::tracking::{NewBodyFat, NewWeight};
use crate::model::wearables::DataKind;
use crate::model::{Child, Error, Id};
use crate::store::{ImportedRow, TrackedChild, View};

/// What becomes of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::app::wearables) enum Verdict {
    /// Nothing is there.
    New,
    /// The same source said something else before.
    Changed,
    /// It is there.
    Equal,
    /// It is left out.
    Skipped(&'static str),
}

pub(in crate::app::wearables) const IMPOSSIBLE: &str = "its values are none that can be stored";
const FUTURE: &str = "it lies in the future";
const TOO_OLD: &str = "it is older than what is kept";
const OTHER_DAY: &str = "another source has this day";
const SAME_TIME: &str = "something else of this time is there";
const OTHER_TIME: &str = "another source has something of this time";
const OTHER_FAT: &str = "another body fat of this time is there";

/// What imports stored of a child so far.
pub(in crate::app::wearables) struct Ledger {
    pub(in crate::app::wearables) child: Option<TrackedChild>,
    source: String,
    rows: HashMap<(usize, i64), ImportedRow>,
    by_key: HashMap<(usize, i64), i64>,
    now: Timestamp,
    kept_from: Option<Timestamp>,
}

impl Ledger {
    /// # Errors
    /// Those of the store.
    pub(in crate::app::wearables) fn load(
        view: &View<'_>,
        child: Id<Child>,
        source: &str,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let child = view.tracked_child(child)?;
        let rows = child.map(|child| view.imported_rows(child, None)).transpose()?.unwrap_or_default();
        let kept_from = view.tracking_kept_from()?;
        let (rows_of, by_key) = (HashMap::new(), HashMap::new());
        let mut ledger = Self { child, source: source.to_owned(), rows: rows_of, by_key, now, kept_from };
        rows.into_iter().for_each(|row| ledger.note(row));
        Ok(ledger)
    }

    /// Notes what an import stored.
    pub(in crate::app::wearables) fn note(&mut self, row: ImportedRow) {
        if row.source == self.source {
            self.by_key.insert((row.kind.number(), row.key), row.place);
        }
        self.rows.insert((row.kind.number(), row.place), row);
    }

    /// Forgets a thing that is not there any more.
    pub(in crate::app::wearables) fn forget(&mut self, kind: DataKind, place: i64) {
        if let Some(row) = self.rows.remove(&(kind.number(), place)) {
            self.by_key.remove(&(kind.number(), row.key));
        }
    }

    /// What is known of something that is there, if this source stored it.
    pub(in crate::app::wearables) fn own(&self, kind: DataKind, place: i64) -> Option<&ImportedRow> {
        self.rows.get(&(kind.number(), place)).filter(|row| row.source == self.source)
    }

    /// What becomes of each total of a day, in the order of [`DataKind::ALL`]; nothing where the source says nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::app::wearables) fn day(
        &self,
        view: &View<'_>,
        read: &DayRead,
    ) -> Result<[Option<Verdict>; 5], Error> {
        let all = |verdict| read.totals.map(|total| total.map(|_| verdict));
        let Some(date) = calendar_day(read.day) else { return Ok(all(Verdict::Skipped(IMPOSSIBLE))) };
        let utc = |time: Timestamp| number(jiff::tz::TimeZone::UTC.to_datetime(time).date());
        // Somewhere it is tomorrow already.
        if number(date) > utc(self.now) + 1 {
            return Ok(all(Verdict::Skipped(FUTURE)));
        }
        if self.kept_from.is_some_and(|from| number(date) < utc(from)) {
            return Ok(all(Verdict::Skipped(TOO_OLD)));
        }
        let stored = self.child.map(|child| view.stored_totals(child, read.day)).transpose()?.unwrap_or_default();
        let of = |at: usize| (stored[at], read.totals[at].map(total));
        let own =
            |at: usize, value: f64| self.own(DataKind::ALL[at], read.day).is_some_and(|row| row.value == Some(value));
        let foreign = (0..5).any(|at| match of(at) {
            (Some(there), said) => said != Some(Some(there)) && !own(at, there),
            (None, _) => false,
        });
        let mut verdicts = [None; 5];
        for (at, verdict) in verdicts.iter_mut().enumerate() {
            *verdict = match of(at) {
                (_, None) => None,
                (_, Some(None)) => Some(Verdict::Skipped(IMPOSSIBLE)),
                (Some(there), Some(Some(said))) if there == said => Some(Verdict::Equal),
                _ if foreign => Some(Verdict::Skipped(OTHER_DAY)),
                (Some(_), _) => Some(Verdict::Changed),
                (None, _) => Some(Verdict::New),
            };
        }
        Ok(verdicts)
    }

    /// What becomes of a thing, and the number of the id of what it replaces, if it does.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::app::wearables) fn thing(
        &self,
        view: &View<'_>,
        key: i64,
        facts: &Facts,
    ) -> Result<(Verdict, Option<i64>), Error> {
        let (kind, time) = (facts.kind(), facts.time());
        if time > self.now {
            return Ok((Verdict::Skipped(FUTURE), None));
        }
        if self.kept_from.is_some_and(|from| time < from) {
            return Ok((Verdict::Skipped(TOO_OLD), None));
        }
        let Some(child) = self.child else { return Ok((Verdict::New, None)) };
        let same_time = at_time(view, child, kind, time)?;
        let known = self.by_key.get(&(kind.number(), key)).copied();
        if let Some(place) = known
            && let Some(stored) = stored(view, child, kind, place)?
        {
            return Ok(match (stored == *facts, same_time.is_some_and(|there| there != place)) {
                (true, _) => (Verdict::Equal, Some(place)),
                (false, true) => (Verdict::Skipped(SAME_TIME), None),
                (false, false) if self.is_edited(view, child, &stored)? => (Verdict::Skipped(OTHER_FAT), None),
                (false, false) => (Verdict::Changed, Some(place)),
            });
        }
        if let Some(place) = same_time {
            let equal = stored(view, child, kind, place)?.as_ref() == Some(facts);
            return Ok((if equal { Verdict::Equal } else { Verdict::Skipped(SAME_TIME) }, None));
        }
        if let Some(period) = facts.period() {
            let others = view.overlapping(child, kind, period)?;
            if others.into_iter().any(|other| self.own(kind, other).is_none()) {
                return Ok((Verdict::Skipped(OTHER_TIME), None));
            }
        }
        if let Facts::Weight(NewWeight { body_fat: Some(fat), .. }) = facts
            && let Some(place) = view.body_fat_at(child, time)?
            && view.body_fat_of_number(child, place)?.is_some_and(|there| there.value != *fat)
        {
            return Ok((Verdict::Skipped(OTHER_FAT), None));
        }
        Ok((Verdict::New, None))
    }

    /// Whether the body fat of a stored weight, or a stored body fat, is not any more what an import stored.
    fn is_edited(&self, view: &View<'_>, child: TrackedChild, stored: &Facts) -> Result<bool, Error> {
        if !matches!(stored, Facts::Weight(_) | Facts::BodyFat(_)) {
            return Ok(false);
        }
        let Some(place) = view.body_fat_at(child, stored.time())? else { return Ok(false) };
        let there = view.body_fat_of_number(child, place)?.map(|fat| fat.value);
        Ok(self.own(DataKind::BodyFat, place).is_none_or(|row| row.value != there))
    }
}

/// The number of the id of what is there of a time.
fn at_time(view: &View<'_>, child: TrackedChild, kind: DataKind, time: Timestamp) -> Result<Option<i64>, Error> {
    match kind {
        DataKind::Activity => view.activity_at(child, time),
        DataKind::Sleep => view.night_at(child, time),
        DataKind::Weight => view.weight_at(child, time),
        DataKind::BodyFat => view.body_fat_at(child, time),
        DataKind::Total(_) => Ok(None),
    }
}

/// What is stored under the id of this number.
///
/// # Errors
/// Those of the store.
pub(in crate::app::wearables) fn stored(
    view: &View<'_>,
    child: TrackedChild,
    kind: DataKind,
    place: i64,
) -> Result<Option<Facts>, Error> {
    Ok(match kind {
        DataKind::Activity => view.activity_of_number(child, place)?.map(|found| Facts::Activity(found.facts)),
        DataKind::Sleep => view.night_of_number(child, place)?.map(|found| Facts::Night(found.facts)),
        DataKind::Weight => view.weight_of_number(child, place)?.map(|found| {
            let (timestamp, value, unit, body_fat) = (found.timestamp, found.value, found.unit, found.body_fat);
            Facts::Weight(NewWeight { timestamp, value, unit, body_fat })
        }),
        DataKind::BodyFat => view
            .body_fat_of_number(child, place)?
            .map(|found| Facts::BodyFat(NewBodyFat { timestamp: found.timestamp, value: found.value })),
        DataKind::Total(_) => None,
    })
}
