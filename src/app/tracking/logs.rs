//! Logs of children: what each did in a day, in all.

use super::stored::track;
use crate::app::policy::{LogCreate, LogList, LogListOfType};
use crate::app::{App, Permit};
use crate::model::Error;
use crate::model::tracking::{DayTotals, Log, LogRange, LogType};

impl App {
    /// Stores totals of days of a child, one after another: each replaces the one of its day that is there.
    ///
    /// # Errors
    /// `Invalid` if there is no such child any more.
    pub async fn log_create(&self, permit: Permit<LogCreate>, kind: LogType, logs: Vec<Log>) -> Result<(), Error> {
        let child = permit.target().clone();
        self.change(permit, move |tx| {
            let child = track(tx, &child)?;
            logs.iter().try_for_each(|log| tx.put_log(child, kind, *log))
        })
        .await
    }

    /// The totals of every day of a range, of all types.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub async fn log_list(&self, permit: Permit<LogList>, range: LogRange) -> Result<Vec<DayTotals>, Error> {
        let child = permit.target().id;
        let days = self.store.read_one(|view| view.day_totals(child, range))?;
        self.record_read(permit, child.cast()).await?;
        Ok(days)
    }

    /// The totals of every day of a range, of one type.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub async fn log_list_of_type(
        &self,
        permit: Permit<LogListOfType>,
        kind: LogType,
        range: LogRange,
    ) -> Result<Vec<Log>, Error> {
        let child = permit.target().id;
        let days = self.store.read_one(|view| view.day_totals(child, range))?;
        self.record_read(permit, child.cast()).await?;
        Ok(days.iter().map(|day| day.of(kind)).collect())
    }
}
