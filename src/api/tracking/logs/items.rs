//! The body of totals of days, which is judged in an order of its own and always answered 207 (contract of tracking,
//! section 6, logs).

use poem::http::StatusCode;
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::registry::{
    MetaMediaType, MetaRequest, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions};
use serde_json::value::RawValue;

use super::shapes::{LogBody, NewLogBody, log_type};
use crate::api::access::auth::Auth;
use crate::api::http::body::Incoming;
use crate::api::http::params::Path;
use crate::api::http::reply;
use crate::api::tracking::items::Given;
use crate::api::tracking::json::{self, Fields, Object, Shown};
use crate::api::tracking::outcomes::{Failure, Outcomes, Success, outcomes_schema};
use crate::app::policy::LogCreate;
use crate::app::{App, Permit};
use crate::model::tracking::{Field, Log, LogType, MAX_ITEMS};
use crate::model::{Child, Error, Invalid, NumberForm};

/// What the path says of all items.
pub(super) struct Addressed {
    /// Asked for only if both others are usable; if not, everybody hears of it with each item.
    permit: Option<Box<Permit<LogCreate>>>,
    kind: Result<LogType, Invalid>,
    child: Result<(), Invalid>,
}

impl Addressed {
    /// # Errors
    /// `Forbidden`, or `Invalid` if there is no such child.
    pub(super) fn ask(
        auth: Auth<LogCreate>,
        app: &App,
        child: Path<Child>,
        kind: Path<LogType>,
    ) -> Result<Self, Error> {
        let kind = log_type(kind);
        Ok(match child.data_of() {
            Ok(target) if kind.is_ok() => {
                Self { permit: Some(Box::new(auth.permit(app, target)?)), kind, child: Ok(()) }
            }
            other => Self { permit: None, kind, child: other.map(drop) },
        })
    }

    /// Judges an item: the first rule that it breaks, then all that it misses.
    fn judge(&self, item: &Object<'_>) -> Result<Log, Invalid> {
        self.kind.clone()?;
        let mut fields = Fields::of(item);
        let date = fields.required(Field::Date).map(json::date).transpose()?;
        let value = fields.number(Field::Value, NumberForm::Amount)?;
        self.child.clone()?;
        date.zip(value).map(|(date, value)| Log { date, value }).ok_or_else(|| fields.missing())
    }
}

/// A body of totals, not yet looked at.
pub(super) struct LogItems(Incoming);

const KEYS: [&str; 2] = ["date", "value"];

impl LogItems {
    /// Reads the items, has those that fit stored, and tells what became of each. An object counts as no items.
    ///
    /// # Errors
    /// 413, 408, 415 or 400 for all of them, or why nothing can be stored.
    pub(super) async fn store<F>(
        self,
        mut addressed: Addressed,
        write: impl FnOnce(Permit<LogCreate>, LogType, Vec<Log>) -> F,
    ) -> poem::Result<LogAnswer>
    where
        F: Future<Output = Result<(), Error>>,
    {
        let limit = self.0.limits.upload_bytes;
        let received = self.0.receive(limit).await?;
        let items = match Given::parse(&received.bytes)? {
            Given::One(_) => Vec::new(),
            Given::Many(items) => items,
        };
        let judged: Vec<_> = items.iter().map(|raw| addressed.judge(&Object::of(raw, &KEYS))).collect();
        let logs: Vec<Log> = judged.iter().flatten().copied().collect();
        if let (Some(permit), Ok(kind), false) = (addressed.permit.take(), addressed.kind, logs.is_empty()) {
            write(*permit, kind, logs).await?;
        }
        Ok(LogAnswer::new(&items, judged))
    }
}

/// What became of totals: 207.
pub(super) struct LogAnswer(Response);

impl LogAnswer {
    fn new(items: &[&RawValue], judged: Vec<Result<Log, Invalid>>) -> Self {
        let mut answer = Outcomes { success: Vec::new(), error: Vec::new() };
        for (raw, outcome) in items.iter().zip(judged) {
            match outcome {
                Ok(log) => answer.success.push(Success::new(LogBody::from(log))),
                Err(invalid) => {
                    let item = Object::of(raw, &KEYS);
                    let shown = Shown::default().given("date", &item).given("value", &item);
                    answer.error.push(Failure::shown(&invalid.into(), shown));
                }
            }
        }
        Self(reply::json(StatusCode::MULTI_STATUS, &answer))
    }
}

impl IntoResponse for LogAnswer {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<'a> ApiExtractor<'a> for LogItems {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        NewLogBody::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let schema = MetaSchema {
            items: Some(Box::new(NewLogBody::schema_ref())),
            max_items: Some(MAX_ITEMS),
            ..MetaSchema::new("array")
        };
        let schema = MetaSchemaRef::Inline(Box::new(schema));
        let content = vec![MetaMediaType { content_type: "application/json", schema }];
        Some(MetaRequest { description: None, content, required: false })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self(Incoming::of(request, body)?))
    }
}

impl ApiResponse for LogAnswer {
    fn meta() -> MetaResponses {
        let schema = outcomes_schema(LogBody::schema_ref());
        let response = MetaResponse {
            description: "What became of each.",
            status: Some(207),
            status_range: None,
            content: vec![MetaMediaType { content_type: "application/json", schema }],
            headers: vec![],
        };
        MetaResponses { responses: vec![response] }
    }

    fn register(registry: &mut Registry) {
        LogBody::register(registry);
    }
}
