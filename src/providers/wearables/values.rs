//! Values, as far as the rules of what is stored take them (contract of tracking, section 5).

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use crate::app::wearables::provider::Found;
use crate::model::tracking::Period;
use crate::model::{Given, NumberForm, Text};

/// The last year that is written in a time.
const LAST_YEAR: i16 = 2261;
/// The most characters of an id.
const LONGEST_ID: usize = 256;

/// A value as it may be a number: one, or text of digits.
fn given(raw: &RawValue) -> Given<'_> {
    let raw = raw.get();
    match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(text) => Given::Text(text),
        None => raw.parse().map_or(Given::Other, Given::Number),
    }
}

/// Zero or more.
pub(super) fn amount(raw: &RawValue) -> Option<f64> {
    NumberForm::Amount.read(given(raw))
}

/// Zero or more, once it was multiplied.
pub(super) fn product(raw: &RawValue, factor: f64) -> Option<f64> {
    Some(amount(raw)? * factor).filter(|product| product.is_finite())
}

/// A whole number, zero or more.
pub(super) fn whole(raw: &RawValue) -> Option<u64> {
    NumberForm::Whole.read(given(raw)).map(integer)
}

/// A whole number, more than zero.
pub(super) fn positive(raw: &RawValue) -> Option<u64> {
    NumberForm::Positive.read(given(raw)).map(integer)
}

/// A whole number, once it was multiplied.
pub(super) fn multiple(raw: &RawValue, factor: f64) -> Option<u64> {
    NumberForm::Whole.read(Given::Number(product(raw, factor)?)).map(integer)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole, and not negative")]
fn integer(whole: f64) -> u64 {
    whole as u64
}

/// An optional field: `Some(None)` if it is not there, nothing if it is there and cannot be taken.
pub(super) fn optional<'a, T>(
    raw: Option<&'a RawValue>,
    take: impl FnOnce(&'a RawValue) -> Option<T>,
) -> Option<Option<T>> {
    match raw {
        None => Some(None),
        Some(raw) => take(raw).map(Some),
    }
}

/// From an instant on, more than no time, to one that can be written.
pub(super) fn period(start: Timestamp, milliseconds: u64) -> Option<Period> {
    let length = SignedDuration::from_millis(i64::try_from(milliseconds).ok().filter(|length| *length > 0)?);
    let end = start.checked_add(length).ok()?;
    (TimeZone::UTC.to_datetime(end).year() <= LAST_YEAR).then_some(Period { start, duration: milliseconds })
}

/// A name of an activity.
pub(super) fn name(text: &str) -> Option<Text> {
    Text::new(text.trim(), Text::MAX).ok()
}

/// Of things with the same id the first, without those whose id is none.
pub(super) fn distinct<T>(things: impl Iterator<Item = Found<T>>) -> Vec<Found<T>> {
    let mut ids = HashSet::new();
    let is_id = |id: &str| !id.is_empty() && id.chars().count() <= LONGEST_ID;
    things.filter(|found| is_id(&found.id) && ids.insert(found.id.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn numbers_may_be_text() {
        assert_eq!(amount(&raw("5.5")), Some(5.5));
        assert_eq!(amount(&raw("\"5.5\"")), Some(5.5));
        assert_eq!((whole(&raw("\"12\"")), whole(&raw("12.0")), whole(&raw("12.5"))), (Some(12), Some(12), None));
        assert_eq!((positive(&raw("0")), positive(&raw("1"))), (None, Some(1)));
        assert_eq!((multiple(&raw("1.5"), 60_000.0), multiple(&raw("0.00001"), 1000.0)), (Some(90_000), None));
        let huge = raw(&format!("\"{}\"", "9".repeat(308)));
        assert_eq!((product(&huge, 1.0).is_some(), product(&huge, 1000.0)), (true, None));
        for none in ["true", "{}", "[]", "-1", "\"\"", "\"\\u0035\"", "1e999"] {
            assert_eq!(amount(&raw(none)), None, "{none}");
        }
    }

    #[test]
    fn a_period_has_a_length_and_an_end() {
        let start: Timestamp = "2261-12-31T23:00:00Z".parse().unwrap();
        assert_eq!(period(start, 3_599_999), Some(Period { start, duration: 3_599_999 }));
        for none in [0, 3_600_000, u64::MAX] {
            assert_eq!(period(start, none), None, "{none}");
        }
    }

    #[test]
    fn an_id_counts_once() {
        let found = |id: &str, thing| Found { id: id.to_owned(), thing: Some(thing) };
        let long = "a".repeat(257);
        let things = [found("a", 1), found("", 2), found("b", 3), found("a", 4), found(&long, 5)];
        assert_eq!(distinct(things.into_iter()), [found("a", 1), found("b", 3)]);
    }
}
