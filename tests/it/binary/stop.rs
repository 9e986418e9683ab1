//! The stop of the real program is bounded, whatever a disk does.

use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::blocking::Client;

use super::{PATIENCE, Server};

/// A file that nobody writes to stands for a disk that hangs: whoever opens it waits.
#[test]
fn a_backup_that_waits_for_its_disk_holds_up_neither_the_other_jobs_nor_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let hangs = folder.path().join("passphrase");
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&hangs).status().unwrap().success());
    let arguments = ["--metrics-bind", "127.0.0.1:0", "--backup-schedule", "1h", "--backup-passphrase-file"];
    let server = Server::start_in(folder, &[&arguments[..], &[hangs.to_str().unwrap()]].concat());
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let last = |job: &str| -> f64 {
        let figures = client.get(server.metrics()).send().unwrap().text().unwrap();
        let name = format!("ocariot_job_last_success_timestamp_seconds{{job=\"{job}\"}} ");
        let value = figures.lines().find_map(|line| line.strip_prefix(&name)).map(str::to_owned);
        value.unwrap_or_else(|| panic!("{name} in {figures}")).parse().unwrap()
    };
    let begin = Instant::now();
    while last("certificate") == 0.0 {
        assert!(begin.elapsed() < PATIENCE, "the certificate is looked after");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(last("backup") == 0.0, "its disk does not answer");
    server.stop();
}
