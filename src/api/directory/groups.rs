//! The bodies of groups of children.

use poem_openapi::Object;
use poem_openapi::types::Example;
use serde::Serialize;

use crate::api::directory::children::ChildBody;
use crate::api::directory::schema::ChildReference;
use crate::api::http::body::{Fields, ReadBody, missing};
use crate::api::http::query::ListShape;
use crate::api::http::schema::IdText;
use crate::app::demo;
use crate::model::{Field, Group, GroupPatch, Invalid, NewGroup, query};

/// Lists of groups, which come with their children.
pub(in crate::api) const LIST: ListShape =
    ListShape { max_limit: query::Page::MAX_LIMIT_NESTED, of_users: false, ignored: &[] };

/// A group of children.
#[derive(Object, Serialize)]
#[oai(rename = "ChildrenGroup", example, skip_serializing_if_is_none)]
pub(in crate::api) struct GroupBody {
    /// Made by the service.
    id: IdText,
    /// Unique among its owner's groups.
    name: String,
    /// Its children, in the order in which they were given.
    children: Vec<ChildBody>,
    /// The class at school.
    #[serde(skip_serializing_if = "Option::is_none")]
    school_class: Option<String>,
}

impl Example for GroupBody {
    fn example() -> Self {
        Self {
            id: IdText::example(demo::EDUCATOR_GROUP),
            name: "Class 1".to_owned(),
            children: vec![ChildBody::example()],
            school_class: Some("1".to_owned()),
        }
    }
}

impl From<Group> for GroupBody {
    fn from(group: Group) -> Self {
        Self {
            id: IdText::of(group.id),
            name: group.name.as_str().to_owned(),
            children: group.children.into_iter().map(ChildBody::nested).collect(),
            school_class: group.school_class.map(|class| class.as_str().to_owned()),
        }
    }
}

/// What is needed to make a group.
#[derive(Object)]
#[oai(rename = "NewChildrenGroup", example, skip_serializing_if_is_none)]
pub(in crate::api) struct NewGroupBody {
    /// Unique among its owner's groups.
    #[oai(validator(min_length = 1, max_length = 256))]
    name: String,
    /// Ids of children, or objects with such an `id`. Each counts once, the order is kept.
    #[oai(validator(min_items = 1, max_items = 1000))]
    children: Vec<ChildReference>,
    /// The class at school.
    #[oai(validator(min_length = 1, max_length = 256))]
    school_class: Option<String>,
}

impl Example for NewGroupBody {
    fn example() -> Self {
        Self {
            name: "Children who walk to school".to_owned(),
            children: vec![ChildReference::example(demo::CHILD)],
            school_class: Some("4th Grade".to_owned()),
        }
    }
}

impl ReadBody for NewGroupBody {
    type Model = NewGroup;

    fn read(fields: &Fields) -> Result<NewGroup, Invalid> {
        let GroupPatch { name, school_class, children } = GroupChanges::read(fields)?;
        let children = children.filter(|children| !children.is_empty());
        let given = [(Field::Name, name.is_some()), (Field::Children, children.is_some())];
        let (name, children) = name.zip(children).ok_or_else(|| missing(&given))?;
        Ok(NewGroup { name, school_class, children })
    }
}

/// What to change of a group; what is absent stays as it is.
#[derive(Object)]
#[oai(rename = "ChildrenGroupChanges", example, skip_serializing_if_is_none)]
pub(in crate::api) struct GroupChanges {
    /// Unique among its owner's groups.
    #[oai(validator(min_length = 1, max_length = 256))]
    name: Option<String>,
    /// Ids of children, or objects with such an `id`, in place of the whole list.
    #[oai(validator(max_items = 1000))]
    children: Option<Vec<ChildReference>>,
    /// The class at school.
    #[oai(validator(min_length = 1, max_length = 256))]
    school_class: Option<String>,
}

impl Example for GroupChanges {
    fn example() -> Self {
        Self {
            name: Some("Children who cycle to school".to_owned()),
            children: Some(vec![ChildReference::example(demo::CHILD)]),
            school_class: None,
        }
    }
}

impl ReadBody for GroupChanges {
    type Model = GroupPatch;

    fn read(fields: &Fields) -> Result<GroupPatch, Invalid> {
        Ok(GroupPatch {
            name: fields.text(Field::Name)?,
            school_class: fields.text(Field::SchoolClass)?,
            children: fields.children()?,
        })
    }
}
