//! `/applications`.

use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use crate::api::access::auth::Auth;
use crate::api::directory::accounts::{GivenAccount, read_patch};
use crate::api::directory::catalogue::Tag;
use crate::api::http::body::{Body, Fields, ReadBody, missing};
use crate::api::http::params::{ListQuery, Path};
use crate::api::http::query::ListShape;
use crate::api::http::reply::{Created, Found, ListPage};
use crate::api::http::schema::{IdText, Time};
use crate::app::policy::{All, ApplicationCreate, ApplicationList, ApplicationUpdate, ApplicationView};
use crate::app::{App, demo};
use crate::model::{Application, ApplicationPatch, Field, Invalid, NewApplication, query};

pub(in crate::api) struct ApplicationsApi(pub(in crate::api) Arc<App>);

const LIST: ListShape = ListShape { max_limit: query::Page::MAX_LIMIT, of_users: true, ignored: &[] };

#[OpenApi(prefix_path = "/v1/applications", tag = "Tag::Applications")]
impl ApplicationsApi {
    /// Register an application
    ///
    /// `institution_id`, if it belongs to one, is the `id` that registering or listing institutions answers with.
    #[oai(path = "/", method = "post", operation_id = "application_create")]
    async fn application_create(
        &self,
        auth: Auth<ApplicationCreate>,
        body: Body<NewApplicationBody>,
    ) -> poem::Result<Created<ApplicationBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let new = body.read(self.0.field_rules()).await?;
        Ok(Created::of(self.0.application_create(permit, new).await?))
    }

    /// List applications
    #[oai(path = "/", method = "get", operation_id = "application_list")]
    async fn application_list(
        &self,
        auth: Auth<ApplicationList>,
        query: ListQuery,
    ) -> poem::Result<ListPage<ApplicationBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.application_list(&permit, query)?).await
    }

    /// View an application
    #[oai(path = "/:application_id", method = "get", operation_id = "application_view")]
    async fn application_view(
        &self,
        auth: Auth<ApplicationView>,
        application_id: Path<Application>,
    ) -> poem::Result<Found<ApplicationBody>> {
        let permit = auth.permit(&self.0, application_id.id()?)?;
        Ok(Found::of(self.0.application_view(&permit)?))
    }

    /// Change an application
    ///
    /// What the body does not name stays as it is.
    #[oai(path = "/:application_id", method = "patch", operation_id = "application_update")]
    async fn application_update(
        &self,
        auth: Auth<ApplicationUpdate>,
        application_id: Path<Application>,
        body: Body<ApplicationChanges>,
    ) -> poem::Result<Found<ApplicationBody>> {
        let id = application_id.id()?;
        let permit = auth.permit(&self.0, id)?;
        let patch = body.read_update(self.0.field_rules(), id).await?;
        Ok(Found::of(self.0.application_update(permit, patch).await?))
    }
}

/// An application.
#[derive(Object, Serialize)]
#[oai(rename = "Application", example, skip_serializing_if_is_none)]
pub(in crate::api) struct ApplicationBody {
    /// Made by the service.
    id: IdText,
    /// The name to log in with, unique among applications.
    username: String,
    /// The institution it belongs to, if to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    institution_id: Option<IdText>,
    /// When it last logged in; absent until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Time>,
    /// Since when the user is deactivated; absent if it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivated_at: Option<Time>,
    /// What people call it.
    application_name: String,
}

impl Example for ApplicationBody {
    fn example() -> Self {
        Self {
            id: IdText::example(demo::APPLICATION),
            username: "timetable".to_owned(),
            institution_id: Some(IdText::example(demo::INSTITUTION)),
            last_login: None,
            deactivated_at: None,
            application_name: "Timetable of the school".to_owned(),
        }
    }
}

impl From<Application> for ApplicationBody {
    fn from(application: Application) -> Self {
        let Application { account, name } = application;
        Self {
            id: IdText::of(account.id),
            username: account.username.as_str().to_owned(),
            institution_id: account.institution.map(IdText::of),
            last_login: account.last_login.map(Time),
            deactivated_at: account.deactivated_at.map(Time),
            application_name: name.as_str().to_owned(),
        }
    }
}

/// What is needed to register an application.
#[derive(Object)]
#[oai(rename = "NewApplication", example, skip_serializing_if_is_none)]
pub(in crate::api) struct NewApplicationBody {
    /// The name to log in with, unique among applications. Blanks around it are dropped.
    #[oai(validator(min_length = 1, max_length = 256))]
    username: String,
    /// The first password.
    #[oai(validator(min_length = 1, max_length = 1024))]
    password: String,
    /// The institution it belongs to, if to one.
    institution_id: Option<IdText>,
    /// What people call it.
    #[oai(validator(min_length = 1, max_length = 256))]
    application_name: String,
}

impl Example for NewApplicationBody {
    fn example() -> Self {
        Self {
            username: "playground.app".to_owned(),
            password: "a-first-password".to_owned(),
            institution_id: Some(IdText::example(demo::INSTITUTION)),
            application_name: "Playground sensors".to_owned(),
        }
    }
}

impl ReadBody for NewApplicationBody {
    type Model = NewApplication;

    fn read(fields: &Fields) -> Result<NewApplication, Invalid> {
        let account = GivenAccount::read(fields)?;
        let name = fields.text(Field::ApplicationName)?;
        let [username, password, _] = account.given();
        let given = [username, password, (Field::ApplicationName, name.is_some())];
        let (account, name) = account.complete_without_institution().zip(name).ok_or_else(|| missing(&given))?;
        Ok(NewApplication { account, name })
    }
}

/// What to change of an application; what is absent stays as it is.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(in crate::api) struct ApplicationChanges {
    /// The name to log in with, unique among applications. Blanks around it are dropped.
    #[oai(validator(min_length = 1, max_length = 256))]
    username: Option<String>,
    /// The institution it belongs to.
    institution_id: Option<IdText>,
    /// What people call it.
    #[oai(validator(min_length = 1, max_length = 256))]
    application_name: Option<String>,
}

impl Example for ApplicationChanges {
    fn example() -> Self {
        Self { username: None, institution_id: None, application_name: Some("Gym sensors".to_owned()) }
    }
}

impl ReadBody for ApplicationChanges {
    type Model = ApplicationPatch;

    fn read(fields: &Fields) -> Result<ApplicationPatch, Invalid> {
        Ok(ApplicationPatch { account: read_patch(fields)?, name: fields.text(Field::ApplicationName)? })
    }
}
