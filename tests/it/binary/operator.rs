//! `admin` and `user`, with the service running and stopped.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::{Value, json};

use super::Server;

/// Runs a verb in a folder, with this on its standard input.
pub(super) fn verb(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_ocariot-users"))
        .current_dir(folder)
        .env_clear()
        .args(arguments)
        .args(["--hash-memory", "8 KiB", "--hash-iterations", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A verb that reads nothing may have closed its input.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

#[track_caller]
pub(super) fn done(folder: &Path, arguments: &[&str], input: &str) -> Value {
    let output = verb(folder, &[arguments, &["--json"]].concat(), input);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    let named = fs::canonicalize(object["folder"].as_str().unwrap()).unwrap();
    assert_eq!(named, fs::canonicalize(folder.join("data")).unwrap(), "the folder is named");
    object
}

#[track_caller]
pub(super) fn refused(folder: &Path, arguments: &[&str], code: i32, words: &[&str]) {
    let output = verb(folder, arguments, "");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(output.stdout.is_empty());
    words.iter().for_each(|word| assert!(error.contains(word), "{word} in: {error}"));
}

pub(super) fn log_in(server: &Server, username: &str, password: &str) -> reqwest::blocking::Response {
    let body = json!({"username": username, "password": password});
    client().post(format!("{}/auth", server.url)).json(&body).send().unwrap()
}

fn client() -> Client {
    Client::builder().timeout(Duration::from_secs(30)).build().unwrap()
}

pub(super) fn token(server: &Server, username: &str, password: &str) -> String {
    let reply = log_in(server, username, password);
    assert_eq!(reply.status(), 200, "{username} logs in");
    reply.json::<Value>().unwrap()["access_token"].as_str().unwrap().to_owned()
}

pub(super) fn status(server: &Server, token: &str) -> u16 {
    client().get(format!("{}/institutions", server.url)).bearer_auth(token).send().unwrap().status().as_u16()
}

pub(super) const PLAIN: &[&str] = &["--plain-http", "--admin-password", "first"];

#[test]
fn a_reset_at_the_running_service_revokes_at_once() {
    let server = Server::start(PLAIN);
    let folder = server.folder();
    let old = token(&server, "admin", "first");
    assert_eq!(status(&server, &old), 200);
    let set = done(folder, &["admin", "reset-password", "--password-stdin"], "second\n");
    assert_eq!(set["password_set"]["user"]["username"], "admin");
    assert_eq!(set["password_set"]["password"], Value::Null, "a given password is not repeated");
    assert_eq!(status(&server, &old), 401);
    assert_eq!(log_in(&server, "admin", "first").status(), 401);
    assert_eq!(status(&server, &token(&server, "admin", "second")), 200);
}

#[test]
fn a_reset_of_the_stopped_service_revokes_too_and_its_made_up_password_fits() {
    let server = Server::start(PLAIN);
    let old = token(&server, "admin", "first");
    let folder = server.stop();
    let set = done(folder.path(), &["admin", "reset-password", "admin"], "");
    let password = set["password_set"]["password"].as_str().unwrap().to_owned();
    let server = Server::start_in(folder, PLAIN);
    assert_eq!(status(&server, &old), 401);
    assert_eq!(status(&server, &token(&server, "admin", &password)), 200);
}

/// The same commands give the same answers in both ways.
#[track_caller]
fn life_of_an_administrator(folder: &Path) {
    let made = done(folder, &["admin", "create", "second", "--password-stdin"], "secret\r\n");
    let id = made["created"]["user"]["id"].as_str().unwrap();
    refused(folder, &["admin", "create", "second"], 1, &["there is an administrator of this name"]);
    refused(folder, &["admin", "reset-password"], 1, &["2 administrators", "user list"]);
    let users = done(folder, &["user", "list", "--type", "admin"], "");
    let names: Vec<_> = users["users"].as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, ["admin", "second"]);
    assert_eq!(done(folder, &["user", "show", "second"], "")["user"]["id"], id);
    assert_eq!(done(folder, &["user", "show", id], "")["user"]["username"], "second");
    let set = done(folder, &["user", "set-password", "second"], "");
    assert!(set["password_set"]["password"].as_str().unwrap().len() >= 16);
    refused(folder, &["user", "delete", "second"], 1, &["--yes"]);
    assert_eq!(done(folder, &["user", "delete", "second", "--yes"], "")["deleted"]["id"], id);
    refused(folder, &["user", "show", "second"], 1, &["no such user"]);
    refused(folder, &["user", "delete", "admin", "--yes"], 1, &["last administrator", "admin create"]);
    let text = String::from_utf8(verb(folder, &["user", "list"], "").stdout).unwrap();
    assert!(text.starts_with("1 user in ") && text.contains("admin"), "{text}");
}

#[test]
fn users_are_managed_with_the_service_running_and_stopped() {
    let server = Server::start(PLAIN);
    life_of_an_administrator(server.folder());
    let folder = server.stop();
    life_of_an_administrator(folder.path());
}

#[test]
fn no_verb_makes_a_folder_a_database_or_a_key() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), &["user", "list"], 1, &["no data folder", "--data-dir"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::create_dir(folder.path().join("data")).unwrap();
    refused(folder.path(), &["admin", "create", "x"], 1, &["holds no database", "--data-dir"]);
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 0);

    let folder = Server::start(PLAIN).stop();
    let data = folder.path().join("data");
    fs::remove_file(data.join("jwt.key")).unwrap();
    done(folder.path(), &["user", "list"], "");
    assert!(!data.join("jwt.key").exists());
    fs::remove_file(data.join("username.key")).unwrap();
    refused(folder.path(), &["user", "list"], 1, &["username.key is missing"]);
}

#[test]
fn wrong_use_is_told_from_refusal() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["user"] as &[&str], &["user", "show"], &["user", "list", "--type", "pope"], &["admin", "x"]] {
        assert_eq!(verb(folder.path(), arguments, "").status.code(), Some(2), "{arguments:?}");
    }
    refused(folder.path(), &["user", "list", "--token-ttl", "x"], 2, &["--token-ttl"]);
    let server = Server::start(PLAIN);
    refused(server.folder(), &["admin", "create", "x", "--password-stdin"], 1, &["holds no password"]);
}

fn ask(server: &Server, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(server.folder().join("data/control.sock")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // The service may answer, and close, before it has read everything.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn the_control_socket_refuses_what_it_does_not_know_and_goes_on() {
    let server = Server::start(PLAIN);
    let socket = server.folder().join("data/control.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    for (request, words) in [
        (b"".as_slice(), "not one line"),
        (b"{\"version\":1", "not one line"),
        (b"[]\n", "no JSON object"),
        (b"\xff\xfe\n", "no JSON object"),
        (b"{\"version\":2,\"command\":{\"anything\":1}}\n", "another version"),
        (b"{\"version\":1,\"command\":{\"user_promote\":{}}}\n", "does not know"),
        (
            b"{\"version\":1,\"command\":{\"admin_create\":{\"username\":\"x\",\"password\":[\"secret\"]}}}\n",
            "not know",
        ),
    ] {
        let answer = ask(&server, request);
        let refusal = serde_json::from_str::<Value>(&answer).unwrap()["refused"].as_str().unwrap().to_owned();
        assert!(refusal.contains(words) && !refusal.contains("secret"), "{refusal}");
    }
    // Either the refusal arrives, or the connection ends under what was sent too much.
    let answer = ask(&server, &[b'['; 200 * 1024]);
    assert!(answer.is_empty() || answer.contains("64 KiB"), "{answer}");
    // Connections that say nothing hold others up until their deadline, and no longer.
    let _idle: Vec<_> = (0..8).map(|_| UnixStream::connect(&socket).unwrap()).collect();
    assert_eq!(
        ask(&server, b"{\"version\":1,\"command\":{\"user_list\":{\"role\":null}}}\n").matches("\"id\"").count(),
        1
    );
    let folder = server.stop();
    assert!(!folder.path().join("data/control.sock").exists());
}

#[test]
fn a_socket_that_a_killed_service_left_is_replaced() {
    let folder = Server::start(PLAIN).stop();
    let socket = folder.path().join("data/control.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    // Nobody holds the folder: the verb needs no socket.
    done(folder.path(), &["user", "list"], "");
    let server = Server::start_in(folder, PLAIN);
    done(server.folder(), &["user", "list"], "");
}

#[test]
fn a_folder_that_another_program_holds_is_told() {
    let folder = Server::start(PLAIN).stop();
    let held = fs::File::open(folder.path().join("data")).unwrap();
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).unwrap();
    refused(folder.path(), &["user", "list"], 1, &["cannot be asked", "stop it"]);
}

#[test]
fn nobody_makes_files_in_the_folder_of_another_user() {
    let folder = Server::start(PLAIN).stop();
    if rustix::process::geteuid().is_root() {
        chown(folder.path().join("data"), Some(1), None).unwrap();
        refused(folder.path(), &["user", "list"], 1, &["belongs to", "sudo -u '#1'"]);
    } else {
        refused(folder.path(), &["user", "list", "--data-dir", "/"], 1, &["belongs to", "sudo -u '#0'"]);
    }
}

#[test]
fn user_unlock_lets_somebody_in_whose_password_was_tried_too_often() {
    let server = Server::start(&["--plain-http", "--rate-limit-account", "2/1h"]);
    let made = done(server.folder(), &["admin", "create", "second", "--password-stdin"], "a password");
    assert_eq!(made["created"]["user"]["username"], "second");
    for _ in 0..2 {
        assert_eq!(log_in(&server, "second", "wrong").status(), 401);
    }
    assert_eq!(log_in(&server, "second", "a password").status(), 429);
    assert_eq!(done(server.folder(), &["user", "unlock", "second"], "")["unlocked"]["username"], "second");
    assert_eq!(log_in(&server, "second", "a password").status(), 200);
    refused(server.folder(), &["user", "unlock", "nobody"], 1, &["no such user", "user list"]);
}

#[test]
fn verbs_of_a_stopped_service_leave_the_database_as_one_file() {
    let folder = Server::start(PLAIN).stop();
    for arguments in [
        &["admin", "create", "second"][..],
        &["user", "list"],
        &["backup", "now", "--without-keys"],
        &["keys", "rotate"],
        &["user", "delete", "second", "--yes"],
    ] {
        done(folder.path(), arguments, "");
        let names = fs::read_dir(folder.path().join("data")).unwrap().map(|entry| entry.unwrap().file_name());
        let names: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with("ocariot.db")).collect();
        assert_eq!(names, ["ocariot.db"], "after {arguments:?}");
    }
}

#[test]
fn users_are_listed_by_institution_and_type_and_shown_with_its_name() {
    let server = Server::start(PLAIN);
    let token = token(&server, "admin", "first");
    let post = |path: &str, body: Value| -> Value {
        let reply = client().post(format!("{}/{path}", server.url)).bearer_auth(&token).json(&body).send().unwrap();
        assert_eq!(reply.status(), 201);
        reply.json().unwrap()
    };
    let schools = ["First School", "Second School"].map(|name| {
        let school = post("institutions", json!({"name": name, "type": "School"}))["id"].as_str().unwrap().to_owned();
        for kind in ["educators", "healthprofessionals"] {
            let username = format!("{kind} of {name}");
            let body = json!({"username": username, "password": "x", "institution_id": school});
            post(kind, body);
        }
        school
    });
    let listed = |arguments: &[&str]| -> Vec<String> {
        let found = done(server.folder(), &[&["user", "list"], arguments].concat(), "");
        let users = found["users"].as_array().unwrap();
        users.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    };
    let second = ["educators of Second School", "healthprofessionals of Second School"];
    assert_eq!(listed(&["--institution", "Second School"]), second);
    assert_eq!(listed(&["--institution", &schools[1]]), second);
    assert_eq!(listed(&["--institution", "First School", "--type", "educator"]), ["educators of First School"]);
    refused(server.folder(), &["user", "list", "--institution", "Third School"], 1, &["no institution Third School"]);
    let shown = String::from_utf8(verb(server.folder(), &["user", "show", second[0]], "").stdout).unwrap();
    for line in [format!("institution  Second School ({})", schools[1]), "last log-in  never".to_owned()] {
        assert!(shown.contains(&line), "{line} in {shown}");
    }
}
