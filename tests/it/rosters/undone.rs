//! An import is taken back: what it made goes, what it changed is as it was, and what was edited since stays.

use serde_json::json;

use super::{RosterCommand, RosterOutcome, SCHOOL, apply, ask, export, undo};
use crate::support::World;

#[tokio::test]
async fn a_whole_school_is_taken_back() {
    let world = World::new().await;
    let before = export(&world).await;
    let import = apply(&world, SCHOOL).await.import.unwrap();
    let shown = ask(&world, RosterCommand::Show { import }).await.unwrap();
    let RosterOutcome::Import(shown) = shown else { panic!("an import") };
    assert_eq!((shown.removed, shown.put_back, shown.left_in_all), (12, 0, 0));
    assert_ne!(export(&world).await, before, "looking at it changes nothing");
    let undone = undo(&world, import).await;
    assert_eq!((undone.removed, undone.put_back, undone.left_in_all), (12, 0, 0));
    assert_eq!(export(&world).await, before);
    let again = ask(&world, RosterCommand::Undo { import }).await;
    assert!(again.err().unwrap().0.contains("taken back already"));
    let RosterOutcome::Imports(list) = ask(&world, RosterCommand::List {}).await.unwrap() else { panic!("a list") };
    assert!(list.len() == 1 && list[0].undone_at.is_some());
    // And in again, under the same names and sources.
    assert_eq!(apply(&world, SCHOOL).await.created, 12);
}

#[tokio::test]
async fn what_an_import_changed_is_put_back_column_by_column() {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    let before = export(&world).await;
    let changes: &[(&str, &str)] = &[
        ("institutions.csv", "name,address,longitude\nPosto,Rua 1,12.5\n"),
        (
            "children.csv",
            "username,sourced_id,age,age_calc_date,nfc_tag,institution\nBR9001,S-1,12,2026-01-01,newtag,Posto\n\
             0003,S-3,10,,,Escola Primavera\n",
        ),
        ("families.csv", "username,children\nfamily1,0003\n"),
        ("groups.csv", "owner,name,school_class,children\njosé,Class 4a,5a,0003\n"),
    ];
    let import = apply(&world, changes).await;
    assert_eq!((import.created, import.changed), (0, 5));
    let after = export(&world).await;
    assert_ne!(after, before);
    let undone = undo(&world, import.import.unwrap()).await;
    assert_eq!((undone.removed, undone.put_back, undone.left_in_all), (0, 5, 0));
    assert_eq!(export(&world).await, before);
}

#[tokio::test]
async fn what_was_edited_or_used_since_is_left_and_told() {
    let world = World::new().await;
    apply(&world, &[SCHOOL[0]]).await;
    let import = apply(&world, &SCHOOL[1..]).await.import.unwrap();
    let admin = world.admin().await;
    let id = |body: serde_json::Value| body[0]["id"].as_str().unwrap().to_owned();
    let edited = id(admin.get("/v1/children?username=BR0001").await.body);
    admin.patch(&format!("/v1/children/{edited}"), json!({"age": 12})).await.is(200);
    let tracked = id(admin.get("/v1/children?username=BR0002").await.body);
    let weight = json!({"timestamp": "2026-02-01T10:00:00Z", "value": 31.5, "unit": "kg"});
    let application = id(admin.get("/v1/applications").await.body);
    admin.post(&format!("/v1/users/{application}/reset-password"), json!({"new_password": "x"})).await.is(204);
    let reporter = world.login("timetable", "x").await;
    reporter.post(&format!("/v1/children/{tracked}/weights"), weight).await.is(201);
    let known = id(admin.get("/v1/educators?username=anna").await.body);
    admin.post(&format!("/v1/users/{known}/reset-password"), json!({"new_password": "x"})).await.is(204);
    let undone = undo(&world, import).await;
    let left: Vec<_> = undone.left.iter().map(|left| (left.id.as_str(), left.why.as_str())).collect();
    assert_eq!(undone.left_in_all, 4, "{left:?}");
    for (id, why) in [(&edited, "edited since: age"), (&tracked, "in use since"), (&known, "another password")] {
        assert!(left.iter().any(|(left, told)| left == id && told.contains(why)), "{id} {why}: {left:?}");
    }
    assert_eq!(admin.get("/v1/children").await.body.as_array().unwrap().len(), 2);
    assert_eq!(admin.get("/v1/families").await.body, json!([]));
}

#[tokio::test]
async fn one_edited_column_keeps_the_others_from_nothing() {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    let import = apply(&world, &[("children.csv", "username,age,gender\nBR0001,12,male\n")]).await.import.unwrap();
    let admin = world.admin().await;
    let child = admin.get("/v1/children?username=BR0001").await.body[0]["id"].as_str().unwrap().to_owned();
    admin.patch(&format!("/v1/children/{child}"), json!({"age": 14})).await.is(200);
    let undone = undo(&world, import).await;
    assert_eq!((undone.put_back, undone.left_in_all, undone.left[0].why.as_str()), (1, 1, "was edited since: age"));
    let now = admin.get(&format!("/v1/children/{child}")).await.body;
    assert_eq!((&now["age"], &now["gender"]), (&json!("14"), &json!("female")));
}

#[tokio::test]
async fn what_cannot_be_put_back_is_left_and_told() {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    let import = apply(&world, &[("children.csv", "sourced_id,username\nS-1,BR9001\n")]).await.import.unwrap();
    let admin = world.admin().await;
    let institution = admin.get("/v1/institutions").await.body[0]["id"].clone();
    let new = json!({"username": "BR0001", "password": "x", "gender": "male", "age": 9, "institution_id": institution});
    admin.post("/v1/children", new).await.is(201);
    let undone = undo(&world, import).await;
    assert!(undone.left_in_all == 1 && undone.left[0].why.contains("another one has its name"), "{:?}", undone.left);
}

#[tokio::test]
async fn what_is_deleted_leaves_nothing_in_the_journal() {
    let world = World::new().await;
    let import = apply(&world, SCHOOL).await.import.unwrap();
    let admin = world.admin().await;
    for child in admin.get("/v1/children").await.body.as_array().unwrap() {
        admin.delete(&format!("/v1/users/{}", child["id"].as_str().unwrap())).await.is(204);
    }
    let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    let count = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM roster_source"), 0);
    assert_eq!(count("SELECT count(*) FROM roster_change WHERE sheet = 'children'"), 0);
    // A family and two groups lost their children: they were edited since, and an owner and two institutions are in use.
    assert_eq!(undo(&world, import).await.left_in_all, 6);
}
