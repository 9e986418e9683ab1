//! What is tracked of children and institutions goes with them: at once for everybody who reads, and from the disk a few
//! rows at a time.

use super::count;
use crate::support::World;

const OF_CHILDREN: [&str; 10] = [
    "wearable_before",
    "wearable_row",
    "wearable_answer",
    "wearable_import",
    "day_totals",
    "physical_activity",
    "sleep",
    "weight",
    "body_fat",
    "tracked_child",
];
const OF_INSTITUTIONS: [&str; 3] = ["environment", "place", "tracked_institution"];
const DAYS: i64 = 450;

/// Stores one thing of each kind for each of many days.
fn fill(world: &World, child: &str, institution: &str) {
    let days = format!("WITH RECURSIVE day (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM day WHERE n < {DAYS})");
    let c = format!("(SELECT number FROM tracked_child WHERE child_id = x'{child}')");
    let i = format!("(SELECT number FROM tracked_institution WHERE institution_id = x'{institution}')");
    world.sql(&format!(
        "INSERT INTO tracked_child (child_id) VALUES (x'{child}');
         INSERT OR IGNORE INTO tracked_institution (institution_id) VALUES (x'{institution}');
         INSERT INTO wearable_answer VALUES ({c}, 'fitbit', 'zone', 'Europe/Athens');
         INSERT OR IGNORE INTO wearable_batch VALUES (7, 'fitbit', 1, 0, NULL);
         INSERT INTO wearable_import VALUES (7, {c}, NULL, {DAYS}, 0, NULL);
         {days} INSERT INTO day_totals (child, day, steps) SELECT {c}, n, n FROM day;
         {days} INSERT INTO physical_activity (child, id, start_time, duration, name, calories)
                SELECT {c}, n, n, 1, 'walk', 1 FROM day;
         {days} INSERT INTO sleep SELECT {c}, n, n, 1, 0, x'00' FROM day;
         {days} INSERT INTO weight SELECT {c}, n, n, 30, 'kg', 1 FROM day;
         {days} INSERT INTO body_fat SELECT {c}, n, n, 20 FROM day;
         {days} INSERT INTO wearable_row SELECT {c}, 0, n, 7, n, n FROM day;
         {days} INSERT INTO wearable_before SELECT {c}, 0, n, 7, 6, '1' FROM day;
         {days} INSERT OR IGNORE INTO place SELECT n, {i}, 'Indoor', 'room ' || n, '', '' FROM day;
         {days} INSERT OR IGNORE INTO environment SELECT {i}, n, n, n, 0, x'00' FROM day;
         UPDATE tracked_institution SET environments = {DAYS};"
    ));
}

fn counts<const N: usize>(world: &World, tables: [&str; N]) -> [i64; N] {
    tables.map(|table| count(world, table))
}

#[tokio::test]
async fn what_is_tracked_of_a_child_is_gone_when_its_deletion_is_answered_and_of_no_other_child() {
    let world = World::new().await;
    let (school, admin) = (world.school().await, world.admin().await);
    for child in [&school.child, &school.sibling] {
        fill(&world, &child.id, &school.institution);
    }
    let before = counts(&world, OF_CHILDREN);
    assert_eq!(before, [900, 900, 2, 2, 900, 900, 900, 900, 900, 2]);
    admin.delete(&format!("/v1/users/{}", school.child.id)).await.is(204);
    assert_eq!(counts(&world, OF_CHILDREN), before.map(|rows| rows / 2));
    assert_eq!(counts(&world, OF_INSTITUTIONS), [DAYS, DAYS, 1]);
    let weights = admin.get(&format!("/v1/children/{}/weights?limit=1", school.sibling.id)).await.is(200);
    assert_eq!(weights.header("x-total-count"), Some("450"));
}

#[tokio::test]
async fn what_is_tracked_of_an_institution_is_gone_when_its_deletion_is_answered() {
    let world = World::new().await;
    let (school, admin) = (world.school().await, world.admin().await);
    let empty = admin.make_institution().await;
    fill(&world, &school.child.id, &empty);
    assert_eq!(counts(&world, OF_INSTITUTIONS), [DAYS, DAYS, 1]);
    admin.delete(&format!("/v1/institutions/{empty}")).await.is(204);
    assert_eq!(counts(&world, OF_INSTITUTIONS), [0; 3]);
    assert_eq!(count(&world, "day_totals"), DAYS);
}

#[tokio::test]
async fn all_environments_of_an_institution_go_with_their_places_and_new_ones_can_come() {
    let world = World::new().await;
    let (school, admin) = (world.school().await, world.admin().await);
    fill(&world, &school.child.id, &school.institution);
    let path = format!("/v1/institutions/{}/environments", school.institution);
    school.application.client.delete(&path).await.is(204);
    assert_eq!(counts(&world, OF_INSTITUTIONS), [0; 3]);
    assert_eq!(admin.get(&path).await.is(200).header("x-total-count"), Some("0"));
    fill(&world, &school.sibling.id, &school.institution);
    assert_eq!(counts(&world, OF_INSTITUTIONS), [DAYS, DAYS, 1]);
}

#[tokio::test]
async fn what_a_service_that_was_killed_had_not_deleted_yet_is_nobodys_and_goes_soon() {
    let world = World::new().await;
    let (school, admin) = (world.school().await, world.admin().await);
    fill(&world, &school.child.id, &school.institution);
    world.sql(&format!("DELETE FROM account WHERE id = x'{}'", school.child.id));
    assert_eq!(world.sql_value("SELECT count(*) FROM tracked_child WHERE child_id IS NULL"), 1);
    world.store.write(|tx| tx.delete_orphans(7)).await.unwrap();
    assert_eq!(count(&world, "wearable_before"), DAYS - 7, "a few at a time");
    assert_eq!(count(&world, "day_totals"), DAYS);
    admin.get(&format!("/v1/children/{}/weights", school.child.id)).await.is(400);
    fill(&world, &school.sibling.id, &school.institution);
    world.app.delete_orphans().await.unwrap();
    assert_eq!(counts(&world, OF_CHILDREN), [DAYS, DAYS, 1, 1, DAYS, DAYS, DAYS, DAYS, DAYS, 1]);
}
