//! The operations of the directory, a file per resource.

pub(in crate::api) mod accounts;
pub(in crate::api) mod applications;
pub(in crate::api) mod catalogue;
pub(in crate::api) mod children;
pub(in crate::api) mod educators;
pub(in crate::api) mod families;
pub(in crate::api) mod faults;
pub(in crate::api) mod fields;
pub(in crate::api) mod groups;
pub(in crate::api) mod healthprofessionals;
pub(in crate::api) mod institutions;
pub(in crate::api) mod professionals;
pub(in crate::api) mod schema;
pub(in crate::api) mod users;
