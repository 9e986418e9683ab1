//! Ten thousand guesses at one account: no more are looked at than the limits allow, and its owner logs in meanwhile.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::json;

use super::{Besieged, USUAL_HASHES, client, long, outside, peacefully, source};
use crate::support::PASSWORD;

const OWNER: &str = "BR0001";
/// Guesses at one account within a quarter of an hour, unless the settings say otherwise.
const ALLOWED: u64 = 100;
const PERIOD: Duration = Duration::from_secs(15 * 60);
/// How many guess at the same time.
const GUESSERS: usize = 16;

/// Whose guess it is, as it looks: his address, and what he says of it.
type From = fn(usize) -> (IpAddr, String);

/// A forged address, another one each time.
fn forged(number: usize) -> String {
    format!("203.0.{}.{}, 198.51.100.{}", number / 250 % 250, number % 250, number % 99)
}

fn one_address(number: usize) -> (IpAddr, String) {
    (source(0), forged(number))
}

fn twenty_addresses(number: usize) -> (IpAddr, String) {
    (source(number % 20), forged(number))
}

/// Everybody comes through one proxy, which adds the address that it is asked by.
fn a_thousand_behind_a_proxy(number: usize) -> (IpAddr, String) {
    let number = number % 1000;
    (source(0), format!("203.0.113.9, 10.1.{}.{}", number / 250, number % 250))
}

/// The statuses of so many guesses, and how often each came.
async fn guess(besieged: &Besieged, guesses: usize, from: From) -> BTreeMap<u16, u64> {
    let guessers = (0..GUESSERS).map(|guesser| {
        let url = besieged.url("/auth");
        outside().spawn(async move {
            let mut statuses = BTreeMap::<_, u64>::new();
            let mut clients: BTreeMap<IpAddr, Client> = BTreeMap::new();
            for number in (guesser..guesses).step_by(GUESSERS) {
                let (address, forwarded) = from(number);
                let client = clients.entry(address).or_insert_with(|| client(Some(address)));
                let body = json!({"username": OWNER, "password": format!("guess {number}")});
                let request = client.post(&url).header("X-Forwarded-For", forwarded).json(&body);
                let reply = request.send().await.unwrap();
                if reply.status() == StatusCode::TOO_MANY_REQUESTS {
                    let wait: u64 = reply.headers()["retry-after"].to_str().unwrap().parse().unwrap();
                    assert!(wait >= 1);
                }
                *statuses.entry(reply.status().as_u16()).or_default() += 1;
                reply.bytes().await.unwrap();
            }
            statuses
        })
    });
    let mut all = BTreeMap::<_, u64>::new();
    for guesser in guessers.collect::<Vec<_>>() {
        for (status, count) in guesser.await.unwrap() {
            *all.entry(status).or_default() += count;
        }
    }
    all
}

/// How many passwords the service found wrong so far, as it counts itself.
async fn evaluated(besieged: &Besieged) -> u64 {
    let metrics = besieged.server.notice.lines().find_map(|line| line.trim().strip_prefix("Metrics")).unwrap();
    let text = client(None).get(metrics.trim()).send().await.unwrap().text().await.unwrap();
    let series = r#"ocariot_http_requests_total{method="POST",route="/v1/auth",status="401"} "#;
    text.lines().find_map(|line| line.strip_prefix(series)).map_or(0, |count| count.parse().unwrap())
}

async fn attack(settings: &[&str], guesses: usize, from: From, proxy: Option<IpAddr>) {
    let usual = ["--plain-http", "--metrics-bind=127.0.0.1:0"];
    let besieged = Besieged::start(&[&usual, settings].concat()).await;
    besieged.register([OWNER.to_owned()].into_iter()).await;
    // He has logged in from there before.
    let at_home = client(Some(proxy.unwrap_or_else(|| source(200))));
    let log_in = || async {
        let body = json!({"username": OWNER, "password": PASSWORD});
        let request = at_home.post(besieged.url("/auth")).header("X-Forwarded-For", "192.0.2.77").json(&body);
        request.send().await.unwrap().status()
    };
    assert_eq!(log_in().await, 200);
    let begun = Instant::now();
    let owner = async {
        loop {
            assert_eq!(log_in().await, 200, "the owner logs in");
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    };
    let statuses = tokio::select! {
        statuses = guess(&besieged, guesses, from) => statuses,
        () = owner => unreachable!("he goes on"),
    };
    assert_eq!(log_in().await, 200, "the owner logs in afterwards");
    let again = begun.elapsed().as_secs() * ALLOWED / PERIOD.as_secs() + 1;
    let evaluated = evaluated(&besieged).await;
    println!("  {guesses} guesses: {statuses:?}, {evaluated} of them evaluated, in {:.1?}", begun.elapsed());
    assert_eq!(statuses.keys().copied().collect::<Vec<_>>(), [401, 429]);
    assert_eq!(statuses[&401], evaluated);
    assert!(evaluated <= ALLOWED + again, "{evaluated}");
    println!("  {}", besieged.stays_small());
}

#[test]
fn ten_thousand_guesses_are_mostly_not_looked_at_and_the_owner_logs_in() {
    let (guesses, settings) = if long().is_some() { (10_000, USUAL_HASHES) } else { (1200, &[][..]) };
    peacefully(async {
        println!("One account, one address, forged X-Forwarded-For:");
        attack(settings, guesses, one_address, None).await;
        println!("One account, 20 addresses, forged X-Forwarded-For:");
        attack(settings, guesses, twenty_addresses, None).await;
        println!("One account, 1000 addresses behind a trusted proxy:");
        let proxy = source(0);
        let trusted = format!("--trusted-proxies={proxy}");
        attack(&[settings, &[trusted.as_str()]].concat(), guesses, a_thousand_behind_a_proxy, Some(proxy)).await;
    });
}
