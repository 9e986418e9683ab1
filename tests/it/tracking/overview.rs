//! The overview, and unlocking.

use serde_json::{Value, json};

use super::Tracking;
use crate::support::{ABSENT, PASSWORD};

/// How many users of a type there are, and how many of them never logged in.
fn users(overview: &Value, role: &str) -> (u64, u64) {
    let users = overview["users"].as_array().unwrap();
    let found = users.iter().find(|count| count["type"] == role).unwrap_or_else(|| panic!("{role} in {overview}"));
    (found["users"].as_u64().unwrap(), found["never_logged_in"].as_u64().unwrap())
}

#[tokio::test]
async fn users_are_counted_by_type_and_those_who_never_logged_in_among_them() {
    let t = Tracking::new().await;
    let admin = t.world.admin().await;
    let before = admin.get("/v1/overview").await.is(200).body;
    admin.make_child(&t.school.institution).await;
    let after = admin.get("/v1/overview").await.is(200).body;
    let (all, never) = users(&before, "child");
    assert_eq!(users(&after, "child"), (all + 1, never + 1));
    assert_eq!(users(&after, "admin"), users(&before, "admin"));
    assert_eq!(users(&after, "admin").1, 0, "who asks has logged in");
}

#[tokio::test]
async fn a_child_is_silent_when_nothing_of_the_last_week_is_known_of_it() {
    let t = Tracking::new().await;
    let counts = async || {
        let overview = t.world.admin().await.get("/v1/overview").await.is(200).body;
        (overview["children_never_measured"].as_u64().unwrap(), overview["children_silent"].as_u64().unwrap())
    };
    let day = |ago: i64| {
        let day = t.world.clock.now() - jiff::SignedDuration::from_hours(24 * ago);
        jiff::tz::TimeZone::UTC.to_datetime(day).date().to_string()
    };
    assert_eq!(counts().await, (2, 0));
    t.post("logs/steps", json!([{"date": day(8), "value": 1}])).await.is(207);
    assert_eq!(counts().await, (1, 1));
    let (start, end) = (format!("{}T22:00:00Z", day(2)), format!("{}T22:00:01Z", day(2)));
    let night = json!({"start_time": start, "end_time": end, "duration": 1000, "type": "classic",
        "pattern": {"data_set": [{"start_time": start, "name": "asleep", "duration": 1000}]}});
    t.client.post(&format!("/v1/children/{}/sleep", t.school.sibling.id), night).await.is(201);
    assert_eq!(counts().await, (0, 1), "a night is enough");
    t.post("logs/steps", json!([{"date": day(7), "value": 1}])).await.is(207);
    assert_eq!(counts().await, (0, 0));
    t.world.clock.advance(86_400);
    assert_eq!(counts().await, (0, 1), "a day later it is longer ago than a week");
}

#[tokio::test]
async fn failed_log_ins_of_a_day_are_counted_at_once() {
    let t = Tracking::new().await;
    let admin = t.world.admin().await;
    for _ in 0..3 {
        t.world.nobody().post("/v1/auth", json!({"username": "nobody", "password": "guess"})).await.is(401);
    }
    assert_eq!(admin.get("/v1/overview").await.is(200).body["failed_logins"], 3);
    t.world.clock.advance(2 * 86_400);
    let admin = t.world.admin().await;
    assert_eq!(admin.get("/v1/overview").await.is(200).body["failed_logins"], 0);
}

#[tokio::test]
async fn unlocking_is_in_the_trail_and_of_nobody_is_404() {
    let t = Tracking::new().await;
    let admin = t.world.admin().await;
    let child = &t.school.child;
    admin.post(&format!("/v1/users/{}/unlock", child.id), Value::Null).await.is(204);
    admin.post(&format!("/v1/users/{ABSENT}/unlock"), Value::Null).await.is(404);
    assert_eq!(super::trail_of(&t.world, &child.id, "user_unlock"), [("user_unlock".to_owned(), None)]);
    t.world.login(&child.username, PASSWORD).await;
}
