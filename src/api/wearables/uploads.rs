//! `/children/{child_id}/wearables/uploads`: files on their way to an import.

#![expect(clippy::too_many_arguments, reason = "a path names three things")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use poem_openapi::registry::MetaSchema;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use super::bodies::UploadBody;
use super::catalogue::Tag;
use crate::api::access::auth::Auth;
use crate::api::http::body::{Body, Fields, ReadBody};
use crate::api::http::file_body::FileBody;
use crate::api::http::params::{Parameter, Path};
use crate::api::http::reply::{Done, Found};
use crate::app::App;
use crate::app::policy::{
    WearableFilePut, WearableUploadApply, WearableUploadDelete, WearableUploadPlan, WearableUploadView,
};
use crate::app::wearables::reading::Answers;
use crate::model::{Child, Invalid, Upload};

pub(in crate::api) struct WearableUploadsApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/children", tag = "Tag::Wearables")]
impl WearableUploadsApi {
    /// Upload a file of a child's wearable
    ///
    /// A file as its program made it, or a part of an archive that was split; an upload may have several files. The client
    /// names the upload, by any 24 hexadecimal digits that it did not use before, and the file. A file of the same name
    /// takes the place of the one that was there. Nobody else sees the upload, and half an hour after nobody asked for it
    /// any more it is forgotten; so are its files, which have no name on disk, once they are stored.
    #[oai(
        path = "/:child_id/wearables/uploads/:upload_id/files/:file_name",
        method = "put",
        operation_id = "wearable_file_put"
    )]
    async fn wearable_file_put(
        &self,
        auth: Auth<WearableFilePut>,
        child_id: Path<Child>,
        upload_id: Path<Upload>,
        file_name: Path<FileName>,
        body: FileBody,
    ) -> poem::Result<Found<UploadBody>> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, upload_id.id()?))?;
        let mut file = self.0.wearable_file_begin(&permit, &file_name.given())?;
        let mut pieces = body.pieces(file.limit())?;
        while let Some(piece) = pieces.next().await? {
            file.add(piece).await?;
        }
        Ok(Found::of(self.0.wearable_file_put(&permit, &file)?))
    }

    /// View an upload
    ///
    /// Its files, how far it is, and once it is read what of it would be stored. To be asked again while its `stage` is
    /// `reading` or `applying`.
    #[oai(path = "/:child_id/wearables/uploads/:upload_id", method = "get", operation_id = "wearable_upload_view")]
    async fn wearable_upload_view(
        &self,
        auth: Auth<WearableUploadView>,
        child_id: Path<Child>,
        upload_id: Path<Upload>,
    ) -> poem::Result<Found<UploadBody>> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, upload_id.id()?))?;
        Ok(Found::of(self.0.wearable_upload_view(&permit)?))
    }

    /// Give an upload up
    ///
    /// Also while it is read. What is being stored of it goes on, and can be taken back afterwards.
    #[oai(path = "/:child_id/wearables/uploads/:upload_id", method = "delete", operation_id = "wearable_upload_delete")]
    async fn wearable_upload_delete(
        &self,
        auth: Auth<WearableUploadDelete>,
        child_id: Path<Child>,
        upload_id: Path<Upload>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, upload_id.id()?))?;
        Ok(self.0.wearable_upload_delete(&permit)?.into())
    }

    /// Plan an import
    ///
    /// Begins to read the files of an upload, in the background, one upload after the other; nothing is stored. What the
    /// files do not say is asked in the plan, with the first rows that depend on it: plan again with the answers.
    #[oai(
        path = "/:child_id/wearables/uploads/:upload_id/plan",
        method = "post",
        operation_id = "wearable_upload_plan"
    )]
    async fn wearable_upload_plan(
        &self,
        auth: Auth<WearableUploadPlan>,
        child_id: Path<Child>,
        upload_id: Path<Upload>,
        body: Body<GivenAnswers>,
    ) -> poem::Result<Found<UploadBody>> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, upload_id.id()?))?;
        let answers = body.read(self.0.field_rules()).await?;
        Ok(Found::of(self.0.wearable_upload_plan(&permit, answers)?))
    }

    /// Apply a plan
    ///
    /// Begins to store what the plan says, in the background. An upload is stored once: asking again tells how far that is.
    /// If the service is stopped meanwhile, what was stored stays, and the same files uploaded again add the rest.
    #[oai(
        path = "/:child_id/wearables/uploads/:upload_id/apply",
        method = "post",
        operation_id = "wearable_upload_apply"
    )]
    async fn wearable_upload_apply(
        &self,
        auth: Auth<WearableUploadApply>,
        child_id: Path<Child>,
        upload_id: Path<Upload>,
        body: Body<ShownPlan>,
    ) -> poem::Result<Found<UploadBody>> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, upload_id.id()?))?;
        let plan = body.read(self.0.field_rules()).await?;
        Ok(Found::of(self.0.wearable_upload_apply(permit, plan.as_deref())?))
    }
}

/// The name of a file in the path.
enum FileName {}

impl Parameter for FileName {
    fn schema() -> MetaSchema {
        MetaSchema { min_length: Some(1), max_length: Some(256), ..MetaSchema::new("string") }
    }
}

/// Answers to what files do not say.
#[derive(Object)]
#[oai(rename = "WearableAnswers", example, skip_serializing_if_is_none)]
struct GivenAnswers {
    /// By question: `zone` with the name of a time zone, `weight-unit` with `kg` or `lb`, `date-order` with `dmy` or `mdy`,
    /// `exercise-times` with `utc` or `local`. What was answered before of the child's files need not be said again.
    answers: Option<HashMap<String, String>>,
}

impl Example for GivenAnswers {
    fn example() -> Self {
        Self { answers: Some(HashMap::from([("zone".to_owned(), "Europe/Athens".to_owned())])) }
    }
}

impl ReadBody for GivenAnswers {
    type Model = Answers;

    fn read(fields: &Fields) -> Result<Self::Model, Invalid> {
        let Some(answers) = fields.member("answers") else { return Ok(Answers::new()) };
        serde_json::from_value::<BTreeMap<_, _>>(answers.clone())
            .map_err(|_| Invalid::Import("answers must be an object of strings".to_owned()))
    }
}

/// The plan to apply.
#[derive(Object)]
#[oai(rename = "WearablePlanToApply", example, skip_serializing_if_is_none)]
struct ShownPlan {
    /// Its `plan`, as the upload tells; without, the one that there is.
    plan: Option<String>,
}

impl Example for ShownPlan {
    fn example() -> Self {
        Self { plan: None }
    }
}

impl ReadBody for ShownPlan {
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
