//! Rows of `revocation`: tokens that are refused although their time is not over.

use jiff::Timestamp;
use rusqlite::params;

use crate::model::{Account, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Tx, View};

/// All tokens of a user up to one, except at most one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Whose tokens.
    pub account: Id<Account>,
    /// The last token that is refused, by its number.
    pub through_token: i64,
    /// The one that is not: it made the request.
    pub spared_token: Option<i64>,
    /// None of the refused tokens is valid after this.
    pub expires_at: Timestamp,
}

/// A revocation that was just made.
#[derive(Debug, Clone, Copy)]
pub struct Revoked {
    /// What is refused now.
    pub revocation: Revocation,
    /// And every token up to this one, whoever it belongs to: what was forgotten is refused by it.
    pub floor: i64,
}

impl View<'_> {
    /// All revocations that may still matter.
    pub fn revocations(&self) -> Result<Vec<Revocation>, Error> {
        self.prepare("SELECT account_id, through_token, spared_token, expires_at FROM revocation")?
            .query_map([], |row| {
                Ok(Revocation {
                    account: rows::id(row, 0)?,
                    through_token: row.get(1)?,
                    spared_token: row.get(2)?,
                    expires_at: rows::timestamp(row, 3)?,
                })
            })
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }

    /// The newest token that is refused whoever it belongs to; 0 if there is none.
    pub fn revoked_through(&self) -> Result<i64, Error> {
        self.prepare("SELECT revoked_through FROM store_state")?.query_row([], |row| row.get(0)).translate()
    }

    /// Whether this token of a user is refused.
    pub fn token_is_revoked(&self, account: Id<Account>, token: i64) -> Result<bool, Error> {
        let sql = "SELECT revoked_through >= ?2 OR EXISTS (SELECT 1 FROM revocation WHERE account_id = ?1
                   AND through_token >= ?2 AND coalesce(spared_token <> ?2, TRUE)) FROM store_state";
        self.prepare(sql)?.query_row(params![account.as_bytes(), token], |row| row.get(0)).translate()
    }
}

impl Tx<'_> {
    /// Revokes every token that a user has so far, except `spared`; forgets revocations whose tokens are over.
    ///
    /// They are over by a clock that may be wrong. So what is forgotten raises the floor below which every token is
    /// refused: a right clock loses nobody a valid token by that, and a wrong one gives nobody a revoked one back.
    pub fn revoke_tokens(&self, account: Id<Account>, spared: Option<i64>) -> Result<Revoked, Error> {
        let (through_token, expires_at) = self.tokens_so_far();
        self.execute(
            "UPDATE store_state SET revoked_through = max(revoked_through,
             coalesce((SELECT max(through_token) FROM revocation WHERE expires_at < ?1), 0))",
            [self.now().as_millisecond()],
        )?;
        let floor = self.revoked_through()?;
        self.execute("DELETE FROM revocation WHERE through_token <= ?1", [floor])?;
        self.execute(
            "INSERT INTO revocation (account_id, through_token, spared_token, expires_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account_id) DO UPDATE SET through_token = excluded.through_token,
             spared_token = excluded.spared_token, expires_at = excluded.expires_at",
            params![account.as_bytes(), through_token, spared, expires_at.as_millisecond()],
        )?;
        let revocation = Revocation { account, through_token, spared_token: spared, expires_at };
        Ok(Revoked { revocation, floor })
    }
}
