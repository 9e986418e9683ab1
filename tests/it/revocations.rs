//! Who is revoked stays revoked: whatever the clock does, after a restart, and after a restore.

use std::path::Path;
use std::sync::Arc;

use ocariot_users::app::{GivenPassword, OperatorCommand, UserName};
use ocariot_users::model::{Account, Id};
use ocariot_users::store::{EarlierTokens, Store, Succession};
use serde_json::json;
use zeroize::Zeroizing;

use crate::support::{ADMIN, Client, Options, PASSWORD, Person, TestClock, World};
use crate::tokens::{REVOKED, is_refused};

const DAY: i64 = 86_400;
const LIST: &str = "/v1/institutions";

async fn is_revoked(world: &World, token: &str) -> bool {
    is_refused(&world.bearer(token).get(LIST).await, REVOKED)
}

fn token(client: &Client) -> String {
    client.token.clone().unwrap()
}

/// An administrator, and somebody whose tokens are to be revoked.
async fn world() -> (World, Client, Person) {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let person = world.person("educators", &institution, &[]).await;
    (world, admin, person)
}

async fn reset(admin: &Client, person: &Person) {
    let body = json!({"new_password": "another"});
    admin.post(&format!("/v1/users/{}/reset-password", person.id), body).await.is(204);
}

#[tokio::test]
async fn a_revocation_outlasts_a_clock_that_was_ahead_when_another_was_made() {
    let (world, admin, deleted) = world().await;
    let institution = admin.make_institution().await;
    let other = world.person("educators", &institution, &[]).await;
    admin.delete(&format!("/v1/users/{}", deleted.id)).await.is(204);
    // Two days ahead an operator resets a password; then the clock is right again.
    world.clock.advance(2 * DAY);
    let user = UserName { name: other.id.clone(), role: None };
    let password = Some(GivenPassword::from("another".to_owned()));
    world.app.operate(OperatorCommand::UserSetPassword { user, password }).await.unwrap();
    world.clock.advance(-2 * DAY);
    for token in [token(&deleted.client), token(&other.client)] {
        assert!(is_revoked(&world, &token).await);
    }
    let world = world.restarted().await;
    for token in [token(&deleted.client), token(&other.client)] {
        assert!(is_revoked(&world, &token).await);
    }
}

#[tokio::test]
async fn forgetting_a_revocation_by_a_right_clock_logs_nobody_out() {
    let (world, admin, first) = world().await;
    let institution = admin.make_institution().await;
    let second = world.person("educators", &institution, &[]).await;
    reset(&admin, &first).await;
    world.clock.advance(DAY + 3600);
    let (admin, later) = (world.admin().await, world.login(&first.username, "another").await);
    reset(&admin, &second).await;
    let rows = world.store.read(|view| view.revocations()).unwrap();
    assert_eq!(rows.len(), 1, "the first is forgotten: {rows:?}");
    for client in [&admin, &later] {
        client.get(LIST).await.is(200);
    }
    let world = world.restarted().await;
    for client in [&admin, &later] {
        world.bearer(&token(client)).get(LIST).await.is(200);
    }
}

/// Copies a database to a new file.
fn copied(database: &Path, copy: &Path) {
    std::fs::File::create_new(copy).unwrap();
    Store::copy(database, copy).unwrap();
}

/// The machine is lost with what it gave out since the backup; its successor's clock is behind by so much.
async fn restored(behind: i64, tokens: EarlierTokens) -> (World, [String; 2]) {
    let (world, admin, _) = world().await;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let copy = folder.path().join("ocariot.db");
    copied(&world.folder.path().join("ocariot.db"), &copy);
    world.clock.advance(3600);
    let since = world.admin().await;
    Store::make_ready(&copy, |_| Ok(Zeroizing::new([7; 64])), Succession::of_nothing(tokens)).unwrap();
    let clock = TestClock::new();
    clock.advance(3600 - behind);
    let world = World::open(folder, clock, Options::default()).await;
    (world, [token(&admin), token(&since)])
}

#[tokio::test]
async fn after_a_restore_earlier_tokens_are_refused_whatever_the_clock_tells() {
    for behind in [0, 1800, 3600, 20 * 365 * DAY] {
        let (world, earlier) = restored(behind, EarlierTokens::Revoked).await;
        world.clock.advance(behind);
        for moment in ["the clock is right", "somebody logged in"] {
            for earlier in &earlier {
                assert!(is_revoked(&world, earlier).await, "{behind} s behind, {moment}");
            }
            world.admin().await.get(LIST).await.is(200);
        }
        let world = world.restarted().await;
        for earlier in &earlier {
            assert!(is_revoked(&world, earlier).await, "{behind} s behind, after a restart");
        }
        world.admin().await.get(LIST).await.is(200);
    }
}

#[tokio::test]
async fn a_restore_that_keeps_tokens_keeps_those_that_came_after_the_backup_and_they_can_be_revoked() {
    for behind in [0, 1800, 20 * 365 * DAY] {
        let (world, earlier) = restored(behind, EarlierTokens::Kept).await;
        world.clock.advance(behind);
        for earlier in &earlier {
            world.bearer(earlier).get(LIST).await.is(200);
        }
        let body = json!({"old_password": ADMIN.1, "new_password": ADMIN.1});
        let path = format!("/v1/users/{}/password", world.admin_id().await);
        world.bearer(&earlier[0]).put(&path, body).await.is(204);
        world.bearer(&earlier[0]).get(LIST).await.is(200);
        assert!(is_revoked(&world, &earlier[1]).await, "{behind} s behind");
    }
}

#[tokio::test]
async fn a_restore_that_keeps_tokens_keeps_what_was_revoked_since_the_backup() {
    let (world, admin, person) = world().await;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let (database, copy) = (world.folder.path().join("ocariot.db"), folder.path().join("ocariot.db"));
    copied(&database, &copy);
    reset(&admin, &person).await;
    let beyond = Store::counters(&database).unwrap();
    let succession = Succession { beyond, ..Succession::of_nothing(EarlierTokens::Kept) };
    Store::make_ready(&copy, |_| Ok(Zeroizing::new([7; 64])), succession).unwrap();
    let world = World::open(folder, world.clock.clone(), Options::default()).await;
    assert!(is_revoked(&world, &token(&person.client)).await);
    world.bearer(&token(&admin)).get(LIST).await.is(200);
    world.login(&person.username, PASSWORD).await.get(LIST).await.is(200);
}

/// A number that a database has not given out is another one's, even if the key fits.
#[tokio::test]
async fn two_restores_of_one_backup_do_not_accept_each_others_tokens() {
    let (world, ..) = world().await;
    let behind = 20 * 365 * DAY;
    let mut sides = Vec::new();
    for _ in 0..2 {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let copy = folder.path().join("ocariot.db");
        copied(&world.folder.path().join("ocariot.db"), &copy);
        let key = |_: &[u8; 16]| Ok(Zeroizing::new([7; 64]));
        Store::make_ready(&copy, key, Succession::of_nothing(EarlierTokens::Revoked)).unwrap();
        // The clock is wrong at the restore, and right when somebody logs in.
        let clock = TestClock::new();
        clock.advance(-behind);
        let side = World::open(folder, clock, Options::default()).await;
        side.clock.advance(behind + 60);
        let token = token(&side.admin().await);
        side.admin().await;
        sides.push((side, token));
    }
    for (at, (side, own)) in sides.iter().enumerate() {
        side.bearer(own).get(LIST).await.is(200);
        assert!(is_revoked(side, &sides[1 - at].1).await);
    }
}

/// The thief's request waits for its hash, or for the one that writes, while the operator revokes his token.
#[tokio::test]
async fn a_change_that_waited_while_its_token_was_revoked_is_refused_and_changes_nothing() {
    let (world, admin, victim) = world().await;
    let id: Id<Account> = Id::parse(claims_of(&admin).as_str()).unwrap();
    let (go, wait) = std::sync::mpsc::channel();
    let reset = format!("/v1/users/{}/reset-password", victim.id);
    let (held, revoked, late, ()) = tokio::join!(
        // All that follow share one commit: nothing of it is in memory before its end.
        world.store.write(move |_| wait.recv().map_err(ocariot_users::model::Error::internal)),
        world.store.write(move |tx| tx.revoke_tokens(id, None)),
        admin.post(&reset, json!({"new_password": "the thief's"})),
        async {
            while world.app.load().writes_waiting < 2 {
                tokio::task::yield_now().await;
            }
            go.send(()).unwrap();
        },
    );
    held.unwrap();
    revoked.unwrap();
    assert!(is_refused(&late, REVOKED), "{}", late.text);
    world.login(&victim.username, PASSWORD).await.get(LIST).await.is(200);
    victim.client.get(LIST).await.is(200);
}

fn claims_of(client: &Client) -> String {
    crate::support::claims(client)["sub"].as_str().unwrap().to_owned()
}
