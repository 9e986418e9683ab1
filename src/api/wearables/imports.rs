//! `/wearables/imports`, and those of a child.

use std::sync::Arc;

use poem_openapi::OpenApi;

use super::bodies::{ImportBody, UndoBody};
use super::catalogue::Tag;
use crate::api::access::auth::Auth;
use crate::api::http::params::{ImportNumber, Path};
use crate::api::http::reply::{Found, FoundAll};
use crate::app::App;
use crate::app::policy::{
    All, ChildWearableImportList, ImportOfChild, WearableImportList, WearableImportUndo, WearableImportView,
};
use crate::model::Child;

pub(in crate::api) struct WearableImportsApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1", tag = "Tag::Wearables")]
impl WearableImportsApi {
    /// List imports of files of wearables
    ///
    /// What each stored, child by child, the newest first: a thousand at most.
    #[oai(path = "/wearables/imports", method = "get", operation_id = "wearable_import_list")]
    async fn wearable_import_list(&self, auth: Auth<WearableImportList>) -> poem::Result<FoundAll<ImportBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        Ok(FoundAll::of(self.0.wearable_import_list(&permit).await?))
    }

    /// List imports of files of a child's wearables
    ///
    /// The newest first, whoever brought them.
    #[oai(path = "/children/:child_id/wearables/imports", method = "get", operation_id = "child_wearable_import_list")]
    async fn child_wearable_import_list(
        &self,
        auth: Auth<ChildWearableImportList>,
        child_id: Path<Child>,
    ) -> poem::Result<FoundAll<ImportBody>> {
        let permit = auth.permit(&self.0, child_id.data_of()?)?;
        Ok(FoundAll::of(self.0.child_wearable_import_list(&permit).await?))
    }

    /// View an import of files of a child's wearables
    ///
    /// What it stored, and what of that would be put back, removed or left if it were taken back now.
    #[oai(
        path = "/children/:child_id/wearables/imports/:import",
        method = "get",
        operation_id = "wearable_import_view"
    )]
    async fn wearable_import_view(
        &self,
        auth: Auth<WearableImportView>,
        child_id: Path<Child>,
        import: Path<ImportNumber>,
    ) -> poem::Result<Found<UndoBody>> {
        let target = ImportOfChild { child: child_id.data_of()?, import: import.number()? };
        let permit = auth.permit(&self.0, target)?;
        Ok(Found::of(self.0.wearable_import_view(&permit).await?))
    }

    /// Take an import of files of a child's wearables back
    ///
    /// Removes what it stored of the child, and puts back what was there before, but for what was changed since, which is
    /// told. Administrators take back any, others what they brought themselves.
    #[oai(
        path = "/children/:child_id/wearables/imports/:import/undo",
        method = "post",
        operation_id = "wearable_import_undo"
    )]
    async fn wearable_import_undo(
        &self,
        auth: Auth<WearableImportUndo>,
        child_id: Path<Child>,
        import: Path<ImportNumber>,
    ) -> poem::Result<Found<UndoBody>> {
        let target = ImportOfChild { child: child_id.data_of()?, import: import.number()? };
        let permit = auth.permit(&self.0, target)?;
        Ok(Found::of(self.0.wearable_import_undo(permit).await?))
    }
}
