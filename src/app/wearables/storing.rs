//! From a plan to the database: some things at a time, other writers in between. Whoever is stopped in the middle starts
//! again: what is stored is found.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::app::audit::Made;
use crate::app::audit::actions::WEARABLES_APPLY;
use crate::app::operator::refusal::{Refusal, refusal};
use crate::app::wearables::deciding::{Ledger, Verdict, stored};
use crate::app::wearables::facts::{self, Facts, Item, thing};
use crate::app::wearables::planning::{HealthPlan, plan};
use crate::app::wearables::policy::WearableUploadApply;
use crate::app::wearables::reading::{ActivityRead, BodyFatRead, DayRead, NightRead, Reading, WeightRead};
use crate::app::wearables::records::HealthAppliedRecord;
use crate::app::{App, Permit};
use crate::model::tracking::{Intensity, Log};
use crate::model::wearables::DataKind;
use crate::model::{Account, Child, Error, Id, Kind};
use crate::store::{Asker, Before, ImportedRow, TrackedChild, Tx};

/// How many things are stored in one transaction.
const AT_ONCE: usize = 100;

/// A place that no thing has.
const ASIDE: i64 = 0;

/// Whether something was stored where nothing was, or in the place of something.
#[derive(Default, Clone, Copy)]
struct Count {
    created: usize,
    changed: usize,
}

/// On whose word something is stored.
pub(in crate::app::wearables) enum By {
    /// The machine's operator's, as a part of an import that may have begun.
    Operator(Option<i64>),
    /// That of a user, who looks how many things are stored.
    User(Permit<WearableUploadApply>, Arc<AtomicUsize>),
}

/// What was stored in one transaction.
#[derive(Default)]
struct Stored {
    import: Option<i64>,
    count: Count,
}

impl Made for Stored {}

impl App {
    /// Stores a reading of a child; what is not answered yet, or is there, is not.
    ///
    /// # Errors
    /// If a question is open, there is no such child any more, or the store cannot write.
    pub(in crate::app::wearables) async fn store_reading(
        &self,
        child: Id<Child>,
        reading: Arc<Reading>,
        import: Option<i64>,
    ) -> Result<HealthAppliedRecord, Refusal> {
        let _one_at_a_time = self.wearables.storing.lock().await;
        let plan = self.plan_reading(Asker::Operator, child, &reading).await.map_err(refusal)?;
        if let Some(open) = plan.record.open().next() {
            return Err(Refusal(format!("{}: answer it with --{}; nothing was changed", open.why, open.question)));
        }
        self.store_items(child, reading, plan.to_store, By::Operator(import)).await.map_err(refusal)
    }

    /// Stores parts of a reading, in which nothing is open.
    ///
    /// # Errors
    /// If there is no such child any more, or the store cannot write: what was stored before stays, as an import that can
    /// be taken back.
    pub(in crate::app::wearables) async fn store_items(
        &self,
        child: Id<Child>,
        reading: Arc<Reading>,
        to_store: Vec<Item>,
        by: By,
    ) -> Result<HealthAppliedRecord, Error> {
        let made_by = match &by {
            By::Operator(_) => None,
            By::User(permit, _) => Some(permit.caller().id),
        };
        let (mut import, mut permit, done) = match by {
            By::Operator(import) => (import, None, Arc::default()),
            By::User(permit, done) => (None, Some(permit), done),
        };
        let mut all = Count::default();
        // Also if there is nothing to store, what was answered is remembered.
        let mut parts: Vec<Vec<Item>> = to_store.chunks(AT_ONCE).map(<[Item]>::to_vec).collect();
        parts.resize_with(parts.len().max(1), Vec::new);
        for (at, items) in parts.into_iter().enumerate() {
            let (reading, length) = (Arc::clone(&reading), items.len());
            let job = move |tx: &Tx<'_>| {
                if at == 0 {
                    remember(tx, child, &reading)?;
                }
                store_part(tx, child, &reading, Part { items, import, made_by, is_first: at == 0 })
            };
            let stored = match permit.take() {
                Some(permit) => self.change(permit, job).await?,
                None => self.store.write(job).await?,
            };
            import = stored.import;
            (all.created, all.changed) = (all.created + stored.count.created, all.changed + stored.count.changed);
            done.fetch_add(length, Ordering::Relaxed);
        }
        Ok(HealthAppliedRecord { import, created: all.created, changed: all.changed })
    }

    /// Plans what storing a reading would change.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::app::wearables) async fn plan_reading(
        &self,
        asker: Asker,
        child: Id<Child>,
        reading: &Arc<Reading>,
    ) -> Result<HealthPlan, Error> {
        let (reading, now) = (Arc::clone(reading), self.clock.now());
        self.store.scan(asker, move |view| plan(view, child, &reading, now)).await
    }
}

/// What is stored in one transaction.
struct Part {
    items: Vec<Item>,
    import: Option<i64>,
    made_by: Option<Id<Account>>,
    is_first: bool,
}

/// Stores some things, as a part of an import, which begins with them if it has not.
fn store_part(tx: &Tx<'_>, child: Id<Child>, reading: &Reading, part: Part) -> Result<Stored, Error> {
    let Part { items, import, made_by, is_first } = part;
    if items.is_empty() {
        return Ok(Stored { import, count: Count::default() });
    }
    let tracked = tx.track_child(child)?.ok_or(Error::NotFound(Kind::Child))?;
    let batch = match import {
        Some(batch) => batch,
        None => tx.begin_wearable_batch(&reading.source, reading.reader)?,
    };
    if is_first && made_by.is_none() {
        tx.record_imported(WEARABLES_APPLY, *child.as_bytes(), None)?;
    }
    let ledger = Ledger::load(tx, child, &reading.source, tx.now())?;
    let mut storing = Storing { tx, child: tracked, ledger, batch, source: &reading.source, count: Count::default() };
    storing.items(reading, &items)?;
    let count = storing.count;
    tx.count_imported(tracked, batch, made_by, (count.created, count.changed))?;
    Ok(Stored { import: Some(batch), count })
}

/// Remembers what was answered of a child's files.
fn remember(tx: &Tx<'_>, child: Id<Child>, reading: &Reading) -> Result<(), Error> {
    let child = tx.track_child(child)?.ok_or(Error::NotFound(Kind::Child))?;
    for question in reading.questions.iter().filter(|question| !question.said) {
        if let Some(answer) = &question.answer {
            tx.remember_answer(child, &reading.source, &question.question, answer)?;
        }
    }
    Ok(())
}

struct Storing<'s> {
    tx: &'s Tx<'s>,
    child: TrackedChild,
    ledger: Ledger,
    batch: i64,
    source: &'s str,
    count: Count,
}

impl Storing<'_> {
    fn items(&mut self, reading: &Reading, items: &[Item]) -> Result<(), Error> {
        for item in items {
            match *item {
                Item::Day(at) => self.day(&reading.days[at])?,
                item => {
                    if let Some((key, _, _, Some(facts))) = thing(reading, item) {
                        self.thing(key, &facts)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn day(&mut self, read: &DayRead) -> Result<(), Error> {
        let verdicts = self.ledger.day(self.tx, read)?;
        let Some(date) = facts::day(read.day) else { return Ok(()) };
        for (at, verdict) in verdicts.into_iter().enumerate() {
            let (kind, value) = (DataKind::ALL[at], read.totals[at].and_then(facts::total));
            let (Some(verdict @ (Verdict::New | Verdict::Changed)), Some(value), DataKind::Total(total)) =
                (verdict, value, kind)
            else {
                continue;
            };
            if let (Verdict::Changed, Some(row)) = (verdict, self.ledger.own(kind, read.day)) {
                let was = row.value.map(crate::model::text::number_text).unwrap_or_default();
                let before = Before { earlier: row.batch, was };
                self.tx.keep_before(self.child, (kind, read.day), self.batch, &before)?;
            }
            self.tx.put_log(self.child, total, Log { date, value })?;
            self.note(kind, read.day, 0, Some(value))?;
            self.counted(verdict);
        }
        Ok(())
    }

    fn counted(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Changed => self.count.changed += 1,
            _ => self.count.created += 1,
        }
    }

    fn note(&mut self, kind: DataKind, place: i64, key: i64, value: Option<f64>) -> Result<(), Error> {
        let row = ImportedRow { kind, place, batch: self.batch, key, value, source: self.source.to_owned() };
        self.tx.note_imported(self.child, &row)?;
        self.ledger.note(row);
        Ok(())
    }

    fn thing(&mut self, key: i64, facts: &Facts) -> Result<(), Error> {
        let (verdict, replaced) = self.ledger.thing(self.tx, key, facts)?;
        let kind = facts.kind();
        match (verdict, replaced) {
            (Verdict::New, _) => {
                let places = insert(self.tx, self.child, facts)?;
                self.note_places(key, facts, &places)?;
            }
            (Verdict::Changed, Some(place)) => {
                let Some(old) = stored(self.tx, self.child, kind, place)? else { return Ok(()) };
                let earlier = self.ledger.own(kind, place).map_or(0, |row| row.batch);
                let before = Before { earlier, was: written(key, &old)? };
                self.tx.move_before(self.child, kind, place, ASIDE)?;
                remove(self.tx, self.child, kind, place)?;
                self.ledger.forget(kind, place);
                let places = insert(self.tx, self.child, facts)?;
                if let Some((_, new, _)) = places.first() {
                    self.tx.move_before(self.child, kind, ASIDE, *new)?;
                    self.tx.keep_before(self.child, (kind, *new), self.batch, &before)?;
                }
                self.note_places(key, facts, &places)?;
            }
            _ => return Ok(()),
        }
        self.counted(verdict);
        Ok(())
    }

    fn note_places(&mut self, key: i64, facts: &Facts, places: &[Place]) -> Result<(), Error> {
        for (kind, place, value) in places {
            self.note(*kind, *place, key, *value)?;
        }
        debug_assert!(places.first().is_none_or(|(kind, ..)| *kind == facts.kind()), "the thing itself comes first");
        Ok(())
    }
}

/// Where something was stored, and the value of a body fat.
pub(in crate::app::wearables) type Place = (DataKind, i64, Option<f64>);

fn place<K>(id: Id<K>) -> i64 {
    id.as_bytes().first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes))
}

/// Stores a thing; returns where, the thing itself first. Nothing if something of its time is there.
///
/// # Errors
/// Those of the store.
pub(in crate::app::wearables) fn insert(tx: &Tx<'_>, child: TrackedChild, facts: &Facts) -> Result<Vec<Place>, Error> {
    let mut places = Vec::with_capacity(2);
    match facts {
        Facts::Activity(facts) => {
            let made = tx.insert_activity(child, facts)?;
            places.extend(made.map(|made| (DataKind::Activity, place(made.id), None)));
        }
        Facts::Night(facts) => {
            let made = tx.insert_sleep(child, facts)?;
            places.extend(made.map(|made| (DataKind::Sleep, place(made.id), None)));
        }
        Facts::Weight(new) => {
            let had_fat = tx.body_fat_at(child, new.timestamp)?.is_some();
            let made = tx.insert_weight(child, new)?;
            places.extend(made.map(|made| (DataKind::Weight, place(made.id), None)));
            if let (Some(value), false, Some(fat)) = (new.body_fat, had_fat, tx.body_fat_at(child, new.timestamp)?) {
                places.push((DataKind::BodyFat, fat, Some(value)));
            }
        }
        Facts::BodyFat(new) => {
            let made = tx.insert_body_fat(child, new)?;
            places.extend(made.map(|made| (DataKind::BodyFat, place(made.id), Some(new.value))));
        }
    }
    Ok(places)
}

/// Removes a thing that an import stored; with a weight the body fat that came with it, if that is as it was stored.
///
/// # Errors
/// Those of the store.
pub(in crate::app::wearables) fn remove(
    tx: &Tx<'_>,
    child: TrackedChild,
    kind: DataKind,
    place: i64,
) -> Result<(), Error> {
    let id = tx.child_of(child);
    match kind {
        DataKind::Activity => drop(tx.delete_activity(id, tx.id_of_number(place)?)?),
        DataKind::Sleep => drop(tx.delete_sleep(id, tx.id_of_number(place)?)?),
        DataKind::BodyFat => drop(tx.delete_body_fat(id, tx.id_of_number(place)?)?),
        DataKind::Weight => {
            let weight = tx.weight_of_number(child, place)?;
            if let Some(weight) = weight
                && let Some(fat) = tx.body_fat_at(child, weight.timestamp)?
                && let (Some(of_weight), Some(of_fat)) =
                    (tx.imported_row(child, DataKind::Weight, place)?, tx.imported_row(child, DataKind::BodyFat, fat)?)
                && of_weight.key == of_fat.key
                && tx.body_fat_of_number(child, fat)?.map(|fat| fat.value) == of_fat.value
            {
                tx.delete_body_fat(id, tx.id_of_number(fat)?)?;
            }
            tx.delete_weight(id, tx.id_of_number(place)?)?;
        }
        DataKind::Total(_) => {}
    }
    Ok(())
}

/// A thing as it is kept, with the key that the source knows it by.
///
/// # Errors
/// `Internal`, which does not happen.
fn written(key: i64, facts: &Facts) -> Result<String, Error> {
    let written = match facts {
        Facts::Activity(facts) => {
            let level = |intensity| {
                let levels = facts.levels.iter().flatten();
                levels.filter(|level| level.intensity == intensity).map(|level| level.duration).sum()
            };
            serde_json::to_string(&ActivityRead {
                key,
                day: 0,
                start: facts.period.start.as_millisecond(),
                duration: facts.period.duration,
                name: facts.name.as_str().to_owned(),
                calories: facts.calories,
                steps: facts.steps,
                distance: facts.distance,
                levels: facts.levels.map(|_| Intensity::ALL.map(level)),
                heart_rate: facts
                    .heart_rate
                    .map(|rate| (rate.average, rate.zones.map(|zone| [zone.min, zone.max, zone.duration]))),
            })
        }
        Facts::Night(facts) => {
            let place = |phase| facts.kind.phases().iter().position(|known| *known == phase).unwrap_or_default();
            let entry = |entry: &crate::model::tracking::SleepEntry| {
                (entry.start.as_millisecond(), place(entry.phase), entry.duration)
            };
            serde_json::to_string(&NightRead {
                key,
                day: 0,
                start: facts.period.start.as_millisecond(),
                duration: facts.period.duration,
                stages: facts.kind == crate::model::tracking::SleepType::Stages,
                entries: facts.data_set.iter().map(entry).collect(),
            })
        }
        Facts::Weight(new) => {
            let (time, value, body_fat) = (new.timestamp.as_millisecond(), new.value, new.body_fat);
            serde_json::to_string(&WeightRead { key, day: 0, time, value, body_fat })
        }
        Facts::BodyFat(new) => {
            let (time, value) = (new.timestamp.as_millisecond(), new.value);
            serde_json::to_string(&BodyFatRead { key, day: 0, time, value })
        }
    };
    written.map_err(Error::internal)
}

/// A thing as it was kept, and its key; nothing if it is none.
pub(in crate::app::wearables) fn read_back(kind: DataKind, text: &str) -> Option<(i64, Facts)> {
    match kind {
        DataKind::Activity => {
            let read: ActivityRead = serde_json::from_str(text).ok()?;
            Some((read.key, facts::activity(&read)?))
        }
        DataKind::Sleep => {
            let read: NightRead = serde_json::from_str(text).ok()?;
            Some((read.key, facts::night(&read)?))
        }
        DataKind::Weight => {
            let read: WeightRead = serde_json::from_str(text).ok()?;
            Some((read.key, facts::weight(&read)?))
        }
        DataKind::BodyFat => {
            let read: BodyFatRead = serde_json::from_str(text).ok()?;
            Some((read.key, facts::body_fat(&read)?))
        }
        DataKind::Total(_) => None,
    }
}
