//! The days of a child and of a group.

use serde_json::{Value, json};

use super::{Tracking, count, unregistered};
use crate::support::{ABSENT, Client, Options, World};

const FORBIDDEN: &str = "Authorization failed due to insufficient permissions.";

/// A night that began then and took so many minutes, of which the last ten were spent awake.
fn night(start: &str, minutes: i64) -> Value {
    let start: jiff::Timestamp = start.parse().unwrap();
    let at = |minutes: i64| (start + jiff::SignedDuration::from_mins(minutes)).to_string();
    let entry = |from: i64, name: &str, minutes: i64| json!({"start_time": at(from), "name": name, "duration": minutes * 60_000});
    let entries = [
        entry(0, "deep", 20),
        entry(20, "light", minutes - 40),
        entry(minutes - 20, "rem", 10),
        entry(minutes - 10, "awake", 10),
    ];
    json!({"start_time": at(0), "end_time": at(minutes), "duration": minutes * 60_000, "type": "stages",
        "pattern": {"data_set": entries}})
}

fn log(date: &str, value: u64) -> Value {
    json!([{"date": date, "value": value}])
}

/// The path of the days of the school's group of an educator, or of a health professional.
fn of_group(t: &Tracking, owner: &str, range: &str) -> String {
    let (id, group) = match owner {
        "educators" => (&t.school.educator.id, &t.school.educator_group),
        _ => (&t.school.professional.id, &t.school.professional_group),
    };
    format!("/v1/{owner}/{id}/children/groups/{group}/days/{range}")
}

#[tokio::test]
async fn a_day_shows_what_was_measured_and_only_that() {
    let t = Tracking::new().await;
    t.post("logs/steps", log("2019-01-02", 5000)).await.is(207);
    t.post("logs/active_minutes", log("2019-01-02", 0)).await.is(207);
    t.post("logs/active_minutes", log("2019-01-04", 30)).await.is(207);
    // What pages do not show makes no day.
    t.post("logs/calories", log("2019-01-03", 1500)).await.is(207);
    t.post("sleep", night("2019-01-01T22:00:00Z", 480)).await.is(201);
    t.post("sleep", night("2019-01-02T13:00:00Z", 60)).await.is(201);
    t.post("sleep", night("2019-01-02T22:00:00Z", 400)).await.is(201);
    let days = t.get("days/2019-01-01/2019-01-31").await.is(200).body;
    assert_eq!(
        days["days"],
        json!([{"date": "2019-01-02", "steps": 5000, "active_minutes": 0, "sleep_minutes": 470 + 50},
            {"date": "2019-01-03", "sleep_minutes": 390}, {"date": "2019-01-04", "active_minutes": 30}])
    );
    assert_eq!(days["child_id"], t.school.child.id.as_str());
    assert_eq!(days["last_day"], "2019-01-04");
    let one = t.get("days/2019-01-03/2019-01-03").await.is(200).body;
    assert_eq!(
        one["days"],
        json!([{"date": "2019-01-03", "sleep_minutes": 390}]),
        "the nights before and after are out"
    );
    assert_eq!(one["last_day"], "2019-01-04", "also where it lies outside the range");
}

#[tokio::test]
async fn a_child_without_data_has_no_days_and_no_last_one_and_a_night_alone_makes_one() {
    let t = Tracking::new().await;
    let nothing = t.get("days/2019-01-01/2019-12-31").await.is(200).body;
    assert_eq!((&nothing["days"], nothing.get("last_day")), (&json!([]), None));
    t.post("sleep", night("2019-01-01T22:00:00Z", 480)).await.is(201);
    assert_eq!(t.get("days/2019-12-31/2019-12-31").await.is(200).body["last_day"], "2019-01-02");
}

#[tokio::test]
async fn a_group_shows_each_of_its_children_in_its_order_in_as_many_statements_whatever_the_range() {
    let t = Tracking::new().await;
    let sibling = format!("/v1/children/{}/logs/steps", t.school.sibling.id);
    t.client.post(&sibling, log("2019-01-02", 7)).await.is(207);
    for (owner, client) in
        [("educators", &t.school.educator.client), ("healthprofessionals", &t.school.professional.client)]
    {
        let mut statements = Vec::new();
        for range in ["2019-01-01/2019-01-02", "2018-06-01/2019-05-31"] {
            let before = t.world.store.statements();
            let found = client.get(&of_group(&t, owner, range)).await.is(200).body;
            statements.push(t.world.store.statements() - before);
            let ids: Vec<_> =
                found["children"].as_array().unwrap().iter().map(|child| child["child_id"].clone()).collect();
            assert_eq!(ids, [json!(t.school.child.id), json!(t.school.sibling.id)]);
            assert_eq!(found["children"][0]["days"], json!([]), "of whom nothing is known is there all the same");
            assert_eq!(found["children"][1]["days"], json!([{"date": "2019-01-02", "steps": 7}]));
        }
        assert_eq!(statements, [5, 5], "two read the group, three its days: {owner}");
    }
    let path = format!("/v1/educators/{}/children/groups/{}", t.school.educator.id, t.school.educator_group);
    t.school.educator.client.patch(&path, json!({"children": []})).await.is(200);
    let empty = t.school.educator.client.get(&of_group(&t, "educators", "2019-01-01/2019-01-02")).await.is(200);
    assert_eq!(empty.body, json!({"children": []}));
}

#[tokio::test]
async fn more_children_than_are_read_at_a_time_come_all() {
    let t = Tracking::new().await;
    let admin = t.world.admin().await;
    let mut children = Vec::new();
    for n in 0..65 {
        let child = admin.make_child(&t.school.institution).await;
        t.client.post(&format!("/v1/children/{child}/logs/steps"), log("2019-01-02", n)).await.is(207);
        children.push(child);
    }
    let path = format!("/v1/educators/{}/children/groups/{}", t.school.educator.id, t.school.educator_group);
    t.school.educator.client.patch(&path, json!({"children": children})).await.is(200);
    let found = t.school.educator.client.get(&of_group(&t, "educators", "2019-01-02/2019-01-02")).await.is(200).body;
    let steps: Vec<_> =
        found["children"].as_array().unwrap().iter().map(|child| child["days"][0]["steps"].clone()).collect();
    assert_eq!(steps, (0..65).map(|n| json!(n)).collect::<Vec<_>>());
}

#[tokio::test]
async fn dates_are_judged_as_those_of_logs_and_a_malformed_id_comes_first() {
    let t = Tracking::new().await;
    let interval = "The period between the received dates can not exceed one year!";
    let group: &Client = &t.school.educator.client;
    for (client, path) in
        [(&t.client, t.path("days")), (group, of_group(&t, "educators", "").trim_end_matches('/').to_owned())]
    {
        let format = Some("Date must be in the format: yyyy-MM-dd");
        let text = "Date: today, is not in valid ISO 8601 format.";
        client.get(&format!("{path}/today/2019-01-01")).await.fails(400, text, format);
        client.get(&format!("{path}/2019-01-01/today")).await.fails(400, text, format);
        let text = "The interval between dates 2019-01-01 and 2020-01-02 is invalid!";
        client.get(&format!("{path}/2019-01-01/2020-01-02")).await.fails(400, text, Some(interval));
        let malformed = path.replace(path.split('/').nth(3).unwrap(), "x");
        assert!(client.get(&format!("{malformed}/today/2019-01-01")).await.is(400).text.contains("_id}"));
    }
    let (message, description) = unregistered("Child", ABSENT);
    let path = format!("/v1/children/{}/days/2019-01-01/2019-01-02", ABSENT);
    t.client.get(&path).await.fails(400, &message, Some(&description));
}

#[tokio::test]
async fn nobody_sees_the_days_of_another_s_group_nor_of_a_child_out_of_reach() {
    let t = Tracking::new().await;
    let other = t.world.school().await;
    let range = "2019-01-01/2019-01-02";
    let admin = t.world.admin().await;
    for client in [
        &other.educator.client,
        &other.professional.client,
        &t.school.professional.client,
        &admin,
        &t.client,
        &t.school.child.client,
        &t.school.family.client,
    ] {
        client.get(&of_group(&t, "educators", range)).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
    }
    // One's own id before another's group finds none.
    let path = format!("/v1/educators/{}/children/groups/{}/days/{range}", other.educator.id, t.school.educator_group);
    other.educator.client.get(&path).await.is(404);
    for client in [&other.educator.client, &other.family.client, &other.child.client, &t.school.sibling.client] {
        client.get(&t.path(&format!("days/{range}"))).await.fails(403, "FORBIDDEN", Some(FORBIDDEN));
    }
    for client in [
        &t.school.educator.client,
        &t.school.professional.client,
        &t.school.family.client,
        &t.school.child.client,
        &admin,
    ] {
        client.get(&t.path(&format!("days/{range}"))).await.is(200);
    }
}

#[tokio::test]
async fn a_read_of_a_child_s_days_is_in_the_trail_where_reads_are() {
    let options = Options { audited_reads: ocariot_users::app::AuditedReads::SingleChildren, ..Options::default() };
    let world = World::with(options).await;
    let school = world.school().await;
    let path = format!("/v1/children/{}/days/2019-01-01/2019-01-02", school.child.id);
    school.educator.client.get(&path).await.is(200);
    let actions = super::trail_of(&world, &school.child.id, "child_days_");
    assert_eq!(actions, [("child_days_view".to_owned(), None)]);
    assert_eq!(count(&world, "day_totals"), 0);
}
