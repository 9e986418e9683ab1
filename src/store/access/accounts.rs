//! Rows of `account`: what users of all types share.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::model::{
    Account, AccountPatch, Conflict, Credential, Error, Field, Id, Institution, PasswordHash, Role, Username,
};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::engine::select::{Column, natural};
use crate::store::{Tx, View};

/// The columns that [`account`] reads, first in every statement that reads users.
macro_rules! account_columns {
    ($($more:literal)?) => {
        concat!("a.id, a.role, a.username, a.institution_id, a.last_login, a.deactivated_at" $(, ", ", $more)?)
    };
}
pub(in crate::store) use account_columns;

/// How many columns [`account`] reads.
pub(in crate::store) const ACCOUNT_COLUMNS: usize = 6;

/// Reads what [`account_columns`] selects, from column `at` on.
pub(in crate::store) fn account(view: &View<'_>, row: &Row<'_>, at: usize) -> rusqlite::Result<Account> {
    let username = row.get_ref(at + 2)?.as_blob()?;
    Ok(Account {
        id: rows::id(row, at)?,
        role: rows::role(row, at + 1)?,
        username: view.cipher.decrypt(username).map_err(|cause| {
            rusqlite::Error::FromSqlConversionFailure(at + 2, rusqlite::types::Type::Blob, Box::new(cause))
        })?,
        institution: rows::optional_id(row, at + 3)?,
        last_login: rows::optional_timestamp(row, at + 4)?,
        deactivated_at: rows::optional_timestamp(row, at + 5)?,
    })
}

/// The columns that every list of users can be asked for.
pub(in crate::store) fn account_column(field: Field) -> Option<Column> {
    match field {
        Field::Id => Some(Column::new("lower(hex(a.id))", "a.id").exact()),
        Field::Username => Some(Column::new("a.username", "fold_case(username_text(a.username))").encrypted()),
        Field::Institution => Some(Column::new("lower(hex(a.institution_id))", "a.institution_id").exact()),
        Field::LastLogin => Some(natural!("time_text(a.last_login)")),
        _ => None,
    }
}

/// Those of one name who may log in. Run at every log-in: it must not look at other rows.
const CREDENTIALS: &str =
    "SELECT id, role, password_hash FROM account WHERE username = ?1 AND deactivated_at IS NULL ORDER BY role";

/// What stands in front of salt and output: each text once, found in an index that holds all of them by leaping from
/// one to the next.
const HASH_COSTS: &str = "WITH RECURSIVE cost (front) AS (
    SELECT min(substr(password_hash, 1, length(password_hash) - 67)) FROM account
    UNION ALL
    SELECT (SELECT min(substr(password_hash, 1, length(password_hash) - 67)) FROM account
        WHERE substr(password_hash, 1, length(password_hash) - 67) > front)
    FROM cost WHERE front IS NOT NULL)
    SELECT front FROM cost WHERE front IS NOT NULL";

/// The same of hashes of bcrypt, which are shorter than salt and output of others: all stand at one place of the index,
/// beside those of users without a password.
const BCRYPT_COSTS: &str = "SELECT DISTINCT substr(password_hash, 1, 6) FROM account
    WHERE substr(password_hash, 1, length(password_hash) - 67) = '' AND substr(password_hash, 1, 2) = '$2'";

/// A user to store.
pub struct NewAccountRow<'a> {
    /// The user's type.
    pub role: Role,
    /// Unique within the type.
    pub username: &'a Username,
    /// The hashed password.
    pub hash: &'a PasswordHash,
    /// Must exist.
    pub institution: Option<Id<Institution>>,
}

impl View<'_> {
    /// What proves who the users of this name are: at most one of each type. Where names from before all were composed
    /// (migration 6) differ in that alone, also those of the name to the letter.
    pub fn credentials(&self, username: &Username) -> Result<Vec<Credential>, Error> {
        let mut found = Vec::new();
        for name in self.spellings(username)? {
            let mut statement = self.prepare(CREDENTIALS)?;
            let rows = statement.query_map([name], credential).translate()?;
            found.extend(rows.collect::<rusqlite::Result<Vec<_>>>().translate()?);
        }
        Ok(found)
    }

    /// The bytes under which users of this name are stored.
    pub(in crate::store) fn spellings(&self, username: &Username) -> Result<Vec<Vec<u8>>, Error> {
        let composed = username.composed();
        let exactly = (composed != *username).then_some(username);
        std::iter::once(&composed).chain(exactly).map(|name| self.cipher.encrypt(name)).collect()
    }

    /// What proves who this user is; `None` if there is no such user.
    pub fn credential(&self, id: Id<Account>) -> Result<Option<Credential>, Error> {
        self.prepare("SELECT id, role, password_hash FROM account WHERE id = ?1")?
            .query_row([id.as_bytes()], credential)
            .optional()
            .translate()
    }

    /// What the users' password hashes cost: what stands in front of each hash's salt, each once.
    pub fn hash_costs(&self) -> Result<Vec<String>, Error> {
        let mut fronts = Vec::new();
        for sql in [HASH_COSTS, BCRYPT_COSTS] {
            let mut statement = self.prepare(sql)?;
            let rows = statement.query_map([], |row| row.get(0)).translate()?;
            fronts.extend(rows.collect::<rusqlite::Result<Vec<_>>>().translate()?);
        }
        Ok(fronts)
    }

    /// The name of a user; `None` if there is no such user.
    pub fn username(&self, id: Id<Account>) -> Result<Option<Username>, Error> {
        let stored: Option<Vec<u8>> = self
            .prepare("SELECT username FROM account WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()
            .translate()?;
        stored.map(|stored| self.cipher.decrypt(&stored).map_err(Error::internal)).transpose()
    }

    /// A user of any type; `None` if there is no such user.
    pub fn account(&self, id: Id<Account>) -> Result<Option<Account>, Error> {
        self.prepare(concat!("SELECT ", account_columns!(), " FROM account a WHERE a.id = ?1"))?
            .query_row([id.as_bytes()], |row| account(self, row, 0))
            .optional()
            .translate()
    }

    /// The users of one type, or of all, in the order in which they were made.
    pub fn accounts(&self, role: Option<Role>) -> Result<Vec<Account>, Error> {
        self.prepare(concat!(
            "SELECT ",
            account_columns!(),
            " FROM account a WHERE a.role = coalesce(?1, a.role) ORDER BY a.id"
        ))?
        .query_map([role.map(Role::word)], |row| account(self, row, 0))
        .translate()?
        .collect::<rusqlite::Result<_>>()
        .translate()
    }

    /// The institution of a user of this type; the outer `None` if there is no such user.
    pub fn institution_of(&self, id: Id<Account>, role: Role) -> Result<Option<Option<Id<Institution>>>, Error> {
        self.prepare("SELECT institution_id FROM account WHERE id = ?1 AND role = ?2")?
            .query_row(params![id.as_bytes(), role.word()], |row| rows::optional_id(row, 0))
            .optional()
            .translate()
    }

    /// Whether another user of this type has the name.
    pub fn username_taken(&self, role: Role, username: &Username, except: Option<Id<Account>>) -> Result<bool, Error> {
        let name = self.cipher.encrypt(username)?;
        let holder: Option<Id<Account>> = self
            .prepare("SELECT id FROM account WHERE username = ?1 AND role = ?2")?
            .query_row(params![name, role.word()], |row| rows::id(row, 0))
            .optional()
            .translate()?;
        Ok(holder.is_some() && holder != except)
    }

    /// The ids of all users of this name, deactivated or not.
    pub fn users_named(&self, username: &Username) -> Result<Vec<Id<Account>>, Error> {
        let mut found = Vec::new();
        for name in self.spellings(username)? {
            let mut statement = self.prepare("SELECT id FROM account WHERE username = ?1 ORDER BY role")?;
            let rows = statement.query_map([name], |row| rows::id(row, 0)).translate()?;
            found.extend(rows.collect::<rusqlite::Result<Vec<_>>>().translate()?);
        }
        Ok(found)
    }

    /// Whether there is such a user who is active.
    pub fn is_active(&self, id: Id<Account>) -> Result<bool, Error> {
        self.prepare("SELECT EXISTS (SELECT 1 FROM account WHERE id = ?1 AND deactivated_at IS NULL)")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .translate()
    }

    /// How many active users of a type there are.
    pub fn count_of(&self, role: Role) -> Result<u64, Error> {
        self.prepare("SELECT count(*) FROM account WHERE role = ?1 AND deactivated_at IS NULL")?
            .query_row([role.word()], |row| row.get::<_, i64>(0))
            .map(|count| u64::try_from(count).unwrap_or(0))
            .translate()
    }
}

fn credential(row: &Row<'_>) -> rusqlite::Result<Credential> {
    Ok(Credential { id: rows::id(row, 0)?, role: rows::role(row, 1)?, hash: PasswordHash::from_phc(row.get(2)?) })
}

impl Tx<'_> {
    /// Stores a user's shared part; returns the user's new id.
    ///
    /// # Errors
    /// `Conflict` if a user of this type has the name.
    pub fn insert_account(&self, new: &NewAccountRow<'_>) -> Result<Id<Account>, Error> {
        let id = self.new_id();
        self.insert_account_as(id, new)?;
        Ok(id)
    }

    /// Stores a user's shared part under an id that is nobody's.
    ///
    /// # Errors
    /// As [`Tx::insert_account`].
    pub(in crate::store) fn insert_account_as(&self, id: Id<Account>, new: &NewAccountRow<'_>) -> Result<(), Error> {
        self.prepare(
            "INSERT INTO account (id, role, username, password_hash, institution_id, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            id.as_bytes(),
            new.role.word(),
            self.cipher.encrypt(new.username)?,
            new.hash.as_str(),
            new.institution.as_ref().map(Id::as_bytes),
            self.now().as_millisecond(),
        ])
        .or_duplicate(Error::Conflict(Conflict::Name(new.role.kind())))?;
        Ok(())
    }

    /// Changes what the patch names of a user of this type.
    ///
    /// # Errors
    /// `Conflict` if another user of this type has the new name.
    pub fn update_account(&self, id: Id<Account>, role: Role, patch: &AccountPatch) -> Result<(), Error> {
        if let Some(name) = &patch.username {
            self.prepare("UPDATE account SET username = ?3 WHERE id = ?1 AND role = ?2 AND username <> ?3")?
                .execute(params![id.as_bytes(), role.word(), self.cipher.encrypt(name)?])
                .or_duplicate(Error::Conflict(Conflict::Name(role.kind())))?;
        }
        if let Some(institution) = patch.institution {
            self.execute(
                "UPDATE account SET institution_id = ?3
                 WHERE id = ?1 AND role = ?2 AND institution_id IS DISTINCT FROM ?3",
                params![id.as_bytes(), role.word(), institution.as_bytes()],
            )?;
        }
        Ok(())
    }

    /// Deletes a user of any type with all that belongs to it; returns whether there was one.
    pub fn delete_account(&self, id: Id<Account>) -> Result<bool, Error> {
        self.leave_tokens_behind(id)?;
        let deleted = self.execute("DELETE FROM account WHERE id = ?1", [id.as_bytes()])? == 1;
        if deleted {
            self.put_erasure(id)?;
        }
        Ok(deleted)
    }

    /// Stores another password; returns whether there is such a user. With `expected`, only if that is still
    /// the user's present one.
    pub fn set_password(
        &self,
        id: Id<Account>,
        expected: Option<&PasswordHash>,
        hash: &PasswordHash,
    ) -> Result<bool, Error> {
        let changed = self.execute(
            "UPDATE account SET password_hash = ?3 WHERE id = ?1 AND password_hash = coalesce(?2, password_hash)",
            params![id.as_bytes(), expected.map(PasswordHash::as_str), hash.as_str()],
        )?;
        Ok(changed == 1)
    }

    /// Notes that a user logged in now; returns whether there is such an active user with this password.
    pub fn set_last_login(&self, id: Id<Account>, hash: &PasswordHash) -> Result<bool, Error> {
        let now: Timestamp = self.now();
        let changed = self.execute(
            "UPDATE account SET last_login = ?3 WHERE id = ?1 AND password_hash = ?2 AND deactivated_at IS NULL",
            params![id.as_bytes(), hash.as_str(), now.as_millisecond()],
        )?;
        Ok(changed == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::migrate;

    #[test]
    fn the_statement_of_a_log_in_searches_an_index_and_sorts_nothing() {
        let mut database = rusqlite::Connection::open_in_memory().unwrap();
        migrate::create(&mut database).unwrap_or_else(|error| panic!("{error}"));
        let mut explain = database.prepare(&format!("EXPLAIN QUERY PLAN {CREDENTIALS}")).unwrap();
        let steps: Vec<String> =
            explain.query_map([[0_u8].as_slice()], |row| row.get("detail")).unwrap().map(Result::unwrap).collect();
        assert_eq!(steps.len(), 1, "{steps:?}");
        let search = "SEARCH account USING INDEX";
        assert!(steps[0].starts_with(search) && steps[0].ends_with("(username=?)"), "{steps:?}");
    }

    #[test]
    fn the_costs_of_hashes_are_found_without_looking_at_every_user() {
        let mut database = rusqlite::Connection::open_in_memory().unwrap();
        migrate::create(&mut database).unwrap_or_else(|error| panic!("{error}"));
        let mut explain = database.prepare(&format!("EXPLAIN QUERY PLAN {HASH_COSTS}")).unwrap();
        let steps: Vec<String> = explain.query_map([], |row| row.get("detail")).unwrap().map(Result::unwrap).collect();
        let at_account: Vec<_> = steps.iter().filter(|step| step.contains(" account")).collect();
        assert_eq!(at_account.len(), 2, "{steps:?}");
        let search = "SEARCH account USING COVERING INDEX account_by_hash_cost";
        assert!(at_account.iter().all(|step| step.starts_with(search)), "{steps:?}");
        drop(explain);
        let insert = "INSERT INTO account (id, role, username, password_hash, created_at)
                      VALUES (randomblob(12), 'admin', randomblob(16), ?1, 0)";
        let view = |sql: &str| -> Vec<String> {
            let mut statement = database.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(view(HASH_COSTS), [] as [&str; 0]);
        for memory in [64, 8, 64, 8, 19_456] {
            let (salt, output) = ("s".repeat(22), "o".repeat(43));
            let hash = format!("$argon2id$v=19$m={memory},t=1,p=1${salt}${output}");
            database.execute(insert, [hash]).unwrap();
        }
        let costs = [19_456, 64, 8].map(|memory| format!("$argon2id$v=19$m={memory},t=1,p=1"));
        assert_eq!(view(HASH_COSTS), costs);
        for front in ["$2a$10$", "$2b$10$", "$2a$10$"] {
            database.execute(insert, [format!("{front}{}", "o".repeat(53))]).unwrap();
        }
        database.execute(insert, ["*"]).unwrap();
        let mut bcrypt_costs = view(BCRYPT_COSTS);
        bcrypt_costs.sort();
        assert_eq!(bcrypt_costs, ["$2a$10", "$2b$10"]);
        assert_eq!(view(HASH_COSTS).iter().filter(|front| !front.is_empty()).collect::<Vec<_>>(), costs.each_ref());
        let mut explain = database.prepare(&format!("EXPLAIN QUERY PLAN {BCRYPT_COSTS}")).unwrap();
        let steps: Vec<String> = explain.query_map([], |row| row.get("detail")).unwrap().map(Result::unwrap).collect();
        assert!(steps[0].starts_with("SEARCH account USING INDEX account_by_hash_cost"), "{steps:?}");
    }
}
