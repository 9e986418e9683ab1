//! Two thousand log-ins at the same time, all with the right password.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    Answers, Besieged, Others, USUAL_HASHES, builder, long, outside, peacefully, print, print_medians, source,
};
use crate::support::PASSWORD;

/// How many log in, each on a connection of his own.
struct Rush {
    log_ins: usize,
    /// Accounts; each is used equally often.
    accounts: usize,
    addresses: usize,
    settings: Vec<&'static str>,
}

/// Lets them log in. How long the others' answers took.
async fn rush(rush: &Rush) -> Vec<Answers> {
    let besieged = Besieged::start(&rush.settings).await;
    besieged.register((0..rush.accounts).map(|number| format!("BR{number:05}"))).await;
    let clients: Vec<_> = (0..rush.addresses)
        .map(|number| builder(Some(source(number))).pool_max_idle_per_host(0).build().unwrap())
        .collect();
    let others = Others::ask(&besieged);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    let log_ins: Vec<_> = (0..rush.log_ins)
        .map(|number| {
            let body = json!({"username": format!("BR{:05}", number % rush.accounts), "password": PASSWORD});
            let request = clients[number % clients.len()].post(besieged.url("/auth")).json(&body);
            outside().spawn(async move {
                let reply = request.send().await.unwrap();
                let (status, retry) = (reply.status().as_u16(), reply.headers().get("retry-after").cloned());
                (status, retry.map(|seconds| seconds.to_str().unwrap().to_owned()), reply.text().await.unwrap())
            })
        })
        .collect();
    let mut statuses = BTreeMap::<_, usize>::new();
    for log_in in log_ins {
        let (status, retry, text) = log_in.await.unwrap();
        *statuses.entry(status).or_default() += 1;
        match status {
            200 => assert!(text.contains("access_token")),
            429 | 503 => assert!(retry.unwrap().parse::<u64>().unwrap() >= 1),
            other => panic!("{other}: {text}"),
        }
    }
    let took = begun.elapsed();
    // Whoever asks goes on a little, whatever that took.
    tokio::time::sleep(Duration::from_secs(1).saturating_sub(took)).await;
    let answers = others.stop();
    println!("  {statuses:?} in {took:.1?}; {}", besieged.stays_small());
    print(&answers);
    assert!(statuses[&200] >= 10, "{statuses:?}");
    assert!(statuses[&503] >= 1, "{statuses:?}");
    answers
}

#[test]
fn of_too_many_log_ins_at_once_some_succeed_and_the_others_are_told_to_come_again() {
    if long().is_none() {
        let settings = ["--hash-memory=19 MiB", "--hash-queue=16", "--hash-threads=1"];
        peacefully(rush(&Rush { log_ins: 200, accounts: 4, addresses: 2, settings: settings.to_vec() }));
        return;
    }
    let mut runs = Vec::new();
    for run in 1..=3 {
        println!("2000 log-ins at once, of 100 accounts, from 12 addresses, run {run}:");
        let settings = USUAL_HASHES.to_vec();
        runs.push(peacefully(rush(&Rush { log_ins: 2000, accounts: 100, addresses: 12, settings })));
    }
    print_medians(&runs);
}
