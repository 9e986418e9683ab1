//! More of what exporters of OneRoster and its relatives write: the words of both versions, and files beside those that
//! are read.

use ocariot_users::app::rosters::records::PlanOptions;

use super::oneroster::{SET, applied, called, planned, refused, rows, told, with};
use super::{Given, clean, counts, export};
use crate::support::World;

fn text(name: &str) -> &'static str {
    SET.iter().find(|(file, _)| *file == name).unwrap().1
}

const ORGS: (&str, &str) = ("orgs.csv", "sourcedId,name,type\nEsc10,Escola,school\n");
const KID: (&str, &str) = ("demographics.csv", "sourcedId,birthDate,sex\nstudent,2015-05-05,female\n");

/// A set with somebody of each role, whose id it is; whoever may be a parent is one of the student.
fn of_roles(roles: &[&str], in_12: bool) -> Vec<(&'static str, String)> {
    let kin = |role: &&str| ["guardian", "parent", "relative"].contains(role);
    let agent = |role: &&str| if kin(role) { "student" } else { "" };
    if !in_12 {
        let header = "sourcedId,enabledUser,orgSourcedIds,role,username,agentSourcedIds\n";
        let rows: String =
            roles.iter().map(|role| format!("{role},true,Esc10,{role},{role},{}\n", agent(role))).collect();
        return vec![("users.csv", format!("{header}{rows}"))];
    }
    let users: String = roles.iter().map(|role| format!("{role},true,{role},{}\n", agent(role))).collect();
    let roles: String = roles.iter().map(|role| format!("R{role},active,{role},primary,{role},Esc10\n")).collect();
    vec![
        ("users.csv", format!("sourcedId,enabledUser,username,agentSourcedIds\n{users}")),
        ("roles.csv", format!("sourcedId,status,userSourcedId,roleType,role,orgSourcedId\n{roles}")),
    ]
}

#[tokio::test]
async fn every_role_of_1_1_and_of_1_2_is_somebody_here_or_is_counted() {
    let old = ["administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher"];
    let new = [
        "aide",
        "counselor",
        "districtAdministrator",
        "guardian",
        "parent",
        "principal",
        "proctor",
        "relative",
        "siteAdministrator",
        "student",
        "systemAdministrator",
        "teacher",
    ];
    for (roles, in_12, elsewhere) in [(&old as &[&str], false, 2), (&new, true, 6)] {
        let world = World::new().await;
        let files = of_roles(roles, in_12);
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).chain([ORGS, KID]).collect();
        let plan = applied(&world, &files).await;
        let made = ["children", "educators", "families"].map(|sheet| counts(&plan, sheet).create);
        assert_eq!(made, [1, 2, 3], "{roles:?}");
        let told = format!("{elsewhere} users whose role is registered nowhere here");
        assert!(plan.left_out.iter().any(|what| what.starts_with(&told)), "{:?}", plan.left_out);
    }
    let enrollments = text("enrollments.csv").to_owned() + "E9,,,C1,10,P1,proctor,false,,\n";
    let plan = applied(&World::new().await, &with(SET, &[("enrollments.csv", &enrollments)])).await;
    assert!(plan.left_out.contains(&"2 enrollments of administrators and proctors".to_owned()), "{:?}", plan.left_out);
}

#[tokio::test]
async fn a_sex_is_male_or_female_or_its_first_letter_and_others_are_named() {
    for word in ["other", "unspecified", "Other"] {
        let demographics = text("demographics.csv").replace(",male", &format!(",{word}"));
        let files = with(SET, &[("demographics.csv", &demographics)]);
        let plan = planned(&World::new().await, &files, called("BR{0001}")).await;
        assert!(told(&plan)[0].contains("users.csv 5 : a new child needs gender"), "{word}: {:#?}", told(&plan));
    }
    let demographics = text("demographics.csv").replace(",male", ",M").replace(",female", ",F");
    let world = World::new().await;
    applied(&world, &with(SET, &[("demographics.csv", &demographics)])).await;
    let children = rows(&world, "children").await;
    assert!(children[0].contains(",female,") && children[1].contains(",male,"), "{children:?}");
}

#[tokio::test]
async fn grades_of_any_kind_are_read_over() {
    let grades = "IT PK KG 01 02 03 04 05 06 07 08 09 10 11 12 13 PS";
    let (mut users, mut demographics) = (text("users.csv").to_owned(), text("demographics.csv").to_owned());
    for (number, grade) in grades.split(' ').enumerate() {
        users += &format!("N{number},,,true,10,student,x,,X,Y,Z,,,,,,{grade},\n");
        demographics += &format!("N{number},,,2015-05-05,female\n");
    }
    let files = with(SET, &[("users.csv", &users), ("demographics.csv", &demographics)]);
    let plan = planned(&World::new().await, &files, called("BR{0001}")).await;
    clean(&plan);
    assert_eq!(counts(&plan, "children").create, 3 + 17);
}

#[tokio::test]
async fn infinite_campus_eleven_files_are_read_as_far_as_they_belong_here() {
    const BESIDE: [&str; 6] =
        ["academicSessions.csv", "categories.csv", "courses.csv", "lineItems.csv", "resources.csv", "results.csv"];
    let manifest = text("manifest.csv").replace("file.courses,absent", "file.courses,bulk")
        + "file.academicSessions,bulk\nfile.categories,bulk\nfile.lineItems,bulk\nfile.resources,bulk\nfile.results,bulk\n";
    let beside: Vec<_> =
        BESIDE.iter().map(|name| (*name, "sourcedId,status,dateLastModified,title\nX1,,,Y\n")).collect();
    let files = [with(SET, &[("manifest.csv", &manifest)]), beside].concat();
    let plan = applied(&World::new().await, &files).await;
    assert_eq!((files.len(), counts(&plan, "children").create), (12, 3), "the manifest, and eleven");
    for name in BESIDE {
        assert!(plan.left_out.contains(&format!("{name}: nothing in it is registered here")), "{:?}", plan.left_out);
    }
}

#[tokio::test]
async fn kinds_of_classes_in_capitals_and_profiles_that_are_a_copy_of_roles_change_nothing() {
    let classes = text("classes.csv").replace("homeroom", "Homeroom").replace("scheduled", "Scheduled");
    let copy =
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role\nR1,active,1/05/2023,T1,primary,teacher\n";
    let world = World::new().await;
    let plan = applied(&world, &with(SET, &[("classes.csv", &classes), ("userprofiles.csv", copy)])).await;
    assert_eq!(counts(&plan, "groups").create, 3);
    assert!(plan.left_out.contains(&"userprofiles.csv: nothing in it is registered here".to_owned()));
}

#[tokio::test]
async fn a_password_in_profiles_is_told_stored_and_exported_nowhere() {
    let profiles = "sourcedId,userSourcedId,profileType,vendorId,credentialType,username,password\n\
                    P1,T1,x,y,z,anna,Hunter-Two-77\n";
    let world = World::new().await;
    let plan = applied(&world, &with(SET, &[("userProfiles.csv", profiles)])).await;
    let told = serde_json::to_string(&plan).unwrap();
    let out: String = export(&world).await.into_iter().map(|(_, text)| text).collect();
    assert!(!told.contains("Hunter") && !out.contains("Hunter"));
    let login = serde_json::json!({"username": "anna", "password": "Hunter-Two-77"});
    world.nobody().post("/v1/auth", login).await.is(401);
}

#[tokio::test]
async fn staff_who_are_parents_may_share_an_e_mail() {
    let users = text("users.csv")
        .replace("Anna,Silva,,,anna@example.org", "Anna,Silva,,,both@example.org")
        .replace("Bruno,Costa,,,,", "Bruno,Costa,,,b@x.org,")
        .replace("Paula,Souza,,,,,,,,", "Paula,Souza,,,both@example.org,,,,,")
        .replace("Rui,Reis,,,,,,", "Rui,Reis,,,r@x.org,,,");
    let mut options = called("BR{0001}");
    for sheet in ["educators", "families"] {
        options.usernames.insert(sheet.to_owned(), "email".to_owned());
    }
    let world = World::new().await;
    let plan = planned(&world, &with(SET, &[("users.csv", &users)]), options.clone()).await;
    clean(&plan);
    let named = |sheet: &str| plan.lines.iter().any(|line| line.sheet == sheet && line.name == "both@example.org");
    assert!(named("educators") && named("families"));
    // Within one type a name is one person's.
    let users = users.replace("b@x.org", "both@example.org");
    let plan = planned(&world, &with(SET, &[("users.csv", &users)]), options).await;
    let first = told(&plan).remove(0);
    assert!(first.starts_with("conflict users.csv 3 username: row 2 of users.csv says the same"), "{first}");
}

#[tokio::test]
async fn the_id_of_a_school_in_another_case_makes_no_second_school() {
    let users = "sourcedId,enabledUser,orgSourcedIds,role,username,agentSourcedIds\nstudent,true,esc10,student,x,\n";
    let files: Given<'_> = &[ORGS, ("users.csv", users), KID];
    let plan = planned(&World::new().await, files, called("BR{0001}")).await;
    refused(&plan, "refused users.csv 2 institution_id", "there is no institution of this id");
}

#[tokio::test]
async fn several_files_of_users_are_refused_by_name() {
    let files = with(SET, &[("users.csv", ""), ("users_students.csv", text("users.csv"))]);
    let plan = planned(&World::new().await, &files, called("BR{0001}")).await;
    refused(&plan, "refused users_students.csv", "none of OneRoster's files");
}

#[tokio::test]
async fn an_end_of_a_line_in_a_cell_is_refused_in_its_row() {
    let classes = text("classes.csv").replace("Class 3a", "\"Class\n3a\"");
    let plan = planned(&World::new().await, &with(SET, &[("classes.csv", &classes)]), called("BR{0001}")).await;
    refused(&plan, "refused classes.csv 2 name", "characters that cannot be seen");
    let classes = text("classes.csv").replace("Music", "\"Mus\nic\"");
    let plan = planned(&World::new().await, &with(SET, &[("classes.csv", &classes)]), called("BR{0001}")).await;
    assert!(told(&plan).iter().all(|one| one.starts_with("refused classes.csv 3 name")), "{:#?}", told(&plan));
}

#[tokio::test]
async fn the_first_form_of_school_data_sync_is_refused_by_name() {
    let files: Given<'_> = &[
        ("School.csv", "SIS ID,Name\n10,Escola\n"),
        ("Student.csv", "SIS ID,School SIS ID,Username\nS1,10,kid\n"),
        ("Teacher.csv", "SIS ID,School SIS ID,Username\nT1,10,anna\n"),
        ("Section.csv", "SIS ID,School SIS ID,Section Name\nC1,10,3a\n"),
        ("StudentEnrollment.csv", "Section SIS ID,SIS ID\nC1,S1\n"),
        ("TeacherRoster.csv", "Section SIS ID,SIS ID\nC1,T1\n"),
    ];
    let plan = planned(&World::new().await, files, PlanOptions::default()).await;
    assert_eq!(plan.problems_in_all, 6);
    assert!(
        told(&plan).iter().all(|one| one.contains("first form of Microsoft's School Data Sync")),
        "{:#?}",
        told(&plan)
    );
}
