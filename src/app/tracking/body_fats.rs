//! BodyFats of children.

use super::stored::{Part, Stored, store};
use crate::app::policy::{BodyFatCreate, BodyFatDelete, BodyFatList, BodyFatView};
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::tracking::{BodyFat, NewBodyFat};
use crate::model::{Error, Kind};

impl Part for BodyFat {
    fn part(&self) -> [u8; 12] {
        *self.id.as_bytes()
    }
}

impl App {
    /// Stores body fats of a child.
    ///
    /// # Errors
    /// `Invalid` if there is no such child any more.
    pub async fn bodyfat_create(
        &self,
        permit: Permit<BodyFatCreate>,
        items: Vec<NewBodyFat>,
    ) -> Result<Stored<BodyFat>, Error> {
        let child = permit.target().clone();
        self.change(permit, move |tx| store(tx, &child, &items, |child, new| tx.insert_body_fat(child, new))).await
    }

    /// The body fats of a child that a query asks for.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub async fn bodyfat_list(&self, permit: Permit<BodyFatList>, query: Query) -> Result<Reading<BodyFat>, Error> {
        let child = permit.target().id;
        let reading = self.reading(&permit, move |view, out| view.body_fats(child, &query, out))?;
        self.record_read(permit, child.cast()).await?;
        Ok(reading)
    }

    /// A body fat of a child.
    ///
    /// # Errors
    /// `NotFound` if the child has none of this id.
    pub async fn bodyfat_view(&self, permit: Permit<BodyFatView>) -> Result<BodyFat, Error> {
        let (child, id) = (permit.target().0.id, permit.target().1);
        let found = self.store.read_one(|view| view.body_fat(child, id))?.ok_or(Error::NotFound(Kind::BodyFat))?;
        self.record_read(permit, child.cast()).await?;
        Ok(found)
    }

    /// Deletes a body fat of a child; a weight that it came with stays without one. Deleting none succeeds.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub async fn bodyfat_delete(&self, permit: Permit<BodyFatDelete>) -> Result<(), Error> {
        let (child, id) = (permit.target().0.id, permit.target().1);
        self.change(permit, move |tx| tx.delete_body_fat(child, id)).await.map(drop)
    }
}
