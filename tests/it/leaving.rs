//! Users are deactivated and activated, now and later, and deleted long after that.

use jiff::{SignedDuration, Timestamp};
use ocariot_users::app::{OperatorCommand, Outcome, UserName, UserRecord};
use serde_json::{Value, json};

use crate::support::{ADMIN, PASSWORD, Person, Reply, World};

fn named(name: &str) -> UserName {
    UserName { name: name.to_owned(), role: None }
}

/// What operators see of a user.
pub async fn shown(world: &World, name: &str) -> UserRecord {
    match world.app.operate(OperatorCommand::UserShow { user: named(name) }).await.unwrap() {
        Outcome::User(user) => user,
        _ => panic!("a user"),
    }
}

/// That nobody is let in.
pub async fn refuse_login(world: &World, username: &str, password: &str) {
    world.nobody().post("/v1/auth", json!({"username": username, "password": password})).await.is(401);
}

async fn child(world: &World) -> Person {
    let school = world.admin().await.make_institution().await;
    world.person("children", &school, &[]).await
}

async fn leave(world: &World, user: &Person, body: Value) {
    world.admin().await.post(&format!("/v1/users/{}/deactivate", user.id), body).await.is(204);
}

fn total(reply: &Reply) -> &str {
    reply.header("x-total-count").unwrap()
}

#[tokio::test]
async fn user_deactivate_ends_log_ins_tokens_and_a_place_on_lists() {
    let world = World::new().await;
    let (admin, child) = (world.admin().await, child(&world).await);
    let path = format!("/v1/children/{}", child.id);
    let active = child.client.get(&path).await.is(200).body;
    assert!(active.get("deactivated_at").is_none(), "nothing is new of those who are active");
    leave(&world, &child, json!({})).await;
    child.client.get(&path).await.is(401);
    refuse_login(&world, &child.username, PASSWORD).await;
    for query in ["", "?username=user*", "?age=9"] {
        assert_eq!(total(&admin.get(&format!("/v1/children{query}")).await), "0", "{query}");
    }
    for query in ["?deactivated=only", "?deactivated=include&username=user*"] {
        let found = admin.get(&format!("/v1/children{query}")).await.is(200);
        assert_eq!((total(&found), found.body[0]["id"].as_str()), ("1", Some(child.id.as_str())), "{query}");
        assert!(found.body[0]["deactivated_at"].as_str().is_some());
    }
    let overview = admin.get("/v1/overview").await.body;
    assert!(!overview["users"].to_string().contains("child"), "nor are they counted: {overview}");
    assert_eq!(overview["children_never_measured"], 0);
    let wrong = admin.get("/v1/children?deactivated=maybe").await.is(400);
    assert_eq!(wrong.body["message"], "The values that deactivated can have are: include, only.");
    admin.post(&format!("/v1/users/{}/activate", child.id), json!({})).await.is(204);
    assert_eq!(admin.get(&path).await.body["username"], active["username"]);
    assert!(admin.get(&path).await.body.get("deactivated_at").is_none());
    child.client.get(&path).await.is(401);
    world.login(&child.username, PASSWORD).await.get(&path).await.is(200);
}

#[tokio::test]
async fn somebody_deactivated_is_in_no_group_or_family_that_is_shown_and_is_there_again_afterwards() {
    let world = World::new().await;
    let (admin, school) = (world.admin().await, world.school().await);
    let members = async || {
        let family = admin.get(&format!("/v1/families/{}", school.family.id)).await.body;
        let listed = admin.get(&format!("/v1/families/{}/children", school.family.id)).await;
        let group = format!("/v1/educators/{}/children/groups/{}", school.educator.id, school.educator_group);
        let group = school.educator.client.get(&group).await.body;
        let count = |body: &Value| body["children"].as_array().map_or(0, Vec::len);
        (count(&family), listed.body.as_array().unwrap().len(), count(&group))
    };
    assert_eq!(members().await, (2, 2, 2));
    leave(&world, &school.child, json!({})).await;
    assert_eq!(members().await, (1, 1, 1));
    admin.post(&format!("/v1/users/{}/activate", school.child.id), json!({})).await.is(204);
    assert_eq!(members().await, (2, 2, 2));
}

#[tokio::test]
async fn user_deactivate_is_for_administrators_and_not_for_oneself_or_nobody() {
    let world = World::new().await;
    let (admin, child) = (world.admin().await, child(&world).await);
    let own = world.admin_id().await;
    admin.post(&format!("/v1/users/{own}/deactivate"), json!({})).await.is(403);
    child.client.post(&format!("/v1/users/{own}/deactivate"), json!({})).await.is(403);
    for verb in ["deactivate", "activate"] {
        admin.post(&format!("/v1/users/507f191e810c19729de860ea/{verb}"), json!({})).await.is(404);
    }
    for (body, words) in [
        (json!({"at": "tomorrow"}), "at must be a time in RFC 3339"),
        (json!({"at": 5}), "at must be a time in RFC 3339"),
        (json!({"erase_after_days": 0}), "a whole number from 1 to 36500"),
        (json!({"erase_after_days": "30"}), "a whole number from 1 to 36500"),
    ] {
        let reply = admin.post(&format!("/v1/users/{}/deactivate", child.id), body).await.is(400);
        assert!(reply.body["message"].as_str().unwrap().contains(words), "{}", reply.text);
    }
    let last = OperatorCommand::UserDeactivate { user: named(ADMIN.0), at: None, erase_after_days: None };
    let refusal = world.app.operate(last).await.err().unwrap();
    assert!(refusal.to_string().contains("last administrator"), "{refusal}");
}

#[tokio::test]
async fn one_who_is_to_leave_later_stays_until_then() {
    let world = World::new().await;
    let child = child(&world).await;
    let path = format!("/v1/children/{}", child.id);
    let at = world.clock.now() + SignedDuration::from_hours(48);
    leave(&world, &child, json!({"at": at.to_string()})).await;
    world.app.deactivate_leavers().await.unwrap();
    child.client.get(&path).await.is(200);
    let record = shown(&world, &child.username).await;
    assert!(record.deactivated_at.is_none() && record.deactivate_at.is_some());
    world.clock.advance(49 * 3600);
    let client = world.login(&child.username, PASSWORD).await;
    client.get(&path).await.is(200);
    world.app.deactivate_leavers().await.unwrap();
    client.get(&path).await.is(401);
    refuse_login(&world, &child.username, PASSWORD).await;
    let record = shown(&world, &child.username).await;
    assert!(record.deactivated_at.is_some() && record.deactivate_at.is_none());
}

#[tokio::test]
async fn one_who_is_to_be_deleted_is_so_a_day_after_his_time_was_found_over() {
    let world = World::new().await;
    let (admin, child) = (world.admin().await, child(&world).await);
    leave(&world, &child, json!({"erase_after_days": 30})).await;
    let path = format!("/v1/children/{}", child.id);
    let hours = async |hours: usize| {
        for _ in 0..hours {
            world.clock.advance(3600);
            world.app.erase_leavers().await.unwrap();
        }
    };
    hours(2).await;
    world.clock.advance(30 * 24 * 3600);
    let admin = {
        drop(admin);
        world.admin().await
    };
    hours(23).await;
    admin.get(&path).await.is(200);
    hours(1).await;
    let admin = world.admin().await;
    admin.get(&path).await.is(404);
    let database =
        world.sql_value("SELECT count(*) FROM audit WHERE action = 'leaver_delete' AND actor_role = 'service'");
    assert_eq!(database, 1);
    assert_eq!(world.sql_value("SELECT count(*) FROM departure"), 0);
}

#[tokio::test]
async fn one_who_comes_back_is_not_deleted() {
    let world = World::new().await;
    let child = child(&world).await;
    leave(&world, &child, json!({"erase_after_days": 1})).await;
    world.admin().await.post(&format!("/v1/users/{}/activate", child.id), json!({})).await.is(204);
    world.clock.advance(100 * 24 * 3600);
    for _ in 0..30 {
        world.app.erase_leavers().await.unwrap();
    }
    world.admin().await.get(&format!("/v1/children/{}", child.id)).await.is(200);
}

#[tokio::test]
async fn operators_deactivate_activate_and_list_who_left() {
    let world = World::new().await;
    let child = child(&world).await;
    let left = OperatorCommand::UserDeactivate { user: named(&child.username), at: None, erase_after_days: Some(30) };
    let Outcome::Deactivated(record) = world.app.operate(left).await.unwrap() else { panic!("deactivated") };
    let erase_at: Timestamp = record.erase_at.unwrap().parse().unwrap();
    assert!(erase_at > world.clock.now() + SignedDuration::from_hours(29 * 24));
    let list =
        |deactivated| OperatorCommand::UserList { role: Some("child".to_owned()), institution: None, deactivated };
    for (deactivated, count) in [(false, 0), (true, 1)] {
        let Outcome::Users(users) = world.app.operate(list(deactivated)).await.unwrap() else { panic!("users") };
        assert_eq!(users.len(), count);
    }
    let back = OperatorCommand::UserActivate { user: named(&child.username) };
    let Outcome::Activated(record) = world.app.operate(back).await.unwrap() else { panic!("activated") };
    assert!(record.deactivated_at.is_none() && record.erase_at.is_none());
    world.login(&child.username, PASSWORD).await;
}
