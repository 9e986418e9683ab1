//! `backup` and `restore` with the real program: what was there comes back, and nothing else gets in.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;
use tempfile::TempDir;

use super::Server;
use super::operator::{PLAIN, done, log_in, refused, status, token, verb};

/// A stopped service's folder with administrators `admin` and `early`, a backup of it, and after that `late` in place
/// of `early`.
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
        passphrase_file(folder, "passphrase", "open sesame");
        passphrase_file(folder, "another", "open sesam");
        done(folder, &["admin", "create", "early", "--password-stdin"], "early\n");
        let backup = back_up(folder, &KEYS);
        done(folder, &["user", "delete", "early", "--yes"], "");
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

/// The backup with other bytes, and a checksum that fits them.
fn resealed(backup: &Path, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = fs::read(backup).unwrap();
    bytes.truncate(bytes.len() - 72);
    change(&mut bytes);
    let hex: String = digest(&SHA256, &bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.extend(format!("sha256 {hex}\n").bytes());
    let path = backup.with_extension("changed.tar");
    fs::write(&path, bytes).unwrap();
    path
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
    assert_eq!((&restored["rows_before"]["account"], &restored["manifest"]["rows"]["account"]), (&2.into(), &2.into()));
    let kept = past.path().join(restored["kept"].as_str().unwrap());
    assert_eq!(fs::read(kept.join("username.key")).unwrap(), keys_before);
    assert_eq!(fs::metadata(past.data().join("ocariot.db")).unwrap().mode() & 0o777, 0o600);
    let users = done(past.path(), &["user", "list"], "").to_string();
    assert!(users.contains("early") && !users.contains("late"), "{users}");

    let server = Server::start_in(past.folder, PLAIN);
    assert_eq!(log_in(&server, "late", "late").status(), 401);
    assert_eq!(status(&server, &past.late), 401, "a token from before is refused, also of a user who is gone");
    assert_eq!(status(&server, &token(&server, "early", "early")), 200);

    // And what was there before can be had back by hand.
    let folder = server.stop();
    let data = folder.path().join("data");
    for name in ["ocariot.db", "ocariot.db-wal", "ocariot.db-shm"] {
        let _ = fs::remove_file(data.join(name));
    }
    for entry in fs::read_dir(&kept).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), data.join(entry.file_name())).unwrap();
    }
    assert!(done(folder.path(), &["user", "list"], "").to_string().contains("late"));
}

#[test]
fn a_restore_on_a_new_machine_needs_the_backup_alone() {
    let past = Past::new();
    let machine = tempfile::tempdir().unwrap();
    passphrase_file(machine.path(), "passphrase", "open sesame");
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
    ["username.key", "jwt.key", "jwt.pub"].into_iter().for_each(same);
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
    refused(server.folder(), &words(&restore), 1, &["in use", "stop"]);
    refused(server.folder(), &["backup", "now"], 1, &["--passphrase-file", "--without-keys"]);
    refused(server.folder(), &["backup", "now", "--without-keys", "--to", "usb"], 1, &["usb", "mounted"]);
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
    let changed = past.path().join("changed.tar");
    for at in (0..whole.len()).step_by(whole.len() / 24).chain([whole.len() - 1, whole.len() - 40]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        fs::write(&changed, bytes).unwrap();
        refused(past.path(), &["backup", "verify", "changed.tar", "--without-keys"], 1, &["changed.tar"]);
    }
    past.is_refused(&changed, &KEYS, &["is damaged", "take another"]);
    for length in [0, 71, 512, whole.len() / 2, whole.len() - 1] {
        fs::write(&changed, &whole[..length]).unwrap();
        past.is_refused(&changed, &["--without-keys"], &["changed.tar"]);
    }
    done_verifying(&past);
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
    past.is_refused(&past.backup, &[], &["--passphrase-file", "--without-keys"]);
    let machine = tempfile::tempdir().unwrap();
    refused(machine.path(), &words(&restore(&past.backup, &["--without-keys"])), 1, &["--username-key"]);
    let other = Server::start(PLAIN).stop();
    refused(other.path(), &words(&restore(&past.backup, &["--without-keys"])), 1, &["does not fit the backup"]);
}

/// A tar file with this entry at its end, as somebody with bad intentions would make it.
fn with_entry(bytes: &mut Vec<u8>, name: &[u8], kind: tar::EntryType) {
    // The two empty blocks at the end make room.
    bytes.truncate(bytes.len() - 1024);
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(4);
    header.set_mode(0o600);
    header.set_cksum();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(b"evil");
    bytes.resize(bytes.len() + 508 + 1024, 0);
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
        let changed = resealed(&past.backup, |bytes| with_entry(bytes, name, kind));
        past.is_refused(&changed, &KEYS, &["more files than it should"]);
    }
    // In place of the database.
    for name in ["../ocariot.db", "/etc/ocariot", "other.db"] {
        let changed = resealed(&past.backup, |bytes| {
            let at = (0..bytes.len()).step_by(512).find(|at| bytes[*at..].starts_with(b"ocariot.db\0")).unwrap();
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes().copy_from_slice(&bytes[at..at + 512]);
            header.as_mut_bytes()[..100].fill(0);
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            bytes[at..at + 512].copy_from_slice(header.as_bytes());
        });
        past.is_refused(&changed, &KEYS, &["ocariot.db is not where it should be"]);
    }
    assert!(!past.path().join("evil").exists() && !Path::new("/tmp/evil").exists());
}

/// The backup with a database in which something was changed, without keys, and with checksums that fit.
pub(super) fn repacked(past: &Past, sql: &str) -> PathBuf {
    let work = tempfile::tempdir().unwrap();
    let changed = work.path().join("ocariot.db");
    let at = |bytes: &[u8]| (0..bytes.len()).step_by(512).find(|at| bytes[*at..].starts_with(b"ocariot.db\0")).unwrap();
    let whole = fs::read(&past.backup).unwrap();
    let start = at(&whole) + 512;
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes().copy_from_slice(&whole[start - 512..start]);
    let length = usize::try_from(header.size().unwrap()).unwrap();
    fs::write(&changed, &whole[start..start + length]).unwrap();
    let database = rusqlite::Connection::open(&changed).unwrap();
    database.execute_batch(sql).unwrap();
    drop(database);
    let mut tar = tar::Builder::new(Vec::new());
    let hex: String =
        digest(&SHA256, &fs::read(&changed).unwrap()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut manifest = manifest(&whole);
    manifest["keys"] = false.into();
    manifest["sha256"] = serde_json::json!({ "ocariot.db": hex });
    for (name, content) in
        [("manifest.json", manifest.to_string().into_bytes()), ("ocariot.db", fs::read(&changed).unwrap())]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content.as_slice()).unwrap();
    }
    let made = tar.into_inner().unwrap();
    resealed(&past.backup, |bytes| *bytes = made)
}

#[test]
fn a_database_that_is_not_ours_or_has_a_planted_trigger_is_refused() {
    let past = Past::new();
    let changed = repacked(&past, "CREATE TRIGGER evil AFTER UPDATE ON account BEGIN DELETE FROM child; END");
    past.is_refused(&changed, &["--without-keys"], &["its tables are not those of its schema"]);
}

fn manifest(archive: &[u8]) -> Value {
    let mut text = String::new();
    tar::Archive::new(archive).entries().unwrap().next().unwrap().unwrap().read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
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
fn leftovers_of_a_killed_backup_are_removed_and_no_backup_is_half() {
    let server = Server::start(PLAIN);
    let place = server.folder().join("data/backups");
    fs::create_dir_all(place.join(".backup-killed")).unwrap();
    fs::File::create(place.join(".backup-killed/ocariot.db")).unwrap().seek(SeekFrom::Start(1)).unwrap();
    let backup = back_up(server.folder(), &["--without-keys"]);
    let names: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(names == std::slice::from_ref(&backup), "{names:?}");
    fs::File::options().append(true).open(&backup).unwrap().write_all(b"x").unwrap();
    refused(server.folder(), &["backup", "verify", backup.to_str().unwrap()], 1, &["damaged"]);
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
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "tar")).collect()
}

#[test]
fn the_service_makes_backups_by_itself_and_removes_old_ones() {
    let folder = tempfile::tempdir().unwrap();
    passphrase_file(folder.path(), "passphrase", "open sesame");
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
        ("backup now --without-keys --to .".to_owned(), "copying the database"),
        (format!("backup verify {} --without-keys", past.backup.display()), "checking"),
        (format!("restore {} --dry-run --without-keys", past.backup.display()), "restoring"),
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
