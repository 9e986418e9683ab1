//! What strangers would send: damaged and hostile archives, files that cost more than they are long, and changes at the
//! wrong moment.

use poem::http::Method;
use serde_json::{Value, json};

use super::files::zipped;
use super::oneroster::{SET, called, planned, told, with};
use super::{SCHOOL, apply, clean, plan, plan_bytes, without_passwords};
use crate::support::World;

const CHILDREN: &[u8] = b"username,institution,gender,age\nA1,Posto,male,9\n";

/// A zip with one of its entries' heads changed: so many bytes behind the mark of its kind.
fn with_head(mark: &[u8; 4], at: usize, to: &[u8]) -> Vec<u8> {
    let mut zip = zipped(&[("children.csv", CHILDREN)]);
    let head = zip.windows(4).position(|found| found == mark).unwrap();
    zip[head + at..head + at + to.len()].copy_from_slice(to);
    zip
}

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";

#[tokio::test]
async fn damaged_locked_and_strange_zips_are_refused_and_the_service_goes_on() {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    let whole = zipped(&[("children.csv", CHILDREN)]);
    let long = zipped(&[(&*format!("{}.csv", "n".repeat(300)), CHILDREN)]);
    let unseen = zipped(&[("chil\u{1b}[2Jdren.csv", CHILDREN)]);
    for (zip, words) in [
        (with_head(CENTRAL, 16, b"\0\0\0\0"), "this zip cannot be read"),
        (with_head(CENTRAL, 8, b"\x01\0"), "this zip cannot be read"),
        (with_head(CENTRAL, 10, b"\x63\0"), "this zip cannot be read"),
        (with_head(CENTRAL, 42, b"\xff\xff\xff\x7f"), "this zip cannot be read"),
        (with_head(LOCAL, 26, b"\xff\xff"), "this zip cannot be read"),
        (whole[..whole.len() / 2].to_vec(), "this zip cannot be read"),
        (LOCAL.to_vec(), "this zip cannot be read"),
        (long, "the file's name is very long"),
        (unseen, "characters that cannot be seen"),
        (zipped(&[]), "its name says no sheet"),
    ] {
        let plan = plan_bytes(&world, &[("roster.zip", &zip)], without_passwords()).await;
        assert_eq!(plan.problems_in_all, 1, "{words}: {:#?}", plan.problems);
        assert!(plan.problems[0].message.contains(words), "{words}: {:#?}", plan.problems);
        assert!(plan.problems[0].file.chars().count() <= 256 && plan.lines.is_empty());
    }
    clean(&plan_bytes(&world, &[("roster.zip", &whole)], without_passwords()).await);
}

#[tokio::test]
async fn what_is_read_of_a_file_ends_where_its_rows_are_too_many() {
    let world = World::new().await;
    let many = format!("username,gender\n{}wrong,x,y,z\n", "x,\n".repeat(250_001));
    let found = plan(&world, &[("children.csv", &many)]).await;
    assert_eq!(found.problems_in_all, 1, "what stands behind them is not looked at: {:#?}", found.problems);
    assert!(found.problems[0].message.contains("more than 250000 rows"));
    // Wrong ones count as well.
    let wrong = format!("username,gender\n{}", "x\n".repeat(300_000));
    assert_eq!(plan(&world, &[("children.csv", &wrong)]).await.problems_in_all, 250_001);
}

#[tokio::test]
async fn sets_that_name_everybody_with_everybody_are_refused() {
    let world = World::new().await;
    let text = |name: &str| SET.iter().find(|(file, _)| *file == name).unwrap().1.to_owned();
    let refuse = async |others: &[(&str, &str)], place: &str, words: &str| {
        let plan = planned(&world, &with(SET, others), called("BR{0001}")).await;
        let first = told(&plan).remove(0);
        assert!(first.starts_with(place) && first.contains(words), "{place} {words}: {first}");
    };
    // Each of some thousand teachers of a class would have a group of some thousand students.
    let (mut users, mut enrollments) = (text("users.csv"), text("enrollments.csv"));
    for number in 0..4_000 {
        users += &format!("T-{number:05},,,true,10,teacher,t{number},,,,,,,,,,,\n");
        users += &format!("S-{number:05},,,true,10,student,s{number},,,,,,,,,,,\n");
        enrollments += &format!("A{number},,,C1,10,T-{number:05},teacher,true,,\n");
        enrollments += &format!("B{number},,,C1,10,S-{number:05},student,true,,\n");
    }
    let both = [("users.csv", users.as_str()), ("enrollments.csv", enrollments.as_str())];
    refuse(&both, "refused enrollments.csv", "import the classes in several parts").await;
    // And everybody would be a parent of everybody.
    let agents = ["S1"; 20_000].join(",");
    let mut users = text("users.csv");
    (0..30).for_each(|number| users += &format!("Q{number},,,true,10,parent,q{number},,,,,,,,,\"{agents}\",,\n"));
    refuse(&[("users.csv", &users)], "refused users.csv", "parents of children").await;
    let long = text("classes.csv").replace("C3,", &format!("{},", "C".repeat(300)));
    refuse(&[("classes.csv", &long)], "refused classes.csv 4 sourcedid", "very long").await;
}

#[tokio::test]
async fn classes_and_roles_that_are_named_many_times_are_looked_up_once() {
    let world = World::new().await;
    let text = |name: &str| SET.iter().find(|(file, _)| *file == name).unwrap().1.to_owned();
    let mut classes = text("classes.csv");
    (0..20_000).for_each(|_| classes += "C1,,,Class 3a,03,,3a,homeroom,,10,,,,\n");
    let plan = planned(&world, &with(SET, &[("classes.csv", &classes)]), called("BR{0001}")).await;
    assert_eq!(plan.problems_in_all, 20_000);
    assert!(told(&plan)[0].contains("row 2 of classes.csv has the same id"), "{:#?}", plan.problems[0]);
    let mut roles = "userSourcedId,role,orgSourcedId\n".to_owned();
    (0..20_000).for_each(|number| roles += &format!("X{number},teacher,10\n"));
    let manifest = "propertyName,value\noneroster.version,1.2\n";
    let files = with(SET, &[("roles.csv", &roles), ("manifest.csv", manifest)]);
    let plan = planned(&world, &files, called("BR{0001}")).await;
    assert_eq!(plan.problems_in_all, 20_000);
    assert!(
        told(&plan)[0].starts_with("refused roles.csv 2 usersourcedid: there is nobody"),
        "{:#?}",
        plan.problems[0]
    );
}

const UPLOAD: &str = "/v1/rosters/uploads/507f191e810c19729de860ea";

#[tokio::test]
async fn over_http_a_wrong_secret_and_a_damaged_zip_are_problems_of_the_plan() {
    let world = World::new().await;
    let admin = world.admin().await;
    let put = async |file: &str, bytes: Vec<u8>| {
        let path = format!("{UPLOAD}/files/{file}");
        admin.call(admin.request(Method::PUT, &path).body(bytes)).await
    };
    let plan = async |options: Value| admin.post(&format!("{UPLOAD}/plan"), options).await.is(200).body;
    put("roster.zip", with_head(CENTRAL, 16, b"\0\0\0\0")).await.is(200);
    let damaged = plan(json!({})).await;
    assert!(damaged["problems"][0]["message"].as_str().unwrap().contains("this zip cannot be read"), "{damaged}");
    admin.post(&format!("{UPLOAD}/prepare"), json!({})).await.is(409);
    admin.delete(UPLOAD).await.is(204);
    let dump = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dumps/dump.archive.gz");
    put("dump.archive.gz", std::fs::read(dump).unwrap()).await.is(200);
    for (secret, words) in [("another", "the secret does not fit: 7 of 7"), ("", "the secret does not fit: 7 of 7")] {
        let wrong = plan(json!({"old_secret": secret})).await;
        assert_eq!((&wrong["problems_in_all"], &wrong["lines"]), (&json!(1), &json!([])));
        assert!(wrong["problems"][0]["message"].as_str().unwrap().starts_with(words), "{wrong}");
    }
    let right = plan(json!({"old_secret": "s3cr3tk3y"})).await;
    assert_eq!((&right["problems_in_all"], &right["format"]), (&json!(0), &json!("dump of the old platform")));
}

#[tokio::test]
async fn over_http_a_file_is_called_as_files_are() {
    let world = World::new().await;
    let admin = world.admin().await;
    for name in ["..%2F..%2Fchildren.csv", "a%5Cchildren.csv", "%1B%5B2J.csv", "%00.csv", &"n".repeat(257), "%FF.csv"] {
        let path = format!("{UPLOAD}/files/{name}");
        let reply = admin.call(admin.request(Method::PUT, &path).body("username\n")).await;
        assert!([400, 404].contains(&reply.status), "{name}: {}", reply.status);
    }
    admin.get(UPLOAD).await.is(404);
}

#[tokio::test]
async fn nothing_that_is_exported_is_computed_by_a_spreadsheet() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.post("/v1/institutions", json!({"name": "=1+1", "type": "@x"})).await.is(201).id();
    let child = json!({"username": "+C1", "password": "x", "gender": "male", "age": 9, "institution_id": institution});
    admin.post("/v1/children", child).await.is(201);
    for path in ["/v1/rosters/export", "/v1/rosters/export/oneroster"] {
        let bytes = admin.ask(path).await.into_body().into_vec().await.unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut found = 0;
        for at in 0..archive.len() {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut archive.by_index(at).unwrap(), &mut text).unwrap();
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
            for cell in reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
                assert!(!cell.starts_with(['=', '+', '@', '\t', '\r']), "{path}: {cell}");
                found += usize::from(cell.starts_with("'=") || cell.starts_with("'+") || cell.starts_with("'@"));
            }
        }
        assert!(found >= 3, "{path}: {found}");
    }
}
