//! What was found is written by the rules of the routes that store the same: a little at a time, other writers in between.
//! Whoever is stopped in the middle starts again: what was written is known by its id.

use super::fetching::Fetched;
use super::syncing::{Sync, SyncCounts};
use super::tokens;
use crate::app::App;
use crate::app::access::token::{Caller, require_unrevoked};
use crate::app::policy::{DataOf, FitbitSync, Operation};
use crate::app::wearables::provider::{Found, LOGS, Totals, Weighed};
use crate::app::{Origin, Permit};
use crate::model::tracking::{ActivityFacts, Log, LogType, SleepFacts};
use crate::model::wearables::{DataKind, FitbitStatus, ProviderKind, TokenRecord};
use crate::model::{AccountFault, Child, Error, Id};
use crate::store::{Change, ListOf, TrackedChild, Tx};

/// How many things are written in one transaction: each may be three rows, with its body fat and its id.
const THINGS: usize = 60;
/// How many totals are, which are a row each.
const TOTALS: usize = 200;

/// What one transaction writes.
enum Step {
    /// Things of one kind, with their ids; after the last of a kind, the ids of the whole list.
    Things { things: Things, ids: Vec<String>, whole: Option<Vec<String>> },
    /// Totals of days.
    Logs(Vec<(LogType, Log)>),
    /// Nothing but that the sync went well.
    Nothing,
}

/// Things of one kind.
enum Things {
    Activities(Vec<ActivityFacts>),
    Nights(Vec<SleepFacts>),
    Weights(Vec<Weighed>),
}

impl Things {
    fn kind(&self) -> DataKind {
        match self {
            Self::Activities(_) => DataKind::Activity,
            Self::Nights(_) => DataKind::Sleep,
            Self::Weights(_) => DataKind::Weight,
        }
    }

    /// Stores those that are not there; the others stay as they are.
    fn store(&self, tx: &Tx<'_>, child: TrackedChild) -> Result<(), Error> {
        match self {
            Self::Activities(all) => all.iter().try_for_each(|facts| tx.insert_activity(child, facts).map(drop)),
            Self::Nights(all) => all.iter().try_for_each(|facts| tx.insert_sleep(child, facts).map(drop)),
            Self::Weights(all) => all.iter().try_for_each(|weighed| match weighed {
                Weighed::Weight(new) => tx.insert_weight(child, new).map(drop),
                Weighed::BodyFat(new) => tx.insert_body_fat(child, new).map(drop),
            }),
        }
    }
}

/// What every transaction of a sync looks at first.
#[derive(Clone)]
struct Begun {
    child: DataOf<Child>,
    record: Id<TokenRecord>,
    provider: ProviderKind,
}

impl Begun {
    /// That the child and the tokens that the sync began with are there still.
    fn require(&self, tx: &Tx<'_>) -> Result<TrackedChild, Error> {
        match tx.has_token_record(self.child.id, self.record)? {
            None => Err(tokens::gone(&self.child)),
            Some(false) => Err(AccountFault::NothingSubmitted.into()),
            Some(true) => tx.track_child(self.child.id)?.ok_or_else(|| tokens::gone(&self.child)),
        }
    }

    fn list(&self, kind: DataKind) -> ListOf {
        ListOf { child: self.child.id, provider: self.provider, kind }
    }

    fn write(&self, tx: &Tx<'_>, step: &Step) -> Result<(), Error> {
        let child = self.require(tx)?;
        match step {
            Step::Things { things, ids, whole } => {
                let list = self.list(things.kind());
                things.store(tx, child)?;
                tx.note_seen(list, ids)?;
                whole.iter().try_for_each(|whole| tx.forget_unlisted(list, whole))
            }
            Step::Logs(logs) => logs.iter().try_for_each(|(kind, log)| tx.put_log(child, *kind, *log)),
            Step::Nothing => Ok(()),
        }
    }
}

/// Who asked for a sync, for the audit trail: one row, whatever was written.
struct Asker(Option<(Caller, Origin)>);

impl Asker {
    fn of(permit: Option<Permit<FitbitSync>>) -> Self {
        Self(permit.map(|permit| (permit.caller().clone(), permit.origin().clone())))
    }

    fn record(&self, tx: &Tx<'_>, child: Id<Child>) -> Result<(), Error> {
        let action = FitbitSync::ROW.id;
        let Some((caller, Origin { address, request_id })) = &self.0 else {
            return tx.record_of_service(action, child.cast());
        };
        require_unrevoked(tx, caller)?;
        let (actor, target) = ((caller.id, caller.role), Some(*child.as_bytes()));
        tx.record(&Change { actor, action, target, part: None, address: *address, login_from: None, request_id })
    }
}

impl App {
    /// Writes what was found of a child, and says how much that was. The last transaction says that the sync went well.
    ///
    /// # Errors
    /// `Invalid` if there is no such child any more, `Account` if the tokens are not there any more that the sync began with,
    /// `Unauthenticated` if the caller's token was revoked; what was written before stays.
    pub(super) async fn write_synced(
        &self,
        sync: Sync,
        (record, provider): (Id<TokenRecord>, ProviderKind),
        fetched: Fetched,
    ) -> Result<SyncCounts, Error> {
        let begun = Begun { child: sync.child, record, provider };
        let (steps, counts) = self.steps(&begun, fetched)?;
        let mut asker = Some(Asker::of(sync.asked));
        let mut steps = steps.into_iter().peekable();
        while let Some(step) = steps.next() {
            let (begun, asker, is_last) = (begun.clone(), asker.take(), steps.peek().is_none());
            let write = self.store.write(move |tx| {
                begun.write(tx, &step)?;
                let child = begun.child.id;
                if is_last {
                    tx.set_last_sync(child)?;
                    tx.set_fitbit_status(child, FitbitStatus::ValidToken)?;
                }
                asker.iter().try_for_each(|asker| asker.record(tx, child))
            });
            write.await?;
        }
        Ok(counts)
    }

    /// Everything that is to be written, in its order; at least one step.
    fn steps(&self, begun: &Begun, fetched: Fetched) -> Result<(Vec<Step>, SyncCounts), Error> {
        let (mut counts, mut steps) = (SyncCounts::default(), Vec::new());
        if let Some(found) = fetched.activities {
            let listed = self.listed(begun.list(DataKind::Activity), found)?;
            counts.activities = listed.new.len();
            listed.into_steps(Things::Activities, &mut steps);
        }
        if let Some(found) = fetched.nights {
            let listed = self.listed(begun.list(DataKind::Sleep), found)?;
            counts.sleep = listed.new.len();
            listed.into_steps(Things::Nights, &mut steps);
        }
        if let Some(found) = fetched.weights {
            let listed = self.listed(begun.list(DataKind::Weight), found)?;
            let is_fat = |thing: &Option<Weighed>| matches!(thing, Some(Weighed::BodyFat(_)));
            counts.weights = listed.new.iter().filter(|(_, thing)| !is_fat(thing)).count();
            listed.into_steps(Things::Weights, &mut steps);
        }
        let logs = fetched.logs.map(Option::unwrap_or_default);
        counts.logs = logs.each_ref().map(Totals::len);
        let of = |(kind, totals): (LogType, Totals)| {
            totals.into_iter().map(move |(date, value)| (kind, Log { date, value }))
        };
        let logs: Vec<_> = LOGS.into_iter().zip(logs).flat_map(of).collect();
        steps.extend(logs.chunks(TOTALS).map(|part| Step::Logs(part.to_vec())));
        if steps.is_empty() {
            steps.push(Step::Nothing);
        }
        Ok((steps, counts))
    }

    fn listed<T>(&self, list: ListOf, found: Vec<Found<T>>) -> Result<Listed<T>, Error> {
        let whole: Vec<String> = found.iter().map(|found| found.id.clone()).collect();
        let (seen, has_left) = self.store.read(|view| view.were_seen(list, &whole))?;
        let new = found.into_iter().zip(seen).filter(|(_, seen)| !seen);
        Ok(Listed { new: new.map(|(found, _)| (found.id, found.thing)).collect(), whole, has_left })
    }
}

/// A list that a service gave.
struct Listed<T> {
    /// What was not in the last one; nothing in place of what cannot be stored.
    new: Vec<(String, Option<T>)>,
    /// The ids of all.
    whole: Vec<String>,
    /// Whether something was in the last one and is not in this.
    has_left: bool,
}

impl<T> Listed<T> {
    fn into_steps(self, things: fn(Vec<T>) -> Things, steps: &mut Vec<Step>) {
        let mut new = self.new.into_iter().peekable();
        let mut whole = Some(self.whole);
        while new.peek().is_some() || (self.has_left && whole.is_some()) {
            let (ids, some): (Vec<_>, Vec<_>) = new.by_ref().take(THINGS).unzip();
            let some = some.into_iter().flatten().collect();
            let whole = if new.peek().is_none() { whole.take() } else { None };
            steps.push(Step::Things { things: things(some), ids, whole });
        }
    }
}
