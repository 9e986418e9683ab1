//! Backups that a running service makes by itself, and which of them it keeps.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::{
    BackupError, Protection, Watch, back_up_held, dangling_text, make, place, read_passphrase, share_disk, shelf,
};
use crate::config::{BackupKeep, BackupSchedule, Config};
use crate::model::Clock;

/// How many old backups go at most when one is made. No clock is trusted further: one that is wrongly far ahead makes
/// them go only three times as fast as they are made, so that there is time to notice it.
const REMOVED_AT_ONCE: usize = 3;

/// Makes backups of a data folder that this process holds.
pub(crate) struct Schedule {
    config: Config,
    schedule: BackupSchedule,
    clock: Clock,
    watch: Watch,
    rehearsal: Once,
}

impl Schedule {
    /// What the settings ask for; `None` if they ask for no backups.
    pub(crate) fn of(config: &Config, clock: &Clock, watch: &Watch) -> Option<Self> {
        let schedule = config.backup.schedule?;
        Some(Self {
            config: config.clone(),
            schedule,
            clock: clock.clone(),
            watch: watch.clone(),
            rehearsal: Once::new(),
        })
    }

    /// Makes a backup if one is due. The newest one in the folder counts, so that a restart neither makes one more nor
    /// puts one off. The first turn says what would keep backups from being made, rather than in the night.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn turn(&self) -> Result<(), BackupError> {
        self.rehearsal.call_once(|| self.rehearse());
        if !self.due() {
            return Ok(());
        }
        make(&self.config, &self.clock).inspect_err(|_| {
            self.watch.failures.inc();
        })?;
        self.tidy();
        Ok(())
    }

    fn rehearse(&self) {
        match make::rehearse(&self.config) {
            Err(error) => tracing::error!(%error, "Backups will fail until this is mended"),
            Ok(()) => warn_of_same_disk(&self.config, &place(&self.config)),
        }
    }

    fn due(&self) -> bool {
        let now = self.clock.now();
        let newest = shelf::dated(&place(&self.config), now).first().map(|(made_at, _)| *made_at);
        is_due(self.schedule, newest, now, &TimeZone::system())
    }

    /// Removes old ones.
    fn tidy(&self) {
        for path in to_remove(&place(&self.config), self.clock.now(), self.config.backup.keep) {
            match fs::remove_file(&path) {
                Ok(()) => tracing::info!(file = %path.display(), "An old backup was removed"),
                Err(error) => tracing::warn!(file = %path.display(), %error, "An old backup cannot be removed"),
            }
        }
    }
}

/// Makes a backup of a data folder that this process holds, as the settings say.
///
/// # Errors
/// Why there is none.
pub(super) fn make(config: &Config, clock: &Clock) -> Result<(), BackupError> {
    let passphrase = config.backup.passphrase_file.as_deref().map(read_passphrase).transpose()?;
    let protection = Protection::of(&config.backup, passphrase)?;
    let made = back_up_held(config, clock, &protection)?;
    tracing::info!(file = %made.path.display(), bytes = made.bytes, "A backup was made");
    if let Some(place) = made.path.parent() {
        warn_of_same_disk(config, place);
    }
    if let Some(error) = &made.without_erasures {
        tracing::warn!(%error, "The list of people who were deleted is not complete beside the backup");
    }
    if !made.dangling.is_empty() {
        let found = dangling_text(&made.dangling);
        tracing::error!(found, "Another program changed the database, which is in the backup as it is: see `doctor`");
    }
    Ok(())
}

fn warn_of_same_disk(config: &Config, place: &Path) {
    if share_disk(place, &config.data_dir) {
        let place = place.display();
        tracing::warn!(%place, "Backups go to the disk of the data: if it breaks, both are gone. Is the other one mounted?");
    }
}

/// Whether it is time for a backup. One of a day that was missed is made up once.
fn is_due(schedule: BackupSchedule, newest: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> bool {
    // All that there are may be from the future: that says nothing.
    let Some(newest) = newest.filter(|newest| *newest <= now) else {
        return true;
    };
    match schedule {
        BackupSchedule::Every(period) => now.duration_since(newest).unsigned_abs() >= period,
        BackupSchedule::Daily(time) => latest(time, now, zone).is_none_or(|latest| newest < latest),
    }
}

/// When clocks of this zone last showed this time. One that they leave out in spring comes as much later, one that they
/// show twice in autumn counts when it is shown first.
fn latest(time: Time, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = zone.to_datetime(now).date();
    [Some(today), today.yesterday().ok()].into_iter().flatten().find_map(|day| {
        let instant = zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible().ok()?;
        (instant <= now).then_some(instant)
    })
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
    use std::time::Duration;

    use super::*;

    const DAILY: Duration = Duration::from_hours(24);

    fn names(keep: BackupKeep) -> Vec<String> {
        let place = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        for day in 1..=9 {
            let time: Timestamp = format!("2026-03-0{day}T12:00:00Z").parse().unwrap();
            fs::write(place.path().join(shelf::name(time, day % 2 == 0)), "").unwrap();
        }
        fs::write(place.path().join("ocariot-users-before-schema-2-20260301T120000.000Z.tar.zst"), "").unwrap();
        fs::write(place.path().join("ocariot-users-mine.tar"), "").unwrap();
        let gone = superfluous(place.path(), now, keep);
        gone.iter().map(|path| path.file_name().unwrap().to_string_lossy()[20..22].to_owned()).collect()
    }

    fn due(schedule: BackupSchedule, newest: &str, now: &str) -> bool {
        // Central Europe: clocks go from 2 to 3 in the last night of March, from 3 to 2 in the last of October.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        is_due(schedule, Some(newest.parse().unwrap()), now.parse().unwrap(), &zone)
    }

    #[test]
    fn a_backup_of_each_day_is_due_at_its_time_there_and_made_up_once() {
        let daily = BackupSchedule::Daily(Time::constant(2, 30, 0, 0));
        assert!(is_due(daily, None, "2026-02-01T12:00:00Z".parse().unwrap(), &TimeZone::UTC), "there is none");
        for (newest, now, expected) in [
            // 02:30 is 01:30 UTC in winter, 00:30 in summer.
            ("2026-02-01T01:30:05Z", "2026-02-02T01:29:59Z", false),
            ("2026-02-01T01:30:05Z", "2026-02-02T01:30:00Z", true),
            ("2026-07-01T00:30:05Z", "2026-07-02T00:30:00Z", true),
            // Off for a week: once, and then at the usual time.
            ("2026-02-01T01:30:05Z", "2026-02-08T09:00:00Z", true),
            ("2026-02-08T09:00:01Z", "2026-02-08T23:00:00Z", false),
            ("2026-02-08T09:00:01Z", "2026-02-09T01:30:00Z", true),
            // One made by hand in the evening does not put it off.
            ("2026-02-08T19:00:00Z", "2026-02-09T01:30:00Z", true),
            // 02:30 is left out: it is 03:30.
            ("2026-03-28T01:30:05Z", "2026-03-29T01:29:59Z", false),
            ("2026-03-28T01:30:05Z", "2026-03-29T01:30:00Z", true),
            // It comes twice: once is enough.
            ("2026-10-24T00:30:05Z", "2026-10-25T00:30:00Z", true),
            ("2026-10-25T00:30:05Z", "2026-10-25T01:30:00Z", false),
            // A clock that was ahead says nothing.
            ("2027-01-01T00:00:00Z", "2026-02-09T01:30:00Z", true),
        ] {
            assert_eq!(due(daily, newest, now), expected, "{newest} {now}");
        }
        let every = BackupSchedule::Every(Duration::from_hours(24));
        assert!(!due(every, "2026-02-01T01:30:05Z", "2026-02-02T01:30:04Z"));
        assert!(due(every, "2026-02-01T01:30:05Z", "2026-02-02T01:30:05Z"));
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
            fs::write(place.path().join(shelf::name(instant.parse().unwrap(), true)), "").unwrap();
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
            let newest = shelf::dated(place.path(), now).first().map(|(made_at, _)| *made_at);
            is_due(BackupSchedule::Every(DAILY), newest, now, &TimeZone::UTC)
        };
        assert!(!due("2026-03-10T01:59:59Z") && due("2026-03-10T02:00:00Z"));
        assert!(due("1970-01-01T00:01:00Z"), "nothing is known of a clock that is behind");
        let now = "2026-03-09T03:00:00Z";
        assert_eq!(gone(place.path(), now, None, Some(3)), ["20990101", "20990102"], "the true ones stay");
        assert_eq!(gone(place.path(), now, None, Some(4)), ["20990101"]);
        assert_eq!(gone(place.path(), now, Some(3), None), ["20990101", "20990102"]);
        // The first one with a clock that is behind counts, and is followed by a pause.
        let path = place.path().join(shelf::name("1970-01-01T00:01:00Z".parse().unwrap(), true));
        fs::write(path, "").unwrap();
        assert!(!due("1970-01-01T00:02:00Z"));
    }

    #[test]
    fn a_clock_that_is_wrong_for_a_while_costs_a_few_of_the_oldest_backups() {
        let days: Vec<_> = (1..=20).map(|day| format!("2026-03-{day:02}T02:00:00Z")).collect();
        let days: Vec<_> = days.iter().map(String::as_str).collect();
        for wrong in ["2099-01-01T00:00:00Z", "1970-01-01T00:01:00Z"] {
            let place = folder(&days);
            fs::write(place.path().join(shelf::name(wrong.parse().unwrap(), true)), "").unwrap();
            assert_eq!(gone(place.path(), wrong, Some(20), None), ["20260301", "20260302", "20260303"]);
            assert_eq!(gone(place.path(), wrong, Some(20), Some(20)), ["20260301"]);
            assert_eq!(gone(place.path(), wrong, None, Some(20)), ["20260301"]);
        }
    }
}
