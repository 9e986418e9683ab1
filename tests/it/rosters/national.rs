//! What national and neighbouring programs write has no form that is read: it is refused by name, nobody is made of it,
//! and its rows come in as sheets of ours.

use ocariot_users::app::rosters::records::{PlanOptions, PlanRecord};

use super::{SCHOOL, apply, apply_plan, clean, counts, export, plan, plan_bytes, without_passwords};
use crate::support::World;

async fn school() -> World {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    world
}

/// That nobody is made of files, nothing in them is told, and why.
#[track_caller]
fn made_nothing(plan: &PlanRecord, words: &str, secret: &str) {
    assert!(plan.problems.iter().any(|problem| problem.message.contains(words)), "{words}: {:#?}", plan.problems);
    assert!(plan.lines.is_empty() && plan.counts.iter().all(|counts| counts.create == 0));
    assert!(!serde_json::to_string(plan).unwrap().contains(secret));
}

/// The list of pupils of Séneca, in Andalusia: with its typing mistake, and with a pupil in two rows.
fn reg_alum(between: &str) -> Vec<u8> {
    let rows = [
        ["Alumno/a", "Estado Matrícula", "Nº Id. Escolar", "Fecha de nacimiento", "Unidad", "Nombre Primer turor"],
        ["Ruiz Gómez, Ana", "", "1234567", "05/05/2015", "1º A", "Luis"],
        ["Ruiz Gómez, Ana", "", "1234567", "05/05/2015", "1º B", "Luis"],
        ["Peña Gil, José", "Anulada", "1234568", "04/02/2015", "1º A", "Eva"],
    ];
    let row = |row: &[&str; 6]| row.map(|cell| format!("\"{cell}\"")).join(between) + "\r\n";
    encoding_rs::WINDOWS_1252.encode(&rows.iter().map(row).collect::<String>()).0.into_owned()
}

#[tokio::test]
async fn senecas_list_of_pupils_is_refused_by_name_and_makes_nobody() {
    let world = school().await;
    for between in [";", ","] {
        for (name, words) in [
            ("RegAlum.csv", "its name says no sheet"),
            ("RegAlum.txt", "its name says no sheet"),
            ("children.csv", "its first row holds no header that is known"),
        ] {
            let plan = plan_bytes(&world, &[(name, &reg_alum(between))], without_passwords()).await;
            made_nothing(&plan, words, "Ruiz");
        }
    }
}

#[tokio::test]
async fn senecas_pupils_come_in_by_their_number_once_their_columns_have_our_names() {
    let world = school().await;
    let sheet = |rows: &str| {
        let text = format!("sourced_id;username;age;gender;institution;Unidad\r\n{rows}");
        encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
    };
    let options = || PlanOptions { ignore: vec!["Unidad".to_owned()], ..without_passwords() };
    let row = |number: &str, born: &str, class: &str| format!("{number};A{number};{born};female;Posto;{class}\r\n");
    let one = row("1234567", "2015-05-05", "1º A");
    let twice = one.clone() + &row("1234567", "2015-05-05", "1º B");
    let plan = plan_bytes(&world, &[("children.csv", &sheet(&twice))], options()).await;
    assert!(plan.problems[0].message.starts_with("row 2 of children.csv says the same"), "{:#?}", plan.problems);
    let other = row("1234567", "05/05/2015", "1º A");
    let plan = plan_bytes(&world, &[("children.csv", &sheet(&other))], options()).await;
    assert!(plan.problems[0].message.contains("write dates as 2015-12-31"), "{:#?}", plan.problems);
    let plan = plan_bytes(&world, &[("children.csv", &sheet(&one))], options()).await;
    assert_eq!((plan.files[0].encoding.as_str(), plan.files[0].separator.as_str()), ("windows-1252", "semicolon"));
    apply_plan(&world, &plan).await;
    let groups = "owner;name;school_class;children\r\njosé;1º A;1º A;1234567\r\n";
    let groups = encoding_rs::WINDOWS_1252.encode(groups).0.into_owned();
    apply_plan(&world, &plan_bytes(&world, &[("groups.csv", &groups)], without_passwords()).await).await;
    let (_, text) = export(&world).await.into_iter().find(|(name, _)| name == "groups.csv").unwrap();
    assert!(text.contains(",1º A,1º A,"), "{text}");
}

#[tokio::test]
async fn brazils_census_is_refused_and_ids_keep_their_leading_zeros() {
    let world = school().await;
    let census = "00|31000000|1|01/02/2025\n20|31000000|Turma A|123\n60|31000000|0001|Maria Souza|123\n99|\n";
    for (name, words) in
        [("educacenso.txt", "its name says no sheet"), ("children.txt", "its first row holds no header that is known")]
    {
        made_nothing(&plan(&world, &[(name, census)]).await, words, "Souza");
    }
    let state = "Matrícula;Aluno(a);CPF;Data Nascimento;Responsável;Turma\n0012;Maria Souza;000;05/05/2015;Ana;3A\n";
    let found = plan(&world, &[("children.csv", state)]).await;
    made_nothing(&found, "its first row holds no header that is known", "Souza");
    let ours = "sourced_id;username;institution;gender;age\n000012;000012;Posto;female;9\n12;12;Posto;male;9\n";
    assert_eq!(apply(&world, &[("children.csv", ours)]).await.created, 2);
    assert_eq!(counts(&plan(&world, &[("children.csv", ours)]).await, "children").unchanged, 2);
}

#[tokio::test]
async fn kolibris_list_of_users_is_refused_column_by_column_and_a_star_is_nobodys_password() {
    let world = school().await;
    let list = "UUID,USERNAME,PASSWORD,FULL_NAME,USER_TYPE,IDENTIFIER,BIRTH_YEAR,GENDER,ENROLLED_IN,ASSIGNED_TO\n\
                ,BR0001,*,Maria Souza,LEARNER,7,2015,FEMALE,3a,\n";
    let found = plan(&world, &[("children.csv", list)]).await;
    made_nothing(&found, "column 4, \"FULL_NAME\", is none of", "Souza");
    assert_eq!(found.problems_in_all, 7, "{:#?}", found.problems);
    let rest = ["UUID", "FULL_NAME", "USER_TYPE", "IDENTIFIER", "BIRTH_YEAR", "ENROLLED_IN", "ASSIGNED_TO"];
    let options = PlanOptions { ignore: rest.map(str::to_owned).into(), ..PlanOptions::default() };
    let found = plan_bytes(&world, &[("children.csv", list.as_bytes())], options).await;
    clean(&found);
    assert!(found.lines.is_empty(), "the password of somebody who is there stays: {:#?}", found.lines);
    let new = "username,password,gender,age,institution\nK1,*,FEMALE,9,Posto\n";
    let found = plan(&world, &[("children.csv", new)]).await;
    made_nothing(&found, "* says that a password stays as it is", "K1");
    assert_eq!(found.problems[0].column.as_deref(), Some("password"));
}

#[tokio::test]
async fn a_child_that_a_cell_lists_twice_is_in_the_class_once() {
    let world = school().await;
    let text = "owner,name,children\njosé,Class 4a,BR0001|BR0002|BR0001\njosé,Class 4c,\"0003, 0003;0003\"\n";
    let found = plan(&world, &[("groups.csv", text)]).await;
    clean(&found);
    assert_eq!((counts(&found, "groups").unchanged, counts(&found, "groups").create), (1, 1));
    apply_plan(&world, &found).await;
    let groups = world.admin().await.get("/v1/educators?username=jos%C3%A9").await.body[0]["children_groups"].clone();
    let made = groups.as_array().unwrap().iter().find(|group| group["name"] == "Class 4c").unwrap();
    assert_eq!(made["children"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn blanks_inside_an_id_are_told_and_capitals_are_the_same_id() {
    let world = school().await;
    let id = world.admin().await.get("/v1/children?username=BR0001").await.body[0]["id"].as_str().unwrap().to_owned();
    let (first, rest) = id.split_at(6);
    for given in [format!("{first} {rest}"), format!("{first}\u{a0}{rest}")] {
        let found = plan(&world, &[("children.csv", &format!("id,age\n{given},12\n"))]).await;
        assert_eq!((found.problems_in_all, found.problems[0].column.as_deref()), (1, Some("id")));
        assert!(found.problems[0].message.contains("no child of this id"), "{:#?}", found.problems);
    }
    let found = plan(&world, &[("children.csv", &format!("id,age\n {} ,12\n", id.to_uppercase()))]).await;
    clean(&found);
    assert_eq!(counts(&found, "children").change, 1);
}

#[tokio::test]
async fn as_many_problems_are_counted_as_there_are() {
    let world = school().await;
    let wrong = |n: usize| if n.is_multiple_of(5) { "x" } else { "male" };
    let mut text = "username,institution,gender,age\n".to_owned();
    (0..1_500).for_each(|n| text += &format!("MANY{n:05},Posto,{},9\n", wrong(n)));
    let found = plan(&world, &[("children.csv", &text)]).await;
    assert_eq!((found.problems_in_all, found.problems.len(), counts(&found, "children").create), (300, 200, 1_200));
}

#[tokio::test]
async fn odd_things_that_are_there_block_nobody_who_is_new() {
    let world = school().await;
    let admin = world.admin().await;
    for name in ["=1+1", " Cafe\u{301} ", "Posto;Verde", "a|b"] {
        admin.post("/v1/institutions", serde_json::json!({"name": name, "type": "School"})).await.is(201);
    }
    let text = "username,institution,gender,age\nNEW1,Posto,male,9\nNEW2,=1+1,male,9\n";
    let found = plan(&world, &[("children.csv", text)]).await;
    clean(&found);
    assert_eq!(counts(&found, "children").create, 2);
}
