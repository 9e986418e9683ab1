//! Nights of children.

use super::stored::{Part, Stored, store};
use crate::app::policy::{SleepCreate, SleepDelete, SleepList, SleepView};
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::tracking::{Sleep, SleepFacts};
use crate::model::{Error, Kind};

impl Part for Sleep {
    fn part(&self) -> [u8; 12] {
        *self.id.as_bytes()
    }
}

impl App {
    /// Stores nights of a child.
    ///
    /// # Errors
    /// `Invalid` if there is no such child any more.
    pub async fn sleep_create(
        &self,
        permit: Permit<SleepCreate>,
        items: Vec<SleepFacts>,
    ) -> Result<Stored<Sleep>, Error> {
        let child = permit.target().clone();
        self.change(permit, move |tx| store(tx, &child, &items, |child, new| tx.insert_sleep(child, new))).await
    }

    /// The nights of a child that a query asks for.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub async fn sleep_list(&self, permit: Permit<SleepList>, query: Query) -> Result<Reading<Sleep>, Error> {
        let child = permit.target().id;
        let reading = self.reading(&permit, move |view, out| view.nights(child, &query, out))?;
        self.record_read(permit, child.cast()).await?;
        Ok(reading)
    }

    /// A night of a child.
    ///
    /// # Errors
    /// `NotFound` if the child has none of this id.
    pub async fn sleep_view(&self, permit: Permit<SleepView>) -> Result<Sleep, Error> {
        let (child, id) = (permit.target().0.id, permit.target().1);
        let found = self.store.read_one(|view| view.sleep(child, id))?;
        let found = found.ok_or(Error::NotFound(Kind::Sleep))?;
        self.record_read(permit, child.cast()).await?;
        Ok(found)
    }

    /// Deletes a night of a child. Deleting none succeeds.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub async fn sleep_delete(&self, permit: Permit<SleepDelete>) -> Result<(), Error> {
        let (child, id) = (permit.target().0.id, permit.target().1);
        self.change(permit, move |tx| tx.delete_sleep(child, id)).await.map(drop)
    }
}
