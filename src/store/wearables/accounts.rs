//! Rows of `wearable_account`: the tokens of children's accounts at wearable services, sealed.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::model::wearables::{Features, FitbitStatus, ProviderKind, Secret, TokenRecord, TokenStatus, Tokens};
use crate::model::{Account, Child, Error, Id};
use crate::store::engine::cipher::Cipher;
use crate::store::engine::error::Translate;
use crate::store::engine::left_behind::Remains;
use crate::store::engine::rows;
use crate::store::{Store, Tx, View, Within};

/// What the hash of an account's id is of.
const SUBJECT: &str = "subject";

/// A row as it is stored.
struct Stored {
    id: Id<TokenRecord>,
    version: i64,
    provider: String,
    sealed: Vec<u8>,
    features: u8,
    ends: Timestamp,
    status: String,
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        id: rows::id(row, 0)?,
        version: row.get(1)?,
        provider: row.get(2)?,
        sealed: row.get(3)?,
        features: row.get(4)?,
        ends: rows::timestamp(row, 5)?,
        status: row.get(6)?,
    })
}

fn packed(features: Features) -> u8 {
    u8::from(features.weights) | u8::from(features.activities) << 1 | u8::from(features.sleep) << 2
}

fn unpacked(features: u8) -> Features {
    Features { weights: features & 1 > 0, activities: features & 2 > 0, sleep: features & 4 > 0 }
}

/// Both tokens, if they were sealed with this key for this child and service.
fn opened(cipher: &Cipher, child: Id<Child>, provider: &str, sealed: &[u8]) -> Option<(Secret, Secret)> {
    let opened = cipher.tokens.open([child.as_bytes(), provider.as_bytes()], sealed)?;
    let (length, both) = opened.split_first_chunk()?;
    let (access, refresh) = both.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let secret = |bytes: &[u8]| Some(Secret::new(str::from_utf8(bytes).ok()?.to_owned()));
    Some((secret(access)?, secret(refresh)?))
}

impl Store {
    /// The tokens of children who were deleted since this was asked last: access and refresh token, and which service's.
    #[must_use]
    pub fn tokens_left_behind(&self) -> Vec<(ProviderKind, Secret, Secret)> {
        let opened = |remains: Remains| {
            let provider = ProviderKind::parse(&remains.provider)?;
            let cipher = &self.0.readers.cipher;
            let (access, refresh) = opened(cipher, remains.owner.cast(), &remains.provider, &remains.sealed)?;
            Some((provider, access, refresh))
        };
        self.0.left_behind.take().into_iter().filter_map(opened).collect()
    }
}

/// A child, and when it was synced last.
type LastSynced = (Id<Child>, Option<Timestamp>);

impl View<'_> {
    /// The tokens of a child, if there are any that can be read: not those that were sealed with another key.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn token_record(&self, child: Id<Child>) -> Result<Option<TokenRecord>, Error> {
        let found = self
            .prepare(
                "SELECT record, version, provider, tokens, features, ends_at, status
                 FROM wearable_account WHERE child_id = ?1",
            )?
            .query_row([child.as_bytes()], stored)
            .optional()
            .translate()?;
        Ok(found.and_then(|found| self.unsealed(child, found)))
    }

    fn unsealed(&self, child: Id<Child>, found: Stored) -> Option<TokenRecord> {
        let provider = ProviderKind::parse(&found.provider)?;
        let (access, refresh) = opened(self.cipher, child, &found.provider, &found.sealed)?;
        let tokens = Tokens { access, refresh, ends: found.ends, features: unpacked(found.features) };
        let status =
            if found.status == TokenStatus::Invalid.word() { TokenStatus::Invalid } else { TokenStatus::Valid };
        Some(TokenRecord { id: found.id, version: found.version, provider, tokens, status })
    }

    /// Both tokens, for their place.
    fn sealed(&self, child: Id<Child>, provider: ProviderKind, tokens: &Tokens) -> Result<Vec<u8>, Error> {
        let [access, refresh] = [&tokens.access, &tokens.refresh].map(|token| token.expose().as_bytes());
        let length = u32::try_from(access.len()).map_err(Error::internal)?.to_be_bytes();
        // With room for all of it, no copy is left behind in memory.
        let mut both = Zeroizing::new(Vec::with_capacity(length.len() + access.len() + refresh.len()));
        [&length, access, refresh].into_iter().for_each(|part| both.extend_from_slice(part));
        self.cipher.tokens.seal([child.as_bytes(), provider.word().as_bytes()], &both)
    }

    /// Whether a child has this record still, refreshed or not; `None` if there is no such child any more.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn has_token_record(&self, child: Id<Child>, record: Id<TokenRecord>) -> Result<Option<bool>, Error> {
        if self.child_within(child.cast(), Within::All)?.is_none() {
            return Ok(None);
        }
        self.prepare("SELECT EXISTS (SELECT 1 FROM wearable_account WHERE child_id = ?1 AND record = ?2)")?
            .query_row([child.as_bytes(), record.as_bytes()], |row| row.get(0).map(Some))
            .translate()
    }

    /// The children with good tokens of a service, and when each was synced last.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn children_to_sync(&self, provider: ProviderKind) -> Result<Vec<LastSynced>, Error> {
        self.prepare(
            "SELECT w.child_id, c.last_sync FROM wearable_account w JOIN child c ON c.account_id = w.child_id
             WHERE w.provider = ?1 AND w.status = ?2",
        )?
        .query_map([provider.word(), TokenStatus::Valid.word()], |row| {
            Ok((rows::id(row, 0)?, rows::optional_timestamp(row, 1)?))
        })
        .translate()?
        .collect::<rusqlite::Result<_>>()
        .translate()
    }

    /// The children whose account this is at a service.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn children_of_subject(&self, provider: ProviderKind, subject: &str) -> Result<Vec<Id<Child>>, Error> {
        let hash = self.cipher.tokens.hash(SUBJECT, subject);
        self.prepare("SELECT child_id FROM wearable_account WHERE subject = ?1 AND provider = ?2")?
            .query_map(params![hash, provider.word()], |row| rows::id(row, 0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }
}

impl Tx<'_> {
    /// Keeps tokens of a child, in the place of all there were. The child must be there.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn put_tokens(
        &self,
        child: Id<Child>,
        provider: ProviderKind,
        tokens: &Tokens,
        subject: Option<&str>,
    ) -> Result<(), Error> {
        let id: Id<TokenRecord> = self.new_id();
        self.execute(
            "INSERT OR REPLACE INTO wearable_account
             (child_id, record, version, provider, tokens, features, ends_at, status, subject)
             VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                child.as_bytes(),
                id.as_bytes(),
                provider.word(),
                self.sealed(child, provider, tokens)?,
                packed(tokens.features),
                tokens.ends.as_millisecond(),
                TokenStatus::Valid.word(),
                subject.map(|subject| self.cipher.tokens.hash(SUBJECT, subject)),
            ],
        )
        .map(drop)
    }

    /// Keeps tokens that were had with those of a record, in their place, if they are there still; whether they were.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn refresh_tokens(
        &self,
        child: Id<Child>,
        from: &TokenRecord,
        tokens: &Tokens,
        subject: Option<&str>,
    ) -> Result<bool, Error> {
        let changed = self.execute(
            "UPDATE wearable_account SET version = version + 1, tokens = ?4, features = ?5, ends_at = ?6, status = ?7,
                    subject = coalesce(?8, subject)
             WHERE child_id = ?1 AND record = ?2 AND version = ?3",
            params![
                child.as_bytes(),
                from.id.as_bytes(),
                from.version,
                self.sealed(child, from.provider, tokens)?,
                packed(tokens.features),
                tokens.ends.as_millisecond(),
                TokenStatus::Valid.word(),
                subject.map(|subject| self.cipher.tokens.hash(SUBJECT, subject)),
            ],
        )?;
        Ok(changed == 1)
    }

    /// Notes that a service refused the tokens of a record.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn invalidate_tokens(&self, child: Id<Child>) -> Result<(), Error> {
        let sql = "UPDATE wearable_account SET status = ?2 WHERE child_id = ?1 AND status <> ?2";
        self.execute(sql, params![child.as_bytes(), TokenStatus::Invalid.word()]).map(drop)
    }

    /// Deletes the tokens of a child, readable or not; returns them, if they are.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn delete_tokens(&self, child: Id<Child>) -> Result<Option<TokenRecord>, Error> {
        let record = self.token_record(child)?;
        self.execute("DELETE FROM wearable_account WHERE child_id = ?1", [child.as_bytes()])?;
        Ok(record)
    }

    /// Has the tokens of a user who is about to be deleted, if it is a child with some, given back afterwards.
    pub(in crate::store) fn leave_tokens_behind(&self, owner: Id<Account>) -> Result<(), Error> {
        let found = self
            .prepare("SELECT provider, tokens FROM wearable_account WHERE child_id = ?1")?
            .query_row([owner.as_bytes()], |row| Ok(Remains { owner, provider: row.get(0)?, sealed: row.get(1)? }))
            .optional()
            .translate()?;
        if let Some(remains) = found {
            let left_behind = self.left_behind();
            self.after_commit(move || left_behind.add(remains));
        }
        Ok(())
    }

    /// Sets what a child shows of its wearable.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn set_fitbit_status(&self, child: Id<Child>, status: FitbitStatus) -> Result<(), Error> {
        let sql = "UPDATE child SET fitbit_status = ?2 WHERE account_id = ?1 AND fitbit_status <> ?2";
        self.execute(sql, params![child.as_bytes(), status.word()]).map(drop)
    }

    /// Notes that a child's wearable delivered what it had until now, in whole seconds.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub fn set_last_sync(&self, child: Id<Child>) -> Result<(), Error> {
        let second = self.now().as_millisecond().div_euclid(1000) * 1000;
        self.execute("UPDATE child SET last_sync = ?2 WHERE account_id = ?1", params![child.as_bytes(), second])
            .map(drop)
    }
}
