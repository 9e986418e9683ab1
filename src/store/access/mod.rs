//! The tables of who may log in: accounts, the keys for tokens, and which tokens are revoked.

pub(in crate::store) mod accounts;
mod departures;
pub(in crate::store) mod erasures;
pub(in crate::store) mod reach;
pub(in crate::store) mod revocations;
pub(in crate::store) mod token_keys;
