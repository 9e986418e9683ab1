//! OneRoster 1.1 and 1.2, bulk, and Microsoft's SDS: what real exporters deviate in is understood, or refused by name.

use std::collections::BTreeMap;

use ocariot_users::app::rosters::records::{Bytes, PlanOptions, PlanRecord, RosterCommand};

use super::{Given, apply_plan, ask, clean, counts, export, plan_bytes, without_passwords};
use crate::support::World;

/// What children are called.
pub(super) fn called(from: &str) -> PlanOptions {
    PlanOptions { usernames: BTreeMap::from([("children".to_owned(), from.to_owned())]), ..without_passwords() }
}

pub(super) async fn planned(world: &World, files: Given<'_>, options: PlanOptions) -> PlanRecord {
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    plan_bytes(world, &files, options).await
}

/// Plans and applies files; children are numbered.
pub(super) async fn applied(world: &World, files: Given<'_>) -> PlanRecord {
    let plan = planned(world, files, called("BR{0001}")).await;
    apply_plan(world, &plan).await;
    plan
}

/// The rows of a sheet as they are exported, without ids, in order.
pub(super) async fn rows(world: &World, sheet: &str) -> Vec<String> {
    let files = export(world).await;
    let (_, text) = files.iter().find(|(name, _)| name.starts_with(sheet)).unwrap();
    let mut rows: Vec<_> = text.lines().skip(1).map(|row| row.split_once(',').unwrap().1.to_owned()).collect();
    rows.sort();
    rows
}

/// The files with others in the place of some.
pub(super) fn with<'f>(files: &[(&'f str, &'f str)], others: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let kept = files.iter().filter(|(name, _)| !others.iter().any(|(other, _)| other == name));
    kept.chain(others).copied().filter(|(_, text)| !text.is_empty()).collect()
}

/// Every problem, with where it is.
pub(super) fn told(plan: &PlanRecord) -> Vec<String> {
    let one = |problem: &ocariot_users::app::rosters::records::ProblemRecord| {
        let row = problem.row.map(|row| row.to_string()).unwrap_or_default();
        let column = problem.column.clone().unwrap_or_default();
        format!("{} {} {row} {column}: {}", problem.class, problem.file, problem.message)
    };
    plan.problems.iter().map(one).collect()
}

/// That a plan is refused for one reason.
#[track_caller]
pub(super) fn refused(plan: &PlanRecord, place: &str, words: &str) {
    let told = told(plan);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with(place) && told[0].contains(words), "{place} {words}: {told:#?}");
}

pub(super) const SET: Given<'static> = &[
    (
        "manifest.csv",
        "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.orgs,bulk\nfile.users,bulk\n\
         file.demographics,bulk\nfile.classes,bulk\nfile.enrollments,bulk\nfile.courses,absent\n",
    ),
    (
        "orgs.csv",
        "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n\
         10,,,Escola Primavera,school,E1,\n20,,,Escola Verao,school,E2,\n",
    ),
    (
        "users.csv",
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,\
         middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n\
         T1,,,true,10,teacher,anna,,Anna,Silva,,,anna@example.org,,,,,secret-one\n\
         T2,,,true,10,aide,bruno,,Bruno,Costa,,,,,,,,\n\
         S1,,,true,10,student,maria.souza,,Maria,Souza,,K-1,,,,G1,03,secret-two\n\
         S2,,,true,10,student,joao.lima,,Joao,Lima,,K-2,,,,,03,\n\
         S3,,,true,20,student,ana.reis,,Ana,Reis,,K-3,,,,,PK,\n\
         G1,,,true,10,parent,guardian1,,Paula,Souza,,,,,,,,\n\
         G2,,,true,20,guardian,guardian2,,Rui,Reis,,,,,,\"S3, S2\",,\n\
         P1,,,true,10,administrator,head,,Eva,Dias,,,,,,,,\n",
    ),
    (
        "demographics.csv",
        "sourcedId,status,dateLastModified,birthDate,sex\nS1,,,2015-05-05,female\nS2,,,2015-06-06,male\n\
         S3,,,2020-07-07,female\n",
    ),
    (
        "classes.csv",
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,\
         termSourcedIds,subjects,subjectCodes,periods\n\
         C1,,,Class 3a,03,,3a,homeroom,,10,,,,\nC2,,,Music,03,,,scheduled,,10,,,,\nC3,,,Empty,03,,,scheduled,,10,,,,\n",
    ),
    (
        "enrollments.csv",
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n\
         E1,,,C1,10,T1,teacher,true,,\nE2,,,C1,10,S1,student,false,,\nE3,,,C1,10,S2,student,false,,\n\
         E4,,,C2,10,T1,teacher,true,,\nE5,,,C2,10,T2,teacher,false,,\nE6,,,C2,10,S2,student,false,,\n\
         E7,,,C3,10,T1,teacher,true,,\nE8,,,C1,10,P1,administrator,false,,\n",
    ),
];

#[tokio::test]
async fn a_whole_set_becomes_institutions_people_and_groups_without_anybodys_name() {
    let world = World::new().await;
    let plan = applied(&world, SET).await;
    assert_eq!(plan.format, "OneRoster 1.1");
    assert_eq!(rows(&world, "institutions").await, ["10,Escola Primavera,school,,,", "20,Escola Verao,school,,,"]);
    let children = rows(&world, "children").await;
    let shown: Vec<_> = children.iter().map(|row| row.split(',').collect::<Vec<_>>()).collect();
    let shown: Vec<_> = shown.iter().map(|row| (row[0], row[1], row[3], row[4])).collect();
    assert_eq!(
        shown,
        [
            ("S1", "BR0001", "female", "2015-05-05"),
            ("S2", "BR0002", "male", "2015-06-06"),
            ("S3", "BR0003", "female", "2020-07-07")
        ]
    );
    let everything: String = export(&world).await.into_iter().map(|(_, text)| text).collect();
    for name in ["Maria", "Souza", "maria.souza", "Silva", "Paula", "example.org", "secret"] {
        assert!(!everything.contains(name), "{name}");
    }
    let admin = world.admin().await;
    let family = admin.get("/v1/families?username=guardian2").await.body;
    let names: Vec<_> = family[0]["children"].as_array().unwrap().iter().map(|one| one["username"].clone()).collect();
    assert_eq!(names, ["BR0003", "BR0002"]);
    let family = admin.get("/v1/families?username=guardian1").await.body;
    assert_eq!(family[0]["children"][0]["username"], "BR0001", "the child names its parent");
    let groups = rows(&world, "groups").await;
    let shown: Vec<_> = groups.iter().map(|row| row.split(',').collect::<Vec<_>>()).collect();
    let shown: Vec<_> = shown.iter().map(|row| (row[0], row[2], row[3], row[4].split('|').count())).collect();
    assert_eq!(shown, [("C1|T1", "Class 3a", "3a", 2), ("C2|T1", "Music", "", 1), ("C2|T2", "Music", "", 1)]);
    assert!(
        plan.left_out.contains(&"1 classes without a teacher or without students".to_owned()),
        "{:?}",
        plan.left_out
    );
    assert!(plan.left_out.iter().any(|what| what.starts_with("1 users whose role")), "{:?}", plan.left_out);
    let users = plan.files.iter().find(|file| file.file == "users.csv").unwrap();
    assert!(users.ignored.contains(&"givenName".to_owned()) && users.ignored.contains(&"password".to_owned()));
}

#[tokio::test]
async fn the_same_set_again_changes_nothing_and_next_years_moves_and_renames() {
    let world = World::new().await;
    applied(&world, SET).await;
    let again = planned(&world, SET, called("BR{0001}")).await;
    clean(&again);
    assert!(again.lines.is_empty(), "{:#?}", again.lines);
    // Without a word on usernames, too: nobody is new.
    clean(&planned(&world, SET, without_passwords()).await);
    let users = SET[2].1.replace("S1,,,true,10,", "S1,,,true,20,").replace(",anna,", ",anna.silva,")
        + "S4,,,true,10,student,x,,X,Y,,K-4,,,,,03,\n";
    let demographics = SET[3].1.to_owned() + "S4,,,2016-01-01,male\n";
    let classes = SET[4].1.replace("C1,,,Class 3a,03,,3a", "C1,,,Class 4a,04,,4a");
    let enrollments = SET[5].1.replace("E2,,,C1,10,S1", "E2,,,C1,10,S4");
    let next = with(
        SET,
        &[
            ("users.csv", users.as_str()),
            ("demographics.csv", demographics.as_str()),
            ("classes.csv", classes.as_str()),
            ("enrollments.csv", enrollments.as_str()),
        ],
    );
    let plan = applied(&world, &next).await;
    let children = counts(&plan, "children");
    assert_eq!((children.create, children.r#move, children.unchanged), (1, 1, 2));
    assert_eq!((counts(&plan, "educators").change, counts(&plan, "groups").change), (1, 1));
    let children = rows(&world, "children").await;
    assert!(children[3].starts_with("S4,BR0004,"), "{children:?}");
    assert!(planned(&world, &next, called("BR{0001}")).await.lines.is_empty());
}

#[tokio::test]
async fn usernames_of_children_are_chosen_and_never_their_names_by_default() {
    let world = World::new().await;
    let plan = planned(&world, SET, without_passwords()).await;
    assert_eq!(plan.problems_in_all, 3, "the children, and not what refers to them: {:#?}", told(&plan));
    assert!(told(&plan)[0].contains("--usernames"), "{:#?}", told(&plan));
    let plan = planned(&world, SET, called("identifier")).await;
    clean(&plan);
    let names: Vec<_> = plan.lines.iter().filter(|line| line.sheet == "children").map(|line| &line.name).collect();
    assert_eq!(names, ["K-1", "K-2", "K-3"]);
    refused(&planned(&world, SET, called("nickname")).await, "refused users.csv", "no column nickname");
    for (options, words) in [
        (called("BR{x}"), "as in BR{0001}"),
        (
            PlanOptions { usernames: BTreeMap::from([("groups".to_owned(), "x".to_owned())]), ..without_passwords() },
            "has no usernames",
        ),
    ] {
        let (upload, file, part) = ("u".to_owned(), "users.csv".to_owned(), Bytes(Vec::new()));
        ask(&world, RosterCommand::Send { upload: upload.clone(), file, part }).await.unwrap();
        let refusal = ask(&world, RosterCommand::Plan { upload, options }).await.err().unwrap();
        assert!(refusal.0.contains(words), "{}", refusal.0);
    }
}
