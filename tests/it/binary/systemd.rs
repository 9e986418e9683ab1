//! The service under systemd: what it tells, and how little its unit lets it do.

#![expect(clippy::print_stdout, reason = "who runs the tests should know what was not tried")]

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

use super::{PATIENCE, Server, program};

const UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/ocariot-users.service");

#[test]
fn systemd_hears_when_the_service_is_ready_and_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let hear = || {
        let mut text = [0; 256];
        let length = socket.recv(&mut text).unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    let mut program = program(folder.path(), &[]);
    program.env("NOTIFY_SOCKET", &path);
    let server = Server::run(program, folder);
    assert_eq!(hear().trim(), "READY=1");
    let _folder = server.stop();
    assert_eq!(hear().trim(), "STOPPING=1");
}

#[test]
fn the_unit_lets_the_service_do_little_beyond_its_work() {
    if !Path::new("/usr/bin/systemd-analyze").exists() {
        println!("not tried: this machine has no systemd-analyze");
        return;
    }
    // An exposure of 2.0 of 10 at most.
    let arguments = ["security", "--offline=yes", "--no-pager", "--threshold=20", UNIT];
    let output = Command::new("systemd-analyze").args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen: Vec<_> = text.lines().filter(|line| line.contains("✗") || line.contains("exposure")).collect();
    assert!(output.status.success() && text.contains("Overall exposure"), "{seen:#?}{output:?}");
}

#[test]
fn the_unit_waits_for_readiness_and_gives_requests_in_work_their_time() {
    let unit = std::fs::read_to_string(UNIT).unwrap();
    let value = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap();
    assert_eq!(value("Type"), "notify");
    // --shutdown-grace is 10 s, for each of the ports one after another.
    assert!(value("TimeoutStopSec").parse::<u32>().unwrap() > 30);
    assert_eq!(value("ExecStart"), "/usr/bin/ocariot-users serve");
    assert_eq!(value("StateDirectory"), "ocariot-users");
    assert_eq!((value("LimitCORE"), value("MemoryMax")), ("0", "1G"));
    assert_eq!(value("Environment"), "OCARIOT_DATA_DIR=%S/ocariot-users");
}
