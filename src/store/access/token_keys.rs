//! Rows of `token_key`: the public keys that tokens are verified with.

use jiff::Timestamp;
use rusqlite::params;

use crate::model::Error;
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Tx, View};

/// The public half of a key for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `n` of RFC 7518, base64url.
    pub modulus: String,
    /// `e` of RFC 7518, base64url.
    pub exponent: String,
    /// When it began to sign.
    pub since: Timestamp,
    /// No token that it signed is valid after this; nothing while it signs.
    pub accepted_until: Option<Timestamp>,
}

impl View<'_> {
    /// The keys for tokens, the newest first.
    pub fn token_keys(&self) -> Result<Vec<TokenKey>, Error> {
        let sql = "SELECT kid, modulus, exponent, since, accepted_until FROM token_key ORDER BY since DESC, kid";
        self.prepare(sql)?
            .query_map([], |row| {
                Ok(TokenKey {
                    kid: row.get(0)?,
                    modulus: row.get(1)?,
                    exponent: row.get(2)?,
                    since: rows::timestamp(row, 3)?,
                    accepted_until: rows::optional_timestamp(row, 4)?,
                })
            })
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }

    /// The latest instant at which a token made here can still be valid.
    pub fn last_token_expiry(&self) -> Result<Timestamp, Error> {
        self.prepare("SELECT last_token_expiry FROM store_state")?
            .query_row([], |row| rows::timestamp(row, 0))
            .translate()
    }
}

impl Tx<'_> {
    /// Stores a key that signs, or is about to; one that is there already signs again.
    pub fn put_token_key(&self, key: &TokenKey) -> Result<(), Error> {
        self.execute(
            "INSERT INTO token_key (kid, modulus, exponent, since) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (kid) DO UPDATE SET accepted_until = NULL",
            params![key.kid, key.modulus, key.exponent, key.since.as_millisecond()],
        )
        .map(drop)
    }

    /// Keeps all keys but this one for as long as a token that they signed can be valid; returns how many these are
    /// that were not kept so before.
    pub fn retire_token_keys_but(&self, kid: &str) -> Result<usize, Error> {
        let (_, last_expiry) = self.tokens_so_far();
        self.execute(
            "UPDATE token_key SET accepted_until = ?2 WHERE accepted_until IS NULL AND kid <> ?1",
            params![kid, last_expiry.as_millisecond()],
        )
    }

    /// Deletes all keys but this one.
    pub fn delete_token_keys_but(&self, kid: &str) -> Result<usize, Error> {
        self.execute("DELETE FROM token_key WHERE kid <> ?1", [kid])
    }

    /// Deletes the keys whose tokens are all over, except the newest `remembered` of those that do not sign.
    pub fn delete_token_keys_that_are_over(&self, remembered: usize) -> Result<usize, Error> {
        self.execute(
            "DELETE FROM token_key WHERE accepted_until <= ?1 AND kid NOT IN (SELECT kid FROM token_key
             WHERE accepted_until IS NOT NULL ORDER BY since DESC, kid LIMIT ?2)",
            params![self.now().as_millisecond(), i64::try_from(remembered).unwrap_or(i64::MAX)],
        )
    }
}
