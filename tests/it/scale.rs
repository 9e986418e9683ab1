//! What lists cost when a district's schools share one service: 10,000 children in 300 groups and 8,000 families.
//!
//! `cargo test --release --test it scale -- --ignored --nocapture` prints the figures.

use std::time::{Duration, Instant};

use ocariot_users::model::{Age, Child, Gender, Id, NewGroup, PasswordHash, Role, Text, Username};
use ocariot_users::store::NewAccountRow;

use crate::support::{Client, World};

const CHILDREN: usize = 10_000;
const FAMILIES: usize = 8_000;
/// Of each type.
const OWNERS: usize = 15;
const GROUPS_PER_OWNER: usize = 10;
const ROUNDS: usize = 31;

/// Fills the store as the service would, without 18,000 password hashes.
async fn fill(world: &World) {
    let day = jiff::civil::date(2026, 1, 1);
    let made = world.store.write(move |tx| {
        let hash = PasswordHash::from_phc("none".to_owned());
        let insert = |role, name: String| {
            let username = Username::new(&name).unwrap();
            tx.insert_account(&NewAccountRow { role, username: &username, hash: &hash, institution: None })
        };
        let mut children: Vec<Id<Child>> = Vec::new();
        for number in 0..CHILDREN {
            let id = insert(Role::Child, format!("BR{number:05}"))?;
            tx.insert_child(id, Gender::Female, &Age::new(&(6 + number % 7).to_string(), day).unwrap(), None)?;
            children.push(id.cast());
        }
        for number in 0..FAMILIES {
            let id = insert(Role::Family, format!("family {number}"))?;
            let first = number * CHILDREN / FAMILIES;
            tx.set_family_children(id.cast(), &children[first..=first + number % 2])?;
        }
        let class = CHILDREN / (OWNERS * GROUPS_PER_OWNER);
        for role in [Role::Educator, Role::HealthProfessional] {
            let mut classes = children.chunks(class);
            for number in 0..OWNERS {
                let owner = insert(role, format!("owner {number}"))?;
                for group in 0..GROUPS_PER_OWNER {
                    let name = Text::new(&format!("class {group}"), Text::MAX).unwrap();
                    let children = classes.next().unwrap().to_vec();
                    tx.insert_group(owner, &NewGroup { name, school_class: None, children })?;
                }
            }
        }
        for number in 0..100 {
            let id = insert(Role::Application, format!("application {number}"))?;
            tx.insert_application(id, &Text::new("steps", Text::MAX).unwrap())?;
        }
        Ok(())
    });
    made.await.unwrap();
}

/// The median time of a request, and the statements that one takes.
async fn cost(world: &World, client: &Client, path: &str) -> (Duration, u64) {
    let mut times = Vec::new();
    let before = world.store.statements();
    for _ in 0..ROUNDS {
        let request = client.request(poem::http::Method::GET, path).finish();
        let start = Instant::now();
        let reply = client.send_unchecked(request).await;
        times.push(start.elapsed());
        assert_eq!(reply.0, 200, "{path}: {}", reply.1);
    }
    times.sort_unstable();
    (times[ROUNDS / 2], (world.store.statements() - before) / ROUNDS as u64)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
#[ignore = "measures; asks for a release build"]
async fn a_page_of_every_list_takes_a_handful_of_statements_among_ten_thousand_children() {
    let world = World::new().await;
    fill(&world).await;
    let admin = world.admin().await;
    for _ in 0..100 {
        admin.make_institution().await;
    }
    let educator = admin.get("/v1/educators?limit=1").await.is(200).body[0].clone();
    let family = admin.get("/v1/families?limit=1").await.is(200).body[0]["id"].as_str().unwrap().to_owned();
    let reset = format!("/v1/users/{}/reset-password", educator["id"].as_str().unwrap());
    admin.post(&reset, serde_json::json!({"new_password": "measured"})).await.is(204);
    let owner = world.login(educator["username"].as_str().unwrap(), "measured").await;
    let groups = format!("/v1/educators/{}/children/groups", educator["id"].as_str().unwrap());
    let (unit, _) = cost(&world, &world.nobody(), "/healthz").await;
    println!("GET /healthz: {unit:?}");
    for (client, path) in [
        (&admin, "/v1/institutions".to_owned()),
        (&admin, "/v1/children".to_owned()),
        (&admin, "/v1/children?sort=username".to_owned()),
        (&admin, "/v1/children?username=*9&age=gt:8".to_owned()),
        (&admin, "/v1/families".to_owned()),
        (&admin, "/v1/educators".to_owned()),
        (&admin, "/v1/healthprofessionals".to_owned()),
        (&admin, "/v1/applications".to_owned()),
        (&admin, format!("/v1/families/{family}/children")),
        (&owner, groups),
    ] {
        let (time, statements) = cost(&world, client, &path).await;
        println!("{path}: {statements} statements, {:.0} times /healthz", time.as_secs_f64() / unit.as_secs_f64());
        assert!(statements <= 4, "{path}: {statements}");
    }
}
