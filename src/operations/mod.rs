//! What is done with a data folder, with or without the service: keys, certificate, opening, backups, check-ups.

pub mod backup;
pub(crate) mod certificate;
pub(crate) mod control;
pub mod doctor;
mod error;
pub(crate) mod folder;
pub(crate) mod keys;
pub(crate) mod opening;
mod operate;
pub(crate) mod signals;

pub use error::StartError;
pub use folder::remove_abandoned;
pub use operate::{OperateError, Operator, operate};
