//! Taking an import back: what it stored is removed, or what was there before is put back, where nobody changed it since.
//! All else is left, and told.

use crate::app::App;
use crate::app::audit::actions::WEARABLES_UNDO;
use crate::app::imports::{ImportRecord, LeftRecord, UndoRecord};
use crate::app::operator::refusal::{Refusal, refusal};
use crate::app::wearables::deciding::stored;
use crate::app::wearables::facts::Facts;
use crate::app::wearables::moments::date;
use crate::app::wearables::storing::{insert, read_back, remove};
use crate::model::tracking::Log;
use crate::model::wearables::DataKind;
use crate::model::{Child, Error, Id, text};
use crate::store::{Asker, Before, ImportBatch, ImportedRow, TrackedChild, Tx, View};

/// The most things left as they are that are told; the others are counted.
const TOLD: usize = 200;
/// How many things are removed or put back in one transaction.
const AT_ONCE: usize = 100;

const EDITED: &str = "was changed since";
const OVERWRITTEN: &str = "was changed by a later import: take that one back first";
const TAKEN: &str = "cannot be put back: something else of its time is there";

/// What taking something back comes to.
enum Fate {
    Removed,
    PutBack(Before),
    Left(&'static str),
}

/// An import that is looked at, as far as it is about one child or all, and what it stored that is there.
pub(in crate::app::wearables) struct Undoing {
    pub(in crate::app::wearables) undone: UndoRecord,
    number: i64,
    child: Option<TrackedChild>,
    rows: Vec<(TrackedChild, ImportedRow)>,
}

impl Undoing {
    /// An import; nothing if it is none of files of wearables, or stored nothing of this child.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::app::wearables) fn find(
        view: &View<'_>,
        number: i64,
        child: Option<Id<Child>>,
    ) -> Result<Option<Self>, Error> {
        let (batch, child) = match child {
            None => (view.wearable_batch(number)?, None),
            Some(id) => (view.wearable_import(id, number)?.map(|import| import.batch), view.tracked_child(id)?),
        };
        let Some(batch) = batch else { return Ok(None) };
        Ok(Some(Self { undone: begin(view, &batch, child)?, number, child, rows: rows(view, number, child)? }))
    }

    /// What taking it back would do.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::app::wearables) fn told(mut self, view: &View<'_>) -> Result<UndoRecord, Error> {
        for (child, row) in &self.rows {
            let fate = fate(view, *child, row)?;
            count(&mut self.undone, row.kind, &fate, told_id(view, row)?);
        }
        Ok(self.undone)
    }

    /// Notes that it was taken back.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::app::wearables) fn end(&self, tx: &Tx<'_>) -> Result<String, Error> {
        tx.end_wearable_import(self.number, self.child)?;
        Ok(text::time_text(tx.now()))
    }
}

impl App {
    /// The imports that there were, the newest first.
    pub(in crate::app::wearables) fn wearable_imports(&self) -> Result<Vec<ImportRecord>, Refusal> {
        let batches = self.store.read(|view| view.wearable_batches()).map_err(refusal)?;
        Ok(batches.iter().map(record).collect())
    }

    /// What taking an import back would do; nothing if it is none of files of wearables.
    pub(in crate::app::wearables) async fn wearable_show(&self, number: i64) -> Result<Option<UndoRecord>, Refusal> {
        let shown = self.store.scan(Asker::Operator, move |view| {
            Undoing::find(view, number, None)?.map(|found| found.told(view)).transpose()
        });
        shown.await.map_err(refusal)
    }

    /// Takes an import back; nothing is done if it is none of files of wearables.
    pub(in crate::app::wearables) async fn wearable_undo(&self, number: i64) -> Result<Option<UndoRecord>, Refusal> {
        let _one_at_a_time = self.wearables.storing.lock().await;
        let found = self.store.scan(Asker::Operator, move |view| Undoing::find(view, number, None));
        let Some(mut undoing) = found.await.map_err(refusal)? else { return Ok(None) };
        if undoing.undone.import.undone_at.is_some() {
            return Err(Refusal(format!("import {number} was taken back already: nothing was changed")));
        }
        self.take_back(&mut undoing).await.map_err(refusal)?;
        let all = (undoing.undone.put_back + undoing.undone.removed).max(1);
        let ended = self.store.write(move |tx| {
            let at = undoing.end(tx)?;
            tx.record_import(WEARABLES_UNDO, all)?;
            undoing.undone.import.undone_at = Some(at);
            Ok(undoing.undone)
        });
        ended.await.map(Some).map_err(refusal)
    }

    /// Removes what an import stored, or puts back what was there before, some things at a time.
    ///
    /// # Errors
    /// Those of the store: then what was taken back stays so, and it can be gone on with.
    pub(in crate::app::wearables) async fn take_back(&self, undoing: &mut Undoing) -> Result<(), Error> {
        for rows in std::mem::take(&mut undoing.rows).chunks(AT_ONCE) {
            let rows = rows.to_vec();
            let fates = self.store.write(move |tx| {
                let undo = |(child, row): &(TrackedChild, ImportedRow)| {
                    let fate = undo(tx, *child, row)?;
                    Ok((row.kind, fate, told_id(tx, row)?))
                };
                rows.iter().map(undo).collect::<Result<Vec<_>, Error>>()
            });
            for (kind, fate, id) in fates.await? {
                count(&mut undoing.undone, kind, &fate, id);
            }
        }
        Ok(())
    }
}

pub(in crate::app::wearables) fn record(batch: &ImportBatch) -> ImportRecord {
    ImportRecord {
        import: batch.number,
        at: text::time_text(batch.applied_at),
        format: batch.source.clone(),
        created: batch.created,
        changed: batch.changed,
        undone_at: batch.undone_at.map(text::time_text),
    }
}

fn begin(view: &View<'_>, batch: &ImportBatch, child: Option<TrackedChild>) -> Result<UndoRecord, Error> {
    let overwritten = view.overwritten(batch.number, child)?;
    let mut undone =
        UndoRecord { import: record(batch), put_back: 0, removed: 0, left_in_all: overwritten, left: Vec::new() };
    if overwritten > 0 {
        let (sheet, id) = ("of later imports".to_owned(), format!("{overwritten} things"));
        undone.left.push(LeftRecord { sheet, id, why: OVERWRITTEN.to_owned() });
    }
    Ok(undone)
}

/// What an import stored that is there. Body fats go before the weights that they came with.
fn rows(view: &View<'_>, number: i64, child: Option<TrackedChild>) -> Result<Vec<(TrackedChild, ImportedRow)>, Error> {
    let children = match child {
        Some(child) => vec![child],
        None => view.imported_children(number)?,
    };
    let mut all = Vec::new();
    for child in children {
        let mut rows = view.imported_rows(child, Some(number))?;
        rows.sort_by_key(|row| std::cmp::Reverse(row.kind.number()));
        all.extend(rows.into_iter().map(|row| (child, row)));
    }
    Ok(all)
}

/// The day of a total, or a thing's id.
fn told_id(view: &View<'_>, row: &ImportedRow) -> Result<String, Error> {
    match row.kind {
        DataKind::Total(_) => Ok(date(row.place).map(|date| date.to_string()).unwrap_or_default()),
        _ => Ok(view.id_of_number::<()>(row.place)?.to_string()),
    }
}

fn count(undone: &mut UndoRecord, kind: DataKind, fate: &Option<Fate>, id: String) {
    match fate {
        None => {}
        Some(Fate::Removed) => undone.removed += 1,
        Some(Fate::PutBack(_)) => undone.put_back += 1,
        Some(Fate::Left(why)) => {
            undone.left_in_all += 1;
            if undone.left.len() < TOLD {
                undone.left.push(LeftRecord { sheet: kind.word().to_owned(), id, why: (*why).to_owned() });
            }
        }
    }
}

/// What is to become of something that an import stored; nothing if it is gone.
fn fate(view: &View<'_>, child: TrackedChild, row: &ImportedRow) -> Result<Option<Fate>, Error> {
    let there = match row.kind {
        DataKind::Total(_) => view.stored_totals(child, row.place)?[row.kind.number()],
        DataKind::BodyFat => view.body_fat_of_number(child, row.place)?.map(|fat| fat.value),
        // What has a value that can be changed is these; others are there or not.
        kind => stored(view, child, kind, row.place)?.and(Some(f64::NAN)),
    };
    let Some(there) = there else { return Ok(None) };
    if row.value.is_some_and(|value| value != there) {
        return Ok(Some(Fate::Left(EDITED)));
    }
    let Some(before) = view.before(child, (row.kind, row.place), row.batch)? else { return Ok(Some(Fate::Removed)) };
    if let Some((_, facts)) = read_back(row.kind, &before.was) {
        let taken = match &facts {
            Facts::Activity(facts) => view.activity_at(child, facts.period.start)?,
            Facts::Night(facts) => view.night_at(child, facts.period.start)?,
            Facts::Weight(new) => view.weight_at(child, new.timestamp)?,
            Facts::BodyFat(new) => view.body_fat_at(child, new.timestamp)?,
        };
        if taken.is_some_and(|taken| taken != row.place) {
            return Ok(Some(Fate::Left(TAKEN)));
        }
    }
    Ok(Some(Fate::PutBack(before)))
}

fn undo(tx: &Tx<'_>, child: TrackedChild, row: &ImportedRow) -> Result<Option<Fate>, Error> {
    // A later import may have stored something in its place meanwhile.
    if tx.imported_row(child, row.kind, row.place)?.as_ref() != Some(row) {
        return Ok(None);
    }
    let fate = fate(tx, child, row)?;
    match (&fate, row.kind) {
        (Some(Fate::Removed), DataKind::Total(kind)) => {
            tx.forget_imported(child, row.kind, row.place)?;
            if let Some(day) = date(row.place) {
                tx.remove_total(child, kind, day)?;
            }
        }
        (Some(Fate::Removed), kind) => remove(tx, child, kind, row.place)?,
        (Some(Fate::PutBack(before)), DataKind::Total(kind)) => {
            let value = text::number(&before.was).unwrap_or_default();
            if let Some(date) = date(row.place) {
                tx.put_log(child, kind, Log { date, value })?;
            }
            let row = ImportedRow { batch: before.earlier, value: Some(value), ..row.clone() };
            tx.note_imported(child, &row)?;
        }
        (Some(Fate::PutBack(before)), _) => put_back(tx, child, row, before)?,
        _ => {}
    }
    if matches!(fate, Some(Fate::PutBack(_))) {
        tx.forget_before(child, (row.kind, row.place), row.batch)?;
    }
    Ok(fate)
}

/// Puts a thing back that an import replaced; what was in its place before that is known further on.
fn put_back(tx: &Tx<'_>, child: TrackedChild, row: &ImportedRow, before: &Before) -> Result<(), Error> {
    let Some((key, facts)) = read_back(row.kind, &before.was) else {
        return Err(Error::internal("what an import replaced cannot be read"));
    };
    tx.forget_before(child, (row.kind, row.place), row.batch)?;
    tx.move_before(child, row.kind, row.place, 0)?;
    remove(tx, child, row.kind, row.place)?;
    for (at, (kind, place, value)) in insert(tx, child, &facts)?.into_iter().enumerate() {
        if at == 0 {
            tx.move_before(child, kind, 0, place)?;
        }
        let row = ImportedRow { kind, place, batch: before.earlier, key, value, source: row.source.clone() };
        tx.note_imported(child, &row)?;
    }
    Ok(())
}
