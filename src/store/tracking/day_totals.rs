//! Rows of `day_totals`: a day of a child each, with a column for each type of log.

use jiff::ToSpan;
use jiff::civil::Date;
use rusqlite::{Row, params};

use super::TrackedChild;
use super::list::of_child;
use crate::model::tracking::{DayTotals, Log, LogRange, LogType, StoredDay, days_between};
use crate::model::{Child, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::{Tx, View};

/// The day whose number is 0.
pub(super) const FIRST: Date = Date::constant(1970, 1, 1);

/// Stores a value in a column, unless it is there already.
macro_rules! put {
    ($column:literal) => {
        concat!(
            "INSERT INTO day_totals (child, day, ",
            $column,
            ") VALUES (?1, ?2, ?3) ON CONFLICT (child, day) DO UPDATE SET ",
            $column,
            " = excluded.",
            $column,
            " WHERE day_totals.",
            $column,
            " IS DISTINCT FROM excluded.",
            $column
        )
    };
}

fn totals(row: &Row<'_>, date: Date) -> rusqlite::Result<DayTotals> {
    Ok(DayTotals {
        date,
        steps: row.get(1)?,
        calories: row.get(2)?,
        active_minutes: row.get(3)?,
        lightly_active_minutes: row.get(4)?,
        sedentary_minutes: row.get(5)?,
    })
}

fn stored_day(row: &Row<'_>) -> rusqlite::Result<StoredDay> {
    Ok(StoredDay {
        date: FIRST.saturating_add(row.get::<_, i64>(0)?.days()),
        steps: row.get(1)?,
        calories: row.get(2)?,
        active_minutes: row.get(3)?,
        lightly_active_minutes: row.get(4)?,
        sedentary_minutes: row.get(5)?,
    })
}

impl View<'_> {
    /// The totals of every day of a range, in one statement.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn day_totals(&self, child: Id<Child>, range: LogRange) -> Result<Vec<DayTotals>, Error> {
        let (first, last) = (days_between(FIRST, range.first()), days_between(FIRST, range.last()));
        let mut statement = self.prepare(concat!(
            "SELECT t.day, coalesce(t.steps, 0.0), coalesce(t.calories, 0.0), coalesce(t.active_minutes, 0.0),
                    coalesce(t.lightly_active_minutes, 0.0), coalesce(t.sedentary_minutes, 0.0)
             FROM day_totals t WHERE ",
            of_child!(),
            " AND t.day BETWEEN ?2 AND ?3 ORDER BY t.day"
        ))?;
        let mut rows = statement.query(params![child.as_bytes(), first, last]).translate()?;
        let mut stored = rows.next().translate()?;
        let mut days = Vec::new();
        for (number, date) in (first..).zip(range.days()) {
            match stored {
                Some(row) if row.get::<_, i64>(0).translate()? == number => {
                    days.push(totals(row, date).translate()?);
                    stored = rows.next().translate()?;
                }
                _ => days.push(DayTotals::empty(date)),
            }
        }
        Ok(days)
    }

    /// Hands on all totals of days of a child that are stored, the newest day first.
    ///
    /// # Errors
    /// What `take` returns, and `Unavailable` or `Internal` if the database cannot be read.
    pub fn each_stored_day(
        &self,
        child: Id<Child>,
        take: &mut dyn FnMut(StoredDay) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut statement = self.prepare(concat!(
            "SELECT t.day, t.steps, t.calories, t.active_minutes, t.lightly_active_minutes, t.sedentary_minutes
             FROM day_totals t WHERE ",
            of_child!(),
            " ORDER BY t.day DESC"
        ))?;
        let mut rows = statement.query([child.as_bytes()]).translate()?;
        while let Some(row) = rows.next().translate()? {
            take(stored_day(row).translate()?)?;
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// Stores the total of a day, in place of the one that is there.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn put_log(&self, child: TrackedChild, kind: LogType, log: Log) -> Result<(), Error> {
        let sql = match kind {
            LogType::Steps => put!("steps"),
            LogType::Calories => put!("calories"),
            LogType::ActiveMinutes => put!("active_minutes"),
            LogType::LightlyActiveMinutes => put!("lightly_active_minutes"),
            LogType::SedentaryMinutes => put!("sedentary_minutes"),
        };
        self.execute(sql, params![child.number, days_between(FIRST, log.date), log.value]).map(drop)
    }
}
