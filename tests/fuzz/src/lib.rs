//! What the fuzz targets share.

use std::cell::RefCell;

pub mod targets;

/// Runs a target of this name on an input.
pub fn run(target: &str, data: &[u8]) {
    thread_local! {
        static FUZZ: RefCell<Option<targets::Fuzz>> = const { RefCell::new(None) };
    }
    FUZZ.with_borrow_mut(|fuzz| fuzz.get_or_insert_with(targets::Fuzz::new).run(target, data));
}
