//! What can be brought one or many of, and how it is judged (contract of tracking, section 5).

use poem_openapi::types::Type;
use serde::Serialize;

use super::json::{Object, Shown};
use crate::model::{Error, Identified, Invalid};

/// What requests bring one or many of. The implementing type is an item's schema in the document.
pub(super) trait Item: Type + 'static {
    /// What is stored.
    type New: Send;
    /// What its times say, all of them judged.
    type Times;
    /// What it is when it is stored, as the service knows it.
    type Made: Identified + Send + 'static;
    /// That, as clients see it.
    type Shown: From<Self::Made> + Serialize + Type;
    /// The keys that are looked at.
    const KEYS: &'static [&'static str];

    /// Judges its times, in the contract's order.
    ///
    /// # Errors
    /// The first that is none.
    fn times(item: &Object<'_>) -> Result<Self::Times, Invalid>;

    /// Judges its fields, in the contract's order; `owner` tells whether the path's id is one.
    ///
    /// # Errors
    /// The first rule that a field breaks; then all fields that are missing.
    fn fields(item: &Object<'_>, times: Self::Times, owner: Owner<'_>) -> Result<Self::New, Invalid>;

    /// The resource as it would look, as far as it goes.
    fn shown<'b>(item: &Object<'b>, owner: &str) -> Shown<'b>;
}

/// Whether the id in the path is one.
#[derive(Clone, Copy)]
pub(super) struct Owner<'i>(pub(super) Result<(), &'i Invalid>);

impl Owner<'_> {
    /// ID of the path's parameter, which is a field of each item.
    ///
    /// # Errors
    /// If it is none.
    pub(super) fn id(self) -> Result<(), Invalid> {
        self.0.map_err(Clone::clone)
    }
}

/// Why an item is not stored. Errors are told in this order.
pub(super) enum Rejected {
    /// Because of its fields, or of what is there already.
    Fields(Error),
    /// Because of its times.
    Times(Error),
}
