//! Output that cannot be written: a reader who goes away, a disk that is full, a reader who does not read.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::blocking::Client;
use rustix::process::{Pid, Signal, kill_process};

use super::{PATIENCE, Server, ocariot, program, refused_by};

/// A service that prints to a pipe with a name, both what it says and what goes wrong.
struct Piped {
    process: Child,
    pipe: std::path::PathBuf,
    url: String,
    metrics: String,
}

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Piped {
    /// Starts it, and reads until it is ready.
    fn start(folder: &Path, arguments: &[&str]) -> (Self, BufReader<File>) {
        let pipe = folder.join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || BufReader::new(File::open(pipe).unwrap())
        });
        let writer = OpenOptions::new().write(true).open(&pipe).unwrap();
        let mut reader = reader.join().unwrap();
        let mut program = program(folder, &[&["--plain-http", "--metrics-bind", "127.0.0.1:0"], arguments].concat());
        let process = program.stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
        // What holds its own copies of the pipe's end must go, or the pipe never ends.
        drop(program);
        let mut piped = Self { process, pipe, url: String::new(), metrics: String::new() };
        let mut line = String::new();
        while piped.url.is_empty() || piped.metrics.is_empty() || line != "\n" {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0, "it starts");
            match line.trim().split_once(' ') {
                Some(("API", url)) => url.trim().clone_into(&mut piped.url),
                Some(("Metrics", url)) => url.trim().clone_into(&mut piped.metrics),
                _ => {}
            }
        }
        (piped, reader)
    }

    fn asks_and_is_answered(&self, times: usize) {
        let client = Client::builder().timeout(PATIENCE).build().unwrap();
        for _ in 0..times {
            assert_eq!(client.get(format!("{}/children", self.url)).send().unwrap().status(), 401);
        }
    }

    /// How many lines were lost, once some were.
    fn lost(&self) -> u64 {
        let client = Client::builder().timeout(PATIENCE).build().unwrap();
        for _ in 0..600 {
            let figures = client.get(&self.metrics).send().unwrap().text().unwrap();
            let line = figures.lines().find_map(|line| line.strip_prefix("ocariot_log_lines_lost_total "));
            match line.unwrap().trim().parse().unwrap() {
                0 => std::thread::sleep(Duration::from_millis(100)),
                lost => return lost,
            }
        }
        panic!("no line was lost");
    }

    fn ends_when_asked(mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

#[test]
fn a_log_whose_reader_goes_away_is_lost_line_by_line_and_the_next_reader_is_told_how_many() {
    let folder = tempfile::tempdir().unwrap();
    let (service, reader) = Piped::start(folder.path(), &[]);
    drop(reader);
    service.asks_and_is_answered(20);
    let lost = service.lost();
    assert!(lost >= 1, "{lost}");
    let mut reader = BufReader::new(File::open(&service.pipe).unwrap());
    service.asks_and_is_answered(1);
    let mut line = String::new();
    while !line.contains("Lines of the log could not be written") {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "it is said");
    }
    assert!(line.contains("lines_since_the_start="), "{line}");
    service.ends_when_asked();
}

#[test]
fn nobody_waits_for_a_reader_of_the_log_who_does_not_read() {
    let folder = tempfile::tempdir().unwrap();
    // A pipe holds 64 KiB, and some thousand lines wait beside it.
    let (service, mut reader) = Piped::start(folder.path(), &["--log", "trace"]);
    let mut asked = 0;
    while asked < 20_000 {
        service.asks_and_is_answered(100);
        asked += 100;
        let figures = Client::new().get(&service.metrics).send().unwrap().text().unwrap();
        if !figures.contains("ocariot_log_lines_lost_total 0\n") {
            break;
        }
    }
    assert!(service.lost() > 0);
    service.ends_when_asked();
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).unwrap();
}

#[test]
fn a_full_disk_under_the_log_does_not_end_the_service() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut program = program(folder.path(), &["--plain-http", "--port-http", &free, "--log", "debug"]);
    let mut process = program.stdout(full()).stderr(full()).spawn().unwrap();
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let url = format!("http://127.0.0.1:{free}/readyz");
    let begin = std::time::Instant::now();
    while !client.get(&url).send().is_ok_and(|reply| reply.status() == 200) {
        assert!(begin.elapsed() < PATIENCE && process.try_wait().unwrap().is_none(), "it starts");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(folder.path().join("data/initial-admin-password").exists(), "it was not shown");
    kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
    let status = process.wait().unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn a_verb_whose_output_cannot_be_written_does_its_work_and_fails_with_what_to_do() {
    let folder = Server::start(&[]).stop();
    let verbs: &[&[&str]] = &[
        &["config", "show"],
        &["user", "list"],
        &["admin", "create", "another"],
        &["keys", "show"],
        &["audit", "list"],
        &["backup", "now", "--without-keys"],
        &["backup", "list"],
        &["doctor"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["--version"],
    ];
    for verb in verbs {
        let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status = ocariot(folder.path(), verb).stdout(full()).stderr(full()).status().unwrap();
        assert!(status.signal().is_none() && status.code() < Some(124), "{verb:?}: {status}");
        if verb[0].starts_with("--") {
            continue;
        }
        let output = refused_by({
            let mut command = ocariot(folder.path(), verb);
            // One of the name is there by now.
            if verb[0] == "admin" {
                command = ocariot(folder.path(), &["admin", "create", "one-more"]);
            }
            command.stdout(full()).stderr(Stdio::piped());
            command
        });
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("could not be written") || said.contains("cannot be written"), "{verb:?}: {said}");
    }
    let users = ocariot(folder.path(), &["user", "list"]).output().unwrap();
    assert!(String::from_utf8_lossy(&users.stdout).contains("one-more"), "what was asked for was done");
}
