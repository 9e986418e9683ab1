//! `/educators` and their groups.
//!
//! Declarations alone: what is done stands in `app/professionals.rs` and `app/groups.rs`, once for both.

use std::sync::Arc;

use poem_openapi::OpenApi;

use crate::api::access::auth::Auth;
use crate::api::directory::catalogue::Tag;
use crate::api::directory::groups::{self, GroupBody, GroupChanges, NewGroupBody};
use crate::api::directory::professionals::{LIST, NewProfessional, ProfessionalBody, ProfessionalChanges};
use crate::api::http::body::Body;
use crate::api::http::params::{ListQuery, Path};
use crate::api::http::reply::{Created, Done, Found, ListPage};
use crate::app::App;
use crate::app::policy::{
    All, EducatorCreate, EducatorGroupCreate, EducatorGroupDelete, EducatorGroupList, EducatorGroupUpdate,
    EducatorGroupView, EducatorList, EducatorUpdate, EducatorView,
};
use crate::model::{Educator, Group};

pub(in crate::api) struct EducatorsApi(pub(in crate::api) Arc<App>);

#[OpenApi(prefix_path = "/v1/educators", tag = "Tag::Educators")]
impl EducatorsApi {
    /// Register an educator
    ///
    /// `institution_id` is the `id` that registering or listing institutions answers with.
    #[oai(path = "/", method = "post", operation_id = "educator_create")]
    async fn educator_create(
        &self,
        auth: Auth<EducatorCreate>,
        body: Body<NewProfessional>,
    ) -> poem::Result<Created<ProfessionalBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let new = body.read(self.0.field_rules()).await?;
        Created::read(self.0.professional_create(permit, new).await?).await
    }

    /// List educators
    #[oai(path = "/", method = "get", operation_id = "educator_list")]
    async fn educator_list(
        &self,
        auth: Auth<EducatorList>,
        query: ListQuery,
    ) -> poem::Result<ListPage<ProfessionalBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.professional_list(&permit, query)?).await
    }

    /// View an educator
    #[oai(path = "/:educator_id", method = "get", operation_id = "educator_view")]
    async fn educator_view(
        &self,
        auth: Auth<EducatorView>,
        educator_id: Path<Educator>,
    ) -> poem::Result<Found<ProfessionalBody>> {
        let permit = auth.permit(&self.0, educator_id.id()?)?;
        Found::read(self.0.professional_view(&permit)?).await
    }

    /// Change an educator
    ///
    /// What the body does not name stays as it is. Only an administrator moves somebody to another institution.
    #[oai(path = "/:educator_id", method = "patch", operation_id = "educator_update")]
    async fn educator_update(
        &self,
        auth: Auth<EducatorUpdate>,
        educator_id: Path<Educator>,
        body: Body<ProfessionalChanges>,
    ) -> poem::Result<Found<ProfessionalBody>> {
        let id = educator_id.id()?;
        let permit = auth.permit(&self.0, id)?;
        let patch = body.read_update(self.0.field_rules(), id).await?;
        Found::read(self.0.professional_update(permit, patch).await?).await
    }
}

pub(in crate::api) struct EducatorGroupsApi(pub(in crate::api) Arc<App>);

#[OpenApi(prefix_path = "/v1/educators", tag = "Tag::EducatorGroups")]
impl EducatorGroupsApi {
    /// Make a group of children
    ///
    /// Log in as the educator first, and press *Authorize* again. `children` are the `id`s that registering or listing
    /// children answers with.
    #[oai(path = "/:educator_id/children/groups", method = "post", operation_id = "educator_group_create")]
    async fn educator_group_create(
        &self,
        auth: Auth<EducatorGroupCreate>,
        educator_id: Path<Educator>,
        body: Body<NewGroupBody>,
    ) -> poem::Result<Created<GroupBody>> {
        let permit = auth.permit(&self.0, educator_id.id()?)?;
        let new = body.read(self.0.field_rules()).await?;
        Created::read(self.0.group_create(permit, new).await?).await
    }

    /// List one's groups of children
    #[oai(path = "/:educator_id/children/groups", method = "get", operation_id = "educator_group_list")]
    async fn educator_group_list(
        &self,
        auth: Auth<EducatorGroupList>,
        educator_id: Path<Educator>,
        query: ListQuery,
    ) -> poem::Result<ListPage<GroupBody>> {
        let permit = auth.permit(&self.0, educator_id.id()?)?;
        let query = query.read(groups::LIST, self.0.field_rules())?;
        ListPage::read(self.0.group_list(&permit, query)?).await
    }

    /// View a group of children
    #[oai(path = "/:educator_id/children/groups/:group_id", method = "get", operation_id = "educator_group_view")]
    async fn educator_group_view(
        &self,
        auth: Auth<EducatorGroupView>,
        educator_id: Path<Educator>,
        group_id: Path<Group>,
    ) -> poem::Result<Found<GroupBody>> {
        let permit = auth.permit(&self.0, (educator_id.id()?, group_id.id()?))?;
        Found::read(self.0.group_view(&permit)?).await
    }

    /// Change a group of children
    ///
    /// What the body does not name stays as it is. `children` replaces the whole list; `[]` empties it.
    #[oai(path = "/:educator_id/children/groups/:group_id", method = "patch", operation_id = "educator_group_update")]
    async fn educator_group_update(
        &self,
        auth: Auth<EducatorGroupUpdate>,
        educator_id: Path<Educator>,
        group_id: Path<Group>,
        body: Body<GroupChanges>,
    ) -> poem::Result<Found<GroupBody>> {
        let permit = auth.permit(&self.0, (educator_id.id()?, group_id.id()?))?;
        let patch = body.read(self.0.field_rules()).await?;
        Found::read(self.0.group_update(permit, patch).await?).await
    }

    /// Delete a group of children
    ///
    /// The children stay. Deleting a group that is gone succeeds.
    #[oai(path = "/:educator_id/children/groups/:group_id", method = "delete", operation_id = "educator_group_delete")]
    async fn educator_group_delete(
        &self,
        auth: Auth<EducatorGroupDelete>,
        educator_id: Path<Educator>,
        group_id: Path<Group>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, (educator_id.id()?, group_id.id()?))?;
        Ok(self.0.group_delete(permit).await?.into())
    }
}
