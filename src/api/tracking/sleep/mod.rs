//! `/children/{child_id}/sleep`.

mod items;
mod shapes;

use std::sync::Arc;

use poem_openapi::OpenApi;

use shapes::NewSleepBody;
pub(super) use shapes::SleepBody;

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
use crate::app::policy::{SleepCreate, SleepDelete, SleepList, SleepUpdate, SleepView};
use crate::model::tracking::Sleep;
use crate::model::{Child, query};

pub(in crate::api) struct SleepApi(pub(super) Arc<App>);

const LIST: ListShape = list_of(query::Page::MAX_LIMIT_NESTED);

#[OpenApi(prefix_path = "/v1/children", tag = "Tag::Sleep")]
impl SleepApi {
    /// Store a night of a child, or many
    ///
    /// An object is answered 201; an array of them 207, which says what became of each.
    #[oai(path = "/:child_id/sleep", method = "post", operation_id = "sleep_create")]
    async fn sleep_create(
        &self,
        auth: Auth<SleepCreate>,
        child_id: Path<Child>,
        body: Items<NewSleepBody>,
    ) -> poem::Result<Answer<SleepBody>> {
        let bringing = auth.bringing(&self.0, child_id)?;
        body.store(bringing, |permit, new| self.0.sleep_create(permit, new)).await
    }

    /// List the nights of a child
    #[oai(path = "/:child_id/sleep", method = "get", operation_id = "sleep_list")]
    async fn sleep_list(
        &self,
        auth: Auth<SleepList>,
        child_id: Path<Child>,
        query: ListQuery,
    ) -> poem::Result<ListPage<SleepBody>> {
        let permit = auth.permit(&self.0, child_id.data_of()?)?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.sleep_list(permit, query).await?).await
    }

    /// View a night of a child
    #[oai(path = "/:child_id/sleep/:sleep_id", method = "get", operation_id = "sleep_view")]
    async fn sleep_view(
        &self,
        auth: Auth<SleepView>,
        child_id: Path<Child>,
        sleep_id: Path<Sleep>,
    ) -> poem::Result<Found<SleepBody>> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, sleep_id.id()?))?;
        Ok(Found::of(self.0.sleep_view(permit).await?))
    }

    /// Change a night of a child: discontinued
    ///
    /// Always 405, for those who hold the scope. Nothing of the request is looked at.
    #[oai(path = "/:child_id/sleep/:sleep_id", method = "patch", operation_id = "sleep_update")]
    async fn sleep_update(
        &self,
        _auth: Auth<SleepUpdate>,
        #[oai(name = "child_id")] _child_id: Path<Child>,
        #[oai(name = "sleep_id")] _sleep_id: Path<Sleep>,
    ) -> poem::Result<Discontinued> {
        discontinued()
    }

    /// Delete a night of a child
    #[oai(path = "/:child_id/sleep/:sleep_id", method = "delete", operation_id = "sleep_delete")]
    async fn sleep_delete(
        &self,
        auth: Auth<SleepDelete>,
        child_id: Path<Child>,
        sleep_id: Path<Sleep>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, sleep_id.id()?))?;
        Ok(self.0.sleep_delete(permit).await?.into())
    }
}
