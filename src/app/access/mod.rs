//! Who may ask, for what, and how often: the table of who may do what, permits, tokens, passwords, limits.

pub(in crate::app) mod keys;
pub(in crate::app) mod limited;
pub(in crate::app) mod limits;
pub(in crate::app) mod login;
pub(in crate::app) mod origin;
pub(in crate::app) mod password;
pub(in crate::app) mod permit;
pub(in crate::app) mod policy;
pub(in crate::app) mod proxies;
pub(in crate::app) mod scopes;
pub(in crate::app) mod token;
