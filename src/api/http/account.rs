//! What clients are told of a child's account at a wearable service (contract of Fitbit's groups).

use std::time::Duration;

use poem::http::StatusCode;

use crate::api::http::error_body::{BAD, ErrorBody};
use crate::model::{AccountFault, ServiceFault};

/// How long to wait for a service that does not say it.
const AN_HOUR: Duration = Duration::from_hours(1);

/// The body for a fault.
pub(in crate::api) fn account_body(fault: &AccountFault) -> ErrorBody {
    match fault {
        AccountFault::NoClient => ErrorBody::new(StatusCode::NOT_FOUND, "Fitbit client id and secret key not found!"),
        AccountFault::NoService => ErrorBody::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE UNAVAILABLE")
            .describe("No wearable service is connected. Data can be imported from files instead."),
        AccountFault::NoRecord => ErrorBody::new(StatusCode::NOT_FOUND, "Unable to find Fitbit authentication data!")
            .describe("You must enter new data before you can refer to it."),
        AccountFault::NothingSubmitted => ErrorBody::new(
            BAD,
            "User does not have authentication data. Please, submit authentication data and try again.",
        ),
        AccountFault::NothingPermitted => ErrorBody::new(
            BAD,
            "The token must have permission for at least one of the features that are synced by the API.",
        )
        .describe("The features that are mapped are: rwei (weight), ract (activity), rsle (sleep)."),
        AccountFault::NotAccepted(token) => ErrorBody::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("Access token invalid: {token}. Please submit a new access token and try again."),
        ),
        AccountFault::Refused(token) => ErrorBody::new(BAD, format!("The access token is invalid: {token}"))
            .describe("Please make a new Fitbit Auth data and try again.")
            .numbered(1012),
        AccountFault::Service(fault) => service_body(fault),
    }
}

fn service_body(fault: &ServiceFault) -> ErrorBody {
    const FAILED: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
    match fault {
        ServiceFault::ExpiredToken(token) => ErrorBody::new(BAD, "Access token expired.")
            .describe(format!("The access token {token} has been expired and needs to be refreshed."))
            .numbered(1011),
        ServiceFault::InvalidToken(token) => ErrorBody::new(BAD, "Access token invalid.")
            .describe(format!(
                "The access token {token} is invalid. Please make a new Fitbit Auth Data request and try again."
            ))
            .numbered(1012),
        ServiceFault::InvalidGrant(token) => ErrorBody::new(BAD, "Refresh token invalid.")
            .describe(format!(
                "The refresh token {token} is invalid. Please make a new Fitbit Auth Data request and try again."
            ))
            .numbered(1021),
        ServiceFault::InvalidClient => ErrorBody::new(StatusCode::UNAUTHORIZED, "Invalid Fitbit Client data.")
            .describe("The Fitbit Client credentials are invalid. The operation cannot be performed.")
            .numbered(1401),
        ServiceFault::Limited(token, _) => ErrorBody::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("Data request limit for access token {token} has expired."),
        )
        .describe("Please wait a minimum of one hour and try make the operation again.")
        .numbered(1429),
        ServiceFault::Unreachable => ErrorBody::new(FAILED, "Could not connect with the Fitbit Server")
            .describe("Please try again later.")
            .numbered(1500),
        ServiceFault::Failed(text, _) => {
            ErrorBody::new(FAILED, "internal_fitbit_error").describe(text.clone()).numbered(1500)
        }
        ServiceFault::Denied(text) => ErrorBody::new(FAILED, text.clone()).numbered(1500),
    }
}

/// How long to wait after a fault, if that is told.
pub(in crate::api) fn wait_of(fault: &AccountFault) -> Option<Duration> {
    match fault {
        AccountFault::Service(ServiceFault::Limited(_, wait)) => Some(wait.unwrap_or(AN_HOUR)),
        _ => None,
    }
}
