//! The database, its schema, its journal, and the clock that its newest row is held against.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Finding, RESTART, Seen, bytes, time};
use crate::app::clock_is_behind;
use crate::operations::backup::dangling_text;
use crate::operations::files::DATABASE;
use crate::operations::opening::refused;
use crate::store::{Condition, OpenError, SCHEMA_VERSION, Store};

pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

pub(super) fn look(seen: &Seen<'_>) -> Vec<Finding> {
    const CHECK: &str = "database";
    let path = database(seen.folder);
    match Store::look_over(&path) {
        Ok(condition) => {
            vec![whole(seen, &condition), schema(seen, &condition), journal(seen, &condition), clock(seen, &condition)]
        }
        Err(OpenError::FromTheFuture { found, known }) => vec![Finding::wrong(
            "upgrade",
            format!("the database has schema {found}, and this program knows schemas up to {known}"),
            "ocariot-users --version   # start a newer program, or restore a backup of this one",
        )],
        Err(_) if is_empty(&path) => vec![empty(seen, &path)],
        Err(error) => vec![seen.refused(CHECK, &refused(error, &path))],
    }
}

/// Whether there is nothing in it, or not even the file: a start makes another one then.
fn is_empty(database: &Path) -> bool {
    std::fs::metadata(database).map_or_else(|error| error.kind() == ErrorKind::NotFound, |found| found.len() == 0)
}

fn empty(seen: &Seen<'_>, database: &Path) -> Finding {
    let state = if database.exists() { "is empty" } else { "is missing" };
    let found = format!(
        "{} {state}, although other parts are there: the next start makes one without any user",
        database.display()
    );
    Finding::wrong("database", found, seen.restore().unwrap_or_else(|| seen.verb("serve   # if nothing was in it")))
}

fn whole(seen: &Seen<'_>, condition: &Condition) -> Finding {
    const CHECK: &str = "database";
    match &condition.damage {
        None if !condition.dangling.is_empty() => Finding::wrong(
            CHECK,
            format!("another program changed it: {}", dangling_text(&condition.dangling)),
            format!(
                "{}   # then stop the service, and restore that backup with --without-dangling-rows",
                seen.verb("backup now --passphrase-file FILE")
            ),
        ),
        None => Finding::fine(CHECK, format!("{} of whole pages", bytes(condition.bytes))),
        Some(damage) => {
            let cause = OpenError::Damaged(damage.clone());
            seen.refused(CHECK, &refused(cause, &database(seen.folder)))
        }
    }
}

fn schema(seen: &Seen<'_>, condition: &Condition) -> Finding {
    const CHECK: &str = "upgrade";
    let found = condition.schema;
    if found == SCHEMA_VERSION {
        return Finding::fine(CHECK, format!("the database has schema {found}, as this program"));
    }
    Finding::wrong(
        CHECK,
        format!(
            "the database has schema {found}, and this program schema {SCHEMA_VERSION}: the next start makes a backup \
             of it, and brings it up to date"
        ),
        if seen.running { RESTART.to_owned() } else { seen.verb("serve") },
    )
}

fn journal(seen: &Seen<'_>, condition: &Condition) -> Finding {
    const CHECK: &str = "journal";
    match condition.journal_bytes {
        Some(size) if size > Store::JOURNAL_LIMIT => Finding::wrong(
            CHECK,
            format!(
                "it has {}, more than the {} that it is kept below: something reads the database without a pause",
                bytes(size),
                bytes(Store::JOURNAL_LIMIT)
            ),
            if seen.running { RESTART.to_owned() } else { seen.verb("serve") },
        ),
        Some(size) if !seen.running && size > 0 => Finding::advice(
            CHECK,
            format!("the service or the machine ended suddenly: {} are taken up by the next start", bytes(size)),
            seen.verb("serve"),
        ),
        size => Finding::fine(CHECK, bytes(size.unwrap_or(0))),
    }
}

fn clock(seen: &Seen<'_>, condition: &Condition) -> Finding {
    const CHECK: &str = "clock";
    let (now, newest) = (seen.now, condition.newest);
    let away = time(now.duration_since(newest));
    if !clock_is_behind(now, newest) {
        return match seen.config.trust_clock {
            false => Finding::fine(CHECK, format!("{now:.0}, {away} from the newest change")),
            true => Finding::wrong(
                CHECK,
                "--trust-clock is set, and no longer needed: a clock that goes wrong is not noticed",
                "ocariot-users serve --trust-clock=false",
            ),
        };
    }
    let found = format!("it tells {now:.0}, and the newest change is of {newest:.0}");
    match seen.config.trust_clock {
        true => Finding::advice(
            CHECK,
            format!("{found}; it is trusted because of --trust-clock until then"),
            "timedatectl   # whether it is right",
        ),
        false => Finding::wrong(
            CHECK,
            format!("{found}: nobody can log in until it is right"),
            "timedatectl set-ntp true   # if it is right and was far ahead before: ocariot-users serve --trust-clock",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::tests_support::seen;
    use super::*;

    fn condition(newest: &str, journal_bytes: Option<u64>) -> Condition {
        let newest = newest.parse().unwrap();
        Condition { schema: SCHEMA_VERSION, newest, damage: None, dangling: Vec::new(), bytes: 4096, journal_bytes }
    }

    #[test]
    fn a_clock_that_is_behind_the_newest_change_is_wrong_unless_it_is_trusted() {
        for (newest, trust, state) in [
            ("2026-03-01T11:59:00Z", "false", State::Fine),
            ("2026-03-01T12:05:00Z", "false", State::Fine),
            ("2026-03-01T12:30:00Z", "false", State::Wrong),
            ("2026-03-01T12:30:00Z", "true", State::Advice),
            ("2026-03-01T11:59:00Z", "true", State::Wrong),
        ] {
            let found = seen(&[("trust-clock", trust)], false, |seen| clock(seen, &condition(newest, None)));
            assert_eq!(found.state, state, "{found:?}");
        }
    }

    #[test]
    fn a_journal_is_wrong_when_it_is_large_and_a_sign_of_a_sudden_end_when_nothing_runs() {
        let state =
            |running, size| seen(&[], running, |seen| journal(seen, &condition("2026-01-01T00:00:00Z", size))).state;
        assert_eq!(state(true, Some(4 << 20)), State::Fine);
        assert_eq!(state(true, Some(Store::JOURNAL_LIMIT + 1)), State::Wrong);
        assert_eq!(state(false, Some(4096)), State::Advice);
        assert_eq!(state(false, None), State::Fine);
    }
}
