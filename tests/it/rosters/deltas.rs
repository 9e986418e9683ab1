//! OneRoster's deltas: what changed since, on top of what there is.

use super::oneroster::{SET, applied, called, planned, refused, rows, told};
use super::{Given, clean, counts};
use crate::support::World;

async fn school() -> World {
    let world = World::new().await;
    applied(&world, SET).await;
    world
}

const MANIFEST: (&str, &str) = (
    "manifest.csv",
    "propertyName,value\noneroster.version,1.1\nfile.users,delta\nfile.enrollments,delta\nfile.orgs,absent\n",
);
const USERS: &str = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,agentSourcedIds\n";
const ENROLLMENTS: &str = "sourcedId,status,dateLastModified,classSourcedId,userSourcedId,role\n";

#[tokio::test]
async fn what_a_delta_does_not_name_stays() {
    let world = school().await;
    let before = [rows(&world, "children").await, rows(&world, "groups").await];
    let users = format!("{USERS}T1,active,2026-09-01T00:00:00Z,true,10,teacher,anna.silva,\n");
    let files: Given<'_> = &[MANIFEST, ("users.csv", &users), ("enrollments.csv", ENROLLMENTS)];
    let plan = applied(&world, files).await;
    assert_eq!(counts(&plan, "educators").change, 1);
    assert_eq!([rows(&world, "children").await, rows(&world, "groups").await], before);
    assert!(rows(&world, "educators").await[0].starts_with("T1,anna.silva,"));
}

#[tokio::test]
async fn who_comes_to_a_class_and_who_leaves_it_are_added_and_taken_out() {
    let world = school().await;
    let enrollments = format!(
        "{ENROLLMENTS}E2,tobedeleted,2026-09-01T00:00:00Z,C1,S1,student\nE9,active,2026-09-01T00:00:00Z,C1,S3,student\n\
         E10,active,2026-09-01T00:00:00Z,C1,T2,teacher\n"
    );
    let files: Given<'_> = &[MANIFEST, ("users.csv", USERS), ("enrollments.csv", &enrollments)];
    let plan = applied(&world, files).await;
    assert_eq!((counts(&plan, "groups").change, counts(&plan, "groups").create), (1, 1));
    let files = super::export(&world).await;
    let ids = |name: &str| {
        let children = &files.iter().find(|(file, _)| file == "children.csv").unwrap().1;
        children.lines().find(|row| row.contains(name)).unwrap().split(',').next().unwrap().to_owned()
    };
    let groups = rows(&world, "groups").await;
    let expected = format!("{}|{}", ids(",S2,"), ids(",S3,"));
    for (row, source) in groups.iter().zip(["C1|T1", "C1|T2"]) {
        assert!(
            row.starts_with(source) && row.contains(",Class 3a,3a,") && row.ends_with(&expected),
            "{row} {expected}"
        );
    }
    assert_eq!(groups.len(), 4);
}

#[tokio::test]
async fn a_delta_of_1_2_knows_the_roles_that_were_and_adds_kin() {
    let world = school().await;
    let manifest = "propertyName,value\noneroster.version,1.2\nfile.users,delta\nfile.demographics,delta\n";
    let users = "sourcedId,status,dateLastModified,enabledUser,username,agentSourcedIds\n\
                 T2,active,,true,bruno.costa,\nG1,active,,true,guardian1,S2\n";
    let demographics = "sourcedId,status,dateLastModified,birthDate,sex\nS3,active,,2020-07-08,female\n";
    let files: Given<'_> = &[("manifest.csv", manifest), ("users.csv", users), ("demographics.csv", demographics)];
    let plan = applied(&world, files).await;
    assert_eq!(plan.format, "OneRoster 1.2");
    assert_eq!(
        (counts(&plan, "educators").change, counts(&plan, "families").change, counts(&plan, "children").change),
        (1, 1, 1)
    );
    let family = world.admin().await.get("/v1/families?username=guardian1").await.body;
    let names: Vec<_> = family[0]["children"].as_array().unwrap().iter().map(|one| one["username"].clone()).collect();
    assert_eq!(names, ["BR0001", "BR0002"]);
    assert!(planned(&world, files, called("BR{0001}")).await.lines.is_empty());
}

#[tokio::test]
async fn a_delta_that_names_what_is_not_here_is_refused() {
    let world = school().await;
    let enrollments = format!("{ENROLLMENTS}E2,active,,C9,S1,student\n");
    let files: Given<'_> = &[MANIFEST, ("users.csv", USERS), ("enrollments.csv", &enrollments)];
    let plan = planned(&world, files, called("BR{0001}")).await;
    refused(&plan, "refused enrollments.csv", "1 classes that are not in");
    let enrollments = format!("{ENROLLMENTS}E2,active,,C1,S9,student\n");
    let files: Given<'_> = &[MANIFEST, ("users.csv", USERS), ("enrollments.csv", &enrollments)];
    let plan = planned(&world, files, called("BR{0001}")).await;
    assert!(told(&plan)[0].contains("there is no child of this id"), "{:#?}", told(&plan));
    let users = format!("{USERS}G1,active,,true,10,parent,guardian1,S9\n");
    let files: Given<'_> = &[MANIFEST, ("users.csv", &users), ("enrollments.csv", ENROLLMENTS)];
    refused(
        &planned(&world, files, called("BR{0001}")).await,
        "refused users.csv 2",
        "neither here nor in these files",
    );
    let files: Given<'_> = &[MANIFEST, ("users.csv", USERS), ("enrollments.csv", ENROLLMENTS)];
    clean(&planned(&world, files, called("BR{0001}")).await);
}
