//! Connections: places for them, TLS, deadlines, and the port that only says where to go.

mod activity;
mod arriving;
mod deadlines;
mod lingering;
pub mod listener;
mod misplaced;
mod places;
pub(in crate::server) mod redirect;
pub mod tls;
