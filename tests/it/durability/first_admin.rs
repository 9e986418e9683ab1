//! The first administrator and the file with his password: whatever is cut short, nobody is made whose password is lost.

use std::time::Duration;

use ocariot_users::model::Clock;
use ocariot_users::operations::StartError;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::vfs::{Fault, Watched};
use crate::support::start_service;

/// How many of the last operations of a first start are cut short, one after the other.
const OPERATIONS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_is_cut_short_leaves_no_administrator_whose_password_is_lost() {
    let whole = {
        let folder = tempfile::tempdir().unwrap();
        let disk = Watched::new(folder.path());
        let service = start_service(folder.path(), Clock::system(), &[]).await.unwrap();
        let count = disk.count();
        drop(service);
        count
    };
    let mut cut_after_the_file = 0;
    for number in whole.saturating_sub(OPERATIONS)..whole {
        let folder = tempfile::tempdir().unwrap();
        let disk = Watched::new(folder.path());
        let file = folder.path().join("initial-admin-password");
        disk.fail(Fault::Broken, number..usize::MAX);
        let cut = start_service(folder.path(), Clock::system(), &[]).await;
        disk.mend();
        if cut.is_err() && file.exists() {
            cut_after_the_file += 1;
        }
        drop(cut);
        logs_in_with_what_the_file_says(folder.path()).await;
    }
    assert!(cut_after_the_file > 0, "the file is there before the administrator is");
}

async fn logs_in_with_what_the_file_says(folder: &std::path::Path) {
    let (service, started) = loop {
        match start_service(folder, Clock::system(), &[]).await {
            // A process that another test is about to start holds all that is open here, for a moment.
            Err(StartError::FolderInUse(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            started => break started.unwrap(),
        }
    };
    let password = std::fs::read_to_string(folder.join("initial-admin-password")).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(async move {
        let asked = async { drop(stopped.await) };
        service.run_until(asked, &Handle::current()).await
    });
    let login = reqwest::Client::new().post(format!("http://{}/v1/auth", started.address));
    let login = login.json(&json!({"username": "admin", "password": password.trim()}));
    assert_eq!(login.send().await.unwrap().status(), 200);
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(120), running).await.unwrap().unwrap().unwrap();
}
