//! A clock that is behind, as of a machine without a battery: ids increase, and nobody gets a token until it is right.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Arc;

use ocariot_users::app::ClockTrust;
use serde_json::json;

use crate::support::{ADMIN, Client, Options, Reply, World};

const HOUR: i64 = 3600;

async fn log_in(world: &World, password: &str) -> Reply {
    world.nobody().post("/v1/auth", json!({"username": ADMIN.0, "password": password})).await
}

fn is_refused(reply: Reply) {
    assert!(reply.header("retry-after").is_some());
    let reason = "The clock of the server is wrong. Please inform its administrator.";
    reply.fails(503, "SERVICE UNAVAILABLE", Some(reason));
}

/// A world whose newest change was two hours after the log-in of its administrator.
async fn world() -> (World, Client, String) {
    let world = World::new().await;
    let admin = world.admin().await;
    world.clock.advance(2 * HOUR);
    let newest = admin.make_institution().await;
    (world, admin, newest)
}

#[tokio::test]
async fn with_a_clock_that_is_behind_nobody_gets_a_token_and_ids_increase() {
    let (world, admin, newest) = world().await;
    world.clock.advance(-HOUR);
    is_refused(log_in(&world, ADMIN.1).await);
    is_refused(log_in(&world, "not the password").await);
    is_refused(world.nobody().get("/readyz").await);
    let next = admin.make_institution().await;
    assert!(next > newest, "{next} after {newest}");
    // Nor after a restart.
    let world = world.restarted().await;
    is_refused(log_in(&world, ADMIN.1).await);
    world.clock.advance(HOUR);
    log_in(&world, ADMIN.1).await.is(200);
}

#[tokio::test]
async fn a_clock_that_drifts_and_is_set_right_is_no_wrong_one() {
    let (world, ..) = world().await;
    world.clock.advance(-9 * 60);
    log_in(&world, ADMIN.1).await.is(200);
    world.clock.advance(-2 * 60);
    is_refused(log_in(&world, ADMIN.1).await);
}

#[tokio::test]
async fn a_new_database_does_not_believe_a_clock_from_before_the_program_was_written() {
    let clock = crate::support::TestClock::new();
    clock.advance(-56 * 365 * 24 * HOUR);
    let world = World::open(Arc::new(tempfile::tempdir().unwrap()), clock, Options::default()).await;
    is_refused(log_in(&world, ADMIN.1).await);
}

#[tokio::test]
async fn after_a_clock_that_was_far_ahead_the_right_one_can_be_trusted() {
    let (world, ..) = world().await;
    world.clock.advance(10 * 365 * 24 * HOUR);
    let newest = world.admin().await.make_institution().await;
    world.clock.advance(-10 * 365 * 24 * HOUR);
    is_refused(log_in(&world, ADMIN.1).await);
    let (folder, clock) = (world.folder.clone(), world.clock.clone());
    drop(world);
    let world = World::open(folder, clock, Options { clock_trust: ClockTrust::Blind, ..Options::default() }).await;
    let next = world.admin().await.make_institution().await;
    assert!(next > newest, "{next} after {newest}");
}

thread_local! {
    /// What was logged on this thread.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThreadLog;

impl Write for ThreadLog {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(text))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_says_once_that_the_clock_is_wrong_and_once_that_it_is_right_again() {
    // For all threads: a subscriber of this thread alone misses what another thread logged first, from the same line.
    tracing_subscriber::fmt().with_writer(|| ThreadLog).init();
    let (world, ..) = world().await;
    for hours in [-1, 1] {
        world.clock.advance(hours * HOUR);
        for _ in 0..3 {
            log_in(&world, ADMIN.1).await;
        }
    }
    let text = String::from_utf8(LOG.take()).unwrap();
    assert_eq!(text.matches("The clock is behind the newest change").count(), 1, "{text}");
    assert!(text.contains("--trust-clock"), "{text}");
    assert_eq!(text.matches("The clock is right again").count(), 1, "{text}");
}
