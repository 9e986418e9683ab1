//! Reading the audit trail, for the machine's operator: page by page, so that no number of rows takes much memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::operator::refusal::{Refusal, refusal};
use crate::model::{Error, Id, text};
use crate::store::{Asker, TrailFilter, TrailPlace, TrailRow};

/// The most rows of a page.
const PAGE: usize = 500;

/// Which rows of the audit trail are asked for: those that all of this fits, the newest first.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailQuery {
    /// Not from before this instant, in milliseconds since 1970.
    pub since: i64,
    /// From before this place.
    pub before: TrailCursor,
    /// The id of the user who did it; an operator may give the present name.
    pub actor: Option<String>,
    /// The id of what it was done to, or of a part of it; an operator may give the present name of a user.
    pub target: Option<String>,
    /// What was done: any of [`crate::app::audited_actions`]; all, if there is none.
    pub actions: Vec<String>,
    /// The most rows to have. There may be fewer, and yet more of them.
    pub limit: usize,
}

/// A place in the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailCursor {
    /// Milliseconds since 1970.
    pub at: i64,
    /// Which of the rows of this instant; 0 is before all of them.
    pub row: i64,
}

/// Rows of the audit trail.
#[derive(Serialize, Deserialize)]
pub struct TrailPage {
    /// The newest first.
    pub rows: Vec<TrailRecord>,
    /// Where to go on; nothing after the last row.
    pub next: Option<TrailCursor>,
}

/// A row of the audit trail. Only ids are stored: the names beside them are those that the directory has now.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailRecord {
    /// RFC 3339.
    pub at: String,
    /// The operation's id, or another of [`crate::app::audited_actions`].
    pub action: String,
    /// `ok`, or why not.
    pub outcome: String,
    /// How many requests the row stands for, or how many things the service removed by itself or an import changed.
    pub count: i64,
    /// The id of who did it: nobody's, if it is not known, or if it was the machine's operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The name of that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// The actor's type, as in tokens; `service` if it did this by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_type: Option<String>,
    /// The id of what it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The name of that user, institution or group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_name: Option<String>,
    /// The id of a part of the target, if that is what it was done to: a group, or a child of a family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The name of that part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_name: Option<String>,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The service's own id for the request, which its log tells too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl App {
    /// A page of the audit trail.
    pub(in crate::app) async fn trail(&self, query: TrailQuery) -> Result<TrailPage, Refusal> {
        let id = |text: String| {
            Id::<()>::parse(&text).ok_or_else(|| Refusal(format!("{text} is no id: one has 24 hex digits")))
        };
        let filter = TrailFilter {
            since: query.since,
            before: TrailPlace { at: query.before.at, row: query.before.row },
            actor: query.actor.map(&id).transpose()?.map(|id| id.cast()),
            target: query.target.map(&id).transpose()?.map(|id| *id.as_bytes()),
            actions: query.actions,
        };
        self.trail_page(Asker::Operator, filter, query.limit).await.map_err(refusal)
    }

    /// The same of a filter, whoever asks.
    pub(in crate::app) async fn trail_page(
        &self,
        asker: Asker,
        filter: TrailFilter,
        limit: usize,
    ) -> Result<TrailPage, Error> {
        if filter.before.row == 0
            && let Err(error) = self.flush_refusals().await
        {
            tracing::warn!(%error, "The refusals of the last minute are not yet in the audit trail");
        }
        let count = limit.min(PAGE);
        let found = self.store.scan(asker, move |view| {
            let rows = view.trail(&filter, count)?;
            let ids = rows.iter().flat_map(|row| [row.actor.map(|id| id.cast()), row.target, row.part]).flatten();
            let names = view.names(ids.collect::<Vec<_>>())?;
            Ok((rows, names))
        });
        let (rows, names) = found.await?;
        let last = rows.last().filter(|_| rows.len() == count);
        let next = last.map(|last| TrailCursor { at: last.place.at, row: last.place.row });
        Ok(TrailPage { next, rows: rows.into_iter().map(|row| record(row, &names)).collect() })
    }
}

fn record(row: TrailRow, names: &BTreeMap<Id<()>, String>) -> TrailRecord {
    let name = |id: Option<Id<()>>| id.and_then(|id| names.get(&id).cloned());
    TrailRecord {
        actor_name: name(row.actor.map(|id| id.cast())),
        target_name: name(row.target),
        part_name: name(row.part),
        at: text::time_text(row.at),
        action: row.action,
        outcome: row.outcome,
        count: row.count,
        actor: row.actor.map(|id| id.to_string()),
        actor_type: row.actor_type,
        target: row.target.map(|id| id.to_string()),
        part: row.part.map(|id| id.to_string()),
        address: row.address,
        request_id: row.request_id,
    }
}
