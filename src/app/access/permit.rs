//! Permission: the only place that turns a row of the table into a yes or a no.

use std::marker::PhantomData;

use crate::app::App;
use crate::app::access::hash_queue::{Standing, Turn};
use crate::app::access::limit_report::Whose;
use crate::app::access::origin::Origin;
use crate::app::access::policy::{Grant, Operation, Subject, Target};
use crate::app::access::token::Caller;
use crate::model::{Account, Error, Id};

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
    /// the answer depends on, is gone. Whether the target exists is not asked here.
    pub fn permit<O: Operation>(&self, caller: Caller, origin: Origin, target: O::Target) -> Result<Permit<O>, Error> {
        if self.reaches(&caller, O::ROW.grant(caller.role), target.subject())? {
            Ok(Permit { caller, origin, target, operation: PhantomData })
        } else {
            self.noted(&origin, O::ROW.id, Some((caller.id, caller.role)), Err(Error::Forbidden))
                .map_err(|_| O::Target::refusal())
        }
    }

    fn reaches(&self, caller: &Caller, grant: Grant, subject: Subject) -> Result<bool, Error> {
        Ok(match (grant, subject) {
            (Grant::Any, _) => true,
            (Grant::No, _) => false,
            (Grant::Own, Subject::User(id)) => id == caller.id,
            (Grant::Others, Subject::User(id)) => id != caller.id,
            (Grant::Kin, Subject::User(id)) => self.store.read_one(|view| view.is_kin(caller.id.cast(), id.cast()))?,
            (Grant::Inst, Subject::Institution(id)) => {
                self.store.read_one(|view| view.institution_of(caller.id, caller.role))? == Some(Some(id))
            }
            (Grant::Own | Grant::Kin, Subject::Tag(tag)) => {
                match self.store.read_one(|view| view.child_by_tag(&tag))? {
                    Some(child) => self.reaches(caller, grant, Subject::User(child.account.id))?,
                    None => false,
                }
            }
            (Grant::Own | Grant::Others | Grant::Kin | Grant::Inst, _) => false,
        })
    }
}

/// A caller who acts as himself, where a rule speaks of "one's own".
impl Caller {
    /// Whether this is the caller's own id.
    #[must_use]
    pub fn is(&self, id: Id<Account>) -> bool {
        self.id == id
    }
}
