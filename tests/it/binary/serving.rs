//! The real program at work: settings that reach it, the redirect, and the stop.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use reqwest::blocking::Client;
use serde_json::json;

use super::{PATIENCE, Server, program};

/// The host and port of an address.
fn authority(url: &str) -> &str {
    url.split("//").nth(1).unwrap().split('/').next().unwrap()
}

#[test]
fn a_request_in_work_is_answered_after_the_stop_was_asked_for() {
    let server = Server::start(&["--plain-http", "--admin-password", "secret"]);
    let address = authority(&server.url).to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let body = r#"{"username":"admin","password":"secret"}"#;
    let length = body.len();
    write!(stream, "POST /v1/auth HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n")
        .unwrap();
    let mut answer = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 100"), "the service waits for the body: {line}");
    server.terminate();
    while TcpStream::connect(&address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(body.as_bytes()).unwrap();
    let mut text = String::new();
    answer.read_to_string(&mut text).unwrap();
    assert!(text.contains("HTTP/1.1 200 OK") && text.contains("access_token"), "{text}");
    server.ended();
}

#[test]
fn requests_to_the_http_port_are_redirected_to_https_with_308() {
    let server = Server::start(&[]);
    let line = server.notice.lines().find_map(|line| line.strip_prefix("  Redirect ")).unwrap();
    let from = line.split_whitespace().next().unwrap().to_owned();
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build().unwrap();
    let reply = client.post(format!("{from}/v1/children?sort=-age")).body("{}").send().unwrap();
    assert_eq!(reply.status(), 308);
    let to = reply.headers()["location"].to_str().unwrap();
    assert_eq!(to, format!("{}/children?sort=-age", server.url));
}

#[test]
fn the_first_admin_has_the_name_and_the_password_that_were_given() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "from a file\n").unwrap();
    let mut command = program(folder.path(), &["--plain-http", "--admin-username", "head"]);
    command.env("OCARIOT_ADMIN_PASSWORD_FILE", "secret");
    let server = Server::run(command, folder);
    assert!(!server.notice.contains("from a file"), "{}", server.notice);
    assert!(!server.folder().join("data/initial-admin-password").exists());
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let login = json!({"username": "head", "password": "from a file"});
    let reply = client.post(format!("{}/auth", server.url)).json(&login).send().unwrap();
    assert_eq!(reply.status(), 200);
}

#[test]
fn after_a_stop_the_database_is_one_whole_file() {
    let folder = Server::start(&[]).stop();
    let names = fs::read_dir(folder.path().join("data")).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with("ocariot.db")).collect();
    assert_eq!(names, ["ocariot.db"]);
}
