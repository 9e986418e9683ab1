//! `doctor`, with the service running and stopped: each finding, and that its command mends it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::operator::{PLAIN, done, verb};
use super::refusals::snapshot;
use super::{Server, ocariot, program};

/// What was found: the exit code, and the findings.
struct Found {
    code: i32,
    findings: Vec<Value>,
}

fn look(folder: &Path, flags: &[&str]) -> Found {
    // As the service is by default: `verb` makes hashes cheap, which is a finding.
    let output = ocariot(folder, &[&["doctor", "--json"], flags].concat()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let findings = report["findings"].as_array().unwrap().clone();
    let wrong = findings.iter().filter(|finding| finding["state"] == "wrong").count();
    assert_eq!(report["wrong"], wrong);
    assert!(findings.iter().all(|finding| (finding["state"] == "fine") == finding["mend"].is_null()), "{findings:?}");
    Found { code: output.status.code().unwrap(), findings }
}

impl Found {
    /// What is wrong with it.
    #[track_caller]
    fn wrong(&self, check: &str) -> (&str, &str) {
        let mut found = self.findings.iter().filter(|finding| finding["check"] == check && finding["state"] == "wrong");
        let finding = found.next().unwrap_or_else(|| panic!("{check} in {:#?}", self.findings));
        assert_eq!(self.code, 1);
        (finding["found"].as_str().unwrap(), finding["mend"].as_str().unwrap())
    }

    fn wrong_ones(&self) -> Vec<&Value> {
        self.findings.iter().filter(|finding| finding["state"] == "wrong").collect()
    }

    fn state(&self, check: &str) -> &str {
        let finding = self.findings.iter().find(|finding| finding["check"] == check);
        finding.unwrap_or_else(|| panic!("{check} in {:#?}", self.findings))["state"].as_str().unwrap()
    }
}

/// Carries out a command that was found, in a shell that finds the program.
fn mend(folder: &Path, command: &str) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_ocariot-users")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    Command::new("bash").args(["-c", command]).current_dir(folder).env_clear().env("PATH", path).output().unwrap()
}

/// The folder of a stopped service in which nothing is wrong.
fn healthy() -> TempDir {
    // The folder for temporary files may be in memory, which is a finding.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let folder = Server::start_in(folder, PLAIN).stop();
    fs::write(folder.path().join("passphrase"), "open sesame\n").unwrap();
    fs::set_permissions(folder.path().join("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
    done(folder.path(), &["backup", "now", "--passphrase-file", "passphrase"], "");
    folder
}

#[test]
fn nothing_is_wrong_with_a_healthy_folder_whether_or_not_the_service_runs_and_looking_changes_nothing() {
    let folder = healthy();
    let before = snapshot(folder.path());
    let stopped = look(folder.path(), &[]);
    assert_eq!((stopped.code, stopped.wrong_ones()), (0, vec![]));
    assert!(before == snapshot(folder.path()), "nothing was changed or left");
    let checks = ["service", "database", "upgrade", "journal", "clock", "permissions", "disk space", "certificate"];
    for check in checks {
        assert_eq!(stopped.state(check), "fine", "{check}");
    }
    let text = ocariot(folder.path(), &["doctor"]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    checks.iter().for_each(|check| assert!(text.contains(&format!("ok      {check}")), "{check} in {text}"));

    let mut program = program(folder.path(), PLAIN);
    program.env_remove("OCARIOT_HASH_MEMORY").env_remove("OCARIOT_HASH_ITERATIONS");
    let server = Server::run(program, folder);
    let running = look(server.folder(), &[]);
    assert_eq!((running.code, running.wrong_ones()), (0, vec![]));
}

#[test]
fn the_settings_of_the_service_that_runs_count() {
    let server =
        Server::start(&["--plain-http", "--rate-limit", "off", "--bind", "0.0.0.0", "--metrics-bind", "0.0.0.0:0"]);
    let found = look(server.folder(), &[]);
    let mends: Vec<_> = found.wrong_ones().into_iter().filter(|one| one["check"] == "settings").collect();
    let text = format!("{mends:?}");
    for flag in ["--rate-limit=on", "--plain-http=false", "--metrics-bind=127.0.0.1", "--hash-memory="] {
        assert!(text.contains(flag), "{flag} in {text}");
    }
    // A secret of it is not told to anybody.
    let folder = Server::start(&["--username-passphrase", "a very secret one", "--admin-password", "another secret"]);
    let output = ocariot(folder.folder(), &["doctor", "--json"]).output().unwrap();
    assert!(!String::from_utf8(output.stdout).unwrap().contains("secret"));
    let folder = folder.stop();
    let settings = look(folder.path(), &[]);
    assert!(
        !settings.wrong_ones().iter().any(|one| one["check"] == "settings"),
        "those of a service that is gone do not"
    );
}

#[test]
fn open_permissions_are_found_and_mended() {
    let folder = healthy();
    let data = folder.path().join("data");
    for (name, mode) in [("", 0o755), ("username.key", 0o644), ("ocariot.db", 0o640), ("backups", 0o750)] {
        fs::set_permissions(data.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    let found = look(folder.path(), &[]);
    let (said, command) = found.wrong("permissions");
    assert!(said.starts_with('4'), "{said}");
    assert!(mend(folder.path(), command).status.success(), "{command}");
    let found = look(folder.path(), &["--backup-passphrase-file", "passphrase"]);
    assert_eq!((found.code, found.state("permissions")), (0, "fine"));
    fs::set_permissions(folder.path().join("passphrase"), fs::Permissions::from_mode(0o644)).unwrap();
    let found = look(folder.path(), &["--backup-passphrase-file", "passphrase"]);
    assert!(found.wrong("permissions").1.contains("passphrase"));
}

#[test]
fn files_of_another_user_are_found_and_mended() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = healthy();
    std::os::unix::fs::chown(folder.path().join("data/jwt.key"), Some(65534), None).unwrap();
    let found = look(folder.path(), &[]);
    let (_, command) = found.wrong("permissions");
    assert!(mend(folder.path(), command).status.success(), "{command}");
    assert_eq!(look(folder.path(), &[]).code, 0);
}

#[test]
fn a_left_first_password_is_found_and_mended() {
    let server = Server::start(&[]);
    let found = look(server.folder(), &[]);
    let (_, command) = found.wrong("first password");
    assert!(mend(server.folder(), command).status.success(), "{command}");
    assert!(!server.folder().join("data/initial-admin-password").exists());
    let found = look(server.folder(), &[]);
    assert!(found.wrong_ones().iter().all(|one| one["check"] != "first password"));
}

#[test]
fn missing_old_and_unreadable_backups_are_found_and_one_on_the_same_disk_is_told() {
    let folder = healthy();
    let backups = folder.path().join("data/backups");
    assert!(look(folder.path(), &[]).findings.iter().any(|one| one["found"].as_str().unwrap().contains("same disk")));
    // Memory is another disk than that of the tests.
    let other = tempfile::tempdir_in("/dev/shm").unwrap();
    let made = fs::read_dir(&backups).unwrap().next().unwrap().unwrap();
    fs::copy(made.path(), other.path().join(made.file_name())).unwrap();
    let elsewhere = look(folder.path(), &["--backup-dir", other.path().to_str().unwrap()]);
    let told = elsewhere.findings.iter().any(|one| one["found"].as_str().unwrap().contains("same disk"));
    assert_eq!((elsewhere.code, told), (0, false));

    fs::rename(made.path(), backups.join("ocariot-users-20200101T000000.000Z.tar")).unwrap();
    let old = look(folder.path(), &[]);
    assert!(old.wrong("backup").0.contains("days old"));
    fs::write(backups.join("ocariot-users-20990101T000000.000Z.tar"), "no archive").unwrap();
    let old = look(folder.path(), &[]);
    assert!(old.wrong("backup").0.contains("days old"), "one from the future is not the newest");
    fs::write(backups.join("ocariot-users-20210101T000000.000Z.tar"), "no archive").unwrap();
    let unreadable = look(folder.path(), &[]);
    assert!(unreadable.wrong("backup").0.contains("20210101T000000.000Z.tar is damaged"));
    fs::remove_dir_all(&backups).unwrap();
    let none = look(folder.path(), &[]);
    let (_, command) = none.wrong("backup");
    assert!(mend(folder.path(), &format!("{command} --passphrase-file passphrase")).status.success(), "{command}");
    assert_eq!(look(folder.path(), &[]).code, 0);
    let unmounted = look(folder.path(), &["--backup-dir", "/media/not-there"]);
    assert!(unmounted.wrong("backup").1.starts_with("mount "));
}

#[test]
fn a_damaged_a_newer_and_an_older_database_are_found() {
    let folder = healthy();
    let database = folder.path().join("data/ocariot.db");
    let whole = fs::read(&database).unwrap();
    let mut damaged = whole.clone();
    damaged[2 * 4096..].iter_mut().step_by(7).for_each(|byte| *byte ^= 0x55);
    fs::write(&database, &damaged).unwrap();
    let found = look(folder.path(), &[]);
    assert!(found.wrong("database").1.contains("restore "));

    let with_version = |version: u32| {
        let mut changed = whole.clone();
        changed[60..64].copy_from_slice(&version.to_be_bytes());
        fs::write(&database, &changed).unwrap();
    };
    with_version(99);
    assert!(look(folder.path(), &[]).wrong("upgrade").0.contains("schema 99"));
    with_version(1);
    assert!(look(folder.path(), &[]).wrong("upgrade").1.contains("serve"));
    fs::write(&database, "no database at all, and longer than a header is, so that it is read as one").unwrap();
    look(folder.path(), &[]).wrong("database");
}

#[test]
fn a_clock_behind_the_newest_change_is_found() {
    let folder = healthy();
    let database = rusqlite::Connection::open(folder.path().join("data/ocariot.db")).unwrap();
    // 2090-01-01, in milliseconds.
    database.execute("UPDATE store_state SET newest_instant = 3786912000000", []).unwrap();
    database.close().unwrap();
    let found = look(folder.path(), &[]);
    assert!(found.wrong("clock").0.contains("2090-01-01T00:00:00Z"));
    assert_eq!(look(folder.path(), &["--trust-clock"]).state("clock"), "advice");
}

#[test]
fn a_sudden_end_is_told_and_its_journal_left() {
    let server = Server::start(PLAIN);
    done(server.folder(), &["backup", "now", "--without-keys"], "");
    done(server.folder(), &["admin", "create", "late"], "");
    let folder = server.kill();
    let before = snapshot(folder.path());
    let found = look(folder.path(), &[]);
    assert_eq!((found.code, found.state("journal"), found.state("database")), (0, "advice", "fine"));
    let after = snapshot(folder.path());
    assert!(before["ocariot.db"] == after["ocariot.db"] && before["ocariot.db-wal"] == after["ocariot.db-wal"]);
    assert!(done(folder.path(), &["user", "list"], "").to_string().contains("late"));
}

#[test]
fn a_certificate_that_ended_is_found() {
    let folder = healthy();
    let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let (certificate, private) = (parameters.self_signed(&key).unwrap().pem(), key.serialize_pem());
    fs::write(folder.path().join("own.crt"), certificate).unwrap();
    fs::write(folder.path().join("own.key"), private).unwrap();
    fs::set_permissions(folder.path().join("own.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let found = look(folder.path(), &["--tls-cert", "own.crt", "--tls-key", "own.key"]);
    let (said, command) = found.wrong("certificate");
    assert!(said.contains("ended at 2021-01-01") && command.contains("own.crt"), "{said} {command}");
}

#[test]
fn a_disk_in_memory_is_found() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let server = Server::start_in(folder, PLAIN);
    let folder = server.stop();
    let found = look(folder.path(), &[]);
    assert!(found.wrong("disk sync").0.contains("tmpfs is memory"));
}

#[test]
fn a_service_that_does_not_answer_is_found() {
    let server = Server::start(PLAIN);
    fs::remove_file(server.folder().join("data/control.sock")).unwrap();
    let found = look(server.folder(), &[]);
    assert!(found.wrong("service").1.contains("restart"));
    assert_eq!(found.state("database"), "fine", "what can be seen is");
}

#[test]
fn doctor_makes_no_folder_and_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let output = verb(folder.path(), &["doctor"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no data folder"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::create_dir(folder.path().join("data")).unwrap();
    let output = verb(folder.path(), &["doctor"], "");
    assert!(String::from_utf8(output.stderr).unwrap().contains("holds no database"));
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 0);
}
