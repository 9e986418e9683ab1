//! The power goes at any moment: what a disk can hold then is put together from what was written and synced, and the
//! store is opened on it.
//!
//! The model of a disk: what was written before a file's last sync is there. Of what was written since, anything may
//! be there: all, any part of the writes, or of the last write only some of its 512-byte sectors.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::extent;
use super::vfs::{Operation, Watched};
use crate::support::{Client, Options, TestClock, World, child, fresh, open_store};

/// How many random parts of the unsynced writes are tried at each moment.
const PARTS: usize = 64;
const SECTOR: usize = 512;

/// Files by name, as they are on the disk.
type Disk = BTreeMap<String, Vec<u8>>;

/// A moment at which a change was acknowledged.
struct Mark {
    /// How many operations there had been.
    operations: usize,
    /// Everything in the database.
    content: String,
}

/// What is tried of the writes that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    /// All of them.
    Prefix,
    /// The last one has some of its sectors alone.
    Torn,
    /// Some of them.
    Part,
}

#[tokio::test]
async fn a_power_cut_loses_nothing_that_was_acknowledged_and_leaves_nothing_half_done() {
    let points = extent("DURABILITY_POINTS", 300);
    let mut random = fastrand::Rng::with_seed(5);
    // A moment gives some 20 states of the disk that differ.
    let (operations, marks) = record(points / 20 + 60).await;
    // Little time goes far: few moments from the whole recording, and all their states.
    let mut moments: Vec<_> = (0..=operations.len()).collect();
    random.shuffle(&mut moments);
    let scratch = scratch();
    let (mut tried, mut seen) = (BTreeMap::new(), 0);
    let enough = |tried: &BTreeMap<Cut, usize>| {
        let of = |cut| tried.get(&cut).copied().unwrap_or(0);
        tried.values().sum::<usize>() >= points && of(Cut::Part) > points / 4 && of(Cut::Torn) > points / 50
    };
    for moment in moments {
        if enough(&tried) {
            break;
        }
        let (mut durable, mut pending) = (Disk::new(), Vec::new());
        operations[..moment].iter().for_each(|operation| advance(&mut durable, &mut pending, operation));
        let acknowledged = marks.iter().take_while(|mark| mark.operations <= moment).count();
        for (cut, disk) in disks(&durable, &pending, &mut random) {
            check(&scratch, &disk, &marks, acknowledged, moment);
            *tried.entry(cut).or_default() += 1;
        }
        seen += 1;
    }
    println!("power cuts: {tried:?} at {seen} of {} moments, {} changes", operations.len() + 1, marks.len());
    assert!(enough(&tried) && marks.len() > 15, "{tried:?}, {} changes", marks.len());
}

/// Works with a service until so many operations were recorded.
async fn record(enough: usize) -> (Vec<Operation>, Vec<Mark>) {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let watched = Watched::new(folder.path());
    let world = World::open(folder.clone(), TestClock::new(), Options::default()).await;
    let database = Connection::open(folder.path().join("ocariot.db")).unwrap();
    let mark = || Mark { operations: watched.count(), content: content(&database) };
    let mut marks = vec![mark()];
    let admin = world.admin().await;
    marks.push(mark());
    let institution = admin.make_institution().await;
    marks.push(mark());
    for round in 0.. {
        for step in 0..5 {
            change(&admin, &institution, step).await;
            marks.push(mark());
        }
        if round % 3 == 1 {
            // So that pages move from the journal to the database, and the journal begins again.
            world.sql("PRAGMA wal_checkpoint(RESTART)");
        }
        if watched.count() >= enough && round >= 3 {
            break;
        }
    }
    (watched.operations(), marks)
}

/// One change of several rows.
async fn change(admin: &Client, institution: &str, step: usize) {
    match step {
        0 | 1 => drop(admin.make_child(institution).await),
        2 => {
            let children = admin.get("/v1/children?limit=2").await.is(200);
            let ids: Vec<_> = children.body.as_array().unwrap().iter().map(|child| child["id"].clone()).collect();
            let mut body = child(&fresh("family-"), institution);
            body["children"] = json!(ids);
            admin.post("/v1/families", body).await.is(201);
        }
        3 => {
            let body = json!({"address": fresh("Street ")});
            admin.patch(&format!("/v1/institutions/{institution}"), body).await.is(200);
        }
        _ => {
            let children = admin.get("/v1/children?limit=1").await.is(200);
            let id = children.body[0]["id"].as_str().unwrap().to_owned();
            admin.delete(&format!("/v1/users/{id}")).await.is(204);
        }
    }
}

/// Every row of every table.
fn content(database: &Connection) -> String {
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut statement = database.prepare(names).unwrap();
    let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut text = String::new();
    for table in tables {
        let mut statement = database.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<_> = (0..columns).map(|column| row.get_ref(column).unwrap()).collect();
            text.push_str(&format!("{table} {values:?}\n"));
        }
    }
    text
}

/// What a disk can hold when the power goes, each state once.
fn disks(durable: &Disk, pending: &[&Operation], random: &mut fastrand::Rng) -> Vec<(Cut, Disk)> {
    let with = |operations: &[&Operation]| {
        let mut disk = durable.clone();
        operations.iter().for_each(|operation| apply(&mut disk, operation));
        disk
    };
    let mut disks = vec![(Cut::Prefix, with(pending))];
    if let Some((Operation::Write { file, offset, data }, before)) = pending.split_last()
        && data.len() > SECTOR
    {
        let end = SECTOR * random.usize(1..data.len().div_ceil(SECTOR));
        let torn = Operation::Write { file: file.clone(), offset: *offset, data: data[..end].to_vec() };
        disks.push((Cut::Torn, with(&[before, &[&torn]].concat())));
        let mut sectors = with(before);
        for (number, sector) in data.chunks(SECTOR).enumerate().filter(|_| random.bool()) {
            let (file, offset) = (file.clone(), offset + number * SECTOR);
            apply(&mut sectors, &Operation::Write { file, offset, data: sector.to_vec() });
        }
        disks.push((Cut::Torn, sectors));
    }
    for _ in 0..if pending.is_empty() { 0 } else { PARTS } {
        let part: Vec<_> = pending.iter().copied().filter(|_| random.bool()).collect();
        disks.push((Cut::Part, with(&part)));
    }
    let mut known = HashSet::new();
    disks.retain(|(_, disk)| known.insert(disk.clone()));
    disks
}

/// Takes an operation in: it waits for its file's next sync.
fn advance<'o>(durable: &mut Disk, pending: &mut Vec<&'o Operation>, operation: &'o Operation) {
    match operation {
        Operation::Sync { file } => pending.retain(|waiting| {
            let (Operation::Write { file: other, .. } | Operation::Truncate { file: other, .. }) = waiting else {
                return true;
            };
            if other == file {
                apply(durable, waiting);
            }
            other != file
        }),
        // SQLite syncs the folder when it deletes.
        Operation::Delete { file } => {
            durable.remove(file);
            pending.retain(|waiting| {
                !matches!(waiting,
                Operation::Write { file: other, .. } | Operation::Truncate { file: other, .. } if other == file)
            });
        }
        _ => pending.push(operation),
    }
}

fn apply(disk: &mut Disk, operation: &Operation) {
    match operation {
        Operation::Write { file, offset, data } => {
            let content = disk.entry(file.clone()).or_default();
            content.resize(content.len().max(offset + data.len()), 0);
            content[*offset..offset + data.len()].copy_from_slice(data);
        }
        Operation::Truncate { file, size } => disk.entry(file.clone()).or_default().truncate(*size),
        Operation::Sync { .. } => {}
        Operation::Delete { file } => drop(disk.remove(file)),
    }
}

/// A folder in memory where the system has one: ten thousand databases are opened there.
fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn check(scratch: &TempDir, disk: &Disk, marks: &[Mark], acknowledged: usize, moment: usize) {
    let folder = tempfile::tempdir_in(scratch).unwrap();
    for (name, content) in disk {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let path = folder.path().join("ocariot.db");
    drop(open_store(&path, &TestClock::new()));
    let database = Connection::open(&path).unwrap();
    is_sound(&database);
    if acknowledged > 0 {
        // The next change was in work: it may be there, whole.
        let possible = &marks[acknowledged - 1..marks.len().min(acknowledged + 1)];
        let content = content(&database);
        let found = possible.iter().any(|mark| mark.content == content);
        assert!(found, "after operation {moment}, {acknowledged} changes acknowledged, there is\n{content}");
    }
}

/// What SQLite itself can say of a database.
pub fn is_sound(database: &Connection) {
    let integrity: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok");
    let keys: usize =
        database.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!(keys, 0, "foreign keys that point nowhere");
}

#[test]
fn the_model_of_a_disk_sees_a_commit_that_was_not_synced() {
    let write = |data: &[u8]| Operation::Write { file: "f".to_owned(), offset: 0, data: data.to_vec() };
    let (first, sync, second) = (write(b"a"), Operation::Sync { file: "f".to_owned() }, write(b"b"));
    let (mut durable, mut pending) = (Disk::new(), Vec::new());
    for operation in [&first, &sync, &second] {
        advance(&mut durable, &mut pending, operation);
    }
    let found = disks(&durable, &pending, &mut fastrand::Rng::with_seed(1));
    let holding = |content: &[u8]| Disk::from([("f".to_owned(), content.to_vec())]);
    assert_eq!(found, [(Cut::Prefix, holding(b"b")), (Cut::Part, holding(b"a"))]);
}
