//! What is kept of a child's account at a wearable service.

use jiff::Timestamp;

use super::{Features, ProviderKind, Secret};
use crate::model::{Fault, Id, Text};

/// The tokens of a child's account, as they are kept. A child has them of one service at most.
#[derive(Debug, Clone)]
pub struct TokenRecord {
    /// Another one whenever tokens are submitted; one that is refreshed stays the same.
    pub id: Id<TokenRecord>,
    /// How often it was refreshed.
    pub version: i64,
    /// Of which service.
    pub provider: ProviderKind,
    /// The tokens.
    pub tokens: Tokens,
    /// Whether the service takes them, as far as is known.
    pub status: TokenStatus,
}

/// Tokens, and what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// What data is read with.
    pub access: Secret,
    /// What the next ones are had with.
    pub refresh: Secret,
    /// Until when the access token is good.
    pub ends: Timestamp,
    /// What it lets be read.
    pub features: Features,
}

impl Secret {
    /// The most characters of a token that somebody submits.
    pub const MAX_SUBMITTED: usize = 4096;

    /// Takes a token that somebody submits: it goes into the head of requests.
    ///
    /// # Errors
    /// The rule that it breaks: those of every text, or that its characters are visible ASCII.
    pub fn submitted(given: &str) -> Result<Self, Fault> {
        Text::new(given, Self::MAX_SUBMITTED)?;
        match given.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok(Self::new(given.to_owned())),
            false => Err(Fault::NotVisible),
        }
    }
}

/// Whether a service takes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStatus {
    /// Nothing else is known.
    Valid,
    /// It refused them.
    Invalid,
}

impl TokenStatus {
    /// Its word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid_token",
            Self::Invalid => "invalid_token",
        }
    }
}

/// What children show of their wearables (`fitbit_status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FitbitStatus {
    /// There are no tokens, or the service said no for a reason of its own.
    None,
    /// The last sync went well.
    ValidToken,
    /// The access token is over.
    ExpiredToken,
    /// The access token is not good.
    InvalidToken,
    /// The refresh token is not good.
    InvalidGrant,
    /// The client's id or secret is not good.
    InvalidClient,
    /// Too much was asked.
    RateLimit,
}

impl FitbitStatus {
    /// Its word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ValidToken => "valid_token",
            Self::ExpiredToken => "expired_token",
            Self::InvalidToken => "invalid_token",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidClient => "invalid_client",
            Self::RateLimit => "rate_limit",
        }
    }
}
