//! Many at the same time: names stay unique, and nobody gets an error that is not his (contract, section 5).

use serde_json::{Value, json};

use crate::support::{Client, Reply, World, child, together, user};

/// Sends the same body 64 times at once: one is created, the others conflict.
async fn one_wins(client: &Client, path: &str, body: Value, kind: &str) -> Reply {
    let replies = together(64, |_| {
        let (client, path, body) = (client.clone(), path.to_owned(), body.clone());
        async move { client.post(&path, body).await }
    });
    let (mut made, others): (Vec<_>, Vec<_>) = replies.await.into_iter().partition(|reply| reply.status == 201);
    assert_eq!((made.len(), others.len()), (1, 63), "{path}");
    for reply in others {
        reply.fails(409, &format!("{kind} is already registered..."), None);
    }
    let listed = client.get(path).await.is(200);
    let with_name = listed
        .body
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| ["username", "name"].iter().any(|key| body.get(key).is_some_and(|name| *name == item[key])));
    assert_eq!(with_name.count(), 1, "{path}");
    made.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_that_create_one_username_at_once_exactly_one_succeeds() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    one_wins(&admin, "/v1/children", child("BR0001", &institution), "Child").await;
    for (path, kind) in
        [("educators", "Educator"), ("healthprofessionals", "Health Professional"), ("applications", "Application")]
    {
        // The name is taken in another type alone.
        one_wins(&admin, &format!("/v1/{path}"), user(path, "BR0001", &institution, &[]), kind).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_that_create_one_institution_at_once_exactly_one_succeeds() {
    let world = World::new().await;
    let admin = world.admin().await;
    one_wins(&admin, "/v1/institutions", json!({"name": "School", "type": "School"}), "Institution").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_that_create_one_group_at_once_exactly_one_succeeds() {
    let world = World::new().await;
    let school = world.school().await;
    let path = format!("/v1/educators/{}/children/groups", school.educator.id);
    let body = json!({"name": "Class", "children": [school.child.id]});
    one_wins(&school.educator.client, &path, body, "Children Group").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_that_rename_to_one_username_at_once_exactly_one_succeeds() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let mut ids = Vec::new();
    for _ in 0..64 {
        ids.push(admin.make_child(&institution).await);
    }
    let replies = together(64, |at| {
        let (admin, path) = (admin.clone(), format!("/v1/children/{}", ids[at]));
        async move { admin.patch(&path, json!({"username": "wanted"})).await }
    });
    let (renamed, others): (Vec<_>, Vec<_>) = replies.await.into_iter().partition(|reply| reply.status == 200);
    assert_eq!(renamed.len(), 1);
    for reply in others {
        reply.fails(409, "Child is already registered...", None);
    }
}
