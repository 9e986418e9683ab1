//! `/service/audit`: who did what.

use std::sync::Arc;

use poem_openapi::registry::MetaSchema;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::catalogue::Tag;
use crate::api::access::auth::Auth;
use crate::api::http::params::{Instant, Parameter, Queried};
use crate::api::http::reply::Found;
use crate::app::policy::{All, AuditView};
use crate::app::{App, AuditQuery, TrailCursor, TrailPage, TrailRecord};
use crate::model::{Account, Invalid};

/// How many rows a page has, unless fewer are asked for.
const PAGE: usize = 100;

pub(in crate::api) struct AuditApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/service", tag = "Tag::Service")]
impl AuditApi {
    /// View the audit trail
    ///
    /// Who changed what, logged in or was refused, the newest first. Stored are ids; the names beside them are those of
    /// now. All parameters that are given must fit.
    #[oai(path = "/audit", method = "get", operation_id = "audit_view")]
    #[expect(clippy::too_many_arguments, reason = "a parameter each, as the document tells them")]
    async fn audit_view(
        &self,
        auth: Auth<AuditView>,
        /// At this time or later: `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM:SS` (UTC) or `today`.
        start_at: Queried<Instant>,
        /// Before this time, written as `start_at` is.
        end_at: Queried<Instant>,
        /// The id of who did it.
        actor: Queried<Account>,
        /// The id of what it was done to, or of a part of that.
        target: Queried<Account>,
        /// What was done: operations of this document, or what is none, such as `keys_rotate`; any of several, with
        /// commas between.
        action: Queried<Actions>,
        /// How many rows at most; more than 100 count as that.
        limit: Queried<Limit>,
        /// Where to go on: `next` of the page before.
        before: Queried<RowPlace>,
    ) -> poem::Result<Found<AuditPageBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let rules = self.0.field_rules();
        let end = end_at.instant(rules)?.map(|end| TrailCursor { at: end.as_millisecond(), row: 0 });
        let query = AuditQuery {
            start: start_at.instant(rules)?,
            before: before.place()?.or(end),
            actor: actor.id()?,
            target: target.id()?,
            actions: action.words(),
            limit: limit.number(PAGE),
        };
        Ok(Found::of(self.0.audit_view(permit, query).await?))
    }
}

/// What was done, in words with commas between.
enum Actions {}

impl Parameter for Actions {
    fn schema() -> MetaSchema {
        MetaSchema::new("string")
    }
}

impl Queried<Actions> {
    fn words(self) -> Vec<String> {
        let given = self.given().unwrap_or_default();
        given.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

/// How many rows there are to be.
enum Limit {}

impl Parameter for Limit {
    fn schema() -> MetaSchema {
        MetaSchema { minimum: Some(1.0), ..MetaSchema::new_with_format("integer", "int32") }
    }
}

impl Queried<Limit> {
    /// What is no number counts as none, as in lists.
    fn number(self, most: usize) -> usize {
        self.given()
            .and_then(|given| given.parse().ok())
            .filter(|number| *number > 0)
            .map_or(most, |number: usize| number.min(most))
    }
}

/// A place in the trail: the milliseconds of its instant, and which of the rows of that it is.
enum RowPlace {}

impl Parameter for RowPlace {
    fn schema() -> MetaSchema {
        MetaSchema { pattern: Some("^[0-9]{1,15}-[0-9]{1,15}$".to_owned()), ..MetaSchema::new("string") }
    }
}

impl Queried<RowPlace> {
    fn place(self) -> Result<Option<TrailCursor>, Invalid> {
        let place = |given: String| {
            let (at, row) = given.split_once('-')?;
            let number = |digits: &str| {
                let fits = digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit());
                fits.then(|| digits.parse().ok()).flatten()
            };
            Some(TrailCursor { at: number(at)?, row: number(row)? })
        };
        self.given().map(|given| place(given).ok_or(Invalid::TrailPlace)).transpose()
    }
}

/// Rows of the audit trail.
#[derive(Object, Serialize)]
#[oai(rename = "AuditTrailPage", example, skip_serializing_if_is_none)]
struct AuditPageBody {
    /// The newest first.
    rows: Vec<AuditRowBody>,
    /// Where to go on; absent after the last row.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<TrailPage> for AuditPageBody {
    fn from(page: TrailPage) -> Self {
        Self {
            rows: page.rows.into_iter().map(AuditRowBody::from).collect(),
            next: page.next.map(|TrailCursor { at, row }| format!("{at}-{row}")),
        }
    }
}

impl Example for AuditPageBody {
    fn example() -> Self {
        let row = AuditRowBody {
            at: "2026-01-05T08:15:00.000Z".to_owned(),
            action: "password_reset".to_owned(),
            outcome: "ok".to_owned(),
            count: 1,
            actor: Some("5a62be07de34500146d9c544".to_owned()),
            actor_name: Some("admin".to_owned()),
            actor_type: Some("admin".to_owned()),
            target: Some("5a62be07de34500146d9c624".to_owned()),
            target_name: Some("BR0001".to_owned()),
            part: None,
            part_name: None,
            address: Some("192.0.2.7".to_owned()),
            request_id: Some("6f1c2a9be07d4e35".to_owned()),
        };
        Self { rows: vec![row], next: Some("1767600900000-1".to_owned()) }
    }
}

/// A row of the audit trail.
#[derive(Object, Serialize)]
#[oai(rename = "AuditTrailRow", skip_serializing_if_is_none)]
struct AuditRowBody {
    /// When.
    at: String,
    /// What was done: the operation's id, or a word for what is none.
    action: String,
    /// `ok`, or why not.
    outcome: String,
    /// How many requests the row stands for, or how many things an import changed or the service removed by itself.
    count: i64,
    /// The id of who did it; absent if that is not known, or if it was the machine's operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    /// The present name of that user.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_name: Option<String>,
    /// The actor's type, as in tokens; `service` if it did this by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_type: Option<String>,
    /// The id of what it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// The present name of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_name: Option<String>,
    /// The id of a part of the target, if it was done to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<String>,
    /// The present name of the part.
    #[serde(skip_serializing_if = "Option::is_none")]
    part_name: Option<String>,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// The service's own id for the request, which its log tells, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl From<TrailRecord> for AuditRowBody {
    fn from(record: TrailRecord) -> Self {
        let TrailRecord { at, action, outcome, count, actor, actor_name, actor_type, .. } = record;
        let TrailRecord { target, target_name, part, part_name, address, request_id, .. } = record;
        Self {
            at,
            action,
            outcome,
            count,
            actor,
            actor_name,
            actor_type,
            target,
            target_name,
            part,
            part_name,
            address,
            request_id,
        }
    }
}
