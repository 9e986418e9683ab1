//! The overview, for administrators.

use crate::app::policy::OverviewView;
use crate::app::{App, KnownBackups, Permit};
use crate::model::Error;
use crate::model::tracking::Overview;
use crate::store::Asker;

impl App {
    /// How many there are of whom, who was not heard of, and which backups there are.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub async fn overview_view(&self, permit: Permit<OverviewView>) -> Result<(Overview, KnownBackups), Error> {
        if let Err(error) = self.flush_refusals().await {
            tracing::warn!(%error, "The refusals of the last minute are not yet in the audit trail");
        }
        let now = self.clock.now();
        let overview = self.store.scan(Asker::User(permit.caller().id), move |view| view.overview(now)).await?;
        Ok((overview, self.known_backups().await))
    }
}
