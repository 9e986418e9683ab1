//! Times of what is tracked: TIME (contract of tracking, section 5). Kept in UTC, to the millisecond.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// Why a time cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFault {
    /// Not written as a time.
    Format,
    /// A day that the month does not have, or a year that is too far away.
    Calendar,
}

/// Reads `YYYY-MM-DDTHH:mm:ss` with perhaps a fraction, cut to milliseconds, and perhaps a zone; without one it is UTC.
///
/// # Errors
/// The first rule of TIME that it breaks.
pub fn parse(given: &str) -> Result<Timestamp, TimeFault> {
    let (year, rest) = number::<4>(given).ok_or(TimeFault::Format)?;
    let parts = Parts::read(rest).ok_or(TimeFault::Format)?;
    if !(1678..=2261).contains(&year) {
        return Err(TimeFault::Calendar);
    }
    parts.civil(year).and_then(|time| parts.offset.to_timestamp(time).ok()).ok_or(TimeFault::Calendar)
}

/// Reads a time in a filter: a day, which is its first instant, or a time, where the plus of an offset may have become
/// a space. Nothing else is one. The year may be any: what is asked for may lie before or after all that is stored.
#[must_use]
pub fn parse_asked(given: &str) -> Option<Timestamp> {
    let given = if given.len() == 10 { format!("{given}T00:00:00") } else { given.replace(' ', "+") };
    let (year, rest) = number::<4>(&given)?;
    let parts = Parts::read(rest)?;
    let time = parts.civil(year)?;
    // The last hours of the year 9999 are no timestamps.
    Some(parts.offset.to_timestamp(time).unwrap_or(Timestamp::MAX))
}

/// An instant as whole seconds, cut, without a zone: `2018-12-14T12:52:59`.
#[must_use]
pub fn second_text(instant: Timestamp) -> String {
    const SECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
    SECONDS.datetime_to_string(&TimeZone::UTC.to_datetime(instant))
}

/// What stands behind the year.
struct Parts {
    month: i8,
    day: i8,
    time: Time,
    offset: Offset,
}

impl Parts {
    fn read(rest: &str) -> Option<Self> {
        let (month, rest) = number::<2>(rest.strip_prefix('-')?)?;
        let (day, rest) = number::<2>(rest.strip_prefix('-')?)?;
        let (hour, rest) = number::<2>(rest.strip_prefix('T')?)?;
        let (minute, rest) = number::<2>(rest.strip_prefix(':')?)?;
        let (second, rest) = number::<2>(rest.strip_prefix(':')?)?;
        let (millisecond, zone) = fraction(rest)?;
        let fits = (1..=12).contains(&month) && second <= 59;
        let time = clock(hour, minute)?;
        let time = time.with().second(narrow(second)?).millisecond(millisecond).build().ok()?;
        fits.then_some(Self { month: narrow(month)?, day: narrow(day)?, time, offset: offset(zone)? })
    }

    /// With the year; `None` if the month has no such day.
    fn civil(&self, year: i16) -> Option<DateTime> {
        Some(DateTime::from_parts(Date::new(year, self.month, self.day).ok()?, self.time))
    }
}

/// A number of exactly `N` digits, and what follows.
fn number<const N: usize>(text: &str) -> Option<(i16, &str)> {
    let (digits, rest) = text.split_at_checked(N)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    Some((digits.parse().ok()?, rest))
}

fn narrow(number: i16) -> Option<i8> {
    i8::try_from(number).ok()
}

/// An hour and a minute of a day.
fn clock(hour: i16, minute: i16) -> Option<Time> {
    Time::new(narrow(hour)?, narrow(minute)?, 0, 0).ok()
}

/// The milliseconds of a fraction, if there is one, and what follows.
fn fraction(text: &str) -> Option<(i16, &str)> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    let millisecond: String = digits.chars().chain("00".chars()).take(3).collect();
    (!digits.is_empty()).then_some((millisecond.parse().ok()?, rest))
}

/// The zone behind a time: `Z`, `±HH:MM` or nothing.
fn offset(zone: &str) -> Option<Offset> {
    if zone.is_empty() || zone == "Z" {
        return Some(Offset::UTC);
    }
    let ahead = zone.starts_with('+');
    let (hour, rest) = number::<2>(zone.strip_prefix(['+', '-'])?)?;
    let (minute, rest) = number::<2>(rest.strip_prefix(':')?)?;
    clock(hour, minute).filter(|_| rest.is_empty())?;
    let size = SignedDuration::from_mins(i64::from(hour) * 60 + i64::from(minute));
    Offset::try_from(if ahead { size } else { -size }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_utc_unless_it_says_otherwise_and_cut_to_milliseconds() {
        for (given, expected) in [
            ("2018-12-14T12:52:59", "2018-12-14T12:52:59Z"),
            ("2018-12-14T12:52:59Z", "2018-12-14T12:52:59Z"),
            ("2018-12-14T12:52:59.5", "2018-12-14T12:52:59.5Z"),
            ("2018-12-14T12:52:59.9999999999999Z", "2018-12-14T12:52:59.999Z"),
            ("2018-12-14T12:52:59+02:30", "2018-12-14T10:22:59Z"),
            ("2018-12-14T12:52:59.001-03:00", "2018-12-14T15:52:59.001Z"),
            ("2018-12-31T23:59:59-23:59", "2019-01-01T23:58:59Z"),
            ("2024-02-29T00:00:00-00:00", "2024-02-29T00:00:00Z"),
            ("1678-01-01T00:00:00+23:59", "1677-12-31T00:01:00Z"),
            ("2261-12-31T23:59:59-23:59", "2262-01-01T23:58:59Z"),
        ] {
            assert_eq!(parse(given), Ok(expected.parse().unwrap()), "{given}");
        }
    }

    #[test]
    fn a_time_is_refused_by_its_form_before_its_calendar() {
        for given in [
            "",
            "2018-12-14",
            "2018-12-14 12:52:59",
            "2018-12-14t12:52:59",
            "2018-12-14T12:52",
            "2018-12-14T24:00:00",
            "2018-12-14T12:60:00",
            "2018-12-14T12:52:60",
            "2018-13-14T12:52:59",
            "2018-00-14T12:52:59",
            "2018-12-14T12:52:59.",
            "2018-12-14T12:52:59.Z",
            "2018-12-14T12:52:59z",
            "2018-12-14T12:52:59+02",
            "2018-12-14T12:52:59+0200",
            "2018-12-14T12:52:59+24:00",
            "2018-12-14T12:52:59+02:60",
            "2018-12-14T12:52:59ZZ",
            " 2018-12-14T12:52:59",
            "+018-12-14T12:52:59",
            "２018-12-14T12:52:59",
            "1500-31-31T12:52:59",
        ] {
            assert_eq!(parse(given), Err(TimeFault::Format), "{given}");
        }
        for given in [
            "2018-11-31T12:52:59",
            "2018-11-00T12:52:59",
            "2018-11-99T12:52:59",
            "2019-02-29T12:52:59",
            "1677-12-31T23:59:59",
            "2262-01-01T00:00:00",
            "0000-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(given), Err(TimeFault::Calendar), "{given}");
        }
    }

    #[test]
    fn seconds_are_cut_not_rounded_also_before_1970() {
        for (given, expected) in
            [("2018-12-14T12:52:59.999Z", "2018-12-14T12:52:59"), ("1960-01-01T00:00:00.999Z", "1960-01-01T00:00:00")]
        {
            assert_eq!(second_text(given.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_filter_takes_a_day_or_a_time_whose_plus_became_a_space() {
        for (given, expected) in [
            ("2019-06-01", Some("2019-06-01T00:00:00Z")),
            ("2019-06-01T02:00:00 02:00", Some("2019-06-01T00:00:00Z")),
            ("2019-06-01T00:00:00.5", Some("2019-06-01T00:00:00.5Z")),
            ("1600-02-29", Some("1600-02-29T00:00:00Z")),
            ("0000-01-01T00:00:00 23:59", Some("-000001-12-31T00:01:00Z")),
            ("9999-12-31", Some("9999-12-30T22:00:00.999999999Z")),
            ("2019-06-31", None),
            ("2019-06", None),
            ("today", None),
            ("", None),
        ] {
            assert_eq!(parse_asked(given), expected.map(|text| text.parse().unwrap()), "{given}");
        }
    }
}
