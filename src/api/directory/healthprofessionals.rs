//! `/healthprofessionals` and their groups.
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
    All, HealthProfessionalCreate, HealthProfessionalGroupCreate, HealthProfessionalGroupDelete,
    HealthProfessionalGroupList, HealthProfessionalGroupUpdate, HealthProfessionalGroupView, HealthProfessionalList,
    HealthProfessionalUpdate, HealthProfessionalView,
};
use crate::model::{Group, HealthProfessional};

pub(in crate::api) struct HealthProfessionalsApi(pub(in crate::api) Arc<App>);

#[OpenApi(prefix_path = "/v1/healthprofessionals", tag = "Tag::HealthProfessionals")]
impl HealthProfessionalsApi {
    /// Register a health professional
    ///
    /// `institution_id` is the `id` that registering or listing institutions answers with.
    #[oai(path = "/", method = "post", operation_id = "healthprofessional_create")]
    async fn healthprofessional_create(
        &self,
        auth: Auth<HealthProfessionalCreate>,
        body: Body<NewProfessional>,
    ) -> poem::Result<Created<ProfessionalBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let new = body.read(self.0.field_rules()).await?;
        Created::read(self.0.professional_create(permit, new).await?).await
    }

    /// List health professionals
    #[oai(path = "/", method = "get", operation_id = "healthprofessional_list")]
    async fn healthprofessional_list(
        &self,
        auth: Auth<HealthProfessionalList>,
        query: ListQuery,
    ) -> poem::Result<ListPage<ProfessionalBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.professional_list(&permit, query)?).await
    }

    /// View a health professional
    #[oai(path = "/:healthprofessional_id", method = "get", operation_id = "healthprofessional_view")]
    async fn healthprofessional_view(
        &self,
        auth: Auth<HealthProfessionalView>,
        healthprofessional_id: Path<HealthProfessional>,
    ) -> poem::Result<Found<ProfessionalBody>> {
        let permit = auth.permit(&self.0, healthprofessional_id.id()?)?;
        Found::read(self.0.professional_view(&permit)?).await
    }

    /// Change a health professional
    ///
    /// What the body does not name stays as it is. Only an administrator moves somebody to another institution.
    #[oai(path = "/:healthprofessional_id", method = "patch", operation_id = "healthprofessional_update")]
    async fn healthprofessional_update(
        &self,
        auth: Auth<HealthProfessionalUpdate>,
        healthprofessional_id: Path<HealthProfessional>,
        body: Body<ProfessionalChanges>,
    ) -> poem::Result<Found<ProfessionalBody>> {
        let id = healthprofessional_id.id()?;
        let permit = auth.permit(&self.0, id)?;
        let patch = body.read_update(self.0.field_rules(), id).await?;
        Found::read(self.0.professional_update(permit, patch).await?).await
    }
}

pub(in crate::api) struct HealthProfessionalGroupsApi(pub(in crate::api) Arc<App>);

#[OpenApi(prefix_path = "/v1/healthprofessionals", tag = "Tag::HealthProfessionalGroups")]
impl HealthProfessionalGroupsApi {
    /// Make a group of children
    ///
    /// Log in as the health professional first, and press *Authorize* again. `children` are the `id`s that registering
    /// or listing children answers with.
    #[oai(
        path = "/:healthprofessional_id/children/groups",
        method = "post",
        operation_id = "healthprofessional_group_create"
    )]
    async fn healthprofessional_group_create(
        &self,
        auth: Auth<HealthProfessionalGroupCreate>,
        healthprofessional_id: Path<HealthProfessional>,
        body: Body<NewGroupBody>,
    ) -> poem::Result<Created<GroupBody>> {
        let permit = auth.permit(&self.0, healthprofessional_id.id()?)?;
        let new = body.read(self.0.field_rules()).await?;
        Created::read(self.0.group_create(permit, new).await?).await
    }

    /// List one's groups of children
    #[oai(
        path = "/:healthprofessional_id/children/groups",
        method = "get",
        operation_id = "healthprofessional_group_list"
    )]
    async fn healthprofessional_group_list(
        &self,
        auth: Auth<HealthProfessionalGroupList>,
        healthprofessional_id: Path<HealthProfessional>,
        query: ListQuery,
    ) -> poem::Result<ListPage<GroupBody>> {
        let permit = auth.permit(&self.0, healthprofessional_id.id()?)?;
        let query = query.read(groups::LIST, self.0.field_rules())?;
        ListPage::read(self.0.group_list(&permit, query)?).await
    }

    /// View a group of children
    #[oai(
        path = "/:healthprofessional_id/children/groups/:group_id",
        method = "get",
        operation_id = "healthprofessional_group_view"
    )]
    async fn healthprofessional_group_view(
        &self,
        auth: Auth<HealthProfessionalGroupView>,
        healthprofessional_id: Path<HealthProfessional>,
        group_id: Path<Group>,
    ) -> poem::Result<Found<GroupBody>> {
        let permit = auth.permit(&self.0, (healthprofessional_id.id()?, group_id.id()?))?;
        Found::read(self.0.group_view(&permit)?).await
    }

    /// Change a group of children
    ///
    /// What the body does not name stays as it is. `children` replaces the whole list; `[]` empties it.
    #[oai(
        path = "/:healthprofessional_id/children/groups/:group_id",
        method = "patch",
        operation_id = "healthprofessional_group_update"
    )]
    async fn healthprofessional_group_update(
        &self,
        auth: Auth<HealthProfessionalGroupUpdate>,
        healthprofessional_id: Path<HealthProfessional>,
        group_id: Path<Group>,
        body: Body<GroupChanges>,
    ) -> poem::Result<Found<GroupBody>> {
        let permit = auth.permit(&self.0, (healthprofessional_id.id()?, group_id.id()?))?;
        let patch = body.read(self.0.field_rules()).await?;
        Found::read(self.0.group_update(permit, patch).await?).await
    }

    /// Delete a group of children
    ///
    /// The children stay. Deleting a group that is gone succeeds.
    #[oai(
        path = "/:healthprofessional_id/children/groups/:group_id",
        method = "delete",
        operation_id = "healthprofessional_group_delete"
    )]
    async fn healthprofessional_group_delete(
        &self,
        auth: Auth<HealthProfessionalGroupDelete>,
        healthprofessional_id: Path<HealthProfessional>,
        group_id: Path<Group>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, (healthprofessional_id.id()?, group_id.id()?))?;
        Ok(self.0.group_delete(permit).await?.into())
    }
}
