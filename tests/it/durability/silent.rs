//! The disk hangs: it does not fail, it does not answer. Those who watch over the service are answered, and it ends
//! when it is asked to.

use std::time::Duration;

use ocariot_users::model::Clock;
use ocariot_users::operations::StartError;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::vfs::{Fault, Watched};
use crate::support::start_service;

/// Only what hangs reaches it.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_does_not_answer_whoever_watches_is_answered_and_the_stop_ends() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Watched::new(folder.path());
    let flags = [("admin-password", "secret"), ("metrics-bind", "127.0.0.1:0"), ("shutdown-grace", "1s")];
    let (service, started) = start_service(folder.path(), Clock::system(), &flags).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(async move {
        let asked = async { drop(stopped.await) };
        service.run_until(asked, &Handle::current()).await
    });
    let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
    let ready = format!("http://{}/readyz", started.address);
    let metrics = format!("http://{}/metrics", started.metrics.unwrap());
    assert_eq!(client.get(&ready).send().await.unwrap().status(), 200);

    disk.fail(Fault::Silent, 0..usize::MAX);
    let login = client.post(format!("http://{}/v1/auth", started.address));
    let login = login.json(&json!({"username": "admin", "password": "secret"}));
    let waiting = tokio::spawn(login.send());
    // What was found a moment ago is kept for a second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    for _ in 0..2 {
        let unready = client.get(&ready).send().await.unwrap();
        assert_eq!(unready.status(), 503);
        let body: Value = unready.json().await.unwrap();
        let said = "The disk of the server does not answer. Please inform its administrator.";
        assert_eq!(body["description"], said);
    }
    let figures = client.get(&metrics).send().await.unwrap().text().await.unwrap();
    assert!(figures.contains("ocariot_ready 0\n") && figures.contains("ocariot_write_queue_length"), "{figures}");
    assert_eq!(client.get(ready.replace("readyz", "healthz")).send().await.unwrap().status(), 200);

    stop.send(()).unwrap();
    let ended = tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap();
    assert!(matches!(ended, Err(StartError::NotClosed)), "{ended:?}");
    assert!(!waiting.is_finished(), "nothing is acknowledged that is not on disk");
    waiting.abort();
    let (struck, _) = disk.mend();
    assert!(struck > 0);
}
