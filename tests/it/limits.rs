//! Rate limits: who is slowed, who is not, and what he is told.

use std::num::NonZeroU32;
use std::time::Duration;

use ocariot_users::app::{Rate, RateLimits};
use ocariot_users::model::Username;
use serde_json::{Value, json};

use crate::support::{ADMIN, Client, Options, PASSWORD, Reply, World, child};

fn rate(count: u32, seconds: u64) -> Rate {
    Rate { count: NonZeroU32::new(count).unwrap(), period: Duration::from_secs(seconds) }
}

/// Those that hold without settings.
fn usual() -> RateLimits {
    RateLimits { address: rate(6000, 60), token: rate(6000, 60), logins: rate(120, 120), account: rate(30, 900) }
}

async fn world(rate_limits: RateLimits, proxies: &[&str]) -> World {
    let trusted_proxies = proxies.iter().map(|network| network.parse().unwrap()).collect();
    World::with(Options { rate_limits: Some(rate_limits), trusted_proxies, ..Options::default() }).await
}

async fn try_password(client: &Client, username: &str, password: &str) -> Reply {
    client.post("/v1/auth", json!({"username": username, "password": password})).await
}

#[track_caller]
fn is_limited(reply: &Reply, limit: u32) {
    let expected = json!({"code": 429, "message": "TOO MANY REQUESTS",
        "description": "The rate limit for requests was exceeded. Please try again later..."});
    assert_eq!((reply.status, &reply.body), (429, &expected));
    assert_eq!(reply.header("x-ratelimit-limit"), Some(limit.to_string().as_str()));
    assert_eq!(reply.header("x-ratelimit-remaining"), Some("0"));
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!(wait >= 1);
}

fn wait(reply: &Reply) -> i64 {
    reply.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_client_that_asks_too_often_waits_as_long_as_it_is_told_and_others_do_not() {
    let world = world(RateLimits { address: rate(5, 50), ..usual() }, &[]).await;
    let (greedy, other) = (world.nobody().from("192.0.2.1"), world.nobody().from("192.0.2.2"));
    for _ in 0..5 {
        greedy.get("/v1/institutions").await.is(401);
    }
    let limited = greedy.get("/v1/institutions").await;
    is_limited(&limited, 5);
    assert_eq!(wait(&limited), 10);
    other.get("/v1/institutions").await.is(401);
    // What is no path is told before, and whether the service lives is always told.
    greedy.get("/v1/nothing").await.is(404);
    greedy.get("/healthz").await.is(200);
    greedy.get("/readyz").await.is(200);
    world.clock.advance(9);
    is_limited(&greedy.get("/v1/institutions").await, 5);
    world.clock.advance(1);
    greedy.get("/v1/institutions").await.is(401);
    is_limited(&greedy.get("/v1/institutions").await, 5);
}

#[tokio::test]
async fn a_clock_that_is_set_back_locks_nobody_out() {
    let world = world(RateLimits { address: rate(1, 10), ..usual() }, &[]).await;
    let client = world.nobody().from("192.0.2.1");
    client.get("/v1/institutions").await.is(401);
    world.clock.advance(-86_400);
    let limited = client.get("/v1/institutions").await;
    assert_eq!(wait(&limited), 10);
    world.clock.advance(10);
    client.get("/v1/institutions").await.is(401);
}

#[tokio::test]
async fn addresses_of_one_ipv6_network_count_as_one_and_mapped_ipv4_as_ipv4() {
    let world = world(RateLimits { address: rate(1, 10), ..usual() }, &[]).await;
    for (first, second, status) in [
        ("2001:db8::1", "2001:db8::ffff:1", 429),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", 401),
        ("192.0.2.1", "::ffff:192.0.2.1", 429),
    ] {
        world.nobody().from(first).get("/v1/institutions").await.is(401);
        world.nobody().from(second).get("/v1/institutions").await.is(status);
    }
}

#[tokio::test]
async fn a_token_used_too_often_is_limited_after_it_was_found_valid_and_before_its_scopes() {
    let world = world(RateLimits { token: rate(3, 30), ..usual() }, &[]).await;
    let admin = world.admin().await;
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        admin.from(address).get("/v1/institutions").await.is(200);
    }
    is_limited(&admin.from("192.0.2.4").get("/v1/institutions").await, 3);
    // The administrator lacks this scope.
    is_limited(&admin.get("/v1/educators/507f191e810c19729de860ea/children/groups").await, 3);
    world.admin().await.get("/v1/institutions").await.is(200);
    world.bearer("no token").get("/v1/institutions").await.is(401);
}

#[tokio::test]
async fn a_class_of_30_logs_in_at_once_from_one_address_and_again_minutes_later() {
    let world = world(usual(), &[]).await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    for number in 0..30 {
        admin.post("/v1/children", child(&format!("pupil{number}"), &institution)).await.is(201);
    }
    let school = world.nobody().from("192.0.2.1");
    for _ in 0..2 {
        for number in 0..30 {
            let name = format!("pupil{number}");
            for (password, status) in [("mistyped", 401), ("again", 401), (PASSWORD, 200)] {
                try_password(&school, &name, password).await.is(status);
            }
        }
        world.clock.advance(180);
    }
}

#[tokio::test]
async fn one_client_tries_only_so_many_passwords_whosever_they_are() {
    let world = world(RateLimits { logins: rate(10, 100), ..usual() }, &[]).await;
    let client = world.nobody().from("192.0.2.1");
    for number in 0..10 {
        try_password(&client, &format!("somebody{number}"), "guess").await.is(401);
    }
    is_limited(&try_password(&client, "admin", ADMIN.1).await, 10);
    try_password(&world.nobody().from("192.0.2.2"), "admin", ADMIN.1).await.is(200);
}

#[tokio::test]
async fn an_account_attacked_from_one_address_is_open_from_another() {
    let world = world(RateLimits { account: rate(5, 50), ..usual() }, &[]).await;
    let owner = world.nobody().from("192.0.2.1");
    try_password(&owner, "admin", ADMIN.1).await.is(200);
    let attacker = world.nobody().from("198.51.100.1");
    // Other ways to write the name are the same account.
    for name in ["admin", "Admin", " ADMIN ", "aDMIN"] {
        try_password(&attacker, name, "guess").await.is(401);
    }
    is_limited(&try_password(&attacker, "admin", ADMIN.1).await, 5);
    try_password(&owner, "admin", ADMIN.1).await.is(200);
}

#[tokio::test]
async fn an_account_attacked_from_everywhere_is_open_where_its_user_logged_in_before() {
    let world = world(RateLimits { account: rate(6, 60), ..usual() }, &[]).await;
    let owner = world.nobody().from("2001:db8::1");
    try_password(&owner, "admin", ADMIN.1).await.is(200);
    // The trail remembers, also after a year less a day, and for the whole network.
    world.clock.advance(364 * 86_400);
    world.app.prune_audit().await.unwrap();
    world.app.forget_old_limits();
    for number in 1..=6 {
        try_password(&world.nobody().from(&format!("198.51.100.{number}")), "admin", "guess").await.is(401);
    }
    for address in ["198.51.100.1", "198.51.100.99"] {
        is_limited(&try_password(&world.nobody().from(address), "admin", ADMIN.1).await, 6);
    }
    try_password(&world.nobody().from("2001:db8::2"), "admin", ADMIN.1).await.is(200);
    // Somebody else's account is not under attack.
    try_password(&world.nobody().from("198.51.100.1"), "another", "guess").await.is(401);

    world.app.unlock(&Username::new("ADMIN").unwrap());
    try_password(&world.nobody().from("198.51.100.99"), "admin", ADMIN.1).await.is(200);
}

#[tokio::test]
async fn whom_an_administrator_unlocks_may_try_again_at_once() {
    let world = world(RateLimits { account: rate(4, 40), ..usual() }, &[]).await;
    let admin = world.admin().await;
    let client = world.nobody().from("192.0.2.1");
    let institution = admin.make_institution().await;
    let child = world.person("children", &institution, &[]).await;
    for _ in 0..4 {
        try_password(&client, &child.username, "guess").await;
    }
    is_limited(&try_password(&client, &child.username, PASSWORD).await, 4);
    admin.post(&format!("/v1/users/{}/unlock", child.id), json!(null)).await.is(204);
    try_password(&client, &child.username, PASSWORD).await.is(200);
}

#[tokio::test]
async fn changing_a_password_counts_as_trying_it() {
    let world = world(RateLimits { account: rate(4, 40), ..usual() }, &[]).await;
    let client = world.nobody().from("192.0.2.1");
    let token = try_password(&client, "admin", ADMIN.1).await.is(200).body["access_token"].clone();
    let client = world.bearer(token.as_str().unwrap()).from("192.0.2.1");
    let path = format!("/v1/users/{}/password", world.admin_id().await);
    let wrong = json!({"old_password": "guess", "new_password": "x"});
    for _ in 0..3 {
        client.put(&path, wrong.clone()).await.is(400);
    }
    let right = json!({"old_password": ADMIN.1, "new_password": ADMIN.1});
    is_limited(&client.put(&path, right.clone()).await, 4);
    is_limited(&try_password(&client, "admin", ADMIN.1).await, 4);
    world.clock.advance(10);
    client.put(&path, right).await.is(204);
}

#[tokio::test]
async fn who_is_believed_about_where_requests_come_from() {
    let world = world(RateLimits { address: rate(1, 10), ..usual() }, &["10.0.0.0/8"]).await;
    let ask = async |peer: &str, forwarded: &str| {
        let client = world.nobody().from(peer);
        let request = client.request(poem::http::Method::GET, "/v1/institutions");
        client.call(request.header("x-forwarded-for", forwarded).finish()).await.status
    };
    // Behind the proxy each counts for himself, and cannot pass for another.
    assert_eq!(ask("10.0.0.1", "192.0.2.1").await, 401);
    assert_eq!(ask("10.0.0.1", "192.0.2.2").await, 401);
    assert_eq!(ask("10.0.0.2", "203.0.113.7, 192.0.2.2").await, 429);
    // Not behind it, one is oneself whatever one says.
    assert_eq!(ask("198.51.100.1", "192.0.2.3").await, 401);
    assert_eq!(ask("198.51.100.1", "192.0.2.4").await, 429);
}

#[tokio::test]
async fn ten_thousand_guesses_are_evaluated_no_more_than_the_limit_allows() {
    for behind_proxy in [false, true] {
        let world = world(usual(), &["10.0.0.1/32"]).await;
        let owner = world.nobody().from("192.0.2.1");
        try_password(&owner, "admin", ADMIN.1).await.is(200);
        let attacker = world.nobody().from(if behind_proxy { "10.0.0.1" } else { "198.51.100.1" });
        let (mut evaluated, mut limited) = (0, 0);
        for guess in 0..10_000_u32 {
            // Forged where the peer is no proxy, a thousand clients where it is.
            let forwarded = format!("100.64.{}.{}", guess % 1000 / 250, guess % 250);
            let body = json!({"username": "admin", "password": guess.to_string()}).to_string();
            let request = attacker.request(poem::http::Method::POST, "/v1/auth");
            let request = request.header("x-forwarded-for", forwarded).content_type("application/json").body(body);
            match attacker.call(request).await.status {
                401 => evaluated += 1,
                429 => limited += 1,
                other => panic!("{other}"),
            }
            if guess % 1000 == 0 {
                try_password(&owner, "admin", ADMIN.1).await.is(200);
            }
        }
        assert_eq!(evaluated + limited, 10_000);
        assert!((20..=30).contains(&evaluated), "{evaluated}: the owner's own log-ins count too");
        world.clock.advance(900);
        let reply = try_password(&attacker, "admin", "one more").await;
        assert_eq!(reply.body, json!({"code": 401, "message": "Invalid username or password!"}));
    }
}

#[tokio::test]
async fn a_name_that_nobody_has_is_told_apart_by_nothing() {
    let world = world(RateLimits { account: rate(3, 30), ..usual() }, &[]).await;
    let mut seen: Vec<Vec<(u16, String, Value, u64)>> = Vec::new();
    for name in ["admin", "nobody"] {
        let mut replies = Vec::new();
        // More than the account's limit, from one address and then from a fresh one.
        for number in 0..6 {
            let address =
                if number < 4 { format!("192.0.2.{}", name.len()) } else { format!("198.51.100.{}", name.len()) };
            let before = world.store.statements();
            let reply = try_password(&world.nobody().from(&address), name, "guess").await;
            let mut headers = reply.headers.clone();
            headers.remove("x-request-id").unwrap();
            replies.push((reply.status, format!("{headers:?}"), reply.body, world.store.statements() - before));
        }
        seen.push(replies);
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].iter().any(|reply| reply.0 == 429) && seen[0].iter().any(|reply| reply.0 == 401));
}

#[tokio::test]
async fn a_stranger_is_never_counted_for_another_however_many_there_are() {
    const STRANGERS: u32 = 2000;
    let world = world(RateLimits { address: rate(1, 900), ..usual() }, &[]).await;
    let address = |number: u32| format!("10.{}.{}.{}", number >> 16, (number >> 8) & 255, number & 255);
    for number in 0..STRANGERS {
        world.nobody().from(&address(number)).get("/v1/institutions").await.is(401);
    }
    for number in [0, STRANGERS / 2, STRANGERS - 1] {
        is_limited(&world.nobody().from(&address(number)).get("/v1/institutions").await, 1);
    }
}
