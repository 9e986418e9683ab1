//! A copy made ready to take a database's place: what that has given out is not given out once more, what it refuses stays
//! refused, and whom it has deleted does not come back unasked.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::model::{Account, Id, Role, Username};
use crate::store::access::erasures::{self, Erasures, Join};
use crate::store::audit::OPERATED;
use crate::store::engine::backup::existing;
use crate::store::engine::cipher::Cipher;
use crate::store::engine::connection::unlock;
use crate::store::engine::{migrate, rows};
use crate::store::{OpenError, Store, UsernameKey};

/// How far a database has counted. What takes its place must not give out the same ids and tokens once more.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    last_id: i64,
    last_token: i64,
    last_token_expiry: i64,
    newest_instant: i64,
    /// What it was made with: a copy has the same.
    salt: Option<[u8; 16]>,
    /// The keys that its tokens are verified with.
    keys: Vec<KeyColumns>,
    revoked_through: i64,
    revocations: Vec<RevocationColumns>,
    /// Who was deleted from it.
    erasures: Erasures,
}

/// How a copy takes a database's place.
pub struct Succession {
    /// How far that has counted.
    pub beyond: Counters,
    /// Where it is, to be compared with: a copy as [`Store::counters`] leaves it.
    pub present: Option<PathBuf>,
    /// What becomes of tokens from before.
    pub tokens: EarlierTokens,
    /// What becomes of people who were deleted since.
    pub erased: ErasedPeople,
    /// Lists of them, beside what the database knows.
    pub lists: Vec<Vec<u8>>,
    /// What the audit trail says of it, and of when.
    pub recorded: Option<(&'static str, Timestamp)>,
}

impl Succession {
    /// In the place of a database that is lost.
    #[must_use]
    pub fn of_nothing(tokens: EarlierTokens) -> Self {
        let erased = ErasedPeople::DeletedAgain;
        Self { beyond: Counters::default(), present: None, tokens, erased, lists: Vec::new(), recorded: None }
    }
}

/// What becomes of people who are in a copy and were deleted since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasedPeople {
    /// They are deleted again.
    DeletedAgain,
    /// They are back.
    ComeBack,
}

/// What came back with a copy, or would have.
#[derive(Debug, Default)]
pub struct CameBack {
    /// Who was deleted again.
    pub erased: Vec<(Id<Account>, Role)>,
    /// Who was deleted since, and is back.
    pub people: People,
    /// Whose password was another one when the database was last in use; nothing if that cannot be told.
    pub passwords: Option<People>,
    /// Which of the lists are none of this database, or were changed.
    pub refused_lists: Vec<usize>,
}

/// Some people, by name.
#[derive(Debug, Default)]
pub struct People {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: Vec<(Id<Account>, Role, Username)>,
}

/// How many people are named at most.
const NAMED: usize = 1000;

/// How far numbers of tokens leap at least, and less than how much further by chance: 71 years in microseconds, a power
/// of two. There is room for two thousand such leaps.
const LEAP: i64 = 1 << 51;

/// The schema from which on the database knows who was deleted.
const ERASURES_SINCE: usize = 11;

/// The columns of `token_key`.
type KeyColumns = (String, String, String, i64, Option<i64>);
/// The columns of `revocation`.
type RevocationColumns = ([u8; 12], i64, Option<i64>, i64);

/// What becomes of tokens that were issued before a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierTokens {
    /// They are refused.
    Revoked,
    /// They go on, except those that the one or the other database refuses.
    Kept,
}

impl Counters {
    /// Whether a copy is of the database that counted so: nothing if there is none.
    fn are_of(&self, salt: &[u8; 16]) -> Option<bool> {
        self.salt.as_ref().map(|known| known == salt)
    }

    /// The name of the key that signs tokens, as the database knows it.
    #[must_use]
    pub fn signing_key(&self) -> Option<&str> {
        let signs = |(_, _, _, _, accepted_until): &&KeyColumns| accepted_until.is_none();
        self.keys.iter().filter(signs).max_by_key(|(_, _, _, since, _)| since).map(|(kid, ..)| kid.as_str())
    }
}

impl Store {
    /// How far the database has counted that this is a copy of, to be thrown away: its schema is brought up to date, its
    /// names are not.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn counters(copy: &Path) -> Result<Counters, OpenError> {
        let mut connection = existing(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let version = migrate::version(&connection)?;
        migrate::migrate_all_but_names(&mut connection, version)?;
        let (keys, revocations) = (keys(&connection)?, revocations(&connection)?);
        let erasures = erasures::read(&connection)?;
        let sql = "SELECT last_id, last_token, last_token_expiry, newest_instant, revoked_through, username_salt
                   FROM store_state";
        Ok(connection.query_row(sql, [], |row| {
            Ok(Counters {
                last_id: row.get(0)?,
                last_token: row.get(1)?,
                last_token_expiry: row.get(2)?,
                newest_instant: row.get(3)?,
                revoked_through: row.get(4)?,
                salt: row.get(5)?,
                keys,
                revocations,
                erasures,
            })
        })?)
    }

    /// Whether a copy is one of the database that has counted so far, as it was at another time; `None` if there is no
    /// such database.
    ///
    /// # Errors
    /// If the copy cannot be read.
    pub fn is_copy_of(copy: &Path, counters: &Counters) -> Result<Option<bool>, OpenError> {
        let connection = existing(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let salt: [u8; 16] = connection.query_row("SELECT username_salt FROM store_state", [], |row| row.get(0))?;
        Ok(counters.are_of(&salt))
    }

    /// Makes a copy ready to take a database's place: brings its schema up to date, and its counters beyond those of
    /// the database. The copy is one file afterwards, without a journal. Returns what came back with it.
    ///
    /// The database may be lost, and have given out more than the copy knows; nor does any clock tell how much. So the
    /// numbers of tokens leap: beyond all that were given out in `LEAP` microseconds, and to where no other restore
    /// leapt.
    ///
    /// # Errors
    /// If the key is not the copy's, or the copy cannot be written.
    pub fn make_ready(
        copy: &Path,
        key: impl FnOnce(&[u8; 16]) -> Result<UsernameKey, String>,
        succession: Succession,
    ) -> Result<CameBack, OpenError> {
        let mut connection = existing(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let version = migrate::version(&connection)?;
        let cipher = unlock(&connection, key)?;
        migrate::migrate(&mut connection, version, &cipher)?;
        let mut came_back = CameBack::default();
        erase(&mut connection, &cipher, &succession, &mut came_back)?;
        let (salt, _) = salt_and_last_id(&connection)?;
        let Succession { beyond, present, tokens, recorded, .. } = succession;
        if let (Some(present), Some(true)) = (present, beyond.are_of(&salt)) {
            // Nothing depends on a comparison with what may be damaged.
            came_back.passwords = changed_passwords(&connection, &cipher, &present).ok();
        }
        connection.execute(
            "UPDATE store_state SET last_id = max(last_id, ?1),
             last_token = max(last_token, ?2) + ?5 + (random() & (?5 - 1)),
             last_token_expiry = max(last_token_expiry, ?3), newest_instant = max(newest_instant, ?4)",
            params![beyond.last_id, beyond.last_token, beyond.last_token_expiry, beyond.newest_instant, LEAP],
        )?;
        match tokens {
            EarlierTokens::Revoked => {
                // No token of any key is accepted but those to come, and they are of the one that will sign.
                connection.execute("UPDATE store_state SET revoked_through = last_token", [])?;
                connection.execute("DELETE FROM token_key", [])?;
            }
            EarlierTokens::Kept => keep_tokens(&connection, beyond)?,
        }
        if let Some((action, at)) = recorded {
            connection.execute(OPERATED, params![at.as_millisecond(), action, None::<[u8; 12]>])?;
        }
        connection.pragma_update(None, "journal_mode", "DELETE")?;
        connection.close().map_err(|(_, error)| OpenError::from(error))?;
        Ok(came_back)
    }

    /// The list of people whom a copy knows as deleted, together with those of a list that there was; nothing if its
    /// schema is from before there were such lists.
    ///
    /// # Errors
    /// If the key is not the copy's, or the copy cannot be read.
    pub fn erasure_list(
        copy: &Path,
        key: impl FnOnce(&[u8; 16]) -> Result<UsernameKey, String>,
        known: &[u8],
    ) -> Result<Option<Vec<u8>>, OpenError> {
        let connection = existing(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        if migrate::version(&connection)? < ERASURES_SINCE {
            return Ok(None);
        }
        let cipher = unlock(&connection, key)?;
        let mut all = erasures::read(&connection)?;
        all.extend_with(erasures::open(&cipher, known).unwrap_or_default());
        if all.is_empty() {
            return Ok(None);
        }
        erasures::seal(&cipher, &all).map(Some).map_err(|error| OpenError::NoKey(error.to_string()))
    }
}

/// Writes down in a copy who was deleted since, and deletes them again, unless they are to come back: only those whom a
/// later state of the database has deleted. Who is in it and was deleted before that was brought back on purpose.
fn erase(
    connection: &mut Connection,
    cipher: &Cipher,
    succession: &Succession,
    came_back: &mut CameBack,
) -> Result<(), OpenError> {
    let (salt, last_id) = salt_and_last_id(connection)?;
    let mut all = Erasures::new();
    if succession.beyond.are_of(&salt) == Some(true) {
        all.extend_with(succession.beyond.erasures.clone());
    }
    for (at, list) in succession.lists.iter().enumerate() {
        match erasures::open(cipher, list) {
            Some(list) => all.extend_with(list),
            None => came_back.refused_lists.push(at),
        }
    }
    all.retain(|_, number| *number > last_id);
    // What was deleted goes with all that belongs to it, and leaves no bytes.
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    let transaction = connection.transaction()?;
    for id in all.keys() {
        let sql = "SELECT role, username FROM account WHERE id = ?1";
        let found = transaction.query_row(sql, [id], |row| Ok((rows::role(row, 0)?, row.get::<_, Vec<u8>>(1)?)));
        let Some((role, name)) = found.optional()? else { continue };
        match succession.erased {
            ErasedPeople::DeletedAgain => {
                transaction.execute("DELETE FROM account WHERE id = ?1", [id])?;
                came_back.erased.push((Id::from_bytes(*id), role));
            }
            ErasedPeople::ComeBack => came_back.people.add((*id, role, name), cipher),
        }
    }
    erasures::write(&transaction, &all)?;
    // Whoever is deleted from now on has a larger number than those who were.
    let latest = all.values().max().copied().unwrap_or_default();
    transaction.execute("UPDATE store_state SET last_id = max(last_id, ?1)", [latest])?;
    Ok(transaction.commit()?)
}

fn salt_and_last_id(connection: &Connection) -> rusqlite::Result<([u8; 16], i64)> {
    connection.query_row("SELECT username_salt, last_id FROM store_state", [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Whose password is another one in a later state of the database.
fn changed_passwords(connection: &Connection, cipher: &Cipher, present: &Path) -> Result<People, OpenError> {
    let name = present.to_str().ok_or(OpenError::NotOurs)?;
    connection.execute("ATTACH DATABASE ?1 AS present", [name])?;
    let sql =
        "SELECT own.id, own.role, own.username FROM main.account own JOIN present.account other ON other.id = own.id
               WHERE other.password_hash <> own.password_hash ORDER BY own.id";
    let mut people = People::default();
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        people.add((row.get(0)?, rows::role(row, 1)?, row.get(2)?), cipher);
    }
    drop(found);
    drop(statement);
    connection.execute("DETACH DATABASE present", [])?;
    Ok(people)
}

impl People {
    fn add(&mut self, (id, role, name): ([u8; 12], Role, Vec<u8>), cipher: &Cipher) {
        self.count += 1;
        if self.first.len() < NAMED
            && let Ok(name) = cipher.decrypt(&name)
        {
            self.first.push((Id::from_bytes(id), role, name));
        }
    }
}

/// Lets a copy accept the tokens that the database accepts, and refuse those that either refuses. Of the same database
/// the later state knows which keys are accepted: one that it does not know may have been given up because somebody had
/// it. Tokens of another database are none of the copy's.
fn keep_tokens(connection: &Connection, beyond: Counters) -> Result<(), OpenError> {
    let salt: [u8; 16] = connection.query_row("SELECT username_salt FROM store_state", [], |row| row.get(0))?;
    if beyond.are_of(&salt) != Some(true) {
        return Ok(());
    }
    connection.execute("DELETE FROM token_key", [])?;
    for key in beyond.keys {
        connection.execute("INSERT INTO token_key VALUES (?1, ?2, ?3, ?4, ?5)", key)?;
    }
    let sql = "UPDATE store_state SET revoked_through = max(revoked_through, ?1)";
    connection.execute(sql, [beyond.revoked_through])?;
    for revocation in beyond.revocations {
        connection.execute(
            "INSERT INTO revocation (account_id, through_token, spared_token, expires_at)
             VALUES (?1, ?2, ?3, ?4) ON CONFLICT (account_id) DO UPDATE
             SET through_token = excluded.through_token, spared_token = excluded.spared_token,
             expires_at = excluded.expires_at WHERE excluded.through_token > through_token",
            revocation,
        )?;
    }
    Ok(())
}

fn keys(connection: &Connection) -> rusqlite::Result<Vec<KeyColumns>> {
    let mut statement = connection.prepare("SELECT kid, modulus, exponent, since, accepted_until FROM token_key")?;
    let keys = statement.query_map([], |row| row.try_into())?;
    keys.collect()
}

fn revocations(connection: &Connection) -> rusqlite::Result<Vec<RevocationColumns>> {
    let sql = "SELECT account_id, through_token, spared_token, expires_at FROM revocation";
    let mut statement = connection.prepare(sql)?;
    let revocations = statement.query_map([], |row| row.try_into())?;
    revocations.collect()
}
