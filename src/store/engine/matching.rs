//! What a query asks of one field, carried out in one call for each row however much it asks.
//!
//! The tests travel to SQLite as one blob, which is read once for each statement.

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::model::query::{Comparison, Filter, Test};
use crate::model::text::{fold_accents, fold_case, number, number_text};

/// Stands behind the tests of a filter, where a kind of test could stand.
const END: u8 = 0;

/// Whether case counts when text is tested for equality.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Case {
    Counts,
    Ignored,
}

/// A stored value, as tests see it.
pub(in crate::store) enum Stored<'a> {
    Text(&'a str),
    Number(f64),
}

/// The filters on one field, as one value for SQLite; [`Matcher::decode`] reads it.
pub(in crate::store) fn encode<'f>(filters: impl IntoIterator<Item = &'f Filter>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for filter in filters {
        for test in &filter.any_of {
            let (kind, operand) = kind_and_operand(test);
            bytes.push(kind);
            bytes.extend((operand.len() as u64).to_le_bytes());
            bytes.extend(operand.as_bytes());
        }
        bytes.push(END);
    }
    bytes
}

fn kind_and_operand(test: &Test) -> (u8, &str) {
    match test {
        Test::Equal(operand) => (1, operand),
        Test::StartsWith(operand) => (2, operand),
        Test::EndsWith(operand) => (3, operand),
        Test::Contains(operand) => (4, operand),
        Test::Compare(Comparison::Greater, operand) => (5, operand),
        Test::Compare(Comparison::GreaterOrEqual, operand) => (6, operand),
        Test::Compare(Comparison::Less, operand) => (7, operand),
        Test::Compare(Comparison::LessOrEqual, operand) => (8, operand),
        Test::Compare(Comparison::NotEqual, operand) => (9, operand),
    }
}

/// All filters on one field, with their operands in the form that they are compared in.
pub(in crate::store) struct Matcher {
    case: Case,
    all: Vec<Vec<Prepared>>,
}

enum Prepared {
    Equal(String),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Compare(Comparison, String, Option<f64>),
}

impl Matcher {
    /// What these filters on one field ask.
    pub(in crate::store) fn new<'f>(filters: impl IntoIterator<Item = &'f Filter>, case: Case) -> Self {
        let prepare = |test: &Test| Prepared::new(kind_and_operand(test), case);
        let all = filters.into_iter().map(|filter| filter.any_of.iter().filter_map(prepare).collect()).collect();
        Self { case, all }
    }

    /// Reads what [`encode`] wrote; `None` if it did not.
    pub(in crate::store) fn decode(mut bytes: &[u8], case: Case) -> Option<Self> {
        let mut all = Vec::new();
        let mut any_of = Vec::new();
        while let Some((kind, rest)) = bytes.split_first() {
            bytes = rest;
            if *kind == END {
                all.push(std::mem::take(&mut any_of));
                continue;
            }
            let (length, rest) = bytes.split_first_chunk()?;
            let (operand, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
            bytes = rest;
            any_of.push(Prepared::new((*kind, std::str::from_utf8(operand).ok()?), case)?);
        }
        Some(Self { case, all })
    }

    /// Whether the value passes one test of each filter.
    pub(in crate::store) fn fits(&self, value: Stored<'_>) -> bool {
        let value = Seen::new(value);
        self.all.iter().all(|any_of| any_of.iter().any(|test| self.holds(test, &value)))
    }

    fn holds(&self, test: &Prepared, value: &Seen<'_>) -> bool {
        match test {
            Prepared::Equal(operand) => match (&value.stored, self.case) {
                (Stored::Number(value), _) => number(operand) == Some(*value),
                (Stored::Text(_), Case::Counts) => value.text == operand.as_str(),
                (Stored::Text(_), Case::Ignored) => value.lower() == operand,
            },
            Prepared::StartsWith(operand) => value.plain().starts_with(operand),
            Prepared::EndsWith(operand) => value.plain().ends_with(operand),
            Prepared::Contains(operand) => value.plain().contains(operand),
            Prepared::Compare(comparison, operand, as_number) => match (value.number(), as_number) {
                (Some(value), Some(operand)) => comparison.holds(value.partial_cmp(operand)),
                (None, None) if exactly(*comparison, self.case) => value.text != operand.as_str(),
                (None, None) => comparison.holds(Some(value.lower().cmp(operand))),
                _ => false,
            },
        }
    }
}

/// `ne:` is what equality is not.
fn exactly(comparison: Comparison, case: Case) -> bool {
    comparison == Comparison::NotEqual && case == Case::Counts
}

impl Prepared {
    fn new((kind, operand): (u8, &str), case: Case) -> Option<Self> {
        let comparison = match kind {
            1 if case == Case::Counts => return Some(Self::Equal(operand.to_owned())),
            1 => return Some(Self::Equal(fold_case(operand))),
            2 => return Some(Self::StartsWith(fold_accents(operand))),
            3 => return Some(Self::EndsWith(fold_accents(operand))),
            4 => return Some(Self::Contains(fold_accents(operand))),
            5 => Comparison::Greater,
            6 => Comparison::GreaterOrEqual,
            7 => Comparison::Less,
            8 => Comparison::LessOrEqual,
            9 => Comparison::NotEqual,
            _ => return None,
        };
        let form = if exactly(comparison, case) { operand.to_owned() } else { fold_case(operand) };
        Some(Self::Compare(comparison, form, number(operand)))
    }
}

/// A value and its forms, each made when it is first asked for.
struct Seen<'a> {
    stored: Stored<'a>,
    text: Cow<'a, str>,
    lower: OnceCell<String>,
    plain: OnceCell<String>,
    number: OnceCell<Option<f64>>,
}

impl<'a> Seen<'a> {
    fn new(stored: Stored<'a>) -> Self {
        let text = match stored {
            Stored::Text(text) => text.into(),
            Stored::Number(value) => number_text(value).into(),
        };
        Self { stored, text, lower: OnceCell::new(), plain: OnceCell::new(), number: OnceCell::new() }
    }

    fn lower(&self) -> &String {
        self.lower.get_or_init(|| fold_case(&self.text))
    }

    fn plain(&self) -> &str {
        self.plain.get_or_init(|| fold_accents(&self.text))
    }

    fn number(&self) -> Option<f64> {
        *self.number.get_or_init(|| match self.stored {
            Stored::Text(text) => number(text),
            Stored::Number(value) => Some(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_encoded_is_read() {
        let filter = Filter { field: None, any_of: vec![Test::Equal("a".to_owned()), Test::Contains("É".to_owned())] };
        let whole = encode([&filter, &filter]);
        let matcher = Matcher::decode(&whole, Case::Ignored).unwrap();
        assert!(matcher.fits(Stored::Text("A")) && matcher.fits(Stored::Text("cafe")));
        assert!(!matcher.fits(Stored::Text("b")));
        let (cut, unknown) = (&whole[..5], [10, 0, 0, 0, 0, 0, 0, 0, 0]);
        let no_utf8 = [1, 1, 0, 0, 0, 0, 0, 0, 0, 255];
        for bad in [cut, &unknown[..], &no_utf8[..]] {
            assert!(Matcher::decode(bad, Case::Counts).is_none(), "{bad:?}");
        }
    }
}
