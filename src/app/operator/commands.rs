//! What operators ask for, and what they are answered.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::app::access::keys::KeysRecord;
use crate::app::access::limit_report::LimitedReport;
use crate::app::audit::trail::{TrailPage, TrailQuery};
use crate::app::imports::{ImportsCommand, ImportsOutcome};
use crate::app::rosters::records::{RosterCommand, RosterOutcome};
use crate::app::wearables::records::{WearableCommand, WearableOutcome};

/// A password on its way to the service. Wiped from memory when dropped; has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct GivenPassword(pub(super) Zeroizing<String>);

impl From<String> for GivenPassword {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<GivenPassword> for String {
    fn from(given: GivenPassword) -> Self {
        given.0.as_str().to_owned()
    }
}

/// What an operator asks for, as it was typed: the service checks it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OperatorCommand {
    /// One more administrator.
    AdminCreate {
        /// Free among administrators.
        username: String,
        /// Without, one is made up.
        password: Option<GivenPassword>,
    },
    /// Another password for an administrator.
    AdminResetPassword {
        /// May be left out if there is only one administrator.
        username: Option<String>,
        /// Without, one is made up.
        password: Option<GivenPassword>,
    },
    /// The users of one type, or of all.
    UserList {
        /// As in tokens (contract, section 3).
        role: Option<String>,
        /// Only those of this institution: its id, or its name.
        #[serde(default)]
        institution: Option<String>,
        /// Whether those who are deactivated are listed, and they alone.
        #[serde(default)]
        deactivated: bool,
    },
    /// One user.
    UserShow {
        /// Which.
        user: UserName,
    },
    /// Another password for any user.
    UserSetPassword {
        /// Whose.
        user: UserName,
        /// Without, one is made up.
        password: Option<GivenPassword>,
    },
    /// Forgotten tries of a user's password.
    UserUnlock {
        /// Whose.
        user: UserName,
    },
    /// A user who cannot log in any more, now or from a time on.
    UserDeactivate {
        /// Which.
        user: UserName,
        /// From when; RFC 3339.
        at: Option<String>,
        /// After how many days it is deleted.
        erase_after_days: Option<u32>,
    },
    /// A user who can log in again.
    UserActivate {
        /// Which.
        user: UserName,
    },
    /// No such user any more.
    UserDelete {
        /// Which.
        user: UserName,
    },
    /// The keys for tokens.
    KeysShow,
    /// Another key for tokens.
    KeysRotate {
        /// Whether tokens of the keys before are refused at once.
        without_overlap: bool,
    },
    /// A page of the audit trail.
    AuditList(TrailQuery),
    /// Who is limited now.
    Limits {},
    /// What is about rosters.
    Roster(RosterCommand),
    /// What is about files of wearables.
    Wearable(WearableCommand),
    /// What is about imports of either.
    Imports(ImportsCommand),
}

impl OperatorCommand {
    /// The verb that asks for it.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::AdminCreate { .. } => "admin create",
            Self::AdminResetPassword { .. } => "admin reset-password",
            Self::UserList { .. } => "user list",
            Self::UserShow { .. } => "user show",
            Self::UserSetPassword { .. } => "user set-password",
            Self::UserUnlock { .. } => "user unlock",
            Self::UserDeactivate { .. } => "user deactivate",
            Self::UserActivate { .. } => "user activate",
            Self::UserDelete { .. } => "user delete",
            Self::KeysShow => "keys show",
            Self::KeysRotate { .. } => "keys rotate",
            Self::AuditList(_) => "audit list",
            Self::Limits {} => "limits",
            Self::Roster(command) => command.verb(),
            Self::Wearable(command) => command.verb(),
            Self::Imports(command) => command.verb(),
        }
    }

    /// Whether it is about what a running service has in memory, and has no meaning without one.
    #[must_use]
    pub fn is_about_running(&self) -> bool {
        matches!(self, Self::UserUnlock { .. } | Self::Limits {})
    }
}

/// Which user is meant.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserName {
    /// An id or a username.
    pub name: String,
    /// The type, where users of several types have the name.
    pub role: Option<String>,
}

/// A user, as operators see one.
#[derive(Clone, Serialize, Deserialize)]
pub struct UserRecord {
    /// 24 hex digits.
    pub id: String,
    /// The type, as in tokens.
    pub r#type: String,
    /// The name.
    pub username: String,
    /// The id of the institution.
    pub institution: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_name: Option<String>,
    /// RFC 3339.
    pub last_login: Option<String>,
    /// Since when it cannot log in, if it is deactivated. RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<String>,
    /// When it will be deactivated. RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivate_at: Option<String>,
    /// When it will be deleted. RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erase_at: Option<String>,
}

/// What became of a command.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// These were asked for.
    Users(Vec<UserRecord>),
    /// This one was asked for.
    User(UserRecord),
    /// This one was made.
    Created(WithPassword),
    /// This one has another password, and every token of his is refused.
    PasswordSet(WithPassword),
    /// Nobody is slowed any more who logs in as this one.
    Unlocked(UserRecord),
    /// This one is or will be deactivated.
    Deactivated(UserRecord),
    /// This one is active.
    Activated(UserRecord),
    /// This one is gone, and every token of his is refused.
    Deleted(UserRecord),
    /// These were asked for.
    Keys(KeysRecord),
    /// Another one signs.
    Rotated(KeysRecord),
    /// This was in the audit trail.
    Trail(TrailPage),
    /// These are limited.
    Limited(LimitedReport),
    /// What is about rosters.
    Roster(RosterOutcome),
    /// What is about files of wearables.
    Wearable(WearableOutcome),
    /// What is about imports of either.
    Imports(ImportsOutcome),
}

/// A user who got a password.
#[derive(Serialize, Deserialize)]
pub struct WithPassword {
    /// Who.
    pub user: UserRecord,
    /// The password, if it was made up: it is told this once.
    pub password: Option<String>,
}
