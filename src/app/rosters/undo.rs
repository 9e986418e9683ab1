//! Taking an import back: what it changed is put back where nobody changed it since, and what it made is removed where
//! nothing hangs on it. All else is left, and told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::app::App;
use crate::app::audit::Made;
use crate::app::audit::actions::ROSTER_UNDO;
use crate::app::rosters::records::{ImportRecord, LeftRecord, UndoRecord};
use crate::app::rosters::references::named;
use crate::app::rosters::trail::{self, Did};
use crate::model::rosters::{Column, Sheet, SheetRow};
use crate::model::{Account, Error, Id, ImportConflict, Kind, text};
use crate::store::{Batch, Journaled, Tx};

/// The most things left as they are that are told; the others are counted.
const TOLD: usize = 200;

impl App {
    /// The imports that there were, the newest first.
    pub(in crate::app::rosters) fn roster_list(&self) -> Result<Vec<ImportRecord>, Error> {
        let batches = self.store.read(|view| view.batches())?;
        Ok(batches.iter().map(record).collect())
    }

    /// What taking an import back would do: it is done, looked at, and not kept.
    pub(in crate::app::rosters) async fn roster_show(&self, number: i64) -> Result<UndoRecord, Error> {
        let batch = self.batch(number)?;
        let seen = Arc::new(Mutex::new(None));
        let outcome = Arc::clone(&seen);
        let rehearsal = self.store.write(move |tx| {
            let record = undo(tx, &batch, &|_, _| Ok(()))?;
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
            // Whatever was done is undone by this.
            Err::<(), _>(Error::Forbidden)
        });
        let failed = rehearsal.await;
        let record = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (record, failed) {
            (Some(record), _) => Ok(record),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(Error::internal("a rehearsal ended without a result")),
        }
    }

    /// What takes an import back.
    ///
    /// # Errors
    /// `NotFound` if there is no such import, `Conflict` if it was taken back already.
    pub(in crate::app::rosters) fn undoing(
        &self,
        number: i64,
    ) -> Result<impl FnOnce(&Tx<'_>) -> Result<UndoRecord, Error> + Send + 'static, Error> {
        require_standing(&self.batch(number)?)?;
        let revoke = self.revoker_of_any();
        Ok(move |tx: &Tx<'_>| {
            let batch = tx.batch(number)?.ok_or(Error::NotFound(Kind::Import))?;
            require_standing(&batch)?;
            let mut record = undo(tx, &batch, &revoke)?;
            tx.end_batch(batch.number)?;
            tx.record_import(ROSTER_UNDO, (record.put_back + record.removed).max(1))?;
            record.import.undone_at = Some(text::time_text(tx.now()));
            Ok(record)
        })
    }

    /// Takes an import back.
    pub(in crate::app::rosters) async fn roster_undo(&self, number: i64) -> Result<UndoRecord, Error> {
        self.store.write(self.undoing(number)?).await
    }

    fn batch(&self, number: i64) -> Result<Batch, Error> {
        self.store.read(|view| view.batch(number))?.ok_or(Error::NotFound(Kind::Import))
    }
}

impl Made for UndoRecord {}

/// Nothing is taken back twice.
fn require_standing(batch: &Batch) -> Result<(), Error> {
    if batch.undone_at.is_some() { Err(ImportConflict::Undone.into()) } else { Ok(()) }
}

fn record(batch: &Batch) -> ImportRecord {
    ImportRecord {
        import: batch.number,
        at: text::time_text(batch.applied_at),
        format: batch.format.clone(),
        created: batch.made,
        changed: batch.changed,
        undone_at: batch.undone_at.map(text::time_text),
    }
}

/// A row as the journal kept it.
fn read(text: &str) -> Result<SheetRow, Error> {
    let columns: BTreeMap<String, String> = serde_json::from_str(text).map_err(Error::internal)?;
    let column = |(word, text): (String, String)| {
        let column = Column::of_word(&word).ok_or_else(|| Error::internal("the journal names an unknown column"))?;
        Ok((column, text))
    };
    columns.into_iter().map(column).collect()
}

/// Tells that the tokens of a user are refused.
type Revoke<'r> = &'r dyn Fn(&Tx<'_>, Id<Account>) -> Result<(), Error>;

fn undo(tx: &Tx<'_>, batch: &Batch, revoke: Revoke<'_>) -> Result<UndoRecord, Error> {
    let mut record = UndoRecord { import: record(batch), put_back: 0, removed: 0, left_in_all: 0, left: Vec::new() };
    // What was made last refers to what was made before.
    for change in tx.journal(batch.number)?.iter().rev() {
        let left = match (tx.sheet_row(change.sheet, change.thing)?, &change.before) {
            (Some(row), None) => remove(tx, (batch, change), row, &mut record)?,
            (Some(row), Some(before)) => put_back(tx, change, (row, read(before)?), (&mut record, revoke))?,
            (None, Some(before)) => bring_back(tx, change, read(before)?, &mut record)?,
            (None, None) => None,
        };
        if let Some(why) = left {
            record.left_in_all += 1;
            if record.left.len() < TOLD {
                let (sheet, id) = (change.sheet.word().to_owned(), change.thing.to_string());
                record.left.push(LeftRecord { sheet, id, why });
            }
        }
    }
    Ok(record)
}

/// Removes what an import made; returns why not.
fn remove(
    tx: &Tx<'_>,
    (batch, change): (&Batch, &Journaled),
    row: SheetRow,
    record: &mut UndoRecord,
) -> Result<Option<String>, Error> {
    let mut made = read(&change.after)?;
    let password = made.remove(&Column::Password);
    if let Some(password) = password
        && tx.credential(change.thing.cast())?.is_none_or(|present| present.hash.as_str() != password)
    {
        return Ok(Some("has another password since".to_owned()));
    }
    let edited: Vec<_> = changed(&row, &made).map(Column::word).collect();
    if !edited.is_empty() {
        return Ok(Some(format!("was edited since: {}", edited.join(", "))));
    }
    if tx.is_in_use(change.thing, batch.applied_at)? {
        return Ok(Some("is in use since: logged in, tracked, or referred to".to_owned()));
    }
    tx.delete_sheet_row(change.sheet, change.thing)?;
    trail::record(tx, Did::Delete, (change.sheet, change.thing), &row)?;
    record.removed += 1;
    Ok(None)
}

/// The columns in which two rows differ; the time of a tag goes with the tag, and what no sheet shows stays.
fn changed<'r>(one: &'r SheetRow, other: &'r SheetRow) -> impl Iterator<Item = Column> + 'r {
    // A group or family without children has none, whether or not it says so.
    let held = |row: &'r SheetRow, column| row.get(&column).map(String::as_str).unwrap_or_default();
    let columns = Column::ALL.into_iter().filter(|column| *column != Column::TagTime && !column.is_past());
    columns.filter(move |column| held(one, *column) != held(other, *column))
}

/// Puts back the columns that an import changed and nobody since; returns which were changed since.
fn put_back(
    tx: &Tx<'_>,
    change: &Journaled,
    (row, before): (SheetRow, SheetRow),
    (record, revoke): (&mut UndoRecord, Revoke<'_>),
) -> Result<Option<String>, Error> {
    let after = read(&change.after)?;
    let (mut target, mut edited, nothing) = (row.clone(), Vec::new(), String::new());
    for (column, value) in &after {
        // What of leaving is empty is not there.
        let held = row.get(column).or(column.is_of_leaving().then_some(&nothing));
        if held != Some(value) {
            edited.push(column.word());
            continue;
        }
        match before.get(column) {
            Some(old) => drop(target.insert(*column, old.clone())),
            None => drop(target.remove(column)),
        }
    }
    if edited.contains(&Column::NfcTag.word()) || edited.contains(&Column::TagTime.word()) {
        keep(&mut target, &row, &[Column::NfcTag, Column::TagTime]);
    }
    if let Some(why) = cannot_be(tx, change, &target)? {
        return Ok(Some(why));
    }
    if target != row {
        tx.put_sheet_row(change.sheet, change.thing, &target)?;
        let did = Did::between(&row, &target);
        if did == Did::Deactivate {
            revoke(tx, change.thing.cast())?;
        }
        trail::record(tx, did, (change.sheet, change.thing), &target)?;
        record.put_back += 1;
    }
    Ok((!edited.is_empty()).then(|| format!("was edited since: {}", edited.join(", "))))
}

/// Brings back a group that an import deleted; what is gone for another reason stays so, and is not told.
fn bring_back(
    tx: &Tx<'_>,
    change: &Journaled,
    before: SheetRow,
    record: &mut UndoRecord,
) -> Result<Option<String>, Error> {
    if !read(&change.after)?.contains_key(&Column::Removed) {
        return Ok(None);
    }
    if let Some(why) = cannot_be(tx, change, &before)? {
        return Ok(Some(why));
    }
    tx.restore_group_row(change.thing, &before)?;
    trail::record(tx, Did::Create, (change.sheet, change.thing), &before)?;
    record.put_back += 1;
    Ok(None)
}

fn keep(target: &mut SheetRow, row: &SheetRow, columns: &[Column]) {
    for column in columns {
        match row.get(column) {
            Some(value) => drop(target.insert(*column, value.clone())),
            None => drop(target.remove(column)),
        }
    }
}

/// Why a thing cannot become again what it was: somebody else has what it had, or what it referred to is gone.
fn cannot_be(tx: &Tx<'_>, change: &Journaled, target: &SheetRow) -> Result<Option<String>, Error> {
    let taken = |holder: Option<Id<_>>| holder.is_some_and(|holder| holder != change.thing);
    let id = |column: Column| target.get(&column).and_then(|id| Id::parse(id));
    let name = target.get(&change.sheet.naming()).map(String::as_str).unwrap_or_default();
    let tag = target.get(&Column::NfcTag).map(|tag| tx.holder_of_tag(tag)).transpose()?.flatten();
    let source = target.get(&Column::SourcedId).map(|source| tx.sourced(change.sheet, source)).transpose()?.flatten();
    if taken(named(tx, change.sheet, id(Column::Owner), name)?) || taken(tag) || taken(source) {
        return Ok(Some("cannot be put back: another one has its name, its tag or its sourced_id now".to_owned()));
    }
    let mut gone = false;
    for (column, sheets) in [
        (Column::Institution, &[Sheet::Institutions] as &[Sheet]),
        (Column::Owner, &[Sheet::Educators, Sheet::HealthProfessionals]),
        (Column::Children, &[Sheet::Children]),
    ] {
        for id in target.get(&column).into_iter().flat_map(|ids| ids.split_whitespace()).filter_map(Id::parse) {
            let mut there = false;
            for sheet in sheets {
                there = there || tx.is_on_sheet(*sheet, id)?;
            }
            gone = gone || !there;
        }
    }
    Ok(gone.then(|| "cannot be put back: what it referred to is gone".to_owned()))
}
