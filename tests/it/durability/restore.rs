//! `restore` is killed at random moments: the folder holds what it held or what it was to hold, and the next one completes.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use rusqlite::Connection;
use serde_json::json;

use super::extent;
use super::power_cut::is_sound;
use crate::binary::{Server, ocariot};
use crate::support::ADMIN;

const SETTINGS: [&str; 5] = ["--plain-http", "--log", "error", "--admin-password", ADMIN.1];
/// After this a restore hangs.
const GUARD: Duration = Duration::from_secs(60);
/// How many schools there were when the backup was made, and were added after it.
const EARLIER: usize = 20;
const LATER: usize = 30;

/// The folder of a killed service, and in it a backup of what was there before.
fn past() -> tempfile::TempDir {
    let server = Server::start(&SETTINGS);
    let token = super::kill::token(&server.url);
    let make = |name: String| {
        let body = json!({"name": name, "type": "School"});
        let reply = Client::new().post(format!("{}/institutions", server.url)).bearer_auth(&token).json(&body).send();
        assert_eq!(reply.unwrap().status(), 201);
    };
    (0..EARLIER).for_each(|number| make(format!("earlier {number}")));
    let made = ocariot(server.folder(), &["backup", "now", "--without-keys"]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    for entry in fs::read_dir(server.folder().join("data/backups")).unwrap() {
        fs::rename(entry.unwrap().path(), server.folder().join("backup.tar.zst")).unwrap();
    }
    (0..LATER).for_each(|number| make(format!("later {number}")));
    let folder = server.kill();
    assert!(folder.path().join("data/ocariot.db-wal").metadata().unwrap().len() > 0, "the journal holds changes");
    folder
}

/// A copy of a folder, with the modes of its files.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success());
}

fn restoring(folder: &Path) -> Child {
    let mut restore = Command::new(env!("CARGO_BIN_EXE_ocariot-users"));
    restore.current_dir(folder).env_clear().args(["restore", "backup.tar.zst", "--without-keys"]);
    restore.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The schools of the folder's database, told by how many there are of each kind.
fn schools(folder: &Path) -> (usize, usize) {
    let database = Connection::open(folder.join("data/ocariot.db")).unwrap();
    is_sound(&database);
    let count = |name: &str| {
        database.query_row("SELECT count(*) FROM institution WHERE name LIKE ?1", [name], |row| row.get(0)).unwrap()
    };
    (count("earlier %"), count("later %"))
}

/// When to kill.
enum Moment {
    After(Duration),
    /// This long after there is such a file in the data folder.
    There(&'static str, Duration),
}

impl Moment {
    fn random(random: &mut fastrand::Rng, usual: Duration) -> Self {
        let up_to = |random: &mut fastrand::Rng, most: Duration| most.mul_f64(random.f64());
        match random.u8(0..3) {
            0 => Moment::After(up_to(random, usual)),
            1 => Moment::There(".restore-", up_to(random, usual)),
            _ => Moment::There("restore-ready", up_to(random, Duration::from_millis(3))),
        }
    }

    fn wait(&self, folder: &Path, restore: &mut Child) {
        match self {
            Moment::After(time) => std::thread::sleep(*time),
            Moment::There(prefix, time) => {
                let begun = Instant::now();
                while begun.elapsed() < GUARD && restore.try_wait().unwrap().is_none() {
                    let names = fs::read_dir(folder.join("data")).unwrap().map(|entry| entry.unwrap().file_name());
                    if names.into_iter().any(|name| name.to_str().unwrap().starts_with(prefix)) {
                        break;
                    }
                }
                std::thread::sleep(*time);
            }
        }
    }
}

#[test]
fn a_restore_that_is_killed_leaves_the_old_or_the_new_and_a_repeated_one_completes() {
    let kills = extent("DURABILITY_RESTORES", 6);
    let past = past();
    let mut random = fastrand::Rng::with_seed(5);
    let undisturbed = {
        let folder = tempfile::tempdir().unwrap();
        copy(past.path(), folder.path());
        let begun = Instant::now();
        assert!(restoring(folder.path()).wait().unwrap().success());
        assert_eq!(schools(folder.path()), (EARLIER, 0));
        begun.elapsed()
    };
    let (mut old, mut new, mut in_time) = (0, 0, 0);
    for _ in 0..kills {
        let folder = tempfile::tempdir().unwrap();
        copy(past.path(), folder.path());
        let mut restore = restoring(folder.path());
        Moment::random(&mut random, undisturbed).wait(folder.path(), &mut restore);
        restore.kill().unwrap();
        in_time += usize::from(!restore.wait().unwrap().success());
        // The service starts, and completes what was decided.
        let server = Server::start_in(folder, &SETTINGS);
        super::kill::token(&server.url);
        let folder = server.stop();
        match schools(folder.path()) {
            (EARLIER, LATER) => old += 1,
            (EARLIER, 0) => new += 1,
            mixed => panic!("neither the old nor the new: {mixed:?}"),
        }
        assert!(restoring(folder.path()).wait().unwrap().success());
        assert_eq!(schools(folder.path()), (EARLIER, 0));
        let server = Server::start_in(folder, &SETTINGS);
        super::kill::token(&server.url);
    }
    println!("{kills} restores, {in_time} killed before their end: {old} left the old, {new} the new");
    assert!(in_time > 0 && old > 0, "the kills come in time");
}
