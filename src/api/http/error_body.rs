//! What a client is told of an error.

use poem::http::StatusCode;
use serde::Serialize;

/// The error body of the contract, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::api) struct ErrorBody {
    /// The HTTP status.
    #[serde(skip)]
    pub(in crate::api) status: StatusCode,
    /// The same, or a number that says more.
    pub(in crate::api) code: u16,
    /// What happened.
    pub(in crate::api) message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) description: Option<String>,
    /// Where to log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) redirect_link: Option<&'static str>,
}

impl ErrorBody {
    pub(in crate::api) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, code: status.as_u16(), message: message.into(), description: None, redirect_link: None }
    }

    /// With a number that says more than the status.
    pub(in crate::api) fn numbered(self, code: u16) -> Self {
        Self { code, ..self }
    }

    pub(in crate::api) fn describe(self, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..self }
    }
}

/// The status of what is wrong in a request.
pub(in crate::api) const BAD: StatusCode = StatusCode::BAD_REQUEST;

/// The general body of fields that are invalid.
pub(in crate::api) fn invalid_fields(description: impl Into<String>) -> ErrorBody {
    ErrorBody::new(BAD, "One or more request fields are invalid...").describe(description)
}
