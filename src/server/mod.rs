//! From settings to a running service: connections, figures, the end.

mod connections;
mod jobs;
mod lost_lines;
mod metrics;
mod outside;
mod renewal;
mod running;
mod service;
mod supervisor;

pub use connections::{listener, tls};
pub use lost_lines::LostLines;
pub use service::{Service, Started};
