//! From settings to a running service: the data folder, keys, certificate, connections, the end.

pub mod backup;
mod certificate;
mod control;
pub mod doctor;
mod error;
mod folder;
mod keys;
mod lingering;
pub mod listener;
mod metrics;
mod opening;
mod operate;
mod places;
mod redirect;
mod renewal;
mod service;
mod signals;
mod supervisor;
pub mod tls;

pub use error::StartError;
pub use folder::remove_abandoned;
pub use operate::{OperateError, Operator, operate};
pub use service::{FirstPassword, Service, Started};
