//! Who asks: the token of a request, and logging in.

pub(in crate::api) mod auth;
pub(in crate::api) mod catalogue;
pub(in crate::api) mod login;
