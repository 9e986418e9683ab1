//! Environments: the air of institutions' rooms.

use poem::http::Method;
use serde_json::{Value, json};

use super::{AN_ID, INVALID, REQUIRED, Tracking, count, trail_of, unregistered};
use crate::support::{ABSENT, Reply, together};

const FORBIDDEN: &str = "Authorization failed due to insufficient permissions.";

fn air(timestamp: &str, room: &str) -> Value {
    json!({"timestamp": timestamp, "location": {"local": "Indoor", "room": room},
        "measurements": [{"type": "temperature", "value": 28.5, "unit": "°C"}]})
}

/// The same with a value for one key.
fn with(key: &str, value: Value) -> Value {
    let mut body = air("2019-01-01T00:00:00", "room 01");
    body[key] = value;
    body
}

impl Tracking {
    fn rooms(&self) -> String {
        format!("/v1/institutions/{}/environments", self.school.institution)
    }

    async fn air(&self, body: Value) -> Reply {
        self.client.post(&self.rooms(), body).await
    }

    async fn listed(&self, query: &str) -> Vec<String> {
        let reply = self.client.get(&format!("{}{query}", self.rooms())).await.is(200);
        let items = reply.body.as_array().unwrap().clone();
        if !query.contains("limit") {
            assert_eq!(reply.header("x-total-count"), Some(items.len().to_string().as_str()), "{query}");
        }
        items.iter().map(|item| item["location"]["room"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn an_environment_is_shown_as_the_contract_writes_it() {
    let t = Tracking::new().await;
    let body = json!({"id": ABSENT, "institution_id": ABSENT, "timestamp": "2018-11-19T14:40:00",
        "location": {"local": "Indoor", "room": "room 01", "latitude": 7.21, "longitude": "-35.9", "floor": 2},
        "measurements": [{"type": " Temperature ", "value": "28.50", "unit": "°C", "timestamp": "2018-11-19T14:40:00Z"},
            {"type": "HUMIDITY", "value": -42.2, "unit": " % "}, {"type": "É", "value": -0.0, "unit": "x"}],
        "climatized": true, "summary": 1});
    let made = t.air(body).await.is(201);
    let expected = format!(
        concat!(
            r#"{{"id":"{}","institution_id":"{}","location":{{"local":"Indoor","room":"room 01","latitude":"7.21","longitude":"-35.9"}},"#,
            r#""measurements":[{{"type":"temperature","value":28.5,"unit":"°C"}},{{"type":"humidity","value":-42.2,"unit":" % "}},"#,
            r#"{{"type":"é","value":0,"unit":"x"}}],"climatized":true,"timestamp":"2018-11-19T14:40:00.000Z"}}"#
        ),
        made.id(),
        t.school.institution
    );
    assert_eq!(made.text, expected);
    assert_ne!(made.id(), ABSENT);
    let listed = t.client.get(&t.rooms()).await.is(200);
    assert_eq!((listed.text.as_str(), listed.header("x-total-count")), (format!("[{expected}]").as_str(), Some("1")));
    let plain = t.air(air("2018-11-19T14:40:00.5", "room 02")).await.is(201).body;
    assert_eq!(plain["climatized"], false);
    assert_eq!(plain["location"], json!({"local": "Indoor", "room": "room 02"}));
}

#[tokio::test]
async fn degrees_that_are_numbers_become_their_text() {
    let t = Tracking::new().await;
    for (n, (given, text)) in
        [("7.0", "7"), ("-0", "0"), ("1e2", "100"), ("0.10", "0.1"), (r#""07.0""#, "07.0"), (r#""north""#, "north")]
            .into_iter()
            .enumerate()
    {
        let location: Value =
            serde_json::from_str(&format!(r#"{{"local":"a","room":"b","latitude":{given}}}"#)).unwrap();
        let mut body = with("location", location);
        body["timestamp"] = json!(format!("2019-01-01T00:00:{n:02}"));
        assert_eq!(t.air(body).await.is(201).body["location"]["latitude"], text, "{given}");
    }
}

#[tokio::test]
async fn the_fields_are_judged_in_their_order() {
    let t = Tracking::new().await;
    let location = |location: Value| with("location", location);
    let measurement = |measurement: Value| with("measurements", json!([measurement]));
    let many = json!(vec![json!({"type": "a", "value": 1, "unit": "b"}); 101]);
    let real = "measurements.value must be a valid number.";
    for (body, message, description) in [
        (json!({}), REQUIRED, "timestamp, location, measurements are required!"),
        (json!({"measurements": {}}), REQUIRED, "timestamp, location, measurements are required!"),
        (json!({"location": null}), REQUIRED, "location.local, location.room are required!"),
        (location(json!("here")), REQUIRED, "location.local, location.room are required!"),
        (location(json!({"local": "a"})), REQUIRED, "location.room are required!"),
        (location(json!({"room": 5})), INVALID, "location.room must be a string!"),
        (location(json!({"local": "", "room": 5})), INVALID, "location.local must have at least one character!"),
        (
            location(json!({"local": "a", "latitude": ""})),
            INVALID,
            "location.latitude must have at least one character!",
        ),
        (
            location(json!({"local": "a", "room": "b", "latitude": null})),
            INVALID,
            "location.latitude must be a string!",
        ),
        (location(json!({"local": "a", "longitude": [7]})), INVALID, "location.longitude must be a string!"),
        (location(json!({"local": "x".repeat(257)})), INVALID, "location.local must have at most 256 characters!"),
        (with("measurements", json!([])), INVALID, "measurements collection must not be empty!"),
        (with("measurements", many), INVALID, "measurements must have at most 100 items!"),
        (with("measurements", json!("x")), REQUIRED, "measurements are required!"),
        (with("measurements", json!(null)), REQUIRED, "measurements are required!"),
        (measurement(json!({"type": "  "})), INVALID, "measurements.type must have at least one character!"),
        (measurement(json!({"type": null})), INVALID, "measurements.type must be a string!"),
        (measurement(json!({"value": null, "unit": 5})), INVALID, real),
        (measurement(json!({"value": true})), INVALID, real),
        (measurement(json!({"value": "1e5"})), INVALID, real),
        (measurement(json!({"value": -1e21})), INVALID, real),
        (
            measurement(json!({"value": 1, "unit": "a\nb"})),
            INVALID,
            "measurements.unit must not contain control characters!",
        ),
        (measurement(json!(7)), REQUIRED, "measurements.type, measurements.value, measurements.unit are required!"),
        (
            json!({"location": {"local": "a", "room": "b"}, "measurements": [{"type": "a"}, {"unit": "b", "value": 1}]}),
            REQUIRED,
            "timestamp, measurements.value, measurements.unit, measurements.type are required!",
        ),
        (json!({"measurements": [], "climatized": 5}), INVALID, "measurements collection must not be empty!"),
        (json!({"climatized": null}), INVALID, "climatized must be a boolean!"),
        (with("climatized", json!("true")), INVALID, "climatized must be a boolean!"),
        (with("climatized", json!(0)), INVALID, "climatized must be a boolean!"),
    ] {
        t.air(body).await.fails(400, message, Some(description));
    }
    assert_eq!(count(&t.world, "environment") + count(&t.world, "place"), 0);
    let hundred = json!(vec![json!({"type": "a", "value": 1, "unit": "b"}); 100]);
    t.air(with("measurements", hundred)).await.is(201);
}

#[tokio::test]
async fn times_of_measurements_are_judged_before_that_of_the_whole_and_not_kept() {
    let t = Tracking::new().await;
    let bad =
        json!({"timestamp": "today", "measurements": [7, {"timestamp": "2019-01-01T00:00:00"}, {"timestamp": null}]});
    let text = Some("Datetime must be in the format: yyyy-MM-ddTHH:mm:ssZ");
    t.air(bad.clone()).await.fails(400, "Datetime: null, is not in valid ISO 8601 format.", text);
    let reply = t.air(json!([bad, with("climatized", json!(1)), with("timestamp", json!("today"))])).await.is(207);
    let errors = reply.body["error"].as_array().unwrap();
    assert_eq!(errors[0]["description"], "climatized must be a boolean!");
    assert_eq!(
        (&errors[1]["item"], &errors[2]["item"]),
        (&bad, &with("timestamp", json!("today"))),
        "as they were sent"
    );
}

#[tokio::test]
async fn an_error_shows_the_resource_as_far_as_it_goes() {
    let t = Tracking::new().await;
    let institution = t.school.institution.clone();
    let sent = json!([
        {"id": 7, "x": 1, "location": {"latitude": 7.0, "longitude": null, "room": 5, "floor": 1}, "measurements": [
            {"type": " PM10 ", "value": "x", "unit": 1, "timestamp": "2019-01-01T00:00:00", "y": 2}, 5]},
        {"location": "here", "measurements": {}, "climatized": "no", "timestamp": "2019-01-01T01:00:00.5+01:00"},
        5,
    ]);
    let reply = t.air(sent).await.is(207);
    let items: Vec<_> = reply.body["error"].as_array().unwrap().iter().map(|error| error["item"].to_string()).collect();
    assert_eq!(
        items,
        [
            format!(
                r#"{{"id":7,"institution_id":"{institution}","location":{{"room":5,"latitude":"7","longitude":null}},"measurements":[{{"type":"pm10","value":"x","unit":1}},{{}}],"climatized":false}}"#
            ),
            format!(
                r#"{{"institution_id":"{institution}","location":{{}},"climatized":"no","timestamp":"2019-01-01T00:00:00.500Z"}}"#
            ),
            format!(r#"{{"institution_id":"{institution}","climatized":false}}"#),
        ]
    );
}

#[tokio::test]
async fn the_same_time_and_place_is_a_conflict_and_absent_equals_absent() {
    let t = Tracking::new().await;
    let at = |latitude: Value, longitude: Value| {
        let mut body = air("2019-01-01T00:00:00.001", "room 01");
        for (key, value) in [("latitude", latitude), ("longitude", longitude)] {
            if !value.is_null() {
                body["location"][key] = value;
            }
        }
        body
    };
    let different = [
        at(json!(null), json!(null)),
        at(json!("7"), json!(null)),
        at(json!(null), json!("7")),
        at(json!(7), json!(8)),
    ];
    for body in &different {
        t.air(body.clone()).await.is(201);
    }
    let again = t.air(json!(different)).await.is(207).body;
    assert_eq!(again["success"], json!([]));
    for error in again["error"].as_array().unwrap() {
        assert_eq!((&error["code"], &error["message"]), (&json!(409), &json!("Environment is already registered...")));
        assert_eq!(error.get("description"), None);
    }
    t.air(at(json!("7.0"), json!("8"))).await.is(201);
    t.air(air("2019-01-01T00:00:00.0019", "room 01")).await.fails(409, "Environment is already registered...", None);
    t.air(air("2019-01-01T00:00:00.002", "room 01")).await.is(201);
    t.air(air("2019-01-01T00:00:00.001", "Room 01")).await.is(201);
    let twice = json!([air("2020-01-01T00:00:00", "a"), air("2020-01-01T00:00:00", "a")]);
    let reply = t.air(twice).await.is(207).body;
    assert_eq!((reply["success"].as_array().unwrap().len(), &reply["error"][0]["code"]), (1, &json!(409)));
    let rooms = t.rooms();
    let replies = together(8, |_| {
        let (client, rooms) = (t.client.clone(), rooms.clone());
        async move { client.post(&rooms, air("2021-01-01T00:00:00", "a")).await }
    })
    .await;
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    let other = t.world.school().await;
    let path = format!("/v1/institutions/{}/environments", other.institution);
    t.client.post(&path, air("2021-01-01T00:00:00", "a")).await.is(201);
}

#[tokio::test]
async fn applications_write_and_everybody_reads_the_environments_of_any_institution() {
    let t = Tracking::new().await;
    let id = t.air(air("2019-01-01T00:00:00", "a")).await.is(201).id();
    let (s, other, admin) = (&t.school, t.world.school().await, t.world.admin().await);
    let readers = [&admin, &s.child.client, &s.family.client, &s.educator.client, &s.professional.client, &t.client];
    let strangers = [&other.child.client, &other.family.client, &other.educator.client, &other.professional.client];
    for client in readers.into_iter().chain(strangers) {
        assert_eq!(client.get(&t.rooms()).await.is(200).body[0]["id"], id.as_str());
    }
    for client in &readers[..5] {
        client.post(&t.rooms(), json!([])).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
        client.delete(&t.rooms()).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
        client.delete(&format!("{}/{id}", t.rooms())).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
    }
    t.world.nobody().get(&t.rooms()).await.is(401);
    other.application.client.post(&t.rooms(), air("2019-01-02T00:00:00", "a")).await.is(201);
    t.world.sql(&format!("PRAGMA foreign_keys = OFF; DELETE FROM account WHERE id = x'{}'", s.educator.id));
    s.educator.client.get(&t.rooms()).await.is(200);
}

#[tokio::test]
async fn an_unknown_institution_is_400_and_a_malformed_id_before_it() {
    let t = Tracking::new().await;
    for id in [ABSENT, &t.school.child.id, &ABSENT.to_uppercase()] {
        let (message, description) = unregistered("Institution", id);
        let path = format!("/v1/institutions/{id}/environments");
        for body in [json!([]), json!({}), air("2019-01-01T00:00:00", "a")] {
            t.client.post(&path, body).await.fails(400, &message, Some(&description));
        }
        t.school.child.client.get(&path).await.fails(400, &message, Some(&description));
        t.client.delete(&path).await.fails(400, &message, Some(&description));
        t.client.delete(&format!("{path}/{ABSENT}")).await.fails(400, &message, Some(&description));
    }
    let message = "Parameter {institution_id} is not in valid format!";
    t.client.get("/v1/institutions/abc/environments").await.fails(400, message, Some(AN_ID));
    t.client.delete("/v1/institutions/abc/environments/def").await.fails(400, message, Some(AN_ID));
    let path = format!("{}/def", t.rooms());
    t.client.delete(&path).await.fails(400, "Parameter {environment_id} is not in valid format!", Some(AN_ID));
    let path = "/v1/institutions/abc/environments";
    t.client.post(path, air("2019-01-01T00:00:00", "a")).await.fails(400, message, Some(AN_ID));
    t.client.post(path, json!({"location": null})).await.fails(400, message, Some(AN_ID));
    let reply = t.client.post(path, json!([{}, {"timestamp": 5}])).await.is(207).body;
    assert_eq!(
        (&reply["error"][0]["message"], &reply["error"][0]["item"]["institution_id"]),
        (&json!(message), &json!("abc"))
    );
    assert_eq!(reply["error"][1]["message"], "Datetime: 5, is not in valid ISO 8601 format.");
}

#[tokio::test]
async fn one_or_all_are_deleted_and_nobody_elses() {
    let t = Tracking::new().await;
    let other = t.world.school().await;
    let theirs = format!("/v1/institutions/{}/environments", other.institution);
    let foreign = t.client.post(&theirs, air("2019-01-01T00:00:00", "theirs")).await.is(201).id();
    t.client.delete(&t.rooms()).await.is(204);
    let items = ["a", "b", "c"].map(|room| air("2019-01-01T00:00:00", room));
    t.air(json!(items)).await.is(207);
    let id = t.client.get(&format!("{}?location.room=b", t.rooms())).await.body[0]["id"].as_str().unwrap().to_owned();
    for id in [foreign.as_str(), ABSENT, &id, &id] {
        t.client.delete(&format!("{}/{id}", t.rooms())).await.is(204);
    }
    assert_eq!(t.listed("").await, ["c", "a"]);
    assert_eq!(t.client.get(&theirs).await.body.as_array().unwrap().len(), 1);
    t.client.delete(&t.rooms()).await.is(204);
    t.client.delete(&t.rooms()).await.is(204);
    assert!(t.listed("").await.is_empty());
    assert_eq!((count(&t.world, "environment"), count(&t.world, "place")), (1, 1));
    t.air(json!(items)).await.is(207);
    assert_eq!(t.listed("").await, ["c", "b", "a"]);
    let rows = trail_of(&t.world, &t.school.institution, "environment_");
    let actions: Vec<_> = rows.iter().map(|(action, part)| (action.as_str(), part.as_deref())).collect();
    let (create, clear) = (("environment_create", None), ("environment_clear", None));
    assert_eq!(actions, [create, ("environment_delete", Some(id.as_str())), clear, create]);
}

#[tokio::test]
async fn deleting_an_institution_deletes_its_environments() {
    let t = Tracking::new().await;
    let admin = t.world.admin().await;
    let institution = admin.make_institution().await;
    let path = format!("/v1/institutions/{institution}/environments");
    t.client.post(&path, air("2019-01-01T00:00:00", "a")).await.is(201);
    t.air(air("2019-01-01T00:00:00", "a")).await.is(201);
    admin.delete(&format!("/v1/institutions/{institution}")).await.is(204);
    let (message, description) = unregistered("Institution", &institution);
    t.client.get(&path).await.fails(400, &message, Some(&description));
    for table in ["environment", "place", "tracked_institution"] {
        assert_eq!(count(&t.world, table), 1, "{table}");
    }
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged_by_every_field() {
    let t = Tracking::new().await;
    for (timestamp, local, room, latitude, climatized) in [
        ("2019-06-03T08:00:00", "Indoor", "room 10", Some("7.5"), Some(true)),
        ("2019-06-01T08:00:00.500", "Outdoor", "room 9", Some("-10"), None),
        ("2019-06-02T08:00:00", "indoor", "Sala São João", None, Some(false)),
        ("2019-06-01T08:00:00.500", "Indoor", "room 10", Some("30"), Some(true)),
    ] {
        let mut body = air(timestamp, room);
        body["location"]["local"] = json!(local);
        if let Some(latitude) = latitude {
            body["location"]["latitude"] = json!(latitude);
        }
        if let Some(climatized) = climatized {
            body["climatized"] = json!(climatized);
        }
        t.air(body).await.is(201);
        t.world.clock.advance(3600);
    }
    let (ten, nine, sala, last) = ("room 10", "room 9", "Sala São João", "room 10");
    for (query, expected) in [
        ("", vec![last, sala, nine, ten]),
        ("?institution_id=x&child_id=y", vec![last, sala, nine, ten]),
        ("?sort=timestamp", vec![nine, last, sala, ten]),
        ("?sort=-timestamp", vec![ten, sala, nine, last]),
        ("?sort=climatized", vec![nine, sala, ten, last]),
        ("?sort=-climatized", vec![ten, last, nine, sala]),
        ("?sort=location.room", vec![nine, ten, last, sala]),
        ("?sort=location.latitude", vec![sala, nine, ten, last]),
        ("?climatized=true", vec![last, ten]),
        ("?climatized=false", vec![sala, nine]),
        ("?climatized=ne:true", vec![sala, nine]),
        ("?climatized=gt:false", vec![last, ten]),
        ("?climatized=t*", vec![last, ten]),
        ("?climatized=ne:x", vec![]),
        ("?climatized=1", vec![]),
        ("?climatized=x,true", vec![last, ten]),
        ("?location.room=ROOM%2010", vec![last, ten]),
        ("?location.room=*sao%20j*", vec![sala]),
        ("?location.local=indoor", vec![last, sala, ten]),
        ("?location.latitude=gt:0", vec![last, ten]),
        ("?location.latitude=ne:x", vec![]),
        ("?location.longitude=ne:5", vec![]),
        ("?timestamp=gte:2019-06-01&timestamp=lt:2019-06-02T00:00:00", vec![last, nine]),
        ("?timestamp=2019-06-01T10:00:00.5+02:00", vec![last, nine]),
        ("?timestamp=*.500z", vec![last, nine]),
        ("?timestamp=x", vec![]),
        ("?measurements=x", vec![]),
        ("?location=x", vec![]),
        ("?limit=2&page=2", vec![nine, ten]),
        ("?sort=timestamp&limit=1&page=2", vec![last]),
    ] {
        assert_eq!(t.listed(query).await, expected, "{query}");
    }
    let page = t.client.get(&format!("{}?limit=1", t.rooms())).await;
    assert_eq!(page.header("x-total-count"), Some("4"));
    for query in ["", "?limit=1", "?sort=timestamp", "?climatized=true&sort=-timestamp&limit=2"] {
        let before = t.world.store.statements();
        t.client.get(&format!("{}{query}", t.rooms())).await.is(200);
        // One asks whether there is the institution.
        assert_eq!(t.world.store.statements() - before, 3, "{query}");
    }
}

#[tokio::test]
async fn there_is_no_view_of_one_and_an_array_is_bounded() {
    let t = Tracking::new().await;
    let id = t.air(air("2019-01-01T00:00:00", "a")).await.is(201).id();
    for (method, path, allow) in [
        (Method::GET, format!("{}/{id}", t.rooms()), "DELETE"),
        (Method::PATCH, format!("{}/{id}", t.rooms()), "DELETE"),
        (Method::PUT, t.rooms(), "DELETE, GET, HEAD, POST"),
    ] {
        let refused = t.client.send(method, &path, Some(json!({}))).await.is(405);
        let mut allowed: Vec<_> = refused.header("allow").unwrap().split(", ").collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(", "), allow);
    }
    t.client.get("/v1/environments").await.is(404);
    t.air(json!(vec![json!({}); 1001])).await.fails(400, INVALID, Some("At most 1000 items can be sent at once."));
    let at = |n: usize| air(&format!("2019-01-02T{:02}:{:02}:{:02}", n / 3600, n / 60 % 60, n % 60), "a");
    let many: Vec<_> = (0..1000).map(at).collect();
    assert_eq!(t.air(json!(many)).await.is(207).body["success"].as_array().unwrap().len(), 1000);
    let reply = t.client.get(&format!("{}?limit=5000", t.rooms())).await.is(200);
    assert_eq!(reply.body.as_array().unwrap().len(), 1000, "the highest limit");
    assert_eq!(reply.header("x-total-count"), Some("1001"));
    assert_eq!(t.air(json!([])).await.is(207).text, r#"{"success":[],"error":[]}"#);
}
