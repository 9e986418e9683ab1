//! Query strings of lists to questions (contract, section 7).

use std::num::IntErrorKind;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use crate::api::http::names::{INSTITUTION_ALIAS, key, queried_field};
use crate::app::FieldRules;
use crate::model::query::{Comparison, Direction, Filter, Page, Presence, Query, SortKey, Test};
use crate::model::text::composed;
use crate::model::{DateFault, Field, Id, Institution, Invalid};

/// What the reading of a query depends on, of the list it is for.
#[derive(Clone, Copy)]
pub(in crate::api) struct ListShape {
    /// The most items of a page.
    pub(in crate::api) max_limit: u32,
    /// Whether its objects are users, who belong to institutions.
    pub(in crate::api) of_users: bool,
    /// The keys that have no effect, because the path decides.
    pub(in crate::api) ignored: &'static [&'static str],
}

/// One part of a query string. Values are split at commas before they are decoded.
pub(in crate::api) struct Pair {
    pub(in crate::api) key: String,
    pub(in crate::api) values: Vec<String>,
}

impl Pair {
    /// The value with its commas.
    pub(in crate::api) fn whole(&self) -> String {
        self.values.join(",")
    }

    pub(in crate::api) fn field(&self) -> Option<Field> {
        queried_field(&self.key)
    }
}

/// Reads a query string, already split.
pub(in crate::api) fn read(
    pairs: impl Iterator<Item = Pair>,
    list: ListShape,
    rules: FieldRules,
) -> Result<Query, Invalid> {
    let mut query = Query::default();
    let mut paging = Paging::default();
    let mut times = Times::default();
    for pair in pairs {
        match pair.key.as_str() {
            "page" => paging.page = paging.page.or(Some(pair.whole())),
            "limit" => paging.limit = paging.limit.or(Some(pair.whole())),
            // No field has a comma in its name: here one that was sent as `%2C` separates, too.
            "sort" => query.sort.extend(pair.whole().split(',').filter_map(sort_key)),
            "fields" => {}
            key if list.ignored.contains(&key) => {}
            "start_at" => times.start = times.start.or(Some(pair.whole())),
            "end_at" => times.end = times.end.or(Some(pair.whole())),
            "period" => times.period = times.period.or(Some(pair.whole())),
            "deactivated" if list.of_users => query.presence = presence(&pair.whole())?,
            _ if list.of_users && pair.field() == Some(Field::Institution) => {
                query.institutions.push(institutions(&pair.values)?);
            }
            _ => query.filters.push(filter(&pair)),
        }
    }
    query.page = paging.read(list.max_limit);
    (query.created_from, query.created_before) = times.read(rules)?;
    Ok(query)
}

/// `page` and `limit`; of several, the first.
#[derive(Default)]
struct Paging {
    page: Option<String>,
    limit: Option<String>,
}

impl Paging {
    fn read(self, max_limit: u32) -> Page {
        let limit = positive(self.limit)
            .map_or(Page::DEFAULT_LIMIT, |limit| u32::try_from(limit).unwrap_or(u32::MAX).min(max_limit));
        Page { number: positive(self.page).unwrap_or(1), limit }
    }
}

/// A number of at least 1, however large; one that no `u64` holds counts as the largest.
fn positive(text: Option<String>) -> Option<u64> {
    let text = text?;
    match text.trim().parse::<u64>() {
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Some(u64::MAX),
        other => other.ok().filter(|number| *number > 0),
    }
}

/// `-a` descends, `a`, `+a` and ` a` (a decoded plus) ascend; what is no field has no effect.
fn sort_key(given: &str) -> Option<SortKey> {
    let (direction, name) = match given.strip_prefix('-') {
        Some(name) => (Direction::Descending, name),
        None => (Direction::Ascending, given.strip_prefix(['+', ' ']).unwrap_or(given)),
    };
    queried_field(name).map(|field| SortKey { field, direction })
}

fn institutions(given: &[String]) -> Result<Vec<Id<Institution>>, Invalid> {
    given.iter().map(|id| Id::parse(id).ok_or(Invalid::SomeId)).collect()
}

/// Which users are to be shown.
fn presence(given: &str) -> Result<Presence, Invalid> {
    match given {
        "include" => Ok(Presence::All),
        "only" => Ok(Presence::Deactivated),
        _ => Err(Invalid::Presence),
    }
}

fn filter(pair: &Pair) -> Filter {
    // The alias is one on users alone, and there it does not come here.
    let field = if pair.key == INSTITUTION_ALIAS || pair.key == key(Field::Institution) { None } else { pair.field() };
    let tests = pair.values.iter().map(|value| match field {
        // As they are stored.
        Some(Field::Username) => test(&composed(value)),
        _ => test(value),
    });
    Filter { field, any_of: tests.collect() }
}

fn test(value: &str) -> Test {
    let comparisons = [
        ("gt:", Comparison::Greater),
        ("gte:", Comparison::GreaterOrEqual),
        ("lt:", Comparison::Less),
        ("lte:", Comparison::LessOrEqual),
        ("ne:", Comparison::NotEqual),
    ];
    for (prefix, comparison) in comparisons {
        if let Some(operand) = value.strip_prefix(prefix) {
            return Test::Compare(comparison, operand.to_owned());
        }
    }
    let after_star = value.strip_prefix('*');
    match (after_star, after_star.unwrap_or(value).strip_suffix('*')) {
        (Some(_), Some(inner)) => Test::Contains(inner.to_owned()),
        (Some(end), None) => Test::EndsWith(end.to_owned()),
        (None, Some(start)) => Test::StartsWith(start.to_owned()),
        (None, None) => Test::Equal(value.to_owned()),
    }
}

/// `start_at`, `end_at` and `period`; of several, the first.
#[derive(Default)]
struct Times {
    start: Option<String>,
    end: Option<String>,
    period: Option<String>,
}

impl Times {
    /// The first instant of the range and the one after its last.
    fn read(self, rules: FieldRules) -> Result<(Option<Timestamp>, Option<Timestamp>), Invalid> {
        let start = self.start.map(|text| instant(&text, rules)).transpose()?;
        let end = self.end.map(|text| instant(&text, rules)).transpose()?;
        let period = self.period.map(|text| period(&text)).transpose()?;
        let now = TimeZone::UTC.to_datetime(rules.now);
        let (start, end) = match (start, end, period) {
            (Some(start), None, Some(period)) => (Some(start), Some(start.saturating_add(period))),
            (None, end, Some(period)) => (Some(end.unwrap_or(now).saturating_sub(period)), end),
            (start, end, _) => (start, end),
        };
        Ok((start.map(timestamp), end.map(timestamp)))
    }
}

/// In UTC; what lies beyond the instants that can be told is the last or first of them.
fn timestamp(time: DateTime) -> Timestamp {
    let beyond = if time.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
    TimeZone::UTC.to_timestamp(time).unwrap_or(beyond)
}

/// What `start_at` and `end_at` take, as a pattern.
pub(in crate::api) const INSTANT: &str = "^(today|[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2})?)$";

/// The instant that `start_at` or `end_at` says.
///
/// # Errors
/// The text about dates (contract, section 7).
pub(in crate::api) fn timestamp_of(given: &str, rules: FieldRules) -> Result<Timestamp, Invalid> {
    instant(given, rules).map(timestamp)
}

/// `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM:SS` or `today`, in UTC.
fn instant(given: &str, rules: FieldRules) -> Result<DateTime, Invalid> {
    let midnight = |date: Date| date.to_datetime(jiff::civil::Time::midnight());
    let parsed = match given {
        "today" => Some(midnight(rules.today)),
        _ if shaped(given, "YYYY-MM-DD") => given.parse().ok().map(midnight),
        _ if shaped(given, "YYYY-MM-DDTHH:MM:SS") => given.parse().ok(),
        _ => None,
    };
    parsed.ok_or_else(|| unusable(given))
}

/// Whether a text has digits and other characters where the shape has letters and them; its `T` stands for itself.
fn shaped(given: &str, shape: &str) -> bool {
    given.len() == shape.len()
        && given.bytes().zip(shape.bytes()).all(|(byte, place)| match place {
            b'-' | b':' | b'T' => byte == place,
            _ => byte.is_ascii_digit(),
        })
}

/// A number of days, weeks, months or years: `10d`, `2w`, `3m`, `1y`.
fn period(given: &str) -> Result<Span, Invalid> {
    let one = match given.as_bytes().last() {
        Some(b'd') => 1.day(),
        Some(b'w') => 1.week(),
        Some(b'm') => 1.month(),
        Some(b'y') => 1.year(),
        _ => return Err(unusable(given)),
    };
    let digits = &given[..given.len() - 1];
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i64>().ok()).flatten();
    number.and_then(|number| one.checked_mul(number).ok()).ok_or_else(|| unusable(given))
}

fn unusable(given: &str) -> Invalid {
    Invalid::Date(DateFault::Format, given.to_owned())
}
