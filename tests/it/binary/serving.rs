//! The real program at work: settings that reach it, the redirect, and the stop.

#![expect(clippy::print_stdout, reason = "who runs the tests should know what was not tried")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

use reqwest::blocking::Client;
use serde_json::json;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{PATIENCE, Server, program};

/// The host and port of an address.
fn authority(url: &str) -> &str {
    url.split("//").nth(1).unwrap().split('/').next().unwrap()
}

#[test]
fn a_crash_leaves_no_dump_of_the_memory_whatever_the_limit() {
    let dumps = |program: Command| {
        let mut process = program_in_shell(program).spawn().unwrap();
        process.wait().unwrap().core_dumped()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut crash = Command::new("sh");
    crash.args(["-c", "kill -ABRT $$"]).current_dir(folder.path());
    if !dumps(crash) {
        println!("not tried: this machine lets no process leave a dump");
        return;
    }
    let path = folder.path().to_owned();
    let server = Server::run(program_in_shell(program(&path, &["--plain-http"])), folder);
    server.signal(rustix::process::Signal::ABORT);
    assert!(!server.crashed().core_dumped());
}

/// The same program, with no limit of what a dump may hold.
fn program_in_shell(program: Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"ulimit -c unlimited; exec "$0" "$@""#]).arg(program.get_program()).args(program.get_args());
    if let Some(folder) = program.get_current_dir() {
        shell.current_dir(folder);
    }
    for (name, value) in program.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        shell.env(name, value);
    }
    shell.stdout(Stdio::piped());
    shell
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
    for (name, value) in [("x-content-type-options", "nosniff"), ("x-frame-options", "SAMEORIGIN")] {
        assert_eq!(reply.headers()[name], value);
    }
    assert_eq!(reply.headers()["cache-control"], "no-store");
}

#[test]
fn plain_http_at_the_port_of_https_is_answered_with_one_sentence() {
    let server = Server::start(&[]);
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let url = server.url.replace("https://", "http://");
    for body in ["{}".to_owned(), "x".repeat(1 << 20)] {
        let reply = client.post(format!("{url}/auth")).body(body).send().unwrap();
        assert_eq!((reply.status().as_u16(), reply.headers()["connection"].to_str().unwrap()), (400, "close"));
        assert_eq!(reply.text().unwrap(), "This port speaks HTTPS: write https:// in place of http://.\n");
    }
    let reply = crate::tls::client().build().unwrap().get(crate::tls::healthz(&server)).send().unwrap();
    assert_eq!(reply.status(), 200, "TLS is spoken there as before");
}

#[test]
fn a_trusted_proxy_that_does_not_say_whom_it_asks_for_is_warned_of_once() {
    let server = Server::start(&["--plain-http", "--trusted-proxies", "127.0.0.1"]);
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let ask = |path: &str, forwarded: Option<&str>| {
        let mut request = client.get(format!("{}{path}", server.url.strip_suffix("/v1").unwrap()));
        if let Some(forwarded) = forwarded {
            request = request.header("X-Forwarded-For", forwarded);
        }
        request.send().unwrap();
    };
    let warned = || server.output().matches("asked without X-Forwarded-For").count();
    ask("/healthz", None);
    ask("/v1/children", Some("192.0.2.7"));
    assert_eq!(warned(), 0, "{}", server.output());
    ask("/v1/children", None);
    ask("/v1/children", None);
    // The log is written in its order.
    while server.output().matches("/v1/children").count() < 3 {
        std::thread::yield_now();
    }
    assert_eq!(warned(), 1, "{}", server.output());
    assert!(server.output().contains("127.0.0.1"));
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

/// A connection over TLS that is kept open.
type Kept = StreamOwned<ClientConnection, TcpStream>;

fn connect(server: &Server) -> Kept {
    let own = CertificateDer::from_pem_file(server.folder().join("data/tls.crt")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(own).unwrap();
    let provider = Arc::new(default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let stream = TcpStream::connect(authority(&server.url)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    StreamOwned::new(ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap(), stream)
}

/// Reads to the end of a head.
fn head(stream: &mut Kept) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

/// All that comes until the other side closes, which it must do as TLS wants it, or what came may be cut off.
fn rest(stream: &mut Kept) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// A request to log in whose head has arrived, and whose body the service waits for.
fn begun(server: &Server, body: &str) -> Kept {
    let mut stream = connect(server);
    let length = body.len();
    write!(stream, "POST /v1/auth HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n")
        .unwrap();
    assert!(head(&mut stream).starts_with("HTTP/1.1 100"));
    stream
}

#[test]
fn a_stop_answers_whole_what_is_in_work_over_tls_and_closes_connections_that_idle() {
    let server = Server::start(&["--admin-password", "secret"]);
    let mut idle: Vec<_> = (0..16).map(|_| connect(&server)).collect();
    for stream in &mut idle {
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let head = head(stream);
        assert!(head.starts_with("HTTP/1.1 200") && !head.to_lowercase().contains("connection: close"), "{head}");
        let length =
            head.to_lowercase().split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        stream.read_exact(&mut vec![0; length]).unwrap();
    }
    let right = r#"{"username":"admin","password":"secret"}"#;
    let wrong = r#"{"username":"admin","password":"secreT"}"#;
    let bodies: Vec<_> = std::iter::once(right).chain(std::iter::repeat_n(wrong, 15)).collect();
    let mut in_work: Vec<_> = bodies.iter().map(|body| begun(&server, body)).collect();

    server.terminate();
    while TcpStream::connect(authority(&server.url)).is_ok() {
        std::thread::yield_now();
    }
    for stream in &mut idle {
        assert_eq!(rest(stream), "", "an idle connection is closed, and nothing is said on it");
    }
    for (stream, body) in in_work.iter_mut().zip(&bodies) {
        stream.write_all(body.as_bytes()).unwrap();
    }
    for (stream, body) in in_work.iter_mut().zip(&bodies) {
        let text = rest(stream);
        let (head, content) = text.split_once("\r\n\r\n").unwrap();
        let expected = if *body == right { "HTTP/1.1 200" } else { "HTTP/1.1 401" };
        assert!(head.starts_with(expected), "{text}");
        let length = format!("content-length: {}", content.len());
        assert!(head.to_lowercase().contains(&length), "it is whole: {text}");
    }
    server.ended();
}

#[test]
fn a_request_that_does_not_end_does_not_keep_the_service_from_stopping() {
    let server = Server::start(&["--shutdown-grace", "1s", "--body-timeout", "1h"]);
    let mut stuck = begun(&server, "{}");
    server.terminate();
    server.ended();
    assert_eq!(stuck.sock.read(&mut [0; 64]).unwrap_or(0), 0, "it was cut off");
}

#[test]
fn a_long_answer_that_nobody_takes_to_its_end_leaves_no_error_in_the_log() {
    let server = Server::start(&["--plain-http", "--admin-password", "secret", "--rate-limit", "off"]);
    let client = Client::new();
    let post = |path: &str, token: &str, body: serde_json::Value| -> serde_json::Value {
        let reply = client.post(format!("{}{path}", server.url)).bearer_auth(token).json(&body).send().unwrap();
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        reply.json().unwrap()
    };
    let log_in = |username: &str, password: &str| {
        let reply = post("/auth", "", json!({"username": username, "password": password}));
        reply["access_token"].as_str().unwrap().to_owned()
    };
    let admin = log_in("admin", "secret");
    let school = post("/institutions", &admin, json!({"name": "School", "type": "School"}));
    let school = school["id"].as_str().unwrap();
    let child = post("/children", &admin, crate::support::child("BR0001", school))["id"].as_str().unwrap().to_owned();
    post("/applications", &admin, crate::support::user("applications", "scales", school, &[]));
    let token = &log_in("scales", crate::support::PASSWORD);
    let day = |number: usize| format!("{:04}-{:02}-01T08:00:00", 2000 + number / 12, 1 + number % 12);
    let weights: Vec<_> = (0..1000).map(|at| json!({"timestamp": day(at), "value": at, "unit": "kg"})).collect();
    post(&format!("/children/{child}/weights"), token, json!(weights));
    let list = format!("{}/children/{child}/weights?limit=1000", server.url);
    for _ in 0..30 {
        // hyper drops the body of an answer to HEAD.
        assert_eq!(client.head(&list).bearer_auth(token).send().unwrap().status(), 200);
    }
    let log = server.output();
    assert!(!log.contains("ERROR") && !log.contains("cut off"), "{log}");
}
