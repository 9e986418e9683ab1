//! What the service decides: one `impl App` block per resource, the table of who may do what, tokens, passwords.

mod access;
mod audit;
mod clock;
pub mod demo;
mod directory;
mod operator;
pub mod policy;
mod random;
mod readiness;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::sync::Mutex;

use crate::model::{Clock, Error, Unauthenticated};
use crate::store::Store;
use access::keys::KeyRing;
use access::limits::RateLimiters;
use access::password::Hasher;
use access::policy::Row;
use access::token::{Revocations, Tokens};
use audit::refusals::Refusals;
use clock::ClockWatch;
use ipnet::IpNet;
use readiness::Readiness;

pub use access::keys::{EarlierKeys, KeyCare, KeyKeeper, KeyRecord, KeysRecord, NewKey, PublicKey};
pub use access::limited::{LimitedRecord, LimitedReport};
pub use access::limits::{Rate, RateLimits};
pub use access::origin::Origin;
pub use access::password::{HashOptions, derive_key};
pub use access::permit::Permit;
pub use access::scopes::scopes;
pub use access::token::{Caller, TokenOptions, role_claim as role_name};
pub use audit::AuditedReads;
pub use audit::actions::audited_actions;
pub use audit::trail::{TrailCursor, TrailPage, TrailQuery, TrailRecord};
pub use clock::{ClockTrust, clock_is_behind};
pub use operator::bootstrap::FirstAdmin;
pub use operator::refusal::Refusal;
pub use operator::{GivenPassword, OperatorCommand, Outcome, UserName, UserRecord, WithPassword};
pub use random::{random_bytes, random_password};

/// How the service is to behave.
pub struct AppOptions {
    /// How tokens are made.
    pub tokens: TokenOptions,
    /// What password hashes cost.
    pub hashing: HashOptions,
    /// The fewest characters of a new password.
    pub password_min_length: usize,
    /// Whether users change their own institution, and families their own children, freely.
    pub self_affiliation: SelfAffiliation,
    /// How long rows of the audit trail are kept.
    pub audit_keep: Duration,
    /// Which reads the audit trail names.
    pub audited_reads: AuditedReads,
    /// How often each may ask; without, as often as they like.
    pub rate_limits: Option<RateLimits>,
    /// The proxies whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Tells the time.
    pub clock: Clock,
    /// Whether the clock is held against what the database remembers.
    pub clock_trust: ClockTrust,
}

/// Whether users change their own institution, and families their own children, freely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelfAffiliation {
    /// Only an administrator changes them.
    Refused,
    /// As in the original platform.
    Allowed,
}

/// The service: everything that can be asked of it, whoever asks.
pub struct App {
    store: Store,
    tokens: Tokens,
    key_care: KeyCare,
    public_key_file: Option<String>,
    /// Held while the keys for tokens change.
    rotation: Mutex<()>,
    revocations: Arc<Revocations>,
    hasher: Hasher,
    clock: Clock,
    readiness: Readiness,
    clock_watch: ClockWatch,
    password_min_length: usize,
    self_affiliation: SelfAffiliation,
    audit_keep: Duration,
    audited_reads: AuditedReads,
    refusals: Refusals,
    limiters: Option<RateLimiters>,
    trusted_proxies: Vec<IpNet>,
}

/// What the format of a request's fields depends on.
#[derive(Debug, Clone, Copy)]
pub struct FieldRules {
    /// Dates after this one (UTC) lie in the future.
    pub today: Date,
    /// The present instant.
    pub now: Timestamp,
    /// The fewest characters of a new password.
    pub password_min_length: usize,
}

/// What the service has before it.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Password hashes that wait.
    pub hashes_waiting: u64,
    /// Changes that wait to be written.
    pub writes_waiting: u64,
    /// The size of the database.
    pub database_bytes: u64,
    /// The size of its journal.
    pub journal_bytes: u64,
}

impl App {
    /// Starts the service on a store.
    ///
    /// # Errors
    /// If the key for tokens is none, the costs of hashes are impossible, or the store cannot be read.
    pub fn start(store: Store, options: AppOptions) -> Result<Self, Error> {
        let limiters =
            options.rate_limits.map(|limits| RateLimiters::new(&limits, options.clock.clone())).transpose()?;
        let (revocations, floor) = store.read(|view| Ok((view.revocations()?, view.revoked_through()?)))?;
        let (keys, last_expiry) = store.read(|view| Ok((view.token_keys()?, view.last_token_expiry()?)))?;
        let TokenOptions { private_key, key_care, public_key_file, issuer, lifetime } = options.tokens;
        Ok(Self {
            limiters,
            trusted_proxies: options.trusted_proxies,
            tokens: Tokens::new(KeyRing::new(private_key.as_bytes(), keys, last_expiry)?, issuer, lifetime),
            key_care,
            public_key_file,
            rotation: Mutex::default(),
            revocations: Arc::new(Revocations::new(revocations, floor)),
            hasher: Hasher::start(&options.hashing)?,
            clock: options.clock,
            readiness: Readiness::default(),
            clock_watch: ClockWatch::new(options.clock_trust),
            password_min_length: options.password_min_length,
            self_affiliation: options.self_affiliation,
            audit_keep: options.audit_keep,
            audited_reads: options.audited_reads,
            refusals: Refusals::default(),
            store,
        })
    }

    /// What the format of fields depends on, now.
    #[must_use]
    pub fn field_rules(&self) -> FieldRules {
        let now = self.clock.now();
        let today = TimeZone::UTC.to_datetime(now).date();
        FieldRules { today, now, password_min_length: self.password_min_length }
    }

    /// What the service has before it, for those who watch over it.
    #[must_use]
    pub fn load(&self) -> Load {
        let (database_bytes, journal_bytes) = self.store.sizes();
        let (hashes_waiting, writes_waiting) = (self.hasher.waiting(), self.store.writes_waiting());
        Load { hashes_waiting, writes_waiting, database_bytes, journal_bytes }
    }

    /// What is to be done about once a minute: writes down what was refused, and forgets what is older than it is kept.
    ///
    /// # Errors
    /// If the store cannot write.
    pub async fn upkeep(&self) -> Result<(), Error> {
        self.limiters.iter().for_each(RateLimiters::forget_old);
        self.flush_refusals().await?;
        self.tidy_keys().await?;
        self.prune_audit(self.audit_keep).await
    }

    /// Whose token this is, if it holds a scope of the operation (contract, sections 2.1 and 3).
    ///
    /// # Errors
    /// `Unauthenticated` if there is none or it is not a valid one, `TooManyRequests` if it is used too often,
    /// `Forbidden` if it does not hold the scope.
    pub fn authenticate(&self, token: Option<&str>, operation: &Row, origin: &Origin) -> Result<Caller, Error> {
        let caller = self.noted_early(origin, self.caller(token))?;
        let scope = caller.has_scope(operation.scopes).then_some(()).ok_or(Error::Forbidden);
        self.noted(origin, operation.id, Some((caller.id, caller.role)), scope)?;
        Ok(caller)
    }

    fn caller(&self, token: Option<&str>) -> Result<Caller, Error> {
        let token = token.ok_or(Error::Unauthenticated(Unauthenticated::NoToken))?;
        let caller = self.tokens.check(token, self.clock.now())?;
        self.revocations.check(&caller)?;
        self.admit_token(&caller)?;
        Ok(caller)
    }
}
