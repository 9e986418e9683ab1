//! The service is killed while a file of a wearable is stored: the same import adds the rest, as if nobody had killed it.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::{Value, json};

use super::extent;
use super::power_cut::is_sound;
use crate::binary::{Server, ocariot};
use crate::support::ADMIN;
use crate::wearables::made::{gadgetbridge, life};

const SETTINGS: [&str; 5] = ["--plain-http", "--log", "error", "--admin-password", ADMIN.1];
const CHILDREN: [&str; 2] = ["BR0001", "BR0002"];

fn storing(folder: &Path, child: &str) -> Child {
    let words = ["import-health", "band.db", "--child", child, "--zone", "Europe/Athens", "--apply", "--json"];
    ocariot(folder, &words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// What the verb said, if it succeeded.
fn said(verb: Child) -> Option<Value> {
    let output = verb.wait_with_output().unwrap();
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

/// All that is tracked of a child, without ids.
fn stored(server: &Server, token: &str, child: &str) -> Vec<String> {
    let export =
        Client::new().get(format!("{}/children/{child}/export", server.url)).bearer_auth(token).send().unwrap();
    let mut export = export.json::<Value>().unwrap();
    let mut all = Vec::new();
    for kind in ["logs", "physicalactivities", "sleep", "weights", "bodyfats"] {
        for item in export[kind].as_array_mut().unwrap() {
            item.as_object_mut().unwrap().retain(|name, _| !["id", "child_id"].contains(&name.as_str()));
            all.push(format!("{kind} {item}"));
        }
    }
    all.sort_unstable();
    all
}

/// How many things were stored by imports.
fn imported(server: &Server) -> u64 {
    let database = rusqlite::Connection::open(server.folder().join("data/ocariot.db")).unwrap();
    database.query_row("SELECT count(*) FROM wearable_row", [], |row| row.get(0)).unwrap()
}

#[test]
fn an_import_of_a_wearables_file_that_is_killed_is_completed_by_the_next_one_and_taken_back_whole() {
    let kills = extent("DURABILITY_WEARABLES", 4);
    let mut random = fastrand::Rng::with_seed(9);
    let mut server = Server::start(&SETTINGS);
    let token = super::kill::token(&server.url);
    let make = |path: &str, body: Value| {
        let reply = Client::new().post(format!("{}/{path}", server.url)).bearer_auth(&token).json(&body).send();
        reply.unwrap().json::<Value>().unwrap()["id"].as_str().unwrap().to_owned()
    };
    let institution = make("institutions", json!({"name": "School", "type": "School"}));
    let [killed, spared] = CHILDREN.map(|name| make("children", crate::support::child(name, &institution)));
    let life = life(4, "Europe/Athens", jiff::civil::date(2025, 1, 1), 500);
    fs::write(server.folder().join("band.db"), gadgetbridge::bytes(&life)).unwrap();
    assert!(said(storing(server.folder(), CHILDREN[1])).is_some());
    let whole = stored(&server, &token, &spared);
    assert!(whole.len() > 500, "{} things", whole.len());
    let mut parts = vec![0];
    for _ in 0..kills {
        let mut verb = storing(server.folder(), CHILDREN[0]);
        // Some of it is there, and more of it to come.
        let enough = imported(&server) + random.u64(1..100);
        while imported(&server) < enough && verb.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        let folder = server.kill();
        let done = said(verb).is_some();
        server = Server::start_in(folder, &SETTINGS);
        is_sound(&rusqlite::Connection::open(server.folder().join("data/ocariot.db")).unwrap());
        let there = stored(&server, &token, &killed);
        assert!(there.iter().all(|item| whole.binary_search(item).is_ok()), "nothing else is stored");
        assert!(there.len() >= parts[parts.len() - 1] && (!done || there.len() == whole.len()), "nothing is lost");
        parts.push(there.len());
    }
    assert!(parts.iter().any(|count| (1..whole.len()).contains(count)), "{parts:?} of {}", whole.len());
    println!("kills: {kills}, stored after each: {:?} of {}", &parts[1..], whole.len());
    assert!(said(storing(server.folder(), CHILDREN[0])).is_some());
    assert_eq!(stored(&server, &token, &killed), whole);
    let folder = server.folder();
    let done = |words: &[&str]| said(ocariot(folder, words).stdout(Stdio::piped()).spawn().unwrap()).unwrap();
    let imports = done(&["import", "list", "--json"]);
    for import in imports["imports"].as_array().unwrap() {
        done(&["import", "undo", &import["import"].to_string(), "--json"]);
    }
    for child in [&killed, &spared] {
        assert_eq!(stored(&server, &token, child), Vec::<String>::new());
    }
}
