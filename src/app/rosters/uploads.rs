//! What administrators do with rosters over HTTP: the same as operators, an upload at a time. Everything is idempotent by
//! the upload's id.

use crate::app::access::policy::Operation;
use crate::app::policy::{
    RosterFilePut, RosterImportList, RosterImportUndo, RosterImportView, RosterUploadApply, RosterUploadDelete,
    RosterUploadPasswords, RosterUploadPlan, RosterUploadPrepare, RosterUploadRollOver, RosterUploadView, UploadOf,
};
use crate::app::rosters::desk::{Pouring, Shown};
use crate::app::rosters::records::{
    AppliedRecord, ImportRecord, PlanOptions, PlanRecord, Preparation, RollOver, UndoRecord,
};
use crate::app::{App, Permit};
use crate::model::{Error, ImportConflict, Kind};
use crate::store::Asker;

/// What is to be known of an upload.
pub struct UploadRecord {
    /// Names of the files, and how long they are, in bytes.
    pub files: Vec<(String, u64)>,
    /// Its plan, if it is kept.
    pub plan: Option<String>,
    /// Password hashes of the plan that are computed.
    pub done: usize,
    /// Password hashes of the plan that there are to be.
    pub total: usize,
    /// What was changed, once it was.
    pub applied: Option<AppliedRecord>,
}

impl From<Shown> for UploadRecord {
    fn from(shown: Shown) -> Self {
        let Shown { files, plan, done, total, applied } = shown;
        Self { files, plan, done, total, applied }
    }
}

fn name<O: Operation<Target = UploadOf>>(permit: &Permit<O>) -> String {
    permit.target().0.to_string()
}

impl App {
    /// Begins to take a file of an upload, in place of one of the same name.
    ///
    /// # Errors
    /// `Invalid` if it has no name that a file can have, or there are too many; `Unavailable` if the disk refuses.
    pub fn roster_file_begin(&self, permit: &Permit<RosterFilePut>, file: &str) -> Result<Pouring, Error> {
        self.require_unrevoked_now(permit)?;
        self.rosters.begin(self.clock.now(), &name(permit), file)
    }

    /// Takes a file that has arrived.
    ///
    /// # Errors
    /// `Invalid` if the upload's files are too many, or too long together.
    pub fn roster_file_put(&self, permit: &Permit<RosterFilePut>, file: Pouring) -> Result<UploadRecord, Error> {
        self.rosters.end(self.clock.now(), &name(permit), file)?;
        self.upload(&name(permit))
    }

    fn upload(&self, name: &str) -> Result<UploadRecord, Error> {
        self.rosters.shown(self.clock.now(), name).map(UploadRecord::from).ok_or(Error::NotFound(Kind::Upload))
    }

    /// What is known of an upload.
    ///
    /// # Errors
    /// `NotFound` if it is not there any more.
    pub fn roster_upload_view(&self, permit: &Permit<RosterUploadView>) -> Result<UploadRecord, Error> {
        self.upload(&name(permit))
    }

    /// Forgets an upload.
    ///
    /// # Errors
    /// `Unauthenticated` if the token was revoked since.
    pub fn roster_upload_delete(&self, permit: &Permit<RosterUploadDelete>) -> Result<(), Error> {
        self.require_unrevoked_now(permit)?;
        self.rosters.forget(&name(permit));
        Ok(())
    }

    /// What the files of an upload would change.
    ///
    /// # Errors
    /// `NotFound` if it is not there any more, `Invalid` if the options cannot be meant, `Conflict` if it was applied.
    pub async fn roster_upload_plan(
        &self,
        permit: Permit<RosterUploadPlan>,
        options: PlanOptions,
    ) -> Result<PlanRecord, Error> {
        self.require_unrevoked_now(&permit)?;
        let (asker, upload) = (Asker::User(permit.caller().id), name(&permit));
        self.require_unapplied(&upload)?;
        self.roster_plan(asker, &upload, PlanOptions { keep: true, ..options }).await
    }

    /// What was applied is not planned anew: applying that would tell of the import that there is, and do nothing.
    fn require_unapplied(&self, upload: &str) -> Result<(), Error> {
        match self.store.read(|view| view.batch_of_upload(upload))? {
            Some(_) => Err(ImportConflict::Applied.into()),
            None => Ok(()),
        }
    }

    /// What a new school year would change, as the plan of an upload.
    ///
    /// # Errors
    /// `Invalid` if the options cannot be meant, `Conflict` if the upload was applied.
    pub async fn roster_upload_roll_over(
        &self,
        permit: Permit<RosterUploadRollOver>,
        wanted: RollOver,
    ) -> Result<PlanRecord, Error> {
        self.require_unrevoked_now(&permit)?;
        let (asker, upload) = (Asker::User(permit.caller().id), name(&permit));
        self.require_unapplied(&upload)?;
        self.rosters.open(self.clock.now(), &upload);
        self.roster_roll_over(asker, &upload, RollOver { keep: true, ..wanted }).await
    }

    /// Goes on, for some seconds, with what is to be computed before a plan can be applied.
    ///
    /// # Errors
    /// `Conflict` if there is no plan that can be applied.
    pub async fn roster_upload_prepare(&self, permit: Permit<RosterUploadPrepare>) -> Result<Preparation, Error> {
        self.require_unrevoked_now(&permit)?;
        let plan = self.plan_of(&name(&permit))?;
        self.roster_prepare(&plan).await
    }

    /// The passwords that were made up for a plan, as CSV.
    ///
    /// # Errors
    /// `Conflict` if there is no plan that can be applied, or it is not prepared.
    pub fn roster_upload_passwords(&self, permit: &Permit<RosterUploadPasswords>) -> Result<String, Error> {
        self.require_unrevoked_now(permit)?;
        let upload = self.upload(&name(permit))?;
        if upload.plan.is_none() {
            return Err(ImportConflict::NoPlan.into());
        }
        if upload.done < upload.total {
            return Err(ImportConflict::Unprepared.into());
        }
        super::passwords_csv(&self.rosters.made_up(&name(permit)), true)
    }

    fn plan_of(&self, upload: &str) -> Result<String, Error> {
        self.upload(upload)?.plan.ok_or(ImportConflict::NoPlan.into())
    }

    /// Applies the plan of an upload, if it is this one; of an upload that was applied, tells so once more.
    ///
    /// # Errors
    /// `Conflict` if there is no such plan, it is not prepared, or what there is is not any more what it was made of;
    /// `NotFound` if the upload is not there any more.
    pub async fn roster_upload_apply(
        &self,
        permit: Permit<RosterUploadApply>,
        plan: Option<String>,
    ) -> Result<AppliedRecord, Error> {
        self.require_unrevoked_now(&permit)?;
        let upload = name(&permit);
        if let Some(known) = self.store.read(|view| view.batch_of_upload(&upload))? {
            return Ok(known.into());
        }
        let UploadRecord { plan: kept, applied, .. } = self.upload(&upload)?;
        // What changed nothing left no import.
        if let (None, Some(applied)) = (&kept, applied) {
            return Ok(applied);
        }
        let kept = kept.ok_or(ImportConflict::NoPlan)?;
        if plan.is_some_and(|plan| plan != kept) {
            return Err(ImportConflict::NoPlan.into());
        }
        let applying = self.applying(&kept, Some(upload.clone()))?;
        let applied = match applying {
            None => AppliedRecord { import: None, created: 0, changed: 0, removed: 0 },
            Some(applying) => {
                let applied = self.change(permit, applying).await.map_err(out_of_date);
                self.note_hash_costs()?;
                applied?
            }
        };
        self.rosters.applied(self.clock.now(), &kept, &applied);
        Ok(applied)
    }

    /// The imports that can still be taken back, the newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub fn roster_import_list(&self, _: &Permit<RosterImportList>) -> Result<Vec<ImportRecord>, Error> {
        self.roster_list()
    }

    /// What taking an import back would do.
    ///
    /// # Errors
    /// `NotFound` if there is no such import.
    pub async fn roster_import_view(&self, permit: Permit<RosterImportView>) -> Result<UndoRecord, Error> {
        self.roster_show(permit.target().0).await
    }

    /// Takes an import back.
    ///
    /// # Errors
    /// `NotFound` if there is no such import, `Conflict` if it was taken back already.
    pub async fn roster_import_undo(&self, permit: Permit<RosterImportUndo>) -> Result<UndoRecord, Error> {
        let undoing = self.undoing(permit.target().0)?;
        self.change(permit, undoing).await
    }
}

/// What a plan was made of changed meanwhile.
fn out_of_date(error: Error) -> Error {
    match error {
        Error::NotFound(_) | Error::Conflict(_) => ImportConflict::OutOfDate.into(),
        other => other,
    }
}
