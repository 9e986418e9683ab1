//! Physical activities of children.

use super::stored::{Part, Stored, store};
use crate::app::policy::{PhysicalActivityCreate, PhysicalActivityDelete, PhysicalActivityList, PhysicalActivityView};
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::tracking::{ActivityFacts, PhysicalActivity};
use crate::model::{Error, Kind};

impl Part for PhysicalActivity {
    fn part(&self) -> [u8; 12] {
        *self.id.as_bytes()
    }
}

impl App {
    /// Stores physical activities of a child.
    ///
    /// # Errors
    /// `Invalid` if there is no such child any more.
    pub async fn physicalactivity_create(
        &self,
        permit: Permit<PhysicalActivityCreate>,
        items: Vec<ActivityFacts>,
    ) -> Result<Stored<PhysicalActivity>, Error> {
        let child = permit.target().clone();
        self.change(permit, move |tx| store(tx, &child, &items, |child, new| tx.insert_activity(child, new))).await
    }

    /// The physical activities of a child that a query asks for.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub async fn physicalactivity_list(
        &self,
        permit: Permit<PhysicalActivityList>,
        query: Query,
    ) -> Result<Reading<PhysicalActivity>, Error> {
        let child = permit.target().id;
        let reading = self.reading(&permit, move |view, out| view.activities(child, &query, out))?;
        self.record_read(permit, child.cast()).await?;
        Ok(reading)
    }

    /// A physical activity of a child.
    ///
    /// # Errors
    /// `NotFound` if the child has none of this id.
    pub async fn physicalactivity_view(&self, permit: Permit<PhysicalActivityView>) -> Result<PhysicalActivity, Error> {
        let (child, id) = (permit.target().0.id, permit.target().1);
        let found = self.store.read_one(|view| view.activity(child, id))?;
        let found = found.ok_or(Error::NotFound(Kind::PhysicalActivity))?;
        self.record_read(permit, child.cast()).await?;
        Ok(found)
    }

    /// Deletes a physical activity of a child. Deleting none succeeds.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub async fn physicalactivity_delete(&self, permit: Permit<PhysicalActivityDelete>) -> Result<(), Error> {
        let (child, id) = (permit.target().0.id, permit.target().1);
        self.change(permit, move |tx| tx.delete_activity(child, id)).await.map(drop)
    }
}
