//! Many are what they are one by one, whatever they hold; and of those that come at the same time one is the first.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::Tracking;
use crate::support::{Client, Reply, together};

/// What can be brought, and what a conflict calls it.
const COLLECTIONS: [(&str, &str); 5] = [
    ("physicalactivities", "Physical Activity"),
    ("sleep", "Sleep"),
    ("weights", "Weight"),
    ("bodyfats", "Body Fat"),
    ("environments", "Environment"),
];
const LOGS: &str = "logs/steps";

/// An item that fits, of a day.
fn base(collection: &str, day: u32) -> Value {
    let at = |minute: u32| format!("2019-06-{:02}T08:{minute:02}:00.5Z", day + 1);
    let levels = ["very", "fairly", "lightly", "sedentary"].map(|name| json!({"name": name, "duration": 5}));
    let zone = json!({"min": 60, "max": "90", "duration": 0});
    match collection {
        "weights" => json!({"timestamp": at(0), "value": 30.5, "unit": "kg", "body_fat": 20}),
        "bodyfats" => json!({"timestamp": at(0), "value": 20}),
        "sleep" => json!({"start_time": at(0), "end_time": at(1), "duration": 60_000, "type": "stages",
        "pattern": {"data_set": [
            {"start_time": at(0), "name": "rem", "duration": 7},
            {"start_time": at(1), "name": "deep", "duration": "8"},
        ]}}),
        "environments" => json!({"timestamp": at(0), "climatized": true,
            "location": {"local": "Indoor", "room": "a", "latitude": 7.5, "longitude": "x"},
            "measurements": [{"type": " PM1 ", "value": -1.5, "unit": "u", "timestamp": at(2)}]}),
        LOGS => json!({"date": format!("2019-06-{:02}", day + 1), "value": 7}),
        _ => json!({"start_time": at(0), "end_time": at(1), "duration": 60_000, "name": " walk ", "calories": 5.5,
            "steps": "7", "distance": 3, "levels": levels,
            "heart_rate": {"average": 100, "out_of_range_zone": zone, "fat_burn_zone": zone, "cardio_zone": zone,
                "peak_zone": zone}}),
    }
}

/// What may stand where something else belongs; the last means that nothing does.
const SPOILT: [&str; 12] = ["null", "-1", "1.5", "1e21", "\"\"", "\"x\"", "\"5\"", "[]", "[{}]", "{}", "true", ""];

/// The places of all values inside a value.
fn places(value: &Value, of: &str) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let nested = inner.into_iter().flat_map(|(key, value)| {
        let place = format!("{of}/{key}");
        let mut all = places(value, &place);
        all.push(place);
        all
    });
    nested.collect()
}

fn spoil(item: &mut Value, at: Index, with: &str) {
    let all = places(item, "");
    if all.is_empty() {
        return;
    }
    let place = at.get(&all);
    let (parent, key) = place.rsplit_once('/').unwrap();
    match (item.pointer_mut(parent).unwrap(), serde_json::from_str::<Value>(with)) {
        (parent, Ok(value)) => *parent.pointer_mut(&format!("/{key}")).unwrap() = value,
        (Value::Object(fields), Err(_)) => _ = fields.remove(key),
        (Value::Array(items), Err(_)) => _ = items.remove(key.parse().unwrap()),
        _ => unreachable!("it holds something"),
    }
}

fn item(collection: &'static str) -> impl Strategy<Value = Value> {
    let spoilt = prop::collection::vec((any::<Index>(), prop::sample::select(SPOILT.to_vec())), 1..4);
    let spoilt = prop_oneof![2 => Just(Vec::new()), 3 => spoilt];
    (0..5_u32, spoilt, 0..20_u32).prop_map(move |(day, spoilt, other)| {
        let mut item = base(collection, day);
        spoilt.into_iter().for_each(|(at, with)| spoil(&mut item, at, with));
        if other == 0 { json!("no object") } else { item }
    })
}

/// Somebody of whom there is nothing yet.
async fn owner(t: &Tracking, admin: &Client, collection: &str) -> String {
    match collection {
        "environments" => format!("/v1/institutions/{}", admin.make_institution().await),
        _ => format!("/v1/children/{}", admin.make_child(&t.school.institution).await),
    }
}

/// A resource without its own id and its owner's.
fn without_ids(shown: &Value) -> Value {
    match shown {
        Value::Array(all) => all.iter().map(without_ids).collect(),
        Value::Object(fields) => {
            let own = ["id", "child_id", "institution_id"];
            Value::Object(
                fields
                    .iter()
                    .filter(|(key, _)| !own.contains(&key.as_str()))
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

/// What items one by one come to: those that are stored, and the errors in the order that one answer would have.
async fn one_by_one(t: &Tracking, collection: &str, path: &str, items: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let (mut stored, mut errors, mut of_times) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        // Of logs one alone is none.
        let body = match item {
            item if collection == LOGS => json!([item]),
            Value::Object(_) => item.clone(),
            _ => json!({}),
        };
        let Reply { status, body, .. } = t.client.post(path, body).await;
        match status {
            201 => stored.push(without_ids(&body)),
            207 => {
                stored.extend(body["success"].as_array().unwrap().iter().map(|one| one["item"].clone()));
                errors.extend(body["error"].as_array().unwrap().iter().map(without_item));
            }
            _ if body["message"].as_str().unwrap().starts_with("Datetime: ") => of_times.push(body),
            _ => errors.push(body),
        }
    }
    errors.append(&mut of_times);
    (stored, errors)
}

fn without_item(error: &Value) -> Value {
    let mut error = error.clone();
    error.as_object_mut().unwrap().remove("item");
    error
}

#[test]
fn an_array_comes_to_what_its_items_come_to_one_by_one() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let t = runtime.block_on(Tracking::new());
    let admin = runtime.block_on(t.world.admin());
    let counts = std::cell::Cell::new((0, 0));
    for collection in COLLECTIONS.into_iter().map(|(collection, _)| collection).chain([LOGS]) {
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 12,
            failure_persistence: None,
            max_shrink_iters: 200,
            ..Default::default()
        });
        let outcome = runner.run(&prop::collection::vec(item(collection), 0..10), |items| {
            runtime.block_on(async {
                let owners = [owner(&t, &admin, collection).await, owner(&t, &admin, collection).await];
                let [together, apart] = owners.each_ref().map(|owner| format!("{owner}/{collection}"));
                let answer = t.client.post(&together, json!(items)).await.is(207).body;
                let (stored, errors) = one_by_one(&t, collection, &apart, &items).await;
                let all = |key: &str| answer[key].as_array().unwrap().clone();
                let success: Vec<_> = all("success").iter().map(|one| without_ids(&one["item"])).collect();
                prop_assert_eq!(&success, &stored);
                prop_assert_eq!(all("error").iter().map(without_item).collect::<Vec<_>>(), &errors[..]);
                let (some, bad) = counts.get();
                counts.set((some + stored.len(), bad + errors.len()));
                let lists: &[&str] = match collection {
                    LOGS => &["logs/date/2019-06-01/2019-06-07"],
                    "weights" => &["weights", "bodyfats"],
                    other => &[other],
                };
                for list in lists {
                    let [a, b] = owners.each_ref().map(|owner| format!("{owner}/{list}"));
                    let (a, b) = (t.client.get(&a).await.is(200), t.client.get(&b).await.is(200));
                    prop_assert_eq!(without_ids(&a.body), without_ids(&b.body));
                    prop_assert_eq!(a.header("x-total-count"), b.header("x-total-count"));
                }
                Ok(())
            })
        });
        outcome.unwrap_or_else(|failure| panic!("{collection}: {failure}"));
    }
    let (some, bad) = counts.get();
    assert!(some > 60 && bad > 60, "{some} were stored, and {bad} refused");
}

/// Sends the same body several times at once.
async fn at_once(client: &Client, path: &str, body: &Value) -> Vec<Reply> {
    let send = |_| {
        let (client, path, body) = (client.clone(), path.to_owned(), body.clone());
        async move { client.post(&path, body).await }
    };
    together(16, send).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_that_bring_the_same_at_once_one_stores_it_and_the_others_conflict() {
    let t = Tracking::new().await;
    for (collection, title) in COLLECTIONS {
        let path = match collection {
            "environments" => format!("/v1/institutions/{}/environments", t.school.institution),
            _ => t.path(collection),
        };
        // Body fats come with weights, too.
        let day = if collection == "bodyfats" { 10 } else { 0 };
        let before = t.client.get(&path).await.is(200).body.as_array().unwrap().len();
        let replies = at_once(&t.client, &path, &base(collection, day)).await;
        let (made, others): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
        assert_eq!((made.len(), others.len()), (1, 15), "{collection}");
        for reply in others {
            reply.fails(409, &format!("{title} is already registered..."), None);
        }
        let replies = at_once(&t.client, &path, &json!([base(collection, day + 1)])).await;
        let codes = |reply: &Reply| (reply.body["success"][0]["code"].clone(), reply.body["error"][0]["code"].clone());
        let stored = replies.iter().filter(|reply| codes(reply) == (json!(201), Value::Null)).count();
        let conflicts = replies.iter().filter(|reply| codes(reply) == (Value::Null, json!(409))).count();
        assert_eq!((stored, conflicts), (1, 15), "{collection}");
        let after = t.client.get(&path).await.is(200).body.as_array().unwrap().len();
        assert_eq!(after - before, 2, "{collection}");
    }
    for reply in at_once(&t.client, &t.path(LOGS), &json!([base(LOGS, 0)])).await {
        let reply = reply.is(207);
        assert_eq!((reply.body["success"].as_array().unwrap().len(), &reply.body["error"]), (1, &json!([])));
    }
    let logs = t.get("logs/steps/date/2019-06-01/2019-06-01").await.is(200).body;
    assert_eq!(logs, json!([{"date": "2019-06-01", "value": 7}]));
}
