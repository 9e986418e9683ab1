//! Clever's five files.

use super::oneroster::{applied, called, planned, refused, rows, told, with};
use super::{Given, clean, counts};
use crate::support::World;

const FIVE: Given<'static> = &[
    ("schools.csv", "School_id,School_name,School_number,State_id\n10,Escola Primavera,1,\n"),
    (
        "students.csv",
        "School_id,Student_id,Student_number,State_id,Last_name,Middle_name,First_name,Grade,Gender,DOB,Contact_name,\
         Contact_sis_id,Student_email,ext.bus\n\
         10,S1,77,,Souza,,Maria,3,F,5/15/2015,Paula,G1,m@x.org,7\n10,S1,77,,Souza,,Maria,3,F,5/15/2015,Rui,G2,m@x.org,7\n\
         10,S2,78,,Lima,,Joao,3,M,06/06/2015,,,,\n",
    ),
    (
        "teachers.csv",
        "School_id,Teacher_id,Teacher_number,Teacher_email,First_name,Last_name,Username,Password\n\
         10,T1,,a@x.org,Anna,Silva,anna,pw\n10,T2,,b@x.org,Bruno,Costa,bruno,pw\n",
    ),
    (
        "sections.csv",
        "School_id,Section_id,Teacher_id,Teacher_2_id,Name,Section_number,Grade,Course_name,Term_start\n\
         10,C1,T1,T2,Class 3a,3a,3,,\n10,C2,T1,,,M1,3,Music,\n",
    ),
    ("enrollments.csv", "School_id,Section_id,Student_id\n10,C1,S1\n10,C1,S2\n10,C2,S2\n"),
];

#[tokio::test]
async fn the_five_files_become_a_school() {
    let world = World::new().await;
    let plan = applied(&world, FIVE).await;
    assert_eq!(plan.format, "Clever");
    assert_eq!((counts(&plan, "children").create, counts(&plan, "educators").create), (2, 2));
    let children = rows(&world, "children").await;
    assert!(children[0].starts_with("S1,BR0001,") && children[0].contains("female,2015-05-15"), "{children:?}");
    let groups = rows(&world, "groups").await;
    let names: Vec<_> = groups.iter().map(|row| row.split(',').nth(2).unwrap()).collect();
    assert_eq!(names, ["Class 3a", "Class 3a", "Music"]);
    assert!(planned(&world, FIVE, called("BR{0001}")).await.lines.is_empty());
    clean(&planned(&World::new().await, FIVE, called("Student_number")).await);
}

#[tokio::test]
async fn four_files_strangers_and_contradictions_are_refused() {
    let world = World::new().await;
    for (name, text, place, words) in [
        ("schools.csv", "", "refused ", "schools.csv is missing"),
        ("users.csv", "sourcedId\n", "refused users.csv", "none of Clever's five files"),
        (
            "enrollments.csv",
            "School_id,Section_id,Student_id\n10,C1,S9\n",
            "refused enrollments.csv 2 studentid",
            "nobody",
        ),
        (
            "students.csv",
            "School_id,Student_id,Gender,DOB\n10,S1,F,5/15/2015\n10,S1,M,5/15/2015\n10,S2,M,5/15/2015\n",
            "conflict students.csv 3 studentid",
            "row 2 has the same id",
        ),
        (
            "students.csv",
            "School_id,Student_id,Gender,DOB\n10,S1,F,15/5/2015\n10,S2,M,5/15/2015\n",
            "refused students.csv 2 dob",
            "write it as 2015-12-31",
        ),
    ] {
        let plan = planned(&world, &with(FIVE, &[(name, text)]), called("BR{0001}")).await;
        refused(&plan, place, words);
    }
    let text = FIVE[1].1.replace("Gender", "Geschlecht");
    let plan = planned(&world, &with(FIVE, &[("students.csv", &text)]), called("BR{0001}")).await;
    assert!(told(&plan)[0].contains("\"Geschlecht\", is no header of students"), "{:#?}", told(&plan));
}
