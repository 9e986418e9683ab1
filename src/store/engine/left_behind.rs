//! What users who were deleted left behind outside.

use std::sync::{Mutex, PoisonError};

use crate::model::{Account, Id};

/// The most that waits.
const MOST: usize = 1000;

/// Sealed tokens of somebody who was deleted.
pub(in crate::store) struct Remains {
    /// Whose they were.
    pub(in crate::store) owner: Id<Account>,
    /// Which service gave them.
    pub(in crate::store) provider: String,
    pub(in crate::store) sealed: Vec<u8>,
}

/// The tokens of users who were deleted, of whom services outside are still to be told. In memory alone: they are tried to be
/// given back once.
#[derive(Default)]
pub(in crate::store) struct LeftBehind(Mutex<Vec<Remains>>);

impl LeftBehind {
    pub(in crate::store) fn add(&self, remains: Remains) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < MOST {
            all.push(remains);
        }
    }

    /// All of them, once.
    pub(in crate::store) fn take(&self) -> Vec<Remains> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
