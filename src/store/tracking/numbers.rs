//! Ids of what is tracked, as they are stored: the first eight bytes as a number. The last four are the same for all.

use jiff::Timestamp;
use rusqlite::{Result, Row};

use crate::model::Id;

/// The column of the last four bytes.
macro_rules! node {
    () => {
        "(SELECT node FROM store_state)"
    };
}
pub(super) use node;

/// The number of an id, and its last four bytes.
pub(super) fn parts<K>(id: Id<K>) -> (i64, [u8; 4]) {
    let [a, b, c, d, e, f, g, h, node @ ..] = *id.as_bytes();
    (i64::from_be_bytes([a, b, c, d, e, f, g, h]), node)
}

/// The number of an id that this database made.
pub(super) fn number<K>(id: Id<K>) -> i64 {
    parts(id).0
}

/// The id whose number is in one column and whose last four bytes are in the next.
pub(super) fn id<K>(row: &Row<'_>, column: usize) -> Result<Id<K>> {
    let (number, node): (i64, [u8; 4]) = (row.get(column)?, row.get(column + 1)?);
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8..].copy_from_slice(&node);
    Ok(Id::from_bytes(bytes))
}

/// The smallest number of what is registered at an instant or later.
pub(super) fn first_at(instant: Timestamp) -> i64 {
    instant.as_millisecond().saturating_mul(1 << 16)
}
