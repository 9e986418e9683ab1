//! Backups while eight clients write as fast as they can: each is a state that there was between its start and its end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::extent;
use super::power_cut::is_sound;
use crate::binary::{Server, ocariot};
use crate::support::ADMIN;

const WRITERS: usize = 8;
/// Between backups, for times of writes to compare with.
const PAUSE: Duration = Duration::from_millis(500);
/// After this a request hangs.
const GUARD: Duration = Duration::from_secs(60);

/// One client. Its changes are numbered: every fourth makes a school of that number, two later that school is deleted
/// again, and the others set both fields of its own school to their number.
struct Writer {
    number: usize,
    client: Client,
    url: String,
    token: String,
    own: String,
    /// Changes that were begun, and changes that were acknowledged.
    sent: AtomicUsize,
    acknowledged: AtomicUsize,
}

impl Writer {
    fn new(number: usize, url: &str, token: &str) -> Self {
        let client = Client::builder().timeout(GUARD).build().unwrap();
        let mut writer = Self {
            number,
            client,
            url: format!("{url}/institutions"),
            token: token.to_owned(),
            own: String::new(),
            sent: AtomicUsize::new(0),
            acknowledged: AtomicUsize::new(0),
        };
        writer.own = writer.make("own");
        writer
    }

    fn name(&self, what: impl std::fmt::Display) -> String {
        format!("writer {} {what}", self.number)
    }

    fn make(&self, what: impl std::fmt::Display) -> String {
        let body = json!({"name": self.name(what), "type": "School", "address": "0"});
        let reply = self.client.post(&self.url).bearer_auth(&self.token).json(&body).send().unwrap();
        assert_eq!(reply.status(), 201);
        reply.json::<Value>().unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// Writes until it is told to stop. When each change was begun, and how long it took.
    fn write(&self, stopped: &AtomicBool) -> Vec<(Instant, Duration)> {
        let (mut times, mut made) = (Vec::new(), String::new());
        while !stopped.load(Ordering::Relaxed) {
            let change = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
            let begun = Instant::now();
            match change % 4 {
                0 => made = self.make(change),
                2 if !made.is_empty() => {
                    let deleted = self.client.delete(format!("{}/{made}", self.url)).bearer_auth(&self.token);
                    assert_eq!(deleted.send().unwrap().status(), 204);
                }
                _ => {
                    let body = json!({"name": self.name(format!("own {change}")), "address": change.to_string()});
                    let changed = self.client.patch(format!("{}/{}", self.url, self.own)).bearer_auth(&self.token);
                    assert_eq!(changed.json(&body).send().unwrap().status(), 200);
                }
            }
            times.push((begun, begun.elapsed()));
            self.acknowledged.store(change, Ordering::SeqCst);
        }
        times
    }

    /// Its schools after so many changes: names and addresses.
    fn state(&self, changes: usize) -> BTreeMap<String, String> {
        let own = (1..=changes).rev().find(|change| change % 2 == 1 || *change == 2);
        let mut state = BTreeMap::new();
        state.insert(
            own.map_or(self.name("own"), |change| self.name(format!("own {change}"))),
            own.unwrap_or(0).to_string(),
        );
        if let 0 | 1 = changes % 4
            && changes >= 4
        {
            state.insert(self.name(changes / 4 * 4), "0".to_owned());
        }
        state
    }

    /// Its schools in a database.
    fn found(&self, database: &Connection) -> BTreeMap<String, String> {
        let mut schools = database.prepare("SELECT name, address FROM institution WHERE name LIKE ?1").unwrap();
        let found = schools.query_map([self.name("%")], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        found.collect::<Result<_, _>>().unwrap()
    }
}

/// Runs a verb in a folder, which goes well.
fn done(folder: &Path, arguments: &[&str]) -> Value {
    let output = ocariot(folder, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A backup that was made: when, where, and what each writer had acknowledged before and begun afterwards.
struct Made {
    begun: Instant,
    ended: Instant,
    file: PathBuf,
    bounds: Vec<(usize, usize)>,
}

fn back_up(server: &Server, writers: &[Writer]) -> Made {
    let before: Vec<_> = writers.iter().map(|writer| writer.acknowledged.load(Ordering::SeqCst)).collect();
    let begun = Instant::now();
    let made = done(server.folder(), &["backup", "now", "--without-keys", "--json"]);
    let ended = Instant::now();
    let bounds = before.into_iter().zip(writers).map(|(before, writer)| (before, writer.sent.load(Ordering::SeqCst)));
    let file = server.folder().join(made["file"].as_str().unwrap());
    Made { begun, ended, file, bounds: bounds.collect() }
}

/// The backup is whole, and what is restored from it is a state between its start and its end.
fn is_of_its_time(made: &Made, server: &Server, writers: &[Writer]) -> tempfile::TempDir {
    let (machine, file) = (tempfile::tempdir().unwrap(), made.file.to_str().unwrap());
    assert_eq!(done(machine.path(), &["backup", "verify", file, "--without-keys", "--json"])["whole"], true);
    let data = machine.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for key in ["username.key", "jwt.key", "jwt.pub"] {
        std::fs::copy(server.folder().join("data").join(key), data.join(key)).unwrap();
    }
    done(machine.path(), &["restore", file, "--without-keys", "--json"]);
    let database = Connection::open(data.join("ocariot.db")).unwrap();
    is_sound(&database);
    for (writer, (least, most)) in writers.iter().zip(&made.bounds) {
        let found = writer.found(&database);
        let fits = (*least..=*most).any(|changes| writer.state(changes) == found);
        assert!(fits, "writer {}: acknowledged {least}, begun {most}, found {found:?}", writer.number);
    }
    machine
}

#[test]
fn a_backup_under_full_load_is_a_state_between_its_start_and_its_end() {
    let backups = extent("DURABILITY_BACKUPS", 3);
    let settings = ["--plain-http", "--log", "error", "--rate-limit", "off", "--admin-password", ADMIN.1];
    let server = Server::start(&settings);
    let token = super::kill::token(&server.url);
    let writers: Vec<_> = (0..WRITERS).map(|number| Writer::new(number, &server.url, &token)).collect();
    let stopped = AtomicBool::new(false);
    let mut all = Vec::new();
    let times: Vec<_> = std::thread::scope(|scope| {
        let writing: Vec<_> = writers.iter().map(|writer| scope.spawn(|| writer.write(&stopped))).collect();
        for _ in 0..backups {
            std::thread::sleep(PAUSE);
            all.push(back_up(&server, &writers));
        }
        stopped.store(true, Ordering::Relaxed);
        writing.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(times.len() > backups * WRITERS, "they write: {}", times.len());
    print_times(&times, &all);
    let machines: Vec<_> = all.iter().map(|made| is_of_its_time(made, &server, &writers)).collect();
    // And a service on the last of them works.
    let restored = Server::start_in(machines.into_iter().next_back().unwrap(), &settings);
    Writer::new(WRITERS, &restored.url, &super::kill::token(&restored.url));
}

/// How long changes took while a backup was made, and while none was.
fn print_times(times: &[(Instant, Duration)], all: &[Made]) {
    let meanwhile =
        |(begun, time): &(Instant, Duration)| all.iter().any(|made| *begun < made.ended && *begun + *time > made.begun);
    let (during, usual): (Vec<_>, Vec<_>) = times.iter().partition(|time| meanwhile(time));
    let took: Duration = all.iter().map(|made| made.ended - made.begun).sum();
    println!("{} backups of {:.2?} each; writes:", all.len(), took / u32::try_from(all.len()).unwrap());
    let mut p99 = Vec::new();
    for (what, times) in [("usual", usual), ("during a backup", during)] {
        let mut times: Vec<_> = times.into_iter().map(|(_, time)| time.as_secs_f64() * 1000.0).collect();
        times.sort_by(f64::total_cmp);
        let [median, high, most] = [50, 99, 100].map(|percent| times[(times.len() - 1) * percent / 100]);
        println!("  {what}: {} in all, p50 {median:.2} ms, p99 {high:.2} ms, max {most:.2} ms", times.len());
        p99.push(high);
    }
    println!("  ratio of the p99: {:.2}", p99[1] / p99[0]);
}
