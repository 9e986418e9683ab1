//! Who is limited now, for the machine's operator. The buckets of the limits know no names, so whoever is refused is
//! noted here, until all tries fit again: so many for each limit, whoever comes first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::nanos::Nanos;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::operator::refusal::{Refusal, refusal};
use crate::model::{Account, Error, Id, Network, text};
use crate::store::Asker;

/// How many are noted for each limit.
const PER_LIMIT: usize = 64;

/// A limit: the last word of its setting, `--rate-limit-...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::app) enum Limit {
    Address,
    Token,
    Logins,
    Account,
}

/// Who is refused, and by which limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::app) struct Who {
    pub(in crate::app) limit: Limit,
    /// From where; of an account from nowhere, whoever did not log in to it before.
    pub(in crate::app) network: Option<Network>,
    pub(in crate::app) account: Option<Whose>,
}

/// Whose tries they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::app) enum Whose {
    /// This user's.
    User(Id<Account>),
    /// Those of all that have this name, by a keyed hash of it.
    Name(u64),
}

/// Instants are those of the limits' clock.
struct Note {
    refused: u64,
    until: Nanos,
    whole: Nanos,
}

/// Those who were refused, and do not yet have all their tries again.
#[derive(Default)]
pub(in crate::app) struct Noted(Mutex<HashMap<Who, Note>>);

impl Noted {
    /// Notes that somebody was refused, who must wait so long for a try, and at most `period` for all of them.
    pub(in crate::app) fn add(&self, who: Who, now: Nanos, wait: Duration, period: Duration) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains_key(&who) && notes.keys().filter(|other| other.limit == who.limit).count() >= PER_LIMIT {
            forget_old(&mut notes, now);
            if notes.keys().filter(|other| other.limit == who.limit).count() >= PER_LIMIT {
                return;
            }
        }
        let note = notes.entry(who).or_insert(Note { refused: 0, until: now, whole: now });
        *note = Note {
            refused: note.refused.saturating_add(1),
            until: now + Nanos::from(wait),
            whole: now + Nanos::from(period.max(wait)),
        };
    }

    /// Forgets those who tried this name.
    pub(in crate::app) fn forget_name(&self, name: u64) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.retain(|who, _| who.account != Some(Whose::Name(name)));
    }

    pub(in crate::app) fn forget_old(&self, now: Nanos) {
        forget_old(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), now);
    }

    /// All that are noted: who, how often, and how long from now until the next try and until all of them.
    fn list(&self, now: Nanos) -> Vec<(Who, u64, [Duration; 2])> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forget_old(&mut notes, now);
        let ahead = |instant: Nanos| instant.saturating_sub(now).into();
        notes.iter().map(|(who, note)| (*who, note.refused, [ahead(note.until), ahead(note.whole)])).collect()
    }
}

fn forget_old(notes: &mut HashMap<Who, Note>, now: Nanos) {
    notes.retain(|_, note| note.whole > now);
}

/// Who is limited.
#[derive(Serialize, Deserialize)]
pub struct LimitedReport {
    /// By limit, those who wait longest first.
    pub rows: Vec<LimitedRecord>,
    /// Whether these are all; only so many are noted for each limit.
    pub complete: bool,
}

/// Somebody who was refused, and does not yet have all tries again.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitedRecord {
    /// The last word of the limit's setting: `address`, `token`, `logins` or `account`.
    pub limit: String,
    /// The client's address, or the first one of its /64. Without, of an account: everybody who did not log in to it
    /// from where he is before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The ids of the users whose token or password it is; none, if there is no user of the name that was tried.
    pub users: Vec<String>,
    /// How often.
    pub refused: u64,
    /// When the next try is let through, RFC 3339; it may be now.
    pub until: String,
    /// When all tries are free again at the latest, if there are no more until then.
    pub all_free: String,
}

impl App {
    /// Who is limited now.
    pub(in crate::app) async fn limited(&self) -> Result<LimitedReport, Refusal> {
        let report = self.limit_report(Asker::Operator).await.map_err(refusal)?;
        report.ok_or_else(|| Refusal("rate limits are off (--rate-limit off): nobody is limited".to_owned()))
    }

    /// Who is limited now, whoever asks; nothing if there are no limits.
    pub(in crate::app) async fn limit_report(&self, asker: Asker) -> Result<Option<LimitedReport>, Error> {
        let Some(limiters) = &self.access.limiters else {
            return Ok(None);
        };
        let now = self.clock.now();
        let mut noted = limiters.noted().list(limiters.now());
        noted.sort_by_key(|(who, _, [_, whole])| (who.limit, std::cmp::Reverse(*whole)));
        let mut users: HashMap<u64, Vec<String>> = HashMap::new();
        if noted.iter().any(|(who, ..)| matches!(who.account, Some(Whose::Name(_)))) {
            for account in self.store.scan(asker, |view| view.accounts(None)).await? {
                users.entry(limiters.name(&account.username)).or_default().push(account.id.to_string());
            }
        }
        let many = |limit| noted.iter().filter(|(who, ..)| who.limit == limit).count() >= PER_LIMIT;
        let complete = ![Limit::Address, Limit::Token, Limit::Logins, Limit::Account].into_iter().any(many);
        let at = |ahead: Duration| text::time_text(now.checked_add(ahead).unwrap_or(Timestamp::MAX));
        let record = |(who, refused, [until, whole]): (Who, u64, [Duration; 2])| LimitedRecord {
            limit: word(who.limit).to_owned(),
            address: who.network.map(|network| network.to_string()),
            users: match who.account {
                Some(Whose::User(id)) => vec![id.to_string()],
                Some(Whose::Name(name)) => users.get(&name).cloned().unwrap_or_default(),
                None => Vec::new(),
            },
            refused,
            until: at(until),
            all_free: at(whole),
        };
        Ok(Some(LimitedReport { rows: noted.into_iter().map(record).collect(), complete }))
    }
}

fn word(limit: Limit) -> &'static str {
    match limit {
        Limit::Address => "address",
        Limit::Token => "token",
        Limit::Logins => "logins",
        Limit::Account => "account",
    }
}
