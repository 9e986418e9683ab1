//! Clients of one address that hold as many connections as there are by asking for something now and then.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::{Besieged, builder, connect, long, outside, peacefully, server_name, source};

/// A holder lets so much time go by before each request: less than a connection may idle undisturbed.
const PAUSE: Duration = Duration::from_millis(1800);
/// What it stays away for when its connection was closed.
const BACK: Duration = Duration::from_millis(20);

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Plain,
    Tls,
}

/// Holds a connection until it is over, and comes again when it is closed.
async fn hold(to: SocketAddr, tls: Option<TlsConnector>, over: Arc<AtomicBool>) {
    while !over.load(Ordering::Relaxed) {
        let _ = one_connection(to, tls.as_ref(), &over).await;
        tokio::time::sleep(BACK).await;
    }
}

async fn one_connection(to: SocketAddr, tls: Option<&TlsConnector>, over: &AtomicBool) -> std::io::Result<()> {
    let stream = connect(source(7), to).await?;
    match tls {
        Some(tls) => ask_now_and_then(tls.connect(server_name(), stream).await?, over).await,
        None => ask_now_and_then(stream, over).await,
    }
}

async fn ask_now_and_then(mut stream: impl AsyncRead + AsyncWrite + Unpin, over: &AtomicBool) -> std::io::Result<()> {
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
async fn newcomers_are_served(protocol: Protocol, settings: &[&str], holders: usize) {
    let plain: &[&str] = if protocol == Protocol::Plain { &["--plain-http"] } else { &[] };
    let besieged = Besieged::start(&[plain, settings].concat()).await;
    let tls = (protocol == Protocol::Tls).then(|| besieged.tls());
    let over = Arc::new(AtomicBool::new(false));
    let hold = |_| outside().spawn(hold(besieged.address(), tls.clone(), over.clone()));
    let holders: Vec<_> = (0..holders).map(hold).collect();
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

fn besiege(protocol: Protocol) {
    let (few, many) = if long().is_some() { ("--max-connections=1500", 1600) } else { ("--max-connections=60", 80) };
    peacefully(async {
        println!("{many} holders at one address, {protocol:?}:");
        newcomers_are_served(protocol, &[few], many).await;
        println!("the same, which may take all connections:");
        newcomers_are_served(protocol, &[few, &few.replace("connections", "connections-per-address")], many).await;
    });
}

#[test]
fn whoever_holds_all_connections_by_asking_now_and_then_keeps_no_newcomer_out() {
    besiege(Protocol::Plain);
}

#[test]
fn whoever_holds_all_connections_over_tls_by_asking_now_and_then_keeps_no_newcomer_out() {
    besiege(Protocol::Tls);
}
