//! `/users/{user_id}/fitbit/sync`: what the service has of a child, now.

use std::sync::Arc;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::{Example, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, Object, OpenApi};
use serde::Serialize;
use serde_json::json;

use super::catalogue::Tag;
use crate::api::access::auth::Auth;
use crate::api::http::accept;
use crate::api::http::failure::{Allowance, add_allowance, add_wait};
use crate::api::http::params::Path;
use crate::api::http::reply;
use crate::app::policy::FitbitSync;
use crate::app::{App, SyncAnswer, SyncCounts, SyncLimit};
use crate::model::Child;

pub(in crate::api) struct SyncApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/users", tag = "Tag::Sync")]
impl SyncApi {
    /// Sync a child's wearable
    ///
    /// Asks the wearable service for what it has of the child, and stores what is new: at most ten times an hour for each
    /// child. Answers when all of it is on disk, with how much there was. A `code` of four digits tells what the wearable
    /// service said.
    #[oai(path = "/:user_id/fitbit/sync", method = "post", operation_id = "fitbit_sync")]
    async fn fitbit_sync(
        &self,
        auth: Auth<FitbitSync>,
        user_id: Path<Child>,
        accepts: AcceptsJson,
    ) -> poem::Result<Synced> {
        let permit = auth.permit(&self.0, user_id.some_data_of()?)?;
        Synced::of(self.0.fitbit_sync(permit).await?, accepts)
    }
}

/// Whether a client names JSON among what it accepts.
struct AcceptsJson(bool);

impl<'a> ApiExtractor<'a> for AcceptsJson {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];

    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        Ok(Self(accept::names(request, "application/json")))
    }
}

/// What clients are told who sync too often.
pub(super) const EXCEEDED: &str = "Synchronization limit per hour exceeded for child. Please try again later...";

/// How much there was, with what is left of the limit; or that there is nothing left of it.
struct Synced(Response);

impl Synced {
    fn of(answer: SyncAnswer, AcceptsJson(accepts_json): AcceptsJson) -> poem::Result<Self> {
        let allowance = |SyncLimit { limit, remaining }| Allowance { limit, remaining };
        match answer {
            SyncAnswer::Counted(limit, Ok(counts)) => {
                let mut response = reply::json(StatusCode::OK, &SyncBody::from(counts));
                add_allowance(&mut response, allowance(limit));
                Ok(Self(response))
            }
            SyncAnswer::Counted(limit, Err(error)) => {
                let mut error = poem::Error::from(error);
                error.set_data(allowance(limit));
                Err(error)
            }
            SyncAnswer::Exceeded(limit, wait) => {
                let mut response = match accepts_json {
                    true => reply::json(StatusCode::TOO_MANY_REQUESTS, &json!({"message": EXCEEDED})),
                    false => {
                        let html = HeaderValue::from_static("text/html; charset=utf-8");
                        Response::builder()
                            .status(StatusCode::TOO_MANY_REQUESTS)
                            .header(header::CONTENT_TYPE, html)
                            .body(EXCEEDED)
                    }
                };
                add_wait(&mut response, wait);
                add_allowance(&mut response, allowance(limit));
                Ok(Self(response))
            }
        }
    }
}

impl IntoResponse for Synced {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Synced {
    fn meta() -> MetaResponses {
        let header = |name: &str, description: &str| MetaHeader {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            required: true,
            deprecated: false,
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("integer", "int32"))),
        };
        let response = MetaResponse {
            description: "So much there was.",
            status: Some(200),
            status_range: None,
            content: vec![MetaMediaType { content_type: "application/json", schema: SyncBody::schema_ref() }],
            headers: vec![
                header("X-RateLimit-Limit", "How many syncs of the child fit into an hour."),
                header("X-RateLimit-Remaining", "How many still do."),
            ],
        };
        MetaResponses { responses: vec![response] }
    }

    fn register(registry: &mut Registry) {
        SyncBody::register(registry);
    }
}

/// How much a sync had to store, whether or not it was there already.
#[derive(Object, Serialize)]
#[oai(rename = "FitbitSync", example)]
struct SyncBody {
    /// Physical activities that are new since the last sync.
    activities: usize,
    /// Nights that are.
    sleep: usize,
    /// Weights that are.
    weights: usize,
    /// Days with a total, of each log.
    logs: SyncedLogs,
}

/// How many days there were of each log.
#[derive(Object, Serialize)]
#[oai(rename = "FitbitSyncLogs", example)]
struct SyncedLogs {
    /// Of steps.
    steps: usize,
    /// Of calories.
    calories: usize,
    /// Of minutes of much movement.
    active_minutes: usize,
    /// Of minutes of little movement.
    lightly_active_minutes: usize,
    /// Of minutes without movement.
    sedentary_minutes: usize,
}

impl Example for SyncBody {
    fn example() -> Self {
        Self { activities: 2, sleep: 1, weights: 4, logs: SyncedLogs::example() }
    }
}

impl Example for SyncedLogs {
    fn example() -> Self {
        [2, 1, 1, 1, 1].into()
    }
}

impl From<[usize; 5]> for SyncedLogs {
    fn from(counts: [usize; 5]) -> Self {
        let [steps, calories, active_minutes, lightly_active_minutes, sedentary_minutes] = counts;
        Self { steps, calories, active_minutes, lightly_active_minutes, sedentary_minutes }
    }
}

impl From<SyncCounts> for SyncBody {
    fn from(counts: SyncCounts) -> Self {
        let SyncCounts { activities, sleep, weights, logs } = counts;
        Self { activities, sleep, weights, logs: logs.into() }
    }
}
