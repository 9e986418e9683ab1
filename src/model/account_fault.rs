//! Why something cannot be done with a child's account at a wearable service.

use std::time::Duration;

/// Why something cannot be done with a child's account at a wearable service. What is told of tokens is shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountFault {
    /// No service is connected, so that there is no client of one to tell of.
    NoClient,
    /// No service is connected, so that it would be of no use to keep tokens.
    NoService,
    /// There are no tokens of the child to be shown.
    NoRecord,
    /// There are no tokens of the child to read anything with.
    NothingSubmitted,
    /// The tokens let nothing be read that is read at all.
    NothingPermitted,
    /// The service does not know the tokens that are submitted; the access token.
    NotAccepted(String),
    /// The service refused the tokens before; the access token.
    Refused(String),
    /// The service does not give what it is asked for.
    Service(ServiceFault),
}

/// Why a wearable service does not give what it is asked for (contract of Fitbit's groups, section 4, "Errors").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceFault {
    /// The access token, which is over.
    ExpiredToken(String),
    /// The access token, which is none.
    InvalidToken(String),
    /// The refresh token, which is none.
    InvalidGrant(String),
    /// The client's id or secret is wrong.
    InvalidClient,
    /// Too much was asked with this access token, and how long to wait, if it says so.
    Limited(String, Option<Duration>),
    /// There was no answer that can be read.
    Unreachable,
    /// It failed; what it says, and how long to wait, if it says so.
    Failed(String, Option<Duration>),
    /// It says no; what it says.
    Denied(String),
}

impl ServiceFault {
    /// What the log calls it, which tells nothing of anybody.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::ExpiredToken(_) => "expired_token",
            Self::InvalidToken(_) => "invalid_token",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::InvalidClient => "invalid_client",
            Self::Limited(..) => "system",
            Self::Unreachable => "client_error",
            Self::Failed(..) => "internal_error",
            Self::Denied(_) => "other",
        }
    }
}
