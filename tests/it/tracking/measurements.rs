//! Weights and body fats, and the link between them.

use serde_json::json;

use super::{INVALID, REQUIRED, Tracking, weight};
use crate::support::ABSENT;

#[tokio::test]
async fn a_weight_is_shown_in_whole_seconds_with_its_body_fat() {
    let t = Tracking::new().await;
    let body = json!({"timestamp": "2019-06-20T14:40:00.999-03:00", "value": "70.20", "unit": "kg", "body_fat": 20.2,
        "id": ABSENT, "child_id": ABSENT, "created_at": "x", "other": 1});
    let made = t.post("weights", body).await.is(201);
    let id = made.id();
    assert_ne!(id, ABSENT);
    let expected = format!(
        r#"{{"id":"{id}","timestamp":"2019-06-20T17:40:00","value":70.2,"unit":"kg","child_id":"{}","body_fat":20.2}}"#,
        t.school.child.id
    );
    assert_eq!(made.text, expected);
    assert_eq!(made.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(t.get(&format!("weights/{id}")).await.is(200).text, expected);
    let listed = t.get("weights").await.is(200);
    assert_eq!(listed.text, format!("[{expected}]"));
    assert_eq!(listed.header("x-total-count"), Some("1"));
    let fats = t.get("bodyfats").await.is(200);
    let fat = fats.body[0]["id"].as_str().unwrap().to_owned();
    let expected = format!(
        r#"[{{"id":"{fat}","timestamp":"2019-06-20T17:40:00.999Z","value":20.2,"unit":"%","child_id":"{}"}}]"#,
        t.school.child.id
    );
    assert_eq!(fats.text, expected);
    assert_eq!(fats.header("x-total-count"), Some("1"));
    assert_eq!(t.post("weights", weight("2019-06-21T00:00:00", 70.0)).await.is(201).body["body_fat"], json!(null));
}

#[tokio::test]
async fn a_body_fat_is_per_cent_whatever_is_sent() {
    let t = Tracking::new().await;
    let body = json!({"timestamp": "2019-06-20T17:40:00.500Z", "value": 30, "unit": "kg"});
    let made = t.post("bodyfats", body).await.is(201);
    let expected = format!(
        r#"{{"id":"{}","timestamp":"2019-06-20T17:40:00.500Z","value":30,"unit":"%","child_id":"{}"}}"#,
        made.id(),
        t.school.child.id
    );
    assert_eq!(made.text, expected);
    assert_eq!(t.get(&format!("bodyfats/{}", made.id())).await.is(200).text, expected);
    let zero = json!({"timestamp": "2019-06-20T17:40:00.501Z", "value": 0});
    assert_eq!(t.post("bodyfats", zero).await.is(201).body["value"], 0);
}

#[tokio::test]
async fn the_same_time_to_the_millisecond_is_a_conflict_of_its_child_and_kind() {
    let t = Tracking::new().await;
    let at = |time: &str| json!({"timestamp": time, "value": 1, "unit": "kg"});
    t.post("weights", at("2019-06-20T14:40:00.001")).await.is(201);
    t.post("weights", at("2019-06-20T14:40:00.002")).await.is(201);
    let again = t.post("weights", at("2019-06-20T16:40:00.0019+02:00")).await;
    again.fails(409, "Weight is already registered...", None);
    t.post("bodyfats", at("2019-06-20T14:40:00.001")).await.is(201);
    t.post("bodyfats", at("2019-06-20T14:40:00.001")).await.fails(409, "Body Fat is already registered...", None);
    let sibling = format!("/v1/children/{}/weights", t.school.sibling.id);
    t.client.post(&sibling, at("2019-06-20T14:40:00.001")).await.is(201);
    assert_eq!(t.ids("weights").await.len(), 2);
}

#[tokio::test]
async fn the_fields_of_a_weight_are_judged_in_their_order() {
    let t = Tracking::new().await;
    let number = "value must be a number equal to or greater than zero.";
    let fat = "body_fat must be a number equal to or greater than zero.";
    for (body, message, description) in [
        (json!({}), REQUIRED, Some("timestamp, value, unit are required!")),
        (json!({"timestamp": "2019-06-20T14:40:00"}), REQUIRED, Some("value, unit are required!")),
        (json!({"value": null}), INVALID, Some(number)),
        (json!({"value": -1, "unit": 5}), INVALID, Some(number)),
        (json!({"value": 1, "unit": 5}), INVALID, Some("unit must be a string!")),
        (json!({"value": 1, "unit": ""}), INVALID, Some("unit must have at least one character!")),
        (json!({"value": 1, "unit": "x".repeat(257)}), INVALID, Some("unit must have at most 256 characters!")),
        (json!({"value": 1, "unit": "a\nb"}), INVALID, Some("unit must not contain control characters!")),
        (json!({"value": 1, "body_fat": null}), REQUIRED, Some("timestamp, unit are required!")),
        (json!({"timestamp": "2019-06-20T14:40:00", "value": 1, "unit": "kg", "body_fat": null}), INVALID, Some(fat)),
        (
            json!({"timestamp": "2019-02-30T14:40:00", "value": null}),
            "Datetime: 2019-02-30T14:40:00, is not in valid ISO 8601 format.",
            None,
        ),
    ] {
        t.post("weights", body).await.fails(400, message, description);
    }
    assert_eq!(t.ids("weights").await.len() + t.ids("bodyfats").await.len(), 0);
}

#[tokio::test]
async fn a_weight_links_the_body_fat_of_its_time_and_shows_its_present_value() {
    let t = Tracking::new().await;
    let time = "2019-06-20T14:40:00.250Z";
    let earlier = t.post("bodyfats", json!({"timestamp": time, "value": 18})).await.is(201).id();
    let with = |fat: f64| json!({"timestamp": time, "value": 30, "unit": "kg", "body_fat": fat});
    let first = t.post("weights", with(20.5)).await.is(201).id();
    let fat = t.get(&format!("bodyfats/{earlier}")).await.is(200).body;
    assert_eq!((fat["value"].as_f64(), t.ids("bodyfats").await), (Some(20.5), vec![earlier.clone()]));

    t.post("weights", with(99.0)).await.fails(409, "Weight is already registered...", None);
    assert_eq!(t.get(&format!("bodyfats/{earlier}")).await.body["value"], 20.5, "a refused weight touches none");

    t.delete(&format!("weights/{first}")).await.is(204);
    assert_eq!(t.ids("bodyfats").await, [earlier.as_str()], "it stays when its weight goes");
    let second = t.post("weights", with(21.5)).await.is(201).id();
    assert_eq!(t.get(&format!("bodyfats/{earlier}")).await.body["value"], 21.5);

    t.delete(&format!("bodyfats/{earlier}")).await.is(204);
    assert_eq!(t.get(&format!("weights/{second}")).await.body["body_fat"], json!(null));
    t.post("bodyfats", json!({"timestamp": time, "value": 5})).await.is(201);
    assert_eq!(t.get(&format!("weights/{second}")).await.body["body_fat"], json!(null), "only a weight links");
    assert_eq!(t.get("weights").await.body[0]["body_fat"], json!(null));
}

#[tokio::test]
async fn a_weight_without_body_fat_links_none() {
    let t = Tracking::new().await;
    let time = "2019-06-20T14:40:00Z";
    t.post("bodyfats", json!({"timestamp": time, "value": 18})).await.is(201);
    let made = t.post("weights", weight(time, 30.0)).await.is(201);
    assert_eq!(made.body.get("body_fat"), None);
    assert_eq!(t.get(&format!("weights/{}", made.id())).await.body.get("body_fat"), None);
}

#[tokio::test]
async fn what_is_of_another_kind_or_child_is_neither_shown_nor_deleted() {
    let t = Tracking::new().await;
    let body = json!({"timestamp": "2019-06-20T14:40:00", "value": 30, "unit": "kg", "body_fat": 20});
    let id = t.post("weights", body).await.is(201).id();
    let fat = t.ids("bodyfats").await.remove(0);
    let text =
        |x: &str| format!("{x} not found or already removed. A new operation for the same resource is not required.");
    for (path, what) in [
        (t.path(&format!("weights/{fat}")), "Weight"),
        (t.path(&format!("bodyfats/{id}")), "Body Fat"),
        (t.path(&format!("weights/{ABSENT}")), "Weight"),
        (format!("/v1/children/{}/weights/{id}", t.school.sibling.id), "Weight"),
        (t.path(&format!("weights/{}{}", &id[..16], "00000000")), "Weight"),
        (t.path(&format!("bodyfats/{}{}", &fat[..16], "00000000")), "Body Fat"),
    ] {
        t.client.get(&path).await.fails(404, &format!("{what} not found!"), Some(&text(what)));
        let gone = t.client.delete(&path).await.is(204);
        assert_eq!((gone.text.as_str(), gone.header("content-type")), ("", None));
    }
    t.get(&format!("weights/{}", id.to_uppercase())).await.is(200);
    assert_eq!((t.ids("weights").await, t.ids("bodyfats").await), (vec![id.clone()], vec![fat]));
    t.delete(&format!("weights/{id}")).await.is(204);
    t.delete(&format!("weights/{id}")).await.is(204);
    assert!(t.ids("weights").await.is_empty());
}
