//! The days of a child, and of all children of a group: what pages that show a class ask for.

use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::logs::Days;
use super::shapes::{GivenDay, LogDay, Number};
use crate::api::access::auth::Auth;
use crate::api::http::params::Path;
use crate::api::http::reply::Found;
use crate::api::http::schema::IdText;
use crate::api::tracking::catalogue::Tag;
use crate::app::policy::{ChildDaysView, EducatorGroupDaysView, HealthProfessionalGroupDaysView};
use crate::app::{App, Reading, demo};
use crate::model::tracking::{ChildDays, KnownDay};
use crate::model::{Child, Educator, Group, HealthProfessional};

pub(in crate::api) struct DaysApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1", tag = "Tag::Logs")]
impl DaysApi {
    /// View what a child did and how long it slept, day by day
    ///
    /// The days of which anything is stored, with what is; a value that is absent was not measured.
    #[oai(path = "/children/:child_id/days/:date_start/:date_end", method = "get", operation_id = "child_days_view")]
    async fn child_days_view(
        &self,
        auth: Auth<ChildDaysView>,
        child_id: Path<Child>,
        date_start: Path<GivenDay>,
        date_end: Path<GivenDay>,
    ) -> poem::Result<Found<ChildDaysBody>> {
        let child = child_id.data_of()?;
        let days = Days::read(date_start, date_end)?;
        let permit = auth.permit(&self.0, child)?;
        Ok(Found::of(self.0.child_days_view(permit, days.range()?).await?))
    }

    /// View what the children of an educator's group did and how long they slept, day by day
    ///
    /// All children of the group in its order, also those of whom nothing is stored.
    #[oai(
        path = "/educators/:educator_id/children/groups/:group_id/days/:date_start/:date_end",
        method = "get",
        operation_id = "educator_group_days_view"
    )]
    #[expect(clippy::too_many_arguments, reason = "the path names four things")]
    async fn educator_group_days_view(
        &self,
        auth: Auth<EducatorGroupDaysView>,
        educator_id: Path<Educator>,
        group_id: Path<Group>,
        date_start: Path<GivenDay>,
        date_end: Path<GivenDay>,
    ) -> poem::Result<Found<GroupDaysBody>> {
        let group = (educator_id.id()?, group_id.id()?);
        let days = Days::read(date_start, date_end)?;
        let permit = auth.permit(&self.0, group)?;
        GroupDaysBody::answer(self.0.group_days_view(&permit, days.range()?)?).await
    }

    /// View what the children of a health professional's group did and how long they slept, day by day
    ///
    /// All children of the group in its order, also those of whom nothing is stored.
    #[oai(
        path = "/healthprofessionals/:healthprofessional_id/children/groups/:group_id/days/:date_start/:date_end",
        method = "get",
        operation_id = "healthprofessional_group_days_view"
    )]
    #[expect(clippy::too_many_arguments, reason = "the path names four things")]
    async fn healthprofessional_group_days_view(
        &self,
        auth: Auth<HealthProfessionalGroupDaysView>,
        healthprofessional_id: Path<HealthProfessional>,
        group_id: Path<Group>,
        date_start: Path<GivenDay>,
        date_end: Path<GivenDay>,
    ) -> poem::Result<Found<GroupDaysBody>> {
        let group = (healthprofessional_id.id()?, group_id.id()?);
        let days = Days::read(date_start, date_end)?;
        let permit = auth.permit(&self.0, group)?;
        GroupDaysBody::answer(self.0.group_days_view(&permit, days.range()?)?).await
    }
}

/// The days of a group's children.
#[derive(Object, Serialize)]
#[oai(rename = "GroupDays", example)]
struct GroupDaysBody {
    /// In the group's order.
    children: Vec<ChildDaysBody>,
}

impl GroupDaysBody {
    async fn answer(reading: Reading<ChildDays>) -> poem::Result<Found<Self>> {
        Found::read_items::<ChildDays, ChildDaysBody>(reading, "{\"children\":[", "]}").await
    }
}

impl Example for GroupDaysBody {
    fn example() -> Self {
        Self { children: vec![ChildDaysBody::example()] }
    }
}

/// The days of a child.
#[derive(Object, Serialize)]
#[oai(rename = "ChildDays", example, skip_serializing_if_is_none)]
struct ChildDaysBody {
    /// Whose they are.
    child_id: IdText,
    /// What the child is called.
    username: String,
    /// The newest day that has totals, also outside the range; without any, the one on which the newest night ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_day: Option<LogDay>,
    /// The days of the range of which anything is stored, in their order.
    days: Vec<KnownDayBody>,
}

impl From<ChildDays> for ChildDaysBody {
    fn from(child: ChildDays) -> Self {
        Self {
            child_id: IdText::of(child.child),
            username: child.username.as_str().to_owned(),
            last_day: child.last_day.map(LogDay),
            days: child.days.into_iter().map(KnownDayBody::from).collect(),
        }
    }
}

impl Example for ChildDaysBody {
    fn example() -> Self {
        let known = |day, asleep| {
            let totals = demo::day_totals(0, day);
            let (steps, active_minutes) = (Some(totals.steps), Some(totals.active_minutes));
            KnownDay { date: totals.date, steps, active_minutes, asleep }.into()
        };
        Self {
            child_id: IdText::example(demo::CHILD),
            username: "BR0001".to_owned(),
            last_day: demo::LAST_DAY.parse().ok().map(LogDay),
            days: vec![known(0, None), known(1, Some(demo::sleep().asleep()))],
        }
    }
}

/// What is known of a day.
#[derive(Object, Serialize)]
#[oai(rename = "KnownDay", skip_serializing_if_is_none)]
struct KnownDayBody {
    /// The day.
    date: LogDay,
    /// How many steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Number>,
    /// Minutes in which the child moved much.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_minutes: Option<Number>,
    /// Whole minutes in which the child was asleep, in the nights that ended on the day (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    sleep_minutes: Option<Number>,
}

impl From<KnownDay> for KnownDayBody {
    fn from(day: KnownDay) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "nobody sleeps as many minutes as a double cannot count")]
        let minutes = |milliseconds: u128| Number((milliseconds / 60_000) as f64);
        Self {
            date: LogDay(day.date),
            steps: day.steps.map(Number),
            active_minutes: day.active_minutes.map(Number),
            sleep_minutes: day.asleep.map(minutes),
        }
    }
}
