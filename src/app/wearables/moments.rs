//! Times as such files write them.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::model::tracking::days_between;

/// The day whose number is 0.
const FIRST: Date = Date::constant(1970, 1, 1);
const DAY: i64 = 86_400_000;

/// The number of a day.
pub(in crate::app::wearables) fn number(date: Date) -> i64 {
    days_between(FIRST, date)
}

/// The day of a number, if there is one.
pub(in crate::app::wearables) fn date(number: i64) -> Option<Date> {
    FIRST.checked_add(jiff::Span::new().try_days(number).ok()?).ok()
}

fn digits(text: &[u8]) -> Option<i16> {
    text.iter().try_fold(0_i16, |number, byte| match byte {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(i16::from(byte - b'0')),
        _ => None,
    })
}

fn small(text: &[u8]) -> Option<i8> {
    i8::try_from(digits(text)?).ok()
}

/// `MM/DD/YY HH:MM:SS`, in this century: the form of an American, whoever exports.
pub(in crate::app::wearables) fn american(text: &str) -> Option<DateTime> {
    let bytes: &[u8; 17] = text.as_bytes().try_into().ok()?;
    let apart = |at: usize, byte: u8| bytes[at] == byte;
    let shaped = apart(2, b'/') && apart(5, b'/') && apart(8, b' ') && apart(11, b':') && apart(14, b':');
    let (month, day, year) = (small(&bytes[..2])?, small(&bytes[3..5])?, digits(&bytes[6..8])?);
    let (hour, minute, second) = (small(&bytes[9..11])?, small(&bytes[12..14])?, small(&bytes[15..])?);
    DateTime::new(2000 + year, month, day, hour, minute, second, 0).ok().filter(|_| shaped)
}

/// `YYYY-MM-DD`, then `T` or a blank and `HH:MM`, `:SS` and a fraction as far as they are given; nothing behind.
pub(in crate::app::wearables) fn civil(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let (day, time) = text.split_at_checked(10)?;
    let bytes = day.as_bytes();
    let date = Date::new(digits(&bytes[..4])?, small(&bytes[5..7])?, small(&bytes[8..10])?).ok()?;
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    if time.is_empty() {
        return Some(date.at(0, 0, 0, 0));
    }
    let time = time.strip_prefix(['T', ' '])?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = clock.split(':').map(|part| if part.len() == 2 { small(part.as_bytes()) } else { None });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let padded: String = fraction.chars().chain("000".chars()).take(3).collect();
    let millisecond = digits(padded.as_bytes())?;
    let fits = parts.next().is_none() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let nanosecond = i32::from(millisecond) * 1_000_000;
    DateTime::new(date.year(), date.month(), date.day(), hour, minute, second, nanosecond).ok().filter(|_| fits)
}

/// `Z`, `+05:30`, `-0500`, or seconds such as `-14400s`.
pub(in crate::app::wearables) fn offset(text: &str) -> Option<Offset> {
    let text = text.trim();
    if text == "Z" {
        return Some(Offset::UTC);
    }
    if let Some(seconds) = text.strip_suffix('s') {
        return Offset::from_seconds(seconds.parse().ok()?).ok();
    }
    let ahead = text.starts_with('+');
    let figures: String = text.strip_prefix(['+', '-'])?.chars().filter(|c| *c != ':').collect();
    let (hour, minute) = (small(figures.as_bytes().get(..2)?)?, small(figures.as_bytes().get(2..4)?)?);
    let size = SignedDuration::from_mins(i64::from(hour) * 60 + i64::from(minute));
    Offset::try_from(if ahead { size } else { -size }).ok().filter(|_| figures.len() == 4)
}

/// A time with `Z` or an offset behind it, which may follow a blank.
pub(in crate::app::wearables) fn instant(text: &str) -> Option<(Timestamp, Offset)> {
    let text = text.trim();
    let at = text.char_indices().skip(10).find(|(_, c)| matches!(c, 'Z' | '+' | '-')).map(|(at, _)| at)?;
    let (time, zone) = text.split_at_checked(at)?;
    let offset = offset(zone)?;
    Some((offset.to_timestamp(civil(time)?).ok()?, offset))
}

/// The instant at which clocks of a zone show a time: of two the first, and of none the one after the change.
pub(in crate::app::wearables) fn local(zone: &TimeZone, time: DateTime) -> Option<i64> {
    zone.to_ambiguous_timestamp(time).compatible().ok().map(Timestamp::as_millisecond)
}

/// An instant of milliseconds.
pub(in crate::app::wearables) fn at(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok()
}

/// Days of a zone: asked for many instants that follow each other.
pub(in crate::app::wearables) struct Days {
    zone: TimeZone,
    /// A quarter of an hour, within which no clock is changed, and its offset in milliseconds.
    quarter: (i64, i64),
}

impl Days {
    const QUARTER: i64 = 900_000;

    pub(in crate::app::wearables) fn new(zone: TimeZone) -> Self {
        Self { zone, quarter: (i64::MIN, 0) }
    }

    /// The number of the day on which an instant lies.
    pub(in crate::app::wearables) fn of(&mut self, milliseconds: i64) -> i64 {
        let quarter = milliseconds.div_euclid(Self::QUARTER);
        if self.quarter.0 != quarter {
            let offset = at(milliseconds).map_or(0, |instant| self.zone.to_offset(instant).seconds());
            self.quarter = (quarter, i64::from(offset) * 1000);
        }
        (milliseconds + self.quarter.1).div_euclid(DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_a_time_is_read_and_no_other() {
        let shown = |time: Option<DateTime>| time.map(|time| time.to_string());
        assert_eq!(shown(american("03/27/22 01:59:00")).unwrap(), "2022-03-27T01:59:00");
        for bad in ["27/03/22 01:59:00", "03/27/2022 01:59:00", "03-27-22 01:59:00", "03/27/22 24:00:00", "03/27/22"] {
            assert_eq!(american(bad), None, "{bad}");
        }
        for (given, expected) in [
            ("2022-03-27", "2022-03-27T00:00:00"),
            ("2022-03-27 07:31", "2022-03-27T07:31:00"),
            ("2022-03-27 07:31:05", "2022-03-27T07:31:05"),
            ("2022-03-27T07:31:05.5", "2022-03-27T07:31:05.5"),
        ] {
            assert_eq!(shown(civil(given)).unwrap(), expected);
        }
        for bad in [
            "",
            "2022",
            "2022-02-30",
            "2022-03-27x",
            "2022-03-27 7:31",
            "2022-03-27T07:31:05Z",
            "2022-03-27 07:31:00.x",
        ] {
            assert_eq!(civil(bad), None, "{bad}");
        }
        let utc = |text: &str| instant(text).map(|(at, offset)| format!("{at} {}", offset.seconds()));
        assert_eq!(utc("2019-04-10 08:10:34 -0500").unwrap(), "2019-04-10T13:10:34Z -18000");
        assert_eq!(utc("2019-04-10T08:10:34.250+05:30").unwrap(), "2019-04-10T02:40:34.25Z 19800");
        assert_eq!(utc("2019-04-10T08:10:34Z").unwrap(), "2019-04-10T08:10:34Z 0");
        assert_eq!(utc("2019-04-10T08:10:34"), None);
        assert_eq!(offset("-14400s").unwrap().seconds(), -14_400);
        assert_eq!(offset("+5"), None);
    }

    #[test]
    fn days_begin_at_midnight_also_when_clocks_change() {
        let zone = TimeZone::get("Europe/Athens").unwrap();
        let mut days = Days::new(zone.clone());
        let day = |text: &str, days: &mut Days| {
            date(days.of(text.parse::<Timestamp>().unwrap().as_millisecond())).unwrap().to_string()
        };
        // 26 March 2023 has 23 hours there, 29 October has 25.
        for (instant, expected) in [
            ("2023-03-25T21:59:59Z", "2023-03-25"),
            ("2023-03-25T22:00:00Z", "2023-03-26"),
            ("2023-03-26T20:59:59Z", "2023-03-26"),
            ("2023-03-26T21:00:00Z", "2023-03-27"),
            ("2023-10-28T21:00:00Z", "2023-10-29"),
            ("2023-10-29T21:59:59Z", "2023-10-29"),
            ("2023-10-29T22:00:00Z", "2023-10-30"),
        ] {
            assert_eq!(day(instant, &mut days), expected, "{instant}");
        }
        let at =
            |text: &str| Timestamp::from_millisecond(local(&zone, civil(text).unwrap()).unwrap()).unwrap().to_string();
        assert_eq!(at("2023-10-29 03:30:00"), "2023-10-29T00:30:00Z", "of two the first");
        assert_eq!(at("2023-03-26 03:30:00"), "2023-03-26T01:30:00Z", "of none the one after the change");
    }
}
