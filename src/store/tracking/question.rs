//! What a query asks of one field, tested on the values of rows (contract of tracking, section 7).

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;
use rusqlite::types::{FromSqlResult, ValueRef};

use super::packed::nth;
use crate::model::query::{Comparison, Filter, Test};
use crate::model::text::{fold_accents, natural_order, time_text};
use crate::model::time::{parse_asked, second_text};
use crate::store::engine::matching::{Case, Matcher, Stored, encode};

/// How a column is compared.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// As a number.
    Number,
    /// As an instant, which responses show in whole seconds.
    Second,
    /// As an instant, which responses show with three decimals.
    Instant,
    /// As text.
    Text,
    /// As the number of an id.
    Id,
    /// As true or false, which comes first.
    Truth,
    /// As the number at this place of a packed column of this form.
    Packed {
        /// The column's form.
        form: u8,
        /// The place, counted from 0.
        place: usize,
    },
}

/// The value of a field.
pub(super) enum Seen<'r> {
    Absent,
    Number(f64),
    Time(i64),
    Text(Cow<'r, str>),
    /// An id, which is in no natural order.
    Id(String),
}

impl Form {
    /// The value in a column of this form; `node` ends the ids.
    pub(super) fn read<'r>(self, column: ValueRef<'r>, node: [u8; 4]) -> FromSqlResult<Seen<'r>> {
        Ok(match (self, column) {
            (_, ValueRef::Null) => Seen::Absent,
            (Form::Number, ValueRef::Real(value)) => Seen::Number(value),
            #[expect(clippy::cast_precision_loss, reason = "whole numbers are stored up to what a double holds")]
            (Form::Number, value) => Seen::Number(value.as_i64()? as f64),
            #[expect(clippy::cast_precision_loss, reason = "whole numbers are stored up to what a double holds")]
            (Form::Packed { form, place }, value) => Seen::Number(nth(value.as_blob()?, form, place)? as f64),
            (Form::Second | Form::Instant, value) => Seen::Time(value.as_i64()?),
            (Form::Text, value) => Seen::Text(value.as_str()?.into()),
            (Form::Truth, value) => Seen::Text(if value.as_i64()? == 0 { "false" } else { "true" }.into()),
            (Form::Id, value) => Seen::Id(id_text(value.as_i64()?, node)),
        })
    }
}

fn id_text(number: i64, node: [u8; 4]) -> String {
    format!("{number:016x}{:08x}", u32::from_be_bytes(node))
}

impl Seen<'_> {
    /// Ascending: what is absent, then numbers, times and ids by size, text in its natural order.
    pub(super) fn order(&self, other: &Seen<'_>) -> Ordering {
        match (self, other) {
            (Seen::Number(a), Seen::Number(b)) => a.total_cmp(b),
            (Seen::Time(a), Seen::Time(b)) => a.cmp(b),
            (Seen::Text(a), Seen::Text(b)) => natural_order(a, b),
            (Seen::Id(a), Seen::Id(b)) => a.cmp(b),
            (a, b) => a.is_there().cmp(&b.is_there()),
        }
    }

    fn is_there(&self) -> bool {
        !matches!(self, Seen::Absent)
    }

    pub(super) fn into_owned(self) -> Seen<'static> {
        match self {
            Seen::Absent => Seen::Absent,
            Seen::Number(value) => Seen::Number(value),
            Seen::Time(value) => Seen::Time(value),
            Seen::Text(text) => Seen::Text(text.into_owned().into()),
            Seen::Id(id) => Seen::Id(id),
        }
    }
}

/// All that is asked of one field.
pub(super) enum Question {
    /// Of a number or a text.
    Value(Matcher),
    /// Of a time: of each filter one test must hold.
    Time(Form, Vec<Vec<TimeTest>>),
}

/// One test of a time.
pub(super) enum TimeTest {
    /// It is this instant, in milliseconds.
    Is(i64),
    /// It compares like this with that instant.
    Compares(Comparison, i64),
    /// What is shown of it passes a wildcard.
    Shows(Test),
    /// It was held against what is no time.
    Fails,
}

impl Question {
    pub(super) fn new(form: Form, filters: &[&Filter]) -> Option<Self> {
        match form {
            Form::Second | Form::Instant => {
                let tests = |filter: &&Filter| filter.any_of.iter().map(TimeTest::new).collect();
                Some(Self::Time(form, filters.iter().map(tests).collect()))
            }
            Form::Number | Form::Packed { .. } | Form::Text | Form::Id => {
                let case = if matches!(form, Form::Id) { Case::Counts } else { Case::Ignored };
                Matcher::decode(&encode(filters.iter().copied()), case).map(Self::Value)
            }
            Form::Truth => {
                let filters: Vec<_> = filters.iter().map(|filter| comparable(filter)).collect();
                Matcher::decode(&encode(&filters), Case::Counts).map(Self::Value)
            }
        }
    }

    /// Whether a value passes; none that is absent does.
    pub(super) fn fits(&self, value: &Seen<'_>) -> bool {
        match (self, value) {
            (Question::Value(matcher), Seen::Number(value)) => matcher.fits(Stored::Number(*value)),
            (Question::Value(matcher), Seen::Text(text)) => matcher.fits(Stored::Text(text)),
            (Question::Value(matcher), Seen::Id(id)) => matcher.fits(Stored::Text(id)),
            (Question::Time(form, all), Seen::Time(value)) => {
                all.iter().all(|any_of| any_of.iter().any(|test| test.holds(*form, *value)))
            }
            _ => false,
        }
    }

    /// The instants, in milliseconds, between which all that fits lies: from the first one to before the second.
    pub(super) fn bounds(&self) -> (Option<i64>, Option<i64>) {
        let (mut from, mut before): (Option<i64>, Option<i64>) = (None, None);
        let Question::Time(_, all) = self else { return (from, before) };
        for test in all.iter().filter_map(|any_of| any_of.first().filter(|_| any_of.len() == 1)) {
            let (low, high) = match test {
                TimeTest::Is(at) => (Some(*at), at.checked_add(1)),
                TimeTest::Compares(Comparison::Greater | Comparison::GreaterOrEqual, at) => (Some(*at), None),
                TimeTest::Compares(Comparison::Less | Comparison::LessOrEqual, at) => (None, at.checked_add(1)),
                TimeTest::Compares(Comparison::NotEqual, _) | TimeTest::Shows(_) | TimeTest::Fails => (None, None),
            };
            from = from.max(low);
            before = [before, high].into_iter().flatten().min();
        }
        (from, before)
    }
}

/// The tests of a filter that what is true or false can be compared with; without any, nothing passes.
fn comparable(filter: &Filter) -> Filter {
    let is_comparable = |test: &&Test| match test {
        Test::Equal(operand) | Test::Compare(_, operand) => matches!(operand.as_str(), "true" | "false"),
        Test::StartsWith(_) | Test::EndsWith(_) | Test::Contains(_) => true,
    };
    Filter { field: filter.field, any_of: filter.any_of.iter().filter(is_comparable).cloned().collect() }
}

impl TimeTest {
    fn new(test: &Test) -> Self {
        let parsed = |operand: &str| parse_asked(operand).map(Timestamp::as_millisecond);
        match test {
            Test::Equal(operand) => parsed(operand).map_or(Self::Fails, Self::Is),
            Test::Compare(comparison, operand) => {
                parsed(operand).map_or(Self::Fails, |at| Self::Compares(*comparison, at))
            }
            Test::StartsWith(part) => Self::Shows(Test::StartsWith(fold_accents(part))),
            Test::EndsWith(part) => Self::Shows(Test::EndsWith(fold_accents(part))),
            Test::Contains(part) => Self::Shows(Test::Contains(fold_accents(part))),
        }
    }

    fn holds(&self, form: Form, value: i64) -> bool {
        match self {
            TimeTest::Is(at) => value == *at,
            TimeTest::Compares(comparison, at) => comparison.holds(Some(value.cmp(at))),
            TimeTest::Shows(test) => shown(form, value).is_some_and(|text| match test {
                Test::StartsWith(part) => text.starts_with(part),
                Test::EndsWith(part) => text.ends_with(part),
                Test::Contains(part) => text.contains(part),
                Test::Equal(_) | Test::Compare(..) => false,
            }),
            TimeTest::Fails => false,
        }
    }
}

/// A time as responses show it, in the lower case that wildcards are in.
fn shown(form: Form, millisecond: i64) -> Option<String> {
    let instant = Timestamp::from_millisecond(millisecond).ok()?;
    let text = if matches!(form, Form::Second) { second_text(instant) } else { time_text(instant) };
    Some(text.to_ascii_lowercase())
}
