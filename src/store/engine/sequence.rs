//! Counters that never go back, whatever the clock does and however often the service restarts.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::model::{Error, Id};
use crate::store::View;
use crate::store::engine::error::Translate;

/// The schema from which on the newest instant has a column of its own.
const NEWEST_INSTANT_SINCE: usize = 8;

/// The latest time that an id or a token was given out at, as a database of this schema tells it.
pub(in crate::store) fn newest_instant_of(connection: &Connection, schema: usize) -> rusqlite::Result<Timestamp> {
    let sql = match schema {
        NEWEST_INSTANT_SINCE.. => "SELECT newest_instant FROM store_state",
        _ => "SELECT max(last_id >> 16, last_token / 1000) FROM store_state",
    };
    connection.query_row(sql, [], |row| crate::store::engine::rows::timestamp(row, 0))
}

/// Makes ids and numbers of tokens. Kept in `store_state`, saved in the transaction that used it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Sequence {
    node: [u8; 4],
    last_id: i64,
    last_token: i64,
    last_token_expiry: Timestamp,
    newest_instant: Timestamp,
}

impl Sequence {
    /// One that has given out nothing yet.
    pub(in crate::store) fn new(node: [u8; 4]) -> Self {
        Self {
            node,
            last_id: 0,
            last_token: 0,
            last_token_expiry: Timestamp::UNIX_EPOCH,
            newest_instant: Timestamp::UNIX_EPOCH,
        }
    }

    pub(in crate::store) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT node, last_id, last_token, last_token_expiry, newest_instant FROM store_state";
        connection.query_row(sql, [], |row| {
            Ok(Self {
                node: row.get(0)?,
                last_id: row.get(1)?,
                last_token: row.get(2)?,
                last_token_expiry: crate::store::engine::rows::timestamp(row, 3)?,
                newest_instant: crate::store::engine::rows::timestamp(row, 4)?,
            })
        })
    }

    pub(in crate::store) fn save(&self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = "UPDATE store_state SET last_id = ?1, last_token = ?2, last_token_expiry = ?3, newest_instant = ?4";
        connection.prepare_cached(sql)?.execute(params![
            self.last_id,
            self.last_token,
            self.last_token_expiry.as_millisecond(),
            self.newest_instant.as_millisecond(),
        ])?;
        Ok(())
    }

    /// The next id: 48 bits of milliseconds, 16 that count within one, 32 of this database.
    pub(in crate::store) fn next_id<K>(&mut self, now: Timestamp) -> Id<K> {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&self.next_number(now).to_be_bytes());
        bytes[8..].copy_from_slice(&self.node);
        Id::from_bytes(bytes)
    }

    /// What the next id would begin with: larger than in every one before it.
    pub(in crate::store) fn next_number(&mut self, now: Timestamp) -> i64 {
        self.newest_instant = self.newest_instant.max(now);
        self.last_id = (self.last_id + 1).max(now.as_millisecond() << 16);
        self.last_id
    }

    /// Lets all ids to come end in `node`.
    pub(in crate::store) fn adopt(&mut self, node: [u8; 4]) {
        self.node = node;
    }

    /// The next number of a token: the microseconds since 1970, unless there was a later one. A restore leaps so far
    /// ahead that it is beyond whatever the database in whose place it comes has given out, and no clock reaches it.
    pub(in crate::store) fn next_token(&mut self, now: Timestamp) -> i64 {
        self.newest_instant = self.newest_instant.max(now);
        self.last_token = (self.last_token + 1).max(now.as_microsecond());
        self.last_token
    }

    /// Remembers that a token is valid until `expiry`.
    pub(in crate::store) fn note_token_expiry(&mut self, expiry: Timestamp) {
        self.last_token_expiry = self.last_token_expiry.max(expiry);
    }

    pub(in crate::store) fn last_token_expiry(&self) -> Timestamp {
        self.last_token_expiry
    }
}

impl View<'_> {
    /// The latest time that an id or a token was given out at, to the millisecond.
    pub fn newest_instant(&self) -> Result<Timestamp, Error> {
        self.prepare("SELECT newest_instant FROM store_state")?
            .query_row([], |row| crate::store::engine::rows::timestamp(row, 0))
            .translate()
    }

    /// The number of the newest token.
    pub fn last_token(&self) -> Result<i64, Error> {
        self.prepare("SELECT last_token FROM store_state")?.query_row([], |row| row.get(0)).translate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_tokens_increase_within_one_millisecond_and_when_the_clock_goes_back() {
        let mut sequence = Sequence::new([1, 2, 3, 4]);
        let mut last = (Id::<()>::from_bytes([0; 12]), 0);
        for millisecond in [5_000, 5_000, 5_001, 4_000, 0, 6_000] {
            let now = Timestamp::from_millisecond(millisecond).unwrap();
            let next = (sequence.next_id(now), sequence.next_token(now));
            assert!(next.0 > last.0 && next.1 > last.1, "{next:?} after {last:?}");
            last = next;
        }
    }
}
