//! `/children/{child_id}/bodyfats`.

use std::sync::Arc;

use jiff::Timestamp;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::item::{Item, Owner};
use super::items::Items;
use super::json::{self, Fields, Object as Given, Piece, Shown};
use super::lists::list_of;
use super::outcomes::Answer;
use super::shapes::{GivenAmount, GivenTime, Number};
use crate::api::access::auth::Auth;
use crate::api::http::params::{ListQuery, Path};
use crate::api::http::query::ListShape;
use crate::api::http::reply::{Done, Found, ListPage};
use crate::api::http::schema::{IdText, Time};
use crate::api::tracking::catalogue::Tag;
use crate::app::policy::{BodyFatCreate, BodyFatDelete, BodyFatList, BodyFatView};
use crate::app::{App, demo};
use crate::model::text::time_text;
use crate::model::tracking::{BodyFat, Field, NewBodyFat};
use crate::model::{Child, Invalid, NumberForm, query};

pub(in crate::api) struct BodyFatsApi(pub(super) Arc<App>);

const LIST: ListShape = list_of(query::Page::MAX_LIMIT);

#[OpenApi(prefix_path = "/v1/children", tag = "Tag::BodyFats")]
impl BodyFatsApi {
    /// Store a body fat of a child, or many
    ///
    /// An object is answered 201; an array of them 207, which says what became of each.
    #[oai(path = "/:child_id/bodyfats", method = "post", operation_id = "bodyfat_create")]
    async fn bodyfat_create(
        &self,
        auth: Auth<BodyFatCreate>,
        child_id: Path<Child>,
        body: Items<NewBodyFatBody>,
    ) -> poem::Result<Answer<BodyFatBody>> {
        let bringing = auth.bringing(&self.0, child_id)?;
        body.store(bringing, |permit, new| self.0.bodyfat_create(permit, new)).await
    }

    /// List the body fats of a child
    #[oai(path = "/:child_id/bodyfats", method = "get", operation_id = "bodyfat_list")]
    async fn bodyfat_list(
        &self,
        auth: Auth<BodyFatList>,
        child_id: Path<Child>,
        query: ListQuery,
    ) -> poem::Result<ListPage<BodyFatBody>> {
        let permit = auth.permit(&self.0, child_id.data_of()?)?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.bodyfat_list(permit, query).await?).await
    }

    /// View a body fat of a child
    #[oai(path = "/:child_id/bodyfats/:bodyfat_id", method = "get", operation_id = "bodyfat_view")]
    async fn bodyfat_view(
        &self,
        auth: Auth<BodyFatView>,
        child_id: Path<Child>,
        bodyfat_id: Path<BodyFat>,
    ) -> poem::Result<Found<BodyFatBody>> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, bodyfat_id.id()?))?;
        Ok(Found::of(self.0.bodyfat_view(permit).await?))
    }

    /// Delete a body fat of a child
    ///
    /// A weight that it came with stays, without it.
    #[oai(path = "/:child_id/bodyfats/:bodyfat_id", method = "delete", operation_id = "bodyfat_delete")]
    async fn bodyfat_delete(
        &self,
        auth: Auth<BodyFatDelete>,
        child_id: Path<Child>,
        bodyfat_id: Path<BodyFat>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, bodyfat_id.id()?))?;
        Ok(self.0.bodyfat_delete(permit).await?.into())
    }
}

/// A body fat.
#[derive(Object, Serialize)]
#[oai(rename = "BodyFat", example)]
pub(super) struct BodyFatBody {
    /// Made by the service.
    id: IdText,
    /// When it was measured.
    timestamp: Time,
    /// How much.
    value: Number,
    /// Always `%`.
    unit: String,
    /// Whose it is.
    child_id: IdText,
}

/// In what body fats are measured.
const UNIT: &str = "%";

impl Example for BodyFatBody {
    fn example() -> Self {
        Self {
            id: IdText::example(demo::BODY_FAT),
            timestamp: Time::example(demo::MEASURED_AT),
            value: Number(18.0),
            unit: UNIT.to_owned(),
            child_id: IdText::example(demo::CHILD),
        }
    }
}

impl From<BodyFat> for BodyFatBody {
    fn from(body_fat: BodyFat) -> Self {
        Self {
            id: IdText::of(body_fat.id),
            timestamp: Time(body_fat.timestamp),
            value: Number(body_fat.value),
            unit: UNIT.to_owned(),
            child_id: IdText::of(body_fat.child),
        }
    }
}

/// What is needed to store a body fat.
#[derive(Object)]
#[oai(rename = "NewBodyFat", example)]
pub(super) struct NewBodyFatBody {
    /// When it was measured. Without a zone it is UTC.
    timestamp: GivenTime,
    /// How much, per cent.
    value: GivenAmount,
}

impl Example for NewBodyFatBody {
    fn example() -> Self {
        Self { timestamp: GivenTime::example("2026-01-10T08:00:00.500Z"), value: GivenAmount::example(20.2) }
    }
}

impl Item for NewBodyFatBody {
    type New = NewBodyFat;
    type Times = Option<Timestamp>;
    type Made = BodyFat;
    type Shown = BodyFatBody;
    const KEYS: &'static [&'static str] = &["id", "timestamp", "value"];

    fn times(item: &Given<'_>) -> Result<Option<Timestamp>, Invalid> {
        item.get("timestamp").map(json::instant).transpose()
    }

    fn fields(item: &Given<'_>, timestamp: Option<Timestamp>, owner: Owner<'_>) -> Result<NewBodyFat, Invalid> {
        let mut fields = Fields::of(item);
        fields.note(Field::Timestamp, timestamp.is_some());
        let value = fields.number(Field::Value, NumberForm::Amount)?;
        owner.id()?;
        match (timestamp, value) {
            (Some(timestamp), Some(value)) => Ok(NewBodyFat { timestamp, value }),
            _ => Err(fields.missing()),
        }
    }

    fn shown<'b>(item: &Given<'b>, owner: &str) -> Shown<'b> {
        Shown::default()
            .given("id", item)
            .time("timestamp", item, time_text)
            .given("value", item)
            .with("unit", Piece::Text(UNIT.to_owned()))
            .with("child_id", Piece::Text(owner.to_owned()))
    }
}
