//! The words of the domain as types. No I/O, no SQL, no JSON names, no web framework.

mod clock;

pub use clock::Clock;
