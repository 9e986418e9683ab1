//! What SQL cannot say by itself: reading a username, comparing as the contract compares (section 7).

use std::sync::Arc;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{FromSqlError, ValueRef};
use rusqlite::{Connection, Error, Result};

use crate::model::Username;
use crate::model::text::{fold_case, natural_order, time_text};
use crate::store::engine::cipher::Cipher;
use crate::store::engine::matching::{Case, Matcher, Stored};

const PURE: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC).union(FunctionFlags::SQLITE_DIRECTONLY);

/// Adds `username_text`, `fold_case`, `time_text`, `fits`, `fits_exactly`, `username_fits` and the collation
/// `natural_order`.
pub(in crate::store) fn register(connection: &Connection, cipher: &Arc<Cipher>) -> Result<()> {
    let reading = Arc::clone(cipher);
    connection.create_scalar_function("username_text", 1, PURE, move |context| {
        Ok(username(&reading, context)?.as_str().to_owned())
    })?;
    let testing = Arc::clone(cipher);
    connection.create_scalar_function("username_fits", 2, PURE, move |context| {
        let name = username(&testing, context)?;
        Ok(matcher(context, Case::Ignored)?.fits(Stored::Text(name.as_str())))
    })?;
    connection.create_scalar_function("fold_case", 1, PURE, |context| {
        Ok(context.get_raw(0).as_str_or_null()?.map(fold_case))
    })?;
    connection.create_scalar_function("time_text", 1, PURE, |context| {
        let time = context.get::<Option<i64>>(0)?.map(jiff::Timestamp::from_millisecond);
        Ok(time.transpose().map_err(user_error)?.map(time_text))
    })?;
    add_matcher(connection, "fits", Case::Ignored)?;
    add_matcher(connection, "fits_exactly", Case::Counts)?;
    connection.create_collation("natural_order", natural_order)
}

/// Adds `name(value, tests)`, which is false for a value that is absent.
fn add_matcher(connection: &Connection, name: &str, case: Case) -> Result<()> {
    connection.create_scalar_function(name, 2, PURE, move |context| {
        let matcher = matcher(context, case)?;
        Ok(match context.get_raw(0) {
            ValueRef::Null => false,
            ValueRef::Real(value) => matcher.fits(Stored::Number(value)),
            value => matcher.fits(Stored::Text(value.as_str()?)),
        })
    })
}

/// The tests, read once for each statement.
fn matcher(context: &Context<'_>, case: Case) -> Result<Arc<Matcher>> {
    context.get_or_create_aux(1, |tests| -> std::result::Result<_, FromSqlError> {
        Matcher::decode(tests.as_blob()?, case).ok_or(FromSqlError::InvalidType)
    })
}

fn username(cipher: &Cipher, context: &Context<'_>) -> Result<Username> {
    cipher.decrypt(context.get_raw(0).as_blob()?).map_err(user_error)
}

pub(in crate::store) fn user_error(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::UserFunctionError(Box::new(cause))
}
