//! `/fitbit/subscriber`: notices of the wearable service, for services that still send some.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaResponse, MetaResponses, MetaSchema, Registry};
use poem_openapi::types::{Example, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, Object, OpenApi};

use super::catalogue::Tag;
use crate::api::http::body::Incoming;
use crate::api::http::params::{Parameter, Queried};
use crate::app::App;

/// The path, which there is only if the service is set so.
pub(in crate::api) const PATH: &str = "/v1/fitbit/subscriber";

pub(in crate::api) struct SubscriberApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/fitbit/subscriber", tag = "Tag::Subscriber")]
impl SubscriberApi {
    /// Prove that notices may come here
    ///
    /// For the wearable service, which was told the code. There is no such path unless the service is set so
    /// (`--fitbit-subscriber-code`).
    #[oai(path = "/", method = "get", operation_id = "fitbit_subscriber_verify")]
    async fn fitbit_subscriber_verify(&self, verify: Queried<Code>) -> Noticed<204> {
        Noticed(verify.given().is_some_and(|code| self.0.fitbit_subscriber_verify(&code)))
    }

    /// Tell that a wearable recorded something
    ///
    /// For the wearable service, which signs it: the children whom it is about are synced in the background.
    #[oai(path = "/", method = "post", operation_id = "fitbit_subscriber_notify")]
    async fn fitbit_subscriber_notify(&self, notice: SignedNotice) -> poem::Result<Noticed<200>> {
        let SignedNotice { incoming, signature } = notice;
        let limit = incoming.limits.body_bytes;
        let notice = incoming.receive_of_any_type(limit).await?.bytes;
        Ok(Noticed(self.0.fitbit_subscriber_notify(notice, &signature)))
    }
}

/// The code in the query string.
enum Code {}

impl Parameter for Code {
    fn schema() -> MetaSchema {
        MetaSchema::new("string")
    }
}

/// A notice that has not arrived yet, and its signature.
struct SignedNotice {
    incoming: Incoming,
    signature: String,
}

/// Something that a wearable recorded.
#[derive(Object)]
#[oai(rename = "FitbitNotice", rename_all = "camelCase", example)]
struct NoticeBody {
    /// The account there.
    owner_id: String,
    /// `body`, `activities` or `sleep`; others are ignored.
    collection_type: String,
    /// The day.
    date: String,
}

impl Example for NoticeBody {
    fn example() -> Self {
        Self { owner_id: "1A2B3".to_owned(), collection_type: "body".to_owned(), date: "2019-09-18".to_owned() }
    }
}

impl<'a> ApiExtractor<'a> for SignedNotice {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        NoticeBody::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: "application/json", schema: Vec::<NoticeBody>::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let signature = request.headers().get("x-fitbit-signature").and_then(|value| value.to_str().ok());
        let signature = signature.unwrap_or_default().to_owned();
        Ok(Self { incoming: Incoming::of(request, body)?, signature })
    }
}

/// A status alone: this one, or that there is nothing here.
struct Noticed<const STATUS: u16>(bool);

impl<const STATUS: u16> IntoResponse for Noticed<STATUS> {
    fn into_response(self) -> Response {
        let status = if self.0 { STATUS } else { 404 };
        StatusCode::from_u16(status).unwrap_or_default().into_response()
    }
}

impl<const STATUS: u16> ApiResponse for Noticed<STATUS> {
    fn meta() -> MetaResponses {
        let response = |status, description| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: Vec::new(),
            headers: Vec::new(),
        };
        let none = "Who asks is not the wearable service; or there is no such path, which the body says then.";
        MetaResponses { responses: vec![response(STATUS, "It is so."), response(404, none)] }
    }

    fn register(_: &mut Registry) {}
}
