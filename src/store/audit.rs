//! Rows of `audit`: who did what to whom, when, from where. Ids alone, so that the trail tells no names.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params};

use crate::model::{Account, Error, Id, Network, Role, Username};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{Tx, View};

/// What the machine's operator did: when, what, and to whom, if to a user.
pub(in crate::store) const OPERATED: &str =
    "INSERT INTO audit (at, action, target_id, outcome, count) VALUES (?1, ?2, ?3, 'ok', 1)";

/// The room that a row takes, with its places in the indexes: as much as the longest ones there are, so that a trail of
/// any rows has room in what is reckoned with this.
const ROW_BYTES: u64 = 300;

/// The type of the actor where the service did it by itself.
const SERVICE: &str = "service";

/// A change that was made.
pub struct Change<'a> {
    /// Who made it.
    pub actor: (Id<Account>, Role),
    /// The operation's id.
    pub action: &'static str,
    /// What was changed.
    pub target: Option<[u8; 12]>,
    /// What belongs to the target, if that is what was changed.
    pub part: Option<[u8; 12]>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// If this is a log-in: the client that it came from.
    pub login_from: Option<Network>,
    /// The service's own id for the request.
    pub request_id: &'a str,
}

/// Requests of one kind that were refused to one client.
pub struct Refused {
    /// The operation's id, or another word for what was asked.
    pub action: &'static str,
    /// Why.
    pub outcome: &'static str,
    /// Whom; nothing if there were several.
    pub network: Option<Network>,
    /// How many.
    pub count: u32,
    /// Who it was, if it was one and is known.
    pub actor: Option<(Id<Account>, Role)>,
    /// Whom it was aimed at, if that is one.
    pub target: Option<Id<Account>>,
}

/// A place in the trail, between two rows: before all rows of its instant that have this number or a larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrailPlace {
    /// Milliseconds since 1970.
    pub at: i64,
    /// The number of a row; 0 is before all rows of the instant.
    pub row: i64,
}

/// Which rows of the trail are asked for: those that all of this fits.
pub struct TrailFilter {
    /// Not from before this, in milliseconds since 1970.
    pub since: i64,
    /// Those before this place, the newest first.
    pub before: TrailPlace,
    /// What this user did.
    pub actor: Option<Id<Account>>,
    /// What was done to this, or to this as a part of something.
    pub target: Option<[u8; 12]>,
    /// What was done; without any, everything.
    pub actions: Vec<String>,
}

/// A row of the trail.
#[derive(Debug)]
pub struct TrailRow {
    /// Where it stands.
    pub place: TrailPlace,
    /// When.
    pub at: Timestamp,
    /// Who, if that is known.
    pub actor: Option<Id<Account>>,
    /// The actor's type, as in tokens, or `service`.
    pub actor_type: Option<String>,
    /// The operation's id, or another word for what was done or asked.
    pub action: String,
    /// What it was done to.
    pub target: Option<Id<()>>,
    /// What belongs to the target, if that is what it was done to.
    pub part: Option<Id<()>>,
    /// From where.
    pub address: Option<String>,
    /// `ok`, or why not.
    pub outcome: String,
    /// The service's own id for the request.
    pub request_id: Option<String>,
    /// How many requests the row stands for.
    pub count: i64,
}

/// A page of the trail. A million rows are looked through in less than a second, so that one index, by time, serves
/// all questions but the one about an actor, which may have few rows in many years.
macro_rules! page {
    ($actor:literal) => {
        concat!(
            "SELECT at, id, actor_id, actor_role, action, target_id, part_id, address, outcome, request_id, count
             FROM audit
             WHERE (at, id) < (?1, ?2) AND at >= ?3 AND ",
            $actor,
            " AND (?5 IS NULL OR target_id = ?5 OR part_id = ?5)
             AND (?6 OR action IN (SELECT value FROM rarray(?7)))
             ORDER BY at DESC, id DESC LIMIT ?8"
        )
    };
}

impl View<'_> {
    /// The newest of the rows that fit, the newest first; at most `count`.
    pub fn trail(&self, filter: &TrailFilter, count: usize) -> Result<Vec<TrailRow>, Error> {
        let sql = match filter.actor {
            Some(_) => page!("actor_id = ?4"),
            None => page!("?4 IS NULL"),
        };
        let actions: Vec<Value> = filter.actions.iter().map(|action| Value::Text(action.clone())).collect();
        let (before, actor) = (filter.before, filter.actor.as_ref().map(Id::as_bytes));
        let any = actions.is_empty();
        self.prepare(sql)?
            .query_map(
                params![before.at, before.row, filter.since, actor, filter.target, any, Rc::new(actions), count],
                trail_row,
            )
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }

    /// Hands on the rows about a user, whether he did it or it was done to him, the newest first.
    ///
    /// # Errors
    /// What `take` returns, and `Unavailable` or `Internal` if the database cannot be read.
    pub fn each_audit_of(
        &self,
        user: Id<Account>,
        take: &mut dyn FnMut(TrailRow) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut statement = self.prepare(
            "SELECT at, id, actor_id, actor_role, action, target_id, part_id, address, outcome, request_id, count
             FROM audit WHERE actor_id = ?1 OR target_id = ?1 OR part_id = ?1 ORDER BY at DESC, id DESC",
        )?;
        let mut rows = statement.query([user.as_bytes()]).translate()?;
        while let Some(row) = rows.next().translate()? {
            take(trail_row(row).translate()?)?;
        }
        Ok(())
    }

    /// The present names of those of these things that have one: users, institutions and groups.
    pub fn names(&self, ids: impl IntoIterator<Item = Id<()>>) -> Result<BTreeMap<Id<()>, String>, Error> {
        let mut names = BTreeMap::new();
        for id in ids.into_iter().collect::<BTreeSet<_>>() {
            // One name that cannot be read must not keep all others from being shown.
            let user = self.username(id.cast()).ok().flatten().map(|name| name.as_str().to_owned());
            if let Some(name) = user.map_or_else(|| self.plain_name(id), |name| Ok(Some(name)))? {
                names.insert(id, name);
            }
        }
        Ok(names)
    }

    fn plain_name(&self, id: Id<()>) -> Result<Option<String>, Error> {
        self.prepare(
            "SELECT name FROM institution WHERE id = ?1 UNION ALL SELECT name FROM children_group WHERE id = ?1",
        )?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
        .translate()
    }

    /// The instant of the oldest row, if there is one.
    pub fn oldest_audit(&self) -> Result<Option<Timestamp>, Error> {
        self.prepare("SELECT min(at) FROM audit")?.query_row([], |row| rows::optional_timestamp(row, 0)).translate()
    }

    /// Whether a user of this name logged in from there before, as long as the trail is kept.
    pub fn has_logged_in_from(&self, username: &Username, network: Network) -> Result<bool, Error> {
        let mut statement = self.prepare(
            "SELECT EXISTS (SELECT 1 FROM account a CROSS JOIN audit l ON l.actor_id = a.id
                            WHERE a.username = ?1 AND l.network = ?2 AND l.network IS NOT NULL)",
        )?;
        for name in self.spellings(username)? {
            if statement.query_row(params![name, network.to_string()], |row| row.get(0)).translate()? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Tx<'_> {
    /// Writes a change into the audit trail, in the transaction that makes it.
    pub fn record(&self, change: &Change<'_>) -> Result<(), Error> {
        let (actor, role) = change.actor;
        self.execute(
            "INSERT INTO audit (at, actor_id, actor_role, action, target_id, part_id, address, network, outcome,
                                request_id, count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'ok', ?9, 1)",
            params![
                self.now().as_millisecond(),
                actor.as_bytes(),
                role.word(),
                change.action,
                change.target,
                change.part,
                change.address.map(|address| address.to_canonical().to_string()),
                change.login_from.map(|network| network.to_string()),
                change.request_id,
            ],
        )
        .map(drop)
    }

    /// Writes a change that the machine's operator made without a token into the audit trail; to a user, if it is one.
    pub fn record_operated(&self, action: &'static str, target: Option<Id<Account>>) -> Result<(), Error> {
        self.execute(OPERATED, params![self.now().as_millisecond(), action, target.as_ref().map(Id::as_bytes)])
            .map(drop)
    }

    /// Writes how many things an import changed, or the taking back of one, into the audit trail.
    pub fn record_import(&self, action: &'static str, count: usize) -> Result<(), Error> {
        self.execute(
            "INSERT INTO audit (at, action, outcome, count) VALUES (?1, ?2, 'ok', ?3)",
            params![self.now().as_millisecond(), action, count],
        )
        .map(drop)
    }

    /// Writes a change to a thing of any kind that an import made into the audit trail.
    pub fn record_imported(&self, action: &'static str, target: [u8; 12], part: Option<[u8; 12]>) -> Result<(), Error> {
        self.execute(
            "INSERT INTO audit (at, action, target_id, part_id, outcome, count) VALUES (?1, ?2, ?3, ?4, 'ok', 1)",
            params![self.now().as_millisecond(), action, target, part],
        )
        .map(drop)
    }

    /// Writes down what the service did with a user by itself.
    pub fn record_of_service(&self, action: &'static str, target: Id<Account>) -> Result<(), Error> {
        self.execute(
            "INSERT INTO audit (at, actor_role, action, target_id, outcome, count) VALUES (?1, ?2, ?3, ?4, 'ok', 1)",
            params![self.now().as_millisecond(), SERVICE, action, target.as_bytes()],
        )
        .map(drop)
    }

    /// Writes down how many things the service changed by itself: in the row of this number, if there is one already.
    /// Returns the row's number.
    ///
    /// # Errors
    /// If the store cannot write.
    pub fn record_by_service(&self, action: &'static str, count: usize, row: Option<i64>) -> Result<i64, Error> {
        let known = match row {
            Some(row) => self.execute("UPDATE audit SET count = count + ?2 WHERE id = ?1", params![row, count])?,
            None => 0,
        };
        if let (Some(row), 1) = (row, known) {
            return Ok(row);
        }
        self.prepare(
            "INSERT INTO audit (at, actor_role, action, outcome, count) VALUES (?1, ?2, ?3, 'ok', ?4) RETURNING id",
        )?
        .query_row(params![self.now().as_millisecond(), SERVICE, action, count], |row| row.get(0))
        .translate()
    }

    /// Writes refusals into the audit trail, as one row.
    pub fn record_refused(&self, refused: &Refused) -> Result<(), Error> {
        self.execute(
            "INSERT INTO audit (at, actor_id, actor_role, action, address, outcome, count, target_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                self.now().as_millisecond(),
                refused.actor.as_ref().map(|(id, _)| id.as_bytes()),
                refused.actor.map(|(_, role)| role.word()),
                refused.action,
                refused.network.map(|network| network.to_string()),
                refused.outcome,
                refused.count,
                refused.target.as_ref().map(Id::as_bytes),
            ],
        )
        .map(drop)
    }

    /// Deletes at most `count` of the rows that have no room in so many bytes, those first that were written first;
    /// returns how many it deleted. Rows are not counted, so that this costs next to nothing where all have room: their
    /// numbers say how many there can be.
    ///
    /// # Errors
    /// If the store cannot write.
    pub fn trim_audit(&self, bytes: u64, count: usize) -> Result<usize, Error> {
        self.execute(
            "DELETE FROM audit WHERE id IN
             (SELECT id FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?1 ORDER BY id LIMIT ?2)",
            params![bytes / ROW_BYTES, count],
        )
    }

    /// Deletes at most `count` of the rows from before an instant, the oldest first; returns how many it deleted.
    pub fn prune_audit(&self, before: Timestamp, count: usize) -> Result<usize, Error> {
        self.execute(
            "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ?1 ORDER BY at LIMIT ?2)",
            params![before.as_millisecond(), count],
        )
    }
}

fn trail_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<TrailRow> {
    Ok(TrailRow {
        place: TrailPlace { at: row.get(0)?, row: row.get(1)? },
        at: rows::timestamp(row, 0)?,
        actor: rows::optional_id(row, 2)?,
        actor_type: row.get(3)?,
        action: row.get(4)?,
        target: rows::optional_id(row, 5)?,
        part: rows::optional_id(row, 6)?,
        address: row.get(7)?,
        outcome: row.get(8)?,
        request_id: row.get(9)?,
        count: row.get(10)?,
    })
}
