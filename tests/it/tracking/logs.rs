//! Logs: what a child did in a day, in all.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use poem::http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{AN_ID, INVALID, REQUIRED, Tracking, count, trail_of, unregistered};
use crate::support::{ABSENT, Client, Options, World};

const TYPES: [&str; 5] = ["steps", "calories", "active_minutes", "lightly_active_minutes", "sedentary_minutes"];
const TYPE: &str = "The names of the allowed types are: steps, calories, active_minutes, lightly_active_minutes, \
                    sedentary_minutes.";
const VALUE: &str = "value must be a number equal to or greater than zero.";
const EMPTY: &str = r#"{"success":[],"error":[]}"#;
const FORBIDDEN: &str = "Authorization failed due to insufficient permissions.";
const DAY_FORM: Option<&str> = Some("Date must be in the format: yyyy-MM-dd");

/// As it comes back: whole numbers have no fraction.
fn log(date: &str, value: f64) -> Value {
    json!({"date": date, "value": value.to_string().parse::<Value>().unwrap()})
}

fn not_iso(date: &str) -> String {
    format!("Date: {date}, is not in valid ISO 8601 format.")
}

/// The values of a type in a range of days.
async fn values(t: &Tracking, kind: &str, first: &str, last: &str) -> Vec<f64> {
    let days = t.get(&format!("logs/{kind}/date/{first}/{last}")).await.is(200).body;
    days.as_array().unwrap().iter().map(|day| day["value"].as_f64().unwrap()).collect()
}

#[tokio::test]
async fn the_example_of_the_contract() {
    let t = Tracking::new().await;
    let sent = json!([{"date": "2019-01-01", "value": 100}, {"date": "2019-01-02", "value": "200"}, {"value": 3},
        {"date": "2019-05-35", "value": 1}]);
    let reply = t.post("logs/steps", sent).await.is(207);
    let expected = concat!(
        r#"{"success":[{"code":201,"item":{"date":"2019-01-01","value":100}},{"code":201,"item":{"date":"2019-01-02","value":200}}],"#,
        r#""error":[{"code":400,"message":"Required fields were not provided...","description":"date are required!","item":{"value":3}},"#,
        r#"{"code":400,"message":"Date: 2019-05-35, is not in valid ISO 8601 format.","item":{"date":"2019-05-35","value":1}}]}"#
    );
    assert_eq!(reply.text, expected);
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    let days = t.get("logs/steps/date/2018-12-31/2019-01-02").await.is(200);
    let expected =
        r#"[{"date":"2018-12-31","value":0},{"date":"2019-01-01","value":100},{"date":"2019-01-02","value":200}]"#;
    assert_eq!(days.text, expected);
    assert_eq!(days.header("x-total-count"), None, "logs are no list");
    let all = t.get("logs/date/2019-01-01/2019-01-01").await.is(200);
    let expected = concat!(
        r#"{"steps":[{"date":"2019-01-01","value":100}],"calories":[{"date":"2019-01-01","value":0}],"#,
        r#""active_minutes":[{"date":"2019-01-01","value":0}],"lightly_active_minutes":[{"date":"2019-01-01","value":0}],"#,
        r#""sedentary_minutes":[{"date":"2019-01-01","value":0}]}"#
    );
    assert_eq!(all.text, expected);
}

#[tokio::test]
async fn the_total_of_a_day_is_replaced_and_of_two_in_one_array_the_last_stays() {
    let t = Tracking::new().await;
    for (n, kind) in TYPES.into_iter().enumerate() {
        let path = format!("logs/{kind}");
        let value = f64::from(u32::try_from(n).unwrap());
        let twice = json!([log("2019-06-01", 7.0), log("2019-06-02", value), log("2019-06-01", value + 0.5)]);
        let reply = t.post(&path, twice).await.is(207);
        let stored: Vec<_> = reply.body["success"].as_array().unwrap().iter().map(|one| &one["item"]).collect();
        assert_eq!(stored.len(), 3);
        assert_eq!(stored[2]["value"].as_f64(), Some(value + 0.5));
        assert_eq!(values(&t, kind, "2019-06-01", "2019-06-02").await, [value + 0.5, value]);
    }
    t.post("logs/steps", json!([log("2019-06-01", 9.0), log("2019-06-02", 0.0)])).await.is(207);
    assert_eq!(values(&t, "steps", "2019-06-01", "2019-06-03").await, [9.0, 0.0, 0.0]);
    assert_eq!(values(&t, "calories", "2019-06-01", "2019-06-01").await, [1.5], "types are apart");
    assert_eq!(count(&t.world, "day_totals"), 2);
    let sibling = format!("/v1/children/{}/logs/steps/date/2019-06-01/2019-06-01", t.school.sibling.id);
    assert_eq!(t.client.get(&sibling).await.is(200).body, json!([log("2019-06-01", 0.0)]), "children are apart");
}

#[tokio::test]
async fn an_object_an_empty_body_and_an_empty_array_bring_nothing() {
    let t = Tracking::new().await;
    for body in [json!([]), json!({}), json!({"date": "2019-01-01", "value": 5}), json!({"date": null})] {
        assert_eq!(t.post("logs/steps", body).await.is(207).text, EMPTY);
    }
    let request = t.client.request(Method::POST, &t.path("logs/steps")).finish();
    assert_eq!(t.client.call(request).await.is(207).text, EMPTY);
    for bad in [json!(null), json!("x"), json!(5), json!(true)] {
        let text = "Please verify that the JSON provided in the request body has a valid format and try again.";
        t.post("logs/steps", bad).await.fails(400, "Unable to process request body!", Some(text));
    }
    assert_eq!(count(&t.world, "day_totals"), 0);
}

#[tokio::test]
async fn more_than_a_thousand_days_are_refused_together() {
    let t = Tracking::new().await;
    let first: Date = "2019-01-01".parse().unwrap();
    let day = |n: i32| log(&first.saturating_add(n.days()).to_string(), f64::from(n));
    let mut many: Vec<Value> = (0..1001).map(day).collect();
    for path in ["logs/steps", "logs/nothing"] {
        t.post(path, json!(many)).await.fails(400, INVALID, Some("At most 1000 items can be sent at once."));
    }
    assert_eq!(count(&t.world, "day_totals"), 0);
    many.pop();
    let reply = t.post("logs/steps", json!(many)).await.is(207);
    assert_eq!(reply.body["success"].as_array().unwrap().len(), 1000);
    assert_eq!(reply.body["success"][999]["item"], log("2021-09-26", 999.0));
    let year = values(&t, "steps", "2020-03-01", "2021-03-01").await;
    assert_eq!(year, (425..=790).map(f64::from).collect::<Vec<_>>());
}

#[tokio::test]
async fn each_item_is_judged_at_once_and_told_as_it_was_sent() {
    let t = Tracking::new().await;
    let year = |date: &str| {
        format!("Date {date} has year not allowed. The year must be greater than 1678 and less than 2261.")
    };
    let cases = [
        (json!({}), REQUIRED.to_owned(), Some("date, value are required!")),
        (json!({"value": 1}), REQUIRED.to_owned(), Some("date are required!")),
        (json!({"date": "2019-01-01"}), REQUIRED.to_owned(), Some("value are required!")),
        (json!({"value": "x"}), INVALID.to_owned(), Some(VALUE)),
        (json!({"date": null, "value": "x"}), not_iso("null"), DAY_FORM),
        (json!({"date": 12345}), not_iso("12345"), DAY_FORM),
        (json!({"date": true}), not_iso("true"), DAY_FORM),
        (json!({"date": ["2019-01-01"]}), not_iso(r#"["2019-01-01"]"#), DAY_FORM),
        (json!({"date": {"a": "b c"}}), not_iso(r#"{"a":"b c"}"#), DAY_FORM),
        (json!({"date": "", "value": 1}), not_iso(""), DAY_FORM),
        (json!({"date": "2019-1-01", "value": 1}), not_iso("2019-1-01"), DAY_FORM),
        (json!({"date": "2019-13-01", "value": 1}), not_iso("2019-13-01"), DAY_FORM),
        (json!({"date": "2019-01-01T00:00:00", "value": 1}), not_iso("2019-01-01T00:00:00"), DAY_FORM),
        (json!({"date": " 2019-01-01", "value": 1}), not_iso(" 2019-01-01"), DAY_FORM),
        (json!({"date": "1678-12-31", "value": 1}), year("1678-12-31"), None),
        (json!({"date": "2261-01-01", "value": 1}), year("2261-01-01"), None),
        (json!({"date": "1678-02-31", "value": 1}), year("1678-02-31"), None),
        (json!({"date": "2019-02-29", "value": 1}), not_iso("2019-02-29"), None),
        (json!({"date": "1900-02-29", "value": 1}), not_iso("1900-02-29"), None),
        (json!({"date": "2019-01-00", "value": 1}), not_iso("2019-01-00"), None),
        (json!({"date": "2019-01-01", "value": null}), INVALID.to_owned(), Some(VALUE)),
        (json!({"date": "2019-01-01", "value": false}), INVALID.to_owned(), Some(VALUE)),
        (json!({"date": "2019-01-01", "value": -1}), INVALID.to_owned(), Some(VALUE)),
        (json!({"date": "2019-01-01", "value": "-1"}), INVALID.to_owned(), Some(VALUE)),
        (json!({"date": "2019-01-01", "value": "1e5"}), INVALID.to_owned(), Some(VALUE)),
        (json!({"date": "2019-01-01", "value": 1e21}), INVALID.to_owned(), Some(VALUE)),
        (json!({"date": "2019-01-01", "value": [1]}), INVALID.to_owned(), Some(VALUE)),
    ];
    let sent: Vec<_> = cases.iter().map(|(item, ..)| item.clone()).collect();
    let reply = t.post("logs/active_minutes", json!(sent)).await.is(207);
    assert_eq!(reply.body["success"], json!([]));
    let errors = reply.body["error"].as_array().unwrap();
    assert_eq!(errors.len(), cases.len());
    for (error, (item, message, description)) in errors.iter().zip(cases) {
        let mut expected = json!({"code": 400, "message": message});
        if let Some(description) = description {
            expected["description"] = json!(description);
        }
        expected["item"] = item;
        assert_eq!(*error, expected);
    }
    assert_eq!(count(&t.world, "day_totals"), 0);
}

#[tokio::test]
async fn what_is_no_object_counts_as_one_without_keys_and_other_keys_are_ignored() {
    let t = Tracking::new().await;
    let more =
        json!({"id": "mine", "type": "calories", "child_id": ABSENT, "value": "7.50", "x": [1], "date": "2024-02-29"});
    let reply = t.post("logs/steps", json!([5, null, [{"date": "2019-01-01"}], more, {"type": 5, "value": "x"}])).await;
    let missing = |item: Value| json!({"code": 400, "message": REQUIRED, "description": "date, value are required!", "item": item});
    let expected = json!({
        "success": [{"code": 201, "item": {"date": "2024-02-29", "value": 7.5}}],
        "error": [
            missing(json!({})), missing(json!({})), missing(json!({})),
            {"code": 400, "message": INVALID, "description": VALUE, "item": {"value": "x"}},
        ],
    });
    assert_eq!(reply.is(207).body, expected);
    assert_eq!(values(&t, "steps", "2024-02-29", "2024-02-29").await, [7.5]);
    assert_eq!(values(&t, "calories", "2024-02-29", "2024-02-29").await, [0.0]);
    for date in ["1679-01-01", "1969-12-31", "1970-01-01", "2260-12-31"] {
        t.post("logs/steps", json!([log(date, 3.0)])).await.is(207);
        assert_eq!(values(&t, "steps", date, date).await, [3.0], "the future is allowed: {date}");
    }
}

#[tokio::test]
async fn an_unknown_type_is_an_error_of_each_item_for_everybody_with_the_scope() {
    let t = Tracking::new().await;
    let stranger = t.world.school().await;
    let clients = [&t.client, &stranger.child.client, &stranger.family.client, &stranger.educator.client];
    for kind in ["step", "Steps", "steps%20", "date", "nothing"] {
        for child in [t.school.child.id.as_str(), ABSENT, "abc"] {
            let path = format!("/v1/children/{child}/logs/{kind}");
            for client in clients {
                let sent = json!([log("2019-01-01", 1.0), {}, 7]);
                let reply = client.post(&path, sent).await.is(207);
                let error = |item| json!({"code": 400, "message": INVALID, "description": TYPE, "item": item});
                let errors = [error(log("2019-01-01", 1.0)), error(json!({})), error(json!({}))];
                assert_eq!(reply.body, json!({"success": [], "error": errors}), "{path}");
                assert_eq!(client.post(&path, json!([])).await.is(207).text, EMPTY);
                assert_eq!(client.post(&path, log("2019-01-01", 1.0)).await.is(207).text, EMPTY);
            }
        }
    }
    let path = t.path("logs/nothing");
    t.world.admin().await.post(&path, json!([])).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
    t.world.nobody().post(&path, json!([])).await.is(401);
    let text = "Please verify that the JSON provided in the request body has a valid format and try again.";
    t.client.post(&path, json!(5)).await.fails(400, "Unable to process request body!", Some(text));
    assert_eq!(count(&t.world, "day_totals"), 0);
}

#[tokio::test]
async fn a_malformed_id_is_an_error_of_each_item_behind_its_value() {
    let t = Tracking::new().await;
    let message = "Parameter {child_id} is not in valid format!";
    for client in [&t.client, &t.school.educator.client, &t.school.family.client, &t.school.child.client] {
        for id in ["abc", "5a62be07de34500146d9c54g", "%ff"] {
            let path = format!("/v1/children/{id}/logs/steps");
            let sent = json!([log("2019-01-01", 1.0), {}, {"date": "today"}, {"value": null}]);
            let expected = [
                json!({"code": 400, "message": message, "description": AN_ID, "item": log("2019-01-01", 1.0)}),
                json!({"code": 400, "message": message, "description": AN_ID, "item": {}}),
                json!({"code": 400, "message": not_iso("today"), "description": DAY_FORM, "item": {"date": "today"}}),
                json!({"code": 400, "message": INVALID, "description": VALUE, "item": {"value": null}}),
            ];
            let reply = client.post(&path, sent).await.is(207);
            assert_eq!(reply.body, json!({"success": [], "error": expected}));
            assert_eq!(client.post(&path, json!([])).await.is(207).text, EMPTY);
        }
    }
}

/// Who may do what with logs of the school's child: bring them, and read them.
#[tokio::test]
async fn children_families_educators_and_applications_bring_logs_and_health_professionals_and_administrators_read_them()
{
    let t = Tracking::new().await;
    let (s, other) = (&t.school, t.world.school().await);
    s.educator.client.make_group(&format!("educators/{}", s.educator.id), &[&s.child.id]).await;
    s.professional.client.make_group(&format!("healthprofessionals/{}", s.professional.id), &[&s.child.id]).await;
    let admin = t.world.admin().await;
    let reads = [t.path("logs/date/2019-01-01/2019-01-02"), t.path("logs/steps/date/2019-01-01/2019-01-02")];
    let (write, body) = (t.path("logs/steps"), json!([log("2019-01-01", 1.0)]));
    for client in [&s.child.client, &s.family.client, &s.educator.client, &t.client, &other.application.client] {
        client.post(&write, body.clone()).await.is(207);
    }
    for client in [&admin, &s.professional.client] {
        client.post(&write, body.clone()).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
    }
    let readers = [&admin, &s.child.client, &s.family.client, &s.educator.client, &s.professional.client, &t.client];
    for path in &reads {
        for client in readers {
            client.get(path).await.is(200);
        }
        t.world.nobody().get(path).await.is(401);
    }
    for stranger in [&s.sibling.client, &other.child.client, &other.family.client, &other.educator.client] {
        for request in [json!([]), json!({}), body.clone(), json!([{"date": "bad"}])] {
            stranger.post(&write, request).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
        }
        for path in &reads {
            stranger.get(path).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
        }
    }
    other.professional.client.get(&reads[0]).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
}

#[tokio::test]
async fn an_unknown_child_is_400_before_group_and_kin_and_after_own() {
    let t = Tracking::new().await;
    let s = &t.school;
    for id in [ABSENT, &s.educator.id, &s.institution] {
        let (message, description) = unregistered("Child", id);
        let base = format!("/v1/children/{id}/logs");
        let ranges = ["date/2019-01-02/2019-01-01", "steps/date/2019-02-30/2019-01-01"];
        for client in [&t.client, &s.educator.client, &s.family.client] {
            for body in [json!([]), json!([{"date": "bad"}]), json!({})] {
                client.post(&format!("{base}/steps"), body).await.fails(400, &message, Some(&description));
            }
            for range in ranges {
                client.get(&format!("{base}/{range}")).await.fails(400, &message, Some(&description));
            }
        }
        s.child.client.post(&format!("{base}/steps"), json!([])).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
        for range in ranges {
            s.child.client.get(&format!("{base}/{range}")).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
        }
    }
}

/// Asks about a range in both ways.
async fn both(client: &Client, child: &str, range: &str) -> [crate::support::Reply; 2] {
    let of_type = client.get(&format!("/v1/children/{child}/logs/sedentary_minutes/date/{range}")).await;
    [client.get(&format!("/v1/children/{child}/logs/date/{range}")).await, of_type]
}

#[tokio::test]
async fn what_is_written_wrongly_is_told_to_everybody_and_what_does_not_exist_to_those_who_may_ask() {
    let t = Tracking::new().await;
    let stranger = t.world.school().await;
    let child = t.school.child.id.as_str();
    for client in [&t.client, &stranger.child.client, &stranger.family.client, &stranger.professional.client] {
        for (range, bad, description) in [
            ("today/2019-01-01", "today", DAY_FORM),
            ("2019-01-01/today", "today", DAY_FORM),
            ("yesterday/today", "yesterday", DAY_FORM),
            ("2019-13-01/2019-02-30", "2019-13-01", DAY_FORM),
            ("2019-01-01/2019-00-01", "2019-00-01", DAY_FORM),
            // The first error in the order of the path, whatever it is.
            ("2019-02-30/today", "2019-02-30", None),
            ("2019-1-1/1600-01-01", "2019-1-1", DAY_FORM),
        ] {
            for id in [child, ABSENT] {
                for reply in both(client, id, range).await {
                    reply.fails(400, &not_iso(bad), description);
                }
            }
        }
        let year = "Date 1600-01-01 has year not allowed. The year must be greater than 1678 and less than 2261.";
        for reply in both(client, child, "1600-01-01/today").await {
            reply.fails(400, year, None);
        }
        let id = "Parameter {child_id} is not in valid format!";
        for reply in both(client, "abc", "today/2019-02-30").await {
            reply.fails(400, id, Some(AN_ID));
        }
        client.get("/v1/children/abc/logs/nothing/date/today/today").await.fails(400, id, Some(AN_ID));
        for kind in ["nothing", "Steps", "date", "%ff"] {
            let path = format!("/v1/children/{ABSENT}/logs/{kind}/date/today/2019-02-30");
            client.get(&path).await.fails(400, INVALID, Some(TYPE));
        }
    }
    let late = ["2019-02-30/2019-01-01", "2019-01-01/1600-02-30", "2019-01-02/2019-01-01", "2018-01-01/2020-01-01"];
    for client in [&stranger.child.client, &stranger.family.client, &stranger.professional.client] {
        for range in late {
            for reply in both(client, child, range).await {
                reply.fails(403, "FORBIDDEN", Some(FORBIDDEN));
            }
        }
    }
    let (message, description) = unregistered("Child", ABSENT);
    for range in late {
        for reply in both(&t.client, ABSENT, range).await {
            reply.fails(400, &message, Some(&description));
        }
    }
    for reply in both(&t.client, child, "2019-02-30/1600-01-01").await {
        reply.fails(400, &not_iso("2019-02-30"), None);
    }
}

#[tokio::test]
async fn a_range_is_a_year_at_most_and_full() {
    let t = Tracking::new().await;
    let child = t.school.child.id.clone();
    t.post("logs/sedentary_minutes", json!([log("2020-02-29", 5.0)])).await.is(207);
    for (first, last, days) in [
        ("2019-01-01", "2020-01-01", 366),
        ("2019-03-01", "2020-03-01", 367),
        ("2019-02-28", "2020-02-28", 366),
        ("2020-02-29", "2021-03-01", 367),
        ("2020-01-01", "2020-12-31", 366),
        ("2018-01-01", "2019-01-01", 366),
        ("2259-12-31", "2260-12-31", 367),
        ("2020-02-29", "2020-02-29", 1),
    ] {
        let [all, of_type] = both(&t.client, &child, &format!("{first}/{last}")).await;
        let (all, of_type) = (all.is(200).body, of_type.is(200).body);
        assert_eq!(all["sedentary_minutes"], of_type);
        for kind in TYPES {
            let found = all[kind].as_array().unwrap();
            assert_eq!(found.len(), days, "{first} {last}");
            let start: Date = first.parse().unwrap();
            for (n, day) in (0_i64..).zip(found) {
                assert_eq!(day["date"], start.checked_add(n.days()).unwrap().to_string());
                let expected = if kind == "sedentary_minutes" && day["date"] == "2020-02-29" { 5 } else { 0 };
                assert_eq!(day["value"], expected);
            }
        }
    }
    for (first, last, why) in [
        (
            "2019-01-02",
            "2019-01-01",
            "The date_end parameter can not contain an older date than that the date_start parameter!",
        ),
        (
            "2260-12-31",
            "1679-01-01",
            "The date_end parameter can not contain an older date than that the date_start parameter!",
        ),
        ("2019-01-01", "2020-01-02", "The period between the received dates can not exceed one year!"),
        ("2020-01-01", "2021-01-01", "The period between the received dates can not exceed one year!"),
        ("2019-03-01", "2020-03-02", "The period between the received dates can not exceed one year!"),
        ("2018-03-01", "2019-03-02", "The period between the received dates can not exceed one year!"),
        ("1679-01-01", "2260-12-31", "The period between the received dates can not exceed one year!"),
    ] {
        let message = format!("The interval between dates {first} and {last} is invalid!");
        for reply in both(&t.client, &child, &format!("{first}/{last}")).await {
            reply.fails(400, &message, Some(why));
        }
    }
}

#[tokio::test]
async fn paths_are_as_they_are_written_and_query_strings_have_no_effect() {
    let t = Tracking::new().await;
    t.post("logs/steps", json!([log("2019-01-02", 5.0)])).await.is(207);
    let path = "logs/steps/date/2019-01-01/2019-01-02";
    let plain = t.get(path).await.is(200).text;
    for query in ["page=2&limit=1", "sort=-value", "start_at=yesterday", "value=gt:5", "period=x", "%ff"] {
        assert_eq!(t.get(&format!("{path}?{query}")).await.is(200).text, plain, "{query}");
    }
    assert_eq!(t.get(&format!("{path}/")).await.is(200).text, plain);
    let head = t.client.send(Method::HEAD, &t.path(path), None).await.is(200);
    assert_eq!(head.header("x-total-count"), None);
    for (method, path, allow) in [
        (Method::GET, "logs/steps", "POST"),
        (Method::DELETE, "logs/steps", "POST"),
        (Method::DELETE, path, "GET, HEAD"),
        (Method::POST, "logs/date/2019-01-01/2019-01-02", "GET, HEAD"),
    ] {
        let refused = t.client.send(method, &t.path(path), None).await.is(405);
        let mut allowed: Vec<_> = refused.header("allow").unwrap().split(", ").collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(", "), allow);
    }
    for path in ["logs", "logs/steps/date/2019-01-01", "Logs/steps/date/2019-01-01/2019-01-02", "logs/steps/2019-01-01"]
    {
        t.get(path).await.is(404);
    }
    // What is written out goes before a parameter, and `date` is no type.
    t.get("logs/date/date/2019-01-01/2019-01-02").await.fails(400, INVALID, Some(TYPE));
}

#[tokio::test]
async fn a_request_is_one_row_of_the_audit_trail_if_it_changes_something() {
    let options = Options { audited_reads: ocariot_users::app::AuditedReads::SingleChildren, ..Options::default() };
    let world = World::with(options).await;
    let school = world.school().await;
    let (client, child) = (&school.application.client, &school.child.id);
    let path = format!("/v1/children/{child}/logs");
    let two = json!([log("2019-01-01", 1.0), log("2019-01-02", 2.0)]);
    for body in [two.clone(), two, json!([]), json!([{"date": "bad"}]), json!([log("2019-01-02", 3.0)])] {
        client.post(&format!("{path}/steps"), body).await.is(207);
    }
    client.get(&format!("{path}/date/2019-01-01/2019-01-02")).await.is(200);
    client.get(&format!("{path}/steps/date/2019-01-01/2019-01-02")).await.is(200);
    client.get(&format!("{path}/steps/date/2019-01-02/2019-01-01")).await.is(400);
    let actions: Vec<_> = trail_of(&world, child, "log_").into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["log_create", "log_create", "log_list", "log_list_of_type"], "equal totals change nothing");
}

#[tokio::test]
async fn a_range_takes_one_statement_and_deleting_a_child_deletes_its_logs() {
    let t = Tracking::new().await;
    let sibling = format!("/v1/children/{}/logs/steps", t.school.sibling.id);
    t.client.post(&sibling, json!([log("2019-01-01", 1.0)])).await.is(207);
    t.post("logs/steps", json!([log("2019-01-01", 1.0), log("2019-01-02", 1.0)])).await.is(207);
    for path in
        ["logs/date/2019-01-01/2019-01-01", "logs/date/2019-01-01/2019-12-31", "logs/steps/date/2019-01-01/2019-12-31"]
    {
        let before = t.world.store.statements();
        t.get(path).await.is(200);
        // One asks who reaches the child.
        assert_eq!(t.world.store.statements() - before, 2, "{path}");
    }
    t.world.admin().await.delete(&format!("/v1/users/{}", t.school.child.id)).await.is(204);
    let (message, description) = unregistered("Child", &t.school.child.id);
    t.get("logs/date/2019-01-01/2019-01-01").await.fails(400, &message, Some(&description));
    t.post("logs/steps", json!([])).await.fails(400, &message, Some(&description));
    assert_eq!((count(&t.world, "day_totals"), count(&t.world, "tracked_child")), (1, 1));
}

#[test]
fn whatever_is_brought_the_last_total_of_each_day_is_shown() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 20, ..Default::default() });
    let logs = proptest::collection::vec((-3..20_i64, 0.0..1e6_f64), 0..12);
    let first: Date = "2020-02-20".parse().unwrap();
    let day = |n: i64| first.checked_add(n.days()).unwrap();
    runner
        .run(&proptest::collection::vec((0..TYPES.len(), logs), 1..12), |requests| {
            runtime.block_on(async {
                let t = Tracking::new().await;
                let mut model = BTreeMap::new();
                for (kind, logs) in &requests {
                    let items: Vec<_> = logs.iter().map(|(n, value)| log(&day(*n).to_string(), *value)).collect();
                    let reply = t.post(&format!("logs/{}", TYPES[*kind]), json!(items)).await.is(207);
                    assert_eq!(reply.body["success"].as_array().unwrap().len(), logs.len());
                    model.extend(logs.iter().map(|(n, value)| ((*kind, *n), *value)));
                }
                let all = t.get(&format!("logs/date/{}/{}", day(-2), day(15))).await.is(200).body;
                for (kind, name) in TYPES.iter().enumerate() {
                    let expected: Vec<_> = (-2..=15).map(|n| model.get(&(kind, n)).copied().unwrap_or(0.0)).collect();
                    let found: Vec<_> =
                        all[name].as_array().unwrap().iter().map(|day| day["value"].as_f64().unwrap()).collect();
                    assert_eq!(found, expected, "{name}");
                }
            });
            Ok(())
        })
        .unwrap();
}
