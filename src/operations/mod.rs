//! What is done with a data folder, with or without the service: keys, certificate, opening, backups, check-ups.

pub mod backup;
pub(crate) mod certificate;
pub(crate) mod control;
pub mod doctor;
mod error;
mod exchange;
mod files;
pub(crate) mod folder;
mod held;
pub(crate) mod keys;
pub(crate) mod opening;
mod reach;
pub(crate) mod remedy;
pub(crate) mod signals;

pub use control::{Exporter, Exporting};
pub use error::{OperateError, StartError};
pub(crate) use folder::read_given_secret;
pub use folder::{forget_first_password, remove_abandoned};
pub use reach::{Operator, in_force, operate};
pub use remedy::{Denial, Remedy};
