//! What the audit trail calls what an import does: the same as what the API does.

use crate::app::audit::actions::ADMIN_CREATE;
use crate::app::policy::{Operation, UserActivate, UserDeactivate};
use crate::model::rosters::{Column, Sheet, SheetRow, Thing};
use crate::model::{Error, Id};
use crate::store::Tx;

/// What is done with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app::rosters) enum Did {
    /// It is made.
    Create,
    /// It becomes another.
    Update,
    /// It is deleted.
    Delete,
    /// It is a user, and deactivated.
    Deactivate,
    /// It is a user, and activated.
    Activate,
}

impl Did {
    /// What is done with a thing that has the one row and comes to have the other.
    pub(in crate::app::rosters) fn between(before: &SheetRow, after: &SheetRow) -> Self {
        let left = |row: &SheetRow| row.contains_key(&Column::DeactivatedAt);
        match (left(before), left(after)) {
            (false, true) => Self::Deactivate,
            (true, false) => Self::Activate,
            _ => Self::Update,
        }
    }
}

/// Writes what is done with a thing, which has this row, into the audit trail.
///
/// # Errors
/// Those of the store.
pub(in crate::app::rosters) fn record(
    tx: &Tx<'_>,
    did: Did,
    (sheet, thing): (Sheet, Id<Thing>),
    row: &SheetRow,
) -> Result<(), Error> {
    let owner = row.get(&Column::Owner).and_then(|id| Id::parse(id)).filter(|_| sheet == Sheet::Groups);
    let Some(owner) = owner else {
        return tx.record_imported(of_thing(did, sheet), *thing.as_bytes(), None);
    };
    let of_professional = tx.is_on_sheet(Sheet::HealthProfessionals, owner)?;
    let action = match (did, of_professional) {
        (Did::Create, false) => "educator_group_create",
        (Did::Update | Did::Deactivate | Did::Activate, false) => "educator_group_update",
        (Did::Delete, false) => "educator_group_delete",
        (Did::Create, true) => "healthprofessional_group_create",
        (Did::Update | Did::Deactivate | Did::Activate, true) => "healthprofessional_group_update",
        (Did::Delete, true) => "healthprofessional_group_delete",
    };
    tx.record_imported(action, *owner.as_bytes(), Some(*thing.as_bytes()))
}

fn of_thing(did: Did, sheet: Sheet) -> &'static str {
    let [create, update, delete] = match sheet {
        Sheet::Institutions => ["institution_create", "institution_update", "institution_delete"],
        // An import changes no administrator.
        Sheet::Administrators => [ADMIN_CREATE, ADMIN_CREATE, "user_delete"],
        Sheet::Children => ["child_create", "child_update", "user_delete"],
        Sheet::Educators => ["educator_create", "educator_update", "user_delete"],
        Sheet::HealthProfessionals => ["healthprofessional_create", "healthprofessional_update", "user_delete"],
        Sheet::Applications => ["application_create", "application_update", "user_delete"],
        Sheet::Families => ["family_create", "family_update", "user_delete"],
        Sheet::Groups => ["educator_group_create", "educator_group_update", "educator_group_delete"],
    };
    match did {
        Did::Create => create,
        Did::Update => update,
        Did::Delete => delete,
        Did::Deactivate => UserDeactivate::ROW.id,
        Did::Activate => UserActivate::ROW.id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::audited_actions;

    #[test]
    fn the_trail_knows_all_that_an_import_does() {
        let known: Vec<_> = audited_actions().collect();
        for sheet in Sheet::WITH_ADMINISTRATORS {
            for did in [Did::Create, Did::Update, Did::Delete, Did::Deactivate, Did::Activate] {
                assert!(known.contains(&of_thing(did, sheet)), "{sheet:?} {did:?}");
            }
        }
    }
}
