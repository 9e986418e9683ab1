//! What is tracked is removed when it is older than it is kept, and never because of a clock that is far ahead.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::count;
use crate::support::{Options, World};

const HOUR: i64 = 3600;
const YEAR: i64 = 365 * 24 * HOUR;
const TABLES: [&str; 6] = ["day_totals", "physical_activity", "sleep", "weight", "body_fat", "environment"];

fn keeping(years: u64) -> Options {
    Options { keep_tracking: Some(Duration::from_secs(years * YEAR as u64)), ..Options::default() }
}

/// The same folder with the same clock, as after a restart.
async fn restarted(world: World, options: Options) -> World {
    let (folder, clock) = (world.folder.clone(), world.clock.clone());
    drop(world);
    World::open(folder, clock, options).await
}

/// Seconds from now, as milliseconds since 1970.
fn at(world: &World, seconds: i64) -> i64 {
    let now: Timestamp = world.clock.now();
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap().as_millisecond()
}

/// Stores one thing of each kind at each of these times.
fn fill(world: &World, child: &str, institution: &str, times: &[i64]) {
    world.sql(&format!(
        "INSERT INTO tracked_child (child_id) VALUES (x'{child}');
         INSERT INTO tracked_institution (institution_id) VALUES (x'{institution}');
         INSERT INTO place SELECT 1, number, 'Indoor', 'room 01', '', '' FROM tracked_institution;"
    ));
    for (id, time) in times.iter().enumerate() {
        world.sql(&format!(
            "INSERT OR IGNORE INTO day_totals (child, day, steps) VALUES (1, {time} / 86400000, 1);
             INSERT INTO physical_activity (child, id, start_time, duration, name, calories)
             VALUES (1, {id}, {time}, 1, 'walk', 1);
             INSERT INTO sleep VALUES (1, {id}, {time}, 1, 0, x'00');
             INSERT INTO weight VALUES (1, {id}, {time}, 30, 'kg', 1);
             INSERT INTO body_fat VALUES (1, {id}, {time}, 20);
             INSERT INTO environment VALUES (1, {id}, {time}, 1, 0, x'00');
             UPDATE tracked_institution SET environments = environments + 1;"
        ));
    }
}

/// What the audit trail says of removals: by whom, and of how many.
fn removals(world: &World) -> Vec<(Option<String>, String, i64)> {
    let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    let sql = "SELECT lower(hex(actor_id)), actor_role, count FROM audit WHERE action = 'tracking_prune' ORDER BY id";
    let mut rows = database.prepare(sql).unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.unwrap().map(Result::unwrap).map(|(id, role, count): (Option<String>, _, _)| (id, role, count)).collect()
}

#[tokio::test]
async fn what_is_older_than_it_is_kept_goes_and_the_audit_trail_says_how_much() {
    let world = World::with(keeping(5)).await;
    let school = world.school().await;
    let times = [-5 * YEAR - 48 * HOUR, -5 * YEAR - 1, -5 * YEAR + HOUR].map(|seconds| at(&world, seconds));
    fill(&world, &school.child.id, &school.institution, &times);
    for _ in 0..2 {
        world.app.prune_tracking().await.unwrap();
        assert_eq!(TABLES.map(|table| count(&world, table)), [1; 6], "a day goes when it is over as a whole");
        let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
        let one = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(one("SELECT environments FROM tracked_institution"), 1, "pages count by it");
        assert_eq!(one("SELECT start_time FROM sleep"), times[2]);
        assert_eq!(removals(&world), [(Some(String::new()), "service".to_owned(), 11)], "once");
    }
}

#[tokio::test]
async fn nothing_goes_unless_it_is_asked_for() {
    let world = World::new().await;
    let school = world.school().await;
    fill(&world, &school.child.id, &school.institution, &[-1_000_000_000, at(&world, -100 * YEAR)]);
    world.app.prune_tracking().await.unwrap();
    assert_eq!((TABLES.map(|table| count(&world, table)), removals(&world).len()), ([2; 6], 0));
}

#[tokio::test]
async fn much_goes_in_small_steps_and_is_one_row_of_the_audit_trail() {
    let world = World::with(keeping(1)).await;
    let school = world.school().await;
    let times: Vec<_> = (0..70).map(|day| at(&world, -2 * YEAR + day * 24 * HOUR)).collect();
    fill(&world, &school.child.id, &school.institution, &times);
    let before = world.clock.now();
    assert_eq!(world.store.write(move |tx| tx.prune_tracking(before, 7)).await.unwrap(), 7);
    let left = |world: &World| TABLES.map(|table| count(world, table)).iter().sum::<i64>();
    assert_eq!(left(&world), 6 * 70 - 7);
    world.app.prune_tracking().await.unwrap();
    assert_eq!(left(&world), 0);
    assert_eq!(removals(&world), [(Some(String::new()), "service".to_owned(), 6 * 70 - 7)]);
}

#[tokio::test]
async fn a_clock_that_is_far_ahead_takes_ten_hours_of_data_an_hour_restarts_or_not() {
    let world = World::with(keeping(1)).await;
    let school = world.school().await;
    let times: Vec<_> = (0..20).map(|n| at(&world, -YEAR + HOUR + n * 5 * HOUR)).collect();
    fill(&world, &school.child.id, &school.institution, &times);
    world.app.prune_tracking().await.unwrap();
    assert_eq!(count(&world, "weight"), 20, "none is old enough");

    world.clock.advance(10 * YEAR);
    world.app.prune_tracking().await.unwrap();
    assert_eq!(count(&world, "weight"), 18);
    let world = restarted(world, keeping(1)).await;
    world.app.prune_tracking().await.unwrap();
    assert_eq!(count(&world, "weight"), 16);

    world.clock.advance(-10 * YEAR);
    world.app.prune_tracking().await.unwrap();
    assert_eq!(count(&world, "weight"), 16, "the clock is right again");
    world.clock.advance(17 * HOUR + 5 * HOUR);
    world.app.prune_tracking().await.unwrap();
    assert_eq!(count(&world, "weight"), 15, "what is old enough goes on time");
}

#[tokio::test]
async fn the_first_removal_trusts_what_the_database_knew_and_not_a_clock_that_is_far_ahead() {
    let world = World::new().await;
    let school = world.school().await;
    let times = [-7 * YEAR, -4 * YEAR].map(|seconds| at(&world, seconds));
    fill(&world, &school.child.id, &school.institution, &times);
    world.clock.advance(10 * YEAR);
    let world = restarted(world, keeping(5)).await;
    world.app.prune_tracking().await.unwrap();
    assert_eq!(count(&world, "weight"), 1, "what was too old before");
}

#[tokio::test]
async fn a_clock_that_is_behind_removes_nothing_and_is_no_reason_to_begin_anew() {
    let world = World::with(keeping(5)).await;
    let school = world.school().await;
    fill(&world, &school.child.id, &school.institution, &[at(&world, -5 * YEAR - HOUR)]);
    world.clock.advance(-30 * YEAR);
    world.app.prune_tracking().await.unwrap_err();
    world.clock.advance(30 * YEAR);
    assert_eq!(count(&world, "weight"), 1);
    world.app.prune_tracking().await.unwrap();
    assert_eq!(count(&world, "weight"), 0);
}
