//! What files of real programs look like, and what nobody should have to import: understood, or refused by name.

use std::io::{Cursor, Write};

use ocariot_users::app::rosters::records::{PlanOptions, PlanRecord};
use ocariot_users::app::rosters::template;
use ocariot_users::model::rosters::Sheet;
use zip::write::SimpleFileOptions;

use super::{SCHOOL, apply, clean, counts, plan, plan_bytes, without_passwords};
use crate::support::World;

async fn school() -> World {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    world
}

/// The children whom a file makes, and how it was taken.
#[track_caller]
fn made(plan: &PlanRecord) -> (Vec<&str>, &str, &str) {
    clean(plan);
    let names = plan.lines.iter().filter(|line| line.deed == "create").map(|line| line.name.as_str()).collect();
    (names, &plan.files[0].encoding, &plan.files[0].separator)
}

async fn children(world: &World, bytes: &[u8], options: PlanOptions) -> PlanRecord {
    plan_bytes(world, &[("children.csv", bytes)], options).await
}

/// The only problem.
async fn refused(world: &World, name: &str, bytes: &[u8], words: &str) {
    let found = plan_bytes(world, &[(name, bytes)], without_passwords()).await;
    assert_eq!(found.problems_in_all, 1, "{name}: {:#?}", found.problems);
    assert!(found.problems[0].message.contains(words), "{words} in {}", found.problems[0].message);
    assert!(found.lines.is_empty() && found.counts.iter().all(|counts| counts.create == 0));
}

#[tokio::test]
async fn letters_are_read_as_they_were_written_and_the_plan_says_how() {
    let world = school().await;
    let text = "username;institution;gender;age\r\nStéphane;Posto;male;9\r\n";
    let latin = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let wide = |bytes: fn(u16) -> [u8; 2], mark: [u8; 2]| {
        mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect::<Vec<u8>>()
    };
    for (bytes, encoding) in [
        (text.as_bytes().to_vec(), "UTF-8"),
        (marked, "UTF-8"),
        (latin, "windows-1252"),
        (wide(u16::to_le_bytes, [0xff, 0xfe]), "UTF-16LE"),
        (wide(u16::to_be_bytes, [0xfe, 0xff]), "UTF-16BE"),
    ] {
        let found = children(&world, &bytes, without_passwords()).await;
        assert_eq!(made(&found), (vec!["Stéphane"], encoding, "semicolon"));
    }
    let greek =
        encoding_rs::WINDOWS_1253.encode("username;institution;gender;age\nΝίκος;Posto;male;9\n").0.into_owned();
    let named = PlanOptions { encoding: Some("windows-1253".to_owned()), ..without_passwords() };
    assert_eq!(made(&children(&world, &greek, named).await), (vec!["Νίκος"], "windows-1253", "semicolon"));
    let turkish = PlanOptions { encoding: Some("windows-1253".to_owned()), ..without_passwords() };
    let broken = children(&world, b"username\n\xd2\xff\n", turkish).await;
    assert!(broken.problems[0].message.contains("no letters in windows-1253"), "{:?}", broken.problems);
    let unmarked: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(&world, "children.csv", &unmarked, "UTF-16 without the mark").await;
    refused(&world, "children.csv", b"\xff\xfeu", "no letters in UTF-16LE").await;
}

#[tokio::test]
async fn lines_of_every_system_blank_ones_and_a_hint_are_understood() {
    let world = school().await;
    for text in [
        "username,institution,gender,age\rA1,Posto,male,9\rA2,Posto,male,9\r",
        "username,institution,gender,age\r\nA1,Posto,male,9\r\nA2,Posto,male,9",
        "\n\nusername,institution,gender,age\n\nA1,Posto,male,9\n,,,\n \nA2,Posto,male,9\n,,,,,\n\n",
        "sep=,\nusername,institution,gender,age\nA1,Posto,male,9\nA2,Posto,male,9\n",
        "username,institution,gender,age,,\nA1,Posto,male,9,,\nA2,Posto,male,9,,\n",
        "USERNAME,Institution ID,GENDER,Age\n A1 , Posto ,MALE,9\n\u{a0}A2,Posto,male, 9\n",
        "age,\"gender\",institution,username\n9,male,Posto,A1\n9,\"male\",Posto,\"A2\"\n",
    ] {
        let found = plan(&world, &[("children.csv", text)]).await;
        assert_eq!(made(&found).0, ["A1", "A2"], "{text:?}");
    }
    let found = plan(&world, &[("Children.TSV", "username\tinstitution\tgender\tage\nA1\tPosto\tmale\t9\n")]).await;
    assert_eq!(made(&found), (vec!["A1"], "UTF-8", "tab"));
}

#[tokio::test]
async fn headers_that_are_not_known_make_nobody_of_anybody() {
    let world = school().await;
    refused(&world, "children.csv", b"Alumno/a;Unidad\nRuiz, Ana;1A\n", "no header that is known").await;
    refused(&world, "children.csv", b"", "no header that is known").await;
    refused(&world, "children.csv", b"username,Nombre\nA1,Ana\n", "column 2, \"Nombre\", is none of").await;
    refused(&world, "educators.csv", b"username,gender\nA1,male\n", "column 2, \"gender\", is none of").await;
    refused(&world, "children.csv", b"username,age,User Name\nA1,9,A2\n", "columns 1 and 3 are both username").await;
    let ignored = PlanOptions { ignore: vec!["nombre".to_owned()], ..without_passwords() };
    let text = "username,Nombre,institution,gender,age\nA1,Ana,Posto,female,9\n";
    let found = children(&world, text.as_bytes(), ignored).await;
    assert_eq!(made(&found).0, ["A1"]);
    assert_eq!(found.files[0].ignored, ["Nombre"]);
}

#[tokio::test]
async fn rows_that_do_not_fit_their_headers_are_named_as_a_spreadsheet_counts_them() {
    let world = school().await;
    let header = "username,institution,gender,age\n";
    for (rows, row, words) in [
        ("A1,Posto,male,9\nA2,Posto,male\n", 3, "the row has 3 cells, and the headers are 4"),
        ("\n\nA2,Posto,male,9,10\n", 4, "more cells than there are headers"),
        ("\"A\n1\",Posto,male,9\n", 2, "cannot be seen"),
        ("A1,Posto,male,9\n\"A\n\n2\",Posto,x,9\n\n", 3, "cannot be seen"),
    ] {
        let found = plan(&world, &[("children.csv", &format!("{header}{rows}"))]).await;
        let first = &found.problems[0];
        assert_eq!(first.row, Some(row), "{rows:?}: {first:?}");
        assert!(first.message.contains(words), "{first:?}");
    }
    let open = format!("{header}\"A1,Posto,male,9\n{}", "A2,Posto,male,9\n".repeat(10_000));
    let found = plan(&world, &[("children.csv", &open)]).await;
    assert!(
        found.problems[0].message.contains("headers are 4") || found.problems[0].message.contains("quotation mark")
    );
}

#[tokio::test]
async fn what_is_no_roster_is_refused_by_name() {
    let world = school().await;
    for (name, bytes, words) in [
        ("notes.md", b"hello".as_slice(), "says no sheet"),
        ("children.xlsx", b"PK\x03\x04...", "save it as CSV UTF-8"),
        ("children.csv", b"PK\x03\x04...", "save it as CSV UTF-8"),
        ("children.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "save it as CSV UTF-8"),
        ("users.csv", b"sourcedId,status\n", "orgs.csv is missing"),
        ("manifest.csv", b"propertyName,value\n", "users.csv is missing"),
        ("students.csv", b"School_id,Student_id\n", "of Clever's five files"),
        ("children.csv", b" [{\"_id\": 1}]", "says no collection"),
        ("dump.archive", b"\x6d\xe2\x99\x81", "cut off"),
        ("children.csv.gz", b"\x1f\x8b\x08", "gzip"),
        ("children.pdf", b"%PDF-1.7", "PDF"),
    ] {
        refused(&world, name, bytes, words).await;
    }
    let sheet = PlanOptions { sheet: Some("children".to_owned()), ..without_passwords() };
    let text = b"username,institution,gender,age\nA1,Posto,male,9\n";
    assert_eq!(made(&plan_bytes(&world, &[("pupils 4a.csv", text)], sheet).await).0, ["A1"]);
    let twice = plan_bytes(&world, &[("children.csv", text), ("children.txt", text)], without_passwords()).await;
    assert!(twice.problems[0].message.contains("the same sheet"), "{:?}", twice.problems);
}

pub(super) fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a_zip_is_read_whatever_folders_stand_in_it_and_bombs_do_not_go_off() {
    let world = school().await;
    let text = b"username,institution,gender,age\nA1,Posto,male,9\n".as_slice();
    for path in ["children.csv", "roster/2026/children.csv", "../../etc/children.csv", "C:\\roster\\children.csv"] {
        let entries = [(path, text), ("__MACOSX/._children.csv", b"x".as_slice()), (".DS_Store", b"x")];
        let found = plan_bytes(&world, &[("roster.zip", &zipped(&entries))], without_passwords()).await;
        assert_eq!(made(&found).0, ["A1"], "{path}");
    }
    let bomb = zipped(&[("children.csv", &vec![b' '; 80 << 20])]);
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    refused(&world, "roster.zip", &bomb, "more than 64 files or 64 MiB").await;
    let many: Vec<_> = (0..300).map(|n| format!("{n}.csv")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
    refused(&world, "roster.zip", &zipped(&many), "more than 64 files").await;
    refused(&world, "roster.zip", &zipped(&[("inner.zip", &zipped(&[("a", text)]))]), "another zip").await;
    refused(&world, "roster.zip", &zipped(&[("[Content_Types].xml", text)]), "save it as CSV UTF-8").await;
    let whole = zipped(&[("children.csv", text)]);
    refused(&world, "roster.zip", &whole[..whole.len() - 30], "cannot be read").await;
    let same = zipped(&[("a/children.csv", text), ("b/children.csv", text)]);
    let found = plan_bytes(&world, &[("roster.zip", &same)], without_passwords()).await;
    assert!(found.problems[0].message.contains("two files of this name"), "{:?}", found.problems);
}

#[tokio::test]
async fn hostile_tables_are_refused_in_bounded_time_and_memory() {
    let world = school().await;
    let wide = format!("username{}\n", ",x".repeat(1_000_000));
    refused(&world, "children.csv", wide.as_bytes(), "more than 200 columns").await;
    let row = format!("username\nA{}\n", ",".repeat(1_000_000));
    assert_eq!(plan(&world, &[("educators.csv", &row)]).await.problems_in_all, 1, "what is new needs more");
    let long = format!("username\n{}\n", "x".repeat(1 << 20));
    refused(&world, "children.csv", long.as_bytes(), "a cell is very long").await;
    let many = format!("username\n{}", "x\n".repeat(250_001));
    let found = plan(&world, &[("children.csv", &many)]).await;
    assert!(found.problems.iter().any(|problem| problem.message.contains("more than 250000 rows")));
    assert!(found.problems.len() <= 200, "what is told has an end");
    let mut children = "username,children\nfamily1,".to_owned();
    (0..1_001).for_each(|n| children += &format!("C{n}|"));
    refused(&world, "families.csv", format!("{children}\n").as_bytes(), "at most 1000 children").await;
}

#[tokio::test]
async fn the_templates_are_imported_as_they_are() {
    let world = World::new().await;
    let files: Vec<_> = Sheet::ALL.map(|sheet| (format!("{}.csv", sheet.word()), template(sheet).unwrap())).into();
    let found = plan(&world, &super::given(&files)).await;
    clean(&found);
    assert!(Sheet::ALL.iter().all(|sheet| counts(&found, sheet.word()).create == 1));
    assert_eq!(super::apply_plan(&world, &found).await.created, 7);
    world.login("BR0001", "to-be-replaced").await;
}
