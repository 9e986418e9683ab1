//! Columns to model types, and back.

use std::rc::Rc;

use jiff::Timestamp;
use rusqlite::types::{FromSqlError, Type, Value};
use rusqlite::{Error, Result, Row};

use crate::model::{Id, Role, Text};

pub(in crate::store) fn id<K>(row: &Row<'_>, column: usize) -> Result<Id<K>> {
    row.get(column).map(Id::from_bytes)
}

pub(in crate::store) fn optional_id<K>(row: &Row<'_>, column: usize) -> Result<Option<Id<K>>> {
    Ok(row.get::<_, Option<_>>(column)?.map(Id::from_bytes))
}

pub(in crate::store) fn timestamp(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    to_timestamp(column, row.get(column)?)
}

pub(in crate::store) fn optional_timestamp(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?.map(|millisecond| to_timestamp(column, millisecond)).transpose()
}

fn to_timestamp(column: usize, millisecond: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(millisecond).map_err(|_| Error::IntegralValueOutOfRange(column, millisecond))
}

pub(in crate::store) fn text(row: &Row<'_>, column: usize) -> Result<Text> {
    row.get(column).map(Text::verbatim)
}

pub(in crate::store) fn optional_text(row: &Row<'_>, column: usize) -> Result<Option<Text>> {
    Ok(row.get::<_, Option<String>>(column)?.map(Text::verbatim))
}

pub(in crate::store) fn role(row: &Row<'_>, column: usize) -> Result<Role> {
    let word = row.get_ref(column)?.as_str()?;
    Role::of_word(word)
        .ok_or_else(|| Error::FromSqlConversionFailure(column, Type::Text, Box::new(FromSqlError::InvalidType)))
}

/// Ids as one parameter, for `IN rarray(?)`.
pub(in crate::store) fn array<K>(ids: impl IntoIterator<Item = Id<K>>) -> Rc<Vec<Value>> {
    Rc::new(ids.into_iter().map(|id| Value::Blob(id.as_bytes().to_vec())).collect())
}
