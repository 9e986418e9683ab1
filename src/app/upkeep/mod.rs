//! Looking after the service itself, for administrators.

pub(in crate::app) mod policy;
mod state;

pub use state::{AuditQuery, LimitedUser, NamedLimits};
