//! From a plan to the database: password hashes first, some seconds at a time, then everything in one transaction.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::app::App;
use crate::app::access::hash_queue::Turn;
use crate::app::audit::Made;
use crate::app::audit::actions::ROSTER_APPLY;
use crate::app::rosters::passwords::readable_password;
use crate::app::rosters::plan::{Deed, FirstPassword, Item, Plan, Wanted};
use crate::app::rosters::records::{AppliedRecord, CountsRecord, MadeUp, Preparation, RosterOutcome};
use crate::app::rosters::references::Target;
use crate::app::rosters::trail::{self, Did};
use crate::model::rosters::{Column, Sheet, SheetRow, Thing};
use crate::model::{Account, Conflict, Error, Id, ImportConflict, Password, PasswordHash, Role, Unavailable};
use crate::store::{Batch, Journaled, Tx};

/// How long one preparation goes on: whoever asks hears of it meanwhile.
const PREPARED_AT_ONCE: Duration = Duration::from_secs(2);
/// How many hashes wait at the same time: enough for all threads, and leaving room for those who log in.
const HASHES_AT_ONCE: usize = 16;

impl App {
    /// Goes on with the password hashes of a plan.
    ///
    /// # Errors
    /// If the plan is not there any more, or the store or the hashes cannot be used now.
    pub(in crate::app::rosters) async fn roster_prepare(&self, name: &str) -> Result<Preparation, Error> {
        let (plan, hashes) = self.rosters.plan(self.clock.now(), name)?;
        let began = Instant::now();
        let users: Vec<usize> = plan.users().collect();
        let open: Vec<usize> = {
            let hashes = hashes.lock().unwrap_or_else(PoisonError::into_inner);
            users.iter().copied().filter(|at| !hashes.done.contains_key(at)).collect()
        };
        let (mut open, mut computing) = (open.into_iter(), JoinSet::new());
        loop {
            while computing.len() < HASHES_AT_ONCE && began.elapsed() < PREPARED_AT_ONCE {
                let Some(at) = open.next() else { break };
                let (password, told) = first_password(&plan.items[at])?;
                let hashing = self.access.hasher.hashing(Turn::of_the_machine(), password);
                computing.spawn(async move { (at, told, hashing.await) });
            }
            let Some(finished) = computing.join_next().await else { break };
            match finished.map_err(Error::internal)? {
                (at, told, Ok(hash)) => {
                    let mut hashes = hashes.lock().unwrap_or_else(PoisonError::into_inner);
                    // Somebody else who prepares the same plan may have been faster: one password is told, its own.
                    if !hashes.done.contains_key(&at) {
                        Arc::make_mut(&mut hashes.done).insert(at, hash);
                        hashes.made_up.extend(told);
                    }
                }
                // Whoever logs in meanwhile goes before.
                (_, _, Err(Error::Unavailable(Unavailable::HashQueueFull))) => break,
                (_, _, Err(error)) => return Err(error),
            }
        }
        let mut hashes = hashes.lock().unwrap_or_else(PoisonError::into_inner);
        let made_up = hashes.made_up[hashes.told..].to_vec();
        hashes.told = hashes.made_up.len();
        Ok(Preparation { done: hashes.done.len(), total: users.len(), made_up })
    }

    /// What applies a plan whose hashes are computed, as the upload that it came as: all of it, or nothing. A plan that
    /// does not fit any more what there is changes nothing. Nothing, if there is nothing to change.
    ///
    /// # Errors
    /// `Conflict` if the plan is not there any more, or is not prepared.
    pub(in crate::app::rosters) fn applying(
        &self,
        name: &str,
        upload: Option<String>,
    ) -> Result<Option<impl FnOnce(&Tx<'_>) -> Result<AppliedRecord, Error> + Send + 'static>, Error> {
        let (plan, hashes) = self.rosters.plan(self.clock.now(), name)?;
        let hashes = Arc::clone(&hashes.lock().unwrap_or_else(PoisonError::into_inner).done);
        if plan.users().any(|at| !hashes.contains_key(&at)) {
            return Err(ImportConflict::Unprepared.into());
        }
        if plan.items.is_empty() {
            return Ok(None);
        }
        let revoke = self.revoker_of_any();
        Ok(Some(move |tx: &Tx<'_>| {
            // Of two who apply an upload at the same time, one does.
            if let Some(known) = upload.as_deref().map(|upload| tx.batch_of_upload(upload)).transpose()?.flatten() {
                return Ok(known.into());
            }
            let count = |of: fn(&CountsRecord) -> usize| plan.counts.values().map(of).sum::<usize>();
            let (created, removed) = (count(|counts| counts.create), count(|counts| counts.remove));
            let batch = tx.begin_batch(plan.form, upload.as_deref(), removed)?;
            write(tx, &plan, (batch, &hashes), &revoke)?;
            let changed = plan.items.len().saturating_sub(created + removed);
            Ok(AppliedRecord { import: Some(batch), created, changed, removed })
        }))
    }

    /// Applies a plan whose hashes are computed.
    ///
    /// # Errors
    /// Those of [`App::applying`], or of the store.
    pub(in crate::app::rosters) async fn roster_apply(&self, name: &str) -> Result<RosterOutcome, Error> {
        let Some(applying) = self.applying(name, None)? else {
            self.rosters.clear(name);
            return Ok(RosterOutcome::Applied(AppliedRecord::default()));
        };
        let written = self.store.write(applying).await;
        self.note_hash_costs()?;
        match written {
            Ok(applied) => {
                self.rosters.clear(name);
                Ok(RosterOutcome::Applied(applied))
            }
            Err(Error::NotFound(_) | Error::Conflict(_)) => {
                self.rosters.clear(name);
                Ok(RosterOutcome::OutOfDate {})
            }
            Err(error) => Err(error),
        }
    }

    /// Hashes from elsewhere may cost more to check than those made here: whoever fails to log in is not to notice.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::app::rosters) fn note_hash_costs(&self) -> Result<(), Error> {
        self.access.hasher.note_costs(&self.store.read(|view| view.hash_costs())?);
        Ok(())
    }
}

impl Made for AppliedRecord {}

impl From<Batch> for AppliedRecord {
    fn from(batch: Batch) -> Self {
        let Batch { number, made, changed, removed, .. } = batch;
        Self { import: Some(number), created: made, changed: changed.saturating_sub(removed), removed }
    }
}

/// A new user's password, and what is told of it if it is made up.
fn first_password(item: &Item) -> Result<(Password, Option<MadeUp>), Error> {
    if let Deed::Create(FirstPassword::Given(password)) = &item.deed {
        return Ok((password.clone(), None));
    }
    let password = readable_password()?;
    let told = MadeUp {
        r#type: item.sheet.role().map_or("", Role::word).to_owned(),
        username: item.name.clone(),
        password: password.clone(),
    };
    Ok((Password::verbatim(&password), Some(told)))
}

/// Writes all of a plan, as the import of this number.
///
/// # Errors
/// `NotFound` or `Conflict` if what there is is not any more what the plan was made of.
fn write(
    tx: &Tx<'_>,
    plan: &Plan,
    (batch, hashes): (i64, &BTreeMap<usize, PasswordHash>),
    revoke: &impl Fn(&Tx<'_>, Id<Account>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut made: BTreeMap<usize, Id<Thing>> = BTreeMap::new();
    let unset = PasswordHash::unset();
    for (at, item) in plan.items.iter().enumerate() {
        let wanted = resolved(tx, item, &made)?;
        let (did, thing, row, change) = match &item.deed {
            Deed::Create(first) => {
                let hash = match first {
                    FirstPassword::Hashed(hash) => hash,
                    _ => hashes.get(&at).unwrap_or(&unset),
                };
                let id = tx.make_sheet_row(item.sheet, &wanted, hash)?;
                made.insert(at, id);
                let mut after = wanted.clone();
                if item.sheet.role().is_some() {
                    after.insert(Column::Password, hash.as_str().to_owned());
                }
                (Did::Create, id, wanted, (None, after))
            }
            Deed::Change { id, before } => {
                if tx.sheet_row(item.sheet, *id)?.as_ref() != Some(before) {
                    return Err(Error::NotFound(item.sheet.kind()));
                }
                let mut row = before.clone();
                row.extend(wanted.iter().map(|(column, text)| (*column, text.clone())));
                // What of leaving is empty is not there.
                row.retain(|column, text| !(column.is_of_leaving() && text.is_empty()));
                tx.put_sheet_row(item.sheet, *id, &row)?;
                let did = Did::between(before, &row);
                if did == Did::Deactivate {
                    revoke(tx, id.cast())?;
                }
                let held = wanted.keys().filter_map(|column| Some((*column, before.get(column)?.clone()))).collect();
                (did, *id, row, (Some(held), wanted))
            }
            Deed::Delete { id, before } => {
                if tx.sheet_row(item.sheet, *id)?.as_ref() != Some(before) {
                    return Err(Error::NotFound(item.sheet.kind()));
                }
                tx.delete_sheet_row(item.sheet, *id)?;
                let after = SheetRow::from([(Column::Removed, "yes".to_owned())]);
                (Did::Delete, *id, before.clone(), (Some(before.clone()), after))
            }
        };
        let (before, after) = change;
        let before = before.as_ref().map(written).transpose()?;
        let change = Journaled { sheet: item.sheet, thing, before, after: written(&after)? };
        tx.journal_change(batch, at, &change)?;
        trail::record(tx, did, (item.sheet, thing), &row)?;
    }
    require_meant(tx, plan)?;
    tx.record_import(ROSTER_APPLY, plan.items.len())
}

/// Words for institutions mean what they meant when the plan was made, with what it changed itself.
///
/// # Errors
/// `Conflict` if one does not: another one is called so meanwhile, or none.
fn require_meant(tx: &Tx<'_>, plan: &Plan) -> Result<(), Error> {
    let sheet = Sheet::Institutions;
    for (word, id) in &plan.meant {
        let still = Id::parse(word) == Some(*id)
            || tx.institution_named(word)? == Some(*id)
            || tx.sourced(sheet, word)? == Some(*id);
        if !still {
            return Err(Error::Conflict(Conflict::Name(sheet.kind())));
        }
    }
    Ok(())
}

/// A row as the journal keeps it.
///
/// # Errors
/// `Internal`, which does not happen.
pub(in crate::app::rosters) fn written(row: &SheetRow) -> Result<String, Error> {
    let columns: BTreeMap<&str, &str> = row.iter().map(|(column, text)| (column.word(), text.as_str())).collect();
    serde_json::to_string(&columns).map_err(Error::internal)
}

/// The columns to set, with ids in place of what is referred to.
fn resolved(tx: &Tx<'_>, item: &Item, made: &BTreeMap<usize, Id<Thing>>) -> Result<SheetRow, Error> {
    let Wanted { texts, targets } = &item.wanted;
    let mut row = texts.clone();
    if row.contains_key(&Column::NfcTag) {
        row.entry(Column::TagTime).or_insert_with(|| tx.now().as_millisecond().to_string());
    }
    for (column, targets) in targets {
        let sheets: &[Sheet] = match column {
            Column::Children => &[Sheet::Children],
            Column::Owner => &[Sheet::Educators, Sheet::HealthProfessionals],
            _ => &[Sheet::Institutions],
        };
        let mut ids = Vec::with_capacity(targets.len());
        for target in targets {
            ids.push(match target {
                Target::New(at) => made.get(at).copied().ok_or_else(|| Error::internal("a plan is out of order"))?,
                Target::There(id) => {
                    let mut found = false;
                    for sheet in sheets {
                        found = found || tx.is_on_sheet(*sheet, *id)?;
                    }
                    if !found {
                        return Err(Error::Conflict(Conflict::Name(item.sheet.kind())));
                    }
                    *id
                }
            });
        }
        let ids: Vec<_> = ids.iter().map(Id::to_string).collect();
        row.insert(*column, ids.join(" "));
    }
    Ok(row)
}
