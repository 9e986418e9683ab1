//! `ocariot-users demo`, with the real binary: what it prints is true, and it leaves nothing behind.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ocariot_users::app::demo;
use reqwest::blocking::Client;
use serde_json::{Value, json};

/// A running demo, ended when dropped.
pub struct Demo {
    process: Child,
    pub base: String,
    pub client: Client,
}

impl Demo {
    /// Starts one with its folder in `parent`, and waits until it has said everything.
    pub fn start(parent: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ocariot-users"))
            .args(["demo", "--port-http", "0", "--log", "error"])
            .env("TMPDIR", parent)
            // So that everything in the document can be tried.
            .env("OCARIOT_EDUCATORS_RESET", "true")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut base = String::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap) {
            if let Some(("API", address)) = line.trim().split_once(char::is_whitespace) {
                base = address.trim().to_owned();
            }
            if line.ends_with(demo::PASSWORD) {
                break;
            }
        }
        assert!(base.starts_with("http://"), "the demo says where it is: {base:?}");
        let client = Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self { process, base, client }
    }

    pub fn login(&self, username: &str) -> String {
        let body = json!({"username": username, "password": demo::PASSWORD});
        let reply = self.client.post(format!("{}/auth", self.base)).json(&body).send().unwrap();
        assert_eq!(reply.status(), 200, "{username} logs in");
        reply.json::<Value>().unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    fn get(&self, token: &str, path: &str) -> Value {
        let reply = self.client.get(format!("{}{path}", self.base)).bearer_auth(token).send().unwrap();
        assert_eq!(reply.status(), 200, "{path}");
        reply.json().unwrap()
    }

    /// Ends the demo with a signal, and says whether it ended well.
    fn end(&mut self, signal: rustix::process::Signal) -> bool {
        let id = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(id, signal).unwrap();
        self.process.wait().unwrap().success()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn demo_serves_its_fixed_school_to_somebody_of_each_type() {
    let parent = tempfile::tempdir().unwrap();
    let demo = Demo::start(parent.path());
    let subject = |username: &str| {
        let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(demo.login(username)).unwrap().claims;
        claims["sub"].as_str().unwrap().to_owned()
    };
    let subjects: Vec<String> = demo::LOGINS.iter().map(|(_, username)| subject(username)).collect();
    let expected =
        [demo::ADMIN, demo::EDUCATOR, demo::HEALTH_PROFESSIONAL, demo::FAMILY, demo::CHILD, demo::APPLICATION];
    assert_eq!(subjects, expected);

    let admin = demo.login("admin");
    let children = demo.get(&admin, "/children?sort=username&limit=1000");
    assert_eq!(children.as_array().unwrap().len(), demo::CHILDREN);
    assert_eq!((&children[0]["username"], &children[299]["username"]), (&json!("BR0001"), &json!("BR0300")));
    assert_eq!(children[0]["institution_id"], demo::INSTITUTION);
    assert_eq!(demo.get(&admin, &format!("/children/nfc/{}", demo::TAG))["id"], demo::CHILD);
    let family = demo.get(&admin, &format!("/families/{}", demo::FAMILY));
    assert_eq!(family["children"][0]["id"], demo::CHILD);
    assert_eq!(family["children"].as_array().unwrap().len(), 2);
    demo.get(&admin, &format!("/institutions/{}", demo::INSTITUTION));
    for (username, owner, group, members) in [
        ("educator01", format!("educators/{}", demo::EDUCATOR), demo::EDUCATOR_GROUP, 25),
        (
            "health01",
            format!("healthprofessionals/{}", demo::HEALTH_PROFESSIONAL),
            demo::HEALTH_PROFESSIONAL_GROUP,
            100,
        ),
    ] {
        let found = demo.get(&demo.login(username), &format!("/{owner}/children/groups/{group}"));
        assert_eq!(found["children"].as_array().unwrap().len(), members);
    }
}

#[test]
fn demo_forgets_everything_on_ctrl_c_and_on_a_request_to_end() {
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let parent = tempfile::tempdir().unwrap();
        let mut demo = Demo::start(parent.path());
        assert_eq!(folders(parent.path()).len(), 1);
        demo.login("admin");
        assert!(demo.end(signal));
        assert_eq!(folders(parent.path()), [] as [PathBuf; 0]);
    }
}

#[test]
fn demo_removes_what_a_killed_one_left_and_nothing_in_use() {
    let parent = tempfile::tempdir().unwrap();
    let mut killed = Demo::start(parent.path());
    let left = folders(parent.path());
    assert!(!killed.end(rustix::process::Signal::KILL));
    assert_eq!(folders(parent.path()), left);
    let running = Demo::start(parent.path());
    let in_use = folders(parent.path());
    assert_eq!(in_use.len(), 1);
    assert_ne!(in_use, left);
    let _second = Demo::start(parent.path());
    assert_eq!(folders(parent.path()).len(), 2);
    running.login("admin");
}

#[test]
fn demo_refuses_a_data_folder_and_makes_none() {
    let parent = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ocariot-users"))
        .args(["demo", "--data-dir", "kept"])
        .current_dir(parent.path())
        .env("TMPDIR", parent.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("leave out --data-dir"));
    assert_eq!(folders(parent.path()), [] as [PathBuf; 0]);
}

#[test]
fn demo_warns_of_public_passwords_on_the_network_and_of_settings_that_it_does_not_use() {
    let parent = tempfile::tempdir().unwrap();
    let kept = parent.path().join("kept");
    let mut process = Command::new(env!("CARGO_BIN_EXE_ocariot-users"))
        .args(["demo", "--port-http", "0", "--port-https", "0", "--bind", "0.0.0.0"])
        .env("TMPDIR", parent.path())
        .env("OCARIOT_DATA_DIR", &kept)
        .env("OCARIOT_PLAIN_HTTP", "false")
        .env("ADMIN_PASSWORD", "a secret")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let notice: Vec<_> = lines.take_while(|line| !line.ends_with(demo::PASSWORD)).collect();
    assert!(
        notice.iter().any(|line| line.contains("API") && line.contains("https://")),
        "a variable counts: {notice:?}"
    );
    process.kill().unwrap();
    let warnings = String::from_utf8(process.wait_with_output().unwrap().stderr).unwrap();
    for words in ["0.0.0.0", "passwords are public", "--data-dir (environment, OCARIOT_DATA_DIR)", "--admin-password"] {
        assert!(warnings.contains(words), "{words} in {warnings}");
    }
    assert!(!warnings.contains("secret") && !kept.exists(), "{warnings}");
}
