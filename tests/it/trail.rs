//! What the machine's operator reads: the audit trail, and who is limited.

use std::collections::BTreeSet;
use std::time::Duration;

use ocariot_users::app::{
    LimitedReport, OperatorCommand, Outcome, Rate, RateLimits, TrailCursor, TrailPage, TrailQuery, UserName,
    audited_actions,
};
use serde_json::json;

use crate::support::{ABSENT, ADMIN, Options, World};

const END: TrailCursor = TrailCursor { at: i64::MAX, row: 0 };

fn everything() -> TrailQuery {
    TrailQuery { since: i64::MIN, before: END, actor: None, target: None, actions: Vec::new(), limit: usize::MAX }
}

async fn page(world: &World, query: TrailQuery) -> TrailPage {
    match world.app.operate(OperatorCommand::AuditList(query)).await {
        Ok(Outcome::Trail(page)) => page,
        _ => panic!("a page"),
    }
}

/// Actions, the newest first.
async fn actions(world: &World, query: TrailQuery) -> Vec<String> {
    page(world, query).await.rows.into_iter().map(|row| row.action).collect()
}

#[tokio::test]
async fn pages_hold_every_row_once_the_newest_first_and_are_bounded() {
    let world = World::new().await;
    world.sql(
        "INSERT INTO audit (at, action, outcome, request_id, count)
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1700)
         SELECT 1000 * (n / 700), 'child_view', 'ok', n, 1 FROM n",
    );
    let (mut query, mut seen, mut pages) = (TrailQuery { since: 0, ..everything() }, Vec::new(), 0);
    loop {
        let page = page(&world, query.clone()).await;
        assert!(page.rows.len() <= 500, "{}", page.rows.len());
        pages += 1;
        seen.extend(page.rows.into_iter().filter_map(|row| Some((row.at, row.request_id?.parse::<i64>().ok()?))));
        match page.next {
            Some(next) => query.before = next,
            None => break,
        }
    }
    let mut sorted = seen.clone();
    sorted.sort_by(|left, right| right.cmp(left));
    assert_eq!(seen, sorted);
    assert_eq!(seen.iter().map(|row| row.1).collect::<BTreeSet<_>>(), (1..=1700).collect());
    assert_eq!((seen.len(), pages), (1700, 4));
    assert_eq!(page(&world, TrailQuery { limit: 3, ..everything() }).await.rows.len(), 3);
}

#[tokio::test]
async fn rows_are_found_by_actor_target_part_action_and_time() {
    let world = World::new().await;
    let (school, own) = (world.school().await, world.admin_id().await);
    let admin = world.admin().await;
    world.clock.advance(3600);
    let start = world.clock.now().as_millisecond();
    let (child, family) = (&school.child.id, &school.family.id);
    admin.post(&format!("/v1/children/{child}/nfc"), json!({"nfc_tag": "a-tag"})).await.is(201);
    admin.delete(&format!("/v1/families/{family}/children/{child}")).await.is(204);
    let groups = format!("/v1/educators/{}/children/groups", school.educator.id);
    school.educator.client.delete(&format!("{groups}/{}", school.educator_group)).await.is(204);
    school.educator.client.get("/v1/families").await.is(403);
    let since = || TrailQuery { since: start, ..everything() };

    let all = ["family_list", "educator_group_delete", "family_child_remove", "child_tag_set"];
    assert_eq!(actions(&world, since()).await, all, "with what was refused just now");
    assert_eq!(actions(&world, TrailQuery { actor: Some(own.clone()), ..since() }).await, all[2..]);
    assert_eq!(actions(&world, TrailQuery { actor: Some(school.educator.id.clone()), ..since() }).await, all[..2]);
    let upper = Some(child.to_uppercase());
    assert_eq!(actions(&world, TrailQuery { target: upper, ..since() }).await, all[2..], "as target, and as part");
    let group = Some(school.educator_group.clone());
    assert_eq!(actions(&world, TrailQuery { target: group, ..since() }).await, ["educator_group_delete"]);
    let some = vec!["family_list".to_owned(), "child_tag_set".to_owned()];
    assert_eq!(actions(&world, TrailQuery { actions: some.clone(), ..since() }).await, [all[0], all[3]]);
    let both = TrailQuery { actions: some, actor: Some(own), ..since() };
    assert_eq!(actions(&world, both).await, ["child_tag_set"]);
    let nobody = TrailQuery { actor: Some(ABSENT.to_owned()), ..since() };
    assert_eq!(actions(&world, nobody).await, [] as [&str; 0]);
    let until = TrailQuery { before: TrailCursor { at: start, row: 0 }, ..everything() };
    let earlier = actions(&world, until).await;
    assert!(earlier.iter().any(|action| action == "child_create") && !earlier.contains(&all[3].to_owned()));

    let row = page(&world, since()).await.rows.pop().unwrap();
    let expected = json!({"at": row.at, "action": "child_tag_set", "outcome": "ok", "count": 1,
        "actor": world.admin_id().await, "actor_name": "admin", "actor_type": "admin", "target": child,
        "target_name": row.target_name, "request_id": row.request_id});
    assert!(row.target_name.as_ref().is_some_and(|name| name.starts_with("user-")), "{:?}", row.target_name);
    assert_eq!(serde_json::to_value(&row).unwrap(), expected);
    let by_name = |name: &str| TrailQuery { actor: Some(name.to_owned()), ..since() };
    let of_admin = actions(&world, by_name("admin")).await;
    assert_eq!(of_admin, ["auth_login", all[2], all[3]], "with the log-in that told the administrator's id");
    let refused = world.app.operate(OperatorCommand::AuditList(by_name("nobody")));
    assert!(refused.await.err().unwrap().0.contains("no such user"));
}

#[tokio::test]
async fn every_action_that_an_operator_leaves_can_be_asked_for() {
    let world = World::new().await;
    let user = || UserName { name: "second".to_owned(), role: None };
    for command in [
        OperatorCommand::AdminCreate { username: "second".to_owned(), password: None },
        OperatorCommand::UserSetPassword { user: user(), password: None },
        OperatorCommand::UserUnlock { user: user() },
        OperatorCommand::UserDelete { user: user() },
    ] {
        let verb = command.verb();
        assert!(world.app.operate(command).await.is_ok(), "{verb}");
    }
    world.nobody().get("/v1/children").await.is(401);
    world.nobody().post("/v1/auth", json!({"username": "a", "password": "b"})).await.is(401);
    let rows = page(&world, everything()).await.rows;
    let known: BTreeSet<&str> = audited_actions().collect();
    rows.iter().for_each(|row| assert!(known.contains(row.action.as_str()), "{}", row.action));
    let operated: Vec<_> = rows.iter().rev().filter(|row| row.outcome == "ok" && row.actor.is_none()).collect();
    let actions: Vec<_> = operated.iter().map(|row| row.action.as_str()).collect();
    assert!(actions.ends_with(&["admin_create", "password_reset", "user_unlock", "user_delete"]), "{actions:?}");
    assert!(operated.windows(2).all(|rows| rows[0].target.is_some()));
}

async fn limited(world: &World) -> LimitedReport {
    match world.app.operate(OperatorCommand::Limits {}).await {
        Ok(Outcome::Limited(report)) => report,
        Ok(_) => panic!("a report"),
        Err(refusal) => panic!("{refusal}"),
    }
}

#[tokio::test]
async fn who_is_limited_is_told_by_limit_address_and_id_until_all_tries_are_free() {
    let rate = |count: u32| Rate { count: count.try_into().unwrap(), period: Duration::from_secs(60) };
    let limits = RateLimits { address: rate(12), token: rate(3), logins: rate(7), account: rate(4) };
    let world = World::with(Options { rate_limits: Some(limits), ..Options::default() }).await;
    assert!(limited(&world).await.rows.is_empty());
    let (own, admin) = (world.admin_id().await, world.admin().await.from("2001:db8::7"));
    let guess = async |address: &str, name: &str, count: usize| {
        for _ in 0..count {
            let body = json!({"username": name, "password": "guess"});
            world.nobody().from(address).post("/v1/auth", body).await;
        }
    };
    guess("192.0.2.1", "ADMIN", 6).await;
    guess("192.0.2.1", "nobody", 3).await;
    guess("192.0.2.2", "admin", 1).await;
    for _ in 0..13 {
        admin.get("/v1/institutions").await;
    }
    let report = limited(&world).await;
    let told: BTreeSet<_> = report
        .rows
        .iter()
        .map(|record| {
            let address = record.address.clone().unwrap_or_default();
            (record.limit.clone(), address, record.users.join(" "), record.refused)
        })
        .collect();
    let expected = [
        ("account", "", own.as_str(), 3),
        ("account", "192.0.2.1", own.as_str(), 2),
        ("address", "2001:db8::", "", 1),
        ("logins", "192.0.2.1", "", 2),
        ("token", "", own.as_str(), 9),
    ];
    let expected = expected
        .map(|(limit, address, users, refused)| (limit.to_owned(), address.to_owned(), users.to_owned(), refused));
    assert_eq!(told, BTreeSet::from(expected));
    assert!(report.complete);
    let now = world.clock.now().to_string();
    assert!(report.rows.iter().all(|record| record.until > now && record.until <= record.all_free));

    // An account that is unlocked is limited no more; the others have their tries again after the limit's time.
    let user = UserName { name: own, role: None };
    assert!(world.app.operate(OperatorCommand::UserUnlock { user }).await.is_ok());
    let left: Vec<_> = limited(&world).await.rows.into_iter().map(|record| record.limit).collect();
    assert_eq!(left, ["address", "token", "logins"]);
    world.clock.advance(61);
    assert!(limited(&world).await.rows.is_empty());
    let body = json!({"username": ADMIN.0, "password": ADMIN.1});
    world.nobody().from("192.0.2.1").post("/v1/auth", body).await.is(200);
}

#[tokio::test]
async fn however_many_are_limited_a_bounded_number_is_noted_and_that_is_said() {
    let rate = |count: u32| Rate { count: count.try_into().unwrap(), period: Duration::from_secs(60) };
    let limits = RateLimits { address: rate(1), token: rate(9), logins: rate(9), account: rate(9) };
    let world = World::with(Options { rate_limits: Some(limits), ..Options::default() }).await;
    for number in 0..1_000 {
        let client = world.nobody().from(&format!("100.64.{}.{}", number / 250, number % 250));
        client.get("/v1/institutions").await;
        client.get("/v1/institutions").await.is(429);
    }
    let report = limited(&world).await;
    assert_eq!((report.rows.len(), report.complete), (64, false));
    assert!(report.rows.iter().all(|record| record.limit == "address"));
    // Those who come later are noted when there is room again.
    world.clock.advance(61);
    for _ in 0..2 {
        world.nobody().from("192.0.2.1").get("/v1/institutions").await;
    }
    let report = limited(&world).await;
    assert_eq!(report.rows[0].address.as_deref(), Some("192.0.2.1"));
    assert_eq!((report.rows.len(), report.complete), (1, true));

    let unlimited = World::new().await.app.operate(OperatorCommand::Limits {}).await;
    assert!(unlimited.err().unwrap().0.contains("nobody is limited"));
}
