//! What all operations take and answer over HTTP: the edge, paths, queries, bodies, answers, errors.

pub(in crate::api) mod accept;
pub(in crate::api) mod account;
pub(in crate::api) mod body;
pub(in crate::api) mod budget;
pub(in crate::api) mod compression;
pub(in crate::api) mod cors;
pub(in crate::api) mod edge;
pub(in crate::api) mod error_body;
pub(in crate::api) mod failure;
pub(in crate::api) mod file_body;
pub(in crate::api) mod names;
pub(in crate::api) mod params;
pub(in crate::api) mod query;
pub(in crate::api) mod reply;
pub(in crate::api) mod schema;
pub(in crate::api) mod unfit;
pub(in crate::api) mod zipped;
