//! `/families`, and the children that belong to them.

use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use crate::api::access::auth::Auth;
use crate::api::directory::accounts::{GivenAccount, read_patch};
use crate::api::directory::catalogue::Tag;
use crate::api::directory::children::ChildBody;
use crate::api::directory::schema::ChildReference;
use crate::api::http::body::{Body, Fields, ReadBody, missing};
use crate::api::http::params::{ListQuery, Path};
use crate::api::http::query::ListShape;
use crate::api::http::reply::{Created, Done, Found, ListPage};
use crate::api::http::schema::{IdText, Time};
use crate::app::policy::{
    All, FamilyChildAdd, FamilyChildList, FamilyChildRemove, FamilyCreate, FamilyList, FamilyUpdate, FamilyView,
};
use crate::app::{App, demo};
use crate::model::query;
use crate::model::{Child, Family, FamilyPatch, Field, Invalid, NewFamily};

pub(in crate::api) struct FamiliesApi(pub(in crate::api) Arc<App>);

const LIST: ListShape = ListShape { max_limit: query::Page::MAX_LIMIT_NESTED, of_users: true, ignored: &[] };
const CHILDREN: ListShape = ListShape { max_limit: query::Page::MAX_LIMIT, of_users: true, ignored: &[] };

#[OpenApi(prefix_path = "/v1/families", tag = "Tag::Families")]
impl FamiliesApi {
    /// Register a family
    ///
    /// `institution_id` and `children` are the `id`s that registering or listing institutions and children answers with.
    #[oai(path = "/", method = "post", operation_id = "family_create")]
    async fn family_create(
        &self,
        auth: Auth<FamilyCreate>,
        body: Body<NewFamilyBody>,
    ) -> poem::Result<Created<FamilyBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let new = body.read(self.0.field_rules()).await?;
        Created::read(self.0.family_create(permit, new).await?).await
    }

    /// List families
    #[oai(path = "/", method = "get", operation_id = "family_list")]
    async fn family_list(&self, auth: Auth<FamilyList>, query: ListQuery) -> poem::Result<ListPage<FamilyBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.family_list(&permit, query)?).await
    }

    /// View a family
    #[oai(path = "/:family_id", method = "get", operation_id = "family_view")]
    async fn family_view(&self, auth: Auth<FamilyView>, family_id: Path<Family>) -> poem::Result<Found<FamilyBody>> {
        let permit = auth.permit(&self.0, family_id.id()?)?;
        Found::read(self.0.family_view(&permit)?).await
    }

    /// Change a family
    ///
    /// What the body does not name stays as it is. `children` replaces the whole list; `[]` empties it. Only an
    /// administrator adds children to a family or moves it to another institution.
    #[oai(path = "/:family_id", method = "patch", operation_id = "family_update")]
    async fn family_update(
        &self,
        auth: Auth<FamilyUpdate>,
        family_id: Path<Family>,
        body: Body<FamilyChanges>,
    ) -> poem::Result<Found<FamilyBody>> {
        let id = family_id.id()?;
        let permit = auth.permit(&self.0, id)?;
        let patch = body.read_update(self.0.field_rules(), id).await?;
        Found::read(self.0.family_update(permit, patch).await?).await
    }
}

pub(in crate::api) struct FamilyChildrenApi(pub(in crate::api) Arc<App>);

#[OpenApi(prefix_path = "/v1/families", tag = "Tag::FamilyChildren")]
impl FamilyChildrenApi {
    /// List a family's children
    ///
    /// In stored order, unless asked to sort.
    #[oai(path = "/:family_id/children", method = "get", operation_id = "family_child_list")]
    async fn family_child_list(
        &self,
        auth: Auth<FamilyChildList>,
        family_id: Path<Family>,
        query: ListQuery,
    ) -> poem::Result<ListPage<ChildBody>> {
        let permit = auth.permit(&self.0, family_id.id()?)?;
        let query = query.read(CHILDREN, self.0.field_rules())?;
        ListPage::read_as::<_, NestedChild>(self.0.family_child_list(&permit, query)?).await
    }

    /// Add a child to a family
    ///
    /// Adding a child that is there already changes nothing.
    #[oai(path = "/:family_id/children/:child_id", method = "post", operation_id = "family_child_add")]
    async fn family_child_add(
        &self,
        auth: Auth<FamilyChildAdd>,
        family_id: Path<Family>,
        child_id: Path<Child>,
    ) -> poem::Result<Found<FamilyBody>> {
        let permit = auth.permit(&self.0, (family_id.id()?, child_id.id()?))?;
        Found::read(self.0.family_child_add(permit).await?).await
    }

    /// Take a child out of a family
    ///
    /// Taking out a child that is not there succeeds.
    #[oai(path = "/:family_id/children/:child_id", method = "delete", operation_id = "family_child_remove")]
    async fn family_child_remove(
        &self,
        auth: Auth<FamilyChildRemove>,
        family_id: Path<Family>,
        child_id: Path<Child>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, (family_id.id()?, child_id.id()?))?;
        Ok(self.0.family_child_remove(permit).await?.into())
    }
}

/// A child as it is shown inside a family.
#[derive(Serialize)]
#[serde(transparent)]
struct NestedChild(ChildBody);

impl From<Child> for NestedChild {
    fn from(child: Child) -> Self {
        Self(ChildBody::nested(child))
    }
}

/// A family.
#[derive(Object, Serialize)]
#[oai(rename = "Family", example, skip_serializing_if_is_none)]
pub(in crate::api) struct FamilyBody {
    /// Made by the service.
    id: IdText,
    /// The name to log in with, unique among families.
    username: String,
    /// The institution it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    institution_id: Option<IdText>,
    /// When it last logged in; absent until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Time>,
    /// Since when the user is deactivated; absent if it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivated_at: Option<Time>,
    /// Its children, in the order in which they were given.
    children: Vec<ChildBody>,
}

impl Example for FamilyBody {
    fn example() -> Self {
        Self {
            id: IdText::example(demo::FAMILY),
            username: "family001".to_owned(),
            institution_id: Some(IdText::example(demo::INSTITUTION)),
            last_login: None,
            deactivated_at: None,
            children: vec![ChildBody::example()],
        }
    }
}

impl From<Family> for FamilyBody {
    fn from(family: Family) -> Self {
        let Family { account, children } = family;
        Self {
            id: IdText::of(account.id),
            username: account.username.as_str().to_owned(),
            institution_id: account.institution.map(IdText::of),
            last_login: account.last_login.map(Time),
            deactivated_at: account.deactivated_at.map(Time),
            children: children.into_iter().map(ChildBody::nested).collect(),
        }
    }
}

/// What is needed to register a family.
#[derive(Object)]
#[oai(rename = "NewFamily", example)]
pub(in crate::api) struct NewFamilyBody {
    /// The name to log in with, unique among families. Blanks around it are dropped.
    #[oai(validator(min_length = 1, max_length = 256))]
    username: String,
    /// The first password.
    #[oai(validator(min_length = 1, max_length = 1024))]
    password: String,
    /// The institution it belongs to.
    institution_id: IdText,
    /// Ids of children, or objects with such an `id`. Each counts once, the order is kept.
    #[oai(validator(min_items = 1, max_items = 1000))]
    children: Vec<ChildReference>,
}

impl Example for NewFamilyBody {
    fn example() -> Self {
        Self {
            username: "family.curie".to_owned(),
            password: "a-first-password".to_owned(),
            institution_id: IdText::example(demo::INSTITUTION),
            children: vec![ChildReference::example(demo::CHILD)],
        }
    }
}

impl ReadBody for NewFamilyBody {
    type Model = NewFamily;

    fn read(fields: &Fields) -> Result<NewFamily, Invalid> {
        let account = GivenAccount::read(fields)?;
        let children = fields.children()?.filter(|children| !children.is_empty());
        let [username, password, institution] = account.given();
        let given = [username, password, institution, (Field::Children, children.is_some())];
        let (account, children) = account.complete().zip(children).ok_or_else(|| missing(&given))?;
        Ok(NewFamily { account, children })
    }
}

/// What to change of a family; what is absent stays as it is.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(in crate::api) struct FamilyChanges {
    /// The name to log in with, unique among families. Blanks around it are dropped.
    #[oai(validator(min_length = 1, max_length = 256))]
    username: Option<String>,
    /// The institution it belongs to. Only an administrator changes it.
    institution_id: Option<IdText>,
    /// Ids of children, or objects with such an `id`, in place of the whole list. Only an administrator adds some.
    #[oai(validator(max_items = 1000))]
    children: Option<Vec<ChildReference>>,
}

impl Example for FamilyChanges {
    fn example() -> Self {
        Self {
            username: Some("the.curies".to_owned()),
            institution_id: None,
            children: Some(vec![ChildReference::example(demo::CHILD)]),
        }
    }
}

impl ReadBody for FamilyChanges {
    type Model = FamilyPatch;

    fn read(fields: &Fields) -> Result<FamilyPatch, Invalid> {
        Ok(FamilyPatch { account: read_patch(fields)?, children: fields.children()? })
    }
}
