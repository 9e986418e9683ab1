//! Who is missing from the files leaves: deactivated, if that was said, if they are not too many; and comes back.

use ocariot_users::app::rosters::records::{PlanOptions, PlanRecord};
use serde_json::json;

use super::oneroster::{SET, applied, called, planned, refused, rows, told, with};
use super::{Given, apply, apply_plan, clean, counts, export, plan_bytes, undo, without_passwords};
use crate::leaving::{refuse_login, shown};
use crate::support::World;

fn removing(most: &str) -> PlanOptions {
    PlanOptions { remove_missing: true, max_removals: Some(most.to_owned()), ..called("BR{0001}") }
}

/// Ten children of two schools, one of each with an educator, a family and a group.
const TEN: Given<'static> = &[
    ("institutions.csv", "name,type\nA,School\nB,School\n"),
    (
        "children.csv",
        "username,institution,gender,age\nC0,A,male,9\nC1,A,male,9\nC2,A,male,9\nC3,A,male,9\nC4,A,male,9\n\
         C5,B,male,9\nC6,B,male,9\nC7,B,male,9\nC8,B,male,9\nC9,B,male,9\n",
    ),
    ("educators.csv", "username,institution,password\nanna,A,secret-password\n"),
    ("families.csv", "username,institution,children\nfam,A,C0|C1\n"),
    ("groups.csv", "owner,name,children\nanna,Class,C0|C1|C2\nanna,Choir,C3\n"),
];

async fn ten() -> World {
    let world = World::new().await;
    apply(&world, TEN).await;
    world
}

/// A sheet without some of its rows.
fn without(name: &str, gone: &[&str]) -> String {
    let text = TEN.iter().find(|(file, _)| *file == name).unwrap().1;
    let kept = text.lines().filter(|line| !gone.iter().any(|gone| line.contains(gone)));
    kept.map(|line| format!("{line}\n")).collect()
}

async fn plan_children(world: &World, gone: &[&str], options: PlanOptions) -> PlanRecord {
    plan_bytes(world, &[("children.csv", without("children.csv", gone).as_bytes())], options).await
}

#[tokio::test]
async fn who_is_missing_stays_unless_it_is_said_that_he_goes() {
    let world = ten().await;
    let plan = plan_children(&world, &["C9"], without_passwords()).await;
    clean(&plan);
    assert!(plan.lines.is_empty());
    assert_eq!((counts(&plan, "children").missing, counts(&plan, "children").remove), (1, 0));
    let plan = plan_children(&world, &["C9"], removing("10%")).await;
    clean(&plan);
    assert_eq!((counts(&plan, "children").missing, counts(&plan, "children").remove), (0, 1));
    let line = &plan.lines[0];
    assert_eq!((line.deed.as_str(), line.name.as_str(), line.row, line.columns.len()), ("deactivate", "C9", None, 0));
}

#[tokio::test]
async fn too_many_who_are_missing_are_a_file_that_is_not_whole() {
    let world = ten().await;
    let two = ["C8", "C9"];
    refused(&plan_children(&world, &two, removing("10%")).await, "refused ", "2 of 10 children would be deactivated");
    refused(&plan_children(&world, &two, removing("1")).await, "refused ", "say --max-removals 2");
    clean(&plan_children(&world, &two, removing("2")).await);
    clean(&plan_children(&world, &two, removing("20%")).await);
    // A row that is wrong makes nobody look missing.
    let text = without("children.csv", &[]).replace("C9,B,male,9", "C9,B,x,9");
    let plan = plan_bytes(&world, &[("children.csv", text.as_bytes())], removing("0")).await;
    refused(&plan, "refused children.csv 11 gender", "write male or female");
    for (options, words) in [
        (removing("many"), "write it as 25, or as 10%"),
        (removing("101%"), "write it as 25, or as 10%"),
        (PlanOptions { remove_missing: false, ..removing("5") }, "without --remove-missing"),
        (PlanOptions { erase_after_days: Some(0), ..removing("5") }, "after 1 to 36500 days"),
    ] {
        let (upload, file, part) = ("u".to_owned(), "children.csv".to_owned(), super::Bytes(Vec::new()));
        super::ask(&world, super::RosterCommand::Send { upload: upload.clone(), file, part }).await.unwrap();
        let refusal = super::ask(&world, super::RosterCommand::Plan { upload, options }).await.err().unwrap();
        assert!(refusal.0.contains(words), "{}", refusal.0);
    }
}

#[tokio::test]
async fn only_within_the_institutions_that_the_files_name_is_anybody_missing() {
    let world = ten().await;
    // The list of one school says nothing of the other.
    let plan = plan_children(&world, &["C5", "C6", "C7", "C8", "C9", "C4"], removing("10%")).await;
    clean(&plan);
    assert_eq!((counts(&plan, "children").remove, counts(&plan, "children").missing), (1, 5));
}

#[tokio::test]
async fn a_leaver_cannot_log_in_is_on_no_list_and_comes_back_with_all_that_was_his() {
    let world = ten().await;
    let educator = world.login("anna", "secret-password").await;
    educator.get("/v1/institutions").await.is(200);
    let files: Given<'_> = &[("educators.csv", "username,institution,password\nother,A,secret-password\n")];
    let plan = planned(&world, files, removing("1")).await;
    let import = apply_plan(&world, &plan).await;
    assert_eq!((import.created, import.changed, import.removed), (1, 0, 1));
    educator.get("/v1/institutions").await.is(401);
    refuse_login(&world, "anna", "secret-password").await;
    let admin = world.admin().await;
    let names = |body: serde_json::Value| -> Vec<String> {
        body.as_array().unwrap().iter().map(|one| one["username"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(admin.get("/v1/educators").await.body), ["other"]);
    assert_eq!(names(admin.get("/v1/educators?deactivated=only").await.body), ["anna"]);
    assert_eq!(names(admin.get("/v1/educators?deactivated=include&sort=username").await.body), ["anna", "other"]);
    assert!(rows(&world, "educators").await.iter().all(|row| !row.contains("anna")), "nor exported");
    // In next year's file again.
    let files: Given<'_> = &[("educators.csv", "username,institution\nanna,A\nother,A\n")];
    let plan = planned(&world, files, without_passwords()).await;
    clean(&plan);
    assert_eq!((counts(&plan, "educators").activate, counts(&plan, "educators").unchanged), (1, 1));
    assert_eq!(plan.lines[0].deed, "activate");
    apply_plan(&world, &plan).await;
    world.login("anna", "secret-password").await.get("/v1/institutions").await.is(200);
    assert!(planned(&world, files, without_passwords()).await.lines.is_empty());
    assert_eq!(rows(&world, "groups").await.len(), 2, "the groups are still his");
}

#[tokio::test]
async fn who_was_deactivated_by_hand_is_not_activated_by_a_file() {
    let world = ten().await;
    let admin = world.admin().await;
    let id = admin.get("/v1/children?username=C9").await.body[0]["id"].as_str().unwrap().to_owned();
    admin.post(&format!("/v1/users/{id}/deactivate"), json!({})).await.is(204);
    let plan = plan_children(&world, &[], without_passwords()).await;
    clean(&plan);
    assert!(
        plan.lines.is_empty() && plan.left_out[0].starts_with("1 users who are deactivated"),
        "{:?}",
        plan.left_out
    );
}

#[tokio::test]
async fn what_a_removal_did_is_taken_back_to_the_letter() {
    let world = ten().await;
    let before = export(&world).await;
    let files: &[(&str, String)] = &[
        ("children.csv", without("children.csv", &["C2", "C3"])),
        ("groups.csv", "owner,name,children\nanna,Class,C0|C1\n".to_owned()),
    ];
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let plan = planned(&world, &files, PlanOptions { erase_after_days: Some(30), ..removing("2") }).await;
    clean(&plan);
    assert_eq!((counts(&plan, "groups").remove, counts(&plan, "groups").change), (1, 1));
    let import = apply_plan(&world, &plan).await;
    assert_eq!((import.changed, import.removed), (1, 3));
    assert_ne!(export(&world).await, before);
    let undone = undo(&world, import.import.unwrap()).await;
    assert_eq!((undone.put_back, undone.left_in_all), (4, 0), "{:?}", undone.left);
    assert_eq!(export(&world).await, before);
    let shown = shown(&world, "C2").await;
    assert!(shown.deactivated_at.is_none() && shown.erase_at.is_none());
}

#[tokio::test]
async fn taking_back_that_somebody_was_activated_refuses_his_tokens_again() {
    let world = ten().await;
    let files: Given<'_> = &[("educators.csv", "username,institution,password\nother,A,secret-password\n")];
    let plan = planned(&world, files, removing("1")).await;
    apply_plan(&world, &plan).await;
    let plan = planned(&world, &[("educators.csv", "username\nanna\n")], without_passwords()).await;
    let import = apply_plan(&world, &plan).await.import.unwrap();
    let educator = world.login("anna", "secret-password").await;
    undo(&world, import).await;
    educator.get("/v1/institutions").await.is(401);
    refuse_login(&world, "anna", "secret-password").await;
}

#[tokio::test]
async fn oneroster_leavers_are_those_it_knew_and_a_delta_names_them() {
    let world = World::new().await;
    applied(&world, SET).await;
    // Somebody whom the other program never knew does not go missing in it.
    let by_hand: Given<'_> = &[("children.csv", "username,institution,gender,age\nHAND,Escola Primavera,male,9\n")];
    apply(&world, by_hand).await;
    let cut = |name: &str, id: &str| -> String {
        let text = SET.iter().find(|(file, _)| *file == name).unwrap().1;
        text.lines().filter(|line| !line.split(',').any(|cell| cell == id)).map(|line| format!("{line}\n")).collect()
    };
    let (users, demographics, enrollments) =
        (cut("users.csv", "S1"), cut("demographics.csv", "S1"), cut("enrollments.csv", "S1"));
    let next =
        with(SET, &[("users.csv", &users), ("demographics.csv", &demographics), ("enrollments.csv", &enrollments)]);
    let plan = planned(&world, &next, removing("50%")).await;
    clean(&plan);
    let leaving: Vec<_> = plan.lines.iter().filter(|line| line.deed == "deactivate").map(|line| &line.name).collect();
    assert_eq!(leaving, ["BR0001", "guardian1"], "the child, and the parent of no other");
    apply_plan(&world, &plan).await;
    assert!(planned(&world, &next, removing("0")).await.lines.is_empty(), "who is gone is not missing again");
    // And back again.
    let plan = planned(&world, SET, called("BR{0001}")).await;
    clean(&plan);
    assert_eq!((counts(&plan, "children").activate, counts(&plan, "families").activate), (1, 1));
    apply_plan(&world, &plan).await;
    let manifest = "propertyName,value\noneroster.version,1.1\nfile.users,delta\n";
    let users = "sourcedId,status,enabledUser,orgSourcedIds,role,username\nS2,tobedeleted,,10,student,x\n\
                 T2,active,false,10,aide,bruno\nS9,tobedeleted,,10,student,y\n";
    let delta: Given<'_> = &[("manifest.csv", manifest), ("users.csv", users)];
    let plan = planned(&world, delta, called("BR{0001}")).await;
    clean(&plan);
    assert!(
        plan.lines.is_empty() && plan.left_out.iter().any(|what| what.starts_with("3 rows that are said to be gone"))
    );
    let plan = planned(&world, delta, removing("1")).await;
    clean(&plan);
    let leaving: Vec<_> = plan.lines.iter().map(|line| (line.deed.as_str(), line.name.as_str(), line.row)).collect();
    assert_eq!(leaving, [("deactivate", "BR0002", Some(2)), ("deactivate", "bruno", Some(3))]);
    let both = users.to_owned() + "S2,active,true,10,student,x\n";
    let plan = planned(&world, &[delta[0], ("users.csv", &both)], removing("1")).await;
    assert!(told(&plan)[0].contains("row 2 of users.csv has the same id"), "{:#?}", told(&plan));
}
