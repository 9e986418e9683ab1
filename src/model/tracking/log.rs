//! Logs: what a child did in a day, in all.

use jiff::civil::Date;

use crate::model::{IntervalFault, Unfit};

/// Of what a log is the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogType {
    /// Steps.
    Steps,
    /// Burnt calories.
    Calories,
    /// Minutes in which the child moved much.
    ActiveMinutes,
    /// Minutes in which it moved a little.
    LightlyActiveMinutes,
    /// Minutes in which it did not move.
    SedentaryMinutes,
}

/// The total of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Log {
    /// The day, of no time zone.
    pub date: Date,
    /// How much.
    pub value: f64,
}

/// The totals of a day, of all types; 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayTotals {
    /// The day, of no time zone.
    pub date: Date,
    /// How many steps.
    pub steps: f64,
    /// How many calories.
    pub calories: f64,
    /// How many minutes of much movement.
    pub active_minutes: f64,
    /// How many minutes of little movement.
    pub lightly_active_minutes: f64,
    /// How many minutes without movement.
    pub sedentary_minutes: f64,
}

impl DayTotals {
    /// A day of which nothing is known.
    #[must_use]
    pub fn empty(date: Date) -> Self {
        Self {
            date,
            steps: 0.0,
            calories: 0.0,
            active_minutes: 0.0,
            lightly_active_minutes: 0.0,
            sedentary_minutes: 0.0,
        }
    }

    /// The total of one type.
    #[must_use]
    pub fn of(&self, kind: LogType) -> Log {
        let value = match kind {
            LogType::Steps => self.steps,
            LogType::Calories => self.calories,
            LogType::ActiveMinutes => self.active_minutes,
            LogType::LightlyActiveMinutes => self.lightly_active_minutes,
            LogType::SedentaryMinutes => self.sedentary_minutes,
        };
        Log { date: self.date, value }
    }
}

/// The totals of a day that are stored, as far as there are any.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StoredDay {
    /// The day, of no time zone.
    pub date: Date,
    /// How many steps.
    pub steps: Option<f64>,
    /// How many calories.
    pub calories: Option<f64>,
    /// How many minutes of much movement.
    pub active_minutes: Option<f64>,
    /// How many minutes of little movement.
    pub lightly_active_minutes: Option<f64>,
    /// How many minutes without movement.
    pub sedentary_minutes: Option<f64>,
}

/// The days that somebody asks about: about a year at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRange {
    first: Date,
    last: Date,
}

impl LogRange {
    /// From `first` to `last`, both included.
    ///
    /// # Errors
    /// If `last` comes before `first`, or more than 365 days after it; 366 where either year is a leap year, unless
    /// both days are in January.
    pub fn new(first: Date, last: Date) -> Result<Self, Unfit> {
        let leap = first.in_leap_year() || last.in_leap_year();
        let most = if leap && (first.month(), last.month()) != (1, 1) { 366 } else { 365 };
        match days_between(first, last) {
            ..0 => Err(Unfit::Interval(IntervalFault::EndBeforeStart, first, last)),
            days if days > most => Err(Unfit::Interval(IntervalFault::TooLong, first, last)),
            _ => Ok(Self { first, last }),
        }
    }

    /// The first day.
    #[must_use]
    pub fn first(self) -> Date {
        self.first
    }

    /// The last day.
    #[must_use]
    pub fn last(self) -> Date {
        self.last
    }

    /// Every day, in their order.
    pub fn days(self) -> impl Iterator<Item = Date> {
        let following = |day: &Date| day.tomorrow().ok();
        std::iter::successors(Some(self.first), following).take_while(move |day| *day <= self.last)
    }
}

/// How many days after `from` another day comes.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: &str, last: &str) -> Result<usize, IntervalFault> {
        match LogRange::new(first.parse().unwrap(), last.parse().unwrap()) {
            Ok(range) => Ok(range.days().count()),
            Err(Unfit::Interval(fault, ..)) => Err(fault),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_range_is_a_year_at_most_and_a_day_more_over_a_leap_day() {
        use IntervalFault::{EndBeforeStart, TooLong};
        for (first, last, expected) in [
            ("2019-01-01", "2019-01-01", Ok(1)),
            ("2019-01-02", "2019-01-01", Err(EndBeforeStart)),
            ("2020-01-01", "2019-12-31", Err(EndBeforeStart)),
            ("2018-01-01", "2019-01-01", Ok(366)),
            ("2018-01-01", "2019-01-02", Err(TooLong)),
            ("2018-06-01", "2019-06-02", Err(TooLong)),
            ("2019-01-01", "2020-01-01", Ok(366)),
            ("2019-01-01", "2020-01-02", Err(TooLong)),
            ("2019-01-31", "2020-01-31", Ok(366)),
            ("2019-01-31", "2020-02-01", Ok(367)),
            ("2019-03-01", "2020-03-01", Ok(367)),
            ("2019-03-01", "2020-03-02", Err(TooLong)),
            ("2020-01-01", "2020-12-31", Ok(366)),
            ("2020-01-01", "2021-01-01", Err(TooLong)),
            ("2020-02-29", "2021-03-01", Ok(367)),
            ("2020-12-31", "2022-01-01", Ok(367)),
            ("1899-03-01", "1900-03-02", Err(TooLong)),
            ("1969-12-31", "1970-01-01", Ok(2)),
            ("1679-01-01", "2260-12-31", Err(TooLong)),
        ] {
            assert_eq!(range(first, last), expected, "{first} {last}");
        }
    }
}
