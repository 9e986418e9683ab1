//! `/service/limits`, `/service/keys` and `/service/settings`: how the service is.

use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::catalogue::Tag;
use crate::api::access::auth::Auth;
use crate::api::http::reply::Found;
use crate::app::policy::{All, KeysView, LimitsView, SettingsView};
use crate::app::{App, InForce, KeyRecord, KeysRecord, LimitedRecord, LimitedUser, NamedLimits};

pub(in crate::api) struct StateApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/service", tag = "Tag::Service")]
impl StateApi {
    /// View who is limited
    ///
    /// Who was refused for asking or trying too often, and does not yet have all tries again.
    #[oai(path = "/limits", method = "get", operation_id = "limits_view")]
    async fn limits_view(&self, auth: Auth<LimitsView>) -> poem::Result<Found<LimitsBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        Ok(Found::of(self.0.limits_view(permit).await?))
    }

    /// View the keys for tokens
    ///
    /// Which one signs, and which signed before it and are accepted still; no secrets.
    #[oai(path = "/keys", method = "get", operation_id = "keys_view")]
    async fn keys_view(&self, auth: Auth<KeysView>) -> poem::Result<Found<KeysBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        Ok(Found::of(self.0.keys_view(&permit)?))
    }

    /// View the settings in force
    ///
    /// The version of the program, every setting but secrets, and where those come from that were set.
    #[oai(path = "/settings", method = "get", operation_id = "settings_view")]
    async fn settings_view(&self, auth: Auth<SettingsView>) -> poem::Result<Found<SettingsBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        Ok(Found::of(self.0.settings_view(&permit)))
    }
}

/// Who is limited.
#[derive(Object, Serialize)]
#[oai(rename = "Limits", example)]
struct LimitsBody {
    /// Whether there are limits at all.
    on: bool,
    /// By limit, those who wait longest first.
    rows: Vec<LimitedBody>,
    /// Whether these are all; only so many are noted for each limit.
    complete: bool,
}

impl From<Option<NamedLimits>> for LimitsBody {
    fn from(limits: Option<NamedLimits>) -> Self {
        match limits {
            Some(limits) => {
                let rows = limits.rows.into_iter().map(LimitedBody::from).collect();
                Self { on: true, rows, complete: limits.complete }
            }
            None => Self { on: false, rows: Vec::new(), complete: true },
        }
    }
}

impl Example for LimitsBody {
    fn example() -> Self {
        let user = LimitedUserBody { id: "5a62be07de34500146d9c624".to_owned(), username: Some("BR0001".to_owned()) };
        let row = LimitedBody {
            limit: "account".to_owned(),
            address: Some("192.0.2.7".to_owned()),
            users: vec![user],
            refused: 12,
            until: "2026-01-05T08:15:09.000Z".to_owned(),
            all_free: "2026-01-05T08:30:00.000Z".to_owned(),
        };
        Self { on: true, rows: vec![row], complete: true }
    }
}

/// Somebody who was refused, and does not yet have all tries again.
#[derive(Object, Serialize)]
#[oai(rename = "Limited", skip_serializing_if_is_none)]
struct LimitedBody {
    /// The last word of the limit's setting: `address`, `token`, `logins` or `account`.
    limit: String,
    /// The client's address, or the first one of its /64. Without, of an account: everybody who did not log in to it
    /// from where he is before.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// The users whose token or password it is; none, if there is no user of the name that was tried.
    users: Vec<LimitedUserBody>,
    /// How often.
    refused: u64,
    /// When the next try is let through; it may be now.
    until: String,
    /// When all tries are free again at the latest, if there are no more until then.
    all_free: String,
}

impl From<(LimitedRecord, Vec<LimitedUser>)> for LimitedBody {
    fn from((record, users): (LimitedRecord, Vec<LimitedUser>)) -> Self {
        let LimitedRecord { limit, address, refused, until, all_free, .. } = record;
        Self { limit, address, users: users.into_iter().map(LimitedUserBody::from).collect(), refused, until, all_free }
    }
}

/// A user whose tries are limited.
#[derive(Object, Serialize)]
#[oai(rename = "LimitedUser", skip_serializing_if_is_none)]
struct LimitedUserBody {
    /// Its id.
    id: String,
    /// Its name, unless it has been deleted meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
}

impl From<LimitedUser> for LimitedUserBody {
    fn from(LimitedUser { id, username }: LimitedUser) -> Self {
        Self { id, username }
    }
}

/// The keys for tokens.
#[derive(Object, Serialize)]
#[oai(rename = "TokenKeys", example, skip_serializing_if_is_none)]
struct KeysBody {
    /// The one that signs.
    signing: KeyBody,
    /// Those that signed before it and whose tokens may still be valid, the newest first.
    earlier: Vec<KeyBody>,
    /// The file with the public half of the one that signs, in PEM form, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key_file: Option<String>,
}

impl From<KeysRecord> for KeysBody {
    fn from(record: KeysRecord) -> Self {
        Self {
            signing: record.signing.into(),
            earlier: record.earlier.into_iter().map(KeyBody::from).collect(),
            public_key_file: record.public_key_file,
        }
    }
}

impl Example for KeysBody {
    fn example() -> Self {
        let signing = KeyBody {
            kid: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".to_owned(),
            since: Some("2026-01-05T08:00:00.000Z".to_owned()),
            accepted_until: None,
        };
        let public_key_file = Some("/var/lib/ocariot-users/jwt.pub".to_owned());
        Self { signing, earlier: Vec::new(), public_key_file }
    }
}

/// A key for tokens.
#[derive(Object, Serialize)]
#[oai(rename = "TokenKey", skip_serializing_if_is_none)]
struct KeyBody {
    /// Its name in the header of tokens: its RFC 7638 thumbprint.
    kid: String,
    /// When it began to sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// When the last of its tokens ends; absent while it signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_until: Option<String>,
}

impl From<KeyRecord> for KeyBody {
    fn from(KeyRecord { kid, since, accepted_until }: KeyRecord) -> Self {
        Self { kid, since, accepted_until }
    }
}

/// With which settings the service runs.
#[derive(Object, Serialize)]
#[oai(rename = "Settings", example)]
struct SettingsBody {
    /// The version of the program.
    program: String,
    /// In the order of their names.
    settings: Vec<SettingBody>,
}

impl From<InForce> for SettingsBody {
    fn from(in_force: InForce) -> Self {
        let InForce { program, settings, mut sources } = in_force;
        let setting = |(flag, value)| SettingBody { source: sources.remove(&flag), flag, value };
        Self { program, settings: settings.into_iter().map(setting).collect() }
    }
}

impl Example for SettingsBody {
    fn example() -> Self {
        let setting = SettingBody {
            flag: "backup-schedule".to_owned(),
            value: "daily 02:30".to_owned(),
            source: Some("--backup-schedule".to_owned()),
        };
        Self { program: "0.1.0".to_owned(), settings: vec![setting] }
    }
}

/// A setting.
#[derive(Object, Serialize)]
#[oai(rename = "Setting", skip_serializing_if_is_none)]
struct SettingBody {
    /// Its flag, without the dashes.
    flag: String,
    /// Its value; empty if it has none.
    value: String,
    /// Where it comes from, if it was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}
