//! Dumps of the old platform. Those in tests/dumps were made by the packages that it ran on: see make.mjs there.

use std::path::Path;

use ocariot_users::app::rosters::records::ProblemRecord;
use serde_json::{Value, json};

use super::{Passwords, PlanOptions, PlanRecord, apply_plan, clean, counts, export, plan_bytes, undo};
use crate::support::World;

const SECRET: &str = "s3cr3tk3y";
const CHILD: &str = "5de7a0f3c2a1b40012ab0011";

type Files = Vec<(String, Vec<u8>)>;

/// The files of a dump, as they are.
fn dump(path: &str) -> Files {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dumps").join(path);
    let read = |path: &Path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap());
    if path.is_file() {
        return vec![read(&path)];
    }
    std::fs::read_dir(path).unwrap().map(|entry| read(&entry.unwrap().path())).collect()
}

fn with_secret() -> PlanOptions {
    PlanOptions { old_secret: Some(SECRET.to_owned()), keep: true, ..PlanOptions::default() }
}

async fn plan_with(world: &World, files: &Files, options: PlanOptions) -> PlanRecord {
    let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    plan_bytes(world, &files, options).await
}

/// Collections in JSON.
fn collections(files: &[(&str, Value)]) -> Files {
    files.iter().map(|(name, documents)| (format!("{name}.json"), documents.to_string().into_bytes())).collect()
}

fn oid(number: u32) -> Value {
    json!({"$oid": format!("5de7a0f3c2a1b40012ac{number:04x}")})
}

fn user(number: u32, kind: &str, name: &str, more: &Value) -> Value {
    let mut user = json!({"_id": oid(number), "type": kind, "username": name, "institution": oid(1), "children": []});
    user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    user
}

fn child(number: u32, name: &str) -> Value {
    user(number, "child", name, &json!({"gender": "female", "age": "9"}))
}

fn school() -> Value {
    json!([{"_id": oid(1), "name": "Escola", "type": "School"}])
}

/// Plans collections whose users have no passwords.
async fn planned(world: &World, files: &[(&str, Value)]) -> PlanRecord {
    let options = PlanOptions { passwords: Passwords::Unset, keep: true, ..PlanOptions::default() };
    plan_with(world, &collections(files), options).await
}

#[track_caller]
fn only(problems: &[ProblemRecord], words: &str) {
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].message.contains(words), "{words} in {}", problems[0].message);
}

fn hashes(world: &World) -> Vec<String> {
    let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    let mut all = database.prepare("SELECT password_hash FROM account WHERE lower(hex(id)) LIKE '5de7a0f3%'").unwrap();
    all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_dump_is_the_same_in_every_form_that_tools_write() {
    let mut sheets: Option<Vec<(String, String)>> = None;
    for (path, encoding) in [
        ("mongoexport", "JSON"),
        ("mongoexport-array", "JSON"),
        ("mongoexport-old", "JSON"),
        ("canonical-pretty", "JSON"),
        ("compass", "JSON"),
        ("dump/account", "BSON"),
        ("dump.archive.gz", "BSON"),
    ] {
        let world = World::new().await;
        let plan = plan_with(&world, &dump(path), with_secret()).await;
        clean(&plan);
        assert_eq!((plan.format.as_str(), plan.notices_in_all), ("dump of the old platform", 0), "{path}");
        assert!(plan.files.iter().all(|file| file.encoding == encoding), "{path}: {:?}", plan.files);
        let users = plan.files.iter().find(|file| file.sheet == "users").unwrap();
        assert_eq!(
            (users.rows, users.ignored.join(" ").as_str()),
            (8, "cve_status fitbit_status scope scopes"),
            "{path}"
        );
        assert_eq!(apply_plan(&world, &plan).await.created, 12, "{path}");
        let found = export(&world).await;
        assert_eq!(sheets.get_or_insert_with(|| found.clone()), &found, "{path}");
        assert_eq!(hashes(&world).iter().filter(|hash| hash.starts_with("$2a$10$")).count(), 8, "{path}");
    }
    let sheets = sheets.unwrap();
    let rows = |sheet: &str| sheets.iter().find(|(name, _)| name == sheet).unwrap().1.clone();
    let children = rows("children.csv");
    let expected = [
        format!("{CHILD},,BR0001,5de7a0f3c2a1b40012ab0001,female,9,2019-12-01,04a22422dd6480"),
        "5de7a0f3c2a1b40012ab0012,,BR0002,5de7a0f3c2a1b40012ab0001,male,11,,".to_owned(),
        "5de7a0f3c2a1b40012ab0013,,EU0003,5de7a0f3c2a1b40012ab0002,male,2010-05-05,,".to_owned(),
    ];
    assert!(expected.iter().all(|row| children.lines().any(|line| line == row)), "{children}");
    assert!(rows("educators.csv").contains("Educadora Ângela"));
    assert!(rows("institutions.csv").contains("Escola São João,School,Rua 1,-7.2100766,-35.8866973"));
    assert!(rows("families.csv").contains(&format!("{CHILD}|5de7a0f3c2a1b40012ab0012")));
    assert!(rows("groups.csv").contains("5de7a0f3c2a1b40012ab0020,,5de7a0f3c2a1b40012ab0014,3a,3a,"));
}

#[tokio::test]
async fn users_log_in_with_their_old_passwords_and_have_hashes_of_ours_afterwards() {
    const USERS: [&str; 8] =
        ["chief", "BR0001", "BR0002", "EU0003", "Educadora Ângela", "saude1", "family1", "timetable"];
    let world = World::new().await;
    let plan = plan_with(&world, &dump("dump.archive.gz"), with_secret()).await;
    apply_plan(&world, &plan).await;
    for name in USERS {
        let body = json!({"username": name, "password": "another password"});
        world.nobody().post("/v1/auth", body).await.is(401);
    }
    assert!(hashes(&world).iter().all(|hash| hash.starts_with("$2a$10$")), "who is refused changes nothing");
    for (done, name) in USERS.iter().enumerate() {
        world.login(name, &format!("password of {name}")).await;
        let ours = hashes(&world).iter().filter(|hash| hash.starts_with("$argon2id$")).count();
        assert_eq!(ours, done + 1, "{name}");
    }
    for name in USERS {
        world.login(name, &format!("password of {name}")).await;
        world.nobody().post("/v1/auth", json!({"username": name, "password": "x"})).await.is(401);
    }
    let restarted = world.restarted().await;
    restarted.login("chief", "password of chief").await.get("/v1/children").await.is(200);
}

#[tokio::test]
async fn an_old_password_can_be_changed_and_is_cut_where_the_old_platform_cut_it() {
    let world = World::new().await;
    let long = "ü".repeat(50);
    let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
    let more = json!({"gender": "female", "age": "9", "password": hash(&long)});
    let users = json!([
        user(2, "child", "A1", &more),
        user(3, "educator", "e1", &json!({"password": hash("old one")})),
        user(4, "educator", "e2", &json!({"password": hash("old one").replace("$2b$", "$2a$")})),
    ]);
    let plan = planned(&world, &[("institutions", school()), ("users", users)]).await;
    apply_plan(&world, &plan).await;
    world.nobody().post("/v1/auth", json!({"username": "A1", "password": "ü".repeat(35)})).await.is(401);
    world.login("A1", &long).await;
    let educator = world.login("e1", "old one").await;
    let id = "5de7a0f3c2a1b40012ac0003";
    educator
        .put(&format!("/v1/users/{id}/change-password"), json!({"old_password": "old one", "new_password": "new one"}))
        .await;
    world.nobody().post("/v1/auth", json!({"username": "e2", "password": "Old one"})).await.is(401);
    world.login("e2", "old one").await;
}

#[tokio::test]
async fn what_was_before_is_kept() {
    let world = World::new().await;
    let plan = plan_with(&world, &dump("mongoexport"), with_secret()).await;
    apply_plan(&world, &plan).await;
    let admin = world.admin().await;
    let child = admin.get(&format!("/v1/children/{CHILD}")).await.is(200).body;
    for (field, value) in [
        ("last_login", "2020-02-01T08:00:00.120Z"),
        ("last_sync", "2020-02-02T07:00:00.000Z"),
        ("tag_ass_time", "2021-02-03T10:20:30.500Z"),
        ("fitbit_status", "none"),
        ("nfc_tag", "04a22422dd6480"),
        ("age", "9"),
    ] {
        assert_eq!(child[field], value, "{field}: {child}");
    }
    let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    let made = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(made(&format!("SELECT created_at FROM account WHERE lower(hex(id)) = '{CHILD}'")), 1_575_460_800_000);
    assert_eq!(made("SELECT min(created_at) FROM institution"), 1_542_638_400_120);
    assert_eq!(made("SELECT min(created_at) FROM children_group"), 1_581_325_200_250);
}

#[tokio::test]
async fn a_second_import_changes_nothing_and_an_undo_takes_all_back() {
    let world = World::new().await;
    let before = export(&world).await;
    let plan = plan_with(&world, &dump("compass"), with_secret()).await;
    let import = apply_plan(&world, &plan).await.import.unwrap();
    let again = plan_with(&world, &dump("dump.archive.gz"), with_secret()).await;
    clean(&again);
    assert!(again.lines.is_empty() && again.notices_in_all == 0, "{:#?}", again.lines);
    assert_eq!(counts(&again, "children").unchanged, 3);
    world.login("BR0001", "password of BR0001").await;
    let undone = undo(&world, import).await;
    assert_eq!((undone.removed, undone.left_in_all), (10, 2), "who logged in, and its institution: {:?}", undone.left);
    let world = World::new().await;
    let plan = plan_with(&world, &dump("compass"), with_secret()).await;
    let import = apply_plan(&world, &plan).await.import.unwrap();
    assert_eq!(undo(&world, import).await.removed, 12);
    assert_eq!(export(&world).await, before);
    // Whoever was deleted here comes back, and that is told.
    let plan = plan_with(&world, &dump("compass"), with_secret()).await;
    clean(&plan);
    assert_eq!(plan.notices_in_all, 8);
    assert!(plan.notices[0].message.contains("deleted here since"), "{:?}", plan.notices);
    assert_eq!(apply_plan(&world, &plan).await.created, 12);
}

#[tokio::test]
async fn a_secret_that_does_not_fit_is_found_before_anything_is_planned() {
    let world = World::new().await;
    let refused = async |options: PlanOptions, words: &str| {
        let plan = plan_with(&world, &dump("mongoexport"), options).await;
        only(&plan.problems, words);
        assert!(plan.lines.is_empty() && plan.counts.iter().all(|counts| counts.create == 0));
    };
    refused(PlanOptions::default(), "7 usernames are encrypted").await;
    for secret in ["another", "", "S3cr3tk3y", "s3cr3tk3y "] {
        let other = PlanOptions { old_secret: Some(secret.to_owned()), ..PlanOptions::default() };
        refused(other, "the secret does not fit: 7 of 7 usernames").await;
    }
    // One that was changed by hand is told by itself.
    let mut files = dump("mongoexport");
    let users = &mut files.iter_mut().find(|(name, _)| name == "users.json").unwrap().1;
    let text = String::from_utf8(users.clone()).unwrap();
    let from = text.find("\"username\":\"").unwrap() + 12;
    users[from] = if users[from] == b'0' { b'1' } else { b'0' };
    users[from + 40] = if users[from + 40] == b'0' { b'1' } else { b'0' };
    let plan = plan_with(&world, &files, with_secret()).await;
    only(&plan.problems, "the secret fits others, and not this");
    assert_eq!((plan.problems[0].row, plan.problems[0].column.as_deref()), (Some(1), Some("username")));
    // A mark without what it marks.
    let users = json!([user(2, "educator", "anna", &json!({"__enc_username": true}))]);
    only(&planned(&world, &[("institutions", school()), ("users", users)]).await.problems, "is not of that form");
}

#[tokio::test]
async fn what_refers_to_nothing_is_left_out_as_the_old_platform_left_it_out_and_told() {
    let world = World::new().await;
    let users = json!([
        child(2, "A1"),
        user(3, "child", "A2", &json!({"gender": "male", "age": 8, "institution": oid(77), "children": [oid(2)]})),
        user(4, "educator", "anna", &json!({"institution": null})),
        user(5, "family", "family1", &json!({"children": [oid(2), oid(78), oid(2)]})),
    ]);
    let groups = json!([
        {"_id": oid(20), "name": "3a", "user_id": oid(4), "children": [oid(78), oid(3)]},
        {"_id": oid(21), "name": "3b", "user_id": oid(79), "children": [oid(2)]},
        {"_id": oid(22), "name": "3c", "children": []},
        {"_id": oid(23), "name": "3d", "user_id": oid(5), "children": []},
    ]);
    let files = [("institutions", school()), ("users", users), ("childrengroups", groups)];
    let plan = planned(&world, &files).await;
    clean(&plan);
    let told: Vec<_> =
        plan.notices.iter().map(|one| (one.file.as_str(), one.row, one.column.as_deref().unwrap())).collect();
    let expected = [
        ("users.json", Some(2), "children"),
        ("users.json", Some(2), "institution_id"),
        ("users.json", Some(4), "children"),
        ("childrengroups.json", Some(1), "children"),
        ("childrengroups.json", Some(2), "owner"),
        ("childrengroups.json", Some(2), "owner"),
        ("childrengroups.json", Some(3), "owner"),
        ("childrengroups.json", Some(4), "owner"),
        ("childrengroups.json", Some(4), "owner"),
    ];
    assert_eq!(told, expected);
    assert_eq!(apply_plan(&world, &plan).await.created, 6);
    assert!(planned(&world, &files).await.lines.is_empty(), "a second time changes nothing");
    let admin = world.admin().await;
    let family = admin.get("/v1/families").await.is(200).body;
    assert_eq!(family[0]["children"].as_array().unwrap().len(), 1);
    let child = admin.get("/v1/children?username=A2").await.is(200).body;
    assert_eq!((&child[0]["institution_id"], &child[0]["age"]), (&Value::Null, &json!("8")));
}

#[tokio::test]
async fn a_collection_that_is_missing_is_not_taken_for_one_without_documents() {
    let world = World::new().await;
    let users = json!([user(4, "educator", "anna", &json!({"children_groups": [oid(20)]}))]);
    let plan = planned(&world, &[("users", users.clone())]).await;
    only(&plan.problems, "there is no institution of this name or id");
    only(&plan.notices, "1 users have groups, and childrengroups is not here");
    let groups = json!([{"_id": oid(20), "name": "3a", "user_id": oid(4), "children": []}]);
    only(&planned(&world, &[("childrengroups", groups.clone())]).await.problems, "there is no educator");
    // One after another does as well.
    for files in [("institutions", school()), ("users", users), ("childrengroups", groups)] {
        let plan = planned(&world, &[files]).await;
        assert_eq!(apply_plan(&world, &plan).await.created, 1);
    }
}

#[tokio::test]
async fn a_name_that_several_have_is_a_conflict_or_becomes_another_when_that_is_said() {
    let world = World::new().await;
    let users = json!([
        child(2, "A1"),
        child(3, "A1"),
        user(4, "educator", "A1", &json!({})),
        user(5, "admin", crate::support::ADMIN.0, &json!({"institution": null})),
    ]);
    let files = [("institutions", school()), ("users", users)];
    let plan = planned(&world, &files).await;
    assert_eq!(plan.problems.len(), 2, "{:#?}", plan.problems);
    assert!(plan.problems.iter().all(|one| one.class == "conflict" && one.message.contains("--rename-duplicates")));
    assert_eq!((plan.problems[1].row, plan.problems[0].row), (Some(2), Some(4)));
    assert!(plan.problems[1].message.starts_with("row 1 of users.json says the same"));
    let options =
        PlanOptions { passwords: Passwords::Unset, keep: true, rename_duplicates: true, ..PlanOptions::default() };
    let plan = plan_with(&world, &collections(&files), options.clone()).await;
    assert_eq!((plan.notices.len(), apply_plan(&world, &plan).await.created), (2, 5));
    let admin = world.admin().await;
    let names = admin.get("/v1/children?sort=username").await.is(200).body;
    assert_eq!((&names[0]["username"], &names[1]["username"]), (&json!("A1"), &json!("A1-ac0003")));
    let again = plan_with(&world, &collections(&files), options).await;
    clean(&again);
    assert!(again.lines.is_empty(), "{:#?}", again.lines);
}

#[tokio::test]
async fn documents_that_the_old_platform_could_not_make_are_refused_by_name() {
    let world = World::new().await;
    for (document, column, words) in [
        (json!({"_id": 7, "type": "child"}), Some("id"), "no ObjectId"),
        (json!({"_id": oid(2), "type": "pupil"}), Some("type"), "no type of users"),
        (json!({"_id": oid(2)}), Some("type"), "no type of users"),
        (user(2, "child", "A1", &json!({"gender": "female", "age": {"$numberDouble": "NaN"}})), Some("age"), "no age"),
        (
            user(2, "child", "A1", &json!({"gender": "female", "age": "nine"})),
            Some("age"),
            "neither a number nor a date",
        ),
        (user(2, "child", "A1", &json!({"gender": "x", "age": 9})), Some("gender"), "no gender"),
        (user(2, "child", "A1", &json!({"gender": "female"})), None, "needs age"),
        (user(2, "educator", "", &json!({})), None, "needs username"),
        (user(2, "educator", "anna", &json!({"username": 7})), Some("username"), "no text"),
        (user(2, "educator", "anna", &json!({"institution": "Escola"})), Some("institution_id"), "no ObjectId"),
        (user(2, "educator", "anna", &json!({"password": "plain"})), Some("password"), "no hash of bcrypt"),
        (user(2, "educator", "anna", &json!({"password": bcrypt_of_cost("31")})), Some("password"), "cost up to 14"),
        (user(2, "educator", "anna", &json!({"last_login": "soon"})), Some("last_login"), "--ignore last_login"),
        (
            user(2, "educator", "anna", &json!({"created_at": {"$date": {"$numberLong": "253402300800000"}}})),
            Some("created_at"),
            "no time",
        ),
        (user(2, "family", "f", &json!({"children": ["x"]})), Some("children"), "no list of ObjectIds"),
    ] {
        let plan = planned(&world, &[("institutions", school()), ("users", json!([document]))]).await;
        only(&plan.problems, words);
        assert_eq!(plan.problems[0].column.as_deref(), column, "{words}");
    }
    // A field that stands in the way can be left out.
    let users = json!([user(2, "educator", "anna", &json!({"last_login": "soon", "email": "a@b"}))]);
    let options =
        PlanOptions { passwords: Passwords::Unset, ignore: vec!["last_login".to_owned()], ..PlanOptions::default() };
    let plan = plan_with(&world, &collections(&[("institutions", school()), ("users", users)]), options).await;
    clean(&plan);
    assert_eq!(plan.files[1].ignored, ["email", "last_login"]);
}

fn bcrypt_of_cost(cost: &str) -> String {
    bcrypt::hash("x", 4).unwrap().replace("$04$", &format!("${cost}$"))
}

#[tokio::test]
async fn an_id_is_one_things_alone() {
    let world = World::new().await;
    let twice = json!([child(2, "A1"), child(2, "A2")]);
    let plan = planned(&world, &[("institutions", school()), ("users", twice)]).await;
    only(&plan.problems, "row 1 of users.json says the same");
    let plan = planned(&world, &[("institutions", school()), ("users", json!([child(2, "A1")]))]).await;
    apply_plan(&world, &plan).await;
    let other = json!([user(2, "educator", "anna", &json!({}))]);
    only(&planned(&world, &[("institutions", school()), ("users", other)]).await.problems, "another type has this id");
}

#[tokio::test]
async fn what_was_lost_on_the_way_is_noticed() {
    let world = World::new().await;
    let refused = async |name: &str, bytes: &[u8], words: &str| {
        let plan = plan_bytes(&world, &[(name, bytes)], with_secret()).await;
        assert!(plan.problems.iter().any(|one| one.message.contains(words)), "{name}, {words}: {:#?}", plan.problems);
        assert!(plan.lines.is_empty() || plan.problems_in_all > 0);
    };
    let array =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dumps/compass/account.users.json")).unwrap();
    for length in [1, 100, array.len() / 2, array.len() - 3] {
        refused("users.json", &array[..length], "it was cut off").await;
    }
    let binary = inflated(&dump("dump/account"), "users.bson.gz");
    for length in [3, 100, binary.len() / 2, binary.len() - 1] {
        refused("users.bson", &binary[..length], "it was cut off").await;
    }
    let archive = inflated(&dump("dump.archive.gz"), "dump.archive.gz");
    for length in [4, 300, archive.len() / 2, archive.len() - 200, archive.len() - 1] {
        refused("dump.archive", &archive[..length], "cut off").await;
    }
    let packed = &dump("dump.archive.gz")[0].1;
    refused("dump.archive.gz", &packed[..packed.len() - 20], "this gzip cannot be read").await;
    refused("users.bson", b"\x05\x00\x00\x80\x00", "document 1 is damaged").await;
    refused("users.bson", b"\x0a\x00\x00\x00\x02xy\x00\x00\x00", "document 1 is damaged").await;
    refused("users.json", b"[{}] [{}]", "goes on behind its list").await;
    refused("users.json", b"{\"_id\": 1} nonsense", "document 2 is no JSON").await;
    refused("users.json", b"[1, 2]", "document 1 is no JSON").await;
    refused("users.json", b"{\"_id\" : ObjectId(\"5de7a0f3c2a1b40012ab0011\")}", "the database's shell").await;
    refused("users.json", b"{\"name\": \"Jos\xe9\"}", "no letters in UTF-8").await;
    refused("pupils.json", b"{}", "says no collection").await;
    refused("users.csv", b"_id,type,username\nObjectId(5de7a0f3c2a1b40012ab0011),child,x\n", "export it as JSON").await;
    refused("users.csv", b"\xef\xbb\xbf\"_id\";\"type\"\r\n", "export it as JSON").await;
}

fn inflated(files: &Files, name: &str) -> Vec<u8> {
    let packed = &files.iter().find(|(found, _)| found == name).unwrap().1;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn text_in_utf_16_from_a_shell_of_windows_is_understood() {
    let world = World::new().await;
    let text = format!("{}", school());
    let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in [bytes, [b"\xef\xbb\xbf", text.as_bytes()].concat()] {
        let plan = plan_bytes(&world, &[("institutions.json", &bytes)], PlanOptions::default()).await;
        clean(&plan);
        assert_eq!(counts(&plan, "institutions").create, 1);
    }
}

#[tokio::test]
async fn hostile_dumps_are_refused_in_bounded_memory() {
    let world = World::new().await;
    let many = "{}".repeat(250_001);
    let plan = plan_bytes(&world, &[("users.json", many.as_bytes())], PlanOptions::default()).await;
    assert!(plan.problems_in_all > 250_000 && plan.problems.len() == 200);
    let bomb = {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packer, &vec![b' '; 80 << 20]).unwrap();
        packer.finish().unwrap()
    };
    let plan = plan_bytes(&world, &[("users.json.gz", &bomb)], PlanOptions::default()).await;
    only(&plan.problems, "more than 64 files or 64 MiB");
    let deep = format!("{{\"_id\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let plan = plan_bytes(&world, &[("users.json", deep.as_bytes())], PlanOptions::default()).await;
    only(&plan.problems, "no ObjectId");
    let children: Vec<_> = (0..1_001).map(oid).collect();
    let users = json!([user(5000, "family", "f", &json!({"children": children}))]);
    only(&planned(&world, &[("institutions", school()), ("users", users)]).await.problems, "at most 1000 children");
}
