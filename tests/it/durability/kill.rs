//! The server is killed while eight clients write, and started again: everything that it had acknowledged is there.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::extent;
use super::power_cut::is_sound;
use crate::binary::Server;
use crate::support::ADMIN;

const WRITERS: usize = 8;
/// How many things each writer keeps before it deletes the oldest.
const KEPT: usize = 10;
/// After this a request hangs.
const GUARD: Duration = Duration::from_secs(60);

#[test]
fn what_a_killed_server_acknowledged_is_there_and_nothing_is_half_done() {
    let kills = extent("DURABILITY_KILLS", 10);
    let logs = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(8);
    let settings = ["--plain-http", "--log", "error", "--admin-password", ADMIN.1];
    let mut server = Server::start(&settings);
    let token = token(&server.url);
    let belonging = belonging(&server.url, &token);
    let mut writers: Vec<_> = (0..WRITERS).map(|number| Writer::new(number, logs.path(), &token, &belonging)).collect();
    let mut lost = Vec::new();
    let mut slowest = Duration::ZERO;
    for _ in 0..kills {
        let answers = AtomicUsize::new(0);
        let folder = std::thread::scope(|scope| {
            for writer in &mut writers {
                let (base, answers) = (server.url.clone(), &answers);
                scope.spawn(move || writer.write(&base, answers));
            }
            let (enough, begun) = (random.usize(WRITERS..8 * WRITERS), Instant::now());
            while answers.load(Ordering::Relaxed) < enough && begun.elapsed() < GUARD {
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(Duration::from_micros(random.u64(0..20_000)));
            server.kill()
        });
        let started = Instant::now();
        server = Server::start_in(folder, &settings);
        slowest = slowest.max(started.elapsed());
        is_sound(&rusqlite::Connection::open(server.folder().join("data/ocariot.db")).unwrap());
        lost.extend(writers.iter_mut().flat_map(|writer| writer.compare(&server.url)));
    }
    let acknowledged: usize = writers.iter().map(Writer::acknowledged).sum();
    let in_work: usize = writers.iter().map(|writer| writer.in_work).sum();
    let lost_count = lost.len();
    println!("kills: {kills}, acknowledged: {acknowledged}, in work at a kill: {in_work}, lost: {lost_count}");
    println!("slowest start after a kill: {slowest:?}");
    assert!(lost.is_empty(), "{lost:#?}");
    assert!(acknowledged >= kills * WRITERS && in_work > kills, "{acknowledged} changes, {in_work} in work");
}

pub fn token(base: &str) -> String {
    let body = json!({"username": ADMIN.0, "password": ADMIN.1});
    let reply = client().post(format!("{base}/auth")).json(&body).send().unwrap();
    reply.json::<Value>().unwrap()["access_token"].as_str().unwrap().to_owned()
}

/// An institution and two children for everybody.
fn belonging(base: &str, token: &str) -> Belonging {
    let make = |path: &str, body: Value| {
        let reply = client().post(format!("{base}/{path}")).bearer_auth(token).json(&body).send().unwrap();
        reply.json::<Value>().unwrap()["id"].as_str().unwrap().to_owned()
    };
    let institution = make("institutions", json!({"name": "Everybody's", "type": "School"}));
    let children = ["BR0001", "BR0002"].map(|name| make("children", crate::support::child(name, &institution)));
    Belonging { institution, children }
}

fn client() -> Client {
    Client::builder().timeout(GUARD).build().unwrap()
}

#[derive(Clone)]
struct Belonging {
    institution: String,
    children: [String; 2],
}

/// One client, which remembers what it was promised.
struct Writer {
    number: usize,
    log: (PathBuf, File),
    token: String,
    belonging: Belonging,
    client: Client,
    made: usize,
    things: Vec<Thing>,
    /// What was asked for and not answered.
    open: Option<Change>,
    in_work: usize,
}

/// Something that was made. Every change sets two fields to the same version.
struct Thing {
    path: &'static str,
    id: String,
    number: usize,
    /// Of an institution's change; nothing if it was deleted.
    version: Option<usize>,
}

/// A change, told by the place of the thing that it is about.
#[derive(Clone, Copy)]
enum Change {
    Make(&'static str, usize),
    Update(usize, usize),
    Delete(usize),
}

impl Writer {
    fn new(number: usize, folder: &Path, token: &str, belonging: &Belonging) -> Self {
        let path = folder.join(format!("writer-{number}.log"));
        Self {
            number,
            log: (path.clone(), File::options().append(true).create(true).open(path).unwrap()),
            token: token.to_owned(),
            belonging: belonging.clone(),
            client: client(),
            made: 0,
            things: Vec::new(),
            open: None,
            in_work: 0,
        }
    }

    /// Writes until the server is gone.
    fn write(&mut self, base: &str, answers: &AtomicUsize) {
        self.client = client();
        loop {
            let change = self.next();
            self.open = Some(change);
            let answer = self.request(change, base).send().and_then(|reply| Ok((reply.status(), reply.text()?)));
            let (status, text) = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    assert!(!error.is_timeout(), "{error}");
                    self.in_work += 1;
                    return;
                }
            };
            assert!(status.is_success(), "{status} {text}");
            self.promised(change, &serde_json::from_str(&text).unwrap_or(Value::Null));
            answers.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn next(&mut self) -> Change {
        let live: Vec<_> = (0..self.things.len()).filter(|place| self.things[*place].version.is_some()).collect();
        if live.len() > KEPT {
            return Change::Delete(live[0]);
        }
        self.made += 1;
        let institution = live.iter().rev().find(|place| self.things[**place].path == "institutions");
        match (self.made % 3, institution) {
            (0, Some(place)) => Change::Update(*place, self.made),
            (1, _) => Change::Make("families", self.made),
            _ => Change::Make("institutions", self.made),
        }
    }

    fn name(&self, number: usize, version: usize) -> String {
        format!("writer {} thing {number} version {version}", self.number)
    }

    fn request(&self, change: Change, base: &str) -> RequestBuilder {
        let request = match change {
            Change::Make("institutions", number) => {
                let body = json!({"name": self.name(number, 0), "type": "School", "address": "version 0"});
                self.client.post(format!("{base}/institutions")).json(&body)
            }
            Change::Make(path, number) => {
                let Belonging { institution, children } = &self.belonging;
                let body = json!({"username": self.name(number, 0), "password": "secret",
                    "institution_id": institution, "children": children});
                self.client.post(format!("{base}/{path}")).json(&body)
            }
            Change::Update(place, version) => {
                let Thing { id, number, .. } = &self.things[place];
                let body = json!({"name": self.name(*number, version), "address": format!("version {version}")});
                self.client.patch(format!("{base}/institutions/{id}")).json(&body)
            }
            Change::Delete(place) => {
                let Thing { id, path, .. } = &self.things[place];
                let path = if *path == "institutions" { path } else { "users" };
                self.client.delete(format!("{base}/{path}/{id}"))
            }
        };
        request.bearer_auth(&self.token)
    }

    /// The server acknowledged: from now on this must be so.
    fn promised(&mut self, change: Change, body: &Value) {
        let line = match change {
            Change::Make(path, number) => {
                let id = body["id"].as_str().unwrap().to_owned();
                self.things.push(Thing { path, id: id.clone(), number, version: Some(0) });
                format!("made {path} {id}")
            }
            Change::Update(place, version) => {
                self.things[place].version = Some(version);
                format!("updated {} to {version}", self.things[place].id)
            }
            Change::Delete(place) => {
                self.things[place].version = None;
                format!("deleted {}", self.things[place].id)
            }
        };
        writeln!(self.log.1, "{line}").unwrap();
        self.log.1.sync_data().unwrap();
        self.open = None;
    }

    /// How many lines the log holds, on disk.
    fn acknowledged(&self) -> usize {
        std::fs::read_to_string(&self.log.0).unwrap().lines().count()
    }

    /// Holds what the server says after its restart against what was promised; returns what differs.
    fn compare(&mut self, base: &str) -> Vec<String> {
        match self.open.take() {
            Some(Change::Make(path, number)) => self.settle_made(path, number, base),
            Some(Change::Update(place, version))
                if self.fetch(&self.things[place], base).1["address"] == format!("version {version}") =>
            {
                self.things[place].version = Some(version);
            }
            Some(Change::Delete(place)) if self.fetch(&self.things[place], base).0 == 404 => {
                self.things[place].version = None;
            }
            // It was not carried out, or nothing was open.
            Some(Change::Update(..) | Change::Delete(_)) | None => {}
        }
        let lost = self.things.iter().filter_map(|thing| self.difference(thing, base)).collect();
        // The deleted ones were seen to be gone once; the last few are looked at again.
        let gone = self.things.iter().filter(|thing| thing.version.is_none()).count();
        let mut forget = gone.saturating_sub(KEPT);
        self.things.retain(|thing| {
            let drop = thing.version.is_none() && forget > 0;
            forget -= usize::from(drop);
            !drop
        });
        lost
    }

    /// How a thing is not what was promised.
    fn difference(&self, thing: &Thing, base: &str) -> Option<String> {
        let (status, body) = self.fetch(thing, base);
        let kept = match thing.version {
            None => status == 404,
            Some(version) if thing.path == "institutions" => {
                body["name"] == self.name(thing.number, version) && body["address"] == format!("version {version}")
            }
            Some(_) => {
                let children = body["children"].as_array().map(Vec::len);
                body["username"] == self.name(thing.number, 0) && children == Some(2)
            }
        };
        (!kept).then(|| format!("{} {} at version {:?}: {status} {body}", thing.path, thing.id, thing.version))
    }

    /// Whether what was to be made is there. If so it counts as promised from now on, and must be whole.
    fn settle_made(&mut self, path: &'static str, number: usize, base: &str) {
        let key = if path == "institutions" { "name" } else { "username" };
        let name = self.name(number, 0);
        let found = self.client.get(format!("{base}/{path}")).query(&[(key, &name)]).bearer_auth(&self.token);
        let found: Value = found.send().unwrap().json().unwrap();
        let found = found.as_array().unwrap();
        assert!(found.len() <= 1, "{found:?}");
        if let Some(thing) = found.first() {
            let id = thing["id"].as_str().unwrap().to_owned();
            self.things.push(Thing { path, id, number, version: Some(0) });
        }
    }

    fn fetch(&self, thing: &Thing, base: &str) -> (u16, Value) {
        let Thing { path, id, .. } = thing;
        let reply = self.client.get(format!("{base}/{path}/{id}")).bearer_auth(&self.token).send().unwrap();
        (reply.status().as_u16(), reply.json().unwrap())
    }
}
