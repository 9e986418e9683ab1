//! The days of many children at once: from `day_totals` and `sleep`, in a fixed number of statements.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rusqlite::types::Value;
use rusqlite::{Row, params};

use super::day_totals::FIRST;
use super::sleep::facts;
use crate::model::tracking::{ChildDays, KnownDay, LogRange, days_between};
use crate::model::{Child, Error, Id, Username};
use crate::store::View;
use crate::store::engine::error::Translate;
use crate::store::engine::rows;

/// How many milliseconds a day of UTC has.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// How many days before its end a night is looked for: no child sleeps longer.
const LONGEST_NIGHT: i64 = 2;

/// What is found of each child: its days, by their date.
type Found = HashMap<Id<Child>, BTreeMap<Date, KnownDay>>;

fn day(found: &mut Found, child: Id<Child>, date: Date) -> &mut KnownDay {
    found.entry(child).or_default().entry(date).or_insert_with(|| KnownDay::unknown(date))
}

/// The day of UTC in which an instant lies.
fn day_of(milliseconds: i64) -> Date {
    TimeZone::UTC.to_datetime(Timestamp::from_millisecond(milliseconds).unwrap_or_default()).date()
}

impl View<'_> {
    /// What is known of these children's days, in their order; of those who are no more, nothing.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn child_days(&self, children: &[(Id<Child>, Username)], range: LogRange) -> Result<Vec<ChildDays>, Error> {
        let ids = || rows::array(children.iter().map(|(id, _)| *id));
        let mut found = Found::new();
        let (first, last) = (days_between(FIRST, range.first()), days_between(FIRST, range.last()));
        let mut totals = self.prepare(
            "SELECT c.child_id, t.day, t.steps, t.active_minutes FROM tracked_child c JOIN day_totals t ON t.child = c.number
             WHERE c.child_id IN rarray(?1) AND t.day BETWEEN ?2 AND ?3
                   AND (t.steps IS NOT NULL OR t.active_minutes IS NOT NULL)",
        )?;
        let read = |row: &Row<'_>| Ok((rows::id(row, 0)?, row.get::<_, i64>(1)?, row.get(2)?, row.get(3)?));
        for total in totals.query_map(params![ids(), first, last], read).translate()? {
            let (child, number, steps, active_minutes) = total.translate()?;
            let day = day(&mut found, child, FIRST.saturating_add(number.days()));
            (day.steps, day.active_minutes) = (steps, active_minutes);
        }
        let mut nights = self.prepare(
            "SELECT c.child_id, t.start_time, t.duration, t.type, t.data_set
             FROM tracked_child c JOIN sleep t ON t.child = c.number
             WHERE c.child_id IN rarray(?1) AND t.start_time BETWEEN ?2 AND ?3
                   AND t.start_time + t.duration BETWEEN ?4 AND ?3",
        )?;
        let (from, end) = (first * DAY, (last + 1) * DAY - 1);
        let read = |row: &Row<'_>| Ok((rows::id(row, 0)?, facts(row, 1)?));
        for night in nights.query_map(params![ids(), from - LONGEST_NIGHT * DAY, end, from], read).translate()? {
            let (child, night) = night.translate()?;
            let ended = night.period.start.as_millisecond().saturating_add_unsigned(night.period.duration);
            let asleep = &mut day(&mut found, child, day_of(ended)).asleep;
            *asleep = Some(asleep.unwrap_or_default() + night.asleep());
        }
        let last_days = self.last_days(ids())?;
        let known = |(child, username): &(Id<Child>, Username)| ChildDays {
            child: *child,
            username: username.clone(),
            last_day: last_days.get(child).copied(),
            days: found.remove(child).unwrap_or_default().into_values().collect(),
        };
        Ok(children.iter().map(known).collect())
    }

    /// The newest day that has totals, or else on which a night ended, of each of these children: the ends of two indexes.
    fn last_days(&self, children: Rc<Vec<Value>>) -> Result<HashMap<Id<Child>, Date>, Error> {
        let mut statement = self.prepare(
            "SELECT c.child_id, (SELECT t.day FROM day_totals t WHERE t.child = c.number ORDER BY t.day DESC LIMIT 1),
                    (SELECT t.start_time + t.duration FROM sleep t WHERE t.child = c.number
                     ORDER BY t.start_time DESC LIMIT 1)
             FROM tracked_child c WHERE c.child_id IN rarray(?1)",
        )?;
        let read =
            |row: &Row<'_>| Ok((rows::id(row, 0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, Option<i64>>(2)?));
        let mut last = HashMap::new();
        for ends in statement.query_map([children], read).translate()? {
            let (child, day, night) = ends.translate()?;
            let day = day.map(|number| FIRST.saturating_add(number.days()));
            last.extend(day.or(night.map(day_of)).map(|newest| (child, newest)));
        }
        Ok(last)
    }
}
