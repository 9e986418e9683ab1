//! The use cases of tracking: what children do, weigh and sleep, and the air around them.

pub(in crate::app) mod activities;
pub(in crate::app) mod body_fats;
pub(in crate::app) mod child_days;
pub(in crate::app) mod demo;
pub(in crate::app) mod environments;
pub(in crate::app) mod export;
pub(in crate::app) mod logs;
pub(in crate::app) mod overview;
pub(in crate::app) mod policy;
pub(in crate::app) mod retention;
pub(in crate::app) mod sleep;
mod stored;
pub(in crate::app) mod weights;

pub use stored::Stored;
