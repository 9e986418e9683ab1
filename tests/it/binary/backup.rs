//! `backup` and `restore` with the real program: what was there comes back, and nothing else gets in.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::archives::{self, PASSPHRASE, repacked, resealed};
use super::operator::{PLAIN, done, log_in, refused, status, token, verb};
use super::{Server, ocariot};
use crate::support::holds;

/// A stopped service's folder with administrators `admin` and `early`, a backup of it, and `late` who came after that.
pub(super) struct Past {
    folder: TempDir,
    pub(super) backup: PathBuf,
    late: String,
}

const KEYS: [&str; 2] = ["--passphrase-file", "passphrase"];

fn passphrase_file(folder: &Path, name: &str, passphrase: &str) {
    fs::write(folder.join(name), format!("{passphrase}\n")).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
}

fn back_up(folder: &Path, flags: &[&str]) -> PathBuf {
    let made = done(folder, &[&["backup", "now"], flags].concat(), "");
    folder.join(made["file"].as_str().unwrap())
}

fn restore(backup: &Path, flags: &[&str]) -> Vec<String> {
    let words = [&["restore", backup.to_str().unwrap()], flags].concat();
    words.into_iter().map(str::to_owned).collect()
}

fn words(owned: &[String]) -> Vec<&str> {
    owned.iter().map(String::as_str).collect()
}

impl Past {
    pub(super) fn new() -> Self {
        let server = Server::start(PLAIN);
        let folder = server.folder();
        passphrase_file(folder, "passphrase", PASSPHRASE);
        passphrase_file(folder, "another", "open sesam");
        done(folder, &["admin", "create", "early", "--password-stdin"], "early\n");
        let backup = back_up(folder, &KEYS);
        done(folder, &["admin", "create", "late", "--password-stdin"], "late\n");
        let late = token(&server, "late", "late");
        Self { folder: server.stop(), backup, late }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub(super) fn into_folder(self) -> TempDir {
        self.folder
    }

    #[track_caller]
    fn is_refused(&self, backup: &Path, flags: &[&str], expected: &[&str]) {
        let before = fs::read(self.data().join("ocariot.db")).unwrap();
        refused(self.path(), &words(&restore(backup, flags)), 1, expected);
        assert!(before == fs::read(self.data().join("ocariot.db")).unwrap(), "the data are as they were");
        let left = leftovers(&self.data());
        assert_eq!(left, [] as [String; 0]);
    }
}

/// What a restore that failed might have left.
fn leftovers(data: &Path) -> Vec<String> {
    let names = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains("restore")).collect()
}

#[test]
fn a_restore_brings_everything_back_and_keeps_what_was_there() {
    let past = Past::new();
    let keys_before = fs::read(past.data().join("username.key")).unwrap();
    let dry = done(past.path(), &words(&restore(&past.backup, &[&KEYS[..], &["--dry-run"]].concat())), "");
    assert_eq!((&dry["restored"], &dry["kept"]), (&Value::Bool(false), &Value::Null));
    let shown = done(past.path(), &["user", "list"], "");
    assert!(shown.to_string().contains("late"), "a dry run changes nothing");

    let restored = done(past.path(), &words(&restore(&past.backup, &KEYS)), "");
    assert_eq!((&restored["rows_before"]["account"], &restored["rows"]["account"]), (&3.into(), &2.into()));
    assert_eq!(restored["rows"], restored["manifest"]["rows"]);
    let kept = past.path().join(restored["kept"].as_str().unwrap());
    assert_eq!(fs::read(kept.join("username.key")).unwrap(), keys_before);
    assert_eq!(fs::metadata(past.data().join("ocariot.db")).unwrap().mode() & 0o777, 0o600);
    let users = done(past.path(), &["user", "list"], "").to_string();
    assert!(users.contains("early") && !users.contains("late"), "{users}");

    let trail = ocariot(past.path(), &["audit", "list", "--action", "restore", "--json"]).output().unwrap();
    let row: Value = serde_json::from_slice(&trail.stdout).unwrap();
    assert_eq!(
        (&row["action"], &row["outcome"]),
        (&json!("restore"), &json!("ok")),
        "who reads the trail sees the gap"
    );

    let server = Server::start_in(past.folder, PLAIN);
    assert_eq!(log_in(&server, "late", "late").status(), 401);
    assert_eq!(status(&server, &past.late), 401, "a token from before is refused, also of a user who is gone");
    assert_eq!(status(&server, &token(&server, "early", "early")), 200);
}

#[test]
fn a_restore_on_a_new_machine_needs_the_backup_alone() {
    let past = Past::new();
    let machine = tempfile::tempdir().unwrap();
    passphrase_file(machine.path(), "passphrase", PASSPHRASE);
    let restored = done(machine.path(), &words(&restore(&past.backup, &KEYS)), "");
    assert_eq!(restored["kept"], Value::Null);
    let server = Server::start_in(machine, PLAIN);
    assert_eq!(status(&server, &token(&server, "early", "early")), 200);
    let same = |name: &str| {
        assert_eq!(
            fs::read(past.data().join(name)).unwrap(),
            fs::read(server.folder().join("data").join(name)).unwrap(),
            "{name}"
        );
    };
    // The key for tokens is another one: this one may have been replaced since, because somebody else had it.
    same("username.key");
}

#[test]
fn kept_tokens_go_on() {
    let server = Server::start(PLAIN);
    let early = token(&server, "admin", "first");
    let backup = back_up(server.folder(), &["--without-keys"]);
    let folder = server.stop();
    let flags = ["--without-keys", "--keep-tokens"];
    done(folder.path(), &words(&restore(&backup, &flags)), "");
    let server = Server::start_in(folder, PLAIN);
    assert_eq!(status(&server, &early), 200);
}

#[test]
fn a_restore_is_refused_while_the_service_runs_and_a_backup_is_not() {
    let server = Server::start(PLAIN);
    let backup = back_up(server.folder(), &["--without-keys"]);
    let restore = restore(&backup, &["--without-keys"]);
    refused(server.folder(), &words(&restore), 1, &["the service runs in", "systemctl stop", "once more"]);
    refused(server.folder(), &["backup", "now"], 1, &["--passphrase-file", "--without-keys"]);
    refused(server.folder(), &["backup", "now", "--readable-by-anybody", "--to", "usb"], 1, &["usb", "mounted"]);
    let listed = verb(server.folder(), &["backup", "list", "--json"], "");
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["backups"].as_array().unwrap().len(), 1);
    assert_eq!(listed["backups"][0]["keys"], false);
    assert_eq!(fs::metadata(&backup).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let past = Past::new();
    let whole = fs::read(&past.backup).unwrap();
    let changed = past.path().join("changed.tar.zst.age");
    for at in (0..whole.len()).step_by(whole.len() / 16).chain([100, whole.len() - 1]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        fs::write(&changed, bytes).unwrap();
        let verify = ["backup", "verify", "changed.tar.zst.age", KEYS[0], KEYS[1]];
        refused(past.path(), &verify, 1, &["changed.tar.zst.age"]);
    }
    past.is_refused(&changed, &KEYS, &["is damaged", "take another"]);
    let chunk = 160 + 16 + 64 * 1024 + 16;
    for length in [0, 71, 200, chunk.min(whole.len() - 2), whole.len() / 2, whole.len() - 1] {
        fs::write(&changed, &whole[..length]).unwrap();
        past.is_refused(&changed, &KEYS, &["changed.tar.zst.age"]);
    }
    fs::write(&changed, [&whole[..], b"x"].concat()).unwrap();
    past.is_refused(&changed, &KEYS, &["is damaged"]);
    done_verifying(&past);
}

#[test]
fn a_sealed_backup_shows_nothing_of_what_is_in_it() {
    let past = Past::new();
    assert!(past.backup.to_str().unwrap().ends_with(".tar.zst.age"));
    let bytes = fs::read(&past.backup).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    for words in ["manifest", "ocariot.db", "username.key", "argon2id", "SQLite", "institution"] {
        assert!(!holds(&bytes, words), "{words}");
    }
    let tar = archives::unsealed(&past.backup);
    let names: Vec<_> = tar::Archive::new(tar.as_slice())
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    assert_eq!(names, ["manifest.json", "jwt.key", "jwt.pub", "username.key", "ocariot.db"]);
}

/// Whoever held a stick for a minute cannot put another hash into a backup.
#[test]
fn a_backup_sealed_by_somebody_else_or_readable_in_its_place_is_told() {
    let past = Past::new();
    let forged = repacked(&past.backup, "UPDATE account SET password_hash = 'another'");
    let sealed_name = past.path().join("forged.tar.zst.age");
    fs::rename(&forged, &sealed_name).unwrap();
    let output = verb(past.path(), &[&["restore", "forged.tar.zst.age", "--dry-run"], &KEYS[..]].concat(), "");
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(warning.contains("is not sealed") && warning.contains("could have changed anything"), "{warning}");
    let mut recipient = age_encryption::scrypt::Recipient::new("somebody else".to_owned().into());
    recipient.set_work_factor(4);
    let content = archives::compressed(&archives::unsealed(&past.backup));
    fs::write(&sealed_name, age_encryption::encrypt(&recipient, &content).unwrap()).unwrap();
    past.is_refused(&sealed_name, &KEYS, &["cannot be opened with this passphrase", "take another"]);
}

#[test]
fn what_leaves_the_data_folder_is_sealed_unless_somebody_says_otherwise() {
    let past = Past::new();
    fs::create_dir(past.path().join("usb")).unwrap();
    let words = ["--passphrase-file", "--readable-by-anybody"];
    refused(past.path(), &["backup", "now", "--without-keys", "--to", "usb"], 1, &words);
    refused(past.path(), &["backup", "now", "--to", "usb"], 1, &["--passphrase-file"]);
    assert_eq!(fs::read_dir(past.path().join("usb")).unwrap().count(), 0);

    let made = done(past.path(), &["backup", "now", "--readable-by-anybody", "--to", "usb"], "");
    assert_eq!((&made["sealed"], &made["manifest"]["keys"]), (&false.into(), &false.into()));
    assert!(made["file"].as_str().unwrap().ends_with(".tar.zst"), "{made}");
    // Sealed without the keys.
    let made = done(past.path(), &[&["backup", "now", "--without-keys", "--to", "usb"], &KEYS[..]].concat(), "");
    assert_eq!((&made["sealed"], &made["manifest"]["keys"]), (&true.into(), &false.into()));
    let refusal = super::refused_by(super::program(past.path(), &[PLAIN, &["--backup-schedule", "24h"]].concat()));
    let refusal = String::from_utf8(refusal.stderr).unwrap();
    words.iter().for_each(|word| assert!(refusal.contains(&word.replace("--", "--backup-")), "{refusal}"));
}

#[test]
fn a_backup_of_the_form_before_is_restored_with_a_warning() {
    let machine = tempfile::tempdir().unwrap();
    passphrase_file(machine.path(), "passphrase", PASSPHRASE);
    passphrase_file(machine.path(), "another", "open sesam");
    let old = include_bytes!("../fixtures/backup-1.tar");
    fs::write(machine.path().join("old.tar"), old).unwrap();
    refused(machine.path(), &["restore", "old.tar"], 1, &["--passphrase-file"]);
    refused(machine.path(), &["restore", "old.tar", "--passphrase-file", "another"], 1, &["the keys in the backup"]);
    let output = verb(machine.path(), &[&["restore", "old.tar"], &KEYS[..]].concat(), "");
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && warning.contains("is not sealed"), "{warning}");
    let server = Server::start_in(machine, PLAIN);
    assert_eq!(status(&server, &token(&server, "admin", "first")), 200);
    let folder = server.stop();

    for at in (0..old.len()).step_by(old.len() / 16).chain([old.len() - 1, old.len() - 40]) {
        let mut bytes = old.to_vec();
        bytes[at] ^= 0x20;
        fs::write(folder.path().join("changed.tar"), bytes).unwrap();
        refused(folder.path(), &["backup", "verify", "changed.tar", "--without-keys"], 1, &["changed.tar"]);
    }
    for length in [71, 512, old.len() / 2, old.len() - 1] {
        fs::write(folder.path().join("changed.tar"), &old[..length]).unwrap();
        refused(folder.path(), &["backup", "verify", "changed.tar", "--without-keys"], 1, &["is damaged"]);
    }
}

#[test]
fn of_a_folder_the_newest_backup_is_taken() {
    let past = Past::new();
    let place = past.backup.parent().unwrap();
    fs::write(place.join("ocariot-users-20200101T000000.000Z.tar"), "older").unwrap();
    fs::write(place.join("ocariot-users-before-schema-9.tar"), "no time").unwrap();
    let restored = done(past.path(), &words(&restore(place, &KEYS)), "");
    assert_eq!(Path::new(restored["file"].as_str().unwrap()), past.backup);
    assert!(done(past.path(), &["user", "list"], "").to_string().contains("early"));
    refused(past.path(), &["backup", "verify", "."], 1, &["holds no backup"]);
}

fn done_verifying(past: &Past) {
    let backup = past.backup.to_str().unwrap();
    let output = verb(past.path(), &[&["backup", "verify", backup, "--json"], &KEYS[..]].concat(), "");
    let verified: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&verified["whole"], &verified["keys_opened"]), (&true.into(), &true.into()));
}

#[test]
fn another_passphrase_and_missing_keys_are_refused() {
    let past = Past::new();
    past.is_refused(&past.backup, &["--passphrase-file", "another"], &["cannot be opened with this passphrase"]);
    past.is_refused(&past.backup, &[], &["is sealed", "--passphrase-file"]);
    past.is_refused(&past.backup, &["--without-keys"], &["is sealed", "--passphrase-file"]);
    let without_keys = [&["--without-keys"], &KEYS[..]].concat();
    let machine = tempfile::tempdir().unwrap();
    passphrase_file(machine.path(), "passphrase", PASSPHRASE);
    refused(machine.path(), &words(&restore(&past.backup, &without_keys)), 1, &["--username-key"]);
    let other = Server::start(PLAIN).stop();
    passphrase_file(other.path(), "passphrase", PASSPHRASE);
    refused(other.path(), &words(&restore(&past.backup, &without_keys)), 1, &["does not fit the backup"]);
}

#[test]
fn an_archive_writes_nowhere_but_where_it_should() {
    let past = Past::new();
    for (name, kind) in [
        (b"../evil".as_slice(), tar::EntryType::Regular),
        (b"/tmp/evil", tar::EntryType::Regular),
        (b"jwt.key", tar::EntryType::Regular),
        (b"link", tar::EntryType::Symlink),
    ] {
        let changed = resealed(&past.backup, |tar| {
            // The two empty blocks at the end make room.
            tar.truncate(tar.len() - 1024);
            tar.extend(archives::header(name, kind, 4));
            tar.extend(b"evil");
            tar.resize(tar.len() + 508 + 1024, 0);
        });
        past.is_refused(&changed, &KEYS, &["more files than it should"]);
    }
    // In place of the database.
    for name in ["../ocariot.db", "/etc/ocariot", "other.db"] {
        let changed = resealed(&past.backup, |tar| {
            let at = archives::database_at(tar);
            let size = archives::header_at(tar, at).size().unwrap();
            tar[at..at + 512].copy_from_slice(&archives::header(name.as_bytes(), tar::EntryType::Regular, size));
        });
        past.is_refused(&changed, &KEYS, &["ocariot.db is not where it should be"]);
    }
    assert!(!past.path().join("evil").exists() && !Path::new("/tmp/evil").exists());
}

#[test]
fn a_database_that_is_not_ours_or_has_a_planted_trigger_is_refused() {
    let past = Past::new();
    let changed = repacked(&past.backup, "CREATE TRIGGER evil AFTER UPDATE ON account BEGIN DELETE FROM child; END");
    past.is_refused(&changed, &["--without-keys"], &["its tables are not those of its schema"]);
}

#[test]
fn a_stale_journal_beside_the_database_changes_nothing() {
    let past = Past::new();
    // A journal with changes of another time: that of a service that was killed.
    let server = Server::start(PLAIN);
    done(server.folder(), &["admin", "create", "stale"], "");
    let stale = fs::read(server.folder().join("data/ocariot.db-wal")).unwrap();
    assert!(stale.len() > 4096, "there is a journal");
    for name in ["ocariot.db-wal", "ocariot.db-shm", "ocariot.db-journal"] {
        fs::write(past.data().join(name), &stale).unwrap();
    }
    done(past.path(), &words(&restore(&past.backup, &KEYS)), "");
    for name in ["ocariot.db-wal", "ocariot.db-shm", "ocariot.db-journal"] {
        assert!(!past.data().join(name).exists(), "{name}");
    }
    let users = done(past.path(), &["user", "list"], "").to_string();
    assert!(users.contains("early") && !users.contains("late"), "{users}");
}

/// A restore that was committed and not completed is completed by whatever opens the folder next.
#[test]
fn a_restore_that_was_interrupted_is_completed_by_the_next_start() {
    let past = Past::new();
    let old = fs::read(past.data().join("ocariot.db")).unwrap();
    done(past.path(), &words(&restore(&past.backup, &KEYS)), "");
    let new = fs::read(past.data().join("ocariot.db")).unwrap();
    for keys_done in [false, true] {
        // As it is after the exchange was decided, and after each of its steps.
        let ready = past.data().join("restore-ready");
        fs::create_dir_all(ready.join("new")).unwrap();
        fs::create_dir(ready.join(format!("pre-restore-{keys_done}"))).unwrap();
        fs::write(past.data().join("ocariot.db"), &old).unwrap();
        fs::write(past.data().join("ocariot.db-wal"), "stale").unwrap();
        fs::write(ready.join("new/ocariot.db"), &new).unwrap();
        if !keys_done {
            fs::rename(past.data().join("username.key"), ready.join("new/username.key")).unwrap();
        }
        let users = done(past.path(), &["user", "list"], "").to_string();
        assert!(users.contains("early") && !users.contains("late"), "{users}");
        assert!(!ready.exists());
        assert!(past.data().join(format!("pre-restore-{keys_done}")).exists());
    }
    // And as it is when all that is left to do is to remove the empty folder.
    fs::create_dir(past.data().join("restore-ready")).unwrap();
    assert!(done(past.path(), &["user", "list"], "").to_string().contains("early"));
    assert!(!past.data().join("restore-ready").exists());
}

#[test]
fn leftovers_of_a_killed_backup_are_removed_and_what_others_made_is_left() {
    let past = Past::new();
    let place = past.backup.parent().unwrap();
    let ours =
        [place.join(".ocariot-users-20260101T000000.000Z.tar.zst.age.partial"), past.data().join(".backup-copy.db")];
    ours.iter().for_each(|path| fs::write(path, "half").unwrap());
    fs::create_dir_all(place.join(".backup-of-mine")).unwrap();
    fs::write(place.join(".backup-of-mine/letter"), "dear").unwrap();
    fs::create_dir(place.join(".ocariot-users-20260102T000000.000Z.tar.partial")).unwrap();
    fs::write(place.join("target"), "kept").unwrap();
    std::os::unix::fs::symlink("target", place.join(".ocariot-users-20260103T000000.000Z.tar.partial")).unwrap();
    let backup = back_up(past.path(), &KEYS);
    ours.iter().for_each(|path| assert!(!path.exists(), "{}", path.display()));
    assert_eq!(fs::read(place.join(".backup-of-mine/letter")).unwrap(), b"dear");
    assert_eq!(fs::read(place.join("target")).unwrap(), b"kept");
    assert_eq!(fs::read_dir(place).unwrap().count(), 6, "two backups, and what is not ours");
    fs::File::options().append(true).open(&backup).unwrap().write_all(b"x").unwrap();
    refused(past.path(), &["backup", "verify", backup.to_str().unwrap(), KEYS[0], KEYS[1]], 1, &["damaged"]);
}

/// Waits until there is what `find` looks for; only a service that hangs makes it give up.
fn eventually<T>(mut find: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1200 {
        if let Some(found) = find() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("it does not come");
}

fn archives(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("ocariot-users-")).collect()
}

#[test]
fn the_service_makes_backups_by_itself_and_removes_old_ones() {
    let folder = tempfile::tempdir().unwrap();
    passphrase_file(folder.path(), "passphrase", PASSPHRASE);
    let place = folder.path().join("data/backups");
    fs::create_dir_all(&place).unwrap();
    let old = place.join("ocariot-users-20200101T000000.000Z.tar");
    fs::write(&old, "old").unwrap();
    let schedule = ["--backup-schedule", "24h", "--backup-passphrase-file", "passphrase", "--backup-keep", "15d"];
    let server = Server::start_in(folder, &[PLAIN, &schedule].concat());
    let made = eventually(|| archives(&place).into_iter().find(|path| *path != old));
    eventually(|| (!old.exists()).then_some(()));
    let verified = ["backup", "verify", made.to_str().unwrap(), "--json", "--passphrase-file", "passphrase"];
    let verified: Value = serde_json::from_slice(&verb(server.folder(), &verified, "").stdout).unwrap();
    assert_eq!((&verified["whole"], &verified["keys_opened"]), (&true.into(), &true.into()));
    // One more start is no reason for one more backup, nor is one whose name lies in the future.
    let folder = server.stop();
    let future = place.join("ocariot-users-20990101T000000.000Z.tar");
    fs::write(&future, "made while the clock was wrong").unwrap();
    let server = Server::start_in(folder, &[PLAIN, &schedule].concat());
    assert_eq!(status(&server, &token(&server, "admin", "first")), 200);
    let mut found = archives(&server.folder().join("data/backups"));
    found.sort();
    assert_eq!(found, [made.clone(), future]);
    // It is not what a restore takes.
    let folder = server.stop();
    let restore = ["restore", "data/backups", "--dry-run", "--json", "--passphrase-file", "passphrase"];
    let restore: Value = serde_json::from_slice(&verb(folder.path(), &restore, "").stdout).unwrap();
    assert!(made.ends_with(restore["file"].as_str().unwrap()), "{restore}");
}

#[test]
fn an_old_database_is_backed_up_before_it_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("username.key"), "07".repeat(64)).unwrap();
    fs::set_permissions(data.join("username.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let old = rusqlite::Connection::open(data.join("ocariot.db")).unwrap();
    old.execute_batch(include_str!("../fixtures/schema-1.sql")).unwrap();
    drop(old);
    refused(folder.path(), &["user", "list"], 1, &["schema 1", "serve"]);
    // Without a place for the backup the database is not touched.
    fs::write(data.join("backups"), "in the way").unwrap();
    let error = String::from_utf8(super::refused_by(super::program(folder.path(), PLAIN)).stderr).unwrap();
    assert!(error.contains("newer schema") && error.contains("backups"), "{error}");
    refused(folder.path(), &["user", "list"], 1, &["schema 1"]);
    fs::remove_file(data.join("backups")).unwrap();

    let server = Server::start_in(folder, PLAIN);
    assert_eq!(status(&server, &token(&server, "admin", "first")), 200);
    let place = server.folder().join("data/backups");
    let backup = archives(&place).pop().unwrap();
    let restored = restore(&backup, &["--without-keys"]);
    let folder = server.stop();
    // It is brought up to date once more on its way back.
    let restored = done(folder.path(), &words(&restored), "");
    assert_eq!(restored["manifest"]["schema"], 1);
    let server = Server::start_in(folder, PLAIN);
    assert_eq!(status(&server, &token(&server, "admin", "first")), 200);
    assert_eq!(archives(&place).len(), 1);
}

#[test]
fn long_work_shows_at_a_terminal_and_is_quiet_in_a_pipe() {
    let past = Past::new();
    let program = env!("CARGO_BIN_EXE_ocariot-users");
    for (words, shown) in [
        ("backup now --readable-by-anybody --to .".to_owned(), "copying the database"),
        (format!("backup verify {} --passphrase-file passphrase", past.backup.display()), "checking"),
        (format!("restore {} --dry-run --passphrase-file passphrase", past.backup.display()), "restoring"),
    ] {
        // script(1) is a terminal to what it runs.
        let mut terminal = std::process::Command::new("script");
        terminal.args(["-qec", &format!("{program} {words}"), "/dev/null"]).env("TERM", "xterm");
        let output = terminal.current_dir(past.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains(shown), "{text}");
        let piped = verb(past.path(), &words.split(' ').collect::<Vec<_>>(), "");
        assert!(piped.status.success(), "{piped:?}");
        assert!(!format!("{piped:?}").contains(shown), "{piped:?}");
    }
}
