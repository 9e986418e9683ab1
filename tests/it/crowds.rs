//! Many who try to log in at the same time: whoever should come in does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::support::{Client, Options, PASSWORD, World, child};

/// Somebody tries made-up names as fast as he can, until it is over.
async fn try_names(client: Client, number: usize, over: Arc<AtomicBool>, wrong: Arc<AtomicUsize>) {
    let mut tries = 0;
    while !over.load(Ordering::Relaxed) {
        tries += 1;
        let body = json!({"username": format!("made up {number} {tries}"), "password": "guess"});
        match client.post("/v1/auth", body).await.status {
            401 => drop(wrong.fetch_add(1, Ordering::Relaxed)),
            503 => tokio::time::sleep(Duration::from_millis(1)).await,
            other => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_addresses_with_made_up_names_keep_nobody_from_logging_in() {
    const REAL: usize = 39;
    const STRANGERS: usize = 100;
    let world = World::with(Options { hash_memory: 2048, hash_queue: 16, ..Options::default() }).await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let log_in = async |number: usize, address: String| {
        let body = json!({"username": format!("BR{number}"), "password": PASSWORD});
        world.nobody().from(&address).post("/v1/auth", body).await.is(200);
    };
    for number in 0..REAL + 5 {
        admin.post("/v1/children", child(&format!("BR{number}"), &institution)).await.is(201);
    }
    for number in 0..REAL {
        log_in(number, format!("192.0.2.{number}")).await;
    }
    let (over, wrong) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let attack: Vec<_> = (0..STRANGERS)
        .map(|number| {
            let client = world.nobody().from(&format!("10.0.0.{number}"));
            tokio::spawn(try_names(client, number, over.clone(), wrong.clone()))
        })
        .collect();
    // Until each has had something.
    while wrong.load(Ordering::Relaxed) < 4 * STRANGERS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Whoever has logged in from there before.
    for number in 0..REAL {
        log_in(number, format!("192.0.2.{number}")).await;
    }
    // Whoever comes from somewhere else for the first time, and tries no more than one does.
    for number in REAL..REAL + 5 {
        log_in(number, format!("198.51.100.{number}")).await;
    }
    over.store(true, Ordering::Relaxed);
    for task in attack {
        task.await.unwrap();
    }
}
