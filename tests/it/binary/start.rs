//! First and second start, and starts that are refused.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::{Server, refused};

/// Content and mode of every file of the data folder.
fn snapshot(folder: &Path) -> BTreeMap<String, (Vec<u8>, u32)> {
    let entries = fs::read_dir(folder.join("data")).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let mode = entry.metadata().unwrap().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), (fs::read(entry.path()).unwrap(), mode))
        })
        .collect()
}

#[track_caller]
fn refused_unchanged(folder: &Path, arguments: &[&str], words: &[&str]) {
    let before = snapshot(folder);
    let error = String::from_utf8(refused(folder, arguments).stderr).unwrap();
    assert_eq!(error.trim_end().lines().count(), 1, "one sentence: {error}");
    words.iter().for_each(|word| assert!(error.contains(word), "{word} in: {error}"));
    assert!(before == snapshot(folder), "nothing in the data folder changed");
}

#[test]
fn the_first_start_makes_files_that_belong_to_their_owner_alone() {
    let server = Server::start(&[]);
    let files = snapshot(server.folder());
    for secret in ["initial-admin-password", "jwt.key", "tls.key", "username.key", "ocariot.db", "ocariot.db-wal"] {
        assert_eq!(files[secret].1, 0o600, "{secret}");
    }
    assert_eq!(fs::metadata(server.folder().join("data")).unwrap().mode() & 0o777, 0o700);
    let password = String::from_utf8(files["initial-admin-password"].0.clone()).unwrap();
    assert!(password.trim().len() >= 16, "a password that nobody guesses");
    assert!(!server.notice.contains(password.trim()), "not a terminal: the password is in the file alone");
    assert!(server.notice.contains("initial-admin-password"), "{}", server.notice);
}

#[test]
fn the_second_start_shows_no_secret_and_says_that_a_given_admin_changes_nothing() {
    let folder = Server::start(&[]).stop();
    let server = Server::start_in(folder, &["--admin-password", "another"]);
    assert!(server.notice.contains("change nothing"), "{}", server.notice);
    assert!(!server.notice.contains("Password"), "{}", server.notice);
    assert!(!server.notice.contains("another"), "{}", server.notice);
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_by_name() {
    let server = Server::start(&[]);
    refused_unchanged(server.folder(), &[], &["data", "is in use"]);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = Server::start(&[]).stop();
    let key = folder.path().join("data/jwt.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    refused_unchanged(folder.path(), &[], &["jwt.key", "chmod 600"]);
}

#[test]
fn a_file_that_is_no_key_is_refused() {
    let folder = Server::start(&[]).stop();
    fs::write(folder.path().join("data/jwt.key"), "not a key\n").unwrap();
    refused_unchanged(folder.path(), &[], &["jwt.key"]);
}
