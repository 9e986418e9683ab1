//! The trail's words for what was done or asked: the operations of the table, and what is none of them.

use crate::app::policy::TABLE;

/// Logging in.
pub(in crate::app) const LOGIN: &str = "auth_login";
/// Making an administrator.
pub(in crate::app) const ADMIN_CREATE: &str = "admin_create";
/// Forgetting the tries of a user's password.
pub(in crate::app) const USER_UNLOCK: &str = "user_unlock";
/// Having another key sign.
pub(in crate::app) const ROTATION: &str = "keys_rotate";
/// Putting a backup, or what a restore kept, in the place of the data: in the trail that comes with it.
pub(crate) const RESTORE: &str = "restore";
/// Removing what is tracked and older than it is kept.
pub(in crate::app) const TRACKING_PRUNE: &str = "tracking_prune";
/// Deactivating somebody who was to be by then.
pub(in crate::app) const LEAVER_DEACTIVATE: &str = "leaver_deactivate";
/// Deleting somebody who was to be by then.
pub(in crate::app) const LEAVER_DELETE: &str = "leaver_delete";
/// Applying an import: its count is that of the things it made or changed, each of which has a row of its own.
pub(in crate::app) const ROSTER_APPLY: &str = "roster_apply";
/// Taking an import back, in the same way.
pub(in crate::app) const ROSTER_UNDO: &str = "roster_undo";
/// Storing what a child's wearable says: one row for each child and import.
pub(in crate::app) const WEARABLES_APPLY: &str = "wearables_apply";
/// Taking such an import back: its count is that of the things that were removed or put back.
pub(in crate::app) const WEARABLES_UNDO: &str = "wearables_undo";
/// A request that is refused before it is known what is wanted.
pub(in crate::app) const EARLY: &str = "request";

/// Every word for what was done or asked that the trail uses.
pub fn audited_actions() -> impl Iterator<Item = &'static str> {
    let others = [
        LOGIN,
        ADMIN_CREATE,
        ROTATION,
        RESTORE,
        TRACKING_PRUNE,
        LEAVER_DEACTIVATE,
        LEAVER_DELETE,
        ROSTER_APPLY,
        ROSTER_UNDO,
        WEARABLES_APPLY,
        WEARABLES_UNDO,
        EARLY,
    ];
    TABLE.iter().map(|row| row.id).chain(others)
}
