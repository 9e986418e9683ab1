//! Nights.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{AN_ID, INVALID, REQUIRED, Tracking};
use crate::support::ABSENT;

fn night() -> Value {
    json!({
        "start_time": "2018-08-18T01:40:30.000Z", "end_time": "2018-08-18T09:52:30.000Z", "duration": 29_520_000,
        "type": "classic",
        "pattern": {
            "more": 1,
            "summary": {"awake": {"count": 9}},
            "data_set": [
                {"start_time": "2018-08-18T01:40:30.000Z", "name": "restless", "duration": 60_000, "more": 1},
                {"start_time": "2018-08-18T03:41:30.999+02:00", "name": "asleep", "duration": "360000"},
                {"start_time": "2011-01-01T00:00:00", "name": "asleep", "duration": 0},
            ],
        },
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut body = night();
    body[field] = value;
    body
}

fn without(field: &str) -> Value {
    let mut body = night();
    body.as_object_mut().unwrap().remove(field);
    body
}

/// A night of these entries.
fn of(data_set: Value) -> Value {
    with("pattern", json!({"data_set": data_set}))
}

/// A night that begins on this day, of a number of entries as watches tell them.
fn usual(day: u32, entries: usize) -> Value {
    let start = jiff::Timestamp::from_second(1_546_378_200 + 86_400 * i64::from(day)).unwrap();
    let at = |seconds: usize| (start + jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap())).to_string();
    let names = ["light", "deep", "light", "rem", "awake"];
    let entry = |n: usize| {
        let name = names[n % 5];
        json!({"start_time": at(720 * n), "name": name, "duration": 720_000})
    };
    let data_set: Vec<_> = (0..entries).map(entry).collect();
    json!({"start_time": start.to_string(), "end_time": at(720 * entries), "duration": 720_000 * entries,
        "type": "stages", "pattern": {"data_set": data_set}})
}

#[tokio::test]
async fn a_night_comes_back_with_exactly_its_keys_in_their_order() {
    let t = Tracking::new().await;
    let made = t.post("sleep", night()).await.is(201);
    let expected = format!(
        "{}{}{}{}{}",
        r#"{"id":""#,
        made.id(),
        r#"","start_time":"2018-08-18T01:40:30","end_time":"2018-08-18T09:52:30","duration":29520000,"child_id":""#,
        t.school.child.id,
        r#"","type":"classic","pattern":{"data_set":[{"start_time":"2018-08-18T01:40:30","name":"restless","duration":60000},{"start_time":"2018-08-18T01:41:30","name":"asleep","duration":360000},{"start_time":"2011-01-01T00:00:00","name":"asleep","duration":0}],"summary":{"awake":{"count":0,"duration":0},"asleep":{"count":2,"duration":360000},"restless":{"count":1,"duration":60000}}}}"#
    );
    assert_eq!(made.text, expected);
    assert_eq!(t.get(&format!("sleep/{}", made.id())).await.is(200).text, expected);
    let listed = t.get("sleep").await.is(200);
    assert_eq!((listed.text.as_str(), listed.header("x-total-count")), (format!("[{expected}]").as_str(), Some("1")));
    t.post("sleep", night()).await.fails(409, "Sleep is already registered...", None);
    t.delete(&format!("sleep/{}", made.id())).await.is(204);
    t.delete(&format!("sleep/{}", made.id())).await.is(204);
    let text = "Sleep not found or already removed. A new operation for the same resource is not required.";
    t.get(&format!("sleep/{}", made.id())).await.fails(404, "Sleep not found!", Some(text));
}

#[tokio::test]
async fn a_night_of_stages_sums_up_its_own_four() {
    let t = Tracking::new().await;
    let most = 9_007_199_254_740_991_u64;
    let entry =
        |name: &str, duration: u64| json!({"start_time": "2018-08-18T01:40:30", "name": name, "duration": duration});
    let mut body = of(json!([entry("rem", 1), entry("deep", most), entry("rem", 2), entry("deep", most)]));
    body["type"] = json!("stages");
    let made = t.post("sleep", body).await.is(201);
    let summary = r#""summary":{"deep":{"count":2,"duration":18014398509481982},"light":{"count":0,"duration":0},"rem":{"count":2,"duration":3},"awake":{"count":0,"duration":0}}"#;
    assert!(made.text.contains(summary), "{}", made.text);
    let found = t.get("sleep").await.is(200).text;
    assert_eq!(found, format!("[{}]", made.text), "what one reads is what was answered");
}

#[tokio::test]
async fn the_fields_of_a_night_are_judged_in_their_order() {
    let t = Tracking::new().await;
    let differs = "duration value does not match values passed in start_time and end_time parameters!";
    let types = "The names of the allowed Sleep Pattern types are: classic, stages.";
    let classic = "The names of the allowed data_set patterns are: asleep, restless, awake.";
    let stages = "The names of the allowed data_set patterns are: deep, light, rem, awake.";
    let whole = "pattern.data_set.duration must be an integer equal to or greater than zero.";
    let at = "2018-08-18T01:40:30";
    let entry = json!({"start_time": at, "name": "asleep", "duration": 1});
    let mut of_stages = night();
    of_stages["type"] = json!("stages");
    for (body, description) in [
        (with("duration", json!(-1)), "duration must be an integer equal to or greater than zero."),
        (with("duration", json!("0")), "duration must be an integer greater than zero."),
        (with("duration", json!(29_520_001)), differs),
        (json!({"type": "Classic", "pattern": {}}), types),
        (with("type", json!(null)), types),
        (with("type", json!(["classic"])), types),
        (of(json!([])), "pattern.data_set must not be empty!"),
        (of(json!(vec![0; 5001])), "pattern.data_set must have at most 5000 items!"),
        (of(json!([entry, {"start_time": at, "name": "rem"}, {"duration": -1}])), classic),
        (of(json!([{"name": null}])), classic),
        (of(json!([{"name": "Asleep"}])), classic),
        (of_stages, stages),
        (of(json!([{"name": "awake", "duration": null}])), whole),
        (of(json!([entry, {"duration": 1.5}])), whole),
    ] {
        t.post("sleep", body).await.fails(400, INVALID, Some(description));
    }
    let of_none = json!({"pattern": {"data_set": [{"start_time": at, "name": 7, "duration": 1}]}});
    for (body, missing) in [
        (json!({}), "start_time, end_time, duration, type, pattern"),
        (without("type"), "type"),
        (without("pattern"), "pattern"),
        (of_none, "start_time, end_time, duration, type"),
        (
            of(json!([entry, {}, {"name": "awake"}, 7])),
            "pattern.data_set.start_time, pattern.data_set.name, pattern.data_set.duration, \
             pattern.data_set.start_time, pattern.data_set.duration, \
             pattern.data_set.start_time, pattern.data_set.name, pattern.data_set.duration",
        ),
        (json!({"pattern": {"data_set": [{"name": 7}]}}), "pattern.data_set.start_time, pattern.data_set.duration"),
    ] {
        t.post("sleep", body).await.fails(400, REQUIRED, Some(&format!("{missing} are required!")));
    }
    for pattern in
        [json!({}), json!(null), json!("x"), json!([1]), json!({"data_set": {"0": 1}}), json!({"data_set": null})]
    {
        t.post("sleep", with("pattern", pattern)).await.fails(400, REQUIRED, Some("pattern.data_set is required!"));
    }
    let text = Some("Datetime must be in the format: yyyy-MM-ddTHH:mm:ssZ");
    for body in [
        json!({"start_time": null, "end_time": 7, "duration": "x"}),
        json!({"end_time": null, "pattern": {"data_set": [{"start_time": 7}]}}),
        json!({"type": "x", "pattern": {"data_set": [{"start_time": at}, {"name": 1, "start_time": null}, {"start_time": 7}]}}),
    ] {
        t.post("sleep", body).await.fails(400, "Datetime: null, is not in valid ISO 8601 format.", text);
    }
    let message = "Parameter {child_id} is not in valid format!";
    t.client.post("/v1/children/abc/sleep", with("type", json!(5))).await.fails(400, message, Some(AN_ID));
    t.client.post("/v1/children/abc/sleep", with("duration", json!(0))).await.fails(
        400,
        INVALID,
        Some("duration must be an integer greater than zero."),
    );
    assert!(t.ids("sleep").await.is_empty());
}

#[tokio::test]
async fn the_item_of_an_error_is_the_night_as_far_as_it_goes() {
    let t = Tracking::new().await;
    let sent = json!([
        {"start_time": "2018-08-18T01:40:30.9Z", "id": [1], "type": 7, "summary": 1,
         "pattern": {"summary": {}, "data_set": [{"start_time": "2018-08-18T01:40:30.5+01:00", "x": 1, "name": 1}, 7]}},
        {"pattern": null},
        {"pattern": {"data_set": 5}, "duration": -1},
        {"pattern": {"data_set": []}},
        {"pattern": {"data_set": [{"start_time": "x", "y": 1}]}, "type": "x"},
    ]);
    let reply = t.post("sleep", sent.clone()).await.is(207).body;
    let items: Vec<_> = reply["error"].as_array().unwrap().iter().map(|error| error["item"].clone()).collect();
    let child = &t.school.child.id;
    assert_eq!(
        items,
        [
            json!({"id": [1], "start_time": "2018-08-18T01:40:30", "child_id": child, "type": 7,
                "pattern": {"data_set": [{"start_time": "2018-08-18T00:40:30", "name": 1}, {}]}}),
            json!({"child_id": child, "pattern": {}}),
            json!({"duration": -1, "child_id": child, "pattern": {}}),
            json!({"child_id": child, "pattern": {"data_set": []}}),
            sent[4].clone(),
        ]
    );
    assert_eq!(reply["success"], json!([]));
}

#[tokio::test]
async fn a_patch_of_a_night_is_discontinued_whatever_it_is_sent_to() {
    let t = Tracking::new().await;
    let s = &t.school;
    for path in [t.path(&format!("sleep/{ABSENT}")), "/v1/children/x/sleep/y".to_owned()] {
        for client in [&t.client, &s.educator.client, &s.family.client] {
            let request = client.request(poem::http::Method::PATCH, &path).body("no json".to_owned());
            let reply = client.call(request).await;
            let mut allow: Vec<_> = reply.header("allow").unwrap().split(", ").collect();
            allow.sort_unstable();
            assert_eq!(allow, ["DELETE", "GET", "HEAD"]);
            reply.fails(405, "Support for this method has been discontinued.", None);
        }
        for client in [&t.world.admin().await, &s.child.client, &s.professional.client] {
            client.patch(&path, json!({})).await.is(403);
        }
        t.world.nobody().patch(&path, json!({})).await.is(401);
    }
}

#[tokio::test]
async fn nights_are_listed_as_the_contract_has_it() {
    let t = Tracking::new().await;
    let mut ids = Vec::new();
    for (start, duration, kind, name) in [
        ("2019-06-02T01:00:00.5Z", 30_000, "stages", "rem"),
        ("2019-06-01T01:00:00Z", 30_000, "classic", "awake"),
        ("2019-06-03T01:00:00Z", 4_000, "stages", "awake"),
    ] {
        let start: jiff::Timestamp = start.parse().unwrap();
        let end = start + jiff::SignedDuration::from_millis(duration);
        let body = json!({"start_time": start.to_string(), "end_time": end.to_string(), "duration": duration, "type": kind,
            "pattern": {"data_set": [{"start_time": start.to_string(), "name": name, "duration": 1}]}});
        ids.push(t.post("sleep", body).await.is(201).id());
    }
    for (query, expected) in [
        ("", &[2, 1, 0][..]),
        ("sort=start_time", &[1, 0, 2]),
        ("sort=-end_time", &[2, 0, 1]),
        ("sort=duration", &[2, 0, 1]),
        ("sort=-duration", &[0, 1, 2]),
        ("sort=type,-start_time", &[1, 2, 0]),
        ("sort=pattern,summary,name", &[2, 1, 0]),
        ("type=Stages&sort=id", &[0, 2]),
        ("type=ne:stages", &[1]),
        ("type=cla*", &[1]),
        ("duration=gte:5000&sort=id", &[0, 1]),
        ("start_time=2019-06-02T01:00:00.5", &[0]),
        ("start_time=2019-06-02T01:00:00", &[]),
        ("start_time=gte:2019-06-02&start_time=lt:2019-06-03", &[0]),
        ("end_time=*T01:00:30&sort=id", &[0, 1]),
        ("end_time=lte:2019-06-02T01:00:30&sort=id", &[1]),
        ("name=ne:x", &[]),
        ("pattern.data_set.name=rem", &[]),
        ("pattern=ne:x", &[]),
        ("pattern.summary.rem.count=1", &[]),
        ("sort=start_time&page=2&limit=1", &[0]),
    ] {
        let expected: Vec<_> = expected.iter().map(|at: &usize| ids[*at].clone()).collect();
        assert_eq!(t.ids(&format!("sleep?{query}")).await, expected, "{query}");
    }
    for n in 0..1010 {
        t.world.sql(&format!(
            "INSERT INTO sleep SELECT child, id + 65536 * (1 + {n}), start_time + 86400000 * (10 + {n}), duration, type, data_set
             FROM sleep WHERE start_time = 1559350800000"
        ));
    }
    let all = t.get("sleep?limit=5000").await.is(200);
    assert_eq!((all.body.as_array().unwrap().len(), all.header("x-total-count")), (1000, Some("1013")));
    let sorted = t.get("sleep?limit=5000&sort=-start_time&type=classic").await.is(200).body;
    let times: Vec<_> = sorted.as_array().unwrap().iter().map(|night| night["start_time"].to_string()).collect();
    assert!(times.len() == 1000 && times.windows(2).all(|pair| pair[0] > pair[1]), "a long page keeps its order");
}

#[tokio::test]
async fn a_night_of_forty_entries_takes_less_than_420_bytes_of_the_database_and_one_of_five_thousand_is_taken() {
    let t = Tracking::new().await;
    let pages = || {
        let database = rusqlite::Connection::open(t.world.folder.path().join("ocariot.db")).unwrap();
        database.query_row("PRAGMA page_count", [], |row| row.get::<_, u64>(0)).unwrap()
    };
    let before = pages();
    for first in (0..1000).step_by(100) {
        let nights: Vec<_> = (first..first + 100).map(|day| usual(day, 40)).collect();
        let reply = t.post("sleep", json!(nights)).await.is(207).body;
        assert_eq!(reply["success"].as_array().unwrap().len(), 100, "{}", reply["error"]);
    }
    let bytes = (pages() - before) * 4096 / 1000;
    assert!((60..420).contains(&bytes), "{bytes} bytes a night");
    let long = t.post("sleep", usual(3000, 5000)).await.is(201);
    assert_eq!(long.body["pattern"]["data_set"].as_array().unwrap().len(), 5000);
    assert_eq!(t.get(&format!("sleep/{}", long.id())).await.is(200).text, long.text);
    assert_eq!(long.body["pattern"]["summary"]["light"], json!({"count": 2000, "duration": 1_440_000_000}));
}

#[tokio::test]
async fn a_long_page_is_put_out_night_by_night() {
    let t = Tracking::new().await;
    let mut expected = Vec::new();
    for first in (0..60).step_by(2) {
        let nights: Vec<_> = (first..first + 2).map(|day| usual(day, 2000)).collect();
        let reply = t.post("sleep", json!(nights)).await.is(207).body;
        let success = reply["success"].as_array().unwrap();
        assert_eq!(success.len(), 2, "{}", reply["error"]);
        expected.extend(success.iter().map(|one| one["item"].to_string()));
    }
    let mut listed = String::from("[");
    for (n, night) in expected.iter().rev().enumerate() {
        write!(listed, "{}{night}", if n == 0 { "" } else { "," }).unwrap();
    }
    listed.push(']');
    for query in ["", "?sort=-start_time", "?start_time=gte:2019-01-01&sort=-id"] {
        let reply = t.get(&format!("sleep{query}")).await.is(200);
        assert_eq!(reply.header("x-total-count"), Some("60"));
        // Too long for one piece: it was sent while it was read.
        assert_eq!(reply.header("content-length"), None);
        assert!(reply.text == listed, "{query}");
    }
}
