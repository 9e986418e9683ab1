//! A new school year: classes move up, the top ones leave, and it can be taken back.

use ocariot_users::app::rosters::records::{PlanRecord, RollOver, RosterCommand, RosterOutcome};

use serde_json::json;

use super::{Given, apply, apply_plan, ask, clean, counts, export, undo};
use crate::leaving::refuse_login;
use crate::support::World;

const SCHOOLS: Given<'static> = &[
    ("institutions.csv", "name,type\nEscola A,School\nEscola B,School\n"),
    (
        "children.csv",
        "username,institution,gender,age,password\n\
         c1,Escola A,female,8,pass\nc2,Escola A,male,8,pass\nc3,Escola A,male,9,pass\nc4,Escola A,female,9,pass\n\
         c5,Escola A,female,10,pass\nc6,Escola A,male,10,pass\nc7,Escola A,male,10,pass\n\
         c8,Escola B,female,6,pass\nc9,Escola B,male,7,pass\nc10,Escola B,male,7,pass\n",
    ),
    ("educators.csv", "username,institution,password\nana,Escola A,pass\nbia,Escola A,pass\nzeca,Escola B,pass\n"),
    ("healthprofessionals.csv", "username,institution,password\nhugo,Escola A,pass\n"),
    (
        "groups.csv",
        "owner,name,school_class,children\n\
         ana,3a,3a,c1|c2\nana,Reading 4a,4a,c3|c4\nana,Chess,,c1|c3\nbia,05B,,c5|c6\nhugo,Fifth,5b,c3|c5|c7\n\
         zeca,1º A,1º A,c8\nzeca,2º A,2º A,c9\n",
    ),
];

async fn planned(world: &World, asked: RollOver) -> PlanRecord {
    match ask(world, RosterCommand::RollOver(RollOver { keep: true, ..asked })).await.unwrap() {
        RosterOutcome::Planned(planned) => planned,
        _ => panic!("a plan"),
    }
}

/// Owner, name and class of each group, in no order.
async fn groups(world: &World) -> Vec<String> {
    let files = export(world).await;
    let (_, text) = files.iter().find(|(name, _)| name == "groups.csv").unwrap();
    let mut rows: Vec<_> =
        text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()[3..5].join(",")).collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn classes_move_up_the_top_ones_leave_and_all_of_it_is_taken_back() {
    let world = World::new().await;
    apply(&world, SCHOOLS).await;
    let before = export(&world).await;
    let plan = planned(&world, RollOver::default()).await;
    clean(&plan);
    assert_eq!(plan.format, "new school year");
    let (of_groups, of_children) = (counts(&plan, "groups"), counts(&plan, "children"));
    assert_eq!((of_groups.change, of_groups.remove, of_groups.unchanged, of_children.remove), (3, 3, 1, 4));
    assert_eq!(plan.left_out, ["1 children who are in a class of another grade, too: they stay"]);
    assert_eq!(export(&world).await, before, "a plan writes nothing");
    let child = world.login("c5", "pass").await;
    let applied = apply_plan(&world, &plan).await;
    assert_eq!((applied.created, applied.changed, applied.removed), (0, 3, 7));
    assert_eq!(groups(&world).await, ["2º A,2º A", "4a,4a", "Chess,", "Reading 5a,5a"]);
    for left in ["c5", "c6", "c7", "c9"] {
        refuse_login(&world, left, "pass").await;
    }
    child.get("/v1/children").await.is(401);
    for stays in ["c1", "c3", "c8", "c10"] {
        world.login(stays, "pass").await;
    }
    let undone = undo(&world, applied.import.unwrap()).await;
    assert_eq!((undone.put_back, undone.left_in_all), (10, 0), "{:?}", undone.left);
    assert_eq!(sorted(export(&world).await), sorted(before));
    world.login("c5", "pass").await;
}

/// Rows in no order: what was deleted and is there again keeps its id, and its place.
fn sorted(files: Vec<(String, String)>) -> Vec<Vec<String>> {
    let rows = |(_, text): (String, String)| {
        let mut rows: Vec<_> = text.lines().map(str::to_owned).collect();
        rows.sort();
        rows
    };
    files.into_iter().map(rows).collect()
}

#[tokio::test]
async fn an_institution_moves_alone_and_a_second_time_within_months_must_be_meant() {
    let world = World::new().await;
    apply(&world, SCHOOLS).await;
    let of = |name: &str| RollOver { institution: Some(name.to_owned()), ..RollOver::default() };
    let plan = planned(&world, of("Escola B")).await;
    assert_eq!((counts(&plan, "groups").change, counts(&plan, "groups").remove), (1, 1));
    let import = apply_plan(&world, &plan).await.import.unwrap();
    let again = planned(&world, of("Escola A")).await;
    let words = format!("import {import} of ");
    assert!(again.problems[0].message.contains(&words) && again.problems[0].message.contains("--again"));
    clean(&planned(&world, RollOver { again: true, ..of("Escola A") }).await);
    undo(&world, import).await;
    clean(&planned(&world, of("Escola A")).await);
    let nowhere = planned(&world, of("Escola C")).await;
    assert!(nowhere.problems[0].message.contains("no institution of this name"), "{:?}", nowhere.problems);
}

#[tokio::test]
async fn an_administrator_does_it_over_http_once_however_often_he_asks() {
    let world = World::new().await;
    apply(&world, SCHOOLS).await;
    let admin = world.admin().await;
    let path = |step: &str| format!("/v1/rosters/uploads/507f191e810c19729de860ea/{step}");
    for (options, words) in [
        (json!({"top": "x"}), "top cannot be that"),
        (json!({"top": 14}), "the top grade is one of 1 to 13"),
        (json!({"erase_after_days": 0}), "users are deleted after 1 to 36500 days"),
        (json!({"max_removals": "most"}), "\"most\" is no number of users: write it as 25, or as 10%"),
    ] {
        assert_eq!(admin.post(&path("roll-over"), options).await.is(400).body["description"], words);
    }
    let nowhere = admin.post(&path("roll-over"), json!({"institution": "Nowhere"})).await.is(200).body;
    assert_eq!(nowhere["problems_in_all"], 1);
    admin.post(&path("apply"), json!({})).await.is(409);
    let plan = admin.post(&path("roll-over"), json!({})).await.is(200).body;
    assert_eq!((&plan["format"], &plan["problems_in_all"]), (&json!("new school year"), &json!(0)));
    assert_eq!(admin.post(&path("prepare"), json!({})).await.is(200).body["total"], 0);
    let passwords = admin.get(&path("passwords")).await.is(200).text;
    assert_eq!(passwords.lines().count(), 1, "nobody is new");
    let applied = admin.post(&path("apply"), json!({"plan": plan["plan"]})).await.is(200).body;
    assert_eq!(applied, json!({"import": 2, "created": 0, "changed": 3, "removed": 7}));
    assert_eq!(admin.post(&path("apply"), json!({})).await.is(200).body, applied);
    // The same upload is that import for ever; another one would be a second new school year.
    let again = admin.post(&path("roll-over"), json!({"again": true})).await.is(409);
    assert_eq!(again.body["message"], "The upload was applied already!");
    let other = "/v1/rosters/uploads/507f191e810c19729de860eb";
    let second = admin.post(&format!("{other}/roll-over"), json!({})).await.is(200).body;
    assert!(second["problems"][0]["message"].as_str().unwrap().starts_with("import 2 of "), "{second}");
    admin.post("/v1/rosters/imports/2/undo", json!({})).await.is(200);
    world.login("c5", "pass").await;
}

#[tokio::test]
async fn too_many_who_leave_are_refused_and_nobody_leaves_below_a_top_that_was_said() {
    let world = World::new().await;
    apply(&world, SCHOOLS).await;
    let most = |most: &str| RollOver { max_removals: Some(most.to_owned()), ..RollOver::default() };
    let plan = planned(&world, most("3")).await;
    assert!(plan.problems[0].message.contains("4 of 10 children would be deactivated"), "{:?}", plan.problems);
    clean(&planned(&world, most("4")).await);
    let top = |top| RollOver { top: Some(top), ..RollOver::default() };
    let plan = planned(&world, top(13)).await;
    clean(&plan);
    assert_eq!((counts(&plan, "groups").change, counts(&plan, "groups").remove), (6, 0));
    let plan = planned(&world, top(4)).await;
    assert!(plan.problems[0].message.contains("groups of grade 5"), "{:?}", plan.problems);
}

#[tokio::test]
async fn a_name_that_another_group_keeps_is_told_and_so_is_a_school_without_grades() {
    let world = World::new().await;
    let plan = planned(&world, RollOver::default()).await;
    assert!(plan.problems[0].message.contains("no group has a grade"), "{:?}", plan.problems);
    apply(&world, SCHOOLS).await;
    // The class says another grade than the name.
    apply(&world, &[("groups.csv", "owner,name,school_class,children\nana,4a,Chess,c1\n")]).await;
    let plan = planned(&world, RollOver::default()).await;
    assert!(plan.problems[0].message.contains("would be called as another one"), "{:?}", plan.problems);
}
