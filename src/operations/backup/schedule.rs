//! Backups that a running service makes by itself, and which of them it keeps.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::{BackupError, KeyProtection, Watch, back_up_held, place, read_passphrase, shelf};
use crate::config::{BackupKeep, Config};
use crate::model::Clock;

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
        let newest = shelf::times(&place(&self.config)).into_iter().max();
        // One from the future was made while the clock was wrong: it says nothing.
        newest.filter(|newest| *newest <= self.clock.now()).is_none_or(|newest| {
            u64::try_from(self.clock.now().duration_since(newest).as_secs()).unwrap_or(0) >= self.every.as_secs()
        })
    }

    fn make(&self) -> Result<(), BackupError> {
        let keys = match &self.config.backup.passphrase_file {
            Some(path) => KeyProtection::Passphrase(read_passphrase(path)?),
            None => KeyProtection::LeftOut,
        };
        let made = back_up_held(&self.config, &self.clock, &keys)?;
        tracing::info!(file = %made.path.display(), bytes = made.bytes, "A backup was made");
        for path in superfluous(&place(&self.config), self.clock.now(), self.config.backup.keep) {
            match fs::remove_file(&path) {
                Ok(()) => tracing::info!(file = %path.display(), "An old backup was removed"),
                Err(error) => tracing::warn!(file = %path.display(), %error, "An old backup cannot be removed"),
            }
        }
        Ok(())
    }
}

/// The backups that no setting keeps: never the newest one, nor one whose name says no time.
fn superfluous(place: &Path, now: Timestamp, keep: BackupKeep) -> Vec<std::path::PathBuf> {
    if keep.age.is_none() && keep.last.is_none() {
        return Vec::new();
    }
    let mut times = shelf::times(place);
    times.sort_unstable();
    times.reverse();
    let kept = |(at, time): (usize, Timestamp)| {
        let young = keep.age.is_some_and(|age| now.duration_since(time).as_secs() <= age.as_secs().cast_signed());
        at == 0 || young || keep.last.is_some_and(|last| at < last)
    };
    let gone = times.into_iter().enumerate().filter(|one| !kept(*one));
    gone.map(|(_, time)| place.join(shelf::name(time))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
