//! `/service/backups`: those that there are, and one more.

use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::catalogue::Tag;
use crate::api::access::auth::Auth;
use crate::api::http::reply::{Found, Json};
use crate::app::policy::{All, BackupMake, BackupsView};
use crate::app::{App, BackupAsked, KnownBackup, KnownBackups};
use crate::model::text::time_text;

pub(in crate::api) struct BackupsApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/service/backups", tag = "Tag::Service")]
impl BackupsApi {
    /// View the backups that there are
    ///
    /// Those in the folder that backups go to, and what became of the last one that was asked for here.
    #[oai(path = "/", method = "get", operation_id = "backups_view")]
    async fn backups_view(&self, auth: Auth<BackupsView>) -> poem::Result<Found<BackupsBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        Ok(Found::of(self.0.backups_view(permit).await))
    }

    /// Make a backup
    ///
    /// Begins to make one as the settings of the service say, unless one is being made already. View backups to see when
    /// it is there, or why there is none.
    #[oai(path = "/", method = "post", operation_id = "backup_make")]
    async fn backup_make(&self, auth: Auth<BackupMake>) -> poem::Result<Json<202, BackupsBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        Ok(Json::of(self.0.backup_make(permit).await?))
    }
}

/// Which backups there are, as far as the service can tell.
#[derive(Object, Serialize)]
#[oai(rename = "Backups", example, skip_serializing_if_is_none)]
struct BackupsBody {
    /// Where they go.
    folder: String,
    /// Those that are there, in the order of their names; absent if the folder cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<BackupBody>>,
    /// When a drill (`backup verify --drill`) last went well with one of them; absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_drill: Option<String>,
    /// What became of the last one that was asked for since the start: `never` asked for, `making`, `made` or `failed`.
    asked: String,
    /// Why it failed, if it did, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl From<(KnownBackups, BackupAsked)> for BackupsBody {
    fn from((known, asked): (KnownBackups, BackupAsked)) -> Self {
        let (asked, failure) = match asked {
            BackupAsked::Never => ("never", None),
            BackupAsked::Making => ("making", None),
            BackupAsked::Made => ("made", None),
            BackupAsked::Failed(why) => ("failed", Some(why)),
        };
        Self {
            folder: known.folder,
            files: known.files.map(|files| files.into_iter().map(BackupBody::from).collect()),
            last_drill: known.last_drill.map(time_text),
            asked: asked.to_owned(),
            failure,
        }
    }
}

impl Example for BackupsBody {
    fn example() -> Self {
        let file = BackupBody {
            file: "ocariot-users-20260105T013000.000Z.tar.zst.age".to_owned(),
            bytes: 1_234_567,
            made_at: Some("2026-01-05T01:30:00.000Z".to_owned()),
            sealed: true,
        };
        Self {
            folder: "/var/lib/ocariot-users/backups".to_owned(),
            files: Some(vec![file]),
            last_drill: Some("2026-01-05T09:00:00.000Z".to_owned()),
            asked: "never".to_owned(),
            failure: None,
        }
    }
}

/// A backup.
#[derive(Object, Serialize)]
#[oai(rename = "Backup", skip_serializing_if_is_none)]
struct BackupBody {
    /// The name of its file.
    file: String,
    /// How long it is.
    bytes: u64,
    /// When it was made, if its name says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_at: Option<String>,
    /// Whether it is sealed under a passphrase, by its name.
    sealed: bool,
}

impl From<KnownBackup> for BackupBody {
    fn from(known: KnownBackup) -> Self {
        let KnownBackup { file, bytes, made_at, sealed } = known;
        Self { file, bytes, made_at: made_at.map(time_text), sealed }
    }
}
