//! Faults of the service itself: they end one request, or are noticed; they never pass in silence.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use ocariot_users::model::{Clock, InstitutionFacts, Text};
use serde_json::json;
use tokio::runtime::Handle;

use crate::support::{World, on_writer_thread, start_service};

#[tokio::test]
async fn a_panic_in_a_write_ends_that_write_and_undoes_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    admin.make_institution().await;
    let before = admin.get("/v1/institutions").await.is(200).body;
    let store = world.store.clone();
    let write = tokio::spawn(async move {
        store
            .write::<()>(|tx| {
                let id = tx.institutions(&Default::default())?.items[0].id;
                tx.delete_institution(id)?;
                panic!("on purpose")
            })
            .await
    });
    assert!(write.await.unwrap_err().is_panic());
    assert_eq!(admin.get("/v1/institutions").await.body, before);
    admin.make_institution().await;
}

#[tokio::test]
async fn a_panic_after_a_commit_leaves_it_on_disk_and_ends_the_service() {
    let world = World::new().await;
    let done = Arc::new(AtomicBool::new(false));
    let (id_sender, id) = std::sync::mpsc::channel();
    let store = world.store.clone();
    let (first, second) = (done.clone(), world.store.clone());
    let failing = store.write(move |tx| {
        tx.after_commit(|| panic!("on purpose"));
        tx.after_commit(move || first.store(true, Ordering::SeqCst));
        let (name, kind) = (Text::verbatim("A".to_owned()), Text::verbatim("School".to_owned()));
        let facts = InstitutionFacts { name, kind, address: None, latitude: None, longitude: None };
        id_sender.send(tx.insert_institution(&facts)?).unwrap();
        Ok(())
    });
    // Nobody hears that it is done: what is in memory is not what is on disk.
    assert!(failing.await.is_err());
    assert!(done.load(Ordering::SeqCst), "the other deeds are done");
    second.writer_ended().await;
    assert!(second.write(|_| Ok(())).await.is_err());
    world.nobody().get("/readyz").await.is(503);
    let world = world.restarted().await;
    let id = id.recv().unwrap();
    world.admin().await.get(&format!("/v1/institutions/{id}")).await.is(200);
}

#[tokio::test]
async fn readyz_keeps_its_answer_for_a_second_and_tries_anew_then() {
    let world = World::new().await;
    let nobody = world.nobody();
    nobody.get("/readyz").await.is(200);
    let statements = world.store.statements();
    let many = (0..20).map(|_| nobody.get("/readyz"));
    for reply in futures_util::future::join_all(many).await {
        reply.is(200);
    }
    assert_eq!(world.store.statements(), statements);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    nobody.get("/readyz").await.is(200);
    assert!(world.store.statements() > statements);
}

#[tokio::test]
async fn a_writer_that_has_ended_makes_the_service_unready() {
    let world = World::new().await;
    let admin = world.admin().await;
    assert!(world.store.writer_ended().now_or_never().is_none());
    world.clock.break_for_writer();
    assert!(world.store.write(|_| Ok(())).await.is_err());
    world.store.writer_ended().await;
    let texts = "The server is stopping. Please try again in a few seconds.";
    let reply = admin.get("/readyz").await.fails(503, "SERVICE UNAVAILABLE", Some(texts));
    assert!(reply.header("retry-after").is_some());
    admin.get("/healthz").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_writer_has_ended_stops_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let clock = Clock::new({
        let broken = Arc::clone(&broken);
        move || {
            let broken = broken.load(Ordering::SeqCst) && on_writer_thread();
            assert!(!broken, "the clock is broken on purpose");
            Clock::system().now()
        }
    });
    let (service, started) = start_service(folder.path(), clock, &[]).await.unwrap();
    let running = tokio::spawn(async move { service.run(&Handle::current()).await });
    let url = format!("http://{}/readyz", started.address);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    broken.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let unready = reqwest::get(&url).await.unwrap();
    assert_eq!(unready.status(), 503);
    assert_eq!(unready.json::<serde_json::Value>().await.unwrap()["message"], json!("SERVICE UNAVAILABLE"));
    let ended = tokio::time::timeout(Duration::from_secs(60), running).await.unwrap().unwrap();
    let message = ended.unwrap_err().to_string();
    assert!(message.contains("the thread that writes to the database has ended"), "{message}");
}
