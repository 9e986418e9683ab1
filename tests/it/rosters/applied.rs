//! What is applied: all of it or nothing, by the rules of the API, with its rows in the audit trail.

use serde_json::json;

use super::{
    Passwords, PlanOptions, RosterCommand, RosterOutcome, SCHOOL, apply, apply_plan, ask, clean, plan, plan_bytes,
    prepare,
};
use crate::support::{World, holds};

#[tokio::test]
async fn everything_is_there_as_if_it_had_been_posted() {
    let world = World::new().await;
    let applied = apply(&world, SCHOOL).await;
    assert_eq!((applied.import, applied.created, applied.changed), (Some(1), 12, 0));
    let admin = world.admin().await;
    let school = admin.get("/v1/institutions?name=Escola Primavera".replace(' ', "%20").as_str()).await.is(200);
    assert_eq!(school.body[0]["latitude"], json!(-7.25));
    let school = school.body[0]["id"].clone();
    let children = admin.get("/v1/children?sort=username").await.is(200).body;
    assert_eq!(children[0]["username"], "0003");
    assert_eq!((&children[0]["gender"], &children[0]["age"]), (&json!("male"), &json!("9")));
    assert_eq!((&children[1]["username"], &children[1]["institution_id"]), (&json!("BR0001"), &school));
    assert_eq!((&children[1]["nfc_tag"], &children[1]["fitbit_status"]), (&json!("04a22422dd6480"), &json!("none")));
    assert!(children[1]["tag_ass_time"].is_string() && children[2]["age"] == "2015-05-05");
    let families = admin.get("/v1/families").await.is(200).body;
    assert_eq!(families[0]["children"].as_array().unwrap().len(), 2);
    let educators = admin.get("/v1/educators?username=jos%C3%A9").await.is(200).body;
    let groups = educators[0]["children_groups"].as_array().unwrap();
    assert_eq!((groups.len(), &groups[0]["name"]), (2, &json!("Class 4b")));
    assert_eq!(groups[0]["children"][0]["username"], "0003", "the order given is kept");
    assert_eq!(admin.get("/v1/applications").await.body[0]["application_name"], "Timetable");
}

#[tokio::test]
async fn every_thing_has_a_row_in_the_trail_and_the_import_one_that_counts() {
    let world = World::new().await;
    let before = world.audit_rows();
    apply(&world, SCHOOL).await;
    assert_eq!(world.audit_rows() - before, 13);
    let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    let count = |action: &str| -> i64 {
        let sql = "SELECT coalesce(sum(count), 0) FROM audit WHERE action = ?1";
        database.query_row(sql, [action], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("child_create"), count("educator_group_create"), count("roster_apply")), (3, 2, 12));
}

#[tokio::test]
async fn names_and_what_others_know_them_by_are_not_readable_at_rest() {
    let world = World::new().await;
    apply(
        &world,
        &[SCHOOL[0], ("children.csv", "username,institution,gender,age,sourced_id\nSECRET77,Posto,male,9,SOURCE88\n")],
    )
    .await;
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for word in ["SECRET77", "SOURCE88"] {
            assert!(!holds(&bytes, word));
        }
    }
}

#[tokio::test]
async fn what_is_remembered_of_a_child_is_in_its_export() {
    let world = World::new().await;
    let import = apply(&world, SCHOOL).await.import;
    let admin = world.admin().await;
    let child = admin.get("/v1/children?username=BR0001").await.body[0]["id"].as_str().unwrap().to_owned();
    let export = admin.get(&format!("/v1/children/{child}/export")).await.is(200).body;
    assert_eq!((&export["sourced_id"], &export["imports"]), (&json!("S-1"), &json!([import])));
}

#[tokio::test]
async fn whoever_has_no_password_cannot_log_in_until_one_is_set() {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    for password in ["", "*", "x"] {
        let reply = world.nobody().post("/v1/auth", json!({"username": "BR0001", "password": password})).await;
        assert_eq!(reply.status, if password.is_empty() { 400 } else { 401 }, "{password}");
    }
    let admin = world.admin().await;
    let id = admin.get("/v1/children?username=BR0001").await.body[0]["id"].as_str().unwrap().to_owned();
    admin.post(&format!("/v1/users/{id}/reset-password"), json!({"new_password": "now"})).await.is(204);
    world.login("BR0001", "now").await;
    world.restarted().await.login("BR0001", "now").await;
}

#[tokio::test]
async fn passwords_are_those_given_or_made_up() {
    let world = World::new().await;
    let text = b"username,institution,gender,age,password\nBR0001,Posto,male,9, given one \nBR0002,Posto,male,9,\n";
    let files: &[(&str, &[u8])] = &[("institutions.csv", SCHOOL[0].1.as_bytes()), ("children.csv", text)];
    let options = PlanOptions { passwords: Passwords::MadeUp, keep: true, ..PlanOptions::default() };
    let plan = plan_bytes(&world, files, options).await;
    clean(&plan);
    assert_eq!(plan.passwords_to_make_up, 1);
    let unprepared = ask(&world, RosterCommand::Apply { plan: plan.plan.clone() }).await;
    assert!(unprepared.err().unwrap().0.contains("not prepared"));
    let made_up = prepare(&world, &plan).await;
    apply_plan(&world, &plan).await;
    world.login("BR0001", "given one").await;
    assert_eq!((made_up.len(), made_up[0].username.as_str()), (1, "BR0002"));
    world.login("BR0002", &made_up[0].password).await;
    // The first password is of those who are new: it changes nothing any more.
    let again = plan_bytes(&world, files, PlanOptions { keep: true, ..PlanOptions::default() }).await;
    clean(&again);
    assert!(again.lines.is_empty());
}

#[tokio::test]
async fn a_plan_that_is_out_of_date_changes_nothing() {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    let admin = world.admin().await;
    let child = admin.get("/v1/children?username=BR0001").await.body[0]["id"].as_str().unwrap().to_owned();
    let files: &[(&str, &str)] = &[
        ("children.csv", "username,age,institution,gender\nBR0001,12,,\nBR0099,9,Posto,male\n"),
        ("families.csv", "username,children\nfamily1,BR0002\n"),
    ];
    let apply = async |plan: &super::PlanRecord| {
        clean(plan);
        prepare(&world, plan).await;
        ask(&world, RosterCommand::Apply { plan: plan.plan.clone() }).await.unwrap()
    };
    let planned = plan(&world, files).await;
    admin.patch(&format!("/v1/children/{child}"), json!({"age": 13})).await.is(200);
    assert!(matches!(apply(&planned).await, RosterOutcome::OutOfDate {}));
    assert_eq!(admin.get("/v1/children").await.body.as_array().unwrap().len(), 3);

    let planned = plan(&world, files).await;
    let institution = admin.get("/v1/institutions").await.body[0]["id"].clone();
    let new = json!({"username": "BR0099", "password": "x", "gender": "male", "age": 9, "institution_id": institution});
    let made = admin.post("/v1/children", new).await.is(201).id();
    assert!(matches!(apply(&planned).await, RosterOutcome::OutOfDate {}), "its name was taken meanwhile");
    admin.delete(&format!("/v1/users/{made}")).await.is(204);

    let planned = plan(&world, files).await;
    let second = admin.get("/v1/children?username=BR0002").await.body[0]["id"].as_str().unwrap().to_owned();
    admin.delete(&format!("/v1/users/{second}")).await.is(204);
    assert!(matches!(apply(&planned).await, RosterOutcome::OutOfDate {}), "whom it refers to is gone");
    assert_eq!(admin.get("/v1/children?username=BR0001").await.body[0]["age"], "13");
}

#[tokio::test]
async fn an_institution_that_is_called_otherwise_since_makes_a_plan_out_of_date() {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    let admin = world.admin().await;
    let id = admin.get("/v1/institutions?name=Posto").await.body[0]["id"].as_str().unwrap().to_owned();
    let new = ("children.csv", "username,institution,gender,age\nNEW1,Posto,male,9\n");
    let planned = plan(&world, &[new]).await;
    let path = format!("/v1/institutions/{id}");
    admin.patch(&path, json!({"name": "Posto 2"})).await.is(200);
    let apply = async |plan: &super::PlanRecord| {
        clean(plan);
        prepare(&world, plan).await;
        ask(&world, RosterCommand::Apply { plan: plan.plan.clone() }).await.unwrap()
    };
    assert!(matches!(apply(&planned).await, RosterOutcome::OutOfDate {}));
    assert_eq!(admin.get("/v1/children").await.body.as_array().unwrap().len(), 3);
    let again = plan(&world, &[new]).await;
    assert!(again.problems[0].message.contains("no institution of this name"), "{:#?}", again.problems);
    // What the files call it themselves from now on is what it is called.
    let renaming = format!("id,name\n{id},Posto 3\n");
    let children = new.1.replace("Posto", "Posto 3");
    let files = [("institutions.csv", &*renaming), ("children.csv", &*children)];
    assert!(matches!(apply(&plan(&world, &files).await).await, RosterOutcome::Applied(_)));
    // By its id it is the same, whatever it is called.
    let by_id = plan(&world, &[("children.csv", &new.1.replace("Posto", &id).replace("NEW1", "NEW2"))]).await;
    admin.patch(&path, json!({"name": "Posto 4"})).await.is(200);
    assert!(matches!(apply(&by_id).await, RosterOutcome::Applied(_)));
}

#[tokio::test]
async fn an_upload_and_a_plan_are_forgotten_when_another_begins_or_nobody_asks_for_them() {
    let world = World::new().await;
    let gone = |outcome: Result<RosterOutcome, super::Refusal>| outcome.err().unwrap().0.contains("start it again");
    assert!(gone(ask(&world, RosterCommand::Plan { upload: "x".to_owned(), options: PlanOptions::default() }).await));
    let first = plan(&world, SCHOOL).await;
    let second = plan(&world, SCHOOL).await;
    assert!(gone(ask(&world, RosterCommand::Prepare { plan: first.plan }).await));
    world.app.forget_old_limits();
    prepare(&world, &second).await;
    world.clock.advance(31 * 60);
    world.app.forget_old_limits();
    assert!(gone(ask(&world, RosterCommand::Apply { plan: second.plan }).await));
}
