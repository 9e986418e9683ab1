//! Lists and other long answers: their line is bounded, shared fairly, and what they hold in memory has an end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use futures_util::future::join_all;
use ocariot_users::model::query::{Filter, Page, Query, Test};
use ocariot_users::model::{Account, Error, Field, Id};
use ocariot_users::store::{Asker, View};
use poem::Response;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::{Client, World};

const FULL: &str = "Too much is being read at the moment. Please try again in a few seconds.";
/// After this something hangs.
const GUARD: Duration = Duration::from_secs(60);

fn user(number: u8) -> Asker {
    Asker::User(Id::<Account>::from_bytes([number; 12]))
}

/// Two scans that do nothing until they may: as many as run at the same time.
struct Held {
    may: SyncSender<()>,
    scans: Vec<JoinHandle<Result<(), Error>>>,
}

async fn hold(world: &World, asker: Asker) -> Held {
    let (may, waits) = sync_channel(2);
    let waits = Arc::new(std::sync::Mutex::new(waits));
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let mut scans = Vec::new();
    for _ in 0..2 {
        let (store, waits, begun) = (world.store.clone(), Arc::clone(&waits), begun.clone());
        scans.push(tokio::spawn(async move {
            let wait = move |_: &View<'_>| {
                begun.send(()).unwrap();
                let waits: &std::sync::Mutex<Receiver<()>> = &waits;
                waits.lock().unwrap().recv().map_err(Error::internal)
            };
            store.scan(asker, wait).await
        }));
    }
    begins.recv().await.unwrap();
    begins.recv().await.unwrap();
    Held { may, scans }
}

impl Held {
    async fn end(self) {
        self.may.send(()).unwrap();
        self.may.send(()).unwrap();
        for scan in self.scans {
            scan.await.unwrap().unwrap();
        }
    }
}

fn everything() -> Query {
    let any_of = (0..400).map(|number| Test::Contains(format!("no such name {number}"))).collect();
    Query {
        filters: vec![Filter { field: Some(Field::Username), any_of }],
        page: Page { number: 1, limit: 1 },
        ..Query::default()
    }
}

/// A group's path of an educator who owns so many groups of so many children, and himself.
async fn owner_of(world: &World, groups: usize, children: usize) -> (String, Client) {
    let institution = world.admin().await.make_institution().await;
    let owner = world.person("educators", &institution, &[]).await;
    world.give_groups(&owner.id, groups, children).await;
    (format!("/v1/educators/{}", owner.id), owner.client)
}

async fn in_time<T>(deed: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, deed).await.unwrap()
}

#[tokio::test]
async fn a_scan_keeps_its_turn_when_nobody_waits_for_it_any_more() {
    let world = World::new().await;
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    for round in 0..5 {
        let scans: Vec<_> = (0..6)
            .map(|number| {
                let (store, running, most) = (world.store.clone(), Arc::clone(&running), Arc::clone(&most));
                tokio::spawn(async move {
                    let count = move |_: &View<'_>| {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(20));
                        running.fetch_sub(1, Ordering::SeqCst);
                        Ok(())
                    };
                    store.scan(user(number), count).await
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(10)).await;
        // The last round is waited for.
        for scan in scans {
            if round < 4 {
                scan.abort();
            } else {
                in_time(scan).await.unwrap().unwrap();
            }
        }
    }
    assert_eq!(most.load(Ordering::SeqCst), 2, "as many as run at the same time");
}

#[tokio::test]
async fn a_statement_that_nobody_waits_for_any_more_ends() {
    let world = World::new().await;
    owner_of(&world, 1, 200).await;
    let ended = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&ended);
    let store = world.store.clone();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let scan = tokio::spawn(async move {
        let endless = move |view: &View<'_>| {
            begun.send(()).unwrap();
            let result = loop {
                if let Err(error) = view.children(&everything()) {
                    break Err(error);
                }
            };
            told.store(true, Ordering::SeqCst);
            result.map(|_: ()| ())
        };
        store.scan(user(1), endless).await
    });
    begins.await.unwrap();
    scan.abort();
    in_time(async {
        while !ended.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    world.admin().await.get("/v1/children?limit=1").await.is(200);
}

#[tokio::test]
async fn the_line_of_one_caller_is_bounded_and_refuses_nobody_else() {
    let world = World::new().await;
    let admin = world.admin().await;
    let asker = Asker::User(Id::parse(&world.admin_id().await).unwrap());
    let (_, educator) = owner_of(&world, 1, 3).await;
    let held = hold(&world, user(1)).await;
    let places: Vec<_> = std::iter::from_fn(|| world.store.reserve(asker).ok()).collect();
    assert_eq!(places.len(), 128);
    let refused = admin.get("/v1/children").await;
    assert_eq!(refused.header("retry-after"), Some("5"));
    refused.fails(503, "SERVICE UNAVAILABLE", Some(FULL));
    let other = tokio::spawn(async move { educator.get("/v1/children").await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!other.is_finished(), "he waits");
    held.end().await;
    in_time(other).await.unwrap().is(200);
    drop(places);
    admin.get("/v1/children").await.is(200);
}

#[tokio::test]
async fn the_whole_line_is_bounded_and_those_who_went_away_take_no_place() {
    let world = World::new().await;
    let held = hold(&world, user(0)).await;
    let places = (1..=9).flat_map(|number| {
        let store = world.store.clone();
        std::iter::from_fn(move || store.reserve(user(number)).ok())
    });
    let places: Vec<_> = places.collect();
    assert_eq!(places.len(), 1024);
    let admin = world.admin().await;
    admin.get("/v1/children").await.fails(503, "SERVICE UNAVAILABLE", Some(FULL));
    drop(places);
    for _ in 0..2000 {
        let waiting = admin.get("/v1/children");
        assert!(tokio::time::timeout(Duration::ZERO, waiting).await.is_err(), "it waits, and goes away");
    }
    let asked = tokio::spawn(async move { admin.get("/v1/children").await });
    held.end().await;
    in_time(asked).await.unwrap().is(200);
}

#[tokio::test]
async fn what_one_caller_asks_delays_no_list_of_another() {
    let world = World::new().await;
    owner_of(&world, 1, 100).await;
    let stop = Arc::new(AtomicBool::new(false));
    // Each goes on until the other's lists are answered: whoever had to wait for one of them would wait for ever.
    let costly = (0..8).map(|_| {
        let (store, stop) = (world.store.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let until_told = move |view: &View<'_>| {
                while !stop.load(Ordering::SeqCst) {
                    view.children(&everything())?;
                }
                Ok(())
            };
            store.scan(user(1), until_told).await
        })
    });
    let costly: Vec<_> = costly.collect();
    let admin = world.admin().await;
    for _ in 0..5 {
        in_time(admin.get("/v1/children?limit=10&sort=username")).await.is(200);
        in_time(admin.get("/v1/educators")).await.is(200);
    }
    stop.store(true, Ordering::SeqCst);
    for one in costly {
        in_time(one).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn answers_to_changes_are_read_after_the_commit_and_not_by_the_writer() {
    let world = World::new().await;
    let (owner, educator) = owner_of(&world, 3, 4).await;
    let admin = world.admin().await;
    let groups = educator.get(&format!("{owner}/children/groups")).await.is(200).body;
    let group = format!("{owner}/children/groups/{}", groups[0]["id"].as_str().unwrap());
    let kid = groups[0]["children"][0]["id"].clone();
    let held = hold(&world, user(1)).await;
    let (changing, renamed) = (educator.clone(), json!({"username": "renamed"}));
    let path = owner.clone();
    let whole = tokio::spawn(async move { changing.patch(&path, renamed).await });
    let (changing, one) = (educator.clone(), json!({"name": "one", "children": [kid]}));
    let path = group.clone();
    let part = tokio::spawn(async move { changing.patch(&path, one).await });
    // The change is there, and other changes are made, while the answer still waits to be read.
    in_time(async {
        while world.nobody().post("/v1/auth", json!({"username": "renamed", "password": "first password"})).await.status
            != 200
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    admin.make_institution().await;
    assert!(!whole.is_finished());
    held.end().await;
    let whole = in_time(whole).await.unwrap().is(200).body;
    assert_eq!(whole["username"], "renamed");
    assert_eq!(whole["children_groups"].as_array().unwrap().len(), 3);
    let part = in_time(part).await.unwrap().is(200).body;
    assert_eq!((&part["name"], part["children"].as_array().unwrap().len()), (&json!("one"), 1));
    assert_eq!(educator.get(&group).await.is(200).body, part);
}

#[tokio::test]
async fn a_change_whose_answer_finds_no_place_in_the_line_is_not_made() {
    let world = World::new().await;
    let (owner, educator) = owner_of(&world, 1, 2).await;
    let asker = Asker::User(Id::parse(owner.rsplit('/').next().unwrap()).unwrap());
    let places: Vec<_> = std::iter::from_fn(|| world.store.reserve(asker).ok()).collect();
    let before = world.admin().await.get(&owner).await.is(200).body;
    let refused = educator.patch(&owner, json!({"username": "somebody else"})).await;
    refused.fails(503, "SERVICE UNAVAILABLE", Some(FULL));
    drop(places);
    assert_eq!(educator.get(&owner).await.is(200).body["username"], before["username"]);
}

#[tokio::test]
async fn a_long_answer_is_whole_and_of_one_state_while_others_change_what_it_shows() {
    let world = World::new().await;
    let (owner, educator) = owner_of(&world, 60, 100).await;
    let admin = world.admin().await;
    let before = educator.get(&owner).await.is(200);
    assert!(before.text.len() > 500_000, "more than may wait for one client");
    let groups = before.body["children_groups"].as_array().unwrap().clone();
    assert_eq!(groups.iter().map(|group| group["children"].as_array().unwrap().len()).sum::<usize>(), 6000);
    let listed = educator.get(&format!("{owner}/children/groups?limit=1000")).await.is(200);
    assert_eq!(listed.body.as_array().unwrap(), &groups);
    assert_eq!(listed.header("x-total-count"), Some("60"));
    let kid = groups[59]["children"][0]["id"].as_str().unwrap();
    let answers = join_all((0..3).map(|_| educator.ask(&owner))).await;
    admin.patch(&format!("/v1/children/{kid}"), json!({"gender": "male"})).await.is(200);
    for answer in answers {
        let text = in_time(answer.into_body().into_string()).await.unwrap();
        assert!(text == before.text, "as it was when it was asked for");
    }
    assert!(educator.get(&owner).await.is(200).text != before.text);
    let page = admin.get("/v1/educators?sort=username&limit=1000").await.is(200);
    assert!(page.body.as_array().unwrap().iter().any(|one| one["children_groups"].as_array().unwrap().len() == 60));
}

#[tokio::test]
async fn clients_that_do_not_take_their_answers_hold_little_and_stop_nobody() {
    let world = World::new().await;
    let (owner, educator) = owner_of(&world, 60, 100).await;
    let admin = world.admin().await;
    // More than may begin: the others wait in the line, which is theirs alone.
    let unread: Vec<Response> = in_time(join_all((0..4).map(|_| educator.ask(&owner)))).await;
    let waiting = tokio::spawn({
        let (owner, educator) = (owner.clone(), educator.clone());
        async move { educator.get(&owner).await }
    });
    for _ in 0..5 {
        in_time(admin.get("/v1/children?limit=3")).await.is(200);
    }
    assert!(!waiting.is_finished());
    drop(unread);
    in_time(waiting).await.unwrap().is(200);
}

#[tokio::test]
async fn the_slowest_client_is_cut_off_when_all_threads_wait_for_clients_and_is_not_told_it_had_all() {
    let world = World::new().await;
    let (first, one) = owner_of(&world, 60, 100).await;
    let (second, another) = owner_of(&world, 60, 100).await;
    let mut unread: Vec<Response> = in_time(join_all((0..4).map(|_| one.ask(&first)))).await;
    unread.extend(in_time(join_all((0..4).map(|_| another.ask(&second)))).await);
    in_time(world.admin().await.get("/v1/children?limit=1")).await.is(200);
    let mut whole = 0;
    for answer in unread {
        whole += usize::from(in_time(answer.into_body().into_string()).await.is_ok());
    }
    assert_eq!(whole, 7, "one made room");
}

#[tokio::test]
async fn a_store_that_is_closed_leaves_no_scan_behind() {
    let world = World::new().await;
    let (owner, educator) = owner_of(&world, 60, 100).await;
    let unread: Vec<Response> = in_time(join_all((0..3).map(|_| educator.ask(&owner)))).await;
    drop(educator);
    let folder = world.folder.clone();
    in_time(async { drop(world) }).await;
    for answer in unread {
        assert!(in_time(answer.into_body().into_string()).await.is_err());
    }
    assert!(!folder.path().join("ocariot.db-wal").exists(), "the database is closed");
}
