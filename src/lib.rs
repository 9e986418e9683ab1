//! The users service of the OCARIoT platform, as a library that its binary and its tests share.
//!
//! Layers, each importing only what stands left of it:
//! `model` <- `store` <- `app` <- `api`, `providers`, `operations` <- `server` <- `cli`. README's layer map says what lives where.

pub mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod model;
pub mod operations;
pub mod providers;
pub mod server;
pub mod store;
