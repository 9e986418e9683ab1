//! Environments of institutions: the air of their rooms.

use super::stored::{Part, Stored, each};
use crate::app::policy::{EnvironmentClear, EnvironmentCreate, EnvironmentDelete, EnvironmentList};
use crate::app::{App, Permit, Reading};
use crate::model::query::Query;
use crate::model::tracking::{Environment, EnvironmentFacts};
use crate::model::{Error, Kind, Unfit};

impl Part for Environment {
    fn part(&self) -> [u8; 12] {
        *self.id.as_bytes()
    }
}

impl App {
    /// Stores environments of an institution.
    ///
    /// # Errors
    /// `Invalid` if there is no such institution any more.
    pub async fn environment_create(
        &self,
        permit: Permit<EnvironmentCreate>,
        items: Vec<EnvironmentFacts>,
    ) -> Result<Stored<Environment>, Error> {
        let institution = permit.target().clone();
        self.change(permit, move |tx| {
            let unregistered = || Unfit::Unregistered(Kind::Institution, institution.given.clone());
            let owner = tx.track_institution(institution.id)?.ok_or_else(unregistered)?;
            each(&items, |facts| tx.insert_environment(owner, facts))
        })
        .await
    }

    /// The environments of an institution that a query asks for.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn environment_list(
        &self,
        permit: &Permit<EnvironmentList>,
        query: Query,
    ) -> Result<Reading<Environment>, Error> {
        let institution = permit.target().id;
        self.reading(permit, move |view, out| view.environments(institution, &query, out))
    }

    /// Deletes all environments of an institution. Deleting none succeeds.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub async fn environment_clear(&self, permit: Permit<EnvironmentClear>) -> Result<(), Error> {
        let institution = permit.target().id;
        self.change(permit, move |tx| tx.clear_environments(institution)).await?;
        self.sweep().await;
        Ok(())
    }

    /// Deletes an environment of an institution. Deleting none succeeds.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub async fn environment_delete(&self, permit: Permit<EnvironmentDelete>) -> Result<(), Error> {
        let (institution, id) = (permit.target().0.id, permit.target().1);
        self.change(permit, move |tx| tx.delete_environment(institution, id)).await.map(drop)
    }
}
