//! `/children`.

use std::sync::Arc;

use poem_openapi::registry::MetaSchema;
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi};
use serde::Serialize;

use crate::api::access::auth::Auth;
use crate::api::directory::accounts::{GivenAccount, read_patch};
use crate::api::directory::catalogue::Tag;
use crate::api::directory::schema::GivenAge;
use crate::api::directory::users::ResetPassword;
use crate::api::http::body::{Body, Fields, ReadBody, missing};
use crate::api::http::params::{ListQuery, Parameter, Path};
use crate::api::http::query::ListShape;
use crate::api::http::reply::{Created, Done, Found, ListPage};
use crate::api::http::schema::{Day, IdText, Time};
use crate::app::policy::{
    All, ChildCreate, ChildList, ChildPasswordReset, ChildTagClear, ChildTagSet, ChildUpdate, ChildView,
    ChildViewByTag, TagOfChild,
};
use crate::app::{App, demo};
use crate::model::{Child, ChildPatch, Fault, Field, Gender, Invalid, NewChild, Text, query};

pub(in crate::api) struct ChildrenApi(pub(in crate::api) Arc<App>);

const LIST: ListShape = ListShape { max_limit: query::Page::MAX_LIMIT, of_users: true, ignored: &[] };

#[OpenApi(prefix_path = "/v1/children", tag = "Tag::Children")]
impl ChildrenApi {
    /// Register a child
    ///
    /// `institution_id` is the `id` that registering or listing institutions answers with.
    #[oai(path = "/", method = "post", operation_id = "child_create")]
    async fn child_create(
        &self,
        auth: Auth<ChildCreate>,
        body: Body<NewChildBody>,
    ) -> poem::Result<Created<ChildBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let new = body.read(self.0.field_rules()).await?;
        Ok(Created::of(self.0.child_create(permit, new).await?))
    }

    /// List children
    #[oai(path = "/", method = "get", operation_id = "child_list")]
    async fn child_list(&self, auth: Auth<ChildList>, query: ListQuery) -> poem::Result<ListPage<ChildBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.child_list(&permit, query)?).await
    }

    /// View a child
    #[oai(path = "/:child_id", method = "get", operation_id = "child_view")]
    async fn child_view(&self, auth: Auth<ChildView>, child_id: Path<Child>) -> poem::Result<Found<ChildBody>> {
        let permit = auth.permit(&self.0, child_id.id()?)?;
        Ok(Found::of(self.0.child_view(permit).await?))
    }

    /// Reset the password of a child in one's groups
    ///
    /// All of the child's tokens stop working at once. Only where the service is set so (`--educators-reset`).
    #[oai(path = "/:child_id/reset-password", method = "post", operation_id = "child_password_reset")]
    async fn child_password_reset(
        &self,
        auth: Auth<ChildPasswordReset>,
        child_id: Path<Child>,
        body: Body<ResetPassword>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, child_id.id()?)?;
        let new = body.read(self.0.field_rules()).await?;
        Ok(self.0.child_password_reset(permit, new).await?.into())
    }

    /// Change a child
    ///
    /// What the body does not name stays as it is; the tag, the last synchronisation and the state of the wearable
    /// always do.
    #[oai(path = "/:child_id", method = "patch", operation_id = "child_update")]
    async fn child_update(
        &self,
        auth: Auth<ChildUpdate>,
        child_id: Path<Child>,
        body: Body<ChildChanges>,
    ) -> poem::Result<Found<ChildBody>> {
        let id = child_id.id()?;
        let permit = auth.permit(&self.0, id)?;
        let patch = body.read_update(self.0.field_rules(), id).await?;
        Ok(Found::of(self.0.child_update(permit, patch).await?))
    }

    /// View the child that holds an NFC tag
    ///
    /// For families and children, a child that is not theirs does not exist.
    #[oai(path = "/nfc/:nfc_tag", method = "get", operation_id = "child_view_by_tag")]
    async fn child_view_by_tag(
        &self,
        auth: Auth<ChildViewByTag>,
        nfc_tag: Path<HeldTag>,
    ) -> poem::Result<Found<ChildBody>> {
        let permit = auth.permit(&self.0, TagOfChild(nfc_tag.given()))?;
        Ok(Found::of(self.0.child_view_by_tag(permit).await?))
    }

    /// Give a child an NFC tag
    ///
    /// The new tag replaces the one that the child holds. Giving the same tag again changes nothing.
    #[oai(path = "/:child_id/nfc", method = "post", operation_id = "child_tag_set")]
    async fn child_tag_set(
        &self,
        auth: Auth<ChildTagSet>,
        child_id: Path<Child>,
        body: Body<NewTag>,
    ) -> poem::Result<Created<ChildBody>> {
        let permit = auth.permit(&self.0, child_id.some_id()?)?;
        let tag = body.read(self.0.field_rules()).await?;
        Ok(Created::of(self.0.child_tag_set(permit, tag).await?))
    }

    /// Take a child's NFC tag away
    #[oai(path = "/:child_id/nfc", method = "delete", operation_id = "child_tag_clear")]
    async fn child_tag_clear(&self, auth: Auth<ChildTagClear>, child_id: Path<Child>) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, child_id.some_id()?)?;
        Ok(self.0.child_tag_clear(permit).await?.into())
    }
}

/// An NFC tag in the path.
enum HeldTag {}

impl Parameter for HeldTag {
    fn schema() -> MetaSchema {
        MetaSchema { min_length: Some(1), ..MetaSchema::new("string") }
    }
}

/// A gender.
#[derive(Debug, Clone, Copy, Enum, Serialize)]
#[oai(rename = "Gender", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum GenderBody {
    /// Male.
    Male,
    /// Female.
    Female,
}

/// A child.
#[derive(Object, Serialize)]
#[oai(rename = "Child", example, skip_serializing_if_is_none)]
pub(in crate::api) struct ChildBody {
    /// Made by the service.
    id: IdText,
    /// The name to log in with, unique among children.
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
    /// Its gender.
    gender: GenderBody,
    /// Its age in years or its date of birth, as it was given, always as text.
    age: String,
    /// The day on which the age was calculated.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_calc_date: Option<Day>,
    /// When its wearable last delivered data.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sync: Option<Time>,
    /// Whether its wearable is linked; `none` at the start.
    fitbit_status: String,
    /// The NFC tag it identifies itself with. Not shown inside families and groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    nfc_tag: Option<String>,
    /// Since when it holds the tag. Not shown inside families and groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    tag_ass_time: Option<Time>,
}

impl ChildBody {
    /// A child as it is shown inside a family or a group: without its tag.
    pub(in crate::api) fn nested(child: Child) -> Self {
        Self::from(Child { tag: None, ..child })
    }
}

impl Example for ChildBody {
    fn example() -> Self {
        Self {
            id: IdText::example(demo::CHILD),
            username: "BR0001".to_owned(),
            institution_id: Some(IdText::example(demo::INSTITUTION)),
            last_login: None,
            deactivated_at: None,
            gender: GenderBody::Female,
            age: "6".to_owned(),
            age_calc_date: None,
            last_sync: None,
            fitbit_status: "none".to_owned(),
            nfc_tag: None,
            tag_ass_time: None,
        }
    }
}

impl From<Child> for ChildBody {
    fn from(child: Child) -> Self {
        let (nfc_tag, tag_ass_time) = child.tag.map(|tag| (tag.text, Time(tag.assigned_at))).unzip();
        Self {
            id: IdText::of(child.account.id),
            username: child.account.username.as_str().to_owned(),
            institution_id: child.account.institution.map(IdText::of),
            last_login: child.account.last_login.map(Time),
            deactivated_at: child.account.deactivated_at.map(Time),
            gender: match child.gender {
                Gender::Male => GenderBody::Male,
                Gender::Female => GenderBody::Female,
            },
            age: child.age.as_str().to_owned(),
            age_calc_date: child.age_calc_date.map(|date| Day::of(date.as_str())),
            last_sync: child.last_sync.map(Time),
            fitbit_status: child.fitbit_status,
            nfc_tag: nfc_tag.map(|tag| tag.as_str().to_owned()),
            tag_ass_time,
        }
    }
}

/// What is needed to register a child.
#[derive(Object)]
#[oai(rename = "NewChild", example, skip_serializing_if_is_none)]
pub(in crate::api) struct NewChildBody {
    /// The name to log in with, unique among children. Blanks around it are dropped.
    #[oai(validator(min_length = 1, max_length = 256))]
    username: String,
    /// The first password.
    #[oai(validator(min_length = 1, max_length = 1024))]
    password: String,
    /// The institution it belongs to.
    institution_id: IdText,
    /// Its gender.
    gender: GenderBody,
    /// Its age in years, as a number or as text, or its date of birth (`yyyy-MM-dd`).
    age: GivenAge,
    /// The day on which the age was calculated (`yyyy-MM-dd`).
    age_calc_date: Option<Day>,
}

impl Example for NewChildBody {
    fn example() -> Self {
        Self {
            username: "BR0301".to_owned(),
            password: "a-first-password".to_owned(),
            institution_id: IdText::example(demo::INSTITUTION),
            gender: GenderBody::Female,
            age: GivenAge::text("9"),
            age_calc_date: Some(Day::of("2019-12-02")),
        }
    }
}

impl ReadBody for NewChildBody {
    type Model = NewChild;

    fn read(fields: &Fields) -> Result<NewChild, Invalid> {
        let account = GivenAccount::read(fields)?;
        let gender = fields.gender()?;
        let age = fields.age()?;
        let age_calc_date = fields.age_calc_date()?;
        let [username, password, institution] = account.given();
        let given = [username, password, institution, (Field::Gender, gender.is_some()), (Field::Age, age.is_some())];
        match (account.complete(), gender, age) {
            (Some(account), Some(gender), Some(age)) => Ok(NewChild { account, gender, age, age_calc_date }),
            _ => Err(missing(&given)),
        }
    }
}

/// What to change of a child; what is absent stays as it is.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(in crate::api) struct ChildChanges {
    /// The name to log in with, unique among children. Blanks around it are dropped.
    #[oai(validator(min_length = 1, max_length = 256))]
    username: Option<String>,
    /// The institution it belongs to.
    institution_id: Option<IdText>,
    /// Its gender.
    gender: Option<GenderBody>,
    /// Its age in years, as a number or as text, or its date of birth (`yyyy-MM-dd`).
    age: Option<GivenAge>,
    /// The day on which the age was calculated (`yyyy-MM-dd`). Only together with an age.
    age_calc_date: Option<Day>,
}

impl Example for ChildChanges {
    fn example() -> Self {
        Self {
            username: None,
            institution_id: None,
            gender: None,
            age: Some(GivenAge::text("10")),
            age_calc_date: Some(Day::of("2020-12-02")),
        }
    }
}

impl ReadBody for ChildChanges {
    type Model = ChildPatch;

    fn read(fields: &Fields) -> Result<ChildPatch, Invalid> {
        let account = read_patch(fields)?;
        let gender = fields.gender()?;
        if fields.value(Field::Age).is_some_and(serde_json::Value::is_null) {
            return Err(Invalid::Field(Field::Age, Fault::NotNumber));
        }
        let age = fields.age()?;
        let age_calc_date = fields.age_calc_date()?;
        if age_calc_date.is_some() && age.is_none() {
            return Err(missing(&[(Field::Age, false)]));
        }
        Ok(ChildPatch { account, gender, age, age_calc_date })
    }
}

/// The tag to give to a child.
#[derive(Object)]
#[oai(example)]
pub(in crate::api) struct NewTag {
    /// What is written on the tag. No two children hold the same.
    #[oai(validator(min_length = 1, max_length = 256))]
    nfc_tag: String,
}

impl Example for NewTag {
    fn example() -> Self {
        Self { nfc_tag: "04a22422dd6480".to_owned() }
    }
}

impl ReadBody for NewTag {
    type Model = Text;

    fn read(fields: &Fields) -> Result<Text, Invalid> {
        fields.nfc_tag()
    }
}
