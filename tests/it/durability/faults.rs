//! The disk is full or broken, the folder cannot be written, another program holds the database: changes are refused
//! with a reason, reads go on, and the service returns by itself.

use serde_json::json;

use super::vfs::{Fault, Watched};
use crate::support::{Client, Options, Reply, TestClock, World, child, fresh};

const UNAVAILABLE: &str = "SERVICE UNAVAILABLE";
const FULL: &str = "The disk of the server is full. Please inform its administrator.";
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

    async fn change(&self, name: &str) -> Reply {
        self.admin.post("/v1/children", child(name, &self.institution)).await
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
        let (struck, _) = service.disk.mend();
        assert!(struck > 0);
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
        super::power_cut::is_sound(
            &rusqlite::Connection::open(service.world.folder.path().join("ocariot.db")).unwrap(),
        );
    }
}
