//! `/children/{child_id}/logs`.

mod items;
mod shapes;

use std::sync::Arc;

use jiff::civil::Date;
use poem_openapi::OpenApi;

use items::{Addressed, LogAnswer, LogItems};
use shapes::{LogBody, LogsBody, log_type};

use super::shapes::GivenDay;
use crate::api::access::auth::Auth;
use crate::api::http::params::Path;
use crate::api::http::reply::Found;
use crate::api::tracking::catalogue::Tag;
use crate::app::App;
use crate::app::policy::{LogCreate, LogList, LogListOfType};
use crate::model::tracking::{LogRange, LogType};
use crate::model::{Child, DateFault, Invalid, calendar_date};

pub(in crate::api) struct LogsApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/children", tag = "Tag::Logs")]
impl LogsApi {
    /// Store what a child did in days, in all
    ///
    /// The total of a day that is there already is replaced; of a day that comes twice, the last one stays. The answer
    /// says what became of each.
    #[oai(path = "/:child_id/logs/:resource", method = "post", operation_id = "log_create")]
    async fn log_create(
        &self,
        auth: Auth<LogCreate>,
        child_id: Path<Child>,
        resource: Path<LogType>,
        body: LogItems,
    ) -> poem::Result<LogAnswer> {
        let addressed = Addressed::ask(auth, &self.0, child_id, resource)?;
        body.store(addressed, |permit, kind, logs| self.0.log_create(permit, kind, logs)).await
    }

    /// List what a child did in days, in all
    ///
    /// Of every day from the first to the last, both included; 0 where nothing is stored.
    #[oai(path = "/:child_id/logs/date/:date_start/:date_end", method = "get", operation_id = "log_list")]
    async fn log_list(
        &self,
        auth: Auth<LogList>,
        child_id: Path<Child>,
        date_start: Path<GivenDay>,
        date_end: Path<GivenDay>,
    ) -> poem::Result<Found<LogsBody>> {
        let child = child_id.data_of()?;
        let days = Days::read(date_start, date_end)?;
        let permit = auth.permit(&self.0, child)?;
        Ok(Found::of(self.0.log_list(permit, days.range()?).await?))
    }

    /// List what a child did in days, in all, of one type
    ///
    /// Of every day from the first to the last, both included; 0 where nothing is stored.
    #[oai(
        path = "/:child_id/logs/:resource/date/:date_start/:date_end",
        method = "get",
        operation_id = "log_list_of_type"
    )]
    #[expect(clippy::too_many_arguments, reason = "the path names four things")]
    async fn log_list_of_type(
        &self,
        auth: Auth<LogListOfType>,
        child_id: Path<Child>,
        resource: Path<LogType>,
        date_start: Path<GivenDay>,
        date_end: Path<GivenDay>,
    ) -> poem::Result<Found<Vec<LogBody>>> {
        let (child, kind) = (child_id.data_of()?, log_type(resource)?);
        let days = Days::read(date_start, date_end)?;
        let permit = auth.permit(&self.0, child)?;
        let logs = self.0.log_list_of_type(permit, kind, days.range()?).await?;
        Ok(Found::of(logs.into_iter().map(LogBody::from).collect::<Vec<_>>()))
    }
}

/// The first and the last day in the path, written as days are: whether they exist is told to those alone who may ask.
pub(in crate::api) struct Days {
    first: Result<Date, Invalid>,
    last: Result<Date, Invalid>,
}

impl Days {
    /// # Errors
    /// The first DATE that is broken, if one of them is not written as a day.
    pub(in crate::api) fn read(first: Path<GivenDay>, last: Path<GivenDay>) -> Result<Self, Invalid> {
        let read = |given: String| calendar_date(&given).map_err(|fault| Invalid::Date(fault, given));
        let days = Self { first: read(first.given()), last: read(last.given()) };
        let is_none = |day: &Result<_, Invalid>| matches!(day, Err(Invalid::Date(DateFault::Format, _)));
        if is_none(&days.first) || is_none(&days.last) {
            days.first.as_ref().and(days.last.as_ref()).map_err(Clone::clone)?;
        }
        Ok(days)
    }

    /// # Errors
    /// DATE of each; then the rules of the interval.
    pub(in crate::api) fn range(self) -> Result<LogRange, Invalid> {
        Ok(LogRange::new(self.first?, self.last?)?)
    }
}
