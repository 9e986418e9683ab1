//! Physical activities.

use serde_json::{Value, json};

use super::{AN_ID, INVALID, REQUIRED, Tracking};
use crate::support::ABSENT;

fn activity() -> Value {
    json!({
        "start_time": "2018-12-14T12:52:59.000Z", "end_time": "2018-12-14T13:12:37.000Z", "duration": 1_178_000,
        "name": " walk ", "calories": 200, "steps": 1000, "distance": 800,
        "levels": [
            {"name": "sedentary", "duration": 0, "more": 1},
            {"name": "very", "duration": "180000"},
            {"name": "fairly", "duration": 120_000},
            {"name": "lightly", "duration": 60_000},
        ],
        "heart_rate": {
            "average": 107, "more": 1,
            "peak_zone": {"min": 154, "max": 220, "duration": 0},
            "out_of_range_zone": {"min": 30, "max": 91, "duration": 0},
            "fat_burn_zone": {"min": "91", "max": 127, "duration": 540_000, "more": 1},
            "cardio_zone": {"min": 154, "max": 127, "duration": 600_000.0},
        },
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut body = activity();
    body[field] = value;
    body
}

fn without(field: &str) -> Value {
    let mut body = activity();
    body.as_object_mut().unwrap().remove(field);
    body
}

#[tokio::test]
async fn an_activity_comes_back_with_exactly_its_keys_in_their_order() {
    let t = Tracking::new().await;
    let made = t.post("physicalactivities", activity()).await.is(201);
    let expected = format!(
        "{}{}{}{}{}",
        r#"{"id":""#,
        made.id(),
        r#"","start_time":"2018-12-14T12:52:59","end_time":"2018-12-14T13:12:37","duration":1178000,"child_id":""#,
        t.school.child.id,
        r#"","name":"walk","calories":200,"steps":1000,"distance":800,"levels":[{"name":"sedentary","duration":0},{"name":"very","duration":180000},{"name":"fairly","duration":120000},{"name":"lightly","duration":60000}],"heart_rate":{"average":107,"out_of_range_zone":{"min":30,"max":91,"duration":0},"fat_burn_zone":{"min":91,"max":127,"duration":540000},"cardio_zone":{"min":154,"max":127,"duration":600000},"peak_zone":{"min":154,"max":220,"duration":0}}}"#
    );
    assert_eq!(made.text, expected);
    assert_eq!(t.get(&format!("physicalactivities/{}", made.id())).await.is(200).text, expected);
    let listed = t.get("physicalactivities").await.is(200);
    assert_eq!((listed.text.as_str(), listed.header("x-total-count")), (format!("[{expected}]").as_str(), Some("1")));
    t.post("physicalactivities", activity()).await.fails(409, "Physical Activity is already registered...", None);
    t.delete(&format!("physicalactivities/{}", made.id())).await.is(204);
    let text = "Physical Activity not found or already removed. A new operation for the same resource is not required.";
    let gone = t.get(&format!("physicalactivities/{}", made.id())).await;
    gone.fails(404, "Physical Activity not found!", Some(text));
}

#[tokio::test]
async fn what_counts_as_not_given_is_left_out() {
    let t = Tracking::new().await;
    let mut second = 0;
    for (levels, heart_rate) in
        [(json!([]), json!(null)), (json!("x"), json!(false)), (json!(null), json!(0)), (json!({}), json!(""))]
    {
        let mut body = activity();
        second += 1;
        body["start_time"] = json!(format!("2018-12-14T12:52:{second:02}Z"));
        body["end_time"] = json!(format!("2018-12-14T13:12:{second:02}Z"));
        body["duration"] = json!(1_200_000);
        (body["levels"], body["heart_rate"]) = (levels, heart_rate);
        for field in ["steps", "distance"] {
            body.as_object_mut().unwrap().remove(field);
        }
        let made = t.post("physicalactivities", body).await.is(201).body;
        let keys: Vec<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["id", "start_time", "end_time", "duration", "child_id", "name", "calories"]);
    }
}

#[tokio::test]
async fn the_fields_of_an_activity_are_judged_in_their_order() {
    let t = Tracking::new().await;
    let after = "The end_time parameter can not contain an older date than that the start_time parameter!";
    let differs = "duration value does not match values passed in start_time and end_time parameters!";
    let levels = "The names of the allowed levels are: sedentary, lightly, fairly, very.";
    let complete = "The levels array must have values for the following levels: sedentary, lightly, fairly, very.";
    let level = |name: &str| json!({"name": name, "duration": 1});
    let [s, l, f, v] = ["sedentary", "lightly", "fairly", "very"].map(level);
    let zones = "heart_rate.out_of_range_zone, heart_rate.fat_burn_zone, heart_rate.cardio_zone, heart_rate.peak_zone";
    let zone = |zone: &str, field: &str, value: Value| {
        let mut body = activity();
        body["heart_rate"][zone][field] = value;
        body
    };
    let mut rates = zone("cardio_zone", "max", json!(0));
    rates["heart_rate"]["peak_zone"]["min"] = json!("x");
    let mut first_zone = rates.clone();
    first_zone["heart_rate"]["fat_burn_zone"]["duration"] = json!(-1);
    let mut missing_zone = rates.clone();
    missing_zone["heart_rate"].as_object_mut().unwrap().remove("average");
    missing_zone["heart_rate"]["fat_burn_zone"] = json!(null);
    for (body, description) in [
        (with("duration", json!(null)), "duration must be an integer equal to or greater than zero."),
        (with("duration", json!(1.5)), "duration must be an integer equal to or greater than zero."),
        (with("duration", json!(0)), "duration must be an integer greater than zero."),
        (with("end_time", json!("2018-12-14T12:52:58Z")), after),
        (with("duration", json!(1_178_001)), differs),
        (with("end_time", json!("2018-12-14T12:52:59Z")), differs),
        (with("name", json!(5)), "name must be a string!"),
        (with("name", json!(" \t ")), "name must have at least one character!"),
        (with("name", json!("x".repeat(257))), "name must have at most 256 characters!"),
        (with("calories", json!(-1)), "calories must be a number equal to or greater than zero."),
        (with("steps", json!(1.5)), "steps must be an integer equal to or greater than zero."),
        (with("steps", json!(null)), "steps must be an integer equal to or greater than zero."),
        (with("distance", json!("x")), "distance must be a number equal to or greater than zero."),
        (with("levels", json!([{"name": "Very", "duration": 1}])), levels),
        (with("levels", json!([{"name": null}])), levels),
        (
            with("levels", json!([{"name": "very", "duration": -1}])),
            "levels.duration must be an integer equal to or greater than zero.",
        ),
        (with("levels", json!([s, l, f])), complete),
        (with("levels", json!([s, l, f, f])), complete),
        (with("levels", json!([s, l, f, v, v])), complete),
        (with("levels", json!([7])), complete),
        (with("heart_rate", json!({"average": 0})), "heart_rate.average must be an integer greater than zero."),
        (rates, "heart_rate.cardio_zone.max, heart_rate.peak_zone.min must be an integer greater than zero."),
        (first_zone, "heart_rate.fat_burn_zone.duration must be an integer equal to or greater than zero."),
    ] {
        t.post("physicalactivities", body).await.fails(400, INVALID, Some(description));
    }
    for (body, missing) in [
        (json!({}), "start_time, end_time, duration, name, calories"),
        (json!({"steps": 1, "name": "x"}), "start_time, end_time, duration, calories"),
        (without("duration"), "duration"),
        (with("levels", json!([s, l, f, {"name": "very"}])), "levels.duration"),
        (with("levels", json!([s, l, f, v, {}])), "levels.name, levels.duration"),
        (with("heart_rate", json!({})), &format!("heart_rate.average, {zones}")),
        (with("heart_rate", json!("x")), &format!("heart_rate.average, {zones}")),
        (with("heart_rate", json!("0")), &format!("heart_rate.average, {zones}")),
        (
            missing_zone,
            "heart_rate.average, heart_rate.fat_burn_zone.min, heart_rate.fat_burn_zone.max, heart_rate.fat_burn_zone.duration",
        ),
    ] {
        t.post("physicalactivities", body).await.fails(400, REQUIRED, Some(&format!("{missing} are required!")));
    }
    for key in ["start_time", "end_time"] {
        let text = Some("Datetime must be in the format: yyyy-MM-ddTHH:mm:ssZ");
        let body = json!({key: "x", "duration": null});
        t.post("physicalactivities", body).await.fails(400, "Datetime: x, is not in valid ISO 8601 format.", text);
    }
    let path = "/v1/children/abc/physicalactivities";
    let message = "Parameter {child_id} is not in valid format!";
    t.client.post(path, with("name", json!(5))).await.fails(400, message, Some(AN_ID));
    t.client.post(path, with("duration", json!(0))).await.is(400);
    assert!(t.ids("physicalactivities").await.is_empty());
}

#[tokio::test]
async fn the_item_of_an_error_is_the_resource_as_far_as_it_goes() {
    let t = Tracking::new().await;
    let sent = json!([
        {"start_time": "2018-12-14T12:52:59.9Z", "name": "  run ", "calories": "x", "levels": [{"name": 1, "x": 2}, 7],
         "heart_rate": {"average": null, "x": 1, "peak_zone": {"min": 1, "x": 2}, "cardio_zone": null}, "summary": 1},
        {"name": 5, "levels": [], "heart_rate": false, "id": 1},
        {"name": 5, "levels": "x", "heart_rate": "x"},
    ]);
    let items: Vec<_> = t.post("physicalactivities", sent).await.is(207).body["error"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["item"].clone())
        .collect();
    let child = &t.school.child.id;
    assert_eq!(
        items,
        [
            json!({"start_time": "2018-12-14T12:52:59", "child_id": child, "name": "run", "calories": "x",
                "levels": [{"name": 1}, {}],
                "heart_rate": {"average": null, "cardio_zone": {}, "peak_zone": {"min": 1}}}),
            json!({"id": 1, "child_id": child, "name": 5}),
            json!({"child_id": child, "name": 5, "heart_rate": {}}),
        ]
    );
}

#[tokio::test]
async fn a_patch_is_discontinued_whatever_it_is_sent_to() {
    let t = Tracking::new().await;
    let s = &t.school;
    for path in [t.path(&format!("physicalactivities/{ABSENT}")), "/v1/children/x/physicalactivities/y".to_owned()] {
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
async fn lists_filter_and_sort_by_nested_fields() {
    let t = Tracking::new().await;
    let mut expected = Vec::new();
    for (day, average, peak) in [(1, 100, 9), (2, 90, 10), (3, 110, 9)] {
        let mut body = activity();
        body["start_time"] = json!(format!("2018-12-0{day}T12:00:00.5Z"));
        body["end_time"] = json!(format!("2018-12-0{day}T12:00:01Z"));
        body["duration"] = json!(500);
        body["heart_rate"]["average"] = json!(average);
        body["heart_rate"]["peak_zone"]["max"] = json!(peak);
        expected.push(t.post("physicalactivities", body).await.is(201).id());
    }
    let mut bare = without("heart_rate");
    bare["name"] = json!("Walk 10");
    expected.push(t.post("physicalactivities", bare).await.is(201).id());
    let pick = |places: &[usize]| places.iter().map(|place| expected[*place].clone()).collect::<Vec<_>>();
    for (query, places) in [
        ("", &[3, 2, 1, 0][..]),
        ("sort=heart_rate.average", &[3, 1, 0, 2]),
        ("sort=-heart_rate.peak_zone.max", &[1, 0, 2, 3]),
        ("sort=heart_rate.peak_zone.max", &[3, 0, 2, 1]),
        ("heart_rate.average=gt:95&sort=id", &[0, 2]),
        ("heart_rate.average=ne:100&sort=id", &[1, 2]),
        ("heart_rate.cardio_zone.duration=600000&sort=id", &[0, 1, 2]),
        ("heart_rate=x", &[]),
        ("levels.name=very", &[]),
        ("duration=500&sort=-start_time", &[2, 1, 0]),
        ("end_time=lt:2018-12-02&sort=id", &[0]),
        ("end_time=2018-12-02T12:00:01Z", &[1]),
        ("start_time=*T12:00:00&sort=id", &[0, 1, 2]),
        ("start_time=gte:2018-12-02&start_time=lt:2018-12-04&sort=id", &[1, 2]),
        ("name=WALK*&sort=-name", &[3, 0, 1, 2]),
        ("name=walk&sort=id", &[0, 1, 2]),
        ("steps=1000&calories=200&distance=lte:800&sort=id", &[0, 1, 2, 3]),
    ] {
        assert_eq!(t.ids(&format!("physicalactivities?{query}")).await, pick(places), "{query}");
    }
}
