//! `/overview`: what whoever looks after the service wants to know first.

use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use crate::api::access::auth::Auth;
use crate::api::http::reply::Found;
use crate::api::tracking::catalogue::Tag;
use crate::app::policy::{All, OverviewView};
use crate::app::{App, KnownBackups};
use crate::model::Role;
use crate::model::text::time_text;
use crate::model::tracking::{Overview, RoleCount};

pub(in crate::api) struct OverviewApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1", tag = "Tag::Overview")]
impl OverviewApi {
    /// View how the service is used
    ///
    /// How many users there are and who of them never logged in, of which children nothing comes any more, how many
    /// log-ins failed, and the newest backup.
    #[oai(path = "/overview", method = "get", operation_id = "overview_view")]
    async fn overview_view(&self, auth: Auth<OverviewView>) -> poem::Result<Found<OverviewBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        Ok(Found::of(self.0.overview_view(permit).await?))
    }
}

/// How the service is used.
#[derive(Object, Serialize)]
#[oai(rename = "Overview", example, skip_serializing_if_is_none)]
struct OverviewBody {
    /// The types of users of which there are any.
    users: Vec<RoleCountBody>,
    /// Of how many children nothing was ever measured.
    children_never_measured: u64,
    /// Of how many others nothing was measured in the last seven days.
    children_silent: u64,
    /// How many log-ins failed in the last 24 hours.
    failed_logins: u64,
    /// Where backups go.
    backup_folder: String,
    /// How many backups are there; absent if the folder cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    backups: Option<u64>,
    /// The newest of them; its name has the time (UTC) at which it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest_backup: Option<String>,
    /// When a drill last went well with one of them; absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_drill: Option<String>,
}

impl From<(Overview, KnownBackups)> for OverviewBody {
    fn from((overview, backups): (Overview, KnownBackups)) -> Self {
        Self {
            users: overview.users.into_iter().map(RoleCountBody::from).collect(),
            children_never_measured: overview.never_measured,
            children_silent: overview.silent,
            failed_logins: overview.failed_logins,
            backup_folder: backups.folder,
            backups: backups.files.as_ref().map(|files| files.len() as u64),
            last_drill: backups.last_drill.map(time_text),
            newest_backup: backups.files.and_then(|files| files.into_iter().next_back()).map(|backup| backup.file),
        }
    }
}

impl Example for OverviewBody {
    fn example() -> Self {
        let users = [(Role::Admin, 1, 0), (Role::Child, 300, 300)];
        Self {
            users: users.map(|(role, users, never_logged_in)| RoleCount { role, users, never_logged_in }.into()).into(),
            children_never_measured: 270,
            children_silent: 30,
            failed_logins: 2,
            backup_folder: "/var/lib/ocariot-users/backups".to_owned(),
            backups: Some(1),
            newest_backup: Some("ocariot-20260105T013000Z.tar.zst.age".to_owned()),
            last_drill: Some("2026-01-05T09:00:00.000Z".to_owned()),
        }
    }
}

/// How many users of a type there are.
#[derive(Object, Serialize)]
#[oai(rename = "UserCount")]
struct RoleCountBody {
    /// The type, as tokens name it.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    role: String,
    /// All of them.
    users: u64,
    /// Those who never logged in.
    never_logged_in: u64,
}

impl From<RoleCount> for RoleCountBody {
    fn from(count: RoleCount) -> Self {
        Self { role: count.role.word().to_owned(), users: count.users, never_logged_in: count.never_logged_in }
    }
}
