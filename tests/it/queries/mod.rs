//! Query strings of lists, as section 7 of the contract words them.

use serde_json::{Value, json};

use crate::support::{Client, World, child};

mod costs;
mod filters;
mod times;

/// Asks a list for one field of its items; the total must be that of all that match, so of these if all fit.
async fn listed(client: &Client, path: &str, field: &str) -> Vec<String> {
    let reply = client.get(path).await.is(200);
    let items = reply.body.as_array().unwrap();
    if !path.contains("page=") && !path.contains("limit=") {
        assert_eq!(reply.header("x-total-count"), Some(items.len().to_string().as_str()), "{path}");
    }
    items.iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// Children with these usernames and ages, made in this order.
async fn children(world: &World, institution: &str, given: &[(&str, Value)]) -> Vec<String> {
    let admin = world.admin().await;
    let mut ids = Vec::new();
    for (name, age) in given {
        let mut body = child(name, institution);
        body["age"] = age.clone();
        ids.push(admin.post("/v1/children", body).await.is(201).id());
    }
    ids
}

/// Groups with these names, made in this order; returns who owns them and where they are listed.
async fn groups(world: &World, names: &[&str]) -> (Client, String) {
    let institution = world.admin().await.make_institution().await;
    let owner = world.person("educators", &institution, &[]).await;
    let kid = world.admin().await.make_child(&institution).await;
    let path = format!("/v1/educators/{}/children/groups", owner.id);
    for name in names {
        owner.client.post(&path, json!({"name": name, "children": [kid]})).await.is(201);
    }
    (owner.client, path)
}

#[tokio::test]
async fn lists_come_newest_first_by_the_hundred_and_pages_past_the_end_are_empty() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let mut ids = Vec::new();
    for _ in 0..101 {
        ids.push(admin.make_child(&institution).await);
    }
    ids.reverse();
    let page = |query: &'static str| {
        let admin = admin.clone();
        async move { listed(&admin, &format!("/v1/children?limit=&{query}"), "id").await }
    };
    for unusable in ["", "page=0", "page=-1", "page=x", "page=1.5", "limit=7&limit=1", "page=&page=2", "page=1,2"] {
        assert_eq!(page(unusable).await, ids[..100], "{unusable}");
    }
    assert_eq!(page("page=2").await, ids[100..]);
    for beyond in ["page=3", "page=9223372036854775807", "page=99999999999999999999999"] {
        assert!(page(beyond).await.is_empty(), "{beyond}");
        let total = admin.get(&format!("/v1/children?{beyond}")).await;
        assert_eq!(total.header("x-total-count"), Some("101"), "{beyond}");
    }
    for unusable in ["limit=0", "limit=-5", "limit=all", "limit=1e3"] {
        let found = listed(&admin, &format!("/v1/children?{unusable}"), "id").await;
        assert_eq!(found, ids[..100], "{unusable}");
    }
    assert_eq!(listed(&admin, "/v1/children?limit=2&page=2", "id").await, ids[2..4]);
    assert_eq!(listed(&admin, "/v1/children?limit=2&limit=50&page=2&page=9", "id").await, ids[2..4]);
    for large in ["limit=10000", "limit=10001", "limit=99999999999999999999999"] {
        assert_eq!(listed(&admin, &format!("/v1/children?{large}"), "id").await, ids, "{large}");
    }
}

#[tokio::test]
async fn pages_of_lists_with_nested_objects_hold_at_most_a_thousand() {
    let world = World::new().await;
    let school = world.school().await;
    world.sql(
        "INSERT INTO children_group (id, owner_id, name, created_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         SELECT unhex(printf('%024x', i)), (SELECT id FROM account WHERE role = 'educator'), 'many ' || i, 0 FROM n",
    );
    let path = format!("/v1/educators/{}/children/groups", school.educator.id);
    for limit in ["1000", "1001", "10000", "99999999999999999999999"] {
        let reply = school.educator.client.get(&format!("{path}?limit={limit}")).await.is(200);
        assert_eq!(reply.body.as_array().unwrap().len(), 1000, "{limit}");
        assert_eq!(reply.header("x-total-count"), Some("1201"));
    }
}

#[tokio::test]
async fn sort_ignores_case_and_compares_digits_as_numbers() {
    let world = World::new().await;
    let (owner, path) = groups(&world, &["class 10", "Class 9", "b", "CLASS 010a", "A", "class 9"]).await;
    let sorted = |query: &'static str| {
        let (owner, path) = (owner.clone(), path.clone());
        async move { listed(&owner, &format!("{path}?{query}"), "name").await }
    };
    let ascending = ["A", "b", "Class 9", "class 9", "class 10", "CLASS 010a"];
    for query in ["sort=name", "sort=%2Bname", "sort=+name", "sort=%20name", "sort=nothing,name", "sort=name,-name"] {
        assert_eq!(sorted(query).await, ascending, "{query}");
    }
    // Equal keys stay in ascending order of ids when the order descends.
    assert_eq!(sorted("sort=-name").await, ["CLASS 010a", "class 10", "Class 9", "class 9", "b", "A"]);
    let newest = ["class 9", "A", "CLASS 010a", "b", "Class 9", "class 10"];
    for query in ["", "sort=", "sort=nothing", "sort=password,children", "sort=username", "sort=-", "sort=--name"] {
        assert_eq!(sorted(query).await, newest, "{query}");
    }
}

#[tokio::test]
async fn usernames_sort_by_their_lower_cased_text_character_by_character() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let names = ["BR9", "br10", "a", "B", "É"];
    children(&world, &institution, &names.map(|name| (name, json!(9)))).await;
    assert_eq!(listed(&admin, "/v1/children?sort=username", "username").await, ["a", "B", "br10", "BR9", "É"]);
    assert_eq!(listed(&admin, "/v1/children?sort=-username", "username").await, ["É", "BR9", "br10", "B", "a"]);
}

#[tokio::test]
async fn several_keys_sort_and_what_is_absent_comes_first_ascending() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let given = [("d", json!(10)), ("c", json!(9)), ("b", json!("9")), ("a", json!(10))];
    let ids = children(&world, &institution, &given).await;
    let path = format!("/v1/children/{}/nfc", ids[2]);
    admin.post(&path, json!({"nfc_tag": "tag"})).await.is(201);
    assert_eq!(listed(&admin, "/v1/children?sort=age,username", "username").await, ["b", "c", "a", "d"]);
    assert_eq!(listed(&admin, "/v1/children?sort=age%2Cusername", "username").await, ["b", "c", "a", "d"]);
    assert_eq!(listed(&admin, "/v1/children?sort=-age,-username", "username").await, ["d", "a", "c", "b"]);
    assert_eq!(listed(&admin, "/v1/children?sort=age&sort=-username", "username").await, ["c", "b", "d", "a"]);
    assert_eq!(listed(&admin, "/v1/children?sort=nfc_tag", "username").await, ["d", "c", "a", "b"]);
    assert_eq!(listed(&admin, "/v1/children?sort=-nfc_tag", "username").await, ["b", "d", "c", "a"]);
}
