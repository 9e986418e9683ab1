//! Backups that a running service makes by itself, and which of them it keeps.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::{BackupError, KeyProtection, Watch, back_up_held, place, read_passphrase, shelf};
use crate::config::{BackupKeep, Config};
use crate::model::Clock;

/// How many old backups go at most when one is made. No clock is trusted further: one that is wrongly far ahead makes
/// them go only three times as fast as they are made, so that there is time to notice it.
const REMOVED_AT_ONCE: usize = 3;

/// Makes backups of a data folder that this process holds.
pub(crate) struct Schedule {
    config: Config,
    every: Duration,
    clock: Clock,
    watch: Watch,
}

impl Schedule {
    /// What the settings ask for; `None` if they ask for no backups.
    pub(crate) fn of(config: &Config, clock: &Clock, watch: &Watch) -> Option<Self> {
        let every = config.backup.every?;
        Some(Self { config: config.clone(), every, clock: clock.clone(), watch: watch.clone() })
    }

    /// Makes a backup if one is due. The newest one in the folder counts, so that a restart neither makes one more nor
    /// puts one off.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn turn(&self) -> Result<(), BackupError> {
        if !self.due() {
            return Ok(());
        }
        self.make().inspect_err(|_| {
            self.watch.failures.inc();
        })
    }

    fn due(&self) -> bool {
        let now = self.clock.now();
        is_due(shelf::dated(&place(&self.config), now).first().map(|(made_at, _)| *made_at), self.every, now)
    }

    fn make(&self) -> Result<(), BackupError> {
        let keys = match &self.config.backup.passphrase_file {
            Some(path) => KeyProtection::Passphrase(read_passphrase(path)?),
            None => KeyProtection::LeftOut,
        };
        let made = back_up_held(&self.config, &self.clock, &keys)?;
        tracing::info!(file = %made.path.display(), bytes = made.bytes, "A backup was made");
        for path in to_remove(&place(&self.config), self.clock.now(), self.config.backup.keep) {
            match fs::remove_file(&path) {
                Ok(()) => tracing::info!(file = %path.display(), "An old backup was removed"),
                Err(error) => tracing::warn!(file = %path.display(), %error, "An old backup cannot be removed"),
            }
        }
        Ok(())
    }
}

/// Whether it is time for another backup, where the newest was made then.
fn is_due(newest: Option<Timestamp>, every: Duration, now: Timestamp) -> bool {
    // All that there are may be from the future: that says nothing.
    newest.filter(|newest| *newest <= now).is_none_or(|newest| now.duration_since(newest).unsigned_abs() >= every)
}

/// The backups to remove after one was made: the oldest of those that no setting keeps.
fn to_remove(place: &Path, now: Timestamp, keep: BackupKeep) -> Vec<PathBuf> {
    let mut superfluous = superfluous(place, now, keep);
    superfluous.reverse();
    superfluous.truncate(REMOVED_AT_ONCE);
    superfluous
}

/// The backups that no setting keeps, the newest first: never the newest one, nor one whose name says no time.
fn superfluous(place: &Path, now: Timestamp, keep: BackupKeep) -> Vec<PathBuf> {
    if keep.age.is_none() && keep.last.is_none() {
        return Vec::new();
    }
    let kept = |at: usize, made_at: Timestamp| {
        let young = made_at <= now && keep.age.is_some_and(|age| now.duration_since(made_at).unsigned_abs() <= age);
        at == 0 || young || keep.last.is_some_and(|last| at < last)
    };
    let gone = shelf::dated(place, now).into_iter().enumerate().filter(|(at, (made_at, _))| !kept(*at, *made_at));
    gone.map(|(_, (_, path))| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAILY: Duration = Duration::from_hours(24);

    fn names(keep: BackupKeep) -> Vec<String> {
        let place = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        for day in 1..=9 {
            let time: Timestamp = format!("2026-03-0{day}T12:00:00Z").parse().unwrap();
            fs::write(place.path().join(shelf::name(time)), "").unwrap();
        }
        fs::write(place.path().join("ocariot-users-before-schema-2.tar"), "").unwrap();
        fs::write(place.path().join("ocariot-users-mine.tar"), "").unwrap();
        let gone = superfluous(place.path(), now, keep);
        gone.iter().map(|path| path.file_name().unwrap().to_string_lossy()[20..22].to_owned()).collect()
    }

    #[test]
    fn a_backup_goes_when_no_setting_keeps_it_and_the_newest_never() {
        let keep = |days: Option<u64>, last| {
            names(BackupKeep { age: days.map(|days| Duration::from_secs(days * 86_400)), last })
        };
        assert_eq!(keep(None, None), [] as [&str; 0]);
        assert_eq!(keep(Some(7), None), ["02", "01"]);
        assert_eq!(keep(None, Some(8)), ["01"]);
        assert_eq!(keep(Some(3), Some(6)), ["03", "02", "01"]);
        assert_eq!(keep(Some(0), None), ["08", "07", "06", "05", "04", "03", "02", "01"]);
    }

    /// A folder with a backup of each of these instants.
    fn folder(instants: &[&str]) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for instant in instants {
            fs::write(place.path().join(shelf::name(instant.parse().unwrap())), "").unwrap();
        }
        place
    }

    fn gone(place: &Path, now: &str, days: Option<u64>, last: Option<usize>) -> Vec<String> {
        let keep = BackupKeep { age: days.map(|days| Duration::from_hours(24 * days)), last };
        let gone = to_remove(place, now.parse().unwrap(), keep);
        gone.iter().map(|path| path.file_name().unwrap().to_string_lossy()[14..22].to_owned()).collect()
    }

    #[test]
    fn a_backup_from_the_future_makes_none_due_and_pushes_none_out() {
        let place = folder(&[
            "2026-03-07T02:00:00Z",
            "2026-03-08T02:00:00Z",
            "2026-03-09T02:00:00Z",
            "2099-01-01T00:00:00Z",
            "2099-01-02T00:00:00Z",
        ]);
        let due = |now: &str| {
            let now = now.parse().unwrap();
            is_due(shelf::dated(place.path(), now).first().map(|(made_at, _)| *made_at), DAILY, now)
        };
        assert!(!due("2026-03-10T01:59:59Z") && due("2026-03-10T02:00:00Z"));
        assert!(due("1970-01-01T00:01:00Z"), "nothing is known of a clock that is behind");
        let now = "2026-03-09T03:00:00Z";
        assert_eq!(gone(place.path(), now, None, Some(3)), ["20990101", "20990102"], "the true ones stay");
        assert_eq!(gone(place.path(), now, None, Some(4)), ["20990101"]);
        assert_eq!(gone(place.path(), now, Some(3), None), ["20990101", "20990102"]);
        // The first one with a clock that is behind counts, and is followed by a pause.
        let path = place.path().join(shelf::name("1970-01-01T00:01:00Z".parse().unwrap()));
        fs::write(path, "").unwrap();
        assert!(!due("1970-01-01T00:02:00Z"));
    }

    #[test]
    fn a_clock_that_is_wrong_for_a_while_costs_a_few_of_the_oldest_backups() {
        let days: Vec<_> = (1..=20).map(|day| format!("2026-03-{day:02}T02:00:00Z")).collect();
        let days: Vec<_> = days.iter().map(String::as_str).collect();
        for wrong in ["2099-01-01T00:00:00Z", "1970-01-01T00:01:00Z"] {
            let place = folder(&days);
            fs::write(place.path().join(shelf::name(wrong.parse().unwrap())), "").unwrap();
            assert_eq!(gone(place.path(), wrong, Some(20), None), ["20260301", "20260302", "20260303"]);
            assert_eq!(gone(place.path(), wrong, Some(20), Some(20)), ["20260301"]);
            assert_eq!(gone(place.path(), wrong, None, Some(20)), ["20260301"]);
        }
    }
}
