//! What of a child is there already in the place of what a file holds.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use crate::model::tracking::{BodyFat, LogType, Period, PhysicalActivity, Sleep, Weight, days_between};
use crate::model::wearables::DataKind;
use crate::model::{Error, Id};
use crate::store::engine::error::Translate;
use crate::store::{TrackedChild, Tx, View};

/// No activity and no night that is looked for began longer before another.
const LONGEST: i64 = 2 * 86_400_000;

/// The id of what has this number.
macro_rules! of_number {
    ($table:literal, $time:literal) => {
        concat!("SELECT id FROM ", $table, " WHERE child = ?1 AND ", $time, " = ?2")
    };
}

/// The column of a total.
fn column(kind: LogType) -> &'static str {
    match kind {
        LogType::Steps => "steps",
        LogType::Calories => "calories",
        LogType::ActiveMinutes => "active_minutes",
        LogType::LightlyActiveMinutes => "lightly_active_minutes",
        LogType::SedentaryMinutes => "sedentary_minutes",
    }
}

impl View<'_> {
    /// The totals of a day that are stored, in the order of [`DataKind::ALL`].
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn stored_totals(&self, child: TrackedChild, day: i64) -> Result<[Option<f64>; 5], Error> {
        let found = self
            .prepare(
                "SELECT steps, calories, active_minutes, lightly_active_minutes, sedentary_minutes
                 FROM day_totals WHERE child = ?1 AND day = ?2",
            )?
            .query_row([child.number, day], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]))
            .optional()
            .translate()?;
        Ok(found.unwrap_or_default())
    }

    fn number_at(&self, sql: &str, child: TrackedChild, at: Timestamp) -> Result<Option<i64>, Error> {
        self.prepare(sql)?
            .query_row(params![child.number, at.as_millisecond()], |row| row.get(0))
            .optional()
            .translate()
    }

    /// The number of the id of a child's activity of this start.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn activity_at(&self, child: TrackedChild, start: Timestamp) -> Result<Option<i64>, Error> {
        self.number_at(of_number!("physical_activity", "start_time"), child, start)
    }

    /// The number of the id of a child's night of this start.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn night_at(&self, child: TrackedChild, start: Timestamp) -> Result<Option<i64>, Error> {
        self.number_at(of_number!("sleep", "start_time"), child, start)
    }

    /// The number of the id of a child's weight of this time.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn weight_at(&self, child: TrackedChild, time: Timestamp) -> Result<Option<i64>, Error> {
        self.number_at(of_number!("weight", "timestamp"), child, time)
    }

    /// The number of the id of a child's body fat of this time.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn body_fat_at(&self, child: TrackedChild, time: Timestamp) -> Result<Option<i64>, Error> {
        self.number_at(of_number!("body_fat", "timestamp"), child, time)
    }

    /// The numbers of the ids of a child's activities or nights that lie, in part, within a period.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn overlapping(&self, child: TrackedChild, kind: DataKind, period: Period) -> Result<Vec<i64>, Error> {
        macro_rules! within {
            ($table:literal) => {
                concat!(
                    "SELECT id FROM ",
                    $table,
                    " WHERE child = ?1 AND start_time BETWEEN ?2 AND ?3 - 1 AND start_time + duration > ?4"
                )
            };
        }
        let sql = if kind == DataKind::Sleep { within!("sleep") } else { within!("physical_activity") };
        let (start, end) = (period.start.as_millisecond(), period.end().as_millisecond());
        self.prepare(sql)?
            .query_map(params![child.number, start.saturating_sub(LONGEST), end, start], |row| row.get(0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }

    /// The id whose number this is.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn id_of_number<K>(&self, number: i64) -> Result<Id<K>, Error> {
        let node: [u8; 4] =
            self.prepare("SELECT node FROM store_state")?.query_row([], |row| row.get(0)).translate()?;
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        bytes[8..].copy_from_slice(&node);
        Ok(Id::from_bytes(bytes))
    }

    /// A child's activity, night, weight and body fat of the id with this number.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn activity_of_number(&self, child: TrackedChild, number: i64) -> Result<Option<PhysicalActivity>, Error> {
        self.activity(child.id, self.id_of_number(number)?)
    }

    /// A child's night of the id with this number.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn night_of_number(&self, child: TrackedChild, number: i64) -> Result<Option<Sleep>, Error> {
        self.sleep(child.id, self.id_of_number(number)?)
    }

    /// A child's weight of the id with this number.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn weight_of_number(&self, child: TrackedChild, number: i64) -> Result<Option<Weight>, Error> {
        self.weight(child.id, self.id_of_number(number)?)
    }

    /// A child's body fat of the id with this number.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn body_fat_of_number(&self, child: TrackedChild, number: i64) -> Result<Option<BodyFat>, Error> {
        self.body_fat(child.id, self.id_of_number(number)?)
    }
}

impl Tx<'_> {
    /// Removes the total of a day, and the day's row with the last of them.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn remove_total(&self, child: TrackedChild, kind: LogType, day: Date) -> Result<(), Error> {
        let day = days_between(Date::constant(1970, 1, 1), day);
        let column = column(kind);
        self.prepare(&format!("UPDATE day_totals SET {column} = NULL WHERE child = ?1 AND day = ?2"))?
            .execute([child.number, day])
            .translate()?;
        self.execute(
            "DELETE FROM day_totals WHERE child = ?1 AND day = ?2 AND
             coalesce(steps, calories, active_minutes, lightly_active_minutes, sedentary_minutes) IS NULL",
            [child.number, day],
        )
        .map(drop)
    }
}
