//! Coverage: of which days of a group what is stored, as JSON and as CSV.

use std::marker::PhantomData;
use std::sync::Arc;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{Example, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, Object, OpenApi};
use serde::Serialize;

use super::catalogue::Tag;
use crate::api::access::auth::Auth;
use crate::api::http::params::Path;
use crate::api::http::schema::IdText;
use crate::api::http::{accept, reply};
use crate::api::tracking::logs::Days;
use crate::api::tracking::shapes::{GivenDay, LogDay};
use crate::app::policy::{EducatorGroupCoverageView, HealthProfessionalGroupCoverageView};
use crate::app::wearables::{COVERAGE_HEADER, Covered};
use crate::app::{App, Form, Reading, demo};
use crate::model::wearables::DataKind;
use crate::model::{Educator, Group, HealthProfessional};

const CSV: &str = "text/csv";

pub(in crate::api) struct CoverageApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1", tag = "Tag::Wearables")]
impl CoverageApi {
    /// View of which days what is stored of the children of an educator's group
    ///
    /// All children of the group in its order, with the kinds of data that there are of each day; as CSV a row for each
    /// child and day, if `Accept` names that. Days of totals are those of the child; of what has a time, those of UTC, and
    /// a night is of the day on which it ended.
    #[oai(
        path = "/educators/:educator_id/children/groups/:group_id/coverage/:date_start/:date_end",
        method = "get",
        operation_id = "educator_group_coverage_view"
    )]
    #[expect(clippy::too_many_arguments, reason = "the path names four things")]
    async fn educator_group_coverage_view(
        &self,
        auth: Auth<EducatorGroupCoverageView>,
        educator_id: Path<Educator>,
        group_id: Path<Group>,
        date_start: Path<GivenDay>,
        date_end: Path<GivenDay>,
        csv: WantsCsv,
    ) -> poem::Result<JsonOrCsv<GroupCoverageBody>> {
        let group = (educator_id.id()?, group_id.id()?);
        let days = Days::read(date_start, date_end)?;
        let permit = auth.permit(&self.0, group)?;
        JsonOrCsv::put_out(self.0.group_coverage_view(&permit, days.range()?)?, csv).await
    }

    /// View of which days what is stored of the children of a health professional's group
    ///
    /// As for the groups of educators.
    #[oai(
        path = "/healthprofessionals/:healthprofessional_id/children/groups/:group_id/coverage/:date_start/:date_end",
        method = "get",
        operation_id = "healthprofessional_group_coverage_view"
    )]
    #[expect(clippy::too_many_arguments, reason = "the path names four things")]
    async fn healthprofessional_group_coverage_view(
        &self,
        auth: Auth<HealthProfessionalGroupCoverageView>,
        healthprofessional_id: Path<HealthProfessional>,
        group_id: Path<Group>,
        date_start: Path<GivenDay>,
        date_end: Path<GivenDay>,
        csv: WantsCsv,
    ) -> poem::Result<JsonOrCsv<GroupCoverageBody>> {
        let group = (healthprofessional_id.id()?, group_id.id()?);
        let days = Days::read(date_start, date_end)?;
        let permit = auth.permit(&self.0, group)?;
        JsonOrCsv::put_out(self.0.group_coverage_view(&permit, days.range()?)?, csv).await
    }
}

/// Of which days what is stored of a group's children.
#[derive(Object, Serialize)]
#[oai(rename = "GroupCoverage", example)]
struct GroupCoverageBody {
    /// In the group's order.
    children: Vec<ChildCoverageBody>,
}

impl Example for GroupCoverageBody {
    fn example() -> Self {
        let kinds = DataKind::ALL[..5].iter().map(|kind| kind.word().to_owned()).collect();
        let day = demo::FIRST_DAY.parse().ok().map(|date| CoveredDayBody { date: LogDay(date), kinds });
        let (child_id, username) = (IdText::example(demo::CHILD), "BR0001".to_owned());
        Self { children: vec![ChildCoverageBody { child_id, username, days: day.into_iter().collect() }] }
    }
}

/// Of which days what is stored of a child.
#[derive(Object, Serialize)]
#[oai(rename = "ChildCoverage")]
struct ChildCoverageBody {
    /// Of which child.
    child_id: IdText,
    /// What the child is called.
    username: String,
    /// The days of which anything is stored, in their order.
    days: Vec<CoveredDayBody>,
}

/// What is stored of a day.
#[derive(Object, Serialize)]
#[oai(rename = "CoveredDay")]
struct CoveredDayBody {
    /// The day.
    date: LogDay,
    /// The kinds of data that there are: `steps`, `calories`, `active_minutes`, `lightly_active_minutes`,
    /// `sedentary_minutes`, `physicalactivities`, `sleep`, `weights` and `bodyfats`.
    kinds: Vec<String>,
}

impl From<Covered> for ChildCoverageBody {
    fn from(covered: Covered) -> Self {
        let day = |(date, kinds): (_, Vec<DataKind>)| CoveredDayBody {
            date: LogDay(date),
            kinds: kinds.into_iter().map(|kind| kind.word().to_owned()).collect(),
        };
        Self {
            child_id: IdText::of(covered.child),
            username: covered.username.as_str().to_owned(),
            days: covered.days.into_iter().map(day).collect(),
        }
    }
}

/// Whether a client wants a table: the `Accept` of its request names `text/csv`.
struct WantsCsv(bool);

impl<'a> ApiExtractor<'a> for WantsCsv {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];

    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        Ok(Self(accept::names(request, CSV)))
    }
}

/// Coverage that is sent while it is read: as JSON or, to whom wants that, as CSV.
struct JsonOrCsv<T>(Response, PhantomData<fn() -> T>);

impl<T> JsonOrCsv<T> {
    async fn put_out(reading: Reading<Covered>, WantsCsv(wanted): WantsCsv) -> poem::Result<Self> {
        let as_json: Form<Covered> = Form {
            open: "{\"children\":[",
            between: ",",
            close: "]}",
            write: |item, out| Ok(serde_json::to_writer(out, &ChildCoverageBody::from(item))?),
        };
        let as_csv: Form<Covered> = Form {
            open: COVERAGE_HEADER,
            between: "",
            close: "",
            write: |item, out| std::io::Write::write_all(out, item.csv().as_bytes()),
        };
        let answer = reading.put_out(if wanted { as_csv } else { as_json }).await?.body;
        let mut response = reply::response(StatusCode::OK, answer);
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_name(header::ACCEPT));
        if wanted {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
            let named = HeaderValue::from_static("attachment; filename=\"coverage.csv\"");
            headers.insert(header::CONTENT_DISPOSITION, named);
        }
        Ok(Self(response, PhantomData))
    }
}

impl<T: Send> IntoResponse for JsonOrCsv<T> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<T: Type> ApiResponse for JsonOrCsv<T> {
    fn meta() -> MetaResponses {
        let table = MetaSchemaRef::Inline(Box::new(MetaSchema::new("string")));
        let response = MetaResponse {
            description: "This is it; as a table, if `Accept` names that.",
            status: Some(200),
            status_range: None,
            content: vec![
                MetaMediaType { content_type: "application/json", schema: T::schema_ref() },
                MetaMediaType { content_type: CSV, schema: table },
            ],
            headers: Vec::new(),
        };
        MetaResponses { responses: vec![response] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}
