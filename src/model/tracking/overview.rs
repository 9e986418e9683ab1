//! What whoever looks after the service wants to know first.

use crate::model::Role;

/// How many there are of whom, and who was not heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The types of users of which there are any.
    pub users: Vec<RoleCount>,
    /// Of how many children nothing was ever measured.
    pub never_measured: u64,
    /// Of how many others nothing was measured in the last week.
    pub silent: u64,
    /// How many log-ins failed in the last day.
    pub failed_logins: u64,
}

/// How many users of a type there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleCount {
    /// The type.
    pub role: Role,
    /// All of them.
    pub users: u64,
    /// Those who never logged in.
    pub never_logged_in: u64,
}
