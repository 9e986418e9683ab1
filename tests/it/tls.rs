//! TLS of the real program: its versions, and certificates that are replaced while it runs.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, ClientBuilder};
use reqwest::tls::{TlsInfo, Version};

use crate::binary::Server;

/// Longer than a certificate takes to be taken up; only a hanging service reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client that makes a connection for each request, and takes any certificate.
pub fn client() -> ClientBuilder {
    Client::builder().danger_accept_invalid_certs(true).pool_max_idle_per_host(0).tls_info(true).timeout(PATIENCE)
}

/// Makes a pair, and returns its certificate (DER).
fn make_pair(folder: &Path) -> Vec<u8> {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    replace(&folder.join("own.key"), &pair.signing_key.serialize_pem());
    replace(&folder.join("own.crt"), &pair.cert.pem());
    pair.cert.der().to_vec()
}

fn replace(path: &Path, content: &str) {
    let new = path.with_extension("new");
    fs::write(&new, content).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(new, path).unwrap();
}

/// A server with a pair of the operator's, and that certificate.
fn with_pair() -> (Server, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let certificate = make_pair(folder.path());
    (Server::start_in(folder, &["--tls-cert", "own.crt", "--tls-key", "own.key"]), certificate)
}

/// The certificate that a new connection is shown.
fn shown(server: &Server) -> Vec<u8> {
    let reply = client().build().unwrap().get(healthz(server)).send().unwrap();
    assert_eq!(reply.status(), 200);
    reply.extensions().get::<TlsInfo>().unwrap().peer_certificate().unwrap().to_vec()
}

pub fn healthz(server: &Server) -> String {
    server.url.replace("/v1", "/healthz")
}

fn wait_for(server: &Server, certificate: &[u8]) {
    let begun = Instant::now();
    while shown(server) != certificate {
        assert!(begun.elapsed() < PATIENCE, "the certificate is taken up");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_certificate_replaced_on_disk_is_taken_up_and_no_request_fails() {
    let (server, first) = with_pair();
    assert_eq!(shown(&server), first);
    let (ended, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (url, ended, answered) = (healthz(&server), Arc::clone(&ended), Arc::clone(&answered));
            std::thread::spawn(move || {
                let client = client().build().unwrap();
                while !ended.load(Ordering::SeqCst) {
                    assert_eq!(client.get(&url).send().unwrap().status(), 200);
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let second = make_pair(server.folder());
    wait_for(&server, &second);
    let third = make_pair(server.folder());
    server.signal(rustix::process::Signal::HUP);
    wait_for(&server, &third);
    ended.store(true, Ordering::SeqCst);
    load.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(answered.load(Ordering::SeqCst) > 0);
}

#[test]
fn a_pair_that_cannot_be_used_changes_nothing_until_it_is_mended() {
    let (server, first) = with_pair();
    let key = fs::read_to_string(server.folder().join("own.key")).unwrap();
    let second = make_pair(server.folder());
    wait_for(&server, &second);
    for (file, content) in [("own.crt", "no certificate"), ("own.key", "no key"), ("own.key", key.as_str())] {
        let before = fs::read_to_string(server.folder().join(file)).unwrap();
        replace(&server.folder().join(file), content);
        for _ in 0..5 {
            server.signal(rustix::process::Signal::HUP);
            assert_eq!(shown(&server), second, "{file}: {content:.20}");
        }
        replace(&server.folder().join(file), &before);
    }
    let third = make_pair(server.folder());
    assert!(third != first);
    wait_for(&server, &third);
}

#[test]
fn tls_1_2_and_1_3_are_spoken() {
    let server = Server::start(&[]);
    for version in [Version::TLS_1_2, Version::TLS_1_3] {
        let client = client().min_tls_version(version).max_tls_version(version).build().unwrap();
        assert_eq!(client.get(healthz(&server)).send().unwrap().status(), 200, "{version:?}");
    }
}

/// The first message of a client whose newest version is this one. Everything else in it is what the service wants.
fn hello(version: [u8; 2]) -> Vec<u8> {
    let suites = [0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x09, 0xc0, 0x13];
    let groups = [0x00, 0x0a, 0x00, 0x06, 0x00, 0x04, 0x00, 0x1d, 0x00, 0x17];
    let point_formats = [0x00, 0x0b, 0x00, 0x02, 0x01, 0x00];
    let signatures = [0x00, 0x0d, 0x00, 0x06, 0x00, 0x04, 0x04, 0x03, 0x08, 0x04];
    let extensions = [&groups[..], &point_formats, &signatures].concat();
    let mut body = [&version[..], &[7; 32], &[0], &[0, suites.len() as u8], &suites, &[1, 0]].concat();
    body.extend([&[0, extensions.len() as u8][..], &extensions].concat());
    let message = [&[1, 0, 0, body.len() as u8][..], &body].concat();
    [&[22, 3, 1, 0, message.len() as u8][..], &message].concat()
}

#[test]
fn older_versions_are_refused_in_the_handshake() {
    let server = Server::start(&[]);
    let address = server.url.strip_prefix("https://").unwrap().split('/').next().unwrap();
    let answer = |version| {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        connection.write_all(&hello(version)).unwrap();
        let mut answer = [0; 7];
        connection.read_exact(&mut answer).unwrap();
        answer
    };
    // A handshake record: the hello of the server (RFC 5246, section 6.2.1). So the version alone is wrong below.
    assert_eq!(answer([3, 3])[0], 22);
    for version in [[3, 0], [3, 1], [3, 2]] {
        // A fatal alert: protocol_version (RFC 8446, section 6.2).
        let answer = answer(version);
        assert_eq!((answer[0], &answer[5..]), (21, &[2, 70][..]), "{version:?}");
    }
}

#[test]
fn hsts_is_sent_only_when_asked_for() {
    for (arguments, expected) in [(&[][..], None), (&["--hsts"][..], Some("max-age=31536000"))] {
        let server = Server::start(arguments);
        let reply = client().build().unwrap().get(healthz(&server)).send().unwrap();
        let header = reply.headers().get("strict-transport-security").map(|value| value.to_str().unwrap());
        assert_eq!(header, expected);
    }
}
