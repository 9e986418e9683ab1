//! One or many: 207, its order, its items, its bounds.

use serde_json::{Value, json};

use super::{AN_ID, INVALID, REQUIRED, Tracking, trail, weight};
use crate::support::{Options, World};

#[tokio::test]
async fn an_array_is_207_with_what_was_stored_then_fields_and_conflicts_then_times() {
    let t = Tracking::new().await;
    let child = t.school.child.id.clone();
    let sent = json!([
        {"timestamp": "yesterday", "value": 1, "more": [1, {"a": null}]},
        {"timestamp": "2019-01-01T00:00:00.5", "value": 1, "unit": "kg", "id": "mine", "summary": 1, "other": 2},
        {"timestamp": "2019-01-01T00:00:00.500Z", "value": "2", "unit": "kg", "body_fat": 5, "id": "mine"},
        {"timestamp": "2019-02-30T00:00:00Z"},
        {"timestamp": "2019-01-02T00:00:00.9Z", "value": "x", "unit": "kg", "child_id": "ignored"},
        7,
        {"timestamp": "2019-01-03T00:00:00", "value": 3, "unit": "kg"},
    ]);
    let reply = t.post("weights", sent.clone()).await.is(207);
    let ids: Vec<_> = reply.body["success"].as_array().unwrap().iter().map(|one| one["item"]["id"].clone()).collect();
    let expected = json!({
        "success": [
            {"code": 201, "item": {"id": ids[0], "timestamp": "2019-01-01T00:00:00", "value": 1, "unit": "kg", "child_id": child}},
            {"code": 201, "item": {"id": ids[1], "timestamp": "2019-01-03T00:00:00", "value": 3, "unit": "kg", "child_id": child}},
        ],
        "error": [
            {"code": 409, "message": "Weight is already registered...",
             "item": {"id": "mine", "timestamp": "2019-01-01T00:00:00", "value": "2", "unit": "kg", "child_id": child, "body_fat": 5}},
            {"code": 400, "message": INVALID, "description": "value must be a number equal to or greater than zero.",
             "item": {"timestamp": "2019-01-02T00:00:00", "value": "x", "unit": "kg", "child_id": child}},
            {"code": 400, "message": REQUIRED, "description": "timestamp, value, unit are required!", "item": {"child_id": child}},
            {"code": 400, "message": "Datetime: yesterday, is not in valid ISO 8601 format.",
             "description": "Datetime must be in the format: yyyy-MM-ddTHH:mm:ssZ", "item": sent[0]},
            {"code": 400, "message": "Datetime: 2019-02-30T00:00:00Z, is not in valid ISO 8601 format.", "item": sent[3]},
        ],
    });
    assert_eq!(reply.body, expected);
    assert!(t.ids("bodyfats").await.is_empty(), "a refused weight makes no body fat");
    let again = t.post("weights", sent).await.is(207);
    assert_eq!(again.body["success"], json!([]));
    assert_eq!(again.body["error"][0]["code"], 409);
    assert_eq!(t.ids("weights").await.len(), 2);
}

#[tokio::test]
async fn the_example_of_the_contract_for_body_fats() {
    let t = Tracking::new().await;
    let reply = t.post("bodyfats", json!([{"value": null}, {"timestamp": null, "value": 3}])).await.is(207);
    let expected = format!(
        "{}{}{}",
        r#"{"success":[],"error":[{"code":400,"message":"One or more request fields are invalid...","description":"value must be a number equal to or greater than zero.","item":{"value":null,"unit":"%","child_id":""#,
        t.school.child.id,
        r#""}},{"code":400,"message":"Datetime: null, is not in valid ISO 8601 format.","description":"Datetime must be in the format: yyyy-MM-ddTHH:mm:ssZ","item":{"timestamp":null,"value":3}}]}"#
    );
    assert_eq!(reply.text, expected);
}

#[tokio::test]
async fn an_empty_array_is_207_and_an_empty_body_an_empty_object() {
    let t = Tracking::new().await;
    assert_eq!(t.post("weights", json!([])).await.is(207).text, r#"{"success":[],"error":[]}"#);
    let request = t.client.request(poem::http::Method::POST, &t.path("weights")).finish();
    t.client.call(request).await.fails(400, REQUIRED, Some("timestamp, value, unit are required!"));
    for bad in [json!(null), json!("x"), json!(5), json!(true)] {
        let text = "Please verify that the JSON provided in the request body has a valid format and try again.";
        t.post("weights", bad).await.fails(400, "Unable to process request body!", Some(text));
    }
}

#[tokio::test]
async fn more_than_a_thousand_items_are_refused_together() {
    let t = Tracking::new().await;
    let at = |n: usize| weight(&format!("2019-01-01T{:02}:{:02}:{:02}", n / 3600, n / 60 % 60, n % 60), 1.0);
    let mut many: Vec<Value> = (0..1001).map(at).collect();
    t.post("weights", json!(many)).await.fails(400, INVALID, Some("At most 1000 items can be sent at once."));
    assert!(t.ids("weights").await.is_empty());
    many.pop();
    let reply = t.post("weights", json!(many)).await.is(207);
    assert_eq!(reply.body["success"].as_array().unwrap().len(), 1000);
    assert_eq!(reply.body["success"][999]["item"]["timestamp"], "2019-01-01T00:16:39");
    assert_eq!(t.get("weights?limit=1").await.header("x-total-count"), Some("1000"));
}

#[tokio::test]
async fn a_malformed_id_in_the_path_is_a_field_of_each_item_whoever_asks() {
    let t = Tracking::new().await;
    let message = "Parameter {child_id} is not in valid format!";
    for client in [&t.client, &t.school.educator.client, &t.school.family.client, &t.school.child.client] {
        let path = "/v1/children/5A62/weights";
        client.post(path, weight("2019-01-01T00:00:00", 1.0)).await.fails(400, message, Some(AN_ID));
        let text = "value must be a number equal to or greater than zero.";
        client.post(path, json!({"value": "x"})).await.fails(400, INVALID, Some(text));
        let items = json!([weight("2019-01-01T00:00:00.5", 1.0), {}, {"timestamp": 5}]);
        let reply = client.post(path, items).await.is(207);
        assert_eq!(reply.body["success"], json!([]));
        let errors = reply.body["error"].as_array().unwrap();
        for error in &errors[..2] {
            assert_eq!((&error["message"], &error["item"]["child_id"]), (&json!(message), &json!("5A62")), "{error}");
        }
        assert_eq!(errors[2]["message"], "Datetime: 5, is not in valid ISO 8601 format.");
        assert_eq!(client.post(path, json!([])).await.is(207).body, json!({"success": [], "error": []}));
    }
    t.world.nobody().post("/v1/children/5A62/weights", json!([])).await.is(401);
    t.world.admin().await.post("/v1/children/5A62/weights", json!([])).await.is(403);
}

#[tokio::test]
async fn items_are_stored_in_one_transaction_and_one_row_of_the_audit_trail() {
    let t = Tracking::new().await;
    t.post("weights", json!([weight("2019-01-01T00:00:00", 1.0), weight("2019-01-02T00:00:00", 2.0)])).await.is(207);
    let one = t.post("weights", weight("2019-01-03T00:00:00", 3.0)).await.is(201).id();
    t.post("weights", weight("2019-01-03T00:00:00", 3.0)).await.is(409);
    t.post("weights", json!([])).await.is(207);
    t.delete(&format!("weights/{one}")).await.is(204);
    t.delete(&format!("weights/{one}")).await.is(204);
    let rows = trail(&t.world, &t.school.child.id);
    let expected = [("weight_create", None), ("weight_create", Some(one.clone())), ("weight_delete", Some(one))];
    assert_eq!(rows, expected.map(|(action, part)| (action.to_owned(), part)));
}

#[tokio::test]
async fn an_answer_that_is_far_longer_than_what_was_sent_is_told_part_by_part() {
    let t = Tracking::new().await;
    let night = |second: u32| {
        let entry = json!({"start_time": "2019-01-01T00:00:00", "name": "rem", "duration": 1});
        json!({"start_time": format!("2019-01-01T00:00:{second:02}Z"), "duration": 1000, "type": "stages",
            "end_time": format!("2019-01-01T00:00:{:02}Z", second + 1), "pattern": {"data_set": vec![entry; 200]}})
    };
    let hollow = |entries: usize| json!({"id": entries, "pattern": {"data_set": vec![json!({}); entries]}});
    let mut sent = Vec::new();
    for n in 0..20 {
        sent.extend([night(n), hollow(3000 + n as usize), json!({"start_time": n})]);
    }
    let reply = t.post("sleep", json!(sent)).await.is(207);
    assert_eq!(reply.header("content-length"), None);
    assert!(reply.text.len() > 5_000_000, "{}", reply.text.len());
    let (success, errors) = (reply.body["success"].as_array().unwrap(), reply.body["error"].as_array().unwrap());
    assert_eq!((success.len(), errors.len()), (20, 40));
    for (n, made) in success.iter().enumerate() {
        assert_eq!(made["item"]["start_time"], format!("2019-01-01T00:00:{n:02}"));
        assert_eq!(made["item"]["pattern"]["data_set"].as_array().unwrap().len(), 200);
    }
    let entry = "pattern.data_set.start_time, pattern.data_set.name, pattern.data_set.duration";
    for (n, error) in errors[..20].iter().enumerate() {
        assert_eq!(error["item"]["id"], 3000 + n);
        assert_eq!(error["description"], format!("{} are required!", vec![entry; 3000 + n].join(", ")));
    }
    for (n, error) in errors[20..].iter().enumerate() {
        assert_eq!(error["message"], format!("Datetime: {n}, is not in valid ISO 8601 format."));
    }
    assert_eq!(t.get("sleep?limit=1").await.header("x-total-count"), Some("20"));
}

#[tokio::test]
async fn uploads_have_a_limit_of_their_own() {
    let options = Options { body_bytes: 1024, upload_bytes: 2048, ..Options::default() };
    let world = World::with(options).await;
    let school = world.school().await;
    let path = format!("/v1/children/{}/weights", school.child.id);
    let body = |length: usize| format!("[{}]", " ".repeat(length - 2));
    let send = |length| {
        let request = school.application.client.request(poem::http::Method::POST, &path);
        school.application.client.call(request.body(body(length)))
    };
    send(2048).await.is(207);
    let text = "The request body must not exceed 2048 bytes.";
    send(2049).await.fails(413, "REQUEST ENTITY TOO LARGE", Some(text));
}
