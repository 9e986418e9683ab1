//! What the service decides: one `impl App` block per resource, the table of who may do what, tokens, passwords.

mod access;
mod audit;
mod backups;
mod clock;
pub mod demo;
mod directory;
pub mod imports;
mod in_force;
mod inquiry;
mod operator;
mod orphans;
pub mod policy;
mod poured;
mod random;
mod readiness;
mod reading;
pub mod rosters;
mod tracking;
mod upkeep;
pub mod wearables;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::{Clock, Error, Unauthenticated};
use crate::store::Store;
use access::policy::Row;
use access::rate_limits::RateLimiters;
use access::{Access, AccessOptions};
use audit::Audit;
use backups::Backups;
use clock::ClockWatch;
use ipnet::IpNet;
use readiness::Readiness;
use rosters::desk::Desk;
use tracking::retention::Retention;
use wearables::accounts::Accounts;
use wearables::desk::ReadingDesk;
use wearables::uploads::Shelf;

pub use crate::store::{AnswerBody, Form, KnownService, Outlet, TrailRow, Written};
pub use access::keys::{EarlierKeys, KeyCare, KeyKeeper, KeyRecord, KeysRecord, NewKey, PublicKey, key_name};
pub use access::limit_report::{LimitedRecord, LimitedReport};
pub use access::origin::Origin;
pub use access::password::{HashOptions, derive_key};
pub use access::permit::Permit;
pub use access::rate_limits::{Rate, RateLimits};
pub use access::scopes::scopes;
pub use access::token::{Caller, TokenOptions};
pub use audit::AuditedReads;
pub(crate) use audit::actions::RESTORE;
pub use audit::actions::audited_actions;
pub use audit::trail::{TrailCursor, TrailPage, TrailQuery, TrailRecord};
pub use backups::{BackupAsked, BackupShelf, KnownBackup, KnownBackups, OnShelf};
pub use clock::{ClockTrust, clock_is_behind};
pub use directory::leaving::Leave;
pub use in_force::InForce;
pub use inquiry::Inquiry;
pub use operator::bootstrap::FirstAdmin;
pub use operator::refusal::Refusal;
pub(crate) use operator::refusal::fault_words;
pub use operator::{GivenPassword, OperatorCommand, Outcome, UserName, UserRecord, WithPassword};
pub use random::{random_bytes, random_password};
pub use reading::Reading;
pub use tracking::Stored;
pub use tracking::export::{ExportPiece, ExportedChild, SectionPart};
pub use upkeep::{AuditQuery, LimitedUser, NamedLimits};
pub use wearables::accounts::{
    ConnectedService, GivenTokens, SecretSharing, ServiceClient, ShownTokens, SyncAnswer, SyncCounts, SyncLimit,
    WearableOptions,
};

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
    /// Whether educators reset passwords of the children in their groups.
    pub educators_reset: EducatorsReset,
    /// How long what is tracked is kept; without, for ever.
    pub keep_tracking: Option<Duration>,
    /// How long rows of the audit trail are kept.
    pub audit_keep: Duration,
    /// How many bytes of it are kept.
    pub audit_bytes: u64,
    /// Which reads the audit trail names.
    pub audited_reads: AuditedReads,
    /// How often each may ask; without, as often as they like.
    pub rate_limits: Option<RateLimits>,
    /// Where backups go.
    pub backups: BackupShelf,
    /// The settings that all this comes from.
    pub in_force: InForce,
    /// How children's wearables are synced.
    pub wearables: WearableOptions,
    /// The folder in which files are while they are uploaded.
    pub uploads: PathBuf,
    /// How many bytes of files of wearables one user may have there.
    pub wearable_bytes: u64,
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

/// Whether educators reset passwords of the children in their groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EducatorsReset {
    /// Only an administrator resets passwords.
    Refused,
    /// They do. Whom they take into a group is up to them.
    Allowed,
}

/// The service: everything that can be asked of it, whoever asks.
///
/// What needs the store may fail with `Unavailable` or `Internal`, as [`crate::store::View`] says. Methods say what
/// else they fail with.
pub struct App {
    store: Store,
    clock: Clock,
    rules: Rules,
    access: Access,
    audit: Audit,
    /// How long what is tracked is kept, if that has an end.
    retention: Option<Retention>,
    backups: Backups,
    in_force: InForce,
    health: Health,
    /// What is being imported.
    rosters: Desk,
    /// What was read of a file of wearables.
    wearables: ReadingDesk,
    /// Files of wearables that were uploaded.
    shelf: Shelf,
    /// Children's accounts at a wearable service.
    accounts: Accounts,
}

/// What is asked of users beyond the contract.
struct Rules {
    password_min_length: usize,
    self_affiliation: SelfAffiliation,
    educators_reset: EducatorsReset,
}

/// What tells whether the service can do its work.
struct Health {
    readiness: Readiness,
    clock: ClockWatch,
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
}

impl App {
    /// Starts the service on a store.
    ///
    /// # Errors
    /// If the key for tokens is none, the costs of hashes are impossible, or the store cannot be read.
    pub fn start(store: Store, options: AppOptions) -> Result<Self, Error> {
        let rules = Rules {
            password_min_length: options.password_min_length,
            self_affiliation: options.self_affiliation,
            educators_reset: options.educators_reset,
        };
        let access = AccessOptions {
            tokens: options.tokens,
            hashing: options.hashing,
            rate_limits: options.rate_limits,
            trusted_proxies: options.trusted_proxies,
        };
        let shelf = Shelf::new(options.uploads.clone(), options.wearable_bytes, options.hashing.on_thread_start);
        let retention = options.keep_tracking.map(|keep| Retention::new(&store, keep)).transpose()?;
        Ok(Self {
            rules,
            shelf,
            access: Access::start(&store, access, &options.clock)?,
            audit: Audit::new(options.audit_keep, options.audit_bytes, options.audited_reads),
            retention,
            backups: Backups::new(options.backups),
            in_force: options.in_force,
            rosters: Desk::new(options.uploads),
            wearables: ReadingDesk::default(),
            accounts: Accounts::new(options.wearables),
            health: Health { readiness: Readiness::default(), clock: ClockWatch::new(options.clock_trust) },
            clock: options.clock,
            store,
        })
    }

    /// What the format of fields depends on, now.
    #[must_use]
    pub fn field_rules(&self) -> FieldRules {
        let now = self.clock.now();
        let today = TimeZone::UTC.to_datetime(now).date();
        FieldRules { today, now, password_min_length: self.rules.password_min_length }
    }

    /// With which settings the service runs.
    #[must_use]
    pub fn in_force(&self) -> &InForce {
        &self.in_force
    }

    /// What the service has before it, for those who watch over it.
    #[must_use]
    pub fn load(&self) -> Load {
        Load { hashes_waiting: self.access.hasher.waiting(), writes_waiting: self.store.writes_waiting() }
    }

    /// The sizes of the database and of its journal, in bytes; 0 for one that is not there. Asks the disk.
    #[must_use]
    pub fn sizes(&self) -> (u64, u64) {
        self.store.sizes()
    }

    /// Forgets whose limits are over. To be done about once a minute, as [`App::flush_refusals`], [`App::tidy_keys`] and
    /// [`App::prune_audit`], each apart from the others; [`App::prune_tracking`] once an hour.
    pub fn forget_old_limits(&self) {
        self.access.limiters.iter().for_each(RateLimiters::forget_old);
        self.access.hasher.forget_old();
        self.rosters.forget_old(self.clock.now());
        self.wearables.forget_old(self.clock.now());
        self.shelf.forget_old(self.clock.now());
        self.accounts.forget_old(self.clock.now());
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
        let caller = self.access.tokens.check(token, self.clock.now())?;
        self.access.revocations.check(&caller)?;
        self.admit_token(&caller)?;
        Ok(caller)
    }
}
