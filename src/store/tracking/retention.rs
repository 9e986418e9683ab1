//! Deleting what is tracked and older than it is kept: a few rows at a time, found by the indexes by time.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::params;

use crate::model::Error;
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Tx, View};

const DAY: i64 = 86_400_000;

/// Deletes at most `?2` rows of a table from before `?1`.
macro_rules! prune {
    ($table:literal of $owner:literal in $owners:literal by $time:literal, $key:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE (",
            $owner,
            ", ",
            $key,
            ") IN
             (SELECT t.",
            $owner,
            ", t.",
            $key,
            " FROM ",
            $owners,
            " o
              CROSS JOIN ",
            $table,
            " t ON t.",
            $owner,
            " = o.number AND t.",
            $time,
            " < ?1 LIMIT ?2)"
        )
    };
}

/// Counts an instant as a table counts its times.
type Count = fn(Timestamp) -> i64;

/// What there is of children, and how its time is counted. Weights go before the body fats that they show.
const OF_CHILDREN: [(&str, Count); 5] = [
    (prune!("day_totals" of "child" in "tracked_child" by "day", "day"), whole_days),
    (prune!("physical_activity" of "child" in "tracked_child" by "start_time", "id"), Timestamp::as_millisecond),
    (prune!("sleep" of "child" in "tracked_child" by "start_time", "id"), Timestamp::as_millisecond),
    (prune!("weight" of "child" in "tracked_child" by "timestamp", "id"), Timestamp::as_millisecond),
    (prune!("body_fat" of "child" in "tracked_child" by "timestamp", "id"), Timestamp::as_millisecond),
];

const ENVIRONMENTS: &str = concat!(
    prune!("environment" of "institution" in "tracked_institution" by "timestamp", "id"),
    " RETURNING institution"
);

/// The days that are over at an instant.
fn whole_days(instant: Timestamp) -> i64 {
    instant.as_millisecond().div_euclid(DAY)
}

impl View<'_> {
    /// The instant before which everything tracked may have been removed, if anything ever was because of its age.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn tracking_kept_from(&self) -> Result<Option<Timestamp>, Error> {
        self.prepare("SELECT tracking_kept_from FROM store_state")?
            .query_row([], |row| rows::optional_timestamp(row, 0))
            .translate()
    }
}

impl Tx<'_> {
    /// Remembers the instant before which everything tracked may be removed.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn keep_tracking_from(&self, instant: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE store_state SET tracking_kept_from = ?1 WHERE tracking_kept_from IS NOT ?1";
        self.execute(sql, [instant.as_millisecond()]).map(drop)
    }

    /// Deletes at most `most` rows of what is tracked from before an instant; returns how many it deleted. Of a day's
    /// totals the whole day has to lie before it.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn prune_tracking(&self, before: Timestamp, most: usize) -> Result<usize, Error> {
        let mut deleted = 0;
        for (sql, time) in OF_CHILDREN {
            if deleted < most {
                deleted += self.execute(sql, params![time(before), most - deleted])?;
            }
        }
        if deleted < most {
            deleted += self.prune_environments(before, most - deleted)?;
        }
        Ok(deleted)
    }

    fn prune_environments(&self, before: Timestamp, most: usize) -> Result<usize, Error> {
        let institutions: Vec<i64> = self
            .prepare(ENVIRONMENTS)?
            .query_map(params![before.as_millisecond(), most], |row| row.get(0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        let mut counts: HashMap<i64, i64> = HashMap::new();
        institutions.iter().for_each(|number| *counts.entry(*number).or_default() += 1);
        for (number, count) in counts {
            let sql = "UPDATE tracked_institution SET environments = environments - ?2 WHERE number = ?1";
            self.execute(sql, [number, count])?;
        }
        Ok(institutions.len())
    }
}
