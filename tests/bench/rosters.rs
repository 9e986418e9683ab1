//! What is measured of rosters.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::plan::Bench;
use super::site::{Disk, Service, Site, peak_memory};
use super::table::Goal;
use super::{Failure, raw};

impl Bench<'_> {
    pub(super) fn rosters(&mut self) -> Result<(), Failure> {
        let new = (self.scale.users / 100).max(10);
        let name = format!("import of {new} new children, time against argon2 alone on all cores");
        self.row(name, Goal::AtMost(1.1), |bench| {
            let alone = raw::hashes(bench.scale.seconds)?;
            let site = Site::new(0)?;
            let service = Service::start(site.path(), Disk::AsItIs)?;
            let file = site.path().join("children.csv");
            std::fs::write(&file, children(new, &site.institution)?)?;
            let time = timed(&site, &[&"import", &file, &"--apply"])?;
            service.stop()?;
            Ok((time.as_secs_f64() / (new as f64 / alone), None))
        })?;
        let name = format!("plan of {} unchanged children, time against parsing and looking each up", self.scale.users);
        self.row(name, Goal::AtMost(1.5), |bench| {
            let (site, service) = bench.large();
            let folder = tempfile::tempdir_in(site.path())?;
            let all: PathBuf = folder.path().join("all");
            timed(site, &[&"export", &all])?;
            let file = all.join("children.csv");
            let bare = raw::parse_and_look_up(site, &file)?;
            let time = timed(site, &[&"import", &file])?;
            let peak = peak_memory(service.process())?;
            bench.table.fact("most memory of the service that planned so many", format!("{peak:.1} MiB"));
            Ok((time.as_secs_f64() / bare.as_secs_f64(), None))
        })
    }
}

/// A spreadsheet of new children.
fn children(count: usize, institution: &str) -> Result<String, Failure> {
    let mut rows = String::from("username,password,gender,age,institution\n");
    for number in 0..count {
        writeln!(rows, "NEW{number:06},a long password {number},female,9,{institution}")?;
    }
    Ok(rows)
}

/// How long a command takes that succeeds.
fn timed(site: &Site, arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Result<Duration, Failure> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocariot-users"));
    command.args(arguments.iter().map(|argument| argument.as_ref())).arg("--data-dir").arg(site.path() as &Path);
    let start = Instant::now();
    let output = command.output()?;
    let time = start.elapsed();
    match output.status.success() {
        true => Ok(time),
        false => Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
