//! What a fault of SQLite means to the rest of the service.

use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::model::{Error, Unavailable};
use crate::store::OpenError;

impl OpenError {
    /// Whether the file is not what it should be, rather than out of reach: then another one in its place helps.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::NotOurs | Self::Damaged(_) => true,
            Self::Driver(cause) => {
                matches!(cause.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
            }
            Self::FromTheFuture { .. } | Self::WrongKey | Self::NoKey(_) | Self::File(_) | Self::Pool(_) => false,
        }
    }
}

/// Which of the service's errors a failure of SQLite is.
pub(in crate::store) fn translate(cause: &Arc<rusqlite::Error>) -> Error {
    match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => unavailable(cause, Unavailable::DiskFull),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => unavailable(cause, Unavailable::StoreBusy),
        Some(ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            unavailable(cause, Unavailable::DiskFailure)
        }
        _ => Error::internal(Arc::clone(cause)),
    }
}

/// Logs the cause, which the variant does not carry.
fn unavailable(cause: &rusqlite::Error, reason: Unavailable) -> Error {
    tracing::error!(error = %cause, ?reason, "The store cannot do its work now");
    Error::Unavailable(reason)
}

/// Turns the driver's results into the service's.
pub(in crate::store) trait Translate<T> {
    fn translate(self) -> Result<T, Error>;
    /// As `translate`, with a violated UNIQUE constraint told apart: the statement knows which one it was.
    fn or_duplicate(self, duplicate: Error) -> Result<T, Error>;
}

impl<T> Translate<T> for rusqlite::Result<T> {
    fn translate(self) -> Result<T, Error> {
        self.map_err(|cause| translate(&Arc::new(cause)))
    }

    fn or_duplicate(self, duplicate: Error) -> Result<T, Error> {
        self.map_err(|cause| match cause.sqlite_error().map(|error| error.extended_code) {
            Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE) => duplicate,
            _ => translate(&Arc::new(cause)),
        })
    }
}
