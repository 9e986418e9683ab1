//! What is asked of a wearable service, and what it may answer: one interface, whatever form the service speaks.
//!
//! Every future may be dropped at any time; a request that was sent by then may have been carried out.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::tracking::{ActivityFacts, LogType, NewBodyFat, NewWeight, SleepFacts};
use crate::model::wearables::{Features, ProviderKind, Secret};

/// Something that is waited for.
pub type Awaited<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An answer that is waited for.
pub type Asked<'a, T> = Awaited<'a, Result<T, Fault>>;

/// The logs, in the order in which they are asked for.
pub const LOGS: [LogType; 5] = [
    LogType::Steps,
    LogType::Calories,
    LogType::ActiveMinutes,
    LogType::LightlyActiveMinutes,
    LogType::SedentaryMinutes,
];

/// A wearable service. Nothing is asked twice by itself, and nothing is kept of what it says.
pub trait Provider: Send + Sync {
    /// Which one.
    fn kind(&self) -> ProviderKind;

    /// What an access token says of itself, unverified. `None` from Fitbit's form if it is no JWT that says all of it,
    /// from Google's always.
    fn said_by(&self, access: &Secret) -> Option<Said>;

    /// Whether an access token is active. Fitbit's form: any answer but `active`, but for those that are faults:
    /// none, 410, 429, 5xx. Google's has no such question: true.
    fn is_active<'a>(&'a self, access: &'a Secret) -> Asked<'a, bool>;

    /// Uses a refresh token: in Fitbit's form it is good once.
    fn refresh<'a>(&'a self, refresh: &'a Secret) -> Asked<'a, Grant>;

    /// The id of the account. Fitbit's form: what the token says, without a request.
    fn identity<'a>(&'a self, access: &'a Secret) -> Asked<'a, String>;

    /// Gives both tokens back.
    fn revoke<'a>(&'a self, access: &'a Secret, refresh: &'a Secret) -> Asked<'a, ()>;

    /// What was weighed in the last four months, with the ids of all.
    fn weights<'a>(&'a self, access: &'a Secret, today: Date) -> Asked<'a, Vec<Found<Weighed>>>;

    /// The last hundred nights, without those of which it cannot be said how the child slept.
    fn nights<'a>(&'a self, access: &'a Secret, today: Date) -> Asked<'a, Vec<Found<SleepFacts>>>;

    /// The last hundred activities, without those that lack what every activity has.
    fn activities<'a>(&'a self, access: &'a Secret, today: Date) -> Asked<'a, Vec<Found<ActivityFacts>>>;

    /// Totals of days up to today, one result for each of [`LOGS`]: of twelve months, from Google's form of the days
    /// since 42 days before the last sync.
    fn logs<'a>(
        &'a self,
        access: &'a Secret,
        today: Date,
        last_sync: Option<Date>,
    ) -> Awaited<'a, [Result<Totals, Fault>; 5]>;

    /// Whether a notice bears the signature that the client's secret makes of it. Takes the same time wherever it
    /// differs. Google's form has no such notices: false.
    fn has_signed(&self, notice: &[u8], signature: &str) -> bool;
}

/// What an access token says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The id of the account.
    pub subject: String,
    /// Until when it is good.
    pub ends: Timestamp,
    /// What it lets be read.
    pub features: Features,
}

/// What a refresh gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The new access token.
    pub access: Secret,
    /// The new refresh token; without, the old one stays good.
    pub refresh: Option<Secret>,
    /// Until when the access token is good.
    pub ends: Timestamp,
    /// What it lets be read.
    pub features: Features,
    /// The id of the account, if the answer says it.
    pub subject: Option<String>,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<T> {
    /// The id that it has there: not empty, at most 256 characters, unique within its list.
    pub id: String,
    /// What it is, valid for storing; nothing if the rules of what is stored refuse it. It counts as sent either way.
    pub thing: Option<T>,
}

/// What a scale measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Weighed {
    /// A weight, with a body fat if one belongs to it.
    Weight(NewWeight),
    /// A body fat of its own, which no sync counts.
    BodyFat(NewBodyFat),
}

/// The totals of one log, each day at most once, in any order; days without a value are left out.
pub type Totals = Vec<(Date, f64)>;

/// Why a service did not do what was asked (contract, section 4, "Errors").
///
/// A text is theirs: at most 256 characters, none of them a control character, secrets shortened. `Debug` shows none.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The access token is over.
    #[error("the access token has expired")]
    ExpiredToken,
    /// The access token is not good; Google's form says so of one that is over, too.
    #[error("the access token is not valid")]
    InvalidToken,
    /// The refresh token is not good.
    #[error("the refresh token is not valid")]
    InvalidGrant,
    /// The client's id or secret is not good.
    #[error("the client id or secret is not valid")]
    InvalidClient,
    /// Too much was asked; how long to wait, if that was said.
    #[error("too much was asked")]
    Limited(Option<Duration>),
    /// No answer, a late, too long or unreadable one, or 410.
    #[error("no answer that can be read")]
    Unreachable,
    /// 5xx.
    #[error("the service failed")]
    Failed {
        /// What it says.
        text: String,
        /// How long to wait, if that was said.
        retry_after: Option<Duration>,
    },
    /// Anything else, with what it says.
    #[error("the service refused")]
    Refused(String),
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({self})")
    }
}
