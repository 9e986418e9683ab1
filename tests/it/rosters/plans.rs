//! What a plan finds: who is who, what changes, and what is refused.

use super::{SCHOOL, apply, clean, counts, export, given, plan, plan_bytes, without_passwords};
use crate::support::World;

async fn school() -> World {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    world
}

/// The problems as class, row, column, and a part of the message.
#[track_caller]
fn problems(plan: &ocariot_users::app::rosters::records::PlanRecord, expected: &[(&str, Option<usize>, &str, &str)]) {
    let found: Vec<_> = plan.problems.iter().map(|one| (&one.class, one.row, &one.column, &one.message)).collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((class, row, column, message), (kind, at, header, part)) in found.into_iter().zip(expected) {
        let header = (!header.is_empty()).then(|| (*header).to_owned());
        assert!(
            (class.as_str(), row, column) == (*kind, *at, &header) && message.contains(part),
            "{class} {row:?} {column:?} {message}, not {kind} {at:?} {header:?} {part}"
        );
    }
}

#[tokio::test]
async fn a_second_import_of_the_same_files_changes_nothing() {
    let world = school().await;
    let again = plan(&world, SCHOOL).await;
    clean(&again);
    assert!(again.lines.is_empty());
    assert_eq!(counts(&again, "children").unchanged, 3);
    assert_eq!(counts(&again, "groups").unchanged, 2);
    assert!(again.counts.iter().all(|counts| counts.create + counts.change + counts.r#move + counts.missing == 0));
}

#[tokio::test]
async fn an_export_is_imported_without_any_change() {
    let world = school().await;
    let admin = world.admin().await;
    // Names that the API takes as they are, and a spreadsheet program would compute, trim or compose otherwise.
    for name in ["=1+1", "-x", " Cafe\u{301} ", "'=x", "a;b,\"c\"", "\u{a0}"] {
        let body = serde_json::json!({"name": name, "type": "@School", "address": "+34"});
        admin.post("/v1/institutions", body).await.is(201);
    }
    let files = export(&world).await;
    let again = plan(&world, &given(&files)).await;
    clean(&again);
    assert!(again.lines.is_empty(), "{:#?}", again.lines);
    assert_eq!(counts(&again, "institutions").unchanged, 8);
    assert!(files[0].1.contains("'=1+1") && files[0].1.contains("''=x"), "{}", files[0].1);
    assert!(files.iter().all(|(_, text)| !text.contains("password")));
}

#[tokio::test]
async fn what_changes_is_told_from_what_to_what_and_what_is_absent_changes_nothing() {
    let world = school().await;
    let changed =
        plan(&world, &[("children.csv", "username;age;institution\nBR0001;12;\nBR0002;;Posto\n0003;9;Posto\n")]).await;
    clean(&changed);
    let children = counts(&changed, "children");
    assert_eq!((children.change, children.r#move, children.unchanged, children.missing), (1, 1, 1, 0));
    let [first, second] = changed.lines.as_slice() else { panic!("{:?}", changed.lines) };
    assert_eq!((first.deed.as_str(), first.row, first.name.as_str()), ("change", Some(2), "BR0001"));
    assert_eq!((first.columns[0].from.as_deref(), first.columns[0].to.as_str()), (Some("11"), "12"));
    assert_eq!((second.deed.as_str(), second.row), ("move", Some(3)));
}

#[tokio::test]
async fn an_id_goes_before_a_name_and_one_that_leads_nowhere_is_refused() {
    let world = school().await;
    let admin = world.admin().await;
    let id = admin.get("/v1/children?username=BR0001").await.body[0]["id"].as_str().unwrap().to_owned();
    let renamed = plan(&world, &[("children.csv", &format!("id,username\n{id},BR9001\n"))]).await;
    clean(&renamed);
    assert_eq!(renamed.lines[0].columns[0].to, "BR9001");
    let nowhere = plan(&world, &[("children.csv", "id,username\n507f191e810c19729de860ea,BR0001\nx,BR0002\n")]).await;
    problems(&nowhere, &[("refused", Some(2), "id", "no child of this id"), ("refused", Some(3), "id", "no child")]);
    let educator = admin.get("/v1/educators").await.body[0]["id"].as_str().unwrap().to_owned();
    let other = plan(&world, &[("children.csv", &format!("id,username\n{educator},BR0001\n"))]).await;
    problems(&other, &[("refused", Some(2), "id", "no child of this id")]);
}

#[tokio::test]
async fn a_log_in_that_becomes_free_lets_nobody_else_in() {
    let world = school().await;
    let admin = world.admin().await;
    let id = admin.get("/v1/children?username=BR0001").await.body[0]["id"].as_str().unwrap().to_owned();
    // Whoever is to have the freed name would be the one who gives it up.
    let text = format!("id,username,institution,gender,age\n{id},BR9001,,,\n,BR0001,Posto,male,9\n");
    problems(
        &plan(&world, &[("children.csv", &text)]).await,
        &[("conflict", Some(3), "", "row 2 of children.csv is about the same child")],
    );
    let taken = format!("id,username\n{id},BR0002\n");
    problems(&plan(&world, &[("children.csv", &taken)]).await, &[("conflict", Some(2), "username", "another one")]);
    let old_name = format!("id,username\n{id},BR9001\n");
    let family = "username,children\nfamily1,BR0001\n";
    problems(
        &plan(&world, &[("children.csv", &old_name), ("families.csv", family)]).await,
        &[("refused", Some(2), "children", "no child of this name or id")],
    );
}

#[tokio::test]
async fn what_another_program_knows_a_thing_by_finds_it_again_under_a_new_name() {
    let world = school().await;
    let renamed = plan(&world, &[("children.csv", "sourced_id,username\nS-1,BR0101\nS-2,BR0102\n")]).await;
    clean(&renamed);
    assert_eq!(counts(&renamed, "children").change, 2);
    let stranger = plan(&world, &[("children.csv", "sourcedId,username\nS-9,BR0001\n")]).await;
    problems(&stranger, &[("conflict", Some(2), "sourced_id", "is known by another sourced_id")]);
    // Somebody who had none gets one; and is referred to by it.
    let files: &[(&str, &str)] = &[
        ("children.csv", "sourced_id,username\nS-3,0003\n"),
        ("families.csv", "username,institution,children\nfamily2,Posto,S-3|S-1\n"),
    ];
    assert_eq!(apply(&world, files).await.changed, 1);
    assert_eq!(counts(&plan(&world, files).await, "children").unchanged, 1);
    // Such a name may look like one of our ids.
    let alike: &[(&str, &str)] = &[
        ("children.csv", "sourced_id,username,institution,gender,age\n507f191e810c19729de860ea,0009,Posto,male,9\n"),
        ("families.csv", "username,children\nfamily1,507f191e810c19729de860ea\n"),
    ];
    assert_eq!(apply(&world, alike).await.created, 1);
    let family = world.admin().await.get("/v1/families?username=family2").await;
    assert_eq!(family.body[0]["children"][0]["username"], "0003");
}

#[tokio::test]
async fn the_same_twice_is_an_error_that_names_both_rows() {
    let world = school().await;
    let text = "username,institution,gender,age,nfc_tag,sourced_id\n\
                BR0010,Posto,male,9,t1,N1\nBR0010,Posto,male,9,,\nBR0011,Posto,male,9,t1,\nBR0012,Posto,male,9,,N1\n\
                BR0013,Posto,male,9,04a22422dd6480,\nBR0001,,,,,\nBR0001,,,,,\n";
    problems(
        &plan(&world, &[("children.csv", text)]).await,
        &[
            ("conflict", Some(3), "username", "row 2 of children.csv says the same"),
            ("conflict", Some(4), "nfc_tag", "row 2 of children.csv says the same"),
            ("conflict", Some(5), "sourced_id", "row 2 of children.csv says the same"),
            ("conflict", Some(6), "nfc_tag", "that of another one"),
            ("conflict", Some(8), "", "row 7 of children.csv is about the same child"),
        ],
    );
}

#[tokio::test]
async fn a_wrong_value_is_an_error_and_never_a_default() {
    let world = school().await;
    let text = "username,institution,gender,age,age_calc_date\n\
                BR0010,Posto,girl,9,\nBR0011,Posto,male,nine,\nBR0012,Posto,male,0,\nBR0013,Posto,male,04/02/2005,\n\
                BR0014,Nowhere,male,9,\nBR0015,,male,9,\nBR0016,Posto,male,9,2099-01-01\na\u{200b}b,Posto,male,9,\n";
    let found = plan(&world, &[("children.csv", text)]).await;
    problems(
        &found,
        &[
            ("refused", Some(2), "gender", "write male or female"),
            ("refused", Some(3), "age", "write dates as 2015-12-31"),
            ("refused", Some(4), "age", "above zero"),
            ("refused", Some(5), "age", "write dates as 2015-12-31"),
            ("refused", Some(6), "institution_id", "no institution of this name or id"),
            ("refused", Some(7), "", "needs institution_id"),
            ("refused", Some(8), "age_calc_date", "in the future"),
            ("refused", Some(9), "username", "cannot be seen"),
        ],
    );
    let told: Vec<_> = found.problems.iter().filter_map(|problem| problem.value.as_deref()).collect();
    assert!(told.contains(&"text of 4 characters") && told.contains(&"a number"), "{told:?}");
    assert!(!format!("{:?}", found.problems).contains("girl"), "values are not told");
    let wrong = plan(&world, &[("institutions.csv", "name,type,latitude\nA,School,\"38,5\"\nB,School,91\n")]).await;
    problems(&wrong, &[("refused", Some(2), "latitude", "with a point"), ("refused", Some(3), "latitude", "90")]);
}

#[tokio::test]
async fn one_name_is_one_person_however_its_letters_are_composed_and_zeros_stay() {
    let world = school().await;
    let same = plan(&world, &[("educators.csv", "username\njose\u{301}\n")]).await;
    assert_eq!(counts(&same, "educators").unchanged, 1);
    let other = plan(&world, &[("children.csv", "username,institution,gender,age\n3,Posto,male,9\n")]).await;
    clean(&other);
    assert_eq!((counts(&other, "children").create, counts(&other, "children").missing), (1, 3));
}

#[tokio::test]
async fn a_name_that_two_bear_needs_an_id() {
    let world = school().await;
    let text = "owner,name,children\nanna,Check-up,BR0001\n";
    problems(
        &plan(&world, &[("groups.csv", text)]).await,
        &[("conflict", Some(2), "owner", "give the id of the educator or health professional")],
    );
}

#[tokio::test]
async fn an_owner_has_no_more_groups_than_there_may_be() {
    let world = school().await;
    let mut text = "owner,name,children\n".to_owned();
    (0..199).for_each(|n| text += &format!("josé,Extra {n},BR0001\n"));
    problems(&plan(&world, &[("groups.csv", &text)]).await, &[("refused", Some(2), "owner", "more than 200 groups")]);
    let text: String = text.lines().take(199).map(|line| format!("{line}\n")).collect();
    clean(&plan(&world, &[("groups.csv", &text)]).await);
}

#[tokio::test]
async fn a_wrong_row_among_ten_thousand_is_named_and_nothing_is_written() {
    let world = school().await;
    let mut text = "username,institution,gender,age\n".to_owned();
    for n in 0..10_000 {
        let gender = if n == 9_997 { "x" } else { "male" };
        text += &format!("MANY{n:05},Posto,{gender},9\n");
    }
    let found = plan(&world, &[("children.csv", &text)]).await;
    problems(&found, &[("refused", Some(9_999), "gender", "write male or female")]);
    let kept = super::ask(&world, super::RosterCommand::Apply { plan: found.plan }).await;
    assert!(kept.err().unwrap().0.contains("start it again"), "there is no plan to apply");
    let admin = world.admin().await;
    assert_eq!(admin.get("/v1/children?limit=1").await.header("x-total-count"), Some("3"));
}

#[tokio::test]
async fn a_new_user_needs_a_password_unless_it_is_said_what_becomes_of_him() {
    let world = school().await;
    let text: &[(&str, &[u8])] = &[("educators.csv", b"username,institution,password\nnew,Posto,\nother,Posto,pw\n")];
    let found = plan_bytes(&world, text, super::PlanOptions::default()).await;
    problems(&found, &[("refused", Some(2), "password", "--passwords FILE")]);
    clean(&plan_bytes(&world, text, without_passwords()).await);
}
