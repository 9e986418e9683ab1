//! What a copy by hand, a power cut or root may leave of a data folder: a start refuses what it cannot use, `doctor`
//! finds the same, and its first command is the one that helps.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use ocariot_users::config::{Config, Inputs, resolve};
use ocariot_users::model::Clock;
use ocariot_users::operations::StartError;
use ocariot_users::operations::doctor::{Examination, Finding, State};
use tempfile::TempDir;

use super::binary::{Server, ocariot, program_under, refused_by};
use super::support::start_service;

const PARTS: [&str; 5] = ["ocariot.db", "username.key", "jwt.key", "tls.key", "tls.crt"];

/// How a part may be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Whole,
    Missing,
    Empty,
    /// That of another service.
    Another,
}

const STATES: [Part; 4] = [Part::Whole, Part::Missing, Part::Empty, Part::Another];

/// A folder with `data` of a service that was stopped, a sealed backup in it, and the passphrase beside it.
async fn made() -> TempDir {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    start(folder.path()).await.unwrap();
    fs::write(folder.path().join("passphrase"), "open sesame\n").unwrap();
    fs::set_permissions(folder.path().join("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
    let output = ocariot(folder.path(), &["backup", "now", "--passphrase-file", "passphrase"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    folder
}

/// Starts the whole service, over TLS, and ends it again.
async fn start(folder: &Path) -> Result<(), StartError> {
    let flags = [("plain-http", "false"), ("port-https", "0")];
    start_service(&folder.join("data"), Clock::system(), &flags).await.map(drop)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// What is wrong with the parts, as `doctor` tells it. That the folder is in memory, and what settings do, is another matter.
fn wrong(folder: &Path) -> Vec<Finding> {
    let data = folder.join("data");
    let passphrase = folder.join("passphrase");
    let flags = [("data-dir", data.as_path()), ("backup-passphrase-file", &passphrase)];
    let flags = flags.map(|(flag, path)| (flag.to_owned(), path.to_str().unwrap().to_owned()));
    let read = |path: &Path| fs::read_to_string(path);
    let inputs = Inputs { flags: flags.into(), environment: BTreeMap::new(), read: &read };
    let config = Config::of(&resolve(&inputs).unwrap()).unwrap();
    let findings = Examination::begin(&data).unwrap().findings(&config, &Clock::system());
    let about_parts = |finding: &Finding| {
        finding.state == State::Wrong && !["disk sync", "first password", "settings"].contains(&finding.check)
    };
    findings.into_iter().filter(about_parts).collect()
}

/// Carries out a command as it stands, in a shell that finds the program.
fn carry_out(folder: &Path, command: &str) {
    let bin = Path::new(env!("CARGO_BIN_EXE_ocariot-users")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let output =
        Command::new("bash").args(["-c", command]).current_dir(folder).env_clear().env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
}

/// The parts that are not whole.
type Broken = BTreeMap<&'static str, Part>;

fn all_pairs() -> Vec<Broken> {
    let mut all = Vec::new();
    for (index, one) in PARTS.iter().enumerate() {
        for other in &PARTS[index + 1..] {
            for (first, second) in STATES.iter().flat_map(|first| STATES.map(|second| (*first, second))) {
                let broken = Broken::from([(*one, first), (*other, second)]);
                all.push(broken.into_iter().filter(|(_, state)| *state != Part::Whole).collect());
            }
        }
    }
    // And what a folder is left with that was emptied, or copied without its secrets.
    let keys = ["username.key", "jwt.key", "tls.key"];
    all.push(keys.map(|name| (name, Part::Missing)).into());
    all.extend([Part::Missing, Part::Empty, Part::Another].map(|state| PARTS.map(|name| (name, state)).into()));
    all.sort();
    all.dedup();
    all
}

/// Tries a broken folder out. Says what is not as promised.
async fn tried(original: &Path, another: &Path, broken: &Broken) -> Result<(), String> {
    let parent = tempfile::tempdir_in("/dev/shm").unwrap();
    let folder = parent.path();
    copy(&original.join("data"), &folder.join("data"));
    fs::copy(original.join("passphrase"), folder.join("passphrase")).unwrap();
    for (name, state) in broken {
        let path = folder.join("data").join(name);
        match state {
            Part::Whole => {}
            Part::Missing => fs::remove_file(path).unwrap(),
            Part::Empty => fs::File::options().write(true).truncate(true).open(path).map(drop).unwrap(),
            Part::Another => drop(fs::copy(another.join("data").join(name), path).unwrap()),
        }
    }
    let lost = matches!(broken.get("ocariot.db"), Some(Part::Missing | Part::Empty));
    if lost && !wrong(folder).iter().any(|finding| finding.check == "database") {
        return Err("that the database is gone is not found".to_owned());
    }
    for _ in 0..=broken.len() {
        let Err(error) = start(folder).await else { return Ok(()) };
        let error = error.to_string();
        let findings = wrong(folder);
        if !findings.iter().any(|finding| finding.found == error) {
            return Err(format!("a start says: {error}; doctor: {findings:#?}"));
        }
        let command = findings[0].mend.clone().unwrap_or_default();
        carry_out(folder, &command);
        if wrong(folder).iter().any(|finding| finding.found == findings[0].found) {
            return Err(format!("{command} does not help with: {}", findings[0].found));
        }
    }
    Err("after all commands, a start is still refused".to_owned())
}

#[tokio::test]
async fn each_pair_of_broken_parts_is_found_as_a_start_finds_it_and_mended_by_the_first_command() {
    let (original, another) = (made().await, made().await);
    let all = all_pairs();
    assert!(all.len() > 100, "{}", all.len());
    let mut failures = Vec::new();
    for broken in &all {
        if let Err(why) = tried(original.path(), another.path(), broken).await {
            failures.push(format!("{broken:?}: {why}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), all.len(), failures.join("\n"));
}

/// Runs the program as somebody without rights, whose folder this is.
fn as_nobody(folder: &Path, arguments: &[&str]) -> Command {
    let copy = folder.join("ocariot-users");
    if !copy.exists() {
        fs::copy(env!("CARGO_BIN_EXE_ocariot-users"), &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c"];
    // Where the program was built may be closed to others, and not all verbs are `serve`.
    let script = ["shift 2; exec ./ocariot-users \"$@\"", "sh"];
    let mut command = program_under(&[&wrapper[..], &script].concat(), folder, &[]);
    command.args(arguments);
    command
}

fn give(path: &Path, user: u32) {
    chown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give(&entry.unwrap().path(), user));
    }
}

/// The first thing that is wrong, as `doctor` tells it to the service's own user.
fn first_wrong(folder: &Path) -> (String, String) {
    let output = as_nobody(folder, &["doctor", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let wrong = report["findings"].as_array().unwrap().iter().find(|finding| finding["state"] == "wrong").unwrap();
    let text = |key: &str| wrong[key].as_str().unwrap().to_owned();
    (text("found"), text("mend"))
}

#[test]
fn a_part_that_the_service_may_not_use_is_given_to_it_and_no_backup_is_asked_for() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let mut folder = Server::start(&[]).stop();
    fs::remove_file(folder.path().join("data/initial-admin-password")).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for name in PARTS {
        for (owner, mode) in [(0, 0o600), (65534, 0o000)] {
            let data = folder.path().join("data");
            give(&data, 65534);
            let part: PathBuf = data.join(name);
            chown(&part, Some(owner), Some(owner)).unwrap();
            fs::set_permissions(&part, fs::Permissions::from_mode(mode)).unwrap();
            let refused = refused_by(as_nobody(folder.path(), &["serve"]));
            let error = String::from_utf8(refused.stderr).unwrap();
            let (found, command) = first_wrong(folder.path());
            for said in [&error, &found, &command] {
                assert!(!said.contains("restore") && !said.contains("backup"), "{name}: {said}");
            }
            assert!(error.contains("may not be used by this user") && error.contains(name), "{name}: {error}");
            let command = command.strip_prefix("sudo ").unwrap_or(&command);
            let in_error = error.split('`').nth(1).unwrap().trim_start_matches("sudo ");
            assert_eq!(in_error.split(' ').next(), command.split(' ').next(), "{error} {command}");
            carry_out(folder.path(), command);
            let server = Server::run(as_nobody(folder.path(), &["serve"]), folder);
            folder = server.stop();
        }
    }
}
