//! What the platform no longer does: whoever holds the scope is told so, whatever he asks it for.

use poem::IntoResponse;
use poem::Response;
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaResponses, Registry};

use crate::api::http::failure::HttpFault;

/// 405. Never is there anything else to say.
pub(super) enum Discontinued {}

/// The answer of a method that is discontinued, beside the others of its path.
///
/// # Errors
/// Always.
pub(super) fn discontinued() -> poem::Result<Discontinued> {
    Err(HttpFault::Discontinued { allow: "GET, HEAD, DELETE" }.into())
}

impl IntoResponse for Discontinued {
    fn into_response(self) -> Response {
        match self {}
    }
}

impl ApiResponse for Discontinued {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![] }
    }

    fn register(_: &mut Registry) {}
}
