//! A thousand clients, and file descriptors for a quarter of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::{Client, Method};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::{Besieged, builder, connect, long, outside, peacefully, source};
use crate::binary::{Server, program_under};
use crate::support::{ADMIN, fresh};

/// What a client does whose connection the service closes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closed {
    Leaves,
    ComesAgain,
}

/// So many clients, each with half a request. They are there when this returns, or in front of the door.
async fn crowd(count: usize, to: SocketAddr, closed: Closed, gone: &Arc<AtomicBool>) -> Vec<JoinHandle<()>> {
    let clients = (0..count).map(|number| {
        let gone = Arc::clone(gone);
        outside().spawn(async move {
            while !gone.load(Ordering::Relaxed) {
                tokio::select! {
                    () = hold(number, to) => {}
                    () = until(&gone) => {}
                }
                if closed == Closed::Leaves {
                    until(&gone).await;
                }
            }
        })
    });
    let clients = clients.collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    clients
}

/// A connection with half a request, until the service closes it.
async fn hold(number: usize, to: SocketAddr) {
    let Ok(mut stream) = connect(source(number), to).await else {
        return;
    };
    if stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Half: ").await.is_ok() {
        let _ = stream.read_u8().await;
    }
}

async fn until(gone: &AtomicBool) {
    while !gone.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Somebody who makes a connection for each request does all that one does: it goes well at once.
async fn is_normal(besieged: &Besieged) {
    let client = builder(None).pool_max_idle_per_host(0).build().unwrap();
    for _ in 0..5 {
        let name = fresh("School ");
        for (method, path, body) in [
            (Method::GET, "/institutions", json!({})),
            (Method::POST, "/institutions", json!({"name": name, "type": "School"})),
            (Method::GET, "/children?sort=username", json!({})),
            (Method::POST, "/children", crate::support::child(&fresh("BR"), &besieged.institution)),
            (Method::GET, "/families", json!({})),
            (Method::POST, "/auth", json!({"username": ADMIN.0, "password": ADMIN.1})),
        ] {
            let (status, body) = ask(&client, besieged, method, path, &body).await;
            assert!((200..300).contains(&status), "{path}: {status} {body}");
        }
    }
}

async fn ask(client: &Client, besieged: &Besieged, method: Method, path: &str, body: &Value) -> (u16, String) {
    let request = client.request(method, besieged.url(path)).bearer_auth(&besieged.token).json(body);
    let reply = request.send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

async fn leave(clients: Vec<JoinHandle<()>>, gone: &AtomicBool) {
    gone.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
}

const SETTINGS: &[&str] = &["--plain-http", "--log", "warn", "--admin-password", ADMIN.1];

#[test]
fn clients_for_whom_there_are_no_file_descriptors_leave_the_service_idle_and_well() {
    let count = if long().is_some() { 1000 } else { 300 };
    peacefully(async {
        for closed in [Closed::Leaves, Closed::ComesAgain] {
            let folder = tempfile::tempdir().unwrap();
            let few = ["sh", "-c", "ulimit -n 256 && exec \"$@\"", "sh"];
            let program = program_under(&few, folder.path(), SETTINGS);
            let besieged = Besieged::with(Server::run(program, folder)).await;
            let gone = Arc::new(AtomicBool::new(false));
            let clients = crowd(count, besieged.address(), closed, &gone).await;
            let load = besieged.load(Duration::from_secs(long().unwrap_or(2))).await;
            let comes = if closed == Closed::Leaves { "once" } else { "again and again" };
            println!("256 file descriptors, {count} clients that come {comes}: {:.1} % of a core", load * 100.0);
            if closed == Closed::Leaves {
                // A loop that finds nothing to do takes all of one.
                assert!(load < 0.5, "{load}");
                is_normal(&besieged).await;
            }
            leave(clients, &gone).await;
            is_normal(&besieged).await;
            println!("  {}", besieged.stays_small());
        }
    });
}

#[test]
fn a_service_that_gets_no_file_descriptor_waits_for_one_and_takes_those_of_idle_clients() {
    peacefully(async {
        let besieged = Besieged::start(&["--plain-http"]).await;
        is_normal(&besieged).await;
        let process = besieged.server.process_id();
        let open = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
        let limit = Rlimit { current: Some(open as u64 + 6), maximum: Some(open as u64 + 6) };
        prlimit(Pid::from_raw(i32::try_from(process).unwrap()), Resource::Nofile, limit).unwrap();
        let gone = Arc::new(AtomicBool::new(false));
        let clients = crowd(20, besieged.address(), Closed::Leaves, &gone).await;
        let load = besieged.load(Duration::from_secs(long().unwrap_or(2))).await;
        println!("6 file descriptors, 20 clients: {:.1} % of a core", load * 100.0);
        assert!(load < 0.5, "{load}");
        // Whoever comes now waits for those before him, and is served.
        is_normal(&besieged).await;
        leave(clients, &gone).await;
        is_normal(&besieged).await;
        let log = besieged.server.output();
        let said = log.matches("could not be accepted").count();
        assert!((1..=3).contains(&said), "it is said, and not again and again: {log}");
    });
}
