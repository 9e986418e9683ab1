//! Files of wearables that are uploaded to the real program: killed in the middle, and on a disk without room.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jiff::civil::date;
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

use crate::binary::{Server, program_under};
use crate::support::{ADMIN, child};
use crate::wearables::made::{life, takeout, zipped};

const SETTINGS: [&str; 5] = ["--plain-http", "--log", "off", "--admin-password", ADMIN.1];

/// An administrator, and a child whose files he brings.
struct Bringing {
    client: Client,
    url: String,
    token: String,
    path: String,
}

impl Bringing {
    fn of(server: &Server, known: Option<&str>) -> (Self, String) {
        let client = Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let body = json!({"username": ADMIN.0, "password": ADMIN.1});
        let reply: Value = client.post(format!("{}/auth", server.url)).json(&body).send().unwrap().json().unwrap();
        let token = reply["access_token"].as_str().unwrap().to_owned();
        let mut bringing = Self { client, url: server.url.clone(), token, path: String::new() };
        let id = known.map_or_else(|| bringing.new_child(), str::to_owned);
        bringing.path = format!("/children/{id}/wearables/uploads/507f191e810c19729de860ea");
        (bringing, id)
    }

    fn new_child(&self) -> String {
        let institution = self.post("/institutions", &json!({"name": "I", "type": "School"}));
        self.post("/children", &child("BR0001", institution["id"].as_str().unwrap()))["id"].as_str().unwrap().to_owned()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token);
        request.json(body).send().unwrap().json().unwrap()
    }

    fn put(&self, bytes: Vec<u8>) -> Response {
        let request = self.client.put(format!("{}{}/files/takeout.zip", self.url, self.path));
        request.bearer_auth(&self.token).body(bytes).send().unwrap()
    }

    fn view(&self) -> Response {
        self.client.get(format!("{}{}", self.url, self.path)).bearer_auth(&self.token).send().unwrap()
    }

    /// What an upload comes to, once nothing is done with it.
    fn settled(&self) -> Value {
        loop {
            let found: Value = self.view().json().unwrap();
            if !["reading", "applying"].contains(&found["stage"].as_str().unwrap()) {
                return found;
            }
        }
    }

    fn planned(&self, bytes: Vec<u8>) -> Value {
        assert_eq!(self.put(bytes).status(), 200);
        let answers = json!({"answers": {"exercise-times": "local", "weight-unit": "kg"}});
        self.post(&format!("{}/plan", self.path), &answers);
        let planned = self.settled();
        assert_eq!(planned["stage"], "planned", "{planned}");
        planned
    }
}

/// How much of a plan there is of each fate.
fn sum(planned: &Value, fate: &str) -> u64 {
    planned["plan"]["counts"].as_array().unwrap().iter().map(|counts| counts[fate].as_u64().unwrap()).sum()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("data")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn an_import_that_was_killed_in_the_middle_leaves_no_file_and_is_gone_on_with() {
    let bytes = zipped(&takeout::fitbit(&life(2, "Europe/Athens", date(2024, 1, 1), 200), "Takeout/Fitbit/", "kg"));
    let server = Server::start(&SETTINGS);
    let (bringing, child) = Bringing::of(&server, None);
    let whole = sum(&bringing.planned(bytes.clone()), "new");
    bringing.post(&format!("{}/apply", bringing.path), &json!({}));
    let folder = server.kill();
    // What lay there without a name is gone with the process; a name that one was given for a moment goes at the start.
    fs::write(folder.path().join("data/reading-1-1"), "half a file").unwrap();
    let server = Server::start_in(folder, &SETTINGS);
    let left = names(server.folder());
    assert!(left.iter().all(|name| !name.starts_with("reading-")), "{left:?}");
    let (bringing, _) = Bringing::of(&server, Some(&child));
    assert_eq!(bringing.view().status(), 404, "the upload is forgotten");
    let rest = bringing.planned(bytes.clone());
    assert_eq!((sum(&rest, "new") + sum(&rest, "equal"), sum(&rest, "changed")), (whole, 0), "{rest}");
    bringing.post(&format!("{}/apply", bringing.path), &json!({}));
    assert_eq!(bringing.settled()["applied"]["created"], sum(&rest, "new"));
    let delete = bringing.client.delete(format!("{}{}", bringing.url, bringing.path)).bearer_auth(&bringing.token);
    assert_eq!(delete.send().unwrap().status(), 204);
    assert_eq!(sum(&bringing.planned(bytes), "equal"), whole);
}

#[test]
fn on_a_disk_that_would_be_full_a_file_is_refused_before_it_comes() {
    // The file system is seen by the service alone, and has less room than is to stay free.
    let namespace = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    if !Command::new("unshare").args([namespace, "true"]).status().is_ok_and(|status| status.success()) {
        println!("not tried: this system does not let its users mount anything");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let mount = "mount -t tmpfs -o size=64m tmpfs data && exec \"$@\"";
    let program = program_under(&["unshare", namespace, "sh", "-c", mount, "sh"], folder.path(), &SETTINGS);
    let server = Server::run(program, folder);
    let (bringing, _) = Bringing::of(&server, None);
    let refused = bringing.put(b"Date,Weight (kg)\n".to_vec());
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    let body: Value = refused.json().unwrap();
    assert_eq!(body["description"], "The disk of the server is full. Please inform its administrator.");
}
