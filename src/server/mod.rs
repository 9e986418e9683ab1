//! From settings to a running service: connections, figures, the end.

mod connections;
mod metrics;
mod renewal;
mod service;
mod supervisor;

pub use connections::{listener, tls};
pub use service::{FirstPassword, Service, Started};
