//! Clients of one address that hold as many connections as there are by asking for something now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Besieged, builder, connect, long, outside, peacefully, source};

/// A holder lets so much time go by before each request: less than a connection may idle undisturbed.
const PAUSE: Duration = Duration::from_millis(1800);
/// What it stays away for when its connection was closed.
const BACK: Duration = Duration::from_millis(20);

/// Holds a connection until it is over, and comes again when it is closed.
async fn hold(to: std::net::SocketAddr, over: Arc<AtomicBool>) {
    while !over.load(Ordering::Relaxed) {
        let _ = one_connection(to, &over).await;
        tokio::time::sleep(BACK).await;
    }
}

async fn one_connection(to: std::net::SocketAddr, over: &AtomicBool) -> std::io::Result<()> {
    let mut stream = connect(source(7), to).await?;
    let mut answer = [0; 4096];
    while !over.load(Ordering::Relaxed) {
        tokio::time::sleep(PAUSE).await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await?;
        if stream.read(&mut answer).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// Whoever comes from elsewhere meanwhile is served, each on a connection of his own.
async fn newcomers_are_served(settings: &[&str], holders: usize) {
    let besieged = Besieged::start(&[&["--plain-http"], settings].concat()).await;
    let over = Arc::new(AtomicBool::new(false));
    let holders: Vec<_> = (0..holders).map(|_| outside().spawn(hold(besieged.address(), over.clone()))).collect();
    // Until they have asked twice.
    tokio::time::sleep(PAUSE * 5 / 2).await;
    let mut longest = Duration::ZERO;
    for number in 0..20 {
        let client = builder(Some(source(100 + number))).pool_max_idle_per_host(0).build().unwrap();
        let begun = std::time::Instant::now();
        let reply = client.get(besieged.view()).bearer_auth(&besieged.token).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK);
        longest = longest.max(begun.elapsed());
    }
    println!("  a newcomer waited for at most {longest:.1?}; {}", besieged.stays_small());
    over.store(true, Ordering::Relaxed);
    for holder in holders {
        holder.await.unwrap();
    }
}

#[test]
fn whoever_holds_all_connections_by_asking_now_and_then_keeps_no_newcomer_out() {
    let (few, many) = if long().is_some() { ("--max-connections=1500", 1600) } else { ("--max-connections=60", 80) };
    peacefully(async {
        println!("{many} holders at one address:");
        newcomers_are_served(&[few], many).await;
        println!("the same, which may take all connections:");
        newcomers_are_served(&[few, &few.replace("connections", "connections-per-address")], many).await;
    });
}
