//! First and second start.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::Server;
use super::refusals::snapshot;

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
