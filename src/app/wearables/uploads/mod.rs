//! What administrators, educators and families do with files of wearables over HTTP: an upload for one child at a time, which
//! is read and stored in the background.

mod arriving;
mod shelf;

use std::sync::Arc;

use crate::app::access::policy::{DataOf, Operation};
use crate::app::operator::refusal::{Refusal, refusal};
use crate::app::poured::Poured;
use crate::app::wearables::files::{Files, Watch};
use crate::app::wearables::policy::{
    WearableFilePut, WearableUploadApply, WearableUploadDelete, WearableUploadPlan, WearableUploadView,
};
use crate::app::wearables::reading::{Answers, Reading};
use crate::app::wearables::records::{HealthAppliedRecord, HealthPlanRecord};
use crate::app::wearables::storing::By;
use crate::app::wearables::{questions, read};
use crate::app::{App, Permit, random_bytes};
use crate::model::{Child, Error, Id, Upload, hex};
use crate::store::Asker;
use shelf::{Key, Planned};

pub use arriving::PouringFile;
pub(in crate::app) use shelf::Shelf;
pub use shelf::WearableUpload;

/// The most bytes of what is read of a child: ten years have half of them.
const MOST_READ: usize = 32 << 20;

fn key<O: Operation<Target = (DataOf<Child>, Id<Upload>)>>(permit: &Permit<O>) -> Key {
    let (child, upload) = permit.target();
    Key { owner: permit.caller().id, child: child.id, upload: *upload }
}

impl App {
    /// Begins to take a file of an upload, in place of one of the same name.
    ///
    /// # Errors
    /// `Invalid` if it has no name that a file can have, or the caller's are too many or too long; `Conflict` if the upload
    /// is stored; `Unavailable` if those of all are too many, or there is no room on the disk.
    pub fn wearable_file_begin(&self, permit: &Permit<WearableFilePut>, file: &str) -> Result<PouringFile, Error> {
        self.require_unrevoked_now(permit)?;
        self.shelf.begin(self.clock.now(), key(permit), permit.caller(), file)
    }

    /// Takes a file that has arrived.
    ///
    /// # Errors
    /// `Conflict` if the upload was stored meanwhile, `Invalid` if it has too many files.
    pub fn wearable_file_put(
        &self,
        permit: &Permit<WearableFilePut>,
        file: &PouringFile,
    ) -> Result<WearableUpload, Error> {
        self.require_unrevoked_now(permit)?;
        self.shelf.end(self.clock.now(), permit.caller(), file)?;
        self.shelf.shown(self.clock.now(), key(permit))
    }

    /// What is known of an upload.
    ///
    /// # Errors
    /// `NotFound` if it is not there any more, or is another user's.
    pub fn wearable_upload_view(&self, permit: &Permit<WearableUploadView>) -> Result<WearableUpload, Error> {
        self.shelf.shown(self.clock.now(), key(permit))
    }

    /// Gives an upload up, also in the middle of reading it.
    ///
    /// # Errors
    /// `Unauthenticated` if the token was revoked since.
    pub fn wearable_upload_delete(&self, permit: &Permit<WearableUploadDelete>) -> Result<(), Error> {
        self.require_unrevoked_now(permit)?;
        self.shelf.forget(key(permit));
        Ok(())
    }

    /// Begins to read the files of an upload, in the background: what became of that, the upload tells.
    ///
    /// # Errors
    /// `NotFound` if it is not there any more, `Conflict` if it is stored, `Invalid` if it has no files, or an answer answers
    /// nothing.
    pub fn wearable_upload_plan(
        self: &Arc<Self>,
        permit: &Permit<WearableUploadPlan>,
        answers: Answers,
    ) -> Result<WearableUpload, Error> {
        self.require_unrevoked_now(permit)?;
        questions::check(&answers)?;
        let key = key(permit);
        let watch = self.shelf.begin_reading(self.clock.now(), key)?;
        let app = Arc::clone(self);
        tokio::spawn(async move {
            let read = {
                let _one_at_a_time = app.shelf.turn.lock().await;
                if watch.is_given_up() {
                    return;
                }
                app.planned(key, Arc::clone(&watch), answers).await
            };
            app.shelf.end_reading(app.clock.now(), key, &watch, read.map_err(|why| why.0));
        });
        self.shelf.shown(self.clock.now(), key)
    }

    /// Reads the files of an upload, and says what storing that would change.
    async fn planned(&self, key: Key, watch: Arc<Watch>, given: Answers) -> Result<Planned, Refusal> {
        let remembered = self.store.read(|view| view.wearable_answers(key.child)).map_err(told)?;
        let (files, folder) = (self.shelf.files(key), self.shelf.folder().to_owned());
        let kept = Poured::new(&folder).map_err(told)?;
        let answers = move |source: &str| {
            let of_source = remembered.into_iter().filter(|((of, _), _)| of == source);
            let mut answers: Answers = of_source.map(|((_, question), answer)| (question, answer)).collect();
            answers.extend(given);
            answers
        };
        let reading = in_a_thread(self.shelf.on_thread_start, move || {
            let mut files = Files::of_open(files, &folder, watch)?;
            let reading = read(&mut files, answers)?;
            keep(&reading, kept).map(|kept| (reading, kept))
        });
        let (reading, kept) = reading.await?;
        let plan = self.plan_reading(Asker::User(key.owner), key.child, &Arc::new(reading)).await.map_err(told)?;
        let record = Arc::new(HealthPlanRecord::shortened(plan.record));
        Ok(Planned { name: hex::text(&random_bytes::<12>().map_err(told)?), record, reading: kept })
    }

    /// Begins to store what was read, in the background, if it is this plan; of an upload that is stored, tells so once more.
    ///
    /// # Errors
    /// `NotFound` if the upload is not there any more, `Conflict` if there is no such plan or something is open in it.
    pub fn wearable_upload_apply(
        self: &Arc<Self>,
        permit: Permit<WearableUploadApply>,
        plan: Option<&str>,
    ) -> Result<WearableUpload, Error> {
        self.require_unrevoked_now(&permit)?;
        let key = key(&permit);
        if let Some((planned, done)) = self.shelf.begin_applying(self.clock.now(), key, plan)? {
            let app = Arc::clone(self);
            tokio::spawn(async move {
                let _one_at_a_time = app.shelf.turn.lock().await;
                let applied = app.apply_planned(planned, By::User(permit, done)).await;
                app.shelf.end_applying(app.clock.now(), key, applied.map_err(|why| why.0));
            });
        }
        self.shelf.shown(self.clock.now(), key)
    }

    async fn apply_planned(&self, planned: Planned, by: By) -> Result<HealthAppliedRecord, Refusal> {
        let By::User(permit, _) = &by else { return Err(Refusal("nobody asked for it".to_owned())) };
        let (child, owner) = (permit.target().0.id, permit.caller().id);
        let reading = in_a_thread(self.shelf.on_thread_start, move || {
            let bytes = planned.reading.read(MOST_READ).map_err(told)?;
            let damaged = |_| Refusal("what was read is damaged: plan the import again".to_owned());
            serde_json::from_slice::<Reading>(&bytes).map_err(damaged)
        });
        let reading = Arc::new(reading.await?);
        // Not while an operator's import is stored, or one is taken back.
        let _one_at_a_time = self.wearables.storing.lock().await;
        let plan = self.plan_reading(Asker::User(owner), child, &reading).await.map_err(told)?;
        self.store_items(child, reading, plan.to_store, by).await.map_err(told)
    }
}

/// Keeps what was read where nothing of it outlives the program.
fn keep(reading: &Reading, mut kept: Poured) -> Result<Poured, Refusal> {
    let text = serde_json::to_vec(reading).map_err(|error| told(Error::internal(error)))?;
    if text.len() > MOST_READ {
        return Err(Refusal(format!(
            "what the file says of this child is more than {} MiB: see that it is the file of one child",
            MOST_READ >> 20
        )));
    }
    kept.add(&text).map_err(told)?;
    Ok(kept)
}

/// What whoever uploads is told: causes of faults are for the log alone.
fn told(error: Error) -> Refusal {
    match error {
        Error::Internal(cause) => {
            tracing::error!(%cause, "Files of a wearable could not be imported");
            Refusal("the service failed, which its log tells more of: try again, or tell its administrator".to_owned())
        }
        Error::Unauthenticated(_) => Refusal("you were logged out meanwhile: log in, and try again".to_owned()),
        Error::NotFound(_) => Refusal("there is no such child any more".to_owned()),
        other => refusal(other),
    }
}

/// Does something that takes long in a thread of its own. A fault of it is one of the file, which nobody else notices.
async fn in_a_thread<T: Send + 'static>(
    on_start: fn(),
    job: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let (done, wait) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("reading".to_owned()).spawn(move || {
        on_start();
        // Whoever waited may be gone.
        let _ = done.send(job());
    });
    thread.map_err(|error| told(Error::internal(error)))?;
    wait.await.unwrap_or_else(|_| {
        Err(Refusal("this file cannot be read: the program failed at it, which its log tells more of".to_owned()))
    })
}
