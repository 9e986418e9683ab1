//! `/children/{child_id}/weights`.

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
use super::shapes::{GivenAmount, GivenTime, Number, Second};
use crate::api::access::auth::Auth;
use crate::api::http::params::{ListQuery, Path};
use crate::api::http::query::ListShape;
use crate::api::http::reply::{Done, Found, ListPage};
use crate::api::http::schema::IdText;
use crate::api::tracking::catalogue::Tag;
use crate::app::policy::{WeightCreate, WeightDelete, WeightList, WeightView};
use crate::app::{App, demo};
use crate::model::time::second_text;
use crate::model::tracking::{Field, NewWeight, Weight};
use crate::model::{Child, Invalid, NumberForm, query};

pub(in crate::api) struct WeightsApi(pub(super) Arc<App>);

const LIST: ListShape = list_of(query::Page::MAX_LIMIT);

#[OpenApi(prefix_path = "/v1/children", tag = "Tag::Weights")]
impl WeightsApi {
    /// Store a weight of a child, or many
    ///
    /// An object is answered 201; an array of them 207, which says what became of each. A weight with `body_fat` stores
    /// a body fat of the same time, too, or replaces its value if there is one.
    #[oai(path = "/:child_id/weights", method = "post", operation_id = "weight_create")]
    async fn weight_create(
        &self,
        auth: Auth<WeightCreate>,
        child_id: Path<Child>,
        body: Items<NewWeightBody>,
    ) -> poem::Result<Answer<WeightBody>> {
        let bringing = auth.bringing(&self.0, child_id)?;
        body.store(bringing, |permit, new| self.0.weight_create(permit, new)).await
    }

    /// List the weights of a child
    #[oai(path = "/:child_id/weights", method = "get", operation_id = "weight_list")]
    async fn weight_list(
        &self,
        auth: Auth<WeightList>,
        child_id: Path<Child>,
        query: ListQuery,
    ) -> poem::Result<ListPage<WeightBody>> {
        let permit = auth.permit(&self.0, child_id.data_of()?)?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.weight_list(permit, query).await?).await
    }

    /// View a weight of a child
    #[oai(path = "/:child_id/weights/:weight_id", method = "get", operation_id = "weight_view")]
    async fn weight_view(
        &self,
        auth: Auth<WeightView>,
        child_id: Path<Child>,
        weight_id: Path<Weight>,
    ) -> poem::Result<Found<WeightBody>> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, weight_id.id()?))?;
        Ok(Found::of(self.0.weight_view(permit).await?))
    }

    /// Delete a weight of a child
    ///
    /// A body fat that came with it stays.
    #[oai(path = "/:child_id/weights/:weight_id", method = "delete", operation_id = "weight_delete")]
    async fn weight_delete(
        &self,
        auth: Auth<WeightDelete>,
        child_id: Path<Child>,
        weight_id: Path<Weight>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, (child_id.data_of()?, weight_id.id()?))?;
        Ok(self.0.weight_delete(permit).await?.into())
    }
}

/// A weight.
#[derive(Object, Serialize)]
#[oai(rename = "Weight", example, skip_serializing_if_is_none)]
pub(super) struct WeightBody {
    /// Made by the service.
    id: IdText,
    /// When it was measured, in UTC, cut to whole seconds.
    timestamp: Second,
    /// How much, in its unit.
    value: Number,
    /// Usually `kg`.
    unit: String,
    /// Whose it is.
    child_id: IdText,
    /// The present value of the body fat that came with it, per cent; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_fat: Option<Number>,
}

impl Example for WeightBody {
    fn example() -> Self {
        Self {
            id: IdText::example(demo::WEIGHT),
            timestamp: Second::example(demo::MEASURED_AT),
            value: Number(24.5),
            unit: "kg".to_owned(),
            child_id: IdText::example(demo::CHILD),
            body_fat: Some(Number(18.0)),
        }
    }
}

impl From<Weight> for WeightBody {
    fn from(weight: Weight) -> Self {
        Self {
            id: IdText::of(weight.id),
            timestamp: Second(weight.timestamp),
            value: Number(weight.value),
            unit: weight.unit.as_str().to_owned(),
            child_id: IdText::of(weight.child),
            body_fat: weight.body_fat.map(Number),
        }
    }
}

/// What is needed to store a weight.
#[derive(Object)]
#[oai(rename = "NewWeight", example, skip_serializing_if_is_none)]
pub(super) struct NewWeightBody {
    /// When it was measured. Without a zone it is UTC.
    timestamp: GivenTime,
    /// How much, in its unit.
    value: GivenAmount,
    /// Usually `kg`; neither checked nor converted.
    #[oai(validator(min_length = 1, max_length = 256))]
    unit: String,
    /// What to store as a body fat of the same time, per cent.
    body_fat: Option<GivenAmount>,
}

impl Example for NewWeightBody {
    fn example() -> Self {
        Self {
            timestamp: GivenTime::example("2026-01-09T08:00:00Z"),
            value: GivenAmount::example(70.2),
            unit: "kg".to_owned(),
            body_fat: Some(GivenAmount::example(20.2)),
        }
    }
}

impl Item for NewWeightBody {
    type New = NewWeight;
    type Times = Option<Timestamp>;
    type Made = Weight;
    type Shown = WeightBody;
    const KEYS: &'static [&'static str] = &["id", "timestamp", "value", "unit", "body_fat"];

    fn times(item: &Given<'_>) -> Result<Option<Timestamp>, Invalid> {
        item.get("timestamp").map(json::instant).transpose()
    }

    fn fields(item: &Given<'_>, timestamp: Option<Timestamp>, owner: Owner<'_>) -> Result<NewWeight, Invalid> {
        let mut fields = Fields::of(item);
        fields.note(Field::Timestamp, timestamp.is_some());
        let value = fields.number(Field::Value, NumberForm::Amount)?;
        let unit = fields.text(Field::Unit)?;
        owner.id()?;
        let (Some(timestamp), Some(value), Some(unit)) = (timestamp, value, unit) else {
            return Err(fields.missing());
        };
        let body_fat = fields.optional_number(Field::BodyFat, NumberForm::Amount)?;
        Ok(NewWeight { timestamp, value, unit, body_fat })
    }

    fn shown<'b>(item: &Given<'b>, owner: &str) -> Shown<'b> {
        Shown::default()
            .given("id", item)
            .time("timestamp", item, second_text)
            .given("value", item)
            .given("unit", item)
            .with("child_id", Piece::Text(owner.to_owned()))
            .given("body_fat", item)
    }
}
