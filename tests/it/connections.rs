//! Clients that send too much, too slowly or too little, or do not listen: over raw sockets, to the real program.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::binary::Server;

/// Longer than any deadline here; only a hanging service reaches it.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than the buffers of two sockets hold, and far less than the bodies that are announced.
const BUFFERS: usize = 64 << 20;

/// A service that waits for nothing longer than a second.
fn server() -> Server {
    Server::start(&[
        "--plain-http",
        "--header-timeout=1s",
        "--idle-timeout=1s",
        "--body-timeout=1s",
        "--write-timeout=1s",
        "--body-limit=1 KiB",
    ])
}

fn connect(server: &Server) -> TcpStream {
    let address = server.url.strip_prefix("http://").unwrap().strip_suffix("/v1").unwrap();
    let connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection.set_write_timeout(Some(PATIENCE)).unwrap();
    connection
}

/// Everything until the service closes the connection, in whatever way.
fn rest(mut connection: TcpStream) -> String {
    let (mut bytes, mut part) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        match connection.read(&mut part) {
            Ok(0) => break,
            Ok(length) => bytes.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the connection is not closed: {error}"),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The next answer, of those that say how long they are.
fn answer(connection: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error} after {bytes:?}"));
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    connection.read_exact(&mut body).unwrap();
    head + std::str::from_utf8(&body).unwrap()
}

/// Sends a head and then its body until the service will have no more. Says how much it took.
fn flood(connection: &mut TcpStream, head: &str, part: &[u8]) -> usize {
    connection.write_all(head.as_bytes()).unwrap();
    let mut sent = 0;
    while sent < BUFFERS {
        match connection.write(part) {
            Ok(length) => sent += length,
            Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => return sent,
            Err(error) => panic!("the service neither reads nor closes: {error}"),
        }
    }
    sent
}

#[track_caller]
fn answered_once(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
}

#[test]
fn a_body_that_nobody_wants_is_not_read_and_its_sender_is_answered() {
    let server = server();
    for (path, status) in [("/v1/children", 401), ("/v1/auth", 413), ("/v1/nowhere", 404)] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n");
        let mut connection = connect(&server);
        assert!(flood(&mut connection, &head, &[b' '; 8192]) < BUFFERS, "{path}");
        answered_once(&rest(connection), status);
    }
}

#[test]
fn a_chunked_body_without_end_is_read_up_to_the_limit() {
    let server = server();
    let head = "POST /v1/auth HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
    let mut connection = connect(&server);
    assert!(flood(&mut connection, head, &chunk) < BUFFERS);
    answered_once(&rest(connection), 413);
}

#[test]
fn a_head_that_is_not_completed_and_a_connection_that_idles_are_closed() {
    let server = server();
    for begun in ["", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
        let mut connection = connect(&server);
        connection.write_all(begun.as_bytes()).unwrap();
        let answer = rest(connection);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    let mut connection = connect(&server);
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    answered_once(&rest(connection), 200);
}

#[test]
fn a_body_that_stalls_is_answered_408_and_closed() {
    let server = server();
    let mut connection = connect(&server);
    connection.write_all(b"POST /v1/auth HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{").unwrap();
    let answer = rest(connection);
    answered_once(&answer, 408);
    assert!(answer.contains("The request was not complete within 1 seconds."), "{answer}");
}

#[test]
fn too_many_headers_and_too_long_ones_are_answered_431_and_closed() {
    let server = server();
    let many = "X-A: 1\r\n".repeat(101);
    let long = format!("X-A: {}\r\n", "a".repeat(20 << 10));
    for headers in [many, long] {
        let mut connection = connect(&server);
        let _ = connection.write_all(format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{headers}\r\n").as_bytes());
        answered_once(&rest(connection), 431);
    }
}

#[test]
fn a_client_that_does_not_take_its_answers_is_cut_off() {
    const REQUESTS: usize = 500;
    let server = server();
    let request = "GET /v1/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut whole = connect(&server);
    whole.write_all(request.as_bytes()).unwrap();
    let length = rest(whole).len();
    let mut connection = connect(&server);
    connection.write_all(request.repeat(REQUESTS).as_bytes()).unwrap();
    // Longer than the deadline for taking a part of an answer.
    std::thread::sleep(Duration::from_secs(4));
    let taken = rest(connection).len();
    assert!(taken < length * REQUESTS, "{taken} of {REQUESTS} answers of {length} bytes");
}

#[test]
fn json_as_deep_as_a_body_can_be_is_no_json() {
    let server = server();
    for open in ["[", "{\"username\":", "{\"username\":["] {
        let body = open.repeat(1024 / open.len());
        let mut connection = connect(&server);
        let length = body.len();
        let head =
            format!("POST /v1/auth HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        connection.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let answer = rest(connection);
        answered_once(&answer, 400);
        assert!(answer.contains("Unable to process request body!"), "{answer}");
    }
}

#[test]
fn a_client_that_sends_all_of_a_too_large_body_first_can_read_the_answer() {
    let body = vec![b' '; 1 << 20];
    let server = server();
    for (path, status) in [("/v1/auth", 413), ("/v1/children", 401)] {
        let mut connection = connect(&server);
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
        connection.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answered_once(&answer, status);
    }
}

#[test]
fn clients_of_the_usual_kind_read_that_a_body_is_too_large() {
    for arguments in [&["--plain-http", "--body-limit=1 KiB"] as &[&str], &["--body-limit=1 KiB"]] {
        let server = Server::start(arguments);
        let client = reqwest::blocking::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
        for _ in 0..20 {
            let request = client.post(format!("{}/auth", server.url)).header("content-type", "application/json");
            let reply = request.body(vec![b' '; 1 << 20]).send().unwrap();
            assert_eq!(reply.status().as_u16(), 413);
            assert!(reply.text().unwrap().contains("The request body must not exceed 1024 bytes."));
        }
    }
}

#[test]
fn a_connection_may_idle_for_longer_than_a_head_may_take() {
    for arguments in [&["--plain-http", "--header-timeout=1s"] as &[&str], &["--header-timeout=1s"]] {
        let server = Server::start(arguments);
        let client = reqwest::blocking::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
        let ask = || client.get(format!("{}/openapi.json", server.url)).send().unwrap();
        let first = ask();
        let from = first.remote_addr();
        first.bytes().unwrap();
        std::thread::sleep(Duration::from_millis(2500));
        let second = ask();
        assert_eq!((second.status().as_u16(), second.remote_addr()), (200, from));
    }
    let server = Server::start(&["--plain-http", "--header-timeout=1s"]);
    let mut connection = connect(&server);
    for _ in 0..2 {
        connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        answered_once(&answer(&mut connection), 200);
        std::thread::sleep(Duration::from_millis(2500));
    }
    // A head that has begun has no longer than any.
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ").unwrap();
    assert_eq!(rest(connection), "");
}

#[test]
fn a_refusal_while_a_small_body_is_on_its_way_loses_neither_the_answer_nor_the_connection() {
    let server = Server::start(&["--plain-http"]);
    let mut connection = connect(&server);
    for (method, path, status) in [
        ("POST", "/v1/children", 401),
        ("POST", "/v1/nowhere", 404),
        ("DELETE", "/v1/auth", 405),
        ("GET", "/healthz", 200),
        ("GET", "/v1/openapi.json", 200),
    ] {
        for length in [1, 20_000, 64 << 10] {
            let head = format!("{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
            connection.write_all(head.as_bytes()).unwrap();
            let refused = answer(&mut connection);
            answered_once(&refused, status);
            assert!(!refused.contains("connection: close"), "{refused}");
            for part in vec![b' '; length].chunks(1000) {
                connection.write_all(part).unwrap();
            }
        }
    }
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    answered_once(&answer(&mut connection), 200);
}

#[test]
fn a_refusal_before_a_long_body_says_that_the_connection_ends_and_is_not_taken_from_its_reader() {
    let server = Server::start(&["--plain-http"]);
    for length in ["Content-Length: 200000", "Transfer-Encoding: chunked", "Content-Length: 9\r\nExpect: 100-continue"]
    {
        for (path, status) in [("/v1/children", 401), ("/v1/nowhere", 404)] {
            let mut connection = connect(&server);
            let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\n{length}\r\n\r\n");
            connection.write_all(head.as_bytes()).unwrap();
            // Before the answer is read, all is sent that was on its way.
            std::thread::sleep(Duration::from_millis(50));
            connection.write_all(&[b'a'; 100_000]).unwrap();
            connection.write_all(&[b'a'; 100_000]).unwrap();
            let refused = answer(&mut connection);
            answered_once(&refused, status);
            assert!(refused.contains("connection: close"), "{refused}");
            assert!(!refused.contains("100 Continue"), "{refused}");
            let mut end = Vec::new();
            connection.read_to_end(&mut end).unwrap();
            assert!(end.is_empty());
        }
    }
}

#[test]
fn a_body_that_nobody_wants_and_that_does_not_come_is_not_waited_for_long() {
    let server = server();
    let mut connection = connect(&server);
    connection.write_all(b"POST /v1/children HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n").unwrap();
    answered_once(&rest(connection), 401);
}

#[test]
fn a_client_that_sends_all_of_a_too_long_head_first_can_read_the_answer() {
    let server = server();
    for _ in 0..20 {
        let mut connection = connect(&server);
        let head = format!("GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: {}\r\n\r\n", "a".repeat(200 << 10));
        connection.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answered_once(&answer, 431);
    }
}
