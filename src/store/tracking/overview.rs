//! How many active users there are, and of which children nothing comes any more.

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::day_totals::FIRST;
use crate::model::Error;
use crate::model::tracking::{Overview, RoleCount, days_between};
use crate::store::View;
use crate::store::engine::error::Translate;
use crate::store::engine::rows;

/// After how many days a child is one of whom nothing comes any more.
const SILENT_DAYS: i64 = 7;

impl View<'_> {
    /// Counts at this instant, in three statements, of which one looks at the newest day and night of each child.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn overview(&self, now: Timestamp) -> Result<Overview, Error> {
        let (never_measured, silent) = self.silence(now)?;
        let yesterday = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now).as_millisecond();
        let failed_logins = self
            .prepare("SELECT coalesce(sum(count), 0) FROM audit WHERE at >= ?1 AND action = 'auth_login' AND outcome <> 'ok'")?
            .query_row([yesterday], |row| row.get(0))
            .translate()?;
        Ok(Overview { users: self.role_counts()?, never_measured, silent, failed_logins })
    }

    fn role_counts(&self) -> Result<Vec<RoleCount>, Error> {
        let mut statement = self.prepare(
            "SELECT role, count(*), count(*) FILTER (WHERE last_login IS NULL) FROM account
             WHERE deactivated_at IS NULL GROUP BY role ORDER BY role",
        )?;
        let counts = statement.query_map([], |row| {
            Ok(RoleCount { role: rows::role(row, 0)?, users: row.get(1)?, never_logged_in: row.get(2)? })
        });
        counts.translate()?.collect::<rusqlite::Result<_>>().translate()
    }

    /// Of how many children nothing was ever measured, and of how many others nothing for a while.
    fn silence(&self, now: Timestamp) -> Result<(u64, u64), Error> {
        let since = now.saturating_sub(SignedDuration::from_hours(24 * SILENT_DAYS)).unwrap_or(now);
        let since_day = days_between(FIRST, jiff::tz::TimeZone::UTC.to_datetime(since).date());
        self.prepare(
            "SELECT count(*) FILTER (WHERE day IS NULL AND night IS NULL),
                    count(*) FILTER (WHERE coalesce(day, night) IS NOT NULL AND (day >= ?1) IS NOT TRUE
                                           AND (night >= ?2) IS NOT TRUE)
             FROM (SELECT (SELECT t.day FROM day_totals t WHERE t.child = c.number ORDER BY t.day DESC LIMIT 1) AS day,
                          (SELECT t.start_time FROM sleep t WHERE t.child = c.number
                           ORDER BY t.start_time DESC LIMIT 1) AS night
                   FROM child k JOIN account a ON a.id = k.account_id AND a.deactivated_at IS NULL
                        LEFT JOIN tracked_child c ON c.child_id = k.account_id)",
        )?
        .query_row(params![since_day, since.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))
        .translate()
    }
}
