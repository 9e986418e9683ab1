//! Query strings of lists to questions (contract, section 7).

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::names::{INSTITUTION_ALIAS, key, queried_field};
use super::params::{ListShape, Pair};
use crate::app::FieldRules;
use crate::model::query::{Comparison, Direction, Filter, Page, Query, SortKey, Test};
use crate::model::{DateFault, Field, Id, Institution, Invalid};

/// Reads a query string, already split.
pub(super) fn read(pairs: impl Iterator<Item = Pair>, list: ListShape, rules: FieldRules) -> Result<Query, Invalid> {
    let mut query = Query::default();
    let mut paging = Paging::default();
    let mut times = Times::default();
    for pair in pairs {
        match pair.key.as_str() {
            "page" => paging.page = paging.page.or(Some(pair.whole())),
            "limit" => paging.limit = paging.limit.or(Some(pair.whole())),
            "sort" => query.sort.extend(pair.values.iter().filter_map(|key| sort_key(key))),
            "fields" => {}
            "start_at" => times.start = times.start.or(Some(pair.whole())),
            "end_at" => times.end = times.end.or(Some(pair.whole())),
            "period" => times.period = times.period.or(Some(pair.whole())),
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
        let positive = |text: Option<String>| text.and_then(|text| text.trim().parse::<u64>().ok()).filter(|n| *n > 0);
        let limit = positive(self.limit)
            .map_or(Page::DEFAULT_LIMIT, |limit| u32::try_from(limit).unwrap_or(u32::MAX).min(max_limit));
        Page { number: positive(self.page).unwrap_or(1), limit }
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

fn filter(pair: &Pair) -> Filter {
    // The alias is one on users alone, and there it does not come here.
    let field = if pair.key == INSTITUTION_ALIAS || pair.key == key(Field::Institution) { None } else { pair.field() };
    Filter { field, any_of: pair.values.iter().map(|value| test(value)).collect() }
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
        let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
        Ok((start.and_then(utc), end.and_then(utc)))
    }
}

/// `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM:SS` or `today`, in UTC.
fn instant(given: &str, rules: FieldRules) -> Result<DateTime, Invalid> {
    let parsed = match given.len() {
        _ if given == "today" => Some(rules.today.to_datetime(jiff::civil::Time::midnight())),
        10 => given.parse::<Date>().ok().map(|date| date.to_datetime(jiff::civil::Time::midnight())),
        19 if given.as_bytes()[10] == b'T' => given.parse::<DateTime>().ok(),
        _ => None,
    };
    parsed.ok_or_else(|| unusable(given))
}

/// A number of days, weeks, months or years: `10d`, `2w`, `3m`, `1y`.
fn period(given: &str) -> Result<Span, Invalid> {
    let unit = given.chars().last();
    let number = unit.and_then(|unit| given.strip_suffix(unit)).and_then(|digits| digits.parse::<u16>().ok());
    let span = match (number.map(i64::from), unit) {
        (Some(n), Some('d')) => 1.day().checked_mul(n).ok(),
        (Some(n), Some('w')) => 1.week().checked_mul(n).ok(),
        (Some(n), Some('m')) => 1.month().checked_mul(n).ok(),
        (Some(n), Some('y')) => 1.year().checked_mul(n).ok(),
        _ => None,
    };
    span.ok_or_else(|| unusable(given))
}

fn unusable(given: &str) -> Invalid {
    Invalid::Date(DateFault::Format, given.to_owned())
}
