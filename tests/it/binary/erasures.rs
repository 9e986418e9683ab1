//! Who was deleted stays deleted through restores, wherever that is known from, unless somebody says otherwise; and what
//! else comes back with a restore is told with what mends it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::archives::PASSPHRASE;
use super::operator::{PLAIN, done, log_in, verb};
use super::taking_back::run_command_in;
use super::{Server, ocariot};

const KEYS: [&str; 2] = ["--passphrase-file", "passphrase"];
const LIST: &str = "ocariot-users-erasures";

/// A stopped service's folder, a backup of it in which there are `gone` and `stays`, and one after `gone` was deleted.
struct Deleted {
    folder: TempDir,
    before: PathBuf,
    after: PathBuf,
}

fn with_passphrase(folder: &Path) {
    fs::write(folder.join("passphrase"), PASSPHRASE).unwrap();
    fs::set_permissions(folder.join("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
}

fn back_up(folder: &Path) -> PathBuf {
    let made = done(folder, &[&["backup", "now", "--to", "usb"], &KEYS[..]].concat(), "");
    folder.join(made["file"].as_str().unwrap())
}

impl Deleted {
    fn new() -> Self {
        let server = Server::start(PLAIN);
        let folder = server.folder();
        with_passphrase(folder);
        fs::create_dir(folder.join("usb")).unwrap();
        for name in ["gone", "stays"] {
            done(folder, &["admin", "create", name, "--password-stdin"], &format!("{name}\n"));
        }
        let before = back_up(folder);
        assert!(!folder.join("usb").join(LIST).exists(), "nobody was deleted");
        done(folder, &["user", "delete", "gone", "--yes"], "");
        let after = back_up(folder);
        Self { before, after, folder: server.stop() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn users(folder: &Path) -> String {
    done(folder, &["user", "list"], "").to_string()
}

fn restore(folder: &Path, file: &Path, flags: &[&str]) -> Value {
    done(folder, &[&["restore", file.to_str().unwrap()], &KEYS[..], flags].concat(), "")
}

#[track_caller]
fn is_gone(folder: &Path, restored: &Value) {
    let users = users(folder);
    assert!(users.contains("stays") && !users.contains("gone"), "{users}");
    assert_eq!(restored["came_back"]["deleted_again"].as_array().unwrap().len(), 1);
    assert_eq!(restored["came_back"]["deleted_again"][0]["type"], "admin");
}

#[test]
fn who_was_deleted_since_the_backup_stays_deleted_unless_somebody_says_otherwise() {
    let deleted = Deleted::new();
    let folder = deleted.path();
    let dry = restore(folder, &deleted.before, &["--dry-run"]);
    assert_eq!(dry["came_back"]["deleted_again"].as_array().unwrap().len(), 1, "it is told before");
    is_gone(folder, &restore(folder, &deleted.before, &[]));
    let words = [&["restore", deleted.before.to_str().unwrap()], &KEYS[..]].concat();
    let text = String::from_utf8(verb(folder, &words, "").stdout).unwrap();
    assert!(text.contains("1 person was deleted after that, and deleted again now"), "{text}");

    run_command_in(&text, "--without-erasures", folder);
    assert!(users(folder).contains("gone"), "as somebody said");
    let words = [&words[..], &["--without-erasures"]].concat();
    let text = String::from_utf8(verb(folder, &words, "").stdout).unwrap();
    assert!(text.contains("admin gone: `"), "{text}");
    // A backup from after that holds them on purpose.
    let back = back_up(folder);
    let restored = restore(folder, &back, &[]);
    assert_eq!(restored["came_back"]["deleted_again"], Value::Array(Vec::new()));
    assert!(users(folder).contains("gone"));
    run_command_in(&text, "user delete", folder);
    is_gone(folder, &restore(folder, &back, &[]));
}

#[test]
fn who_was_deleted_stays_deleted_when_the_database_is_lost() {
    let deleted = Deleted::new();
    // A start completes the list in the data folder.
    let server = Server::start_in(deleted.folder, PLAIN);
    let list = server.folder().join("data").join(LIST);
    while !list.exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(fs::metadata(&list).unwrap().permissions().mode() & 0o777, 0o600);
    let folder = server.stop();
    fs::write(folder.path().join("data/ocariot.db"), "a broken disk").unwrap();
    let before = folder.path().join("before.tar.zst.age");
    fs::rename(&deleted.before, &before).unwrap();
    fs::remove_dir_all(folder.path().join("usb")).unwrap();
    is_gone(folder.path(), &restore(folder.path(), &before, &[]));
}

/// Another machine, to which the stick was carried.
fn elsewhere(deleted: &Deleted) -> (TempDir, PathBuf) {
    let machine = tempfile::tempdir().unwrap();
    with_passphrase(machine.path());
    let copied = Command::new("cp").arg("-r").arg(deleted.path().join("usb")).arg(machine.path()).status().unwrap();
    assert!(copied.success());
    let file = machine.path().join("usb").join(deleted.before.file_name().unwrap());
    (machine, file)
}

#[test]
fn who_was_deleted_stays_deleted_on_another_machine_by_the_list_beside_the_backups() {
    let deleted = Deleted::new();
    assert!(deleted.after.exists());
    let (machine, file) = elsewhere(&deleted);
    is_gone(machine.path(), &restore(machine.path(), &file, &[]));
    // And what is known is passed on.
    fs::create_dir(machine.path().join("other")).unwrap();
    let made = done(machine.path(), &[&["backup", "now", "--to", "other"], &KEYS[..]].concat(), "");
    assert!(made["file"].as_str().unwrap().contains("other"));
    let [old, new] = ["usb", "other"].map(|folder| fs::read(machine.path().join(folder).join(LIST)).unwrap());
    assert_eq!(old, new);
}

#[test]
fn a_list_that_was_changed_or_planted_deletes_nobody_and_is_told() {
    let deleted = Deleted::new();
    let other = Deleted::new();
    let own = fs::read(deleted.path().join("usb").join(LIST)).unwrap();
    let mut changed = own.clone();
    *changed.last_mut().unwrap() ^= 1;
    let planted = fs::read(other.path().join("usb").join(LIST)).unwrap();
    for list in
        [changed, planted, b"ocariot-users erasures 1\n".to_vec(), b"none".to_vec(), own[..own.len() - 1].to_vec()]
    {
        let (machine, file) = elsewhere(&deleted);
        fs::write(machine.path().join("usb").join(LIST), &list).unwrap();
        let output = verb(machine.path(), &[&["restore", file.to_str().unwrap()], &KEYS[..]].concat(), "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.contains("was changed, or is another service's"), "{said}");
        assert!(users(machine.path()).contains("gone") && users(machine.path()).contains("stays"));
        // The next backup there mends it.
        back_up(machine.path());
    }
    // Neither a pipe nor a link in its place keeps anybody waiting, or is followed.
    let place = deleted.path().join("usb").join(LIST);
    let target = deleted.path().join("target");
    fs::write(&target, "precious").unwrap();
    for plant in [&["mkfifo"][..], &["ln", "-s", target.to_str().unwrap()]] {
        fs::remove_file(&place).unwrap();
        let partial = place.with_file_name(format!(".{LIST}.partial"));
        for planted in [&place, &partial] {
            assert!(Command::new(plant[0]).args(&plant[1..]).arg(planted).status().unwrap().success());
        }
        let backup =
            ocariot(deleted.path(), &[&["backup", "now", "--to", "usb"], &KEYS[..]].concat()).output().unwrap();
        assert!(backup.status.success(), "{backup:?}");
        assert_eq!(fs::read(&place).unwrap(), own);
        assert!(fs::symlink_metadata(&place).unwrap().is_file());
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    }
}

#[test]
fn who_was_deleted_after_a_restore_stays_deleted_when_that_is_taken_back() {
    let deleted = Deleted::new();
    let folder = deleted.path();
    let restored = restore(folder, &deleted.before, &["--without-erasures"]);
    done(folder, &["user", "delete", "stays", "--yes"], "");
    let back = done(folder, &["restore", "--undo"], "");
    assert_eq!(back["came_back"]["deleted_again"].as_array().unwrap().len(), 1);
    let left = users(folder);
    assert!(!left.contains("stays") && !left.contains("gone"), "{left}");
    let kept = restored["kept"].as_str().unwrap();
    let back = done(folder, &["restore", kept, "--without-erasures"], "");
    assert_eq!(back["came_back"]["people"]["first"][0]["username"], "stays");
    assert!(users(folder).contains("stays"));
}

#[test]
fn passwords_that_were_changed_since_are_told_with_what_sets_new_ones() {
    let deleted = Deleted::new();
    let folder = deleted.path();
    done(folder, &["user", "set-password", "stays", "--password-stdin"], "newer\n");
    let words = [&["restore", deleted.after.to_str().unwrap()], &KEYS[..]].concat();
    let dry = done(folder, &[&words[..], &["--dry-run"]].concat(), "");
    assert_eq!(dry["came_back"]["passwords"]["count"], 1);
    assert_eq!(dry["came_back"]["passwords"]["first"][0]["username"], "stays");
    let text = String::from_utf8(verb(folder, &words, "").stdout).unwrap();
    assert!(text.contains("1 password was another one since") && text.contains("admin stays: `"), "{text}");
    run_command_in(&text, "user set-password", folder);
    let server = Server::start_in(deleted.folder, PLAIN);
    assert_eq!(
        (log_in(&server, "stays", "stays").status().as_u16(), log_in(&server, "stays", "newer").status().as_u16()),
        (401, 401)
    );
}
