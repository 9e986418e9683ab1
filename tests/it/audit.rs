//! The audit trail: who did what to whom, from where.

use std::time::Duration;

use ocariot_users::app::{AuditedReads, Rate, RateLimits};
use poem::http::Method;
use rusqlite::Connection;
use serde_json::json;

use crate::support::{ABSENT, ADMIN, Options, PASSWORD, World, fresh, user};

/// A row, oldest first: ids in hex, what is absent empty.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    action: String,
    actor: String,
    target: String,
    part: String,
    address: String,
    outcome: String,
    request_id: String,
}

fn trail(world: &World) -> Vec<Row> {
    let database = Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    let sql = "SELECT action, lower(hex(actor_id)), lower(hex(target_id)), lower(hex(part_id)),
                      coalesce(address, ''), outcome, coalesce(request_id, '') FROM audit ORDER BY id";
    let mut rows = database.prepare(sql).unwrap();
    let rows = rows.query_map([], |row| {
        Ok(Row {
            action: row.get(0)?,
            actor: row.get(1)?,
            target: row.get(2)?,
            part: row.get(3)?,
            address: row.get(4)?,
            outcome: row.get(5)?,
            request_id: row.get(6)?,
        })
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// Action, actor, target and part of what was written since there were `before` rows.
fn since(world: &World, before: usize) -> Vec<[String; 4]> {
    trail(world).drain(before..).map(|row| [row.action, row.actor, row.target, row.part]).collect()
}

#[tokio::test]
async fn a_change_leaves_a_row_with_who_whom_from_where_and_the_services_own_request_id() {
    let world = World::new().await;
    let admin = world.admin().await.from("2001:db8::7");
    let own = world.admin_id().await;
    let before = trail(&world).len();
    let request = admin.request(Method::POST, "/v1/institutions").header("x-request-id", "somebodys-name");
    let reply = admin.call(request.body(json!({"name": "A", "type": "School"}).to_string())).await.is(201);
    assert_eq!(reply.header("x-request-id"), Some("somebodys-name"));
    let reply = admin.patch(&format!("/v1/institutions/{}", reply.id()), json!({"name": "B"})).await.is(200);

    let rows = trail(&world).split_off(before);
    for (row, action) in rows.iter().zip(["institution_create", "institution_update"]) {
        let expected = [action, &own, &reply.id(), "", "2001:db8::7", "ok"];
        assert_eq!([&row.action, &row.actor, &row.target, &row.part, &row.address, &row.outcome], expected);
    }
    assert_eq!(rows.len(), 2);
    assert_ne!(rows[0].request_id, "somebodys-name");
    assert_eq!(Some(rows[1].request_id.as_str()), reply.header("x-request-id"));
}

#[tokio::test]
async fn a_log_in_leaves_a_row_of_the_user_himself() {
    let world = World::new().await;
    let own = world.admin_id().await;
    let before = trail(&world).len();
    let body = json!({"username": "admin", "password": ADMIN.1});
    world.nobody().from("::ffff:192.0.2.1").post("/v1/auth", body).await.is(200);
    let row = trail(&world).pop().unwrap();
    assert_eq!(since(&world, before), [["auth_login", &own, &own, ""].map(str::to_owned)]);
    assert_eq!((row.address.as_str(), row.outcome.as_str()), ("192.0.2.1", "ok"));
}

#[tokio::test]
async fn what_changes_nothing_and_what_is_refused_leaves_no_row_of_a_change() {
    let world = World::new().await;
    let (school, admin) = (world.school().await, world.admin().await);
    let taken = user("children", &school.child.username, &school.institution, &[]);
    let (child, family) = (&school.child.id, &school.family.id);
    let groups = format!("/v1/educators/{}/children/groups", school.educator.id);
    let before = trail(&world).len();

    // Refused inside the transaction.
    admin.post("/v1/children", taken).await.is(409);
    admin.delete(&format!("/v1/institutions/{}", school.institution)).await.is(400);
    admin.patch(&format!("/v1/children/{ABSENT}"), json!({"gender": "male"})).await.is(404);
    let wrong = json!({"old_password": "wrong", "new_password": "x"});
    let password = format!("/v1/users/{}/password", school.educator.id);
    school.educator.client.put(&password, wrong).await.is(400);
    // Nothing to change.
    admin.delete(&format!("/v1/institutions/{ABSENT}")).await.is(204);
    admin.delete(&format!("/v1/users/{ABSENT}")).await.is(204);
    admin.delete(&format!("/v1/children/{child}/nfc")).await.is(204);
    admin.delete(&format!("/v1/families/{family}/children/{ABSENT}")).await.is(204);
    school.educator.client.delete(&format!("{groups}/{ABSENT}")).await.is(204);
    assert_eq!(since(&world, before), [] as [[String; 4]; 0]);

    // The same, when there is something.
    admin.post(&format!("/v1/children/{child}/nfc"), json!({"nfc_tag": "a-tag"})).await.is(201);
    admin.delete(&format!("/v1/children/{child}/nfc")).await.is(204);
    admin.delete(&format!("/v1/families/{family}/children/{child}")).await.is(204);
    school.educator.client.delete(&format!("{groups}/{}", school.educator_group)).await.is(204);
    admin.delete(&format!("/v1/users/{child}")).await.is(204);
    let own = world.admin_id().await;
    let expected = [
        ["child_tag_set", &own, child, ""],
        ["child_tag_clear", &own, child, ""],
        ["family_child_remove", &own, family, child],
        ["educator_group_delete", &school.educator.id, &school.educator.id, &school.educator_group],
        ["user_delete", &own, child, ""],
    ];
    assert_eq!(since(&world, before)[..5], expected.map(|row| row.map(str::to_owned)));
}

#[tokio::test]
async fn the_trail_holds_no_name_and_no_password() {
    let world = World::new().await;
    let (school, admin) = (world.school().await, world.admin().await);
    let body = user("families", &fresh("canary-name"), &school.institution, &[&school.child.id]);
    let family = admin.post("/v1/families", body.clone()).await.is(201).id();
    let reset = json!({"new_password": "canary-password"});
    admin.post(&format!("/v1/users/{family}/reset-password"), reset).await.is(204);
    let client = world.login(body["username"].as_str().unwrap(), "canary-password").await;
    client.patch(&format!("/v1/families/{family}"), json!({"username": "canary-other-name"})).await.is(200);

    let text = format!("{:?}", trail(&world));
    assert!(text.contains("password_reset") && text.contains(&family));
    for canary in ["canary", PASSWORD, client.token.as_deref().unwrap(), &school.child.username] {
        assert!(!text.contains(canary), "{canary}");
    }
}

#[tokio::test]
async fn rows_are_kept_for_as_long_as_is_set_and_pruned_in_steps() {
    let world = World::new().await;
    let admin = world.admin().await;
    admin.make_institution().await;
    let copies = "INSERT INTO audit (at, action, outcome, count)
                  WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1200)
                  SELECT at, action, outcome, 1 FROM n, (SELECT * FROM audit ORDER BY id DESC LIMIT 1)";
    world.sql(copies);
    let count = || {
        let database = Connection::open(world.folder.path().join("ocariot.db")).unwrap();
        database.query_row("SELECT count(*) FROM audit", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let all = count();
    assert!(all > 1200);
    world.clock.advance(365 * 86_400 - 60);
    world.app.prune_audit().await.unwrap();
    assert_eq!(count(), all, "nothing is older than a year");
    world.clock.advance(120);
    world.admin().await;
    world.app.prune_audit().await.unwrap();
    assert_eq!(count(), 1, "the log-in of just now stays");
}

#[tokio::test]
async fn a_clock_that_is_far_ahead_takes_no_more_than_ten_minutes_of_the_trail_with_each_upkeep() {
    let world = World::new().await;
    // A row a minute, for the ten hours before now.
    let now = world.clock.now().as_millisecond();
    world.sql(&format!(
        "DELETE FROM audit; INSERT INTO audit (at, action, outcome, count)
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 600)
         SELECT {now} - 60000 * n, 'child_view', 'ok', 1 FROM n"
    ));
    let count = || trail(&world).len();
    let years = 20 * 365 * 86_400;
    world.clock.advance(years);
    world.app.prune_audit().await.unwrap();
    world.clock.advance(-years);
    world.app.prune_audit().await.unwrap();
    assert_eq!(count(), 590, "the clock was wrong for a moment");

    // It stays so, and people log in meanwhile.
    world.clock.advance(years);
    for minutes in 1..=30 {
        world.admin().await;
        world.app.prune_audit().await.unwrap();
        assert_eq!(count(), 590 - 9 * minutes, "ten old rows less, and a log-in more");
    }
    world.clock.advance(-years);
    world.app.prune_audit().await.unwrap();
    assert_eq!(count(), 320, "what was not yet deleted stays when the clock is right again");

    // What is due goes in the end, also what was written when the clock told 1970.
    world.sql("INSERT INTO audit (at, action, outcome, count) VALUES (1, 'child_view', 'ok', 1)");
    world.clock.advance(366 * 86_400);
    for _ in 0..40 {
        world.app.prune_audit().await.unwrap();
    }
    assert_eq!(count(), 30, "the log-ins of the future");
}

#[tokio::test]
async fn a_trail_that_takes_more_room_than_is_set_loses_what_was_written_first_and_says_how_much() {
    const ROOM: u64 = 1 << 20;
    let world = World::with(Options { audit_bytes: ROOM, ..Options::default() }).await;
    // The longest rows there are: those of log-ins and of changes in turn, by different people.
    world.sql(
        "DELETE FROM audit; INSERT INTO audit (at, actor_id, actor_role, action, target_id, part_id, address, network,
                                               outcome, request_id, count)
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
         SELECT 1772366400000 + n, randomblob(12), 'healthprofessional', 'healthprofessional_group_update',
                randomblob(12), randomblob(12), '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff',
                iif(n % 2, '2001:db8:aaaa:bbbb::/64', NULL), 'ok', '0123456789abcdef', 1 FROM n",
    );
    let deleted = world.app.trim_audit().await.unwrap();
    let left = world.audit_rows();
    assert!(left > 1000 && deleted + usize::try_from(left).unwrap() == 20_000, "{deleted} and {left}");
    let database = Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    let number = |sql: &str| database.query_row(sql, [], |row| row.get::<_, u64>(0)).unwrap();
    assert_eq!(number("SELECT min(at) - 1772366400000 FROM audit"), u64::try_from(deleted).unwrap() + 1);
    database.execute_batch("VACUUM").unwrap();
    let taken = number("SELECT sum(pgsize) FROM dbstat WHERE name GLOB 'audit*'");
    assert!(taken <= ROOM, "{taken}");
    assert_eq!(world.app.trim_audit().await.unwrap(), 0, "what has room stays");
}

/// Action, outcome, address, actor and count of the rows of refusals, in the alphabet's order.
fn refusals(world: &World) -> Vec<(String, String, String, String, i64)> {
    let database = Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    let sql = "SELECT action, outcome, coalesce(address, ''), lower(hex(actor_id)), count FROM audit
               WHERE outcome <> 'ok' ORDER BY 1, 2, 3";
    let mut rows = database.prepare(sql).unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn refusals_of_one_kind_and_client_are_one_row_with_a_count() {
    let rate = |count: u32| Rate { count: count.try_into().unwrap(), period: Duration::from_secs(60) };
    let rate_limits = Some(RateLimits { address: rate(500), token: rate(500), logins: rate(500), account: rate(30) });
    let world = World::with(Options { rate_limits, ..Options::default() }).await;
    let school = world.school().await;
    let attacker = world.nobody().from("192.0.2.1");
    for _ in 0..35 {
        attacker.post("/v1/auth", json!({"username": "somebody", "password": "guess"})).await;
        attacker.get("/v1/institutions").await.is(401);
    }
    let (educator, child) = (school.educator.client.from("192.0.2.2"), school.child.client.from("192.0.2.2"));
    educator.get("/v1/applications").await.is(403);
    educator.get(&format!("/v1/educators/{ABSENT}")).await.is(403);
    child.get(&format!("/v1/children/{ABSENT}")).await.is(403);
    child.get("/v1/children/nfc/no-such-tag").await.is(404);
    let own = format!("/v1/children/{}", school.sibling.id);
    school.sibling.client.from("192.0.2.2").get(&own).await.is(200);
    school.family.client.from("192.0.2.2").get(&format!("/v1/children/{ABSENT}")).await.is(403);
    let wrong = json!({"old_password": "guess", "new_password": "x"});
    educator.put(&format!("/v1/users/{}/password", school.educator.id), wrong).await.is(400);
    // Refused inside the transaction.
    let family = format!("/v1/families/{}", school.family.id);
    let adopted = json!({"children": [ABSENT]});
    school.family.client.from("192.0.2.2").patch(&family, adopted).await.is(403);

    assert_eq!(refusals(&world), [], "nothing is written before the minute is over");
    world.app.flush_refusals().await.unwrap();
    let row = |action: &str, outcome: &str, from: &str, actor: &str, count| {
        (action.to_owned(), outcome.to_owned(), from.to_owned(), actor.to_owned(), count)
    };
    let expected = [
        row("application_list", "forbidden", "192.0.2.2", &school.educator.id, 1),
        row("auth_login", "failed", "192.0.2.1", "", 30),
        row("auth_login", "limited", "192.0.2.1", "", 5),
        // Two of them: it is not told who.
        row("child_view", "forbidden", "192.0.2.2", "", 2),
        row("child_view_by_tag", "forbidden", "192.0.2.2", &school.child.id, 1),
        row("educator_view", "forbidden", "192.0.2.2", &school.educator.id, 1),
        row("family_update", "forbidden", "192.0.2.2", &school.family.id, 1),
        row("password_change", "failed", "192.0.2.2", &school.educator.id, 1),
        row("request", "unauthenticated", "192.0.2.1", "", 35),
    ];
    assert_eq!(refusals(&world), expected);
    world.app.flush_refusals().await.unwrap();
    assert_eq!(refusals(&world).len(), expected.len(), "what is written is not written again");
}

#[tokio::test]
async fn a_flood_of_refusals_from_everywhere_is_few_rows() {
    let world = World::new().await;
    for number in 0..2_000 {
        let client = world.nobody().from(&format!("100.64.{}.{}", number / 250, number % 250));
        client.get("/v1/institutions").await.is(401);
    }
    world.app.flush_refusals().await.unwrap();
    let rows = refusals(&world);
    assert_eq!(rows.len(), 65);
    assert_eq!(rows.iter().map(|row| row.4).sum::<i64>(), 2_000);
    assert_eq!((rows[0].2.as_str(), rows[0].4), ("", 2_000 - 64), "those of more clients are counted together");
}

#[tokio::test]
async fn reads_of_single_children_are_named_only_when_that_is_asked_for() {
    for audited_reads in [AuditedReads::None, AuditedReads::SingleChildren] {
        let world = World::with(Options { audited_reads, ..Options::default() }).await;
        let (school, admin) = (world.school().await, world.admin().await);
        let child = &school.child.id;
        admin.post(&format!("/v1/children/{child}/nfc"), json!({"nfc_tag": "a-tag"})).await.is(201);
        let before = trail(&world).len();
        school.family.client.get(&format!("/v1/children/{child}")).await.is(200);
        school.educator.client.get("/v1/children/nfc/a-tag").await.is(200);
        admin.get(&format!("/v1/children/{ABSENT}")).await.is(404);
        admin.get("/v1/children").await.is(200);
        let named = [
            ["child_view", &school.family.id, child, ""].map(str::to_owned),
            ["child_view_by_tag", &school.educator.id, child, ""].map(str::to_owned),
        ];
        let expected = if audited_reads == AuditedReads::None { &named[..0] } else { &named[..] };
        assert_eq!(since(&world, before), expected);
    }
}
