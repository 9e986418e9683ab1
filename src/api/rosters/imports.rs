//! `/rosters/imports`, and what goes out.

use std::sync::Arc;

use poem_openapi::OpenApi;

use super::archive::Archive;
use super::bodies::{ImportBody, UndoBody};
use super::catalogue::Tag;
use crate::api::access::auth::Auth;
use crate::api::http::params::{ImportNumber, Path};
use crate::api::http::reply::{Found, FoundAll};
use crate::app::App;
use crate::app::policy::{
    All, ImportOf, RosterExport, RosterExportOneroster, RosterImportList, RosterImportUndo, RosterImportView,
    RosterTemplate,
};

pub(in crate::api) struct ImportsApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/rosters", tag = "Tag::Rosters")]
impl ImportsApi {
    /// List imports
    ///
    /// Those of which it is remembered what they changed, the newest first.
    #[oai(path = "/imports", method = "get", operation_id = "roster_import_list")]
    async fn roster_import_list(&self, auth: Auth<RosterImportList>) -> poem::Result<FoundAll<ImportBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        Ok(FoundAll::of(self.0.roster_import_list(&permit)?))
    }

    /// View an import
    ///
    /// What it changed, and what of that would be put back, removed or left if it were taken back now.
    #[oai(path = "/imports/:import", method = "get", operation_id = "roster_import_view")]
    async fn roster_import_view(
        &self,
        auth: Auth<RosterImportView>,
        import: Path<ImportNumber>,
    ) -> poem::Result<Found<UndoBody>> {
        let permit = auth.permit(&self.0, ImportOf(import.number()?))?;
        Ok(Found::of(self.0.roster_import_view(permit).await?))
    }

    /// Take an import back
    ///
    /// Puts back what it changed, but for what was edited since, which is told.
    #[oai(path = "/imports/:import/undo", method = "post", operation_id = "roster_import_undo")]
    async fn roster_import_undo(
        &self,
        auth: Auth<RosterImportUndo>,
        import: Path<ImportNumber>,
    ) -> poem::Result<Found<UndoBody>> {
        let permit = auth.permit(&self.0, ImportOf(import.number()?))?;
        Ok(Found::of(self.0.roster_import_undo(permit).await?))
    }

    /// Export all sheets
    ///
    /// A zip of CSV files, sent while they are read: everybody who is active, by id, without passwords and without what
    /// is tracked. Importing it changes nothing. One that ends early is no archive.
    #[oai(path = "/export", method = "get", operation_id = "roster_export")]
    async fn roster_export(&self, auth: Auth<RosterExport>) -> poem::Result<Archive> {
        let permit = auth.permit(&self.0, All::new())?;
        Archive::put_out("rosters.zip", self.0.roster_sheets(&permit)?).await
    }

    /// Export as OneRoster
    ///
    /// A zip of the CSV files of OneRoster 1.1, sent while they are read: institutions, families, children, educators and
    /// their groups, without anybody's name.
    #[oai(path = "/export/oneroster", method = "get", operation_id = "roster_export_oneroster")]
    async fn roster_export_oneroster(&self, auth: Auth<RosterExportOneroster>) -> poem::Result<Archive> {
        let permit = auth.permit(&self.0, All::new())?;
        Archive::put_out("oneroster.zip", self.0.roster_oneroster(&permit)?).await
    }

    /// Get empty sheets
    ///
    /// A zip of CSV files with headers and an example each, to be filled in and uploaded.
    #[oai(path = "/template", method = "get", operation_id = "roster_template")]
    async fn roster_template(&self, auth: Auth<RosterTemplate>) -> poem::Result<Archive> {
        let permit = auth.permit(&self.0, All::new())?;
        Ok(Archive::of("template.zip", self.0.roster_templates(&permit)?))
    }
}
