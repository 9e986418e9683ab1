//! The fields of what is tracked.

/// A field of an object or body of tracking, beside those that the directory knows, too: `id`, `name` and `type`.
/// `api/tracking/names.rs` says how each is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// When something was measured.
    Timestamp,
    /// What was measured.
    Value,
    /// In what it was measured.
    Unit,
    /// A body fat that was measured with a weight.
    BodyFat,
}
