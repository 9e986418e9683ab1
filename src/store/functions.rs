//! What SQL cannot say by itself: reading a username, comparing as the contract compares (section 7).

use std::sync::Arc;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

use super::cipher::Cipher;
use crate::model::query::{Comparison, Test};
use crate::model::text::{fold_accents, fold_case, natural_order, number, number_text, time_text};

const PURE: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC).union(FunctionFlags::SQLITE_DIRECTONLY);

/// A stored value, as tests see it.
enum Stored<'a> {
    Text(&'a str),
    Number(f64),
}

/// The function of SQL that carries out a test of a query, `function(value, operand)`.
pub(super) fn test_function(test: &Test, case_counts: bool) -> &'static str {
    match test {
        Test::Equal(_) if case_counts => "is_exactly",
        Test::Equal(_) => "is_equal",
        Test::StartsWith(_) => "starts_with",
        Test::EndsWith(_) => "ends_with",
        Test::Contains(_) => "has_within",
        Test::Compare(Comparison::Greater, _) => "is_greater",
        Test::Compare(Comparison::GreaterOrEqual, _) => "is_greater_or_equal",
        Test::Compare(Comparison::Less, _) => "is_less",
        Test::Compare(Comparison::LessOrEqual, _) => "is_less_or_equal",
        Test::Compare(Comparison::NotEqual, _) if case_counts => "is_exactly_different",
        Test::Compare(Comparison::NotEqual, _) => "is_different",
    }
}

/// Adds the functions above, `username_text`, `fold_case`, `time_text` and the collation `natural_order`.
pub(super) fn register(connection: &Connection, cipher: &Arc<Cipher>) -> Result<()> {
    let cipher = Arc::clone(cipher);
    connection.create_scalar_function("username_text", 1, PURE, move |context| {
        let name = cipher.decrypt(context.get_raw(0).as_blob()?).map_err(user_error)?;
        Ok(name.as_str().to_owned())
    })?;
    connection.create_scalar_function("fold_case", 1, PURE, |context| {
        Ok(context.get_raw(0).as_str_or_null()?.map(fold_case))
    })?;
    connection.create_scalar_function("time_text", 1, PURE, |context| {
        let time = context.get::<Option<i64>>(0)?.map(jiff::Timestamp::from_millisecond);
        Ok(time.transpose().map_err(user_error)?.map(time_text))
    })?;
    add_test(connection, "is_exactly", |value, operand| text(&value) == operand)?;
    add_test(connection, "is_equal", |value, operand| match value {
        Stored::Text(value) => fold_case(value) == fold_case(operand),
        Stored::Number(value) => number(operand) == Some(value),
    })?;
    add_test(connection, "starts_with", |value, operand| folded(&value).starts_with(&fold_accents(operand)))?;
    add_test(connection, "ends_with", |value, operand| folded(&value).ends_with(&fold_accents(operand)))?;
    add_test(connection, "has_within", |value, operand| folded(&value).contains(&fold_accents(operand)))?;
    add_comparison(connection, "is_greater", Comparison::Greater, fold_case)?;
    add_comparison(connection, "is_greater_or_equal", Comparison::GreaterOrEqual, fold_case)?;
    add_comparison(connection, "is_less", Comparison::Less, fold_case)?;
    add_comparison(connection, "is_less_or_equal", Comparison::LessOrEqual, fold_case)?;
    add_comparison(connection, "is_different", Comparison::NotEqual, fold_case)?;
    add_comparison(connection, "is_exactly_different", Comparison::NotEqual, str::to_owned)?;
    connection.create_collation("natural_order", natural_order)
}

/// Adds `name(value, operand)`, which is false for a value that is absent.
fn add_test(
    connection: &Connection,
    name: &str,
    test: impl Fn(Stored<'_>, &str) -> bool + Send + 'static,
) -> Result<()> {
    connection.create_scalar_function(name, 2, PURE, move |context| {
        let operand = context.get_raw(1).as_str()?;
        Ok(match context.get_raw(0) {
            ValueRef::Null => false,
            ValueRef::Real(value) => test(Stored::Number(value), operand),
            value => test(Stored::Text(value.as_str()?), operand),
        })
    })
}

/// Numbers compare as numbers, text as what `form` makes of it, and one with the other never.
fn add_comparison(
    connection: &Connection,
    name: &str,
    comparison: Comparison,
    form: impl Fn(&str) -> String + Send + 'static,
) -> Result<()> {
    add_test(connection, name, move |value, operand| {
        let as_number = match value {
            Stored::Text(value) => number(value),
            Stored::Number(value) => Some(value),
        };
        match (as_number, number(operand)) {
            (Some(value), Some(operand)) => comparison.holds(value.partial_cmp(&operand)),
            (None, None) => comparison.holds(Some(form(&text(&value)).cmp(&form(operand)))),
            _ => false,
        }
    })
}

fn text<'a>(value: &Stored<'a>) -> std::borrow::Cow<'a, str> {
    match value {
        Stored::Text(value) => (*value).into(),
        Stored::Number(value) => number_text(*value).into(),
    }
}

fn folded(value: &Stored<'_>) -> String {
    fold_accents(&text(value))
}

fn user_error(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::UserFunctionError(Box::new(cause))
}
