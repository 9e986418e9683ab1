//! What a use case still has to read: whoever answers says how it is written.

use crate::app::access::policy::Operation;
use crate::app::{App, Permit};
use crate::model::Error;
use crate::store::{Asker, Form, Items, Place, View, Written};

/// Items that a use case has found to be permitted, and that are read when it is their caller's turn: while they are
/// read they are written, so that an answer is never in memory as a whole, however long it is. All come from one state
/// of the database.
pub struct Reading<T> {
    place: Place,
    job: Job<T>,
}

type Job<T> = Box<dyn FnOnce(&View<'_>, &mut Items<'_, T>) -> Result<(), Error> + Send>;

impl<T: 'static> Reading<T> {
    /// In a place that was taken before.
    pub(in crate::app) fn new(
        place: Place,
        job: impl FnOnce(&View<'_>, &mut Items<'_, T>) -> Result<(), Error> + Send + 'static,
    ) -> Self {
        Self { place, job: Box::new(job) }
    }

    /// Reads, and writes what is read. Resolves when a short answer is whole or a long one has begun.
    ///
    /// # Errors
    /// What the use case says: `NotFound` if what it is about is not there, for example.
    pub async fn put_out(self, form: Form<T>) -> Result<Written, Error> {
        self.place.put_out(form, self.job).await
    }
}

impl App {
    /// Takes a caller's place in the line of those who read more than a few rows. A change whose answer is read takes it
    /// before it is made: what is committed is not refused afterwards.
    pub(in crate::app) fn place<O: Operation>(&self, permit: &Permit<O>) -> Result<Place, Error> {
        self.store.reserve(Asker::User(permit.caller().id))
    }

    /// What a caller is to read.
    pub(in crate::app) fn reading<O: Operation, T: 'static>(
        &self,
        permit: &Permit<O>,
        job: impl FnOnce(&View<'_>, &mut Items<'_, T>) -> Result<(), Error> + Send + 'static,
    ) -> Result<Reading<T>, Error> {
        Ok(Reading::new(self.place(permit)?, job))
    }
}
