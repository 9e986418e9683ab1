use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, OptionalExtension, Row};

use super::index::Indexed;
use super::{Names, Place};
use crate::model::{Account, Id, Role, Username};
use crate::store::engine::cipher::Cipher;
use crate::store::engine::functions::user_error;

/// The most users that a commit may change if what is in memory is to follow it; after more it is made anew.
const MOST: usize = 10_000;

/// Triggers of one connection alone, which tell of each user that is changed what was stored before.
const TRIGGERS: &str = "
    CREATE TEMP TRIGGER note_insert AFTER INSERT ON main.account BEGIN
        SELECT note_user(new.id, NULL, NULL, NULL, NULL);
    END;
    CREATE TEMP TRIGGER note_delete AFTER DELETE ON main.account BEGIN
        SELECT note_user(old.id, old.role, old.institution_id, old.deactivated_at IS NOT NULL, old.username);
    END;
    CREATE TEMP TRIGGER note_update AFTER UPDATE OF role, username, institution_id, deactivated_at ON main.account
    WHEN (old.role, old.username, old.institution_id, old.deactivated_at) IS DISTINCT FROM
         (new.role, new.username, new.institution_id, new.deactivated_at) BEGIN
        SELECT note_user(old.id, old.role, old.institution_id, old.deactivated_at IS NOT NULL, old.username);
    END;";

/// A user as stored.
struct Stored {
    place: Place,
    username: Vec<u8>,
}

/// Of each user that a transaction changed, what was stored before it, if anything was.
#[derive(Default)]
struct Noted {
    users: HashMap<Id<Account>, Option<Stored>>,
    too_many: bool,
}

/// Has what is in memory follow the one connection that writes.
pub(in crate::store) struct Follower {
    names: Arc<Names>,
    noted: Arc<Mutex<Noted>>,
}

/// What a commit will do to what is in memory.
pub(in crate::store) struct Announced {
    number: i64,
    /// Before and after, of each user; nothing if it is to be made anew.
    changes: Option<Vec<[Option<User>; 2]>>,
}

struct User {
    id: Id<Account>,
    name: Username,
    place: Place,
}

impl Follower {
    pub(in crate::store) fn attach(connection: &Connection, names: Arc<Names>) -> rusqlite::Result<Self> {
        let noted = Arc::new(Mutex::new(Noted::default()));
        let noting = Arc::clone(&noted);
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        connection.create_scalar_function("note_user", 5, flags, move |context| {
            lock(&noting).note(context)?;
            Ok(None::<i64>)
        })?;
        connection.execute_batch(TRIGGERS)?;
        Ok(Self { names, noted })
    }

    /// Forgets what was noted: a transaction begins.
    pub(in crate::store) fn begin(&self) {
        *lock(&self.noted) = Noted::default();
    }

    /// Whether the transaction changed users.
    pub(in crate::store) fn noted_any(&self) -> bool {
        let noted = lock(&self.noted);
        noted.too_many || !noted.users.is_empty()
    }

    /// Looks at what the transaction did to users. From now on, whoever sees the commit with this number, which no
    /// other has, looks at rows until it is [settled](Self::settle).
    pub(in crate::store) fn announce(&self, connection: &Connection, cipher: &Cipher, number: i64) -> Announced {
        let noted = std::mem::take(&mut *lock(&self.noted));
        let mut state = self.names.state();
        state.coming = Some(number);
        let needed = state.index.is_some() || state.counts.is_some();
        drop(state);
        let followed = needed && !noted.too_many;
        // What cannot be read, whoever asks for it hears of.
        let changes = followed.then(|| changes(connection, cipher, noted.users).ok()).flatten();
        Announced { number, changes }
    }

    /// Brings what is in memory to what is on disk now.
    pub(in crate::store) fn settle(&self, announced: Announced, committed: bool) {
        let mut guard = self.names.state();
        let state = &mut *guard;
        state.coming = None;
        if !committed {
            return;
        }
        state.at = announced.number;
        let followed = announced.changes.is_some_and(|changes| {
            changes.iter().all(|[before, after]| {
                let place = |user: &Option<User>| user.as_ref().map(|user| user.place);
                let counted = state
                    .counts
                    .as_mut()
                    .is_none_or(|counts| Arc::make_mut(counts).follow(place(before), place(after)));
                let [before, after] = [before, after].map(|user| user.as_ref().map(User::indexed));
                counted
                    && state
                        .index
                        .as_mut()
                        .is_none_or(|index| Arc::make_mut(index).follow(before.as_ref(), after.as_ref()))
            })
        });
        if !followed {
            (state.index, state.counts) = (None, None);
        }
    }
}

/// Each user before, and as the transaction leaves it.
fn changes(
    connection: &Connection,
    cipher: &Cipher,
    noted: HashMap<Id<Account>, Option<Stored>>,
) -> rusqlite::Result<Vec<[Option<User>; 2]>> {
    let sql = "SELECT role, institution_id, deactivated_at IS NOT NULL, username FROM account WHERE id = ?1";
    let mut now = connection.prepare_cached(sql)?;
    let each = noted.into_iter().map(|(id, before)| {
        let after = now.query_row([id.as_bytes()], Stored::read).optional()?;
        let open = |stored: Option<Stored>| stored.map(|stored| stored.open(id, cipher)).transpose();
        Ok([open(before)?, open(after)?])
    });
    each.collect()
}

fn lock(noted: &Mutex<Noted>) -> MutexGuard<'_, Noted> {
    noted.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Noted {
    /// What a user was first is what was stored when the transaction began, also if a part of it was undone since.
    fn note(&mut self, context: &Context<'_>) -> rusqlite::Result<()> {
        if self.too_many {
            return Ok(());
        }
        let id = Id::from_bytes(context.get(0)?);
        let full = self.users.len() >= MOST;
        match self.users.entry(id) {
            Entry::Occupied(_) => {}
            Entry::Vacant(_) if full => *self = Self { too_many: true, ..Self::default() },
            Entry::Vacant(new) => {
                new.insert(match context.get(4)? {
                    Some(username) => Some(Stored { place: place(context)?, username }),
                    None => None,
                });
            }
        }
        Ok(())
    }
}

/// The place that the second to fourth arguments are of.
fn place(context: &Context<'_>) -> rusqlite::Result<Place> {
    let role: String = context.get(1)?;
    Ok(Place {
        role: Role::of_word(&role).ok_or_else(|| rusqlite::Error::UserFunctionError("no such role".into()))?,
        institution: context.get::<Option<[u8; 12]>>(2)?.map(Id::from_bytes),
        deactivated: context.get(3)?,
    })
}

impl Stored {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { place: Place::read(row, 0)?, username: row.get(3)? })
    }

    fn open(self, id: Id<Account>, cipher: &Cipher) -> rusqlite::Result<User> {
        let name = cipher.decrypt(&self.username).map_err(user_error)?;
        Ok(User { id, name, place: self.place })
    }
}

impl User {
    fn indexed(&self) -> Indexed<'_> {
        Indexed { id: self.id, name: self.name.as_str(), place: self.place }
    }
}
