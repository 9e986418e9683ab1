//! The one error that every layer speaks, without HTTP in it.
//!
//! What a client is told about each variant is decided once, in `api/failure.rs`. Causes travel by
//! `source()`, are logged once and never reach a body.

use std::time::Duration;

use super::{AccountFault, Field, Kind, Unfit};

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request's content breaks a rule of the contract.
    #[error("invalid request: {0:?}")]
    Invalid(Invalid),
    /// Nobody, or nobody known, makes the request.
    #[error("not authenticated: {0:?}")]
    Unauthenticated(Unauthenticated),
    /// The caller is known and may not do this.
    #[error("not permitted")]
    Forbidden,
    /// There is no such thing, or none the caller may know of.
    #[error("{0:?} not found")]
    NotFound(Kind),
    /// Something of that name exists already.
    #[error("conflict: {0:?}")]
    Conflict(Conflict),
    /// The caller asks too often.
    #[error("rate limit exceeded")]
    TooManyRequests(Limited),
    /// A child's account at a wearable service does not let it be done.
    #[error("wearable account: {0:?}")]
    Account(AccountFault),
    /// The service cannot do it now, and may be able to do it later.
    #[error("unavailable: {0:?}")]
    Unavailable(Unavailable),
    /// A fault of the service. The source is for operators alone.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps a cause that only operators may read.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        Self::Invalid(unfit.into())
    }
}

impl From<ImportConflict> for Error {
    fn from(conflict: ImportConflict) -> Self {
        Self::Conflict(Conflict::Import(conflict))
    }
}

impl From<AccountFault> for Error {
    fn from(fault: AccountFault) -> Self {
        Self::Account(fault)
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Which rule the request's content breaks. Holds what the text needs, never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// The body is no JSON object.
    Syntax,
    /// A field breaks a rule of its format.
    Field(Field, Fault),
    /// Fields that must be there are not, in the contract's order.
    Missing(Vec<Field>),
    /// `new_password` alone is missing; the contract words this one in the singular.
    MissingNewPassword,
    /// Tokens of a wearable service that must be there are not, in the contract's order.
    MissingTokens(Vec<Field>),
    /// An id in the path or in `institution_id` is no id.
    Id(Kind),
    /// An id in the query, or in the path of a child's tag or wearable, is no id.
    SomeId,
    /// A place in the audit trail is none.
    TrailPlace,
    /// Ids in `children` are no ids, as they were given.
    ChildIds(Vec<String>),
    /// A date cannot be used.
    Date(DateFault, String),
    /// `password` does not belong into an update; the path's id as given, for the text.
    PasswordInUpdate(String),
    /// The old password is not the user's.
    OldPassword,
    /// The institution referred to does not exist.
    InstitutionMissing,
    /// The institution still has users.
    InstitutionInUse,
    /// Children referred to do not exist.
    ChildrenMissing(Vec<String>),
    /// The child to add to a family does not exist.
    ChildToAddMissing,
    /// The family to add a child to does not exist: 400, not 404, there.
    FamilyToExtendMissing,
    /// No usable NFC tag was given.
    NfcTag,
    /// Something of an import cannot be meant: what, and what to do.
    Import(String),
    /// Which users a list is to show is none of the words for that.
    Presence,
    /// When a user is to be deactivated is no time.
    LeaveTime,
    /// How long a deactivated user is to be kept is no number of days.
    LeaveDays,
    /// The owner has as many groups as one may have.
    GroupLimit(usize),
    /// All groups of the owner would hold more children than they may together.
    GroupMemberLimit(usize),
    /// A measured value breaks a rule, or whom it is of is not there.
    Unfit(Unfit),
}

impl From<Unfit> for Invalid {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

/// How one field breaks its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not a string.
    NotText,
    /// It is the empty string.
    Empty,
    /// It has more characters than this.
    TooLong(usize),
    /// It has more bytes than this (passwords).
    TooManyBytes(usize),
    /// It has fewer characters than this (new passwords).
    TooShort(usize),
    /// It holds control characters.
    ControlCharacters,
    /// It holds something else than visible ASCII characters (tokens).
    NotVisible,
    /// It is no token of the wearable service's form.
    NotToken,
    /// It is not an array.
    NotArray,
    /// It has more items than this.
    TooManyItems(usize),
    /// An item has no id at all.
    ItemWithoutId,
    /// It is not one of the genders.
    NotGender,
    /// An age of zero or below.
    NotPositive,
    /// An age that an update sets to nothing.
    NotNumber,
}

/// Why a date cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateFault {
    /// Not written `YYYY-MM-DD`.
    Format,
    /// The year is not after 1678 and before 2261.
    Year,
    /// No such day in that month.
    Day,
    /// It lies in the future.
    Future,
}

/// Why a caller counts as nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unauthenticated {
    /// No bearer token was sent.
    NoToken,
    /// The token's time is over.
    Expired,
    /// The token is not one of ours, or not whole.
    BadToken,
    /// The token was revoked: its user was deleted or has another password now.
    Revoked,
    /// No account has this name and this password.
    WrongPassword,
}

/// What exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Another thing of this kind bears the name.
    Name(Kind),
    /// Another child holds the NFC tag.
    NfcTag,
    /// An import is not as far as it would have to be.
    Import(ImportConflict),
}

/// Why something cannot be done with an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportConflict {
    /// There is no plan of the upload that can be applied.
    NoPlan,
    /// The upload was applied already.
    Applied,
    /// The plan is not prepared.
    Unprepared,
    /// What there is is not any more what the plan was made of.
    OutOfDate,
    /// The import was taken back already.
    Undone,
    /// The plan asks something that is not answered.
    Open,
}

/// How long to wait, for the answer's headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// How many requests fit into the limit.
    pub limit: u32,
    /// How long until one more fits.
    pub wait: Duration,
}

/// Why the service cannot do it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// More log-ins wait than the queue holds.
    HashQueueFull,
    /// The bodies that arrive at the same time take all the memory there is for them.
    BodiesFull,
    /// More lists and other long answers wait than the line for them holds.
    ScansFull,
    /// The files that wait to be imported take all the room there is for them.
    UploadsFull,
    /// The store is locked or has too many waiting writes.
    StoreBusy,
    /// There is no room on the disk.
    DiskFull,
    /// The disk refuses to write or read.
    DiskFailure,
    /// The disk does not answer.
    DiskSilent,
    /// The clock tells a time that was over before.
    ClockBehind,
    /// The service is about to end.
    Stopping,
    /// A fault of the service keeps it from its work.
    Faulty,
}
