//! What lists of tracking have in common.

use crate::api::http::query::ListShape;

/// A list of what is tracked: the path decides whose.
pub(super) const fn list_of(max_limit: u32) -> ListShape {
    ListShape { max_limit, of_users: false, ignored: &["child_id", "institution_id"] }
}
