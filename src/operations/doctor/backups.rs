//! The last backup: how old, where, and with what.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Finding, Seen, quoted, time};
use crate::operations::backup::{self, BackupError, Form, Shelved, place};

/// How old the last one may be where no schedule says how often.
const WEEK: Duration = Duration::from_hours(8 * 24);

const CHECK: &str = "backup";

pub(super) fn look(seen: &Seen<'_>) -> Vec<Finding> {
    let place = place(seen.config);
    if !place.exists() && seen.config.backup.dir.is_none() {
        return vec![none(seen, &place)];
    }
    let mut findings = match newest(seen) {
        Ok(Some((made_at, newest))) => {
            let age = age(seen, &newest, seen.now.duration_since(made_at));
            std::iter::once(age).chain(keys(seen, &newest)).collect()
        }
        Ok(None) => vec![none(seen, &place)],
        Err(error) => return vec![Finding::wrong(CHECK, error.to_string(), format!("mount {}", quoted(&place)))],
    };
    if backup::share_disk(&place, seen.folder) {
        findings.push(same_disk(seen, &place));
    }
    findings
}

/// The newest of those that are where the settings say.
pub(super) fn newest(seen: &Seen<'_>) -> Result<Option<(Timestamp, Shelved)>, BackupError> {
    let found = backup::list(&place(seen.config))?;
    let mut dated: Vec<_> = found.into_iter().filter_map(|one| Some((backup::made_at(&one.path)?, one))).collect();
    backup::newest_first(&mut dated, seen.now);
    Ok(dated.into_iter().next())
}

/// The disk for backups may not be mounted, and its mount point is there.
fn same_disk(seen: &Seen<'_>, place: &Path) -> Finding {
    let found = format!("{} is on the same disk as the data: if it breaks, both are gone", place.display());
    match seen.config.backup.schedule {
        Some(_) => Finding::wrong(
            CHECK,
            format!("{found}, although the service should make backups there by itself: is the other disk mounted?"),
            format!("mount {}   # or name a folder of another disk with --backup-dir", quoted(place)),
        ),
        None => Finding::advice(
            CHECK,
            found,
            seen.verb("backup now --to FOLDER   # of another disk; for the service: --backup-dir"),
        ),
    }
}

fn none(seen: &Seen<'_>, place: &Path) -> Finding {
    let found = format!(
        "there is none in {}; what another program copies of the database while the service runs is none either",
        place.display()
    );
    Finding::wrong(CHECK, found, make(seen))
}

fn make(seen: &Seen<'_>) -> String {
    seen.verb("backup now")
}

fn age(seen: &Seen<'_>, newest: &Shelved, age: SignedDuration) -> Finding {
    let name = newest.path.display();
    if let Err(error) = &newest.form {
        return Finding::wrong(CHECK, error.to_string(), make(seen));
    }
    let schedule = seen.config.backup.schedule;
    let most = schedule.map_or(WEEK, |schedule| 2 * schedule.period() + Duration::from_hours(1));
    if age.is_negative() {
        let found = format!("the only ones are from the future, {name} too: the clock is wrong, or was then");
        return Finding::wrong(CHECK, found, make(seen));
    }
    let found = format!("the newest, {name}, is {} old", time(age));
    match age.as_secs() > most.as_secs().cast_signed() {
        true if schedule.is_some() => {
            Finding::wrong(CHECK, format!("{found}, although the service should make them: see its log"), make(seen))
        }
        true => Finding::wrong(CHECK, found, make(seen)),
        false => Finding::fine(CHECK, found),
    }
}

/// Of a sealed one nothing can be told.
fn keys(seen: &Seen<'_>, newest: &Shelved) -> Option<Finding> {
    let without = matches!(&newest.form, Ok(Form::Readable(manifest)) if !manifest.keys);
    without.then(|| {
        let key = seen.folder.join("username.key");
        Finding::advice(
            CHECK,
            "the newest is readable by anybody, and holds no keys: without username.key nobody can read the names in it",
            format!("cp {} FOLDER   # of another disk, once; or make backups with --passphrase-file", quoted(&key)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::tests_support::seen;
    use super::*;
    use crate::operations::backup::Manifest;

    fn shelved(keys: bool) -> Shelved {
        let text = format!(r#"{{"format":2,"program":"0","made_at":"","schema":1,"rows":{{}},"keys":{keys}}}"#);
        let manifest: Manifest = serde_json::from_str(&text).unwrap();
        Shelved { path: "a.tar".into(), bytes: 1, form: Ok(Form::Readable(manifest)) }
    }

    #[test]
    fn a_backup_is_old_after_a_week_or_after_two_that_were_due() {
        let state = |settings: &[(&str, &str)], hours| {
            seen(settings, true, |seen| age(seen, &shelved(true), SignedDuration::from_hours(hours))).state
        };
        assert_eq!((state(&[], 8 * 24), state(&[], 8 * 24 + 1)), (State::Fine, State::Wrong));
        assert_eq!(state(&[], -1), State::Wrong, "one from the future is no recent one");
        for schedule in ["24h", "daily 02:30"] {
            let daily = [("backup-schedule", schedule), ("backup-without-keys", "true")];
            assert_eq!((state(&daily, 49), state(&daily, 50)), (State::Fine, State::Wrong));
        }
    }

    #[test]
    fn backups_on_the_disk_of_the_data_are_advice_by_hand_and_wrong_by_schedule() {
        let state = |settings: &[(&str, &str)]| seen(settings, true, |seen| same_disk(seen, Path::new("/usb"))).state;
        assert_eq!(state(&[]), State::Advice);
        assert_eq!(state(&[("backup-schedule", "24h"), ("backup-without-keys", "true")]), State::Wrong);
    }

    #[test]
    fn a_backup_that_cannot_be_read_is_wrong_and_one_without_keys_is_told() {
        let error = BackupError::NoKey("a.tar".into());
        let unreadable = Shelved { form: Err(error), ..shelved(true) };
        assert_eq!(seen(&[], true, |seen| age(seen, &unreadable, SignedDuration::ZERO)).state, State::Wrong);
        assert!(seen(&[], true, |seen| keys(seen, &shelved(true))).is_none());
        assert!(seen(&[], true, |seen| keys(seen, &shelved(false))).is_some());
    }
}
