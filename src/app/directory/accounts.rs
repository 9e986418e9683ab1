//! Steps that registering and changing users of all types share.

use crate::app::{App, Caller, SelfAffiliation};
use crate::model::{
    Account, AccountPatch, Child, Conflict, Error, Id, Institution, Invalid, NewAccount, PasswordHash, Role, Username,
};
use crate::store::{NewAccountRow, Tx, View};

/// There must be such a user of the type.
pub(in crate::app) fn require(view: &View<'_>, id: Id<Account>, role: Role) -> Result<(), Error> {
    view.institution_of(id, role)?.map(drop).ok_or(Error::NotFound(role.kind()))
}

/// No other user of the type may have the name.
pub(in crate::app) fn require_free_username(
    tx: &Tx<'_>,
    role: Role,
    username: &Username,
    except: Option<Id<Account>>,
) -> Result<(), Error> {
    if tx.username_taken(role, username, except)? {
        return Err(Error::Conflict(Conflict::Name(role.kind())));
    }
    Ok(())
}

/// The institution referred to must exist (INST-MISSING).
pub(in crate::app) fn require_institution(tx: &Tx<'_>, institution: Option<Id<Institution>>) -> Result<(), Error> {
    match institution {
        Some(id) if tx.institution(id)?.is_none() => Err(Invalid::InstitutionMissing.into()),
        _ => Ok(()),
    }
}

/// Stores the shared part of a user whose name is free and whose institution exists.
pub(in crate::app) fn insert(
    tx: &Tx<'_>,
    role: Role,
    new: &NewAccount,
    hash: &PasswordHash,
) -> Result<Id<Account>, Error> {
    tx.insert_account(&NewAccountRow { role, username: &new.username, hash, institution: new.institution })
}

/// The name that a patch gives must be free.
pub(in crate::app) fn require_patchable(
    tx: &Tx<'_>,
    id: Id<Account>,
    role: Role,
    patch: &AccountPatch,
) -> Result<(), Error> {
    match &patch.username {
        Some(username) => require_free_username(tx, role, username, Some(id)),
        None => Ok(()),
    }
}

/// All children referred to must exist (KIDS, step 5).
pub(in crate::app) fn require_children(tx: &Tx<'_>, children: &[Id<Child>]) -> Result<(), Error> {
    let missing = tx.missing_children(children)?;
    if missing.is_empty() {
        return Ok(());
    }
    Err(Invalid::ChildrenMissing(missing.iter().map(Id::to_string).collect()).into())
}

impl App {
    /// Whether this caller may change where he belongs as freely as an administrator (contract, section 4).
    pub(in crate::app) fn affiliates_freely(&self, caller: &Caller) -> bool {
        caller.role == Role::Admin || self.rules.self_affiliation == SelfAffiliation::Allowed
    }
}

/// A user does not move himself to another institution; whether that one exists is not told.
pub(in crate::app) fn require_same_institution(
    tx: &Tx<'_>,
    id: Id<Account>,
    role: Role,
    patch: &AccountPatch,
) -> Result<(), Error> {
    match patch.institution {
        Some(wanted) if tx.institution_of(id, role)? != Some(Some(wanted)) => Err(Error::Forbidden),
        _ => Ok(()),
    }
}
