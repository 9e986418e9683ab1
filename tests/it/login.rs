//! Logging in, and tokens (contract, section 3).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{ADMIN, Options, PASSWORD, PATHS, TestClock, World, claims, together, user};

const WRONG: &str = "Invalid username or password!";

/// What tokens of each type may be used for, written down once more.
fn scopes() -> BTreeMap<String, Vec<String>> {
    serde_json::from_str(include_str!("scopes.json")).unwrap()
}

#[tokio::test]
async fn auth_login_gives_a_token_that_says_who_and_what_for() {
    let world = World::new().await;
    let school = world.school().await;
    let login = json!({"username": ADMIN.0, "password": ADMIN.1});
    let reply = world.nobody().post("/v1/auth", login).await.is(200);
    assert_eq!(reply.body.as_object().unwrap().len(), 1, "access_token and nothing else");
    let mut clients = vec![("admin", world.admin().await, world.admin_id().await)];
    let types = ["child", "family", "educator", "healthprofessional", "application"];
    for (kind, path) in types.into_iter().zip(PATHS) {
        clients.push((kind, school.client(path).clone(), school.of(path).id.clone()));
    }
    let scopes = scopes();
    assert_eq!(clients.len(), scopes.len());
    for (kind, client, id) in clients {
        let claims = claims(&client);
        let names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["sub", "sub_type", "iss", "iat", "exp", "jti", "scope"]);
        assert_eq!(
            (&claims["sub"], &claims["sub_type"], &claims["iss"]),
            (&json!(id), &json!(kind), &json!("ocariot"))
        );
        let issued = claims["iat"].as_i64().unwrap();
        assert!((world.clock.now().as_second() - issued).abs() < 60, "the time of the service's clock, in seconds");
        assert_eq!(claims["exp"].as_i64().unwrap() - issued, 86_400);
        assert!(claims["jti"].as_str().unwrap().parse::<i64>().is_ok());
        assert_eq!(claims["scope"], scopes[kind].join(" "), "{kind}");
    }
}

#[tokio::test]
async fn a_token_names_the_key_that_the_service_publishes() {
    let world = World::new().await;
    let keys = world.nobody().get("/v1/.well-known/jwks.json").await.is(200);
    let header = jsonwebtoken::decode_header(world.admin().await.token.unwrap()).unwrap();
    assert_eq!(header.alg, jsonwebtoken::Algorithm::RS256);
    assert_eq!(header.kid.as_deref(), keys.body["keys"][0]["kid"].as_str());
    assert_eq!(world.nobody().get("/.well-known/jwks.json").await.is(200).body, keys.body);
}

#[tokio::test]
async fn the_same_name_in_two_types_logs_in_the_one_whose_password_fits() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    admin.post("/v1/children", user("children", "twin", &institution, &[])).await.is(201);
    let mut educator = user("educators", "twin", &institution, &[]);
    educator["password"] = json!("another");
    admin.post("/v1/educators", educator).await.is(201);
    assert_eq!(claims(&world.login("twin", PASSWORD).await)["sub_type"], "child");
    assert_eq!(claims(&world.login("twin", "another").await)["sub_type"], "educator");
    let neither = json!({"username": "twin", "password": "neither"});
    world.nobody().post("/v1/auth", neither).await.fails(401, WRONG, None);
}

#[tokio::test]
async fn names_are_trimmed_when_stored_and_compared_to_the_letter_at_log_in() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let made = admin.post("/v1/children", user("children", " \tJosé 1\n ", &institution, &[])).await.is(201);
    assert_eq!(made.body["username"], "José 1");
    world.login("José 1", PASSWORD).await;
    for other in ["josé 1", "JOSÉ 1", " José 1", "José 1 ", "José  1", "Jose 1", "José 1\u{0}", "Jos\u{e9}\u{200b} 1"]
    {
        let login = json!({"username": other, "password": PASSWORD});
        world.nobody().post("/v1/auth", login).await.fails(401, WRONG, None);
    }
}

#[tokio::test]
async fn a_name_is_the_same_name_however_a_device_composes_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let (composed, typed) = ("Jos\u{e9}", "Jose\u{301}");
    let made = admin.post("/v1/children", user("children", typed, &institution, &[])).await.is(201);
    assert_eq!(made.body["username"], composed);
    for name in [composed, typed] {
        world.login(name, PASSWORD).await;
        let taken = admin.post("/v1/children", user("children", name, &institution, &[])).await;
        taken.fails(409, "Child is already registered...", None);
        let own = json!({"username": name});
        let same = admin.patch(&format!("/v1/children/{}", made.id()), own).await.is(200);
        assert_eq!(same.body["username"], composed);
        let asked = format!("/v1/children?username={}", name.replace('\u{301}', "%CC%81").replace('\u{e9}', "%C3%A9"));
        assert_eq!(admin.get(&asked).await.is(200).body.as_array().unwrap().len(), 1, "{asked}");
    }
    // The bound counts what is stored.
    let longest = typed[3..].repeat(256);
    admin.post("/v1/children", user("children", &longest, &institution, &[])).await.is(201);
}

#[tokio::test]
async fn a_new_name_with_what_cannot_be_seen_is_refused_like_a_control_character() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let child = world.person("children", &institution, &[]).await;
    let text = Some("username must not contain control characters!");
    for name in ["BR\u{200b}1", "\u{feff}BR1", "BR1\u{2060}", "B\u{ad}R1", "BR1\u{fe0f}", "\u{202e}1RB", "BR\u{1}1"] {
        let made = admin.post("/v1/children", user("children", name, &institution, &[])).await;
        made.fails(400, "One or more request fields are invalid...", text);
        let changed = admin.patch(&format!("/v1/children/{}", child.id), json!({"username": name})).await;
        changed.fails(400, "One or more request fields are invalid...", text);
        let login = json!({"username": name, "password": PASSWORD});
        world.nobody().post("/v1/auth", login).await.fails(401, WRONG, None);
    }
}

/// One password as two devices send it: decomposed and with the space that a Mac types with the option key, and as
/// RFC 8265 prepares it.
const TYPED: &str = "cafe\u{301}\u{a0}2";
const PREPARED: &str = "caf\u{e9} 2";

#[tokio::test]
async fn a_password_fits_on_every_device_that_the_same_keys_are_typed_on() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    for (name, first, other) in [("BR1", TYPED, PREPARED), ("BR2", PREPARED, TYPED)] {
        let mut child = user("children", name, &institution, &[]);
        child["password"] = json!(first);
        let child = admin.post("/v1/children", child).await.is(201).id();
        for password in [first, other] {
            world.login(name, password).await;
        }
        let reset = format!("/v1/users/{child}/reset-password");
        admin.post(&reset, json!({"new_password": other})).await.is(204);
        for password in [first, other] {
            world.login(name, password).await;
        }
        for wrong in
            ["CAF\u{c9} 2", "cafe 2", "caf\u{e9}2", "caf\u{e9}  2", "caf\u{e9} \u{ff12}", "caf\u{e9}\u{200b} 2"]
        {
            let login = json!({"username": name, "password": wrong});
            world.nobody().post("/v1/auth", login).await.fails(401, WRONG, None);
        }
    }
    let educator = world.person("educators", &institution, &[]).await;
    let own = format!("/v1/users/{}/password", educator.id);
    let change = json!({"old_password": PASSWORD, "new_password": TYPED});
    educator.client.put(&own, change).await.is(204);
    let change = json!({"old_password": PREPARED, "new_password": TYPED});
    educator.client.put(&own, change).await.is(204);
}

#[tokio::test]
async fn a_hash_from_before_passwords_were_prepared_fits_as_typed_and_is_replaced_then() {
    use argon2::PasswordHasher;
    let world = World::new().await;
    let institution = world.admin().await.make_institution().await;
    let child = world.person("children", &institution, &[]).await;
    let cheap = argon2::Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        argon2::Params::new(8, 1, 1, None).unwrap(),
    );
    let old = cheap.hash_password_with_salt(TYPED.as_bytes(), &[7; 16]).unwrap().to_string();
    world.sql(&format!("UPDATE account SET password_hash = '{old}' WHERE role = 'child'"));
    for wrong in [PREPARED, "cafe\u{301} 2", "cafe\u{301}\u{a0}"] {
        let login = json!({"username": child.username, "password": wrong});
        world.nobody().post("/v1/auth", login).await.fails(401, WRONG, None);
        assert_eq!(stored_hash(&world), old);
    }
    world.login(&child.username, TYPED).await;
    let new = stored_hash(&world);
    assert_ne!(new, old);
    for password in [PREPARED, TYPED] {
        world.login(&child.username, password).await;
    }
    assert_eq!(stored_hash(&world), new, "once is enough");
}

#[tokio::test]
async fn a_password_is_compared_to_the_letter_and_a_blank_or_overlong_one_is_simply_wrong() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let longest = "é".repeat(512);
    let mut child = user("children", "BR1", &institution, &[]);
    child["password"] = json!(longest);
    admin.post("/v1/children", child).await.is(201);
    world.login("BR1", &longest).await;
    for wrong in [" ", "\t\n", &longest[..1022], &format!("{longest}é"), &longest.to_uppercase(), &"x".repeat(50_000)]
    {
        let login = json!({"username": "BR1", "password": wrong});
        let reply = world.nobody().post("/v1/auth", login).await.fails(401, WRONG, None);
        assert_eq!(reply.header("www-authenticate"), None, "a failed log-in names no scheme");
    }
    for wrong in [" ", &"x".repeat(257), &"x".repeat(50_000)] {
        let login = json!({"username": wrong, "password": "x"});
        world.nobody().post("/v1/auth", login).await.fails(401, WRONG, None);
    }
}

#[tokio::test]
async fn auth_login_is_seen_as_last_login_by_the_next_view() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let id = admin.post("/v1/children", user("children", "BR1", &institution, &[])).await.is(201).id();
    let child = format!("/v1/children/{id}");
    let wrong = json!({"username": "BR1", "password": "wrong"});
    world.nobody().post("/v1/auth", wrong).await.is(401);
    assert_eq!(admin.get(&child).await.is(200).body.get("last_login"), None, "it has not logged in yet");
    let mut last = None;
    for _ in 0..2 {
        world.clock.advance(3600);
        let before = world.clock.now();
        world.login("BR1", PASSWORD).await;
        let seen = admin.get(&child).await.is(200).body["last_login"].as_str().unwrap().to_owned();
        let at: jiff::Timestamp = seen.parse().unwrap();
        assert!(at.duration_since(before).as_secs().abs() < 60, "{seen} is about {before}");
        assert!(seen.len() == "2026-03-01T12:00:00.000Z".len() && seen.ends_with('Z'), "{seen}");
        assert!(last.is_none_or(|last| last < at));
        last = Some(at);
    }
}

/// The password hash that is stored of the child.
fn stored_hash(world: &World) -> String {
    let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    database.query_row("SELECT password_hash FROM account WHERE role = 'child'", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn auth_login_takes_up_raised_and_lowered_costs_of_hashes() {
    let world = World::new().await;
    let institution = world.admin().await.make_institution().await;
    let child = world.person("children", &institution, &[]).await;
    let first = stored_hash(&world);
    assert!(first.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{first}");
    world.login(&child.username, PASSWORD).await;
    assert_eq!(stored_hash(&world), first, "at equal costs it stays");

    let (folder, clock) = (world.folder.clone(), world.clock.clone());
    let world = World::open(folder, clock, Options { hash_memory: 64, ..Options::default() }).await;
    let wrong = json!({"username": child.username, "password": "wrong"});
    world.nobody().post("/v1/auth", wrong).await.is(401);
    assert_eq!(stored_hash(&world), first, "a wrong password changes nothing");
    let fresh = world.login(&child.username, PASSWORD).await;
    let strong = stored_hash(&world);
    assert!(strong.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{strong}");
    let own = format!("/v1/children/{}", child.id);
    fresh.get(&own).await.is(200);
    world.bearer(child.client.token.as_deref().unwrap()).get(&own).await.is(200);

    let world = world.restarted().await;
    world.nobody().post("/v1/auth", json!({"username": child.username, "password": "wrong"})).await.is(401);
    assert_eq!(stored_hash(&world), strong, "a wrong password changes nothing");
    world.login(&child.username, PASSWORD).await;
    let lowered = stored_hash(&world);
    assert!(lowered.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{lowered}");
    world.login(&child.username, PASSWORD).await;
}

#[tokio::test]
async fn more_log_ins_than_the_queue_holds_are_503_and_tell_when_to_come_back() {
    // Large hashes: the queue is full long before the first is done.
    let options = Options { hash_memory: 32 * 1024, hash_queue: 1, ..Options::default() };
    let world = World::with(options).await;
    let nobody = world.nobody();
    let replies = together(64, |_| {
        let nobody = nobody.clone();
        async move { nobody.post("/v1/auth", json!({"username": "x", "password": "y"})).await }
    });
    let (refused, checked): (Vec<_>, Vec<_>) = replies.await.into_iter().partition(|reply| reply.status == 503);
    assert!(!refused.is_empty() && !checked.is_empty());
    for reply in checked {
        reply.fails(401, WRONG, None);
    }
    for reply in refused {
        let text = "Too many passwords are being checked at the moment. Please try again in a few seconds.";
        let reply = reply.fails(503, "SERVICE UNAVAILABLE", Some(text));
        assert!(reply.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    }
    world.admin().await;
}

#[tokio::test]
async fn a_log_in_a_reset_and_a_log_in_within_one_second_behave() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let child = world.person("children", &institution, &[]).await;
    let own = format!("/v1/children/{}", child.id);
    let reset = format!("/v1/users/{}/reset-password", child.id);
    let mut tokens: Vec<Value> = vec![claims(&child.client)];
    let mut client = child.client;
    for password in ["second", "third"] {
        admin.post(&reset, json!({"new_password": password})).await.is(204);
        client.get(&own).await.is(401);
        client = world.login(&child.username, password).await;
        client.get(&own).await.is(200);
        tokens.push(claims(&client));
    }
    assert!(tokens.iter().all(|claims| claims["iat"] == tokens[0]["iat"]), "all in the same second: {tokens:?}");
}

#[tokio::test]
async fn numbers_of_tokens_increase_over_restarts_and_when_the_clock_goes_back() {
    let mut world = World::open(Arc::new(tempfile::tempdir().unwrap()), TestClock::new(), Options::default()).await;
    let mut last = 0;
    for _ in 0..3 {
        for _ in 0..2 {
            let number = claims(&world.admin().await)["jti"].as_str().unwrap().parse::<i64>().unwrap();
            assert!(number > last, "{number} after {last}");
            last = number;
        }
        // As far back in all as counts for a clock that is right.
        world.clock.advance(-180);
        world = world.restarted().await;
    }
}
