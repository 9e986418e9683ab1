//! Errors to responses: the catalogue of the contract (section 2 and appendix A), once.

use std::time::Duration;

use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{IntoResponse, Response};

use crate::api::http::account::{account_body, wait_of};
use crate::api::http::error_body::{BAD, ErrorBody, invalid_fields};
use crate::api::http::names::{as_members, key, missing_word, parameter, title};
use crate::api::http::unfit::unfit_body;
use crate::model::{
    Conflict, DateFault, Error, Fault, Field, ImportConflict, Invalid, Kind, Limited, Unauthenticated, Unavailable,
};

/// What goes wrong before the service itself is asked, or around it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::api) enum HttpFault {
    /// No endpoint has this path.
    #[error("no such path")]
    NoSuchPath {
        /// Path and query, as they were requested.
        requested: String,
    },
    /// The path has no such method.
    #[error("no such method")]
    NoSuchMethod {
        /// The method that was asked for.
        method: Method,
        /// The path, as it was requested.
        path: String,
        /// What the path can do.
        allow: String,
    },
    /// What the method did is no longer done.
    #[error("discontinued")]
    Discontinued {
        /// What the path can do.
        allow: &'static str,
    },
    /// The body is longer than this many bytes.
    #[error("body too large")]
    BodyTooLarge(usize),
    /// The body is not declared to be JSON.
    #[error("body is not JSON")]
    NotJson,
    /// The body did not arrive in time.
    #[error("body too slow")]
    TooSlow(Duration),
    /// The URI is longer than this many bytes.
    #[error("URI too long")]
    UriTooLong(usize),
}

/// Lets handlers use `?`.
#[derive(Debug, thiserror::Error)]
#[error("request failed")]
struct Failed(#[source] Error);

impl From<Error> for poem::Error {
    fn from(error: Error) -> Self {
        let status = body(&error, "").status;
        poem::Error::new(Failed(error), status)
    }
}

impl From<Invalid> for poem::Error {
    fn from(invalid: Invalid) -> Self {
        Error::Invalid(invalid).into()
    }
}

impl From<HttpFault> for poem::Error {
    fn from(error: HttpFault) -> Self {
        let status = transport_body(&error).status;
        poem::Error::new(error, status)
    }
}

/// The response to a request that failed. Logs, once, what only operators may know.
pub(in crate::api) fn response(error: &poem::Error, request_id: &str) -> Response {
    let mut response = worded(error, request_id);
    if let Some(allowance) = error.data::<Allowance>() {
        add_allowance(&mut response, *allowance);
    }
    response
}

/// What is left of a limit that the request was counted by, beside an error that has nothing to do with it.
#[derive(Clone, Copy)]
pub(in crate::api) struct Allowance {
    /// How many requests fit into the limit.
    pub(in crate::api) limit: u32,
    /// How many still do.
    pub(in crate::api) remaining: u32,
}

/// Tells what is left of a limit.
pub(in crate::api) fn add_allowance(response: &mut Response, Allowance { limit, remaining }: Allowance) {
    insert(response, "X-RateLimit-Limit", &limit.to_string());
    insert(response, "X-RateLimit-Remaining", &remaining.to_string());
}

fn worded(error: &poem::Error, request_id: &str) -> Response {
    if let Some(Failed(error)) = error.downcast_ref::<Failed>() {
        if let Error::Internal(source) = error {
            tracing::error!(request_id, error = %chain(source.as_ref()), "A request failed inside the service");
        }
        let mut response = render(&body(error, request_id));
        add_headers(&mut response, error);
        return response;
    }
    if let Some(transport) = error.downcast_ref::<HttpFault>() {
        let mut response = render(&transport_body(transport));
        match transport {
            HttpFault::NoSuchMethod { allow, .. } => insert(&mut response, header::ALLOW.as_str(), allow),
            HttpFault::Discontinued { allow } => insert(&mut response, header::ALLOW.as_str(), allow),
            _ => {}
        }
        return response;
    }
    tracing::error!(request_id, %error, "The web framework refused a request");
    render(&internal_body(request_id))
}

/// The response to a request whose handler panicked.
pub(in crate::api) fn panic_response(request_id: &str) -> Response {
    render(&internal_body(request_id))
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn render(body: &ErrorBody) -> Response {
    crate::api::http::reply::json(body.status, body).into_response()
}

fn add_headers(response: &mut Response, error: &Error) {
    match error {
        Error::Unauthenticated(Unauthenticated::WrongPassword) => {}
        Error::Unauthenticated(_) => insert(response, header::WWW_AUTHENTICATE.as_str(), "Bearer"),
        Error::TooManyRequests(Limited { limit, wait }) => {
            add_wait(response, *wait);
            add_allowance(response, Allowance { limit: *limit, remaining: 0 });
        }
        Error::Account(fault) => wait_of(fault).into_iter().for_each(|wait| add_wait(response, wait)),
        Error::Unavailable(_) => insert(response, header::RETRY_AFTER.as_str(), "5"),
        _ => {}
    }
}

/// Tells how long to wait.
pub(in crate::api) fn add_wait(response: &mut Response, wait: Duration) {
    insert(response, header::RETRY_AFTER.as_str(), &whole_seconds(wait).to_string());
}

/// Rounded up, and at least one.
fn whole_seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}

fn insert(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The body for an error of the service.
pub(in crate::api) fn body(error: &Error, request_id: &str) -> ErrorBody {
    match error {
        Error::Invalid(invalid) => invalid_body(invalid),
        Error::Unauthenticated(reason) => unauthenticated_body(*reason),
        Error::Forbidden => ErrorBody::new(StatusCode::FORBIDDEN, "FORBIDDEN")
            .describe("Authorization failed due to insufficient permissions."),
        Error::NotFound(kind) => not_found_body(StatusCode::NOT_FOUND, *kind),
        Error::Conflict(Conflict::Name(kind)) => {
            ErrorBody::new(StatusCode::CONFLICT, format!("{} is already registered...", title(*kind)))
        }
        Error::Conflict(Conflict::Import(conflict)) => import_conflict(*conflict),
        Error::Conflict(Conflict::NfcTag) => {
            ErrorBody::new(StatusCode::CONFLICT, "The NFC tag is already associated with another child.")
                .describe("The same NFC tag cannot be used on more than one child. Please correct and try again.")
        }
        Error::TooManyRequests(_) => ErrorBody::new(StatusCode::TOO_MANY_REQUESTS, "TOO MANY REQUESTS")
            .describe("The rate limit for requests was exceeded. Please try again later..."),
        Error::Account(fault) => account_body(fault),
        Error::Unavailable(reason) => {
            ErrorBody::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE UNAVAILABLE").describe(unavailable_text(*reason))
        }
        Error::Internal(_) => internal_body(request_id),
    }
}

fn internal_body(request_id: &str) -> ErrorBody {
    ErrorBody::new(StatusCode::INTERNAL_SERVER_ERROR, "An internal server error has occurred.")
        .describe(format!("Please try again later. Request id: {request_id}."))
}

fn not_found_body(status: StatusCode, kind: Kind) -> ErrorBody {
    let what = title(kind);
    ErrorBody::new(status, format!("{what} not found!")).describe(format!(
        "{what} not found or already removed. A new operation for the same resource is not required."
    ))
}

fn unauthenticated_body(reason: Unauthenticated) -> ErrorBody {
    let description = match reason {
        Unauthenticated::NoToken => "Authentication failed for lack of authentication credentials.",
        Unauthenticated::Expired => "Authentication failed because access token is expired.",
        Unauthenticated::BadToken => "Authentication failed due to access token issues.",
        Unauthenticated::Revoked => "The token user is not properly registered as a consumer at the gateway.",
        Unauthenticated::WrongPassword => {
            return ErrorBody::new(StatusCode::UNAUTHORIZED, "Invalid username or password!");
        }
    };
    let body = ErrorBody::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED").describe(description);
    ErrorBody { redirect_link: Some("/auth"), ..body }
}

fn unavailable_text(reason: Unavailable) -> &'static str {
    match reason {
        Unavailable::HashQueueFull => {
            "Too many passwords are being checked at the moment. Please try again in a few seconds."
        }
        Unavailable::BodiesFull => "Too much is being sent at the moment. Please try again in a few seconds.",
        Unavailable::ScansFull => "Too much is being read at the moment. Please try again in a few seconds.",
        Unavailable::UploadsFull => {
            "As many files wait to be imported as there is room for. Please try again in some minutes."
        }
        Unavailable::StoreBusy => "The store is busy at the moment. Please try again in a few seconds.",
        Unavailable::DiskFull => "The disk of the server is full. Please inform its administrator.",
        Unavailable::DiskFailure => "The disk of the server cannot be used. Please inform its administrator.",
        Unavailable::DiskSilent => "The disk of the server does not answer. Please inform its administrator.",
        Unavailable::ClockBehind => "The clock of the server is wrong. Please inform its administrator.",
        Unavailable::Stopping => "The server is stopping. Please try again in a few seconds.",
        Unavailable::Faulty => "The server has a fault. Please inform its administrator.",
    }
}

pub(in crate::api) fn transport_body(error: &HttpFault) -> ErrorBody {
    match error {
        HttpFault::NoSuchPath { requested } => {
            ErrorBody::new(StatusCode::NOT_FOUND, format!("Endpoint {requested} does not found!"))
        }
        HttpFault::NoSuchMethod { method, path, .. } => {
            ErrorBody::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD NOT ALLOWED")
                .describe(format!("{method} is not supported by {path}."))
        }
        HttpFault::Discontinued { .. } => {
            ErrorBody::new(StatusCode::METHOD_NOT_ALLOWED, "Support for this method has been discontinued.")
        }
        HttpFault::BodyTooLarge(limit) => ErrorBody::new(StatusCode::PAYLOAD_TOO_LARGE, "REQUEST ENTITY TOO LARGE")
            .describe(format!("The request body must not exceed {limit} bytes.")),
        HttpFault::NotJson => ErrorBody::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED MEDIA TYPE")
            .describe("Content-Type must be application/json."),
        HttpFault::TooSlow(deadline) => ErrorBody::new(StatusCode::REQUEST_TIMEOUT, "REQUEST TIMEOUT")
            .describe(format!("The request was not complete within {} seconds.", deadline.as_secs())),
        HttpFault::UriTooLong(limit) => ErrorBody::new(StatusCode::URI_TOO_LONG, "URI TOO LONG")
            .describe(format!("The request URI must not exceed {limit} bytes.")),
    }
}

const AN_ID: &str = "A 24-byte hex ID similar to this: 507f191e810c19729de860ea is expected.";

fn import_conflict(conflict: ImportConflict) -> ErrorBody {
    let (message, description) = match conflict {
        ImportConflict::NoPlan => (
            "There is no plan of this upload that can be applied!",
            "Another one was made, or this one waited too long or has problems: plan the import again.",
        ),
        ImportConflict::Applied => {
            ("The upload was applied already!", "Nothing was planned: begin another upload, of another id.")
        }
        ImportConflict::Unprepared => {
            ("The plan is not prepared yet!", "Prepare it until as much is done as there is in total.")
        }
        ImportConflict::OutOfDate => (
            "The plan is out of date!",
            "Something was changed meanwhile that it is about, and nothing was imported: plan the import again.",
        ),
        ImportConflict::Open => (
            "The plan asks something that is not answered!",
            "Nothing was imported: plan the import again, with answers to its questions.",
        ),
        ImportConflict::Undone => ("The import was taken back already!", "Nothing was changed."),
    };
    ErrorBody::new(StatusCode::CONFLICT, message).describe(description)
}

fn invalid_body(invalid: &Invalid) -> ErrorBody {
    match invalid {
        Invalid::Syntax => ErrorBody::new(BAD, "Unable to process request body!")
            .describe("Please verify that the JSON provided in the request body has a valid format and try again."),
        Invalid::Field(field, fault) => invalid_fields(fault_text(*field, *fault)),
        Invalid::Missing(fields) => {
            let words: Vec<_> = fields.iter().map(|field| missing_word(*field)).collect();
            ErrorBody::new(BAD, "Required fields were not provided...")
                .describe(format!("{} are required!", words.join(", ")))
        }
        Invalid::MissingTokens(fields) => {
            let words: Vec<_> = fields.iter().map(|field| key(*field)).collect();
            ErrorBody::new(BAD, "Required fields were not provided...")
                .describe(format!("Fitbit Auth Data Validation: {} required!", words.join(", ")))
        }
        Invalid::MissingNewPassword => {
            ErrorBody::new(BAD, "Required field not provided...").describe("new_password is required!")
        }
        Invalid::Id(kind) => {
            ErrorBody::new(BAD, format!("Parameter {{{}}} is not in valid format!", parameter(*kind))).describe(AN_ID)
        }
        Invalid::SomeId => ErrorBody::new(BAD, "Some ID provided does not have a valid format!").describe(AN_ID),
        Invalid::TrailPlace => ErrorBody::new(BAD, "before is no place in the audit trail!")
            .describe("Give the next of the page before, such as 1767600900000-1."),
        Invalid::ChildIds(given) => ErrorBody::new(BAD, "One or more request fields are invalid...").describe(format!(
            "The following IDs from children attribute are not in valid format: {}",
            given.join(", ")
        )),
        Invalid::Date(fault, given) => date_body(*fault, given),
        Invalid::PasswordInUpdate(id) => ErrorBody::new(BAD, "This parameter could not be updated.").describe(format!(
            "A specific route to update user password already exists. \
             Access: PUT /users/{id}/password to update your password."
        )),
        Invalid::OldPassword => ErrorBody::new(BAD, "Password does not match!")
            .describe("The old password parameter does not match with the actual user password."),
        Invalid::InstitutionMissing => ErrorBody::new(BAD, "The institution provided does not have a registration.")
            .describe("It is necessary that the institution be registered before trying again."),
        Invalid::InstitutionInUse => ErrorBody::new(BAD, "The institution is associated with one or more users."),
        Invalid::ChildrenMissing(ids) => {
            ErrorBody::new(BAD, "It is necessary for children to be registered before proceeding.")
                .describe(format!("The following IDs were verified without registration: {}", ids.join(", ")))
        }
        Invalid::ChildToAddMissing => {
            ErrorBody::new(BAD, "The association could not be performed because the child does not have a record.")
        }
        Invalid::FamilyToExtendMissing => not_found_body(BAD, Kind::Family),
        Invalid::NfcTag => ErrorBody::new(BAD, "NFC Tag must have a valid value. For example: \"04a22422dd6480\""),
        Invalid::Unfit(unfit) => unfit_body(unfit),
        Invalid::Import(words) => {
            ErrorBody::new(BAD, "The import cannot be carried out as it was asked for!").describe(as_members(words))
        }
        Invalid::Presence => ErrorBody::new(BAD, "The values that deactivated can have are: include, only."),
        Invalid::LeaveTime => ErrorBody::new(BAD, "at must be a time in RFC 3339, such as \"2026-12-31T00:00:00Z\"!"),
        Invalid::LeaveDays => ErrorBody::new(BAD, "erase_after_days must be a whole number from 1 to 36500!"),
        Invalid::GroupLimit(most) => ErrorBody::new(BAD, format!("The limit of {most} children groups was reached.")),
        Invalid::GroupMemberLimit(most) => {
            ErrorBody::new(BAD, format!("The limit of {most} children in all groups was reached."))
        }
    }
}

fn fault_text(field: Field, fault: Fault) -> String {
    let name = key(field);
    match fault {
        Fault::NotText => format!("{name} must be a string!"),
        Fault::Empty => format!("{name} must have at least one character!"),
        Fault::TooLong(most) => format!("{name} must have at most {most} characters!"),
        Fault::TooManyBytes(most) => format!("{name} must have at most {most} bytes!"),
        Fault::TooShort(fewest) => format!("{name} must have at least {fewest} characters!"),
        Fault::ControlCharacters => format!("{name} must not contain control characters!"),
        Fault::NotVisible => format!("{name} must have visible ASCII characters only!"),
        Fault::NotToken => format!("{name} must be a valid token!"),
        Fault::NotArray => format!("{name} must be an array!"),
        Fault::TooManyItems(most) => format!("{name} must have at most {most} items!"),
        Fault::ItemWithoutId => "Children field contains invalid IDs. It is expected that each item in the array \
                                 is a 24-byte hex string like this: 507f191e810c19729de860ea"
            .to_owned(),
        Fault::NotGender => "The names of the allowed genders are: male, female.".to_owned(),
        Fault::NotPositive => "Age cannot be less than or equal to zero!".to_owned(),
        Fault::NotNumber => "Provided age is not a valid number!".to_owned(),
    }
}

fn date_body(fault: DateFault, given: &str) -> ErrorBody {
    let not_iso = ErrorBody::new(BAD, format!("Date: {given}, is not in valid ISO 8601 format."));
    match fault {
        DateFault::Format => not_iso.describe("Date must be in the format: yyyy-MM-dd"),
        DateFault::Day => not_iso,
        DateFault::Year => ErrorBody::new(
            BAD,
            format!("Date {given} has year not allowed. The year must be greater than 1678 and less than 2261."),
        ),
        DateFault::Future => ErrorBody::new(BAD, format!("Datetime: {given}, cannot be used!"))
            .describe("The 'age' and 'age_calc_date' fields can only receive past or present dates."),
    }
}
