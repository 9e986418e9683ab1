//! What administrators are told of the service itself, and backups that they ask for.

use std::num::NonZeroU32;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ocariot_users::app::{BackupShelf, OnShelf, Rate, RateLimits};
use serde_json::{Value, json};

use crate::support::{ABSENT, ADMIN, BACKUP, Client, Options, PASSWORD, World};

async fn audit(admin: &Client, query: &str) -> Vec<Value> {
    let page = admin.get(&format!("/v1/service/audit?{query}")).await.is(200).body;
    page["rows"].as_array().unwrap().clone()
}

fn actions(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_audit_trail_tells_who_did_what_to_whom_by_their_present_names() {
    let world = World::new().await;
    let (school, admin) = (world.school().await, world.admin().await);
    let child = &school.child;
    admin.patch(&format!("/v1/children/{}", child.id), json!({"username": "renamed"})).await.is(200);
    let rows = audit(&admin, &format!("target={}&action=child_update", child.id)).await;
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!((&row["outcome"], &row["count"], &row["actor_type"]), (&json!("ok"), &json!(1), &json!("admin")));
    assert_eq!((&row["actor_name"], &row["target_name"]), (&json!(ADMIN.0), &json!("renamed")));
    assert_eq!((&row["actor"], &row["target"]), (&json!(world.admin_id().await), &json!(child.id)));
    let logins = audit(&admin, &format!("actor={}&action=auth_login,password_reset", child.id)).await;
    assert_eq!(actions(&logins), ["auth_login"]);
    assert!(audit(&admin, &format!("actor={ABSENT}")).await.is_empty());
    assert!(audit(&admin, "action=nothing").await.is_empty());
}

#[tokio::test]
async fn the_audit_trail_comes_in_pages_without_a_gap_and_within_the_times_asked_for() {
    let world = World::new().await;
    let admin = world.admin().await;
    for _ in 0..4 {
        admin.make_institution().await;
    }
    let all = audit(&admin, "limit=1000").await;
    assert!(all.len() >= 5);
    let (mut paged, mut before) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/v1/service/audit?limit=2{before}")).await.is(200).body;
        paged.extend(page["rows"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(paged, all);
    world.clock.advance(86_400);
    let admin = world.admin().await;
    assert_eq!(actions(&audit(&admin, "start_at=today").await), ["auth_login"]);
    assert_eq!(audit(&admin, "end_at=today").await, all);
    assert!(audit(&admin, "end_at=2019-01-01").await.is_empty());
}

#[tokio::test]
async fn who_is_limited_is_told_by_name_until_somebody_unlocks_him() {
    let rate = |count| Rate { count: NonZeroU32::new(count).unwrap(), period: Duration::from_secs(900) };
    let limits = RateLimits { address: rate(1000), token: rate(1000), logins: rate(1000), account: rate(20) };
    let world = World::with(Options { rate_limits: Some(limits), ..Options::default() }).await;
    let (school, admin) = (world.school().await, world.admin().await);
    assert_eq!(admin.get("/v1/service/limits").await.is(200).body, json!({"on": true, "rows": [], "complete": true}));
    let (child, guess) = (&school.child, world.nobody());
    for _ in 0..21 {
        guess.post("/v1/auth", json!({"username": child.username, "password": "guess"})).await;
    }
    let told = admin.get("/v1/service/limits").await.is(200).body;
    let row = &told["rows"][0];
    assert_eq!((&row["limit"], &row["refused"]), (&json!("account"), &json!(row["refused"].as_u64().unwrap())));
    assert_eq!(row["users"], json!([{"id": child.id, "username": child.username}]));
    admin.post(&format!("/v1/users/{}/unlock", child.id), Value::Null).await.is(204);
    assert_eq!(admin.get("/v1/service/limits").await.is(200).body["rows"], json!([]));
    world.login(&child.username, PASSWORD).await;
    let unlimited = World::new().await.admin().await.get("/v1/service/limits").await.is(200).body;
    assert_eq!(unlimited, json!({"on": false, "rows": [], "complete": true}));
}

#[tokio::test]
async fn keys_and_settings_are_told_without_secrets() {
    let world = World::new().await;
    let admin = world.admin().await;
    let keys = admin.get("/v1/service/keys").await.is(200).body;
    let known = world.nobody().get("/v1/.well-known/jwks.json").await.is(200).body;
    assert_eq!(keys["signing"]["kid"], known["keys"][0]["kid"]);
    assert_eq!((&keys["earlier"], keys["signing"].get("accepted_until")), (&json!([]), None));
    let settings = admin.get("/v1/service/settings").await.is(200).body;
    let expected = json!([{"flag": "bind", "value": "::", "source": "--bind"}, {"flag": "token-ttl", "value": "24h"}]);
    assert_eq!((&settings["settings"], settings["program"].is_string()), (&expected, true));
}

/// A shelf whose backups come to what is sent, each when it is.
fn shelf() -> (BackupShelf, Sender<Result<(), String>>) {
    let (sender, outcomes): (_, Receiver<Result<(), String>>) = channel();
    let outcomes = Mutex::new(outcomes);
    let make = Arc::new(move || outcomes.lock().unwrap().recv().unwrap());
    (BackupShelf { folder: "backups".to_owned(), look: Arc::new(|| Some(OnShelf::default())), make }, sender)
}

async fn became(admin: &Client) -> Value {
    loop {
        let told = admin.get("/v1/service/backups").await.is(200).body;
        if told["asked"] != "making" {
            return told;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_backup_that_is_asked_for_is_made_once_and_its_end_is_told() {
    let (backups, outcomes) = shelf();
    let world = World::with(Options { backups, ..Options::default() }).await;
    let admin = world.admin().await;
    assert_eq!(became(&admin).await, json!({"folder": "backups", "files": [], "asked": "never"}));
    for _ in 0..3 {
        let told = admin.post("/v1/service/backups", Value::Null).await.is(202).body;
        assert_eq!(told["asked"], "making", "asking while one is being made begins no other");
    }
    outcomes.send(Err("its disk is full".to_owned())).unwrap();
    let failed = became(&admin).await;
    assert_eq!((&failed["asked"], &failed["failure"]), (&json!("failed"), &json!("its disk is full")));
    admin.post("/v1/service/backups", Value::Null).await.is(202);
    outcomes.send(Ok(())).unwrap();
    let made = became(&admin).await;
    assert_eq!((&made["asked"], made.get("failure")), (&json!("made"), None));
    assert_eq!(actions(&audit(&admin, "action=backup_make").await).len(), 4);
    // One that panics is none, and keeps no other from being made.
    drop(outcomes);
    admin.post("/v1/service/backups", Value::Null).await.is(202);
    assert_eq!(became(&admin).await["asked"], "failed");
}

#[tokio::test]
async fn backups_are_told_with_their_times_and_form() {
    let told = World::new().await.admin().await.get("/v1/service/backups").await.is(200).body;
    let file = json!({"file": BACKUP, "bytes": 1, "made_at": "2019-01-01T00:00:00.000Z", "sealed": false});
    let last_drill = "2019-01-01T00:00:00.000Z";
    assert_eq!(told, json!({"folder": "backups", "files": [file], "last_drill": last_drill, "asked": "never"}));
}

#[tokio::test]
async fn nobody_but_administrators_is_told_of_the_service() {
    let world = World::new().await;
    let school = world.school().await;
    for client in [&school.educator.client, &school.family.client, &school.child.client, &school.application.client] {
        for path in ["audit", "limits", "keys", "settings", "backups"] {
            client.get(&format!("/v1/service/{path}")).await.is(403);
        }
        client.post("/v1/service/backups", Value::Null).await.is(403);
    }
    world.nobody().get("/v1/service/audit").await.is(401);
}
