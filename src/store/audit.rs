//! Rows of `audit`: who did what to whom, when, from where. Ids alone, so that the trail tells no names.

use std::net::IpAddr;

use jiff::Timestamp;
use rusqlite::params;

use super::error::Translate;
use super::{Tx, View, rows};
use crate::model::{Account, Error, Id, Network, Role, Username};

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
}

impl View<'_> {
    /// Whether a user of this name logged in from there before, as long as the trail is kept.
    ///
    /// # Errors
    /// If the store cannot read.
    pub fn has_logged_in_from(&self, username: &Username, network: Network) -> Result<bool, Error> {
        let name = self.cipher.encrypt(username)?;
        self.prepare(
            "SELECT EXISTS (SELECT 1 FROM account a CROSS JOIN audit l ON l.actor_id = a.id
                            WHERE a.username = ?1 AND l.network = ?2 AND l.network IS NOT NULL)",
        )?
        .query_row(params![name, network.to_string()], |row| row.get(0))
        .translate()
    }
}

impl Tx<'_> {
    /// Writes a change into the audit trail, in the transaction that makes it.
    ///
    /// # Errors
    /// If the store cannot write.
    pub fn record(&self, change: &Change<'_>) -> Result<(), Error> {
        let (actor, role) = change.actor;
        self.execute(
            "INSERT INTO audit (at, actor_id, actor_role, action, target_id, part_id, address, network, outcome,
                                request_id, count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'ok', ?9, 1)",
            params![
                self.now().as_millisecond(),
                actor.as_bytes(),
                rows::role_word(role),
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
    ///
    /// # Errors
    /// If the store cannot write.
    pub fn record_operated(&self, action: &'static str, target: Option<Id<Account>>) -> Result<(), Error> {
        self.execute(
            "INSERT INTO audit (at, action, target_id, outcome, count) VALUES (?1, ?2, ?3, 'ok', 1)",
            params![self.now().as_millisecond(), action, target.as_ref().map(Id::as_bytes)],
        )
        .map(drop)
    }

    /// Writes refusals into the audit trail, as one row.
    ///
    /// # Errors
    /// If the store cannot write.
    pub fn record_refused(&self, refused: &Refused) -> Result<(), Error> {
        self.execute(
            "INSERT INTO audit (at, actor_id, actor_role, action, address, outcome, count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                self.now().as_millisecond(),
                refused.actor.as_ref().map(|(id, _)| id.as_bytes()),
                refused.actor.map(|(_, role)| rows::role_word(role)),
                refused.action,
                refused.network.map(|network| network.to_string()),
                refused.outcome,
                refused.count,
            ],
        )
        .map(drop)
    }

    /// Deletes at most `count` of the rows from before an instant, the oldest first; returns how many it deleted.
    ///
    /// # Errors
    /// If the store cannot write.
    pub fn prune_audit(&self, before: Timestamp, count: usize) -> Result<usize, Error> {
        self.execute(
            "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ?1 ORDER BY at LIMIT ?2)",
            params![before.as_millisecond(), count],
        )
    }
}
