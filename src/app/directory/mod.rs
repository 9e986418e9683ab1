//! The use cases of the directory: institutions, users of all types, groups of children.

pub(in crate::app) mod accounts;
pub(in crate::app) mod applications;
pub(in crate::app) mod children;
pub(in crate::app) mod families;
pub(in crate::app) mod groups;
pub(in crate::app) mod institutions;
pub(in crate::app) mod leaving;
mod made;
pub(in crate::app) mod policy;
pub(in crate::app) mod professionals;
pub(in crate::app) mod users;
