//! What administrators are told of the service, as verbs tell the machine's operator.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::app::policy::{AuditView, BackupMake, BackupsView, KeysView, LimitsView, SettingsView};
use crate::app::{App, BackupAsked, InForce, KeysRecord, KnownBackups, LimitedRecord, Permit, TrailCursor, TrailPage};
use crate::model::{Account, Error, Id};
use crate::store::{Asker, TrailFilter, TrailPlace};

/// Which rows of the audit trail are asked for: those that all of this fits, the newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Not from before this instant.
    pub start: Option<Timestamp>,
    /// From before this place.
    pub before: Option<TrailCursor>,
    /// Who did it.
    pub actor: Option<Id<Account>>,
    /// What it was done to, or a part of it.
    pub target: Option<Id<Account>>,
    /// What was done: any of [`crate::app::audited_actions`]; all, if there is none.
    pub actions: Vec<String>,
    /// The most rows to have. There may be fewer, and yet more of them.
    pub limit: usize,
}

/// Who is limited.
pub struct NamedLimits {
    /// By limit, those who wait longest first, each with the users whom it is about.
    pub rows: Vec<(LimitedRecord, Vec<LimitedUser>)>,
    /// Whether these are all; only so many are noted for each limit.
    pub complete: bool,
}

/// A user whose tries are limited.
pub struct LimitedUser {
    /// 24 hex digits.
    pub id: String,
    /// The name, unless the user has been deleted meanwhile.
    pub username: Option<String>,
}

impl App {
    /// A page of the audit trail.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub async fn audit_view(&self, permit: Permit<AuditView>, query: AuditQuery) -> Result<TrailPage, Error> {
        let before = query.before.unwrap_or(TrailCursor { at: i64::MAX, row: 0 });
        let filter = TrailFilter {
            since: query.start.map_or(i64::MIN, Timestamp::as_millisecond),
            before: TrailPlace { at: before.at, row: before.row },
            actor: query.actor,
            target: query.target.map(|id| *id.as_bytes()),
            actions: query.actions,
        };
        self.trail_page(Asker::User(permit.caller().id), filter, query.limit).await
    }

    /// Who is limited now; nothing if there are no limits.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub async fn limits_view(&self, permit: Permit<LimitsView>) -> Result<Option<NamedLimits>, Error> {
        let asker = Asker::User(permit.caller().id);
        let Some(report) = self.limit_report(asker).await? else {
            return Ok(None);
        };
        let ids: Vec<Id<()>> = report.rows.iter().flat_map(|row| &row.users).filter_map(|id| Id::parse(id)).collect();
        let names: BTreeMap<Id<()>, String> =
            self.store.scan(asker, move |view| view.names(ids.iter().copied())).await?;
        let user = |id: &String| LimitedUser {
            username: Id::parse(id).and_then(|id| names.get(&id).cloned()),
            id: id.clone(),
        };
        let named = |row: LimitedRecord| {
            let users = row.users.iter().map(user).collect();
            (row, users)
        };
        Ok(Some(NamedLimits { rows: report.rows.into_iter().map(named).collect(), complete: report.complete }))
    }

    /// The keys for tokens, without their secrets.
    ///
    /// # Errors
    /// `Internal` if there is none, without which nobody could ask.
    pub fn keys_view(&self, _: &Permit<KeysView>) -> Result<KeysRecord, Error> {
        self.keys_record().map_err(|refusal| Error::internal(refusal.0))
    }

    /// With which settings the service runs, without secrets.
    #[must_use]
    pub fn settings_view(&self, _: &Permit<SettingsView>) -> InForce {
        self.in_force().clone()
    }

    /// Which backups there are, and what became of the last one that was asked for.
    pub async fn backups_view(&self, _: Permit<BackupsView>) -> (KnownBackups, BackupAsked) {
        // In this order: one that is said to be made is among them.
        let asked = self.backup_asked();
        (self.known_backups().await, asked)
    }

    /// Begins to make a backup, unless one is being made already, and says which there are.
    ///
    /// # Errors
    /// `Unauthenticated` if the token was revoked since the permission was given, `Unavailable` if this cannot be
    /// written into the audit trail.
    pub async fn backup_make(&self, permit: Permit<BackupMake>) -> Result<(KnownBackups, BackupAsked), Error> {
        self.record_deed(permit, None).await?;
        self.begin_backup();
        let asked = self.backup_asked();
        Ok((self.known_backups().await, asked))
    }
}
