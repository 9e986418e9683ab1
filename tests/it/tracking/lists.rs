//! Query strings on lists.

use serde_json::{Value, json};

use super::{Tracking, weight};

/// Weights by their values, in the order in which they were registered, a day apart.
async fn filled() -> Tracking {
    let t = Tracking::new().await;
    for (timestamp, value, unit, fat) in [
        ("2019-06-03T08:00:00.700", 30.0, "kg", Some(20.0)),
        ("2019-06-01T08:00:00.900", 9.5, "Kg", None),
        ("2019-06-01T08:00:00.100", 100.0, "lb", Some(9.0)),
        ("2019-07-01T00:00:00.000", 30.0, "kg", None),
        ("2019-06-02T23:59:59.999", 31.0, "café", Some(100.0)),
    ] {
        let mut body = weight(timestamp, value);
        body["unit"] = json!(unit);
        if let Some(fat) = fat {
            body["body_fat"] = json!(fat);
        }
        t.post("weights", body).await.is(201);
        t.world.clock.advance(3600 * 2);
    }
    t
}

async fn values(t: &Tracking, query: &str) -> Vec<f64> {
    let reply = t.get(&format!("weights?{query}")).await.is(200);
    let values: Vec<_> = reply.body.as_array().unwrap().iter().map(|item| item["value"].as_f64().unwrap()).collect();
    if !query.contains("limit") {
        assert_eq!(reply.header("x-total-count"), Some(values.len().to_string().as_str()), "{query}");
    }
    values
}

#[tokio::test]
async fn the_newest_registered_come_first_whatever_their_times_say() {
    let t = filled().await;
    assert_eq!(values(&t, "").await, [31.0, 30.0, 100.0, 9.5, 30.0]);
    assert_eq!(values(&t, "child_id=x&institution_id=y&fields=id").await.len(), 5, "the path decides");
    let page = t.get("weights?page=2&limit=2").await.is(200);
    assert_eq!(page.header("x-total-count"), Some("5"));
    assert_eq!(
        page.body.as_array().unwrap().iter().map(|w| &w["value"]).collect::<Vec<_>>(),
        [&json!(100), &json!(9.5)]
    );
    assert_eq!(values(&t, "page=9&limit=2").await, [0.0; 0]);
    let filtered = t.get("weights?value=gt:9&sort=value&page=2&limit=2").await.is(200);
    assert_eq!(filtered.header("x-total-count"), Some("5"));
    assert_eq!(
        filtered.body.as_array().unwrap().iter().map(|w| &w["value"]).collect::<Vec<_>>(),
        [&json!(30), &json!(31)]
    );
}

#[tokio::test]
async fn numbers_compare_as_numbers_and_absent_ones_sort_first_and_match_nothing() {
    let t = filled().await;
    for (query, expected) in [
        ("sort=value", &[9.5, 30.0, 30.0, 31.0, 100.0][..]),
        ("sort=-value", &[100.0, 31.0, 30.0, 30.0, 9.5]),
        ("sort=body_fat", &[9.5, 30.0, 100.0, 30.0, 31.0]),
        ("sort=-body_fat", &[31.0, 30.0, 100.0, 9.5, 30.0]),
        ("value=30.0&sort=id", &[30.0, 30.0]),
        ("value=gt:9.5&value=lt:31&sort=id", &[30.0, 30.0]),
        ("value=9.5,100&sort=value", &[9.5, 100.0]),
        ("value=3*&sort=value", &[30.0, 30.0, 31.0]),
        ("value=*.5", &[9.5]),
        ("value=ne:30&sort=value", &[9.5, 31.0, 100.0]),
        ("value=gt:x", &[]),
        ("value=ne:x", &[]),
        ("value=x", &[]),
        ("body_fat=ne:9&sort=value", &[30.0, 31.0]),
        ("body_fat=gte:9&sort=value", &[30.0, 31.0, 100.0]),
        ("unit=KG&sort=value", &[9.5, 30.0, 30.0]),
        ("unit=CAFE*", &[31.0]),
        ("unit=caf%C3%A9", &[31.0]),
        ("steps=1", &[]),
        ("created_at=ne:1", &[]),
        ("linked=1", &[]),
        ("timestamp=2019-06-02*", &[31.0]),
    ] {
        assert_eq!(values(&t, query).await, expected, "{query}");
    }
    assert_eq!(values(&t, "sort=created_at,linked").await, values(&t, "").await);
}

#[tokio::test]
async fn times_are_instants_to_the_millisecond_in_filters_and_whole_seconds_as_keys_of_weights() {
    let t = filled().await;
    for (query, expected) in [
        // The app's question for a period.
        ("timestamp=gte:2019-06-01&timestamp=lt:2019-07-01T00:00:00&sort=timestamp", &[100.0, 9.5, 31.0, 30.0][..]),
        ("timestamp=lte:2019-07-01&sort=-timestamp", &[30.0, 30.0, 31.0, 100.0, 9.5]),
        ("timestamp=2019-06-01T08:00:00.9Z", &[9.5]),
        ("timestamp=2019-06-01T10:00:00.9%2B02:00", &[9.5]),
        ("timestamp=2019-06-01T10:00:00.9+02:00", &[9.5]),
        ("timestamp=2019-06-01T08:00:00", &[]),
        ("timestamp=2019-07-01", &[30.0]),
        ("timestamp=ne:2019-07-01&sort=value", &[9.5, 30.0, 31.0, 100.0]),
        ("timestamp=gt:2019-07-01", &[]),
        ("timestamp=ne:yesterday", &[]),
        ("timestamp=gt:2019-06-31", &[]),
        ("timestamp=*T08:00:00&sort=value", &[9.5, 30.0, 100.0]),
        ("timestamp=2019-06-01t*&sort=value", &[9.5, 100.0]),
        ("timestamp=2019-07-01,2019-06-01T08:00:00.1&sort=value", &[30.0, 100.0]),
        // Equal seconds: the newest registered first, also behind another key.
        ("sort=timestamp", &[100.0, 9.5, 31.0, 30.0, 30.0]),
        ("sort=-timestamp", &[30.0, 30.0, 31.0, 100.0, 9.5]),
        ("sort=unit,timestamp&value=30", &[30.0, 30.0]),
    ] {
        assert_eq!(values(&t, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn start_end_and_period_act_on_the_time_of_registration() {
    let t = filled().await;
    // Registered at 12:00, 14:00, 16:00, 18:00 and 20:00; it is 22:00.
    for (query, expected) in [
        ("start_at=2026-03-01T14:00:00&end_at=2026-03-01T18:00:00", &[100.0, 9.5][..]),
        ("start_at=2026-03-01", &[31.0, 30.0, 100.0, 9.5, 30.0]),
        ("end_at=2026-03-01", &[]),
        ("start_at=2019-06-01&end_at=2019-06-30", &[]),
        ("period=1d&sort=value", &[9.5, 30.0, 30.0, 31.0, 100.0]),
        ("start_at=2026-03-01T18:00:00&timestamp=gte:2019-06-15", &[30.0]),
        ("end_at=9999-12-31&start_at=today&limit=1", &[31.0]),
    ] {
        assert_eq!(values(&t, query).await, expected, "{query}");
    }
    let text = Some("Date must be in the format: yyyy-MM-dd");
    t.get("weights?start_at=x").await.fails(400, "Date: x, is not in valid ISO 8601 format.", text);
}

#[tokio::test]
async fn equals_of_other_lists_are_oldest_registered_first_in_both_directions() {
    let t = Tracking::new().await;
    let times = ["2019-06-01T00:00:00.5", "2019-06-01T00:00:00.1", "2019-06-01T00:00:00.9"];
    let items: Vec<Value> = times.iter().map(|time| json!({"timestamp": time, "value": 7})).collect();
    t.post("bodyfats", json!(items)).await.is(207);
    let mut oldest_first = t.ids("bodyfats").await;
    oldest_first.reverse();
    for sort in ["value", "-value", "unit", "-unit", "value,-unit", "id"] {
        assert_eq!(t.ids(&format!("bodyfats?sort={sort}")).await, oldest_first, "{sort}");
    }
    let [first, second, third] = [&oldest_first[1], &oldest_first[0], &oldest_first[2]];
    assert_eq!(&t.ids("bodyfats?sort=timestamp").await.iter().collect::<Vec<_>>(), &[first, second, third]);
    assert_eq!(t.ids(&format!("bodyfats?id={first}&unit=%25")).await, [first.as_str()]);
    assert_eq!(t.ids(&format!("bodyfats?id={}", first.to_uppercase())).await, [""; 0]);
    assert_eq!(t.ids("bodyfats?timestamp=*.500z").await, [second.as_str()]);
}

#[tokio::test]
async fn ids_sort_as_they_were_given_and_not_by_the_numbers_in_them() {
    let t = Tracking::new().await;
    let items: Vec<Value> =
        (0..60).map(|n| json!({"timestamp": format!("2019-06-01T00:00:{n:02}"), "value": 7})).collect();
    t.post("bodyfats", json!(items)).await.is(207);
    let mut ids = t.ids("bodyfats").await;
    assert_eq!(t.ids("bodyfats?sort=-id").await, ids);
    ids.reverse();
    assert_eq!(t.ids("bodyfats?sort=value,id").await, ids);
    assert!(ids.is_sorted());
}

#[tokio::test]
async fn a_list_takes_a_fixed_number_of_statements_whatever_the_page() {
    let t = filled().await;
    for query in ["", "?limit=1", "?sort=value", "?value=gt:1&sort=-timestamp&limit=2", "?timestamp=gte:2019-01-01"] {
        let before = t.world.store.statements();
        t.get(&format!("weights{query}")).await.is(200);
        // One asks who reaches the child.
        assert_eq!(t.world.store.statements() - before, 3, "{query}");
    }
}

#[tokio::test]
async fn times_before_and_after_all_that_can_be_stored_can_be_asked_for() {
    let t = filled().await;
    for (query, count) in [
        ("timestamp=lt:9999-12-31", 5),
        ("timestamp=ne:9999-12-31T23:59:59Z", 5),
        ("timestamp=gte:1600-01-01&timestamp=lt:2262-01-01", 5),
        ("timestamp=gt:1677-01-01T00:00:00", 5),
        ("timestamp=gt:9999-12-31", 0),
        ("timestamp=lt:0000-01-01", 0),
        ("timestamp=2262-01-01", 0),
        ("timestamp=lt:2262-02-30", 0),
    ] {
        assert_eq!(values(&t, query).await.len(), count, "{query}");
    }
}
