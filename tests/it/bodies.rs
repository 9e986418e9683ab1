//! Memory that bodies may take while they arrive.

use poem::http::Method;
use poem::{Body, Request};
use serde_json::json;

use crate::support::{Client, Options, World};

/// A body in two parts; the second is sent, or the body given up, when the sender is used or dropped.
fn slow(client: &Client, first: String) -> (Request, tokio::io::DuplexStream) {
    let (mut sender, receiver) = tokio::io::duplex(1 << 20);
    let request = client.request(Method::POST, "/v1/auth").header("content-type", "application/json");
    let write = tokio::io::AsyncWriteExt::write_all(&mut sender, first.as_bytes());
    futures_util::FutureExt::now_or_never(write).unwrap().unwrap();
    (request.body(Body::from_async_read(receiver)), sender)
}

#[tokio::test]
async fn bodies_over_the_budget_are_answered_503_and_room_comes_back() {
    let options = Options { body_bytes: 60_000, body_budget: 65_536, ..Options::default() };
    let world = World::with(options).await;
    let client = world.nobody();
    let (request, sender) = slow(&client, " ".repeat(59_000));
    let holder = tokio::spawn({
        let client = client.clone();
        async move { client.call(request).await }
    });
    let large = json!({"username": "u".repeat(25_000), "password": "p"});
    let refused = loop {
        let reply = client.post("/v1/auth", large.clone()).await;
        match reply.status {
            401 => tokio::task::yield_now().await,
            _ => break reply.is(503),
        }
    };
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.body["message"], "SERVICE UNAVAILABLE");
    client.get("/healthz").await.is(200);
    drop(sender);
    holder.await.unwrap().is(400);
    client.post("/v1/auth", large).await.is(401);
}

#[tokio::test]
async fn stalled_bodies_of_one_network_leave_room_for_small_ones_and_for_those_of_others() {
    const HOLDERS: usize = 40;
    let options = Options { body_bytes: 60_000, body_budget: 1 << 20, ..Options::default() };
    let world = World::with(options).await;
    let greedy = world.nobody().from("192.0.2.1");
    let mut holders = Vec::new();
    for _ in 0..HOLDERS {
        let (request, sender) = slow(&greedy, " ".repeat(55_000));
        let client = greedy.clone();
        holders.push((tokio::spawn(async move { client.call(request).await.status }), sender));
    }
    let large = json!({"username": "u".repeat(50_000), "password": "p"});
    while greedy.post("/v1/auth", large.clone()).await.status != 503 {
        tokio::task::yield_now().await;
    }
    for client in [&greedy, &world.nobody().from("192.0.2.2")] {
        client.post("/v1/auth", json!({"username": "u".repeat(4000), "password": "p"})).await.is(401);
    }
    for number in 2..9 {
        world.nobody().from(&format!("192.0.2.{number}")).post("/v1/auth", large.clone()).await.is(401);
    }
    let mut held = 0;
    for (holder, sender) in holders {
        drop(sender);
        held += usize::from(holder.await.unwrap() == 400);
    }
    assert!((1..HOLDERS / 2).contains(&held), "{held}");
    greedy.post("/v1/auth", large).await.is(401);
}
