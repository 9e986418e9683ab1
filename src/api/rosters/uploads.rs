//! `/rosters/uploads`: files on their way to an import.

use std::sync::Arc;

use poem_openapi::registry::MetaSchema;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use super::archive::Csv;
use super::bodies::{AppliedBody, PlanBody, PreparationBody, UploadBody};
use super::catalogue::Tag;
use super::options::{ImportOptions, RollOverOptions};
use crate::api::access::auth::Auth;
use crate::api::http::body::{Body, Fields, ReadBody};
use crate::api::http::file_body::FileBody;
use crate::api::http::params::{Parameter, Path};
use crate::api::http::reply::{Done, Found};
use crate::app::App;
use crate::app::policy::{
    RosterFilePut, RosterUploadApply, RosterUploadDelete, RosterUploadPasswords, RosterUploadPlan, RosterUploadPrepare,
    RosterUploadRollOver, RosterUploadView, UploadOf,
};
use crate::model::{Invalid, Upload};

pub(in crate::api) struct UploadsApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/rosters/uploads", tag = "Tag::Rosters")]
impl UploadsApi {
    /// Upload a file of a roster
    ///
    /// A CSV file or a zip of them; an upload may have several files. The client names the upload, by any 24 hexadecimal
    /// digits that it did not use before, and the file, whose name can say which sheet it is. A file of the same name
    /// takes the place of the one that was there. Uploads that nobody asks for any more are forgotten after half an hour.
    #[oai(path = "/:upload_id/files/:file_name", method = "put", operation_id = "roster_file_put")]
    async fn roster_file_put(
        &self,
        auth: Auth<RosterFilePut>,
        upload_id: Path<Upload>,
        file_name: Path<FileName>,
        body: FileBody,
    ) -> poem::Result<Found<UploadBody>> {
        let permit = auth.permit(&self.0, UploadOf(upload_id.id()?))?;
        let mut file = self.0.roster_file_begin(&permit, &file_name.given())?;
        let mut pieces = body.pieces(file.limit())?;
        while let Some(piece) = pieces.next().await? {
            file.add(piece).await?;
        }
        Ok(Found::of(self.0.roster_file_put(&permit, file)?))
    }

    /// View an upload
    ///
    /// Its files, its plan if there is one that can be applied, how far that is prepared, and what became of it.
    #[oai(path = "/:upload_id", method = "get", operation_id = "roster_upload_view")]
    async fn roster_upload_view(
        &self,
        auth: Auth<RosterUploadView>,
        upload_id: Path<Upload>,
    ) -> poem::Result<Found<UploadBody>> {
        let permit = auth.permit(&self.0, UploadOf(upload_id.id()?))?;
        Ok(Found::of(self.0.roster_upload_view(&permit)?))
    }

    /// Forget an upload
    #[oai(path = "/:upload_id", method = "delete", operation_id = "roster_upload_delete")]
    async fn roster_upload_delete(
        &self,
        auth: Auth<RosterUploadDelete>,
        upload_id: Path<Upload>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, UploadOf(upload_id.id()?))?;
        Ok(self.0.roster_upload_delete(&permit)?.into())
    }

    /// Plan an import
    ///
    /// Says what the files of an upload would change, and what is wrong with them; nothing is changed. A plan without
    /// problems is kept until another is made, of whichever upload.
    #[oai(path = "/:upload_id/plan", method = "post", operation_id = "roster_upload_plan")]
    async fn roster_upload_plan(
        &self,
        auth: Auth<RosterUploadPlan>,
        upload_id: Path<Upload>,
        body: Body<ImportOptions>,
    ) -> poem::Result<Found<PlanBody>> {
        let permit = auth.permit(&self.0, UploadOf(upload_id.id()?))?;
        let options = body.read(self.0.field_rules()).await?;
        Ok(Found::of(self.0.roster_upload_plan(permit, options).await?))
    }

    /// Plan a new school year
    ///
    /// Says what groups become, without any file: `3a` becomes `4a`, and the children of the top classes leave; nothing is
    /// changed. Such a plan is kept, prepared and applied as that of an import is, and its import is taken back so.
    #[oai(path = "/:upload_id/roll-over", method = "post", operation_id = "roster_upload_roll_over")]
    async fn roster_upload_roll_over(
        &self,
        auth: Auth<RosterUploadRollOver>,
        upload_id: Path<Upload>,
        body: Body<RollOverOptions>,
    ) -> poem::Result<Found<PlanBody>> {
        let permit = auth.permit(&self.0, UploadOf(upload_id.id()?))?;
        let wanted = body.read(self.0.field_rules()).await?;
        Ok(Found::of(self.0.roster_upload_roll_over(permit, wanted).await?))
    }

    /// Prepare a plan
    ///
    /// Hashes passwords of those who are new, for some seconds: ask again until `done` is `total`.
    #[oai(path = "/:upload_id/prepare", method = "post", operation_id = "roster_upload_prepare")]
    async fn roster_upload_prepare(
        &self,
        auth: Auth<RosterUploadPrepare>,
        upload_id: Path<Upload>,
    ) -> poem::Result<Found<PreparationBody>> {
        let permit = auth.permit(&self.0, UploadOf(upload_id.id()?))?;
        Ok(Found::of(self.0.roster_upload_prepare(permit).await?))
    }

    /// Get the passwords that were made up
    ///
    /// Those of a plan that is prepared: type, username and password, as CSV. Get them before the plan is applied: they
    /// are stored nowhere.
    #[oai(path = "/:upload_id/passwords", method = "get", operation_id = "roster_upload_passwords")]
    async fn roster_upload_passwords(
        &self,
        auth: Auth<RosterUploadPasswords>,
        upload_id: Path<Upload>,
    ) -> poem::Result<Csv> {
        let permit = auth.permit(&self.0, UploadOf(upload_id.id()?))?;
        Ok(Csv::of("passwords.csv", self.0.roster_upload_passwords(&permit)?))
    }

    /// Apply a plan
    ///
    /// Changes all that the plan says, or nothing. An upload is applied once: asking again tells what was changed.
    #[oai(path = "/:upload_id/apply", method = "post", operation_id = "roster_upload_apply")]
    async fn roster_upload_apply(
        &self,
        auth: Auth<RosterUploadApply>,
        upload_id: Path<Upload>,
        body: Body<PlanToApply>,
    ) -> poem::Result<Found<AppliedBody>> {
        let permit = auth.permit(&self.0, UploadOf(upload_id.id()?))?;
        let plan = body.read(self.0.field_rules()).await?;
        Ok(Found::of(self.0.roster_upload_apply(permit, plan).await?))
    }
}

/// The name of a file in the path.
enum FileName {}

impl Parameter for FileName {
    fn schema() -> MetaSchema {
        MetaSchema { min_length: Some(1), max_length: Some(256), ..MetaSchema::new("string") }
    }
}

/// The plan to apply.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct PlanToApply {
    /// Its `plan`, as planning answered; without, the one that there is.
    plan: Option<String>,
}

impl Example for PlanToApply {
    fn example() -> Self {
        Self { plan: None }
    }
}

impl ReadBody for PlanToApply {
    type Model = Option<String>;

    fn read(fields: &Fields) -> Result<Self::Model, Invalid> {
        match fields.member("plan") {
            None => Ok(None),
            Some(plan) => match plan.as_str() {
                Some(plan) => Ok(Some(plan.to_owned())),
                None => Err(Invalid::Import("plan must be a string".to_owned())),
            },
        }
    }
}
