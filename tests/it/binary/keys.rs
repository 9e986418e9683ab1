//! `keys` with the real program, running and stopped; what becomes of keys in backups, and of one that is lost.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::Server;
use super::operator::{PLAIN, done, log_in, refused, status, token, verb};

fn rotate(folder: &Path) -> Value {
    done(folder, &["keys", "rotate"], "")["rotated"].clone()
}

fn show(folder: &Path) -> Value {
    done(folder, &["keys", "show"], "")["keys"].clone()
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

fn admin(server: &Server) -> String {
    token(server, "admin", "first")
}

/// Whether the PEM file of public keys verifies the token, as a service reads it that has no key set.
fn pem_verifies(folder: &Path, token: &str) -> bool {
    let pem = fs::read(folder.join("data/jwt.pub")).unwrap();
    let key = jsonwebtoken::DecodingKey::from_rsa_pem(&pem).unwrap();
    jsonwebtoken::decode::<Value>(token, &key, &jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256)).is_ok()
}

fn published(server: &Server) -> Vec<String> {
    let set: Value = reqwest::blocking::get(format!("{}/.well-known/jwks.json", server.url)).unwrap().json().unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_rotation_of_the_running_service_takes_effect_at_once_and_logs_nobody_out() {
    let server = Server::start(PLAIN);
    let old = admin(&server);
    assert!(pem_verifies(server.folder(), &old));
    let rotated = rotate(server.folder());
    let new = admin(&server);
    assert_eq!(
        (rotated["signing"]["kid"].as_str(), rotated["earlier"][0]["kid"].as_str()),
        (Some(&*kid(&new)), Some(&*kid(&old)))
    );
    assert_eq!((status(&server, &old), status(&server, &new)), (200, 200));
    assert_eq!(published(&server), [kid(&new), kid(&old)]);
    assert!(pem_verifies(server.folder(), &new) && !pem_verifies(server.folder(), &old));
    let named = fs::canonicalize(rotated["public_key_file"].as_str().unwrap()).unwrap();
    assert_eq!(named, fs::canonicalize(server.folder().join("data/jwt.pub")).unwrap());
    for (file, mode) in [("jwt.key", 0o600), ("jwt.pub", 0o644)] {
        let found = fs::metadata(server.folder().join("data").join(file)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, mode, "{file}");
    }
    assert_eq!(show(server.folder()), rotated);
    let text = String::from_utf8(verb(server.folder(), &["keys", "show"], "").stdout).unwrap();
    assert!(text.starts_with("2 keys for tokens in ") && text.contains("jwt.pub") && text.contains("jwks"), "{text}");

    let server = Server::start_in(server.stop(), PLAIN);
    assert!(!server.notice.contains("Tokens"), "{}", server.notice);
    assert_eq!((status(&server, &old), status(&server, &new)), (200, 200));
    done(server.folder(), &["keys", "rotate", "--without-overlap"], "");
    assert_eq!((status(&server, &old), status(&server, &new)), (401, 401));
    assert_eq!(status(&server, &admin(&server)), 200);
}

#[test]
fn a_rotation_of_the_stopped_service_does_the_same() {
    let server = Server::start(PLAIN);
    let old = admin(&server);
    let folder = server.stop();
    let rotated = rotate(folder.path());
    assert_eq!(show(folder.path()), rotated);
    let server = Server::start_in(folder, PLAIN);
    let new = admin(&server);
    assert_eq!(kid(&new), rotated["signing"]["kid"].as_str().unwrap());
    assert_eq!((status(&server, &old), status(&server, &new)), (200, 200));
    assert_eq!(published(&server), [kid(&new), kid(&old)]);
    assert!(pem_verifies(server.folder(), &new));
}

/// Wherever in a rotation the service is killed, the folder starts, and what it issued is valid.
#[test]
fn a_service_killed_while_it_rotates_starts_with_every_valid_token_valid() {
    let mut server = Server::start(PLAIN);
    let mut tokens = vec![admin(&server)];
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..8 {
        let folder = server.folder().to_owned();
        let running = std::thread::spawn(move || verb(&folder, &["keys", "rotate"], ""));
        std::thread::sleep(std::time::Duration::from_millis(random.u64(0..400)));
        let killed = server.kill();
        running.join().unwrap();
        server = Server::start_in(killed, PLAIN);
        tokens.push(admin(&server));
        for token in &tokens {
            assert_eq!(status(&server, token), 200);
        }
        assert!(pem_verifies(server.folder(), tokens.last().unwrap()), "the PEM file is the signing key's");
    }
}

#[test]
fn a_public_key_that_is_lost_or_another_ones_is_written_anew() {
    let folder = Server::start(PLAIN).stop();
    let path = folder.path().join("data/jwt.pub");
    let right = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let folder = Server::start_in(folder, PLAIN).stop();
    assert_eq!(fs::read(&path).unwrap(), right);
    fs::write(&path, "something else\n").unwrap();
    let _folder = Server::start_in(folder, PLAIN).stop();
    assert_eq!(fs::read(&path).unwrap(), right);
}

#[test]
fn a_start_says_that_a_lost_key_was_made_anew() {
    let server = Server::start(PLAIN);
    assert!(!server.notice.contains("Tokens"), "the first start has nobody to log out: {}", server.notice);
    let old = admin(&server);
    let folder = server.stop();
    fs::remove_file(folder.path().join("data/jwt.key")).unwrap();
    // Stopped, nothing is made, and nothing can be rotated.
    refused(folder.path(), &["keys", "rotate"], 1, &["no key for tokens", "next start"]);
    refused(folder.path(), &["keys", "show"], 1, &["no key for tokens"]);
    assert!(!folder.path().join("data/jwt.key").exists());
    let server = Server::start_in(folder, PLAIN);
    assert!(server.notice.contains("everybody logs in once more"), "{}", server.notice);
    assert!(server.notice.contains("The key for tokens was missing"), "in the log: {}", server.notice);
    assert_eq!(status(&server, &old), 401);
    assert_eq!(status(&server, &admin(&server)), 200);
    assert_eq!(published(&server).len(), 1);
    let server = Server::start_in(server.stop(), PLAIN);
    assert!(!server.notice.contains("Tokens"), "it is said once: {}", server.notice);
}

#[test]
fn a_key_given_with_the_settings_is_not_rotated() {
    let other = Server::start(PLAIN).stop();
    let folder = tempfile::tempdir().unwrap();
    fs::copy(other.path().join("data/jwt.key"), folder.path().join("given.key")).unwrap();
    let settings = [PLAIN, &["--jwt-private-key", "given.key"]].concat();
    let server = Server::start_in(folder, &settings);
    let given = fs::read(server.folder().join("given.key")).unwrap();
    let old = admin(&server);
    refused(server.folder(), &["keys", "rotate"], 1, &["--jwt-private-key", "start the service again"]);
    let folder = server.stop();
    refused(folder.path(), &["keys", "rotate", "--jwt-private-key", "given.key"], 1, &["--jwt-private-key"]);
    assert_eq!(fs::read(folder.path().join("given.key")).unwrap(), given);
    let server = Server::start_in(folder, &settings);
    assert_eq!(status(&server, &old), 200);
    // The folder's own key is another one.
    let server = Server::start_in(server.stop(), PLAIN);
    assert!(server.notice.contains("everybody logs in once more"), "{}", server.notice);
    assert_eq!(status(&server, &old), 401);
}

fn backed_up(folder: &Path, flags: &[&str]) -> String {
    fs::write(folder.join("passphrase"), "open sesame\n").unwrap();
    fs::set_permissions(folder.join("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
    let made = done(folder, &[&["backup", "now"], flags].concat(), "");
    folder.join(made["file"].as_str().unwrap()).display().to_string()
}

fn restored(folder: TempDir, words: &[&str]) -> Server {
    done(folder.path(), &[&["restore"], words].concat(), "");
    Server::start_in(folder, PLAIN)
}

const KEYS: [&str; 2] = ["--passphrase-file", "passphrase"];

#[test]
fn a_backup_holds_the_keys_that_verify_too_and_another_machine_accepts_their_tokens() {
    let server = Server::start(PLAIN);
    let old = admin(&server);
    rotate(server.folder());
    let new = admin(&server);
    let file = backed_up(server.folder(), &KEYS);
    assert!(verb(server.folder(), &["backup", "verify", &file, KEYS[0], KEYS[1]], "").status.success());
    let known = published(&server);

    let machine = tempfile::tempdir().unwrap();
    fs::copy(server.folder().join("passphrase"), machine.path().join("passphrase")).unwrap();
    let moved = restored(machine, &[&file, KEYS[0], KEYS[1], "--keep-tokens"]);
    assert_eq!(published(&moved), known);
    assert_eq!((status(&moved, &old), status(&moved, &new)), (200, 200));
    assert_eq!(kid(&admin(&moved)), kid(&new));
    // Without being asked to keep them, a restore refuses tokens from before, whichever key signed them.
    let moved = restored(moved.stop(), &[&file, KEYS[0], KEYS[1]]);
    assert_eq!((status(&moved, &old), status(&moved, &new)), (401, 401));
    assert_eq!(log_in(&moved, "admin", "first").status(), 200);
}

#[test]
fn a_restore_that_keeps_tokens_keeps_those_of_a_key_that_is_newer_than_the_backup() {
    for flags in [&KEYS[..], &["--without-keys"]] {
        let server = Server::start(PLAIN);
        let old = admin(&server);
        let file = backed_up(server.folder(), flags);
        rotate(server.folder());
        let new = admin(&server);
        let server = restored(server.stop(), &[&[&*file, "--keep-tokens"], flags].concat());
        assert_eq!((status(&server, &old), status(&server, &new)), (200, 200), "{flags:?}");
        assert_eq!(kid(&admin(&server)), kid(&new), "the one in the backup was replaced: {flags:?}");
        assert!(pem_verifies(server.folder(), &new));
    }
}
