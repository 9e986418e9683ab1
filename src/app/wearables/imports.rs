//! What came of uploads: imports, each of one child, that can be looked at and taken back.

use crate::app::access::policy::Operation;
use crate::app::imports::{ImportRecord, UndoRecord};
use crate::app::policy::{
    ChildWearableImportList, ImportOfChild, WearableImportList, WearableImportUndo, WearableImportView,
};
use crate::app::wearables::undo::{Undoing, record};
use crate::app::{App, Permit};
use crate::model::{Account, Child, Error, Id, ImportConflict, Kind, Role, Username};
use crate::store::{Asker, ChildImport, View};

/// What an import stored of a child.
pub struct WearableImport {
    /// Of which child.
    pub child: Id<Child>,
    /// What it is called.
    pub username: Username,
    /// The import, as far as it is about this child.
    pub import: ImportRecord,
    /// Whether the caller may take it back.
    pub can_undo: bool,
}

/// Administrators take back what anybody brought; others what they brought themselves.
fn may_undo(import: &ChildImport, (caller, role): (Id<Account>, Role)) -> bool {
    role == Role::Admin || import.made_by == Some(caller)
}

fn shown(view: &View<'_>, child: Option<Id<Child>>, caller: (Id<Account>, Role)) -> Result<Vec<WearableImport>, Error> {
    let imports = view.wearable_imports(child)?;
    let names = view.names(imports.iter().map(|import| import.child.cast()))?;
    let named = |import: ChildImport| {
        let username = Username::verbatim(names.get(&import.child.cast())?.clone());
        let can_undo = import.batch.undone_at.is_none() && may_undo(&import, caller);
        Some(WearableImport { child: import.child, username, import: record(&import.batch), can_undo })
    };
    Ok(imports.into_iter().filter_map(named).collect())
}

impl App {
    /// What imports stored of every child, the newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn wearable_import_list(
        &self,
        permit: &Permit<WearableImportList>,
    ) -> Result<Vec<WearableImport>, Error> {
        let caller = (permit.caller().id, permit.caller().role);
        self.store.scan(Asker::User(caller.0), move |view| shown(view, None, caller)).await
    }

    /// What imports stored of a child, the newest first, whoever brought it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn child_wearable_import_list(
        &self,
        permit: &Permit<ChildWearableImportList>,
    ) -> Result<Vec<WearableImport>, Error> {
        let (caller, child) = ((permit.caller().id, permit.caller().role), permit.target().id);
        self.store.scan(Asker::User(caller.0), move |view| shown(view, Some(child), caller)).await
    }

    /// What taking an import back would do, as far as it is about a child.
    ///
    /// # Errors
    /// `NotFound` if no such import stored anything of the child.
    pub async fn wearable_import_view(&self, permit: &Permit<WearableImportView>) -> Result<UndoRecord, Error> {
        let ImportOfChild { child, import } = permit.target().clone();
        let shown = self.store.scan(Asker::User(permit.caller().id), move |view| {
            let found = Undoing::find(view, import, Some(child.id))?;
            found.map(|found| found.told(view)).transpose()
        });
        shown.await?.ok_or(Error::NotFound(Kind::Import))
    }

    /// Takes an import back, as far as it is about a child.
    ///
    /// # Errors
    /// `NotFound` if no such import stored anything of the child, `Forbidden` if somebody else brought it and the caller is
    /// no administrator, `Conflict` if it was taken back already.
    pub async fn wearable_import_undo(&self, permit: Permit<WearableImportUndo>) -> Result<UndoRecord, Error> {
        self.require_unrevoked_now(&permit)?;
        let _one_at_a_time = self.wearables.storing.lock().await;
        let ImportOfChild { child, import } = permit.target().clone();
        let (caller, id) = ((permit.caller().id, permit.caller().role), child.id);
        let found = self.store.scan(Asker::User(caller.0), move |view| {
            let known = view.wearable_import(id, import)?.ok_or(Error::NotFound(Kind::Import))?;
            let undoing = Undoing::find(view, import, Some(id))?.ok_or(Error::NotFound(Kind::Import))?;
            Ok((may_undo(&known, caller), undoing))
        });
        let (may, mut undoing) = found.await?;
        if !may {
            return self.noted(permit.origin(), WearableImportUndo::ROW.id, Some(caller), Err(Error::Forbidden));
        }
        if undoing.undone.import.undone_at.is_some() {
            return Err(ImportConflict::Undone.into());
        }
        self.take_back(&mut undoing).await?;
        self.change(permit, move |tx| {
            let at = undoing.end(tx)?;
            undoing.undone.import.undone_at = Some(at);
            Ok(undoing.undone)
        })
        .await
    }
}
