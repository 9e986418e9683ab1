//! The bodies of educators and health professionals.

use poem_openapi::Object;
use poem_openapi::types::Example;
use serde::Serialize;

use crate::api::directory::accounts::{GivenAccount, read_patch};
use crate::api::directory::groups::GroupBody;
use crate::api::http::body::{Fields, ReadBody, missing};
use crate::api::http::query::ListShape;
use crate::api::http::schema::{IdText, Time};
use crate::app::demo;
use crate::model::{AccountPatch, Invalid, NewAccount, Professional, query};

/// Lists of professionals, who come with their groups.
pub(in crate::api) const LIST: ListShape =
    ListShape { max_limit: query::Page::MAX_LIMIT_NESTED, of_users: true, ignored: &[] };

/// An educator or a health professional.
#[derive(Object, Serialize)]
#[oai(rename = "Professional", example, skip_serializing_if_is_none)]
pub(in crate::api) struct ProfessionalBody {
    /// Made by the service.
    id: IdText,
    /// The name to log in with, unique among users of the type.
    username: String,
    /// The institution they belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    institution_id: Option<IdText>,
    /// When they last logged in; absent until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Time>,
    /// Since when the user is deactivated; absent if it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivated_at: Option<Time>,
    /// Their groups of children, the newest first.
    children_groups: Vec<GroupBody>,
}

impl Example for ProfessionalBody {
    fn example() -> Self {
        Self {
            id: IdText::example(demo::EDUCATOR),
            username: "educator01".to_owned(),
            institution_id: Some(IdText::example(demo::INSTITUTION)),
            last_login: None,
            deactivated_at: None,
            children_groups: vec![GroupBody::example()],
        }
    }
}

impl From<Professional> for ProfessionalBody {
    fn from(professional: Professional) -> Self {
        let Professional { account, groups } = professional;
        Self {
            id: IdText::of(account.id),
            username: account.username.as_str().to_owned(),
            institution_id: account.institution.map(IdText::of),
            last_login: account.last_login.map(Time),
            deactivated_at: account.deactivated_at.map(Time),
            children_groups: groups.into_iter().map(GroupBody::from).collect(),
        }
    }
}

/// What is needed to register an educator or a health professional.
#[derive(Object)]
#[oai(example)]
pub(in crate::api) struct NewProfessional {
    /// The name to log in with, unique among users of the type. Blanks around it are dropped.
    #[oai(validator(min_length = 1, max_length = 256))]
    username: String,
    /// The first password.
    #[oai(validator(min_length = 1, max_length = 1024))]
    password: String,
    /// The institution they belong to.
    institution_id: IdText,
}

impl Example for NewProfessional {
    fn example() -> Self {
        Self {
            username: "marie.curie".to_owned(),
            password: "a-first-password".to_owned(),
            institution_id: IdText::example(demo::INSTITUTION),
        }
    }
}

impl ReadBody for NewProfessional {
    type Model = NewAccount;

    fn read(fields: &Fields) -> Result<NewAccount, Invalid> {
        let account = GivenAccount::read(fields)?;
        let given = account.given();
        account.complete().ok_or_else(|| missing(&given))
    }
}

/// What to change of an educator or a health professional; what is absent stays as it is.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(in crate::api) struct ProfessionalChanges {
    /// The name to log in with, unique among users of the type. Blanks around it are dropped.
    #[oai(validator(min_length = 1, max_length = 256))]
    username: Option<String>,
    /// The institution they belong to. Only an administrator changes it.
    institution_id: Option<IdText>,
}

impl Example for ProfessionalChanges {
    fn example() -> Self {
        Self { username: Some("m.curie".to_owned()), institution_id: None }
    }
}

impl ReadBody for ProfessionalChanges {
    type Model = AccountPatch;

    fn read(fields: &Fields) -> Result<AccountPatch, Invalid> {
        read_patch(fields)
    }
}
