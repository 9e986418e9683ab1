//! Keys for tokens: a new one signs at once, those before it verify until their tokens are over.

use std::sync::Arc;

use ocariot_users::app::{KeyCare, KeysRecord, OperatorCommand, Outcome};
use serde_json::{Value, json};

use crate::support::keys::{Fault, Keeper, token_key};
use crate::support::{ADMIN, Client, Options, TestClock, World, claims};
use crate::tokens::{BAD, EXPIRED, is_refused, signed_with};

const DAY: i64 = 86_400;

async fn operate(world: &World, command: OperatorCommand) -> Result<Outcome, String> {
    world.app.operate(command).await.map_err(|refusal| refusal.0)
}

async fn rotate(world: &World, without_overlap: bool) -> KeysRecord {
    match operate(world, OperatorCommand::KeysRotate { without_overlap }).await {
        Ok(Outcome::Rotated(keys)) => keys,
        Ok(_) => panic!("another outcome"),
        Err(why) => panic!("refused: {why}"),
    }
}

async fn shown(world: &World) -> KeysRecord {
    match operate(world, OperatorCommand::KeysShow).await {
        Ok(Outcome::Keys(keys)) => keys,
        _ => panic!("another outcome"),
    }
}

/// The key set, as services see it that verify tokens.
async fn published(world: &World) -> Vec<Value> {
    let set = world.nobody().get("/v1/.well-known/jwks.json").await.is(200).body;
    assert_eq!(set, world.nobody().get("/.well-known/jwks.json").await.is(200).body);
    set["keys"].as_array().unwrap().clone()
}

fn kids(keys: &[Value]) -> Vec<&str> {
    keys.iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

fn header(client: &Client) -> Value {
    let header = jsonwebtoken::decode_header(client.token.as_deref().unwrap()).unwrap();
    json!({"typ": header.typ, "alg": header.alg, "kid": header.kid})
}

/// Verifies a token as another service does: with the published key that its header names.
fn verified_elsewhere(client: &Client, keys: &[Value]) -> bool {
    let kid = header(client)["kid"].clone();
    let Some(key) = keys.iter().find(|key| key["kid"] == kid) else { return false };
    let (modulus, exponent) = (key["n"].as_str().unwrap(), key["e"].as_str().unwrap());
    let key = jsonwebtoken::DecodingKey::from_rsa_components(modulus, exponent).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.validate_exp = false;
    jsonwebtoken::decode::<Value>(client.token.as_deref().unwrap(), &key, &rules).is_ok()
}

async fn works(client: &Client) -> bool {
    client.get("/v1/institutions").await.status == 200
}

#[tokio::test]
async fn after_a_rotation_the_new_key_signs_and_tokens_of_the_old_one_stay_valid_until_they_end() {
    let world = World::new().await;
    let first = published(&world).await;
    assert_eq!(first.len(), 1);
    let old = world.admin().await;
    world.clock.advance(60);

    let rotated = rotate(&world, false).await;
    let both = published(&world).await;
    assert_eq!(kids(&both), [rotated.signing.kid.as_str(), kids(&first)[0]], "the one that signs comes first");
    assert_eq!(both[1], first[0]);
    let new = world.admin().await;
    assert_eq!(header(&new)["kid"], rotated.signing.kid.as_str());
    assert!(works(&old).await && works(&new).await);
    assert!(verified_elsewhere(&old, &both) && verified_elsewhere(&new, &both));
    assert!(!verified_elsewhere(&new, &first), "who has the old set alone fetches it again");

    // A minute before the old token's end, and at it.
    world.clock.advance(DAY - 120);
    assert!(works(&old).await);
    world.clock.advance(60);
    let over = old.get("/v1/institutions").await;
    assert!(is_refused(&over, BAD) || is_refused(&over, EXPIRED), "{}", over.text);
    assert!(works(&new).await);
    assert_eq!(kids(&published(&world).await), [rotated.signing.kid.as_str()]);
    assert!(shown(&world).await.earlier.is_empty());
}

#[tokio::test]
async fn the_overlap_ends_with_the_last_token_that_the_old_key_signed() {
    let world = World::new().await;
    let old = world.admin().await;
    world.clock.advance(3600);
    let last = world.admin().await;
    let ends = claims(&last)["exp"].as_i64().unwrap();
    world.clock.advance(3600);
    let rotated = rotate(&world, false).await;
    let until: jiff::Timestamp = rotated.earlier[0].accepted_until.as_deref().unwrap().parse().unwrap();
    assert!((ends..=ends + 1).contains(&until.as_second()), "{until} is the end of the last token, {ends}");
    assert!(works(&old).await && works(&last).await);
}

#[tokio::test]
async fn several_rotations_overlap_and_a_restart_changes_nothing() {
    let world = World::new().await;
    let mut clients = vec![world.admin().await];
    for _ in 0..3 {
        world.clock.advance(10);
        rotate(&world, false).await;
        clients.push(world.admin().await);
    }
    let before = published(&world).await;
    assert_eq!(before.len(), 4);
    let world = world.restarted().await;
    assert_eq!(published(&world).await, before);
    for client in &clients {
        assert!(works(&world.bearer(client.token.as_deref().unwrap())).await);
    }
    let signing = header(&world.admin().await)["kid"].clone();
    assert_eq!(signing, kids(&before)[0], "the newest signs after a restart, too");
}

#[tokio::test]
async fn without_overlap_tokens_from_before_are_refused_at_once() {
    let world = World::new().await;
    let (oldest, old) = (world.admin().await, {
        rotate(&world, false).await;
        world.admin().await
    });
    let rotated = rotate(&world, true).await;
    assert!(rotated.earlier.is_empty());
    assert!(is_refused(&old.get("/v1/institutions").await, BAD));
    assert!(is_refused(&oldest.get("/v1/institutions").await, BAD));
    assert!(works(&world.admin().await).await);
    assert_eq!(kids(&published(&world).await), [rotated.signing.kid.as_str()]);
    let world = world.restarted().await;
    assert!(!works(&world.bearer(old.token.as_deref().unwrap())).await);
}

/// How many rotations the audit trail has.
fn rows(world: &World) -> i64 {
    let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    let sql = "SELECT count(*) FROM audit WHERE action = 'keys_rotate' AND outcome = 'ok' AND actor_id IS NULL";
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_rotation_leaves_a_row_in_the_audit_trail() {
    let world = World::new().await;
    assert_eq!(rows(&world), 0);
    rotate(&world, false).await;
    rotate(&world, true).await;
    assert_eq!(rows(&world), 2);
}

/// RFC 8725: the header chooses among our keys, and nothing else.
#[tokio::test]
async fn the_kid_chooses_one_key_and_no_other_signature_fits_it() {
    let world = World::new().await;
    let old = world.admin().await;
    let old_key = token_key(world.folder.path());
    rotate(&world, false).await;
    let (new, new_key) = (world.admin().await, token_key(world.folder.path()));
    let named = |client: &Client| header(client)["kid"].clone();
    let forged = |key: &str, kid: Value, algorithm: &str| {
        let header = match kid {
            Value::Null => json!({"typ": "JWT", "alg": algorithm}),
            kid => json!({"typ": "JWT", "alg": algorithm, "kid": kid}),
        };
        world.bearer(&signed_with(key.as_bytes(), &header.to_string(), &claims(&old).to_string()))
    };
    // What is right, to prove that the others fail for one reason alone.
    assert!(works(&forged(&old_key, named(&old), "RS256")).await);
    assert!(works(&forged(&new_key, named(&new), "RS256")).await);
    assert!(works(&forged(&new_key, Value::Null, "RS256")).await, "without a kid it is the one that signs");
    let mut cases = vec![
        ("the old key as the new one", forged(&old_key, named(&new), "RS256")),
        ("the new key as the old one", forged(&new_key, named(&old), "RS256")),
        ("the old key without a name", forged(&old_key, Value::Null, "RS256")),
    ];
    for algorithm in ["none", "HS256", "RS384", "RS512", "PS256", "ES256"] {
        cases.push((algorithm, forged(&old_key, named(&old), algorithm)));
    }
    for kid in ["", "0", "jwt.key", "../jwt.key", "' OR 1=1 --", "%"] {
        cases.push((kid, forged(&old_key, json!(kid), "RS256")));
    }
    // A key of the forger's own, brought along (RFC 8725, section 3.10).
    let brought = json!({"typ": "JWT", "alg": "RS256", "kid": "mine", "jku": "https://forger.example/jwks.json",
                         "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}});
    let token = signed_with(old_key.as_bytes(), &brought.to_string(), &claims(&old).to_string());
    cases.push(("a key brought along", world.bearer(&token)));
    for (name, client) in cases {
        assert!(is_refused(&client.get("/v1/institutions").await, BAD), "{name}");
    }
}

/// A service whose keys are kept by somebody who can fail.
async fn kept_by_a_failing_one() -> (World, Arc<Keeper>) {
    let (folder, clock) = (Arc::new(tempfile::tempdir().unwrap()), TestClock::new());
    let keeper = Arc::new(Keeper::new(folder.path()));
    let options = Options { key_care: Some(KeyCare::Own(keeper.clone())), ..Options::default() };
    (World::open(folder, clock, options).await, keeper)
}

const FAULTS: [Fault; 5] = [
    Fault::BeforeItIsKept,
    Fault::AfterItIsKept,
    Fault::AfterItIsKeptUnseen,
    Fault::BeforeItIsPublished,
    Fault::DatabaseIsHeld,
];

/// The step of a rotation that the fault is in fails.
async fn failing_rotation(world: &World, keeper: &Keeper, fault: Fault) -> String {
    keeper.fails(fault);
    world.clock.advance(1);
    let why = operate(world, OperatorCommand::KeysRotate { without_overlap: false }).await;
    keeper.let_go();
    why.err().unwrap_or_default()
}

#[tokio::test]
async fn a_rotation_cut_short_at_any_step_leaves_every_valid_token_valid() {
    for fault in FAULTS {
        let (world, keeper) = kept_by_a_failing_one().await;
        let old = world.admin().await;
        let why = failing_rotation(&world, &keeper, fault).await;
        // The running service signs with what the next start finds, as far as that can be told.
        let later = world.admin().await;
        let changed = header(&later)["kid"] != header(&old)["kid"];
        assert_eq!(changed, !matches!(fault, Fault::BeforeItIsKept | Fault::AfterItIsKeptUnseen), "{fault:?}: {why}");
        // As after a kill.
        let world = world.restarted().await;
        for client in [&old, &later] {
            assert!(works(&world.bearer(client.token.as_deref().unwrap())).await, "{fault:?}");
        }
        let now = world.admin().await;
        let changed = header(&now)["kid"] != header(&old)["kid"];
        assert_eq!(changed, fault != Fault::BeforeItIsKept, "what is kept signs: {fault:?}");
        assert_eq!(rows(&world), i64::from(changed), "{fault:?}");
        // And it can be rotated again.
        rotate(&world, false).await;
        for client in [&old, &later, &now] {
            assert!(works(&world.bearer(client.token.as_deref().unwrap())).await, "{fault:?}");
        }
        world.clock.advance(2 * DAY);
        assert_eq!(published(&world).await.len(), 1);
    }
}

#[tokio::test]
async fn a_rotation_cut_short_at_any_step_logs_nobody_out_however_long_the_service_runs_on() {
    for fault in FAULTS {
        let (world, keeper) = kept_by_a_failing_one().await;
        world.admin().await;
        failing_rotation(&world, &keeper, fault).await;
        // Longer than a token lives, with the upkeep at its work and the fault still there.
        let mut clients = Vec::new();
        for _ in 0..30 {
            world.clock.advance(3600);
            let _ = world.app.tidy_keys().await;
            clients.push(world.admin().await);
        }
        clients.drain(..clients.len() - 20);
        for client in &clients {
            assert!(works(client).await, "{fault:?}");
        }
        let world = world.restarted().await;
        for client in &clients {
            assert!(works(&world.bearer(client.token.as_deref().unwrap())).await, "{fault:?}, after a restart");
        }
        world.app.tidy_keys().await.unwrap();
        let signing = header(&world.admin().await)["kid"].clone();
        assert_eq!(kids(&published(&world).await)[0], signing);
    }
}

#[tokio::test]
async fn a_public_half_that_cannot_be_written_is_said_and_written_by_the_upkeep() {
    let (world, keeper) = kept_by_a_failing_one().await;
    let old = world.admin().await;
    let why = failing_rotation(&world, &keeper, Fault::BeforeItIsPublished).await;
    for words in ["the new key signs", "jwt.pub", "the disk is full", "every minute"] {
        assert!(why.contains(words), "{words} in {why}");
    }
    let new = world.admin().await;
    assert_ne!(header(&new)["kid"], header(&old)["kid"]);
    assert_eq!(rows(&world), 1, "the rotation is complete");
    let file = world.folder.path().join("jwt.pub");
    assert!(world.app.tidy_keys().await.is_err());
    assert!(!file.exists());
    keeper.fails(Fault::Never);
    world.app.tidy_keys().await.unwrap();
    let pem = std::fs::read(&file).unwrap();
    let key = jsonwebtoken::DecodingKey::from_rsa_pem(&pem).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.validate_exp = false;
    assert!(jsonwebtoken::decode::<Value>(new.token.as_deref().unwrap(), &key, &rules).is_ok());
}

#[tokio::test]
async fn a_clock_that_is_ahead_for_a_while_makes_no_key_be_forgotten_whose_tokens_are_valid() {
    let world = World::new().await;
    let old = world.admin().await;
    rotate(&world, false).await;
    let ahead = 10 * 365 * DAY;
    world.clock.advance(ahead);
    world.app.tidy_keys().await.unwrap();
    assert_eq!(published(&world).await.len(), 1, "what is over is not published");
    world.clock.advance(-ahead);
    assert!(works(&old).await);
    assert_eq!(published(&world).await.len(), 2);
}

#[tokio::test]
async fn keys_whose_tokens_are_over_are_forgotten_except_the_newest() {
    let world = World::new().await;
    for _ in 0..10 {
        world.clock.advance(1);
        rotate(&world, false).await;
    }
    world.clock.advance(DAY);
    world.app.tidy_keys().await.unwrap();
    assert_eq!(world.store.read(|view| view.token_keys()).unwrap().len(), 9, "eight, and the one that signs");
    assert_eq!(published(&world).await.len(), 1);
}

/// The last step fails: the new key signs already.
#[tokio::test]
async fn a_rotation_that_the_database_is_not_told_of_is_completed_by_the_upkeep() {
    for without_overlap in [false, true] {
        let (folder, clock) = (Arc::new(tempfile::tempdir().unwrap()), TestClock::new());
        let keeper = Arc::new(Keeper::new(folder.path()));
        let options = Options { key_care: Some(KeyCare::Own(keeper.clone())), ..Options::default() };
        let world = World::open(folder, clock, options).await;
        let old = world.admin().await;
        keeper.fails(Fault::DatabaseIsHeld);
        world.clock.advance(1);
        let why = operate(&world, OperatorCommand::KeysRotate { without_overlap }).await.err().unwrap();
        let said = if without_overlap { "still accepted: repeat this" } else { "completes it by itself" };
        assert!(why.contains("the new key signs") && why.contains(said), "{why}");
        keeper.let_go();
        let new = world.admin().await;
        assert_ne!(header(&new)["kid"], header(&old)["kid"]);
        assert!(works(&old).await && works(&new).await);
        assert_eq!(rows(&world), 0);
        world.app.tidy_keys().await.unwrap();
        assert_eq!(rows(&world), 1);
        assert!(works(&old).await && works(&new).await);
        assert!(shown(&world).await.earlier[0].accepted_until.is_some());
        keeper.fails(Fault::Never);
        rotate(&world, without_overlap).await;
        assert_eq!((works(&old).await, works(&new).await), (!without_overlap, !without_overlap));
    }
}

#[tokio::test]
async fn rotations_at_the_same_time_come_one_after_the_other() {
    let world = World::new().await;
    let old = world.admin().await;
    let rotations = (0..4).map(|_| operate(&world, OperatorCommand::KeysRotate { without_overlap: false }));
    let logins = (0..8).map(|_| world.login(ADMIN.0, ADMIN.1));
    let (rotations, clients) =
        tokio::join!(futures_util::future::join_all(rotations), futures_util::future::join_all(logins));
    assert!(rotations.iter().all(Result::is_ok));
    assert_eq!(published(&world).await.len(), 5);
    for client in clients.iter().chain([&old]) {
        assert!(works(client).await);
    }
    let world = world.restarted().await;
    for client in clients.iter().chain([&old]) {
        assert!(works(&world.bearer(client.token.as_deref().unwrap())).await);
    }
}

#[tokio::test]
async fn a_key_that_the_settings_name_is_not_replaced() {
    let options = Options { key_care: Some(KeyCare::Given), ..Options::default() };
    let world = World::with(options).await;
    let before = published(&world).await;
    let why = operate(&world, OperatorCommand::KeysRotate { without_overlap: false }).await.err().unwrap();
    assert!(why.contains("--jwt-private-key"), "{why}");
    assert_eq!(published(&world).await, before);
    assert_eq!(shown(&world).await.signing.kid, kids(&before)[0]);
}

/// A key that was exchanged without a rotation, as by an operator who deletes it because somebody else has it.
#[tokio::test]
async fn keys_before_one_that_is_unknown_are_not_accepted() {
    let world = World::new().await;
    let oldest = world.admin().await;
    rotate(&world, false).await;
    let old = world.admin().await;
    let other = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    std::fs::write(world.folder.path().join("jwt.key"), other.serialize_pem()).unwrap();
    let world = world.restarted().await;
    assert_eq!(published(&world).await.len(), 1);
    for client in [oldest, old] {
        assert!(is_refused(&world.bearer(client.token.as_deref().unwrap()).get("/v1/institutions").await, BAD));
    }
    assert!(works(&world.admin().await).await);
}
