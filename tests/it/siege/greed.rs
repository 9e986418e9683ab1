//! Callers with a token who ask for as much as they can: for the longest answers, or for the most work.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{Besieged, Latencies, USUAL_HASHES, client, connect, long, outside, peacefully, source};
use crate::support::{ADMIN, PASSWORD};

/// What the service may have in memory meanwhile.
const MEMORY: u64 = 200 << 20;
/// The children of the school.
const CHILDREN: usize = 300;

/// What somebody greedy does, over and over on each of his connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greed {
    /// Asks for his own record, which nests as many children as one may have.
    OwnRecord,
    /// Changes nothing of it.
    OwnChange,
    /// Asks for the list of children, with a filter of 400 values.
    CostlyList,
    /// Asks for his own record and does not take it.
    NotTaken,
}

/// A school, and an educator with as many children in his groups as one may have.
struct Target {
    besieged: Besieged,
    educator: String,
    token: String,
}

impl Target {
    async fn start() -> Self {
        let hashes = if long().is_some() { USUAL_HASHES } else { &[] };
        let besieged = Besieged::start(&[&["--rate-limit=off", "--plain-http"], hashes].concat()).await;
        let client = client(None);
        let names: Vec<_> = (0..CHILDREN).map(|number| format!("GR{number:05}")).collect();
        let mut children = Vec::new();
        for name in names {
            let body = crate::support::child(&name, &besieged.institution);
            let reply = client.post(besieged.url("/children")).bearer_auth(&besieged.token).json(&body).send().await;
            children.push(reply.unwrap().json::<Value>().await.unwrap()["id"].clone());
        }
        let body = json!({"username": "greedy", "password": PASSWORD, "institution_id": besieged.institution});
        let reply = client.post(besieged.url("/educators")).bearer_auth(&besieged.token).json(&body).send().await;
        let id = reply.unwrap().json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
        let reply = besieged.log_in(&client, ("greedy", PASSWORD)).await;
        let token = reply.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned();
        let educator = besieged.url(&format!("/educators/{id}"));
        for number in 0..33 {
            let group = json!({"name": format!("group {number}"), "children": children});
            let reply = client.post(format!("{educator}/children/groups")).bearer_auth(&token).json(&group).send();
            assert_eq!(reply.await.unwrap().status(), 201);
        }
        Self { besieged, educator, token }
    }

    fn besiege(&self, greed: Greed, connections: usize, lifted: &Arc<AtomicBool>) -> Vec<tokio::task::JoinHandle<()>> {
        let filter: Vec<_> = (0..400).map(|number| format!("*no{number}")).collect();
        let costly = self.besieged.url(&format!("/children?username={}", filter.join(",")));
        let tasks = (0..connections).map(|number| {
            let (educator, token, lifted) = (self.educator.clone(), self.token.clone(), Arc::clone(lifted));
            let (costly, address) = (costly.clone(), self.besieged.address());
            outside().spawn(async move {
                let client = client(Some(source(number)));
                while !lifted.load(Ordering::Relaxed) {
                    let request = match greed {
                        Greed::OwnRecord => client.get(&educator),
                        Greed::OwnChange => client.patch(&educator).json(&json!({})),
                        Greed::CostlyList => client.get(&costly),
                        Greed::NotTaken => {
                            take_nothing(number, address, (&educator, &token), &lifted).await;
                            continue;
                        }
                    };
                    // Whatever he gets, if it is not a fault of the service.
                    if let Ok(reply) = request.bearer_auth(&token).send().await {
                        let status = reply.status();
                        assert!(status == 200 || status == StatusCode::SERVICE_UNAVAILABLE, "{status}");
                        let _ = reply.bytes().await;
                    }
                }
            })
        });
        tasks.collect()
    }

    /// How long log-ins and lists of others take meanwhile.
    async fn measure(&self, time: Duration) -> (Latencies, Latencies) {
        let client = client(None);
        let (mut log_ins, mut lists) = (Vec::new(), Vec::new());
        let (begun, list) = (Instant::now(), self.besieged.url("/children?limit=100&sort=username"));
        while begun.elapsed() < time || log_ins.len() < 3 {
            let asked = Instant::now();
            assert_eq!(self.besieged.log_in(&client, ADMIN).await.status(), 200);
            log_ins.push(asked.elapsed());
            for _ in 0..3 {
                let asked = Instant::now();
                let reply = client.get(&list).bearer_auth(&self.besieged.token).send().await.unwrap();
                assert_eq!(reply.status(), 200);
                reply.bytes().await.unwrap();
                lists.push(asked.elapsed());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        (Latencies::of(log_ins), Latencies::of(lists))
    }
}

/// A connection on which one long answer after another is asked for, and none is taken.
async fn take_nothing(number: usize, to: SocketAddr, (url, token): (&str, &str), lifted: &AtomicBool) {
    let path = url.split_once("/v1").unwrap().1;
    let ask = format!("GET /v1{path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
    let Ok(mut stream) = connect(source(number), to).await else {
        return;
    };
    if stream.write_all(ask.as_bytes()).await.is_ok() {
        for _ in 0..50 {
            if lifted.load(Ordering::Relaxed) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn siege(greed: Greed, connections: usize) {
    peacefully(async {
        let target = Target::start().await;
        let time = Duration::from_secs(long().unwrap_or(1));
        let before = target.measure(time).await;
        let lifted = Arc::new(AtomicBool::new(false));
        let tasks = target.besiege(greed, connections, &lifted);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let meanwhile = target.measure(time).await;
        lifted.store(true, Ordering::Relaxed);
        for task in tasks {
            task.await.unwrap();
        }
        let most = target.besieged.memory("VmHWM");
        println!("{greed:?}, {connections} connections; memory: at most {} MiB", most >> 20);
        for (what, before, meanwhile) in [("log-ins", &before.0, &meanwhile.0), ("lists  ", &before.1, &meanwhile.1)] {
            println!("  {what} before    {before}\n  {what} meanwhile {meanwhile}");
        }
        // Times are for people to read; here it counts that everybody else is answered, and how little that takes.
        assert!(most < MEMORY, "{most} bytes");
    });
}

#[test]
fn somebody_who_asks_for_the_longest_answers_leaves_the_others_theirs_and_takes_little_memory() {
    siege(Greed::OwnRecord, 64);
}

#[test]
fn somebody_who_changes_nothing_of_a_long_record_leaves_the_others_their_answers() {
    siege(Greed::OwnChange, 64);
}

#[test]
fn somebody_who_asks_for_the_costliest_lists_leaves_the_others_theirs() {
    siege(Greed::CostlyList, 8);
}

#[test]
fn somebody_who_takes_none_of_the_longest_answers_takes_little_memory() {
    siege(Greed::NotTaken, 60);
}
