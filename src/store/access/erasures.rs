//! Rows of `erasure`: people who were deleted, so that no restore brings them back unasked; and the list of them that lies
//! beside backups, for when the database is lost.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::model::{Account, Error, Id};
use crate::store::engine::cipher::Cipher;
use crate::store::engine::error::Translate;
use crate::store::{OpenError, Tx, View};

/// What a list begins with. What follows is encrypted with the key for usernames, so that nobody else can read it, or name
/// others in it: the id of each, and its number.
const FORM: &[u8] = b"ocariot-users erasures 1\n";
/// The bytes of one.
const ROW: usize = 12 + 8;
/// The most that are in a list: the newest.
const MOST: usize = 500_000;

/// Who was deleted, and when, as [`View::erasures_so_far`] counts.
pub(in crate::store) type Erasures = BTreeMap<[u8; 12], i64>;

impl View<'_> {
    /// How many people were deleted, and the number of the latest: tells whether a list is still complete.
    pub fn erasures_so_far(&self) -> Result<(u64, i64), Error> {
        self.prepare("SELECT count(*), coalesce(max(number), 0) FROM erasure")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .translate()
    }

    /// Whether a user of this id was deleted.
    pub fn was_erased(&self, id: Id<Account>) -> Result<bool, Error> {
        self.prepare("SELECT EXISTS (SELECT 1 FROM erasure WHERE account_id = ?1)")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .translate()
    }

    /// The list of the people who were deleted, together with those of a list that there was.
    pub fn erasure_list(&self, known: &[u8]) -> Result<Vec<u8>, Error> {
        let mut all = read(self.connection).translate()?;
        all.extend_with(open(self.cipher, known).unwrap_or_default());
        seal(self.cipher, &all)
    }
}

impl Tx<'_> {
    /// Remembers that a user was deleted now.
    pub(in crate::store) fn put_erasure(&self, id: Id<Account>) -> Result<(), Error> {
        let now: Id<()> = self.new_id();
        let [number @ .., _, _, _, _] = *now.as_bytes();
        self.execute(
            "INSERT INTO erasure (account_id, number) VALUES (?1, ?2)
             ON CONFLICT (account_id) DO UPDATE SET number = excluded.number",
            params![id.as_bytes(), i64::from_be_bytes(number)],
        )
        .map(drop)
    }

    /// Forgets that a user was deleted: it is here again.
    pub(in crate::store) fn take_erasure_back(&self, id: Id<Account>) -> Result<(), Error> {
        self.execute("DELETE FROM erasure WHERE account_id = ?1", [id.as_bytes()]).map(drop)
    }
}

/// Joining what several know.
pub(in crate::store) trait Join {
    /// Adds what another one knows; of two numbers the later one counts.
    fn extend_with(&mut self, other: Erasures);
}

impl Join for Erasures {
    fn extend_with(&mut self, other: Erasures) {
        for (id, number) in other {
            let known = self.entry(id).or_insert(number);
            *known = number.max(*known);
        }
    }
}

/// Those that a database knows.
pub(in crate::store) fn read(connection: &Connection) -> rusqlite::Result<Erasures> {
    let mut statement = connection.prepare("SELECT account_id, number FROM erasure")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Writes down all of these in a database.
pub(in crate::store) fn write(connection: &Connection, all: &Erasures) -> Result<(), OpenError> {
    let mut statement = connection.prepare("INSERT OR REPLACE INTO erasure (account_id, number) VALUES (?1, ?2)")?;
    all.iter().try_for_each(|(id, number)| statement.execute(params![id, number]).map(drop))?;
    Ok(())
}

/// Makes a list. The same people are the same bytes.
pub(in crate::store) fn seal(cipher: &Cipher, all: &Erasures) -> Result<Vec<u8>, Error> {
    let mut newest: Vec<_> = all.iter().collect();
    if newest.len() > MOST {
        newest.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
        newest.truncate(MOST);
        newest.sort();
    }
    let rows: Vec<u8> =
        newest.into_iter().flat_map(|(id, number)| id.iter().copied().chain(number.to_be_bytes())).collect();
    Ok([FORM, &cipher.seal_list(&rows)?].concat())
}

/// Reads a list; `None` if it is none, was changed, or is of a database with another key.
pub(in crate::store) fn open(cipher: &Cipher, list: &[u8]) -> Option<Erasures> {
    let rows = cipher.open_list(list.strip_prefix(FORM)?)?;
    let (rows, []) = rows.as_chunks::<ROW>() else { return None };
    let row =
        |[id @ .., a, b, c, d, e, f, g, h]: &[u8; ROW]| (*id, i64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]));
    Some(rows.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn a_list_is_read_with_its_key_alone_and_as_it_was_written() {
        let [own, other] = [1, 2].map(|byte| Cipher::new(&Zeroizing::new([byte; 64])));
        let mut all: Erasures = [([3; 12], 7), ([1; 12], i64::MAX), ([2; 12], -1)].into();
        let list = seal(&own, &all).unwrap();
        assert_eq!(list, seal(&own, &all).unwrap());
        assert_eq!(open(&own, &list).as_ref(), Some(&all));
        assert_eq!(open(&own, &seal(&own, &Erasures::new()).unwrap()), Some(Erasures::new()));
        assert!(!list.windows(12).any(|window| window == [3; 12]));
        assert_eq!(open(&other, &list), None);
        for at in [0, FORM.len(), list.len() - 1] {
            let mut changed = list.clone();
            changed[at] ^= 1;
            assert_eq!(open(&own, &changed), None, "{at}");
            assert_eq!(open(&own, &list[..at]), None, "{at}");
        }
        all.extend_with([([3; 12], 6), ([4; 12], 8), ([2; 12], 0)].into());
        assert_eq!(all, [([1; 12], i64::MAX), ([2; 12], 0), ([3; 12], 7), ([4; 12], 8)].into());
    }
}
