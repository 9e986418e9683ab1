//! Files of wearables over HTTP: for administrators, educators and families, an upload for a child at a time.

use jiff::civil::date;
use poem::Body;
use poem::http::Method;
use serde_json::{Value, json};

use super::made::{life, takeout, withings, zipped};
use super::{ATHENS, Made};
use crate::support::{ABSENT, Client, Options, Reply, School, World};

const UPLOAD: &str = "507f191e810c19729de860ea";

/// An upload for a child.
struct Upload<'a> {
    client: &'a Client,
    child: &'a str,
    name: &'a str,
}

impl<'a> Upload<'a> {
    fn of(client: &'a Client, child: &'a str) -> Self {
        Self { client, child, name: UPLOAD }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/children/{}/wearables/uploads/{}{rest}", self.child, self.name)
    }

    async fn put(&self, file: &str, bytes: impl Into<Vec<u8>>) -> Reply {
        let request = self.client.request(Method::PUT, &self.path(&format!("/files/{file}")));
        self.client.call(request.content_type("application/octet-stream").body(bytes.into())).await
    }

    async fn settled(&self) -> Value {
        settled(self.client, &self.path("")).await
    }

    async fn planned(&self, answers: Value) -> Value {
        let begun = self.client.post(&self.path("/plan"), json!({"answers": answers})).await.is(200).body;
        assert_eq!(begun["stage"], "reading", "{begun}");
        self.settled().await
    }

    async fn applied(&self) -> Value {
        self.client.post(&self.path("/apply"), json!({})).await.is(200);
        let settled = self.settled().await;
        assert_eq!(settled["stage"], "applied", "{settled}");
        settled["applied"].clone()
    }
}

/// What an upload comes to, once nothing is done with it in the background.
pub async fn settled(client: &Client, path: &str) -> Value {
    for _ in 0..100_000 {
        let found = client.get(path).await.is(200).body;
        if found["stage"] != "reading" && found["stage"] != "applying" {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("it does not end");
}

async fn imports(client: &Client, child: &str) -> Value {
    client.get(&format!("/v1/children/{child}/wearables/imports")).await.is(200).body
}

async fn undo(client: &Client, child: &str, import: &Value) -> Reply {
    client.post(&format!("/v1/children/{child}/wearables/imports/{import}/undo"), json!({})).await
}

fn weights() -> String {
    withings::csv(&life(1, ATHENS.1, date(2022, 3, 10), 60), "kg")
}

fn names(world: &World) -> Vec<String> {
    let entries = std::fs::read_dir(world.folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Those who may, each with the same child.
async fn those_who_may(world: &World, school: &School) -> [(&'static str, Client); 3] {
    [
        ("admin", world.admin().await),
        ("educator", school.educator.client.clone()),
        ("family", school.family.client.clone()),
    ]
}

#[tokio::test]
async fn a_file_comes_in_is_asked_about_stored_once_and_taken_back_by_each_who_may() {
    let world = World::new().await;
    let school = world.school().await;
    let before = names(&world);
    for (role, client) in those_who_may(&world, &school).await {
        let child = &school.child.id;
        let upload = Upload::of(&client, child);
        let put = upload.put("weight.csv", weights()).await.is(200).body;
        assert_eq!((&put["stage"], &put["files"][0]["file"]), (&json!("waiting"), &json!("weight.csv")));
        let open = upload.planned(json!({})).await;
        let question = &open["plan"]["questions"][0];
        if role == "admin" {
            assert_eq!((&question["question"], question.get("answer")), (&json!("zone"), None), "{open}");
            assert_eq!(question["rows"].as_array().unwrap().len(), 3);
            let refused = client.post(&upload.path("/apply"), json!({})).await.is(409);
            assert_eq!(refused.body["message"], "The plan asks something that is not answered!");
        } else {
            assert_eq!(question["answer"], ATHENS.1, "it was remembered for the child");
        }
        let planned = upload.planned(json!({"zone": ATHENS.1})).await;
        assert_eq!(planned["stage"], "planned");
        let new = planned["plan"]["counts"][0]["new"].as_u64().unwrap();
        assert!(new >= 3 && planned["plan"]["counts"][0]["kind"] == "weights", "{planned}");
        assert_eq!(names(&world), before, "files have no name on disk");
        let wrong = client.post(&upload.path("/apply"), json!({"plan": open["plan"]["plan"]})).await.is(409);
        assert_eq!(wrong.body["message"], "There is no plan of this upload that can be applied!");
        let applied = upload.applied().await;
        assert_eq!(applied["created"], planned["plan"]["counts"][0]["new"]);
        assert_eq!(upload.applied().await, applied, "asking again tells the same");
        assert_eq!(client.get(&upload.path("")).await.body["files"], json!([]));
        upload.put("weight.csv", weights()).await.is(409);
        client.post(&upload.path("/plan"), json!({})).await.is(409);
        client.delete(&upload.path("")).await.is(204);
        client.get(&upload.path("")).await.is(404);
        // The same file again changes nothing.
        upload.put("weight.csv", weights()).await.is(200);
        let again = upload.planned(json!({})).await;
        assert_eq!(again["plan"]["counts"][0]["equal"].as_u64().unwrap(), new);
        assert_eq!(upload.applied().await, json!({"created": 0, "changed": 0}));
        client.delete(&upload.path("")).await.is(204);
        let listed = imports(&client, child).await;
        assert_eq!((&listed[0]["import"], &listed[0]["created"]), (&applied["import"], &applied["created"]));
        assert_eq!((&listed[0]["can_undo"], &listed[0]["format"]), (&json!(true), &json!("withings")));
        let shown = format!("/v1/children/{child}/wearables/imports/{}", applied["import"]);
        let shown = client.get(&shown).await.is(200).body;
        let undone = undo(&client, child, &applied["import"]).await.is(200).body;
        assert_eq!((&undone["removed"], &undone["left_in_all"]), (&shown["removed"], &json!(0)));
        assert!(undone["removed"].as_u64().unwrap() >= new && undone["undone_at"].is_string());
        let twice = undo(&client, child, &applied["import"]).await.is(409);
        assert_eq!(twice.body["message"], "The import was taken back already!");
        let weights = client.get(&format!("/v1/children/{child}/weights")).await.is(200);
        assert_eq!(weights.header("x-total-count"), Some("0"));
        let rows = |action: &str| {
            world.sql_value(&format!(
                "SELECT count(*) FROM audit WHERE action = '{action}' AND actor_role = '{role}' AND target_id = x'{child}'"
            ))
        };
        assert!(rows("wearable_upload_apply") >= 1 && rows("wearable_import_undo") == 1, "{role}");
    }
}

#[tokio::test]
async fn parts_of_a_split_archive_are_one_upload() {
    let world = World::new().await;
    let school = world.school().await;
    let upload = Upload::of(&school.family.client, &school.child.id);
    let files = takeout::fitbit(&life(2, ATHENS.1, date(2022, 3, 10), 40), "Takeout/Fitbit/", "kg");
    let (one, other): (Vec<Made>, Vec<Made>) = files.into_iter().partition(|(path, _)| path.contains("steps"));
    upload.put("takeout-001.zip", zipped(&one)).await.is(200);
    upload.put("takeout-002.zip", zipped(&other)).await.is(200);
    let planned = upload.planned(json!({"exercise-times": "local", "weight-unit": "kg"})).await;
    let kinds: Vec<_> = planned["plan"]["counts"].as_array().unwrap().iter().map(|counts| &counts["kind"]).collect();
    assert!(kinds.contains(&&json!("steps")) && kinds.contains(&&json!("sleep")), "{kinds:?}");
    assert!(upload.applied().await["created"].as_u64().unwrap() > 100);
}

#[tokio::test]
async fn nobody_else_comes_near_a_childs_uploads_and_imports_and_nobody_sees_anothers_upload() {
    let world = World::new().await;
    let (school, theirs) = (world.school().await, world.school().await);
    let child = &school.child.id;
    let (admin, family) = (world.admin().await, &school.family.client);
    let upload = Upload::of(family, child);
    upload.put("weight.csv", weights()).await.is(200);
    upload.planned(json!({"zone": ATHENS.1})).await;
    let import = &upload.applied().await["import"];
    let strangers = [&theirs.family.client, &theirs.educator.client];
    let others = [&school.child.client, &school.professional.client, &school.application.client];
    for client in strangers.into_iter().chain(others) {
        let upload = Upload::of(client, child);
        upload.put("weight.csv", weights()).await.is(403);
        client.get(&upload.path("")).await.is(403);
        client.delete(&upload.path("")).await.is(403);
        client.post(&upload.path("/plan"), json!({})).await.is(403);
        client.post(&upload.path("/apply"), json!({})).await.is(403);
        client.get(&format!("/v1/children/{child}/wearables/imports")).await.is(403);
        client.get(&format!("/v1/children/{child}/wearables/imports/{import}")).await.is(403);
        undo(client, child, import).await.is(403);
        client.get("/v1/wearables/imports").await.is(403);
    }
    Upload::of(&world.nobody(), child).put("weight.csv", weights()).await.is(401);
    Upload::of(&admin, ABSENT).put("weight.csv", weights()).await.is(400);
    // Of the same name, and for the same child, and yet another one.
    let other = Upload::of(&admin, child);
    admin.get(&other.path("")).await.is(404);
    admin.delete(&other.path("")).await.is(204);
    assert_eq!(family.get(&upload.path("")).await.is(200).body["stage"], "applied");
    family.get(&Upload::of(family, &school.sibling.id).path("")).await.is(404);
    // What a family brought is taken back by itself and by administrators, and is nothing of another child.
    let educator = &school.educator.client;
    assert_eq!(imports(educator, child).await[0]["can_undo"], false);
    undo(educator, child, import).await.is(403);
    undo(&admin, &school.sibling.id, import).await.is(404);
    undo(&admin, child, &json!(999)).await.is(404);
    let all = admin.get("/v1/wearables/imports").await.is(200).body;
    assert_eq!((&all[0]["username"], &all[0]["child_id"]), (&json!(school.child.username), &json!(child)));
    undo(&admin, child, import).await.is(200);
    // Whoever does not reach the child any more reaches nothing of it.
    admin.delete(&format!("/v1/families/{}/children/{child}", school.family.id)).await.is(204);
    family.get(&upload.path("")).await.is(403);
}

#[tokio::test]
async fn what_cannot_be_read_or_meant_is_said_and_nothing_is_stored() {
    let world = World::new().await;
    let school = world.school().await;
    let client = &school.family.client;
    let upload = Upload::of(client, &school.child.id);
    client.post(&upload.path("/plan"), json!({})).await.is(404);
    client.post(&upload.path("/apply"), json!({})).await.is(404);
    for name in ["%2Fetc%2Fpasswd", "a%5Cb", "a%00", "%ff", "..", &"x".repeat(257)] {
        upload.put(name, "x").await.is(400);
    }
    let bomb = zipped(&[("export.zip".to_owned(), zipped(&[("weight.csv".to_owned(), weights().into_bytes())]))]);
    let cut = &bomb[..bomb.len() / 2];
    for (bytes, words) in [
        (&b"\xff\xd8\xff\xe0"[..], "no file that is understood"),
        (&b""[..], "no file that is understood"),
        (&bomb, "no file that is understood"),
        (cut, "cannot be read"),
        (b"SQLite format 3\0and no more", "database"),
    ] {
        upload.put("photo.db", bytes).await.is(200);
        let refused = upload.planned(json!({})).await;
        assert_eq!(refused["stage"], "refused", "{refused}");
        assert!(refused["problem"].as_str().unwrap().contains(words), "{words}: {refused}");
        client.post(&upload.path("/apply"), json!({})).await.is(409);
    }
    for (answers, words) in [
        (json!({"zone": "Europe/Nowhere"}), "no such time zone"),
        (json!({"weight-unit": "stone"}), "kg or lb"),
        (json!({"colour": "blue"}), "answers nothing"),
        (json!(["zone"]), "an object of strings"),
    ] {
        let refused = client.post(&upload.path("/plan"), json!({"answers": answers})).await.is(400);
        assert!(refused.body["description"].as_str().unwrap().contains(words), "{}", refused.text);
    }
    // Another file in the place of the one that was wrong.
    upload.put("photo.db", weights()).await.is(200);
    assert_eq!(upload.planned(json!({"zone": ATHENS.1})).await["stage"], "refused", "its name says what it is not");
    client.delete(&upload.path("")).await.is(204);
    upload.put("weight.csv", weights()).await.is(200);
    assert_eq!(upload.planned(json!({"zone": ATHENS.1})).await["stage"], "planned");
    assert_eq!(world.sql_value("SELECT count(*) FROM wearable_batch"), 0);
}

#[tokio::test]
async fn uploads_are_few_and_short_and_what_is_given_up_makes_room() {
    let options = Options { wearable_bytes: 1000, ..Options::default() };
    let world = World::with(options).await;
    let (school, theirs) = (world.school().await, world.school().await);
    let (client, child) = (&school.family.client, &school.child.id);
    let name = |number: usize| format!("{number:024x}");
    let names: Vec<_> = (0..5).map(name).collect();
    let uploads: Vec<_> = names.iter().map(|name| Upload { client, child, name }).collect();
    let long = uploads[0].put("a", vec![b'x'; 1001]).await.is(413);
    assert_eq!(long.body["description"], "The request body must not exceed 1000 bytes.");
    client.get(&uploads[0].path("")).await.is(200);
    uploads[0].put("a", vec![b'x'; 900]).await.is(200);
    for upload in &uploads[1..4] {
        upload.put("a", vec![b'x'; 10]).await.is(200);
    }
    let many = uploads[4].put("a", "x").await.is(400);
    assert!(many.body["description"].as_str().unwrap().contains("4 uploads"), "{}", many.text);
    uploads[3].put("a", vec![b'x'; 80]).await.is(413);
    client.delete(&uploads[0].path("")).await.is(204);
    uploads[4].put("a", vec![b'x'; 970]).await.is(200);
    let full = uploads[3].put("b", "x").await.is(400);
    assert!(full.body["description"].as_str().unwrap().contains("as large together"), "{}", full.text);
    // All together have twice as much room as one.
    Upload::of(&theirs.family.client, &theirs.child.id).put("a", vec![b'x'; 1000]).await.is(200);
    let others = Upload::of(&school.educator.client, child);
    let full = others.put("a", "x").await.is(503);
    assert!(full.body["description"].as_str().unwrap().contains("files wait"), "{}", full.text);
    assert!(full.header("retry-after").is_some());
    // What nobody asked for goes by itself.
    world.clock.advance(3600);
    world.app.forget_old_limits();
    client.get(&uploads[4].path("")).await.is(404);
    others.put("a", "x").await.is(200);
}

#[tokio::test]
async fn an_upload_that_is_given_up_on_its_way_or_while_it_is_read_leaves_nothing() {
    let world = World::new().await;
    let school = world.school().await;
    let (client, child) = (&school.educator.client, &school.child.id);
    let upload = Upload::of(client, child);
    let broken = futures_util::stream::iter([Ok(vec![b'x'; 100]), Err(std::io::Error::other("the line broke"))]);
    let request = client.request(Method::PUT, &upload.path("/files/weight.csv"));
    client.call(request.body(Body::from_bytes_stream(broken))).await.is(400);
    assert_eq!(client.get(&upload.path("")).await.is(200).body["files"], json!([]));
    let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let request = client.request(Method::PUT, &upload.path("/files/weight.csv")).body(Body::from_bytes_stream(never));
    tokio::select! {
        _ = client.answer(request) => panic!("it never ends"),
        () = tokio::time::sleep(std::time::Duration::from_millis(20)) => {}
    }
    let big = zipped(&takeout::fitbit(&life(2, ATHENS.1, date(2020, 1, 1), 400), "Takeout/Fitbit/", "kg"));
    upload.put("takeout.zip", big.clone()).await.is(200);
    client.post(&upload.path("/plan"), json!({})).await.is(200);
    client.delete(&upload.path("")).await.is(204);
    client.get(&upload.path("")).await.is(404);
    // The turn is free for the next.
    upload.put("weight.csv", weights()).await.is(200);
    assert_eq!(upload.planned(json!({"zone": ATHENS.1})).await["stage"], "planned");
    // What is read again while it is read is read once, and another file begins anew.
    upload.put("takeout.zip", big).await.is(200);
    for _ in 0..3 {
        client.post(&upload.path("/plan"), json!({})).await.is(200);
    }
    upload.put("weight.csv", weights()).await.is(200);
    assert_eq!(client.get(&upload.path("")).await.body["stage"], "waiting");
    assert_eq!(world.sql_value("SELECT count(*) FROM wearable_batch"), 0);
}

#[tokio::test]
async fn a_long_file_may_take_its_time_but_not_stand_still() {
    let world = World::with(Options { body_timeout: std::time::Duration::from_millis(50), ..Options::default() }).await;
    let school = world.school().await;
    let upload = Upload::of(&school.family.client, &school.child.id);
    // What has come would let it go on for minutes.
    let begun = futures_util::stream::iter([Ok::<_, std::io::Error>(vec![b'x'; 1 << 20])]);
    let still = futures_util::StreamExt::chain(begun, futures_util::stream::pending());
    let request = upload.client.request(Method::PUT, &upload.path("/files/takeout.zip"));
    upload.client.call(request.body(Body::from_bytes_stream(still))).await.is(408);
    assert_eq!(upload.client.get(&upload.path("")).await.is(200).body["files"], json!([]));
}

#[tokio::test]
async fn a_token_that_was_revoked_stores_nothing() {
    let world = World::new().await;
    let school = world.school().await;
    let upload = Upload::of(&school.family.client, &school.child.id);
    upload.put("weight.csv", weights()).await.is(200);
    upload.planned(json!({"zone": ATHENS.1})).await;
    let reset = json!({"new_password": "another password"});
    world.admin().await.post(&format!("/v1/users/{}/reset-password", school.family.id), reset).await.is(204);
    school.family.client.post(&upload.path("/apply"), json!({})).await.is(401);
    assert_eq!(world.sql_value("SELECT count(*) FROM weight"), 0);
}

#[tokio::test]
async fn coverage_of_a_group_is_seen_by_its_owner_and_administrators_as_json_and_csv() {
    let world = World::new().await;
    let (school, theirs) = (world.school().await, world.school().await);
    let admin = world.admin().await;
    let upload = Upload::of(&admin, &school.child.id);
    upload.put("weight.csv", "Date,Weight (kg),Fat mass (kg)\n2022-03-10 08:00:00,31.5,6.3\n").await.is(200);
    upload.planned(json!({"zone": ATHENS.1})).await;
    upload.applied().await;
    for (path, owner, group) in [
        ("educators", &school.educator, &school.educator_group),
        ("healthprofessionals", &school.professional, &school.professional_group),
    ] {
        let of = |days: &str| format!("/v1/{path}/{}/children/groups/{group}/coverage/{days}", owner.id);
        let days = of("2022-03-09/2022-03-10");
        let seen = owner.client.get(&days).await.is(200).body;
        let covered = json!([{"date": "2022-03-10", "kinds": ["weights", "bodyfats"]}]);
        let child = |person: &crate::support::Person, days: Value| json!({"child_id": person.id, "username": person.username, "days": days});
        assert_eq!(seen, json!({"children": [child(&school.child, covered), child(&school.sibling, json!([]))]}));
        assert_eq!(admin.get(&days).await.is(200).body, seen);
        let request = owner.client.request(Method::GET, &days).header("Accept", "text/csv, */*;q=0.1");
        let csv = owner.client.answer(request.finish()).await;
        assert_eq!(
            (csv.status().as_u16(), &csv.headers()["content-type"]),
            (200, &"text/csv; charset=utf-8".parse().unwrap())
        );
        let text = csv.into_body().into_string().await.unwrap();
        let rows: Vec<_> = text.lines().collect();
        assert_eq!(rows.len(), 5, "{text}");
        assert!(rows[0].starts_with("child_id,username,date,steps,") && rows[0].ends_with(",weights,bodyfats"));
        assert_eq!(rows[2], format!("{},{},2022-03-10,0,0,0,0,0,0,0,1,1", school.child.id, school.child.username));
        for client in
            [&theirs.educator.client, &theirs.professional.client, &school.family.client, &school.child.client]
        {
            client.get(&days).await.is(403);
        }
        owner.client.get(&of("2022-03-10/2022-03-09")).await.is(400);
        owner.client.get(&of("2022-03-10/2024-03-09")).await.is(400);
        owner
            .client
            .get(&format!("/v1/{path}/{}/children/groups/{ABSENT}/coverage/2022-03-09/2022-03-10", owner.id))
            .await
            .is(404);
    }
}

#[tokio::test]
async fn an_import_of_several_children_is_taken_back_child_by_child() {
    let w = super::Wearables::new().await;
    let other = w.admin.make_child(&w.institution).await;
    let reading = super::read_made(&super::one("weight.csv", weights()), &[ATHENS]).unwrap();
    let first = w.apply(&reading).await;
    let upload = w.send(&reading).await;
    let command = super::WearableCommand::Apply { upload, child: other.clone(), import: first.import };
    w.ask(command).await.unwrap();
    let import = json!(first.import.unwrap());
    assert_eq!(imports(&w.admin, &other).await[0]["import"], import);
    undo(&w.admin, &other, &import).await.is(200);
    let kept = imports(&w.admin, &w.child).await;
    assert!(kept[0].get("undone_at").is_none() && kept[0]["created"] == json!(first.created), "{kept}");
    assert_eq!(w.sql("SELECT count(*) FROM wearable_batch WHERE undone_at IS NULL"), 1);
    undo(&w.admin, &w.child, &import).await.is(200);
    assert_eq!(
        w.sql("SELECT count(*) FROM wearable_batch WHERE undone_at IS NULL"),
        0,
        "with the last it is as a whole"
    );
    assert_eq!(w.sql("SELECT count(*) FROM weight"), 0);
}
