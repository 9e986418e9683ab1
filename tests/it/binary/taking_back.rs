//! `restore --undo`: what a restore kept is put in force again, checked, whole or not at all, and can be taken back itself.

#![expect(clippy::print_stdout, reason = "who runs the tests should know what was not tried")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::archives::PASSPHRASE;
use super::backup::Past;
use super::operator::{PLAIN, done, log_in, refused, status, token, verb};
use super::{Server, program_under, under};

const KEYS: [&str; 2] = ["--passphrase-file", "passphrase"];
const DATABASE: &str = "data/ocariot.db";

fn users(folder: &Path) -> String {
    done(folder, &["user", "list"], "").to_string()
}

/// The command in the text of a verb that does this, run as it stands.
#[track_caller]
pub(super) fn run_command_in(text: &str, does: &str, folder: &Path) {
    let command = text.split('`').skip(1).step_by(2).find(|command| command.contains(does));
    let command = command.unwrap_or_else(|| panic!("a command with {does} in {text}"));
    let words = command.replacen("ocariot-users", env!("CARGO_BIN_EXE_ocariot-users"), 1);
    let output = Command::new("sh").args(["-c", &words]).current_dir(folder).env_clear().output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
}

fn restored_text(folder: &Path, words: &[&str]) -> String {
    let output = verb(folder, &[&["restore"], words].concat(), "");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_restore_is_taken_back_with_what_was_there_and_that_is_taken_back_too() {
    let past = Past::new();
    let file = past.backup.to_str().unwrap().to_owned();
    let text = restored_text(past.path(), &[&file, KEYS[0], KEYS[1]]);
    assert!(!users(past.path()).contains("late"));
    let dry = done(past.path(), &["restore", "--undo", "--dry-run"], "");
    assert_eq!((&dry["restored"], &dry["taken_back"], &dry["kept"]), (&false.into(), &true.into(), &Value::Null));
    assert!(!users(past.path()).contains("late"), "a dry run changes nothing");

    run_command_in(&text, "--undo", past.path());
    let back = users(past.path());
    assert!(back.contains("late") && back.contains("early"), "{back}");
    assert_eq!(fs::metadata(past.path().join(DATABASE)).unwrap().mode() & 0o777, 0o600);
    let folder = past.into_folder();
    let server = Server::start_in(folder, PLAIN);
    assert_eq!(status(&server, &token(&server, "late", "late")), 200);
    let since = token(&server, "late", "late");
    let folder = server.stop();

    let text = restored_text(folder.path(), &["--undo"]);
    assert!(text.contains("Took back"), "{text}");
    assert!(!users(folder.path()).contains("late"), "what the restore had put there");
    let server = Server::start_in(folder, PLAIN);
    assert_eq!(status(&server, &since), 401, "a token from before it is refused");
    assert_eq!(log_in(&server, "late", "late").status(), 401);
    assert_eq!(status(&server, &token(&server, "early", "early")), 200);
    // All that was kept is there still, and each can be named.
    let folder = server.stop();
    let kept = kept(folder.path());
    assert_eq!(kept.len(), 3);
    done(folder.path(), &["restore", kept[0].to_str().unwrap()], "");
    assert!(users(folder.path()).contains("late"));
}

#[test]
fn a_restore_and_its_undoing_belong_to_the_owner_of_the_folder_whoever_asks() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(folder.path(), Some(65534), Some(65534)).unwrap();
    let server = Server::run(program_under(&nobody, folder.path(), PLAIN), folder);
    let made = done(server.folder(), &["backup", "now", "--without-keys"], "");
    let file = made["file"].as_str().unwrap().to_owned();
    let folder = server.stop();
    for words in [&["restore", &*file, "--without-keys"][..], &["restore", "--undo"]] {
        // Root is told how; that command does it.
        refused(folder.path(), words, 1, &["sudo -u '#65534'"]);
        let output = under(&nobody, folder.path(), words).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        for entry in fs::read_dir(folder.path().join("data")).unwrap().map(|entry| entry.unwrap()) {
            let found = entry.metadata().unwrap();
            assert_eq!((found.uid(), found.gid()), (65534, 65534), "{entry:?}");
            assert!(found.mode() & 0o077 == 0 || entry.file_name() == "jwt.pub" || entry.file_name() == "tls.crt");
        }
    }
    Server::run(program_under(&nobody, folder.path(), PLAIN), folder);
}

/// What restores kept, the oldest first.
fn kept(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("data")).unwrap().map(|entry| entry.unwrap().path());
    let mut kept: Vec<_> = entries.filter(|path| path.to_str().unwrap().contains("pre-restore-")).collect();
    kept.sort();
    kept
}

#[test]
fn a_restore_that_was_cut_short_is_completed_before_it_is_taken_back() {
    let past = Past::new();
    done(past.path(), &["restore", past.backup.to_str().unwrap(), KEYS[0], KEYS[1]], "");
    // As it is when the power goes before the last step.
    let ready = past.data().join("restore-ready");
    fs::create_dir_all(ready.join("new")).unwrap();
    let newest = kept(past.path()).pop().unwrap();
    fs::rename(&newest, ready.join(newest.file_name().unwrap())).unwrap();
    let back = done(past.path(), &["restore", "--undo"], "");
    assert!(back["file"].as_str().unwrap().ends_with(newest.file_name().unwrap().to_str().unwrap()), "{back}");
    assert!(users(past.path()).contains("late"));
}

/// The files of a data folder, and what is in them.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder.join("data")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.is_file()).map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn an_undo_without_anything_to_undo_changes_nothing() {
    let past = Past::new();
    let before = files(past.path());
    let refused = |words: &[&str], expected: &[&str]| {
        refused(past.path(), &[&["restore"], words].concat(), 1, expected);
        assert!(before == files(past.path()));
    };
    refused(&["--undo"], &["nothing is kept", "data", "restore a backup"]);
    refused(&["--undo", "--data-dir", "elsewhere"], &["nothing is kept", "elsewhere"]);
    assert!(!past.path().join("elsewhere").exists());
    fs::write(past.data().join("pre-restore-20300101T000000.000Z"), "a file").unwrap();
    fs::create_dir(past.path().join("pre-restore-20300101T000000.000Z")).unwrap();
    symlink("../pre-restore-20300101T000000.000Z", past.data().join("pre-restore-20300102T000000.000Z")).unwrap();
    let before = files(past.path());
    for other in [
        "data/pre-restore-20300101T000000.000Z",
        "data/pre-restore-20300102T000000.000Z",
        "pre-restore-20300101T000000.000Z",
    ] {
        super::operator::refused(past.path(), &["restore", other], 1, &["is not what a restore kept", "--undo"]);
    }
    super::operator::refused(past.path(), &["restore", "--undo"], 1, &["nothing is kept"]);
    super::operator::refused(past.path(), &["restore", "data/pre-restore-1"], 1, &["not there"]);
    fs::create_dir(past.data().join("pre-restore-20300103T000000.000Z")).unwrap();
    super::operator::refused(past.path(), &["restore", "--undo"], 1, &["no database"]);
    assert!(before == files(past.path()));
}

#[test]
fn what_was_kept_is_checked_before_it_is_taken_back() {
    let past = Past::new();
    done(past.path(), &["restore", past.backup.to_str().unwrap(), KEYS[0], KEYS[1]], "");
    let kept = kept(past.path()).pop().unwrap();
    let whole = fs::read(kept.join("ocariot.db")).unwrap();
    let before = fs::read(past.path().join(DATABASE)).unwrap();
    let link = past.path().join("link.db");
    fs::write(&link, &whole).unwrap();
    let change: [(&dyn Fn(), &str); 4] = [
        (&|| fs::write(kept.join("ocariot.db"), &whole[..whole.len() / 2]).unwrap(), "damaged"),
        (&|| fs::write(kept.join("ocariot.db"), "no database at all").unwrap(), "damaged"),
        (
            &|| {
                fs::write(kept.join("ocariot.db"), &whole).unwrap();
                let planted = "CREATE TRIGGER planted AFTER INSERT ON account BEGIN DELETE FROM audit; END";
                rusqlite::Connection::open(kept.join("ocariot.db")).unwrap().execute_batch(planted).unwrap();
            },
            "damaged",
        ),
        (
            &|| {
                fs::remove_file(kept.join("ocariot.db")).unwrap();
                symlink(&link, kept.join("ocariot.db")).unwrap();
            },
            "a link",
        ),
    ];
    for (change, expected) in change {
        change();
        refused(past.path(), &["restore", "--undo"], 1, &[expected, "pre-restore-"]);
        assert!(before == fs::read(past.path().join(DATABASE)).unwrap());
    }
}

#[test]
fn the_last_changes_of_a_service_that_was_killed_are_taken_back_with_the_rest() {
    let past = Past::new();
    let file = past.backup.to_str().unwrap().to_owned();
    let server = Server::start_in(past.into_folder(), PLAIN);
    done(server.folder(), &["admin", "create", "newcomer", "--password-stdin"], "new\n");
    let folder = server.kill();
    assert!(fs::metadata(folder.path().join("data/ocariot.db-wal")).unwrap().len() > 0, "the journal holds it");
    done(folder.path(), &["restore", &file, KEYS[0], KEYS[1]], "");
    assert!(!users(folder.path()).contains("newcomer"));
    done(folder.path(), &["restore", "--undo"], "");
    assert!(users(folder.path()).contains("newcomer"));
}

#[test]
fn a_token_that_was_revoked_stays_refused_through_a_restore_and_its_undoing_also_when_tokens_are_kept() {
    for keep in [&[][..], &["--keep-tokens"]] {
        let server = Server::start(PLAIN);
        fs::write(server.folder().join("passphrase"), PASSPHRASE).unwrap();
        fs::set_permissions(server.folder().join("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
        let made = done(server.folder(), &[&["backup", "now"], &KEYS[..]].concat(), "");
        let file = made["file"].as_str().unwrap();
        let folder = server.stop();
        done(folder.path(), &[&["restore", file], &KEYS[..], keep].concat(), "");
        let server = Server::start_in(folder, PLAIN);
        let revoked = token(&server, "admin", "first");
        assert_eq!(status(&server, &revoked), 200);
        done(server.folder(), &["admin", "reset-password", "--password-stdin"], "second\n");
        assert_eq!(status(&server, &revoked), 401);
        let folder = server.stop();
        // What was kept knows nothing of this token.
        done(folder.path(), &[&["restore", "--undo"], keep].concat(), "");
        let server = Server::start_in(folder, PLAIN);
        assert_eq!(status(&server, &revoked), 401, "{keep:?}");
        assert_eq!(status(&server, &token(&server, "admin", "first")), 200);
    }
}

/// The same claims as in this token, signed by another key: its holder needs no password.
fn forged(key: &[u8], like: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(like.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(key).unwrap();
    let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, jsonwebtoken::Algorithm::RS256).unwrap();
    let header = jsonwebtoken::Header {
        kid: Some(jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap()),
        ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256)
    };
    jsonwebtoken::encode(&header, &claims, &key).unwrap()
}

#[test]
fn a_key_that_was_rotated_out_because_somebody_had_it_does_not_sign_after_a_restore() {
    for keep in [&[][..], &["--keep-tokens"]] {
        let server = Server::start(PLAIN);
        fs::write(server.folder().join("passphrase"), PASSPHRASE).unwrap();
        fs::set_permissions(server.folder().join("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
        let made = done(server.folder(), &[&["backup", "now"], &KEYS[..]].concat(), "");
        let file = made["file"].as_str().unwrap();
        let stolen = fs::read(server.folder().join("data/jwt.key")).unwrap();
        let valid = token(&server, "admin", "first");
        let forgery = forged(&stolen, &valid);
        assert_eq!(status(&server, &forgery), 200, "whoever has the key can do this");
        done(server.folder(), &["keys", "rotate", "--without-overlap"], "");
        assert_eq!(status(&server, &forgery), 401);
        let newer = fs::read(server.folder().join("data/jwt.key")).unwrap();
        let folder = server.stop();

        let restored = done(folder.path(), &[&["restore", file], &KEYS[..], keep].concat(), "");
        assert_eq!(restored["token_key"], "newer");
        assert!(newer == fs::read(folder.path().join("data/jwt.key")).unwrap());
        let server = Server::start_in(folder, PLAIN);
        assert_eq!(status(&server, &forgery), 401, "{keep:?}");
        let own = token(&server, "admin", "first");
        assert_eq!((status(&server, &own), status(&server, &forged(&stolen, &own))), (200, 401));
        // Nor if the newer one is lost, too: then there is another one.
        let folder = server.stop();
        fs::write(folder.path().join("data/jwt.key"), "").unwrap();
        let restored = done(folder.path(), &[&["restore", file], &KEYS[..], keep].concat(), "");
        assert_eq!(restored["token_key"], "new");
        let server = Server::start_in(folder, PLAIN);
        let own = token(&server, "admin", "first");
        assert_eq!((status(&server, &own), status(&server, &forged(&stolen, &own))), (200, 401));
    }
}

#[test]
fn on_another_machine_another_key_signs_unless_tokens_are_kept_and_then_its_replacement_is_told() {
    let past = Past::new();
    let machine = tempfile::tempdir().unwrap();
    fs::copy(past.path().join("passphrase"), machine.path().join("passphrase")).unwrap();
    let words = [past.backup.to_str().unwrap(), KEYS[0], KEYS[1]];
    let text = restored_text(machine.path(), &words);
    assert!(text.contains("Another key for tokens was made"), "{text}");
    let stolen = fs::read(past.data().join("jwt.key")).unwrap();
    let server = Server::start_in(machine, PLAIN);
    let own = token(&server, "admin", "first");
    assert_eq!((status(&server, &own), status(&server, &forged(&stolen, &own))), (200, 401));

    let machine = tempfile::tempdir().unwrap();
    fs::copy(past.path().join("passphrase"), machine.path().join("passphrase")).unwrap();
    let text = restored_text(machine.path(), &[&words[..], &["--keep-tokens"]].concat());
    assert!(stolen == fs::read(machine.path().join("data/jwt.key")).unwrap());
    run_command_in(&text, "keys rotate --without-overlap", machine.path());
    let server = Server::start_in(machine, PLAIN);
    let own = token(&server, "admin", "first");
    assert_eq!((status(&server, &own), status(&server, &forged(&stolen, &own))), (200, 401));
}

/// Restores into a disk of this size; what it said, and what it left.
fn restored_into(size: u32, backup: &Path) -> (std::process::Output, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let namespace = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    let script =
        format!("mount -t tmpfs -o size={size}k tmpfs data && {{ \"$@\"; ended=$?; ls -A data > left; exit $ended; }}");
    let words = ["restore", backup.to_str().unwrap(), "--without-keys", "--username-key", "username.key"];
    fs::copy(backup.with_file_name("username.key"), folder.path().join("username.key")).unwrap();
    let output = under(&["unshare", namespace, "sh", "-c", &script, "sh"], folder.path(), &words)
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .unwrap();
    (output, fs::read_to_string(folder.path().join("left")).unwrap_or_default())
}

#[test]
fn a_restore_on_a_full_disk_says_that_it_is_full_and_leaves_nothing() {
    let namespace = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    if !Command::new("unshare").args([namespace, "true"]).status().is_ok_and(|status| status.success()) {
        println!("not tried: this system does not let its users mount anything");
        return;
    }
    let server = Server::start(PLAIN);
    let made = done(server.folder(), &["backup", "now", "--without-keys"], "");
    let backup = server.folder().join("backup.tar.zst");
    fs::rename(server.folder().join(made["file"].as_str().unwrap()), &backup).unwrap();
    fs::copy(server.folder().join("data/username.key"), server.folder().join("username.key")).unwrap();
    let database = u32::try_from(fs::metadata(server.folder().join(DATABASE)).unwrap().len() / 1024).unwrap();
    let (mut full, mut done) = (0, 0);
    // From no room for the database to room for all that is written beside it.
    for more in [-64, -8, 0, 4, 8, 16, 24, 32, 64, 4096] {
        let (output, left) = restored_into(database.saturating_add_signed(more), &backup);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            assert!(left.contains("ocariot.db"), "{more}: {left}");
            done += 1;
            continue;
        }
        full += 1;
        assert_eq!(output.status.code(), Some(1), "{more}: {said}");
        assert!(said.contains("full") || said.contains("are free"), "{more}: {said}");
        assert!(!said.contains("damaged"), "{more}: {said}");
        assert_eq!(left, "", "{more}");
    }
    assert!(full >= 2 && done >= 1, "{full} full, {done} restored");
}
