//! README's page for operators: all its commands are run, in their order, as they stand. Only the disk has another name.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::binary::{Server, ocariot};
use super::readme::{blocks, readme};

/// The commands for somebody who copied the program. Those with `sudo` are for the package: `packaging/installed` runs them.
fn commands() -> Vec<String> {
    blocks("Operations").into_iter().filter(|block| !block.contains("sudo ")).collect()
}

/// The folder of somebody who follows the page, the disk for backups, and what the commands said.
struct Operator {
    folder: TempDir,
    disk: TempDir,
    server: Option<Server>,
    said: String,
}

impl Operator {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = tempfile::tempdir().unwrap();
        for place in [folder.path(), disk.path()] {
            fs::copy(env!("CARGO_BIN_EXE_ocariot-users"), place.join("ocariot-users")).unwrap();
        }
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(folder.path().join("school.crt"), pair.cert.pem()).unwrap();
        fs::write(folder.path().join("school.key"), pair.signing_key.serialize_pem()).unwrap();
        fs::set_permissions(folder.path().join("school.key"), fs::Permissions::from_mode(0o600)).unwrap();
        Self { folder, disk, server: None, said: String::new() }
    }

    fn shell(&self, block: &str) -> Command {
        let script = block.replace("/media/usb", self.disk.path().to_str().unwrap());
        let mut command = Command::new("bash");
        command.args(["-euc", &script]).current_dir(self.folder.path()).env_clear().env("PATH", "/usr/bin:/bin");
        command.stdin(Stdio::null());
        command
    }

    /// Presses Ctrl-C.
    fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.signal(Signal::INT);
            drop(server.ended());
        }
    }

    /// Starts the service as the block says, on ports that are free.
    fn start(&mut self, block: &str) {
        self.stop();
        let mut command = self.shell(block);
        command.env("OCARIOT_PORT_HTTPS", "0").env("OCARIOT_PORT_HTTP", "0");
        self.server = Some(Server::run(command, tempfile::tempdir().unwrap()));
    }

    /// Runs a block; everything in it must go well.
    fn run(&mut self, block: &str) {
        let output = self.shell(block).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{block}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
        self.said.push_str(&text);
    }

    fn users(&self) -> String {
        let output = ocariot(self.folder.path(), &["user", "list", "--json"]).output().unwrap();
        let object: Value = serde_json::from_slice(&output.stdout).unwrap();
        object["users"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| format!("{} ", user["username"].as_str().unwrap()))
            .collect()
    }

    /// Registers a child, as an administrator does.
    fn make_child(&self, name: &str) {
        let made = ocariot(self.folder.path(), &["admin", "create", "registrar", "--json"]).output().unwrap();
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        let url = &self.server.as_ref().unwrap().url;
        let client = reqwest::blocking::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
        let post = |path: &str, token: &str, body: Value| {
            let reply = client.post(format!("{url}/{path}")).bearer_auth(token).json(&body).send().unwrap();
            assert!(reply.status().is_success(), "{path}: {}", reply.status());
            reply.json::<Value>().unwrap()
        };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let login = json!({"username": "registrar", "password": made["created"]["password"]});
        let token = text(&post("auth", "", login)["access_token"]);
        let school = post("institutions", &token, json!({"name": "A", "type": "School"}))["id"].clone();
        let child = json!({"username": name, "password": "x", "gender": "male", "age": 9, "institution_id": school});
        post("children", &token, child);
    }

    fn make(&mut self, name: &str) {
        self.run(&format!("./ocariot-users admin create {name}"));
    }
}

#[test]
fn every_command_of_the_page_for_operators_goes_well_in_its_order() {
    let mut operator = Operator::new();
    let blocks = commands();
    for block in &blocks {
        match block {
            start if start.starts_with("./ocariot-users --bind") => operator.start(start),
            back if back.contains("--undo") => {
                operator.stop();
                operator.run(back);
                assert_eq!(operator.users(), "admin head late ", "and is back");
            }
            restore if restore.contains("./ocariot-users restore") => {
                operator.make("late");
                operator.stop();
                operator.run(restore);
                assert_eq!(operator.users(), "admin head ", "what came after the backup is gone");
            }
            upgrade if upgrade.contains("--version") => {
                operator.stop();
                operator.run(upgrade);
                operator.start(&blocks[0]);
            }
            old if old.contains("--old-secret-file") => {
                let mut other = Operator::new();
                let dump = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dumps/dump.archive.gz");
                fs::copy(dump, other.folder.path().join("dump.archive.gz")).unwrap();
                other.start(&blocks[0]);
                other.run(&old.replace("the old ENCRYPT_SECRET_KEY", "s3cr3tk3y"));
                assert!(other.users().contains("BR0001 ") && other.said.contains("12 made"), "{}", other.said);
            }
            export if export.contains("child export") => {
                operator.make_child("BR0001");
                operator.run(export);
                let file = fs::read(operator.folder.path().join("child.json")).unwrap();
                let told: Value = serde_json::from_slice(&file).unwrap();
                assert_eq!(told["child"]["username"], "BR0001");
            }
            other => operator.run(other),
        }
    }
    let said = operator.said.replace('\n', " ");
    for words in [
        "Made admin head",
        "Set another password for admin head",
        "Unlocked admin head",
        "Made the backup",
        "is whole",
        "The drill went well",
        "Nothing was changed. Restoring",
        "Everything goes back to",
        concat!("ocariot-users ", env!("CARGO_PKG_VERSION")),
        "ok      backup",
        "ok      service",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert!(!said.contains("WRONG"), "{said}");
    let starts = blocks.iter().filter(|block| block.starts_with("./ocariot-users --bind")).count();
    assert!(blocks.len() >= 10 && starts == 3, "the page is all there");
}

/// Verbs and flags that the text names in passing.
#[test]
fn every_verb_that_readme_names_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = readme().split("```").step_by(2).collect();
    let mut seen = 0;
    for named in text.split('`').skip(1).step_by(2).map(|code| code.trim_start_matches("./")) {
        let Some(words) = named.strip_prefix("ocariot-users ") else { continue };
        let words: Vec<_> = words.split(" | ").next().unwrap().split_whitespace().chain(["--help"]).collect();
        let output = ocariot(folder.path(), &words).output().unwrap();
        assert!(output.status.success(), "{named}: {output:?}");
        seen += 1;
    }
    assert!(seen >= 5, "they are found");
}
