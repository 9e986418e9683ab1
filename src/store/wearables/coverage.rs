//! Of which days what is stored, child by child.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::params;

use crate::model::tracking::days_between;
use crate::model::wearables::DataKind;
use crate::model::{Child, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{TrackedChild, View};

const FIRST: Date = Date::constant(1970, 1, 1);

/// The kinds of each day of which there are any.
pub type CoveredDays = BTreeMap<i64, Vec<DataKind>>;

/// The days on which a table has something, between `?2` and `?3`: of instants those of UTC.
macro_rules! days_of {
    ($table:literal, $time:literal, $indexed:literal) => {
        concat!(
            "SELECT DISTINCT (",
            $time,
            " - CASE WHEN ",
            $time,
            " < 0 THEN 86399999 ELSE 0 END) / 86400000 AS day FROM ",
            $table,
            " WHERE child = ?1 AND ",
            $indexed,
            " BETWEEN (?2 - 2) * 86400000 AND (?3 + 1) * 86400000 AND day BETWEEN ?2 AND ?3"
        )
    };
}

const OF_INSTANTS: [(DataKind, &str); 4] = [
    (DataKind::Activity, days_of!("physical_activity", "start_time", "start_time")),
    (DataKind::Sleep, days_of!("sleep", "(start_time + duration)", "start_time")),
    (DataKind::Weight, days_of!("weight", "timestamp", "timestamp")),
    (DataKind::BodyFat, days_of!("body_fat", "timestamp", "timestamp")),
];

impl View<'_> {
    /// The active children of a class: those of the group of this id, or of all groups of a class at school that is called this.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn class_children(&self, class: &str) -> Result<Vec<Id<Child>>, Error> {
        let id = Id::<Child>::parse(class).map(|id| id.as_bytes().to_vec());
        self.prepare(
            "SELECT DISTINCT m.child_id FROM children_group g JOIN group_member m ON m.group_id = g.id
             JOIN account a ON a.id = m.child_id AND a.deactivated_at IS NULL
             WHERE g.id = ?1 OR g.school_class = ?2 ORDER BY m.child_id",
        )?
        .query_map(params![id, class], |row| rows::id(row, 0))
        .translate()?
        .collect::<rusqlite::Result<_>>()
        .translate()
    }

    /// Of which days of a range what is stored of a child.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn covered_days(&self, child: TrackedChild, from: Date, to: Date) -> Result<CoveredDays, Error> {
        let (from, to) = (days_between(FIRST, from), days_between(FIRST, to));
        let mut covered = CoveredDays::new();
        let mut totals = self.prepare(
            "SELECT day, steps, calories, active_minutes, lightly_active_minutes, sedentary_minutes
             FROM day_totals WHERE child = ?1 AND day BETWEEN ?2 AND ?3",
        )?;
        let mut rows = totals.query([child.number, from, to]).translate()?;
        while let Some(row) = rows.next().translate()? {
            let day: i64 = row.get(0).translate()?;
            for (at, kind) in DataKind::ALL.iter().take(5).enumerate() {
                if row.get::<_, Option<f64>>(at + 1).translate()?.is_some() {
                    covered.entry(day).or_default().push(*kind);
                }
            }
        }
        for (kind, sql) in OF_INSTANTS {
            let mut statement = self.prepare(sql)?;
            let days = statement.query_map([child.number, from, to], |row| row.get(0)).translate()?;
            for day in days {
                covered.entry(day.translate()?).or_default().push(kind);
            }
        }
        Ok(covered)
    }
}
