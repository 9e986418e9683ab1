//! From a plan to the database: password hashes first, some seconds at a time, then everything in one transaction.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::app::App;
use crate::app::access::hash_queue::Turn;
use crate::app::audit::actions::ROSTER_APPLY;
use crate::app::operator::refusal::{Refusal, refusal};
use crate::app::rosters::passwords::readable_password;
use crate::app::rosters::plan::{Deed, FirstPassword, Item, Plan, Wanted};
use crate::app::rosters::records::{AppliedRecord, MadeUp, Preparation, RosterOutcome};
use crate::app::rosters::references::Target;
use crate::app::rosters::trail::{self, Did};
use crate::model::rosters::{Column, Sheet, SheetRow, Thing};
use crate::model::{Account, Conflict, Error, Id, Password, PasswordHash, Role, Unavailable};
use crate::store::{Journaled, Tx};

/// How long one preparation goes on: whoever asks hears of it meanwhile.
const PREPARED_AT_ONCE: Duration = Duration::from_secs(2);
/// How many hashes wait at the same time: enough for all threads, and leaving room for those who log in.
const HASHES_AT_ONCE: usize = 16;

impl App {
    /// Goes on with the password hashes of a plan.
    ///
    /// # Errors
    /// If the plan is not there any more, or the store or the hashes cannot be used now.
    pub(in crate::app::rosters) async fn roster_prepare(&self, name: &str) -> Result<Preparation, Refusal> {
        let now = self.clock.now();
        let (plan, hashes) = self.rosters.plan(now, name)?;
        let began = Instant::now();
        let users: Vec<usize> = users(&plan).collect();
        loop {
            let open: Vec<usize> = {
                let hashes = hashes.lock().unwrap_or_else(PoisonError::into_inner);
                users.iter().copied().filter(|at| !hashes.done.contains_key(at)).take(HASHES_AT_ONCE).collect()
            };
            if open.is_empty() || began.elapsed() > PREPARED_AT_ONCE {
                break;
            }
            let (mut made_up, mut computing) = (Vec::new(), JoinSet::new());
            for at in open {
                let (password, told) = first_password(&plan.items[at]).map_err(refusal)?;
                made_up.extend(told.map(|told| (at, told)));
                let hashing = self.access.hasher.hashing(Turn::of_the_machine(), password);
                computing.spawn(async move { (at, hashing.await) });
            }
            let mut done = BTreeMap::new();
            while let Some(finished) = computing.join_next().await {
                match finished.map_err(|error| refusal(Error::internal(error)))? {
                    (at, Ok(hash)) => drop(done.insert(at, hash)),
                    // Whoever logs in meanwhile goes before.
                    (_, Err(Error::Unavailable(Unavailable::HashQueueFull))) => {}
                    (_, Err(error)) => return Err(refusal(error)),
                }
            }
            let mut hashes = hashes.lock().unwrap_or_else(PoisonError::into_inner);
            hashes.untold.extend(made_up.into_iter().filter(|(at, _)| done.contains_key(at)).map(|(_, told)| told));
            hashes.done.append(&mut done);
        }
        let mut hashes = hashes.lock().unwrap_or_else(PoisonError::into_inner);
        let made_up = std::mem::take(&mut hashes.untold);
        Ok(Preparation { done: hashes.done.len(), total: users.len(), made_up })
    }

    /// Applies a plan whose hashes are computed: all of it, or nothing. A plan that does not fit any more what there is
    /// changes nothing.
    ///
    /// # Errors
    /// If the plan is not there any more, is not prepared, or the store cannot write.
    pub(in crate::app::rosters) async fn roster_apply(&self, name: &str) -> Result<RosterOutcome, Refusal> {
        let (plan, hashes) = self.rosters.plan(self.clock.now(), name)?;
        let hashes = {
            let mut hashes = hashes.lock().unwrap_or_else(PoisonError::into_inner);
            if users(&plan).any(|at| !hashes.done.contains_key(&at)) {
                return Err(Refusal("this plan is not prepared yet: start the import again".to_owned()));
            }
            std::mem::take(&mut hashes.done)
        };
        self.rosters.clear(self.clock.now());
        if plan.items.is_empty() {
            return Ok(RosterOutcome::Applied(AppliedRecord { import: None, created: 0, changed: 0, removed: 0 }));
        }
        let created: usize = plan.counts.values().map(|counts| counts.create).sum();
        let removed: usize = plan.counts.values().map(|counts| counts.remove).sum();
        let (all, revoke) = (plan.items.len(), self.revoker_of_any());
        let with_hashes = plan.items.iter().any(|item| matches!(item.deed, Deed::Create(FirstPassword::Hashed(_))));
        let written = self.store.write(move |tx| write(tx, &plan, &hashes, &revoke)).await;
        if with_hashes {
            self.access.hasher.note_costs(&self.store.read(|view| view.hash_costs()).map_err(refusal)?);
        }
        match written {
            Ok(import) => Ok(RosterOutcome::Applied(AppliedRecord {
                import: Some(import),
                created,
                changed: all.saturating_sub(created + removed),
                removed,
            })),
            Err(Error::NotFound(_) | Error::Conflict(_)) => Ok(RosterOutcome::OutOfDate {}),
            Err(error) => Err(refusal(error)),
        }
    }
}

/// The items that need a hash.
fn users(plan: &Plan) -> impl Iterator<Item = usize> {
    let needs = |item: &Item| matches!(item.deed, Deed::Create(FirstPassword::Given(_) | FirstPassword::MadeUp));
    plan.items.iter().enumerate().filter(move |(_, item)| needs(item)).map(|(at, _)| at)
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

/// Writes all of a plan; returns the number of the import.
///
/// # Errors
/// `NotFound` or `Conflict` if what there is is not any more what the plan was made of.
fn write(
    tx: &Tx<'_>,
    plan: &Plan,
    hashes: &BTreeMap<usize, PasswordHash>,
    revoke: &impl Fn(&Tx<'_>, Id<Account>) -> Result<(), Error>,
) -> Result<i64, Error> {
    let batch = tx.begin_batch(plan.form)?;
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
    tx.record_import(ROSTER_APPLY, plan.items.len())?;
    Ok(batch)
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
