//! `/children/{child_id}/physicalactivities`.

mod items;
mod shapes;

use std::sync::Arc;

use poem_openapi::OpenApi;

pub(super) use shapes::ActivityBody;
use shapes::NewActivityBody;

use crate::api::access::auth::Auth;
use crate::api::http::params::{ListQuery, Path};
use crate::api::http::query::ListShape;
use crate::api::http::reply::{Done, Found, ListPage};
use crate::api::tracking::catalogue::Tag;
use crate::api::tracking::discontinued::{Discontinued, discontinued};
use crate::api::tracking::items::Items;
use crate::api::tracking::lists::list_of;
use crate::api::tracking::outcomes::Answer;
use crate::app::App;
use crate::app::policy::{
    PhysicalActivityCreate, PhysicalActivityDelete, PhysicalActivityList, PhysicalActivityUpdate, PhysicalActivityView,
};
use crate::model::tracking::PhysicalActivity;
use crate::model::{Child, query};

pub(in crate::api) struct PhysicalActivitiesApi(pub(super) Arc<App>);

const LIST: ListShape = list_of(query::Page::MAX_LIMIT_NESTED);

#[OpenApi(prefix_path = "/v1/children", tag = "Tag::PhysicalActivities")]
impl PhysicalActivitiesApi {
    /// Store a physical activity of a child, or many
    ///
    /// An object is answered 201; an array of them 207, which says what became of each.
    #[oai(path = "/:child_id/physicalactivities", method = "post", operation_id = "physicalactivity_create")]
    async fn physicalactivity_create(
        &self,
        auth: Auth<PhysicalActivityCreate>,
        child_id: Path<Child>,
        body: Items<NewActivityBody>,
    ) -> poem::Result<Answer<ActivityBody>> {
        let bringing = auth.bringing(&self.0, child_id)?;
        body.store(bringing, |permit, new| self.0.physicalactivity_create(permit, new)).await
    }

    /// List the physical activities of a child
    #[oai(path = "/:child_id/physicalactivities", method = "get", operation_id = "physicalactivity_list")]
    async fn physicalactivity_list(
        &self,
        auth: Auth<PhysicalActivityList>,
        child_id: Path<Child>,
        query: ListQuery,
    ) -> poem::Result<ListPage<ActivityBody>> {
        let permit = auth.permit(&self.0, child_id.data_of()?)?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.physicalactivity_list(permit, query).await?).await
    }

    /// View a physical activity of a child
    #[oai(
        path = "/:child_id/physicalactivities/:physicalactivity_id",
        method = "get",
        operation_id = "physicalactivity_view"
    )]
    async fn physicalactivity_view(
        &self,
        auth: Auth<PhysicalActivityView>,
        child_id: Path<Child>,
        physicalactivity_id: Path<PhysicalActivity>,
    ) -> poem::Result<Found<ActivityBody>> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, physicalactivity_id.id()?))?;
        Ok(Found::of(self.0.physicalactivity_view(permit).await?))
    }

    /// Change a physical activity of a child: discontinued
    ///
    /// Always 405, for those who hold the scope. Nothing of the request is looked at.
    #[oai(
        path = "/:child_id/physicalactivities/:physicalactivity_id",
        method = "patch",
        operation_id = "physicalactivity_update"
    )]
    async fn physicalactivity_update(
        &self,
        _auth: Auth<PhysicalActivityUpdate>,
        #[oai(name = "child_id")] _child_id: Path<Child>,
        #[oai(name = "physicalactivity_id")] _physicalactivity_id: Path<PhysicalActivity>,
    ) -> poem::Result<Discontinued> {
        discontinued()
    }

    /// Delete a physical activity of a child
    #[oai(
        path = "/:child_id/physicalactivities/:physicalactivity_id",
        method = "delete",
        operation_id = "physicalactivity_delete"
    )]
    async fn physicalactivity_delete(
        &self,
        auth: Auth<PhysicalActivityDelete>,
        child_id: Path<Child>,
        physicalactivity_id: Path<PhysicalActivity>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, physicalactivity_id.id()?))?;
        Ok(self.0.physicalactivity_delete(permit).await?.into())
    }
}
