//! `child export`, with the service running and stopped.

use std::fs;
use std::io::{Cursor, Read};
use std::os::unix::fs::PermissionsExt;

use reqwest::blocking::Client;
use serde_json::{Value, json};

use super::Server;
use super::operator::{PLAIN, done, refused, token, verb};

/// More than is sent at once, and than is read at once.
const WEIGHTS: usize = 600;

/// Makes a child with much to tell; returns its id.
fn make(server: &Server) -> String {
    let client = Client::new();
    let post = |path: &str, token: &str, body: Value| {
        let reply = client.post(format!("{}/{path}", server.url)).bearer_auth(token).json(&body).send().unwrap();
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        reply.json::<Value>().unwrap()
    };
    let admin = token(server, "admin", "first");
    let school = post("institutions", &admin, json!({"name": "A", "type": "School"}))["id"].clone();
    let child = json!({"username": "BR0001", "password": "x", "gender": "female", "age": 9, "institution_id": school});
    let child = post("children", &admin, child)["id"].as_str().unwrap().to_owned();
    let weights: Vec<_> = (0..WEIGHTS)
        .map(|n| json!({"timestamp": format!("2019-01-01T{:02}:{:02}:00", n / 60, n % 60), "value": n, "unit": "kg"}))
        .collect();
    post(&format!("children/{child}/weights"), &token(server, "BR0001", "x"), json!(weights));
    child
}

/// The only file of an archive.
fn unpacked(archive: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    assert_eq!(archive.len(), 1);
    let mut document = Vec::new();
    archive.by_name("child.json").unwrap().read_to_end(&mut document).unwrap();
    document
}

/// Without what changes from one time to the next.
fn lasting(text: &[u8]) -> Value {
    let mut document: Value = serde_json::from_slice(text).unwrap();
    assert!(document["exported_at"].take().is_string() && document["audit"].take().is_array());
    document
}

#[test]
fn an_export_is_the_same_from_the_running_service_the_stopped_one_and_the_api() {
    let server = Server::start(PLAIN);
    let id = make(&server);
    let export = |server: &Server, name: &str| verb(server.folder(), &["child", "export", name], "");
    let by_name = export(&server, "BR0001");
    assert!(by_name.status.success(), "{}", String::from_utf8_lossy(&by_name.stderr));
    let expected = lasting(&by_name.stdout);
    assert_eq!(expected["child"]["id"], id.as_str());
    assert_eq!(expected["weights"].as_array().unwrap().len(), WEIGHTS);
    assert!(expected["backups"]["folder"].as_str().unwrap().ends_with("data/backups"));
    assert_eq!(lasting(&export(&server, &id).stdout), expected, "by its id");

    let url = format!("{}/children/{id}/export", server.url);
    let reply = Client::new().get(&url).bearer_auth(token(&server, "admin", "first")).send().unwrap();
    let mut of_api = lasting(&reply.bytes().unwrap());
    assert_eq!(of_api["child"]["last_login"].take(), expected["child"]["last_login"]);
    of_api["child"]["last_login"] = expected["child"]["last_login"].clone();
    assert_eq!(of_api, expected);
    let reply = Client::new()
        .get(url)
        .bearer_auth(token(&server, "admin", "first"))
        .header("Accept", "application/zip, application/json;q=0.5")
        .send()
        .unwrap();
    assert_eq!(reply.headers()["content-type"], "application/zip");
    let archive = reply.bytes().unwrap();
    let document = unpacked(&archive);
    assert!(archive.len() * 5 < document.len(), "{} of {}", archive.len(), document.len());
    let mut of_archive = lasting(&document);
    of_archive["child"]["last_login"] = expected["child"]["last_login"].clone();
    assert_eq!(of_archive, expected);

    let folder = server.stop();
    let stopped = verb(folder.path(), &["child", "export", "BR0001"], "");
    assert_eq!(lasting(&stopped.stdout), expected);
    let audit = verb(folder.path(), &["audit", "list", "--json", "--action", "child_export"], "");
    assert_eq!(String::from_utf8(audit.stdout).unwrap().lines().count(), 5, "each of them is in the audit trail");
}

#[test]
fn an_export_goes_into_a_new_file_of_its_owner_as_a_whole_or_not_at_all() {
    let server = Server::start(PLAIN);
    make(&server);
    let folder = server.folder();
    let made = done(folder, &["child", "export", "BR0001", "--to", "child.json"], "");
    let file = folder.join("child.json");
    assert_eq!(made["file"], fs::canonicalize(&file).unwrap().to_str().unwrap());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let document = fs::read(&file).unwrap();
    assert_eq!(lasting(&document)["weights"].as_array().unwrap().len(), WEIGHTS);

    let packed = folder.join("child.zip");
    done(folder, &["child", "export", "BR0001", "--to", "child.zip"], "");
    assert_eq!(lasting(&unpacked(&fs::read(&packed).unwrap())), lasting(&document));
    fs::remove_file(packed).unwrap();

    refused(folder, &["child", "export", "BR0001", "--to", "child.json"], 1, &["is there already"]);
    refused(folder, &["child", "export", "BR0001", "--to", "nowhere/child.json"], 1, &["cannot be written"]);
    refused(folder, &["child", "export", "BR0002", "--to", "other.json"], 1, &["there is no such user"]);
    refused(folder, &["child", "export", "admin"], 1, &["there is no such user"]);
    assert!(!folder.join("other.json").exists());
    assert_eq!(fs::read(&file).unwrap(), document);
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "no remains beside data and the export: {files:?}");
}
