//! Rows of `wearable_seen`: what was in the last lists that a wearable service gave of a child, by hashes of its ids.

use std::collections::HashSet;

use rusqlite::params;

use crate::model::wearables::{DataKind, ProviderKind};
use crate::model::{Child, Error, Id};
use crate::store::engine::error::Translate;
use crate::store::engine::token_cipher::KeyedHash;
use crate::store::{Tx, View};

/// What the hash of a thing's id is of.
const ITEM: &str = "item";

/// A list that a service gave.
#[derive(Debug, Clone, Copy)]
pub struct ListOf {
    /// Of whom.
    pub child: Id<Child>,
    /// Which service.
    pub provider: ProviderKind,
    /// Of what: activities, sleep or weights.
    pub kind: DataKind,
}

impl View<'_> {
    fn seen(&self, list: ListOf) -> Result<HashSet<KeyedHash>, Error> {
        self.prepare("SELECT item FROM wearable_seen WHERE child_id = ?1 AND provider = ?2 AND kind = ?3")?
            .query_map(params![list.child.as_bytes(), list.provider.word(), list.kind.number()], |row| row.get(0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }

    /// For each of these ids whether it was in the last list, and whether that had others besides.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn were_seen(&self, list: ListOf, ids: &[String]) -> Result<(Vec<bool>, bool), Error> {
        let seen = self.seen(list)?;
        let hashes: Vec<KeyedHash> = ids.iter().map(|id| self.cipher.tokens.hash(ITEM, id)).collect();
        let known: HashSet<&KeyedHash> = hashes.iter().collect();
        let others = seen.iter().any(|hash| !known.contains(hash));
        Ok((hashes.iter().map(|hash| seen.contains(hash)).collect(), others))
    }
}

impl Tx<'_> {
    /// Notes that these ids are in the list.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn note_seen(&self, list: ListOf, ids: &[String]) -> Result<(), Error> {
        let mut insert = self.prepare(
            "INSERT INTO wearable_seen (child_id, provider, kind, item) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?;
        for id in ids {
            let hash = self.cipher.tokens.hash(ITEM, id);
            insert
                .execute(params![list.child.as_bytes(), list.provider.word(), list.kind.number(), hash])
                .translate()?;
        }
        Ok(())
    }

    /// Forgets what is not in the list any more, of which these are all.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn forget_unlisted(&self, list: ListOf, ids: &[String]) -> Result<(), Error> {
        let listed: HashSet<KeyedHash> = ids.iter().map(|id| self.cipher.tokens.hash(ITEM, id)).collect();
        let sql = "DELETE FROM wearable_seen WHERE child_id = ?1 AND provider = ?2 AND kind = ?3 AND item = ?4";
        for hash in self.seen(list)?.difference(&listed) {
            self.execute(sql, params![list.child.as_bytes(), list.provider.word(), list.kind.number(), hash])?;
        }
        Ok(())
    }
}
