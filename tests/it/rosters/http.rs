//! Rosters over HTTP: the same for administrators, an upload at a time.

use std::io::{Cursor, Read};

use poem::http::Method;
use serde_json::{Value, json};

use super::{SCHOOL, apply};
use crate::support::{Client, Reply, World};

const UPLOAD: &str = "507f191e810c19729de860ea";

fn path(rest: &str) -> String {
    format!("/v1/rosters/uploads/{UPLOAD}{rest}")
}

async fn put(client: &Client, upload: &str, file: &str, bytes: &[u8]) -> Reply {
    let path = format!("/v1/rosters/uploads/{upload}/files/{file}");
    client.call(client.request(Method::PUT, &path).content_type("text/csv").body(bytes.to_vec())).await
}

/// Uploads the files of the school, and plans what they would change.
async fn planned(admin: &Client, options: Value) -> Value {
    for (file, text) in SCHOOL {
        put(admin, UPLOAD, file, text.as_bytes()).await.is(200);
    }
    admin.post(&path("/plan"), options).await.is(200).body
}

async fn prepared(admin: &Client) {
    loop {
        let so_far = admin.post(&path("/prepare"), json!({})).await.is(200).body;
        if so_far["done"] == so_far["total"] {
            return;
        }
    }
}

#[tokio::test]
async fn a_school_comes_in_is_told_of_and_is_taken_back() {
    let world = World::new().await;
    let admin = world.admin().await;
    let plan = planned(&admin, json!({"passwords": "made_up"})).await;
    assert_eq!((&plan["format"], &plan["problems_in_all"]), (&json!("spreadsheet"), &json!(0)));
    assert_eq!(plan["passwords_to_make_up"], 8);
    assert_eq!(plan["counts"].as_array().unwrap().len(), 7);
    let unprepared = admin.get(&path("/passwords")).await.is(409);
    assert_eq!(unprepared.body["message"], "The plan is not prepared yet!");
    admin.post(&path("/apply"), json!({"plan": plan["plan"]})).await.is(409);
    prepared(&admin).await;
    let upload = admin.get(&path("")).await.is(200).body;
    assert_eq!((&upload["plan"], &upload["done"], &upload["total"]), (&plan["plan"], &json!(8), &json!(8)));
    assert_eq!(upload["files"][0]["file"], "applications.csv");
    let passwords = admin.get(&path("/passwords")).await.is(200);
    assert_eq!(passwords.header("content-type"), Some("text/csv; charset=utf-8"));
    let other = admin.post(&path("/apply"), json!({"plan": "another"})).await.is(409);
    assert_eq!(other.body["message"], "There is no plan of this upload that can be applied!");
    let applied = admin.post(&path("/apply"), json!({"plan": plan["plan"]})).await.is(200).body;
    assert_eq!(applied, json!({"import": 1, "created": 12, "changed": 0, "removed": 0}));
    let row = passwords.text.lines().find(|line| line.contains("BR0001")).unwrap();
    let password = row.trim_end().rsplit(',').next().unwrap();
    world.login("BR0001", password).await;
    // Asking again, also after the service forgot the upload, changes nothing and tells the same.
    assert_eq!(admin.post(&path("/apply"), json!({})).await.is(200).body, applied);
    assert_eq!(admin.get(&path("")).await.is(200).body["applied"], applied);
    admin.delete(&path("")).await.is(204);
    admin.get(&path("")).await.is(404);
    assert_eq!(admin.post(&path("/apply"), json!({})).await.is(200).body, applied);
    // Nor does it with other files: whoever wants another import begins another upload.
    put(&admin, UPLOAD, "institutions.csv", b"name,type\nAnother,School\n").await.is(200);
    let another = admin.post(&path("/plan"), json!({})).await.is(409);
    assert_eq!(another.body["message"], "The upload was applied already!");
    let imports = admin.get("/v1/rosters/imports").await.is(200).body;
    assert_eq!((imports.as_array().unwrap().len(), &imports[0]["created"]), (1, &json!(12)));
    let shown = admin.get("/v1/rosters/imports/1").await.is(200).body;
    assert_eq!(shown["left_in_all"], 2, "somebody has logged in, and belongs to an institution");
    assert!(shown["import"].get("undone_at").is_none());
    let undone = admin.post("/v1/rosters/imports/1/undo", json!({})).await.is(200).body;
    assert_eq!(undone["left"], shown["left"]);
    let again = admin.post("/v1/rosters/imports/1/undo", json!({})).await.is(409);
    assert_eq!(again.body["message"], "The import was taken back already!");
    for number in ["9", "x", "0"] {
        admin.get(&format!("/v1/rosters/imports/{number}")).await.is(404);
    }
    let told = |action| format!("SELECT count(*) FROM audit WHERE action = '{action}' AND actor_role = 'admin'");
    assert_eq!(world.sql_value(&told("roster_upload_apply")), 1);
    assert_eq!(world.sql_value(&told("roster_import_undo")), 1);
}

#[tokio::test]
async fn a_plan_that_is_out_of_date_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let admin = world.admin().await;
    planned(&admin, json!({"passwords": "unset"})).await;
    admin.post("/v1/institutions", json!({"name": "Posto", "type": "School"})).await.is(201);
    let reply = admin.post(&path("/apply"), json!({})).await.is(409);
    assert_eq!(reply.body["message"], "The plan is out of date!");
    assert_eq!(admin.get("/v1/children").await.header("x-total-count"), Some("0"));
    admin.post(&path("/plan"), json!({"passwords": "unset"})).await.is(200);
    assert_eq!(admin.post(&path("/apply"), json!({})).await.is(200).body["created"], 11);
}

#[tokio::test]
async fn what_is_wrong_is_told_and_leaves_no_plan() {
    let world = World::new().await;
    let admin = world.admin().await;
    admin.post(&path("/plan"), json!({})).await.is(404);
    put(&admin, UPLOAD, "children.csv", b"username,age\nA1,x\n").await.is(200);
    let plan = admin.post(&path("/plan"), json!({"passwords": "unset"})).await.is(200).body;
    assert_eq!((&plan["problems_in_all"], &plan["problems"][0]["row"]), (&json!(1), &json!(2)));
    assert!(admin.get(&path("")).await.body.get("plan").is_none());
    for rest in ["/prepare", "/apply"] {
        admin.post(&path(rest), json!({})).await.is(409);
    }
    for (options, words) in [
        (json!({"max_removals": "many", "remove_missing": true}), "write it as 25, or as 10%"),
        (json!({"passwords": "maybe"}), "passwords cannot be that"),
        (json!({"ignore": "x"}), "ignore cannot be that"),
        (json!({"usernames": {"children": "{x}"}}), "as in BR{0001}"),
        (json!({"encoding": "klingon"}), "this encoding is not known"),
    ] {
        let reply = admin.post(&path("/plan"), options).await.is(400);
        assert!(reply.body["description"].as_str().unwrap().contains(words), "{}", reply.text);
    }
    // Another file in the place of the one that was wrong: the upload's id is the same.
    put(&admin, UPLOAD, "children.csv", b"username,age\nA1,9\n").await.is(200);
    let plan = admin.post(&path("/plan"), json!({"passwords": "unset"})).await.is(200).body;
    assert!(plan["problems"][0]["message"].as_str().unwrap().contains("needs institution_id"), "{plan}");
}

#[tokio::test]
async fn a_file_takes_the_place_of_one_of_its_name_and_has_no_name_on_disk() {
    let world = World::new().await;
    let admin = world.admin().await;
    put(&admin, "x", "a.csv", b"x").await.is(400);
    put(&admin, UPLOAD, "a.csv", b"x").await.is(200);
    let upload = put(&admin, UPLOAD, "a.csv", b"longer").await.is(200).body;
    assert_eq!(upload["files"], json!([{"file": "a.csv", "bytes": 6}]));
    let names = std::fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(names.iter().all(|name| !name.contains("upload")), "{names:?}");
}

#[tokio::test]
async fn two_who_prepare_and_apply_one_upload_are_told_the_passwords_that_are_stored() {
    let world = World::new().await;
    let (one, other) = (world.admin().await, world.admin().await);
    planned(&one, json!({"passwords": "made_up"})).await;
    tokio::join!(prepared(&one), prepared(&other));
    let told = one.get(&path("/passwords")).await.is(200).text;
    assert_eq!(told, other.get(&path("/passwords")).await.is(200).text);
    let body = json!({});
    let plan = path("/apply");
    let (first, second) = tokio::join!(one.post(&plan, body.clone()), other.post(&plan, body));
    assert_eq!((first.status, &first.body), (200, &second.body), "{}", second.text);
    assert_eq!(told.lines().count(), 9);
    for row in told.lines().skip(1).filter(|row| !row.starts_with("application")) {
        let cells: Vec<_> = row.trim_end().split(',').collect();
        world.login(cells[1], cells[2]).await;
    }
}

#[tokio::test]
async fn nobody_but_administrators_comes_near_an_upload() {
    let world = World::new().await;
    let school = world.school().await;
    for client in [&school.educator.client, &school.application.client, &school.child.client] {
        put(client, UPLOAD, "children.csv", b"username\n").await.is(403);
        client.get(&path("")).await.is(403);
        client.get("/v1/rosters/export").await.is(403);
        client.post("/v1/rosters/imports/1/undo", json!({})).await.is(403);
    }
    put(&world.nobody(), UPLOAD, "children.csv", b"username\n").await.is(401);
}

async fn downloaded(client: &Client, path: &str) -> (u16, poem::http::HeaderMap, Vec<u8>) {
    let response = client.ask(path).await;
    (response.status().as_u16(), response.headers().clone(), response.into_body().into_vec().await.unwrap())
}

fn unzipped(bytes: Vec<u8>) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let read = |at| {
        let mut entry = archive.by_index(at).unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (entry.name().unwrap().into_owned(), text)
    };
    (0..7).map(read).collect()
}

#[tokio::test]
async fn an_export_is_the_sheets_and_is_imported_without_any_change() {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    let admin = world.admin().await;
    let (status, headers, bytes) = downloaded(&admin, "/v1/rosters/export").await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "application/zip"));
    assert_eq!(headers["content-disposition"].to_str().unwrap(), "attachment; filename=\"rosters.zip\"");
    assert_eq!(unzipped(bytes.clone()), super::export(&world).await);
    put(&admin, UPLOAD, "rosters.zip", &bytes).await.is(200);
    let plan = admin.post(&path("/plan"), json!({})).await.is(200).body;
    assert_eq!((&plan["problems_in_all"], &plan["lines"]), (&json!(0), &json!([])));
    let applied = admin.post(&path("/apply"), json!({})).await.is(200).body;
    assert_eq!(applied, json!({"created": 0, "changed": 0, "removed": 0}));
    assert_eq!(admin.post(&path("/apply"), json!({})).await.is(200).body, applied);
    let (status, _, bytes) = downloaded(&admin, "/v1/rosters/template").await;
    assert_eq!((status, unzipped(bytes).len()), (200, 7));
}
