//! What is tracked of children and institutions that were deleted is deleted right after them, and what they have outside is
//! given back.

use crate::app::App;
use crate::model::Error;

/// How many rows are deleted in one transaction: other writes go between. The largest are nights, of some kilobytes.
const DELETED_AT_ONCE: usize = 200;

impl App {
    /// Deletes what is tracked of children and institutions that were deleted. To be done about once a minute, for when
    /// the service ended before it was done.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` of the store; what was deleted before stays so.
    pub async fn delete_orphans(&self) -> Result<(), Error> {
        self.give_back_left_behind();
        while self.store.read(|view| view.has_orphans())? {
            self.store.write(|tx| tx.delete_orphans(DELETED_AT_ONCE)).await?;
        }
        Ok(())
    }

    /// The same for whoever deleted somebody. What cannot be deleted now will be within minutes, or the log tells why not.
    pub(in crate::app) async fn sweep(&self) {
        let _ = self.delete_orphans().await;
    }
}
