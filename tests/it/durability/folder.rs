//! Faults of the data folder, with the real program: a file system of its own that fills up, and a folder that its
//! user may not write.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

use crate::binary::{Server, program_under, refused_by};
use crate::support::{ADMIN, fresh};

const SETTINGS: [&str; 5] = ["--plain-http", "--log", "off", "--admin-password", ADMIN.1];
/// A user that owns nothing.
const NOBODY: u32 = 65_534;

struct Admin {
    client: Client,
    url: String,
    token: String,
}

impl Admin {
    fn of(server: &Server) -> Self {
        let client = Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let body = json!({"username": ADMIN.0, "password": ADMIN.1});
        let reply = client.post(format!("{}/auth", server.url)).json(&body).send().unwrap();
        let token = reply.json::<Value>().unwrap()["access_token"].as_str().unwrap().to_owned();
        Self { client, url: server.url.clone(), token }
    }

    fn change(&self) -> Response {
        let body = json!({"name": fresh("Institution "), "type": "School", "address": "x".repeat(500)});
        self.client.post(format!("{}/institutions", self.url)).bearer_auth(&self.token).json(&body).send().unwrap()
    }

    fn reads(&self) -> bool {
        let reply = self.client.get(format!("{}/institutions", self.url)).bearer_auth(&self.token).send().unwrap();
        reply.status() == 200 && !reply.json::<Value>().unwrap().as_array().unwrap().is_empty()
    }

    /// What `/readyz` answers.
    fn ready(&self) -> u16 {
        let reply = self.client.get(self.url.replace("/v1", "/readyz")).send().unwrap();
        reply.status().as_u16()
    }
}

/// Waits for what comes by itself.
#[track_caller]
fn eventually(what: impl Fn() -> bool) {
    for _ in 0..600 {
        if what() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("it does not come");
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn on_a_full_disk_changes_are_refused_reads_go_on_and_service_returns_when_there_is_room() {
    // The file system is seen by the service alone, and is gone when it ends.
    let namespace = if is_root() { "-m" } else { "-rm" };
    let mount = "mount -t tmpfs -o size=8m tmpfs data && exec \"$@\"";
    if !Command::new("unshare").args([namespace, "true"]).status().is_ok_and(|status| status.success()) {
        println!("not tried: this system does not let its users mount anything");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let program = program_under(&["unshare", namespace, "sh", "-c", mount, "sh"], folder.path(), &SETTINGS);
    let server = Server::run(program, folder);
    let admin = Admin::of(&server);
    assert_eq!(admin.change().status(), 201);
    let seen = format!("/proc/{}/root{}/data/filler", server.process_id(), server.folder().display());
    let filler = fill(Path::new(&seen));
    let refused = (0..2000).map(|_| admin.change()).find(|reply| reply.status() != 201).unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    let body: Value = refused.json().unwrap();
    assert_eq!(body["message"], "SERVICE UNAVAILABLE");
    assert_eq!(body["description"], "The disk of the server is full. Please inform its administrator.");
    assert!(admin.reads());
    eventually(|| admin.ready() == 503);
    fs::remove_file(filler).unwrap();
    eventually(|| admin.ready() == 200);
    assert_eq!(admin.change().status(), 201);
    assert!(admin.reads());
}

/// Fills a file system to the last byte.
fn fill(path: &Path) -> PathBuf {
    let mut file = fs::File::create(path).unwrap();
    for size in [64 << 10, 4096, 1] {
        while std::io::Write::write_all(&mut file, &vec![0; size]).is_ok() {}
    }
    path.to_owned()
}

#[test]
fn a_folder_turned_read_only_stops_no_running_service_and_is_named_at_the_next_start() {
    if !is_root() {
        println!("not tried: only root can run the service as another user");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // The other user must reach the program and its folder.
    let program = folder.path().join("ocariot-users");
    fs::copy(env!("CARGO_BIN_EXE_ocariot-users"), &program).unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(folder.path(), 0o755);
    let id = NOBODY.to_string();
    let wrapper = [
        "setpriv",
        "--reuid",
        &id,
        "--regid",
        &id,
        "--clear-groups",
        "sh",
        "-c",
        "shift; exec ./ocariot-users \"$@\"",
        "sh",
    ];
    let server = Server::run(program_under(&wrapper, folder.path(), &SETTINGS), folder);
    let admin = Admin::of(&server);
    assert_eq!(admin.change().status(), 201);
    mode(&data, 0o500);
    // Its files are open, and more it does not need.
    assert_eq!(admin.change().status(), 201);
    assert!(admin.reads() && admin.ready() == 200);
    let folder = server.stop();
    let refused = refused_by(program_under(&wrapper, folder.path(), &SETTINGS));
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("data") && words.contains("--data-dir"), "{words}");
    assert_eq!(refused.status.code(), Some(1));
    mode(&data, 0o700);
    let server = Server::run(program_under(&wrapper, folder.path(), &SETTINGS), folder);
    assert!(Admin::of(&server).reads());
}
