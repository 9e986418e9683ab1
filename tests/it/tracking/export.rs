//! Everything that is stored about one child, as one document.

use serde_json::{Value, json};

use super::{Tracking, unregistered, weight};
use crate::support::{ABSENT, BACKUP};

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn an_export_tells_all_that_is_stored_of_a_child_as_other_answers_show_it() {
    let t = Tracking::new().await;
    let (admin, school) = (t.world.admin().await, &t.school);
    let child = &school.child.id;
    t.post("weights", weight("2019-01-01T00:00:00", 30.0)).await.is(201);
    let with = json!({"timestamp": "2019-01-02T00:00:00", "value": 30.5, "unit": "kg", "body_fat": 20});
    t.post("weights", with).await.is(201);
    let start = json!({"start_time": "2019-01-01T08:00:00", "end_time": "2019-01-01T08:20:00", "duration": 1_200_000});
    let activity = json!({"name": "walk", "calories": 70, "steps": 1000});
    let mut walk = start;
    walk.as_object_mut().unwrap().extend(activity.as_object().unwrap().clone());
    t.post("physicalactivities", walk).await.is(201);
    let entry = json!({"start_time": "2019-01-01T22:00:00", "name": "deep", "duration": 60_000});
    let night = json!({"start_time": "2019-01-01T22:00:00", "end_time": "2019-01-02T06:00:00", "duration": 28_800_000,
        "type": "stages", "pattern": {"data_set": [entry]}});
    t.post("sleep", night).await.is(201);
    let days = |values: &[(&str, f64)]| -> Value {
        values.iter().map(|(date, value)| json!({"date": date, "value": value})).collect()
    };
    t.post("logs/steps", days(&[("2019-01-01", 100.0), ("1960-02-29", 0.5)])).await.is(207);
    t.post("logs/sedentary_minutes", days(&[("2019-01-01", 0.0)])).await.is(207);
    let siblings = format!("/v1/children/{}/weights", school.sibling.id);
    let of_sibling = t.client.post(&siblings, weight("2019-01-01T00:00:00", 77.125)).await.is(201).id();
    admin.post(&format!("/v1/children/{child}/nfc"), json!({"nfc_tag": "a-tag"})).await.is(201);

    let export = admin.get(&format!("/v1/children/{child}/export")).await.is(200);
    let body = &export.body;
    let head =
        ["exported_at", "child", "registered_at", "families", "groups", "imports", "file_answers", "wearable_services"];
    let head = [&head[..], &["backups", "audit"]].concat();
    assert_eq!(keys(body), [&head[..], &["logs", "physicalactivities", "sleep", "weights", "bodyfats"]].concat());
    assert_eq!(body["child"], admin.get(&format!("/v1/children/{child}")).await.is(200).body);
    assert_eq!(body["families"], json!([school.family.id]));
    let mut groups = [
        json!({"id": school.educator_group, "owner_id": school.educator.id}),
        json!({"id": school.professional_group, "owner_id": school.professional.id}),
    ];
    groups.sort_by_key(|group| group["id"].as_str().unwrap().to_owned());
    assert_eq!(body["groups"], json!(groups));
    assert_eq!(body["backups"], json!({"folder": "backups", "files": [BACKUP]}));
    let logs =
        json!([{"date": "2019-01-01", "steps": 100, "sedentary_minutes": 0}, {"date": "1960-02-29", "steps": 0.5}]);
    assert_eq!(body["logs"], logs, "the days that are stored, as far as they are");
    for collection in ["physicalactivities", "sleep", "weights", "bodyfats"] {
        assert!(!body[collection].as_array().unwrap().is_empty());
        assert_eq!(body[collection], t.get(collection).await.is(200).body, "{collection}");
    }
    assert!(!export.text.contains(&of_sibling) && !export.text.contains("77.125"), "{}", export.text);
}

#[tokio::test]
async fn the_audit_trail_names_who_exported_a_child_and_is_in_the_export_with_the_childs_log_ins() {
    let t = Tracking::new().await;
    let admin = t.world.admin().await;
    let child = &t.school.child.id;
    let export = admin.get(&format!("/v1/children/{child}/export")).await.is(200).body;
    let audit = export["audit"].as_array().unwrap();
    let of = |action: &str| audit.iter().find(|row| row["action"] == action).unwrap();
    let own = t.world.admin_id().await;
    let row = of("child_export");
    assert_eq!((&row["actor"], &row["actor_type"], &row["target"]), (&json!(own), &json!("admin"), &json!(child)));
    assert_eq!(row, &audit[0], "the newest first");
    assert_eq!(of("auth_login")["actor"], json!(child));
    assert_eq!(of("child_create")["actor"], json!(own));
    let about = |row: &Value| ["actor", "target", "part"].iter().any(|key| row[key] == json!(child));
    assert!(audit.iter().all(about), "{audit:?}");
}

#[tokio::test]
async fn an_export_is_whole_however_much_there_is() {
    let t = Tracking::new().await;
    let at = |n: i64| jiff::Timestamp::from_second(1_546_300_800 + 60 * n).unwrap().to_string();
    for start in [0, 1000] {
        let many: Vec<_> = (start..start + 1000).map(|n| weight(&at(n), 1.5)).collect();
        t.post("weights", json!(many)).await.is(207);
    }
    let export = t.world.admin().await.get(&format!("/v1/children/{}/export", t.school.child.id)).await.is(200);
    assert_eq!(export.body["weights"], t.get("weights?limit=10000").await.is(200).body);
    assert_eq!(export.body["weights"].as_array().unwrap().len(), 2000);
}

#[tokio::test]
async fn an_export_of_nobody_is_refused_as_all_below_a_child_that_is_not_there_and_leaves_no_trace() {
    let t = Tracking::new().await;
    let admin = t.world.admin().await;
    let before = t.world.audit_rows();
    for id in [ABSENT, &t.school.educator.id] {
        let (message, description) = unregistered("Child", id);
        admin.get(&format!("/v1/children/{id}/export")).await.fails(400, &message, Some(&description));
    }
    assert_eq!(t.world.audit_rows(), before);
    // The route of tags stays one, also for such a tag.
    let tag = admin.get("/v1/children/nfc/export").await.is(404);
    assert_eq!(tag.body["message"], "Child not found!");
}

#[tokio::test]
async fn a_child_cannot_be_exported_by_anybody_but_administrators_not_even_by_itself() {
    let t = Tracking::new().await;
    let school = &t.school;
    for person in [&school.child, &school.educator, &school.professional, &school.family, &school.application] {
        let reply = person.client.get(&t.path("export")).await.is(403);
        assert!(!reply.text.contains("exported_at"));
    }
    t.world.nobody().get(&t.path("export")).await.is(401);
    t.world.admin().await.get(&t.path("export")).await.is(200);
}

#[tokio::test]
async fn every_table_that_holds_something_of_a_child_is_in_the_export() {
    let t = Tracking::new().await;
    let export = t.world.admin().await.get(&t.path("export")).await.is(200).body;
    let database = rusqlite::Connection::open(t.world.folder.path().join("ocariot.db")).unwrap();
    let tables = "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
                  WHERE m.type = 'table' AND c.name IN ('child', 'child_id', 'thing') ORDER BY m.name";
    let tables: Vec<String> =
        database.prepare(tables).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let shown = [
        ("body_fat", "bodyfats"),
        ("day_totals", "logs"),
        ("family_child", "families"),
        ("group_member", "groups"),
        ("physical_activity", "physicalactivities"),
        ("roster_change", "imports"),
        // Whoever has one: tests of rosters see to it.
        ("roster_source", "child"),
        ("sleep", "sleep"),
        // The number that the others know it by.
        ("tracked_child", "child"),
        // Whoever has one: tests of Fitbit's groups see to it.
        ("wearable_account", "wearable_services"),
        ("wearable_answer", "file_answers"),
        ("wearable_before", "imports"),
        ("wearable_import", "imports"),
        ("wearable_row", "imports"),
        ("wearable_seen", "wearable_services"),
        ("weight", "weights"),
    ];
    assert_eq!(tables, shown.map(|(table, _)| table), "a new table: say where the export shows it");
    for (table, key) in shown {
        assert!(export.get(key).is_some(), "{table}");
    }
}
