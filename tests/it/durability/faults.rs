//! The disk is full or broken, the folder cannot be written, another program holds the database: changes are refused
//! with a reason, reads go on, and the service returns by itself.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;

use super::vfs::{Fault, Watched};
use crate::support::{Client, Options, Reply, TestClock, World, child, fresh};

const UNAVAILABLE: &str = "SERVICE UNAVAILABLE";
const FULL: &str = "The disk of the server is full. Please inform its administrator.";
const BUSY: &str = "The store is busy at the moment. Please try again in a few seconds.";
const BROKEN: &str = "The disk of the server cannot be used. Please inform its administrator.";

/// A service whose disk can be made to fail.
struct Faulty {
    world: World,
    disk: std::sync::Arc<Watched>,
    admin: Client,
    institution: String,
}

impl Faulty {
    async fn new() -> Self {
        let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
        let disk = Watched::new(folder.path());
        let world = World::open(folder, TestClock::new(), Options::default()).await;
        let admin = world.admin().await;
        let institution = admin.make_institution().await;
        Self { world, disk, admin, institution }
    }

    fn path(&self) -> PathBuf {
        self.world.folder.path().join("ocariot.db")
    }

    async fn change(&self, name: &str) -> Reply {
        self.admin.post("/v1/children", child(name, &self.institution)).await
    }

    /// Readiness is asked once in a while, and may be remembered meanwhile.
    async fn becomes_ready(&self) {
        for _ in 0..600 {
            if self.admin.get("/readyz").await.status == 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the service does not get ready again");
    }

    async fn exists(&self, name: &str) -> bool {
        let found = self.admin.get(&format!("/v1/children?username={name}")).await.is(200);
        !found.body.as_array().unwrap().is_empty()
    }
}

#[tokio::test]
async fn with_a_faulty_disk_changes_are_refused_with_a_reason_reads_go_on_and_service_returns() {
    for (fault, reason) in [(Fault::Full, FULL), (Fault::Broken, BROKEN)] {
        let service = Faulty::new().await;
        service.disk.fail(fault, 0..usize::MAX);
        for _ in 0..3 {
            let name = fresh("c");
            service.change(&name).await.fails(503, UNAVAILABLE, Some(reason));
            assert!(!service.exists(&name).await, "{fault:?}");
        }
        service.admin.get("/readyz").await.fails(503, UNAVAILABLE, Some(reason));
        service.admin.get("/healthz").await.is(200);
        let (struck, _) = service.disk.mend();
        assert!(struck > 0);
        service.becomes_ready().await;
        let name = fresh("c");
        service.change(&name).await.is(201);
        assert!(service.exists(&name).await, "{fault:?}");
    }
}

#[tokio::test]
async fn a_change_during_which_any_one_operation_fails_is_there_whole_or_refused_and_not_there() {
    for fault in [Fault::Full, Fault::Broken] {
        let service = Faulty::new().await;
        let mut refused = 0;
        for number in 0.. {
            service.disk.fail(fault, number..number + 1);
            let name = fresh("c");
            let reply = service.change(&name).await;
            let (struck, seen) = service.disk.mend();
            match reply.status {
                201 => assert!(service.exists(&name).await, "{fault:?} at operation {number}"),
                503 => {
                    assert_eq!(reply.body["message"], json!(UNAVAILABLE));
                    assert!(!service.exists(&name).await, "{fault:?} at operation {number}");
                    refused += 1;
                }
                _ => panic!("{fault:?} at operation {number}: {reply:?}"),
            }
            if struck == 0 && number >= seen {
                break;
            }
        }
        assert!(refused > 2, "{fault:?}");
        super::power_cut::is_sound(&Connection::open(service.path()).unwrap());
    }
}

#[tokio::test]
async fn while_another_program_holds_the_database_changes_are_refused_and_reads_go_on() {
    let service = Faulty::new().await;
    let other = Connection::open(service.path()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let name = fresh("c");
    service.change(&name).await.fails(503, UNAVAILABLE, Some(BUSY));
    service.admin.get("/readyz").await.fails(503, UNAVAILABLE, Some(BUSY));
    assert!(!service.exists(&name).await);
    other.execute_batch("ROLLBACK").unwrap();
    service.becomes_ready().await;
    service.change(&name).await.is(201);
}

#[tokio::test]
async fn a_journal_that_a_reader_held_open_shrinks_when_he_has_gone() {
    const LIMIT: u64 = 64 << 20;
    let service = Faulty::new().await;
    let journal = || std::fs::metadata(service.path().with_extension("db-wal")).unwrap().len();
    let (reader, filler) = [(); 2].map(|()| Connection::open(service.path()).unwrap()).into();
    reader.execute_batch("BEGIN; SELECT count(*) FROM account").unwrap();
    filler.execute_batch("CREATE TABLE filler (content)").unwrap();
    while journal() <= LIMIT {
        filler.execute_batch("DELETE FROM filler; INSERT INTO filler VALUES (zeroblob(8 << 20))").unwrap();
    }
    service.change(&fresh("c")).await.is(201);
    assert!(journal() > LIMIT, "somebody still reads the state before all that");
    reader.execute_batch("COMMIT").unwrap();
    filler.execute_batch("DROP TABLE filler").unwrap();
    service.change(&fresh("c")).await.is(201);
    assert!(journal() <= LIMIT, "{}", journal());
}
