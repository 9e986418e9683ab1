//! Permission: the only place that turns a row of the table into a yes or a no.

use std::marker::PhantomData;

use crate::app::access::hash_queue::{Standing, Turn};
use crate::app::access::limit_report::Whose;
use crate::app::access::origin::Origin;
use crate::app::access::policy::{Grant, Operation, Subject, Target};
use crate::app::access::token::Caller;
use crate::app::{App, EducatorsReset};
use crate::model::{Account, Error, Id};
use crate::store::Within;

/// Says that a caller may do `O` to a target. Use cases take it in place of the target's id, so that nothing is
/// done to what nobody asked permission for.
#[derive(Debug)]
pub struct Permit<O: Operation> {
    caller: Caller,
    origin: Origin,
    target: O::Target,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation> Permit<O> {
    /// Who may.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Where the request came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What it may be done to.
    #[must_use]
    pub fn target(&self) -> &O::Target {
        &self.target
    }

    /// The caller's turn when passwords are hashed.
    pub(in crate::app) fn turn(&self) -> Turn {
        let account = Some(Whose::User(self.caller.id));
        Turn { standing: Standing::Known, network: self.origin.network(), account }
    }
}

impl App {
    /// Asks the table whether the caller may do `O` to the target.
    ///
    /// # Errors
    /// `Forbidden` if not (`NotFound` where even existence is not told), also when the caller's own record, which
    /// the answer depends on, is gone. Whether the target exists is asked only of data, after whether it is one's own
    /// where it must be: whoever asks for that of nobody gets `Invalid`.
    pub fn permit<O: Operation>(&self, caller: Caller, origin: Origin, target: O::Target) -> Result<Permit<O>, Error> {
        match (self.reach(&caller, O::ROW.grant(caller.role), target.subject())?, target.unregistered()) {
            (Reach::Within, _) => Ok(Permit { caller, origin, target, operation: PhantomData }),
            (Reach::Nothing, Some(unregistered)) => Err(unregistered),
            (Reach::Nothing | Reach::Beyond, _) => self
                .noted(&origin, O::ROW.id, Some((caller.id, caller.role)), Err(Error::Forbidden))
                .map_err(|_| O::Target::refusal()),
        }
    }

    fn reach(&self, caller: &Caller, grant: Grant, subject: Subject) -> Result<Reach, Error> {
        let within = match (grant, subject) {
            (_, Subject::DataOf(child)) => return self.reach_of_data(caller, grant, child),
            (Grant::Any, Subject::DataOfInstitution(id)) => {
                let found = self.store.read_one(|view| view.institution(id))?;
                return Ok(if found.is_some() { Reach::Within } else { Reach::Nothing });
            }
            (Grant::Any, _) => true,
            (Grant::No, _) => false,
            (Grant::Own, Subject::User(id)) => id == caller.id,
            (Grant::Others, Subject::User(id)) => id != caller.id,
            (Grant::Kin, Subject::User(id)) => self.store.read_one(|view| view.is_kin(caller.id.cast(), id.cast()))?,
            (Grant::Allowed, Subject::User(id)) => {
                let within = Within::GroupsOf(caller.id, caller.role);
                self.rules.educators_reset == EducatorsReset::Allowed
                    && self.store.read_one(|view| view.child_within(id, within))? == Some(true)
            }
            (Grant::Inst, Subject::Institution(id)) => {
                self.store.read_one(|view| view.institution_of(caller.id, caller.role))? == Some(Some(id))
            }
            (Grant::Own | Grant::Kin, Subject::Tag(tag)) => {
                match self.store.read_one(|view| view.child_by_tag(&tag))? {
                    Some(child) => return self.reach(caller, grant, Subject::User(child.account.id)),
                    None => false,
                }
            }
            (Grant::Own | Grant::Others | Grant::Kin | Grant::Group | Grant::Allowed | Grant::Inst, _) => false,
        };
        Ok(if within { Reach::Within } else { Reach::Beyond })
    }

    /// In one look-up: whether there is such a child, and whether the caller reaches it.
    fn reach_of_data(&self, caller: &Caller, grant: Grant, child: Id<Account>) -> Result<Reach, Error> {
        let within = match grant {
            Grant::Any => Within::All,
            Grant::Own if caller.is(child) => Within::All,
            Grant::Group => Within::GroupsOf(caller.id, caller.role),
            Grant::Kin => Within::Family(caller.id),
            Grant::No | Grant::Own | Grant::Others | Grant::Allowed | Grant::Inst => return Ok(Reach::Beyond),
        };
        Ok(match self.store.read_one(|view| view.child_within(child, within))? {
            Some(true) => Reach::Within,
            Some(false) => Reach::Beyond,
            None => Reach::Nothing,
        })
    }
}

/// Where a subject lies for a caller.
enum Reach {
    /// He may reach it.
    Within,
    /// He may not.
    Beyond,
    /// It does not exist.
    Nothing,
}

/// A caller who acts as himself, where a rule speaks of "one's own".
impl Caller {
    /// Whether this is the caller's own id.
    #[must_use]
    pub fn is(&self, id: Id<Account>) -> bool {
        self.id == id
    }
}
