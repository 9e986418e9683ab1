//! What real exporters of OneRoster and its relatives deviate in, a test each: understood, or refused by name.

use super::oneroster::{SET, applied, called, planned, refused, rows, told, with};
use super::{Given, clean, counts, plan_bytes, without_passwords};
use crate::support::World;

/// One file of the set in another form.
async fn other(name: &str, text: &str) -> ocariot_users::app::rosters::records::PlanRecord {
    let world = World::new().await;
    planned(&world, &with(SET, &[(name, text)]), called("BR{0001}")).await
}

fn text(name: &str) -> &'static str {
    SET.iter().find(|(file, _)| *file == name).unwrap().1
}

/// OneRoster 1.2: roles have a file of their own.
const SET_12: Given<'static> = &[
    (
        "manifest.csv",
        "propertyName,value\r\noneroster.version,1.2\r\nfile.users,bulk\r\nfile.roles,bulk\r\nfile.orgs,bulk\r\n",
    ),
    (
        "orgs.csv",
        "sourcedId,status,dataLastModified,name,type,identifier,parentSourcedId\r\n10,active,1/05/2023,Escola,school,,\r\n",
    ),
    (
        "users.csv",
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,\
         sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,\
         prefferedMiddleName,prefferedFamilyName,primaryOrgSourcedId,pronouns\r\n\
         T1,active,1/05/2023,TRUE,anna,,A,B,,,,,,,,,,,,,,10,\r\n\
         S1,active,1/05/2023,TRUE,kid,,A,B,,K-1,,,,\"G1,G2\",,,,,,,,10,\r\n\
         G1,active,1/05/2023,TRUE,g1,,A,B,,,,,,,,,,,,,,10,\r\nG2,active,1/05/2023,TRUE,g2,,A,B,,,,,,S1,,,,,,,,10,\r\n",
    ),
    (
        "roles.csv",
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,\
         userProfileSourcedId\r\nR1,active,1/05/2023,T1,primary,teacher,1/05/2023,,10,\r\n\
         R2,active,1/05/2023,S1,primary,student,,,10,\r\nR3,active,1/05/2023,G1,primary,parent,,,10,\r\n\
         R4,active,1/05/2023,G2,primary,guardian,,,10,\r\nR5,active,1/05/2023,T1,secondary,siteAdministrator,,,10,\r\n",
    ),
    (
        "demographics.csv",
        "sourcedId,status,dateLastModified,birthDate,sex\r\nS1,active,1/05/2023,2015-05-05,female\r\n",
    ),
    ("userprofiles.csv", "a copy of roles.csv"),
];

#[tokio::test]
async fn moodles_fixtures_of_1_2_with_misspelt_headers_and_odd_stamps_are_understood() {
    let world = World::new().await;
    let plan = applied(&world, SET_12).await;
    assert_eq!(plan.format, "OneRoster 1.2");
    assert_eq!((counts(&plan, "educators").create, counts(&plan, "families").create), (1, 2));
    assert!(plan.left_out.contains(&"userprofiles.csv: nothing in it is registered here".to_owned()));
    assert!(planned(&world, SET_12, called("BR{0001}")).await.lines.is_empty());
}

#[tokio::test]
async fn a_date_that_can_be_read_in_two_ways_is_refused() {
    let plan = other("demographics.csv", &text("demographics.csv").replace("2015-05-05", "1/05/2015")).await;
    refused(&plan, "refused demographics.csv 2 birthdate", "write it as 2015-12-31");
    let plan =
        other("enrollments.csv", &text("enrollments.csv").replace("S1,student,false,,", "S1,student,false,,1/05/2023"))
            .await;
    refused(&plan, "refused enrollments.csv 3 enddate", "write it as 2026-12-31");
    for written in ["20150505", "2015-05-05T00:00:00.000Z", "2015-05-05 00:00:00"] {
        clean(&other("demographics.csv", &text("demographics.csv").replace("2015-05-05", written)).await);
    }
}

#[tokio::test]
async fn other_orders_other_names_and_columns_of_ones_own_as_in_oats_sample_are_understood() {
    let users = "role,agents,sourcedId,username,metadata.house,ext_bus,orgSourcedIds,grade,userId,enabledUser,dateLastModified\n\
                 student,,S1,x,red,7,10,3,99,true,2019-01-01 00:00:00\nteacher,,T1,anna,,,10,,98,1,\n\
                 parent,S1,G1,g1,,,10,,97,1,\n";
    let demographics = "birthdate,sex,userId\n2015-05-05 00:00:00,female,S1\n";
    let world = World::new().await;
    let files: Given<'_> = &[SET[1], ("users.csv", users), ("demographics.csv", demographics)];
    let plan = applied(&world, files).await;
    assert_eq!((counts(&plan, "children").create, counts(&plan, "families").create), (1, 1));
    let ignored = &plan.files.iter().find(|file| file.sheet == "users").unwrap().ignored;
    assert!(ignored.contains(&"metadata.house".to_owned()) && ignored.contains(&"ext_bus".to_owned()));
}

#[tokio::test]
async fn powerschools_null_repeated_schools_and_agents_in_both_directions_are_understood() {
    let users = text("users.csv")
        .replace(
            "G1,,,true,10,parent,guardian1,,Paula,Souza,,,,,,,,",
            "G1,null,null,true,\"10,10\",parent,p@x.org,,P,S,M,,,,,S1,IT,",
        )
        .replace("S2,,,true,", "S2,NULL,,true,");
    let world = World::new().await;
    let plan = applied(&world, &with(SET, &[("users.csv", &users)])).await;
    assert!(plan.left_out.iter().all(|what| !what.contains("second schools")), "{:?}", plan.left_out);
    let families = rows(&world, "families").await;
    assert!(families[0].starts_with("G1,p@x.org,") && families[0].split('|').count() == 1, "{families:?}");
    // Who is neither a girl nor a boy there cannot be registered here, and is named.
    let demographics = text("demographics.csv").replace(",male", ",null");
    let plan =
        planned(&World::new().await, &with(SET, &[("demographics.csv", &demographics)]), called("BR{0001}")).await;
    assert!(told(&plan)[0].contains("users.csv 5 : a new child needs gender"), "{:#?}", told(&plan));
    let demographics = text("demographics.csv").replace(",male", ",boy");
    let plan =
        planned(&World::new().await, &with(SET, &[("demographics.csv", &demographics)]), called("BR{0001}")).await;
    assert!(told(&plan)[0].starts_with("refused demographics.csv 3 sex"), "{:#?}", told(&plan));
}

#[tokio::test]
async fn an_id_spelt_source_id_is_one_and_ids_of_any_look_are_kept_as_they_are() {
    let users =
        text("users.csv").replace("sourcedId,", "sourceID,").replace("T1,", "_TCH_0042,").replace("T2,", "t2@x.org,");
    let enrollments = text("enrollments.csv").replace("T1,", "_TCH_0042,").replace("T2,", "t2@x.org,");
    let world = World::new().await;
    applied(&world, &with(SET, &[("users.csv", &users), ("enrollments.csv", &enrollments)])).await;
    let educators = rows(&world, "educators").await;
    assert!(educators[0].starts_with("_TCH_0042,anna") && educators[1].starts_with("t2@x.org,bruno"), "{educators:?}");
    // In another case it is another id: nobody is guessed.
    let plan = other("enrollments.csv", &text("enrollments.csv").replace("10,T2,", "10,t2,")).await;
    refused(&plan, "refused enrollments.csv 6 usersourcedid", "nobody of this id");
}

#[tokio::test]
async fn files_without_headers_without_columns_or_with_unknown_ones_are_refused_by_name() {
    let rows = |name: &str| text(name).split_once('\n').unwrap().1.to_owned();
    refused(
        &other("users.csv", &rows("users.csv")).await,
        "refused users.csv",
        "its first row holds none of the headers",
    );
    let plan = other("enrollments.csv", &text("enrollments.csv").replace("userSourcedId", "pupil")).await;
    assert!(told(&plan).iter().any(|one| one.contains("no column usersourcedid")), "{:#?}", told(&plan));
    assert!(told(&plan).iter().any(|one| one.contains("\"pupil\", is no header of enrollments")), "{:#?}", told(&plan));
    let plan = other("users.csv", &text("users.csv").replace("givenName", "Vorname")).await;
    refused(
        &plan,
        "refused users.csv",
        "\"Vorname\", is no header of users: see how it is spelt, or leave it out with --ignore",
    );
    let plan = other("users.csv", &text("users.csv").replace("givenName", "SourcedID")).await;
    refused(&plan, "refused users.csv", "columns 1 and 9 are both sourcedid");
    let plan = other("users.csv", &text("users.csv").replace("S2,,,true,10,student", "S2,,,true,student")).await;
    assert!(
        told(&plan)[0].contains("users.csv 5 : the row has 17 cells, and the headers are 18"),
        "{:#?}",
        told(&plan)
    );
}

#[tokio::test]
async fn words_that_are_none_of_the_standards_are_errors() {
    for (name, from, to, place, words) in [
        ("users.csv", "10,aide", "10,janitor", "refused users.csv 3 role", "no role of the standard"),
        ("users.csv", "T2,,,true", "T2,,,maybe", "refused users.csv 3 enableduser", "true or false"),
        ("users.csv", "T2,,,true", "T2,paused,,true", "refused users.csv 3 status", "active or tobedeleted"),
        (
            "enrollments.csv",
            "T1,teacher,true,,\nE2",
            "T1,owner,true,,\nE2",
            "refused enrollments.csv 2 role",
            "no role in a class",
        ),
        (
            "manifest.csv",
            "oneroster.version,1.1",
            "oneroster.version,2.0",
            "refused manifest.csv 3 value",
            "no version",
        ),
        (
            "manifest.csv",
            "file.users,bulk",
            "file.users,all",
            "refused manifest.csv 5 value",
            "none of bulk, delta and absent",
        ),
        ("manifest.csv", "file.users,bulk", "file.users,absent", "refused manifest.csv 5 value", "it is there"),
        ("manifest.csv", "file.courses,absent", "file.roles,bulk", "refused manifest.csv 9 value", "it is not there"),
        ("manifest.csv", "file.demographics,bulk", "file.demographics,delta", "refused manifest.csv", "some of users"),
        ("users.csv", "T2,,", "T;2,,", "refused users.csv 3 sourcedid", "this id is empty, very long, or holds"),
    ] {
        let given = text(name).replacen(from, to, 1);
        assert_ne!(given, text(name), "{from}");
        let plan = other(name, &given).await;
        assert!(told(&plan)[0].starts_with(place) && told(&plan)[0].contains(words), "{place}: {:#?}", told(&plan));
    }
    // Written otherwise, they are the same words.
    for (from, to) in [("10,aide", "10,Aide"), ("T2,,,true", "T2,ACTIVE,,TRUE"), ("student,joao", "Student,joao")] {
        clean(&other("users.csv", &text("users.csv").replace(from, to)).await);
    }
}

#[tokio::test]
async fn the_same_id_twice_and_an_id_of_nobody_are_refused() {
    let twice = text("users.csv").to_owned() + "S1,,,true,20,student,other,,A,B,,K-9,,,,,03,\n";
    refused(&other("users.csv", &twice).await, "conflict users.csv 10 sourcedid", "row 4 of users.csv has the same id");
    let twice = text("demographics.csv").to_owned() + "S1,,,2015-05-05,male\n";
    refused(&other("demographics.csv", &twice).await, "conflict demographics.csv 5 sourcedid", "row 2");
    let twice = text("classes.csv").to_owned() + "C1,,,Other,03,,,scheduled,,10,,,,\n";
    refused(&other("classes.csv", &twice).await, "conflict classes.csv 5 sourcedid", "row 2 of classes.csv");
    let agents = text("users.csv").replace("\"S3, S2\"", "\"S3,S99\"");
    refused(&other("users.csv", &agents).await, "refused users.csv 8 agentsourcedids", "--ignore agentsourcedids");
    let schools = text("users.csv").replace("S3,,,true,20", "S3,,,true,30");
    let plan = other("users.csv", &schools).await;
    assert!(told(&plan)[0].contains("there is no institution of this id"), "{:#?}", told(&plan));
    let classes = text("enrollments.csv").replace("E6,,,C2", "E6,,,C9");
    assert!(told(&other("enrollments.csv", &classes).await)[0].contains("1 classes that are not in"));
}

#[tokio::test]
async fn one_who_teaches_two_classes_of_one_title_has_two_groups() {
    let classes = text("classes.csv").replace("Music", "Class 3a");
    let world = World::new().await;
    applied(&world, &with(SET, &[("classes.csv", &classes)])).await;
    let names: Vec<_> =
        rows(&world, "groups").await.iter().map(|row| row.split(',').nth(2).unwrap().to_owned()).collect();
    assert_eq!(names, ["Class 3a (C1)", "Class 3a (C2)", "Class 3a"]);
}

#[tokio::test]
async fn who_is_in_two_schools_or_has_left_a_class_is_counted() {
    let users = text("users.csv").replace("T2,,,true,10,", "T2,,,true,\"20,10\",");
    let enrollments = text("enrollments.csv").replace("S1,student,false,,", "S1,student,false,,2020-01-01");
    let world = World::new().await;
    let plan = applied(&world, &with(SET, &[("users.csv", &users), ("enrollments.csv", &enrollments)])).await;
    assert!(plan.left_out.iter().any(|what| what.starts_with("1 second schools")), "{:?}", plan.left_out);
    assert!(plan.left_out.iter().any(|what| what == "1 enrollments that have ended"), "{:?}", plan.left_out);
    let groups = rows(&world, "groups").await;
    assert_eq!(groups[0].split('|').count(), 2, "C1|T1 and one child: {groups:?}");
}

#[tokio::test]
async fn a_user_who_is_not_enabled_is_not_made() {
    let users = text("users.csv").replace("S3,,,true", "S3,,,FALSE");
    let world = World::new().await;
    let plan = applied(&world, &with(SET, &[("users.csv", &users)])).await;
    assert_eq!(counts(&plan, "children").create, 2);
    assert!(plan.left_out.iter().any(|what| what.starts_with("1 users who are to be deleted")), "{:?}", plan.left_out);
    assert!(rows(&world, "families").await[1].split('|').count() == 1, "S2 alone");
}

#[tokio::test]
async fn what_microsoft_sds_2_1_has_is_understood() {
    let files: Given<'_> = &[
        ("orgs.csv", "sourcedId,name,type,parentSourcedId\n10,Escola,school,\n"),
        (
            "users.csv",
            "sourcedId,username,givenName,familyName,password,activeDirectoryMatchId,email,phone,sms\n\
             T1,anna@x.org,A,B,pw,,,,\nS1,kid@x.org,A,B,pw,,,,\nG1,mum@x.org,A,B,pw,,,,\n",
        ),
        (
            "roles.csv",
            "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,roleEndDate\n\
             T1,10,teacher,,,true,,\nS1,10,student,,03,TRUE,,\nG1,10,guardian,,,,,\n",
        ),
        ("classes.csv", "sourcedId,orgSourcedId,title,code,sessionSourcedIds,courseSourcedId\nC1,10,Class,3a,,\n"),
        ("enrollments.csv", "classSourcedId,userSourcedId,role\nC1,T1,teacher\nC1,S1,student\n"),
        ("academicSessions.csv", "sourcedId,title,type,schoolYear,startDate,endDate\n"),
        (
            "demographics.csv",
            "userSourcedId,sex,birthDate,birthCity,birthState,birthCountry,ethnicityCodes\nS1,female,20150505,,,,\n",
        ),
        ("relationships.csv", "userSourcedId,relationshipUserSourcedId,relationshipRole\nS1,G1,guardian\n"),
        ("userFlags.csv", "userSourcedId,flag\n"),
    ];
    let world = World::new().await;
    let plan = applied(&world, files).await;
    assert_eq!(plan.format, "Microsoft SDS 2.1");
    let made: Vec<_> = plan.counts.iter().map(|counts| counts.create).collect();
    assert_eq!(made, [1, 1, 1, 1, 1], "{:?}", plan.counts);
    assert!(planned(&world, files, called("BR{0001}")).await.lines.is_empty());
}

#[tokio::test]
async fn a_zip_of_the_folder_and_files_in_any_case_are_the_same_set() {
    let world = World::new().await;
    let entries: Vec<_> =
        SET.iter().map(|(name, text)| (format!("export/{}", name.to_uppercase()), text.as_bytes())).collect();
    let entries: Vec<_> = entries.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let zip = super::files::zipped(&entries);
    let plan = plan_bytes(&world, &[("oneroster.zip", &zip)], called("BR{0001}")).await;
    clean(&plan);
    assert_eq!((plan.format.as_str(), counts(&plan, "children").create), ("OneRoster 1.1", 3));
}

#[tokio::test]
async fn a_set_that_is_not_whole_or_holds_something_else_is_refused_by_name() {
    let world = World::new().await;
    let manifest = ("manifest.csv", "");
    let plan = |others: Given<'static>| {
        let files = with(SET, &[&[manifest], others].concat());
        let world = &world;
        async move { planned(world, &files, called("BR{0001}")).await }
    };
    refused(&plan(&[("orgs.csv", "")]).await, "refused users.csv", "orgs.csv is missing");
    refused(&plan(&[("classes.csv", "")]).await, "refused enrollments.csv", "classes.csv is missing");
    refused(&plan(&[("children.csv", "username\n")]).await, "refused children.csv", "none of OneRoster's files");
    refused(&plan(&[("staff.csv", "a,b\n")]).await, "refused staff.csv", "none of OneRoster's files");
    refused(&plan(&[("users.csv", "PK\u{3}\u{4}")]).await, "refused users.csv", "save it as CSV UTF-8");
    let alone =
        plan_bytes(&world, &[("enrollments.csv", text("enrollments.csv").as_bytes())], without_passwords()).await;
    assert!(told(&alone).iter().any(|one| one.contains("users.csv is missing")), "{:#?}", told(&alone));
}

#[tokio::test]
async fn what_the_other_program_knows_somebody_by_goes_before_names() {
    let world = World::new().await;
    applied(&world, SET).await;
    // A log-in that becomes free and is given to somebody else at once: each stays who he is.
    let users = text("users.csv").replace(",anna,", ",anna2,").replace(",bruno,", ",anna,");
    let plan = planned(&world, &with(SET, &[("users.csv", &users)]), called("BR{0001}")).await;
    refused(&plan, "conflict users.csv 3 username", "that of another one");
    // A child whose id is another's name, and a group's.
    let users = text("users.csv").replace("S3,", "BR0001,").replace("\"S3, S2\"", "\"BR0001, S2\"");
    let demographics = text("demographics.csv").replace("S3,", "BR0001,");
    let other = World::new().await;
    applied(&other, &with(SET, &[("users.csv", &users), ("demographics.csv", &demographics)])).await;
    let family = other.admin().await.get("/v1/families?username=guardian2").await.body;
    assert_eq!(family[0]["children"][0]["username"], "BR0003");
}
