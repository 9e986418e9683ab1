//! Weights of children.

use super::stored::{Part, Stored, store};
use crate::app::policy::{WeightCreate, WeightDelete, WeightList, WeightView};
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::tracking::{NewWeight, Weight};
use crate::model::{Error, Kind};

impl Part for Weight {
    fn part(&self) -> [u8; 12] {
        *self.id.as_bytes()
    }
}

impl App {
    /// Stores weights of a child, and the body fats that come with them.
    ///
    /// # Errors
    /// `Invalid` if there is no such child any more.
    pub async fn weight_create(
        &self,
        permit: Permit<WeightCreate>,
        items: Vec<NewWeight>,
    ) -> Result<Stored<Weight>, Error> {
        let child = permit.target().clone();
        self.change(permit, move |tx| store(tx, &child, &items, |child, new| tx.insert_weight(child, new))).await
    }

    /// The weights of a child that a query asks for.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub async fn weight_list(&self, permit: Permit<WeightList>, query: Query) -> Result<Reading<Weight>, Error> {
        let child = permit.target().id;
        let reading = self.reading(&permit, move |view, out| view.weights(child, &query, out))?;
        self.record_read(permit, child.cast()).await?;
        Ok(reading)
    }

    /// A weight of a child.
    ///
    /// # Errors
    /// `NotFound` if the child has none of this id.
    pub async fn weight_view(&self, permit: Permit<WeightView>) -> Result<Weight, Error> {
        let (child, id) = (permit.target().0.id, permit.target().1);
        let found = self.store.read_one(|view| view.weight(child, id))?.ok_or(Error::NotFound(Kind::Weight))?;
        self.record_read(permit, child.cast()).await?;
        Ok(found)
    }

    /// Deletes a weight of a child; its body fat stays. Deleting none succeeds.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub async fn weight_delete(&self, permit: Permit<WeightDelete>) -> Result<(), Error> {
        let (child, id) = (permit.target().0.id, permit.target().1);
        self.change(permit, move |tx| tx.delete_weight(child, id)).await.map(drop)
    }
}
