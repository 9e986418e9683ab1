//! What lists cost: long queries are answered, and pages take a fixed number of statements.

use serde_json::json;

use super::listed;
use crate::support::{PASSWORD, World, fresh};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_values_fields_and_keys_are_answered() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let lists = [
        (admin.clone(), "/v1/institutions".to_owned(), "name"),
        (admin.clone(), "/v1/children".to_owned(), "username"),
        (admin.clone(), "/v1/families".to_owned(), "username"),
        (admin.clone(), "/v1/educators".to_owned(), "username"),
        (admin.clone(), "/v1/healthprofessionals".to_owned(), "username"),
        (admin.clone(), "/v1/applications".to_owned(), "username"),
        (admin.clone(), format!("/v1/families/{}/children", school.family.id), "username"),
        (school.educator.client.clone(), format!("/v1/educators/{}/children/groups", school.educator.id), "name"),
    ];
    for (client, path, field) in &lists {
        // As long as a request line may be.
        let filled = |start: String, part: &str| {
            let count = (4090 - path.len() - start.len()) / part.len();
            format!("{path}?{start}{}", part.repeat(count))
        };
        let all = listed(client, path, "id").await;
        assert!(!all.is_empty(), "{path}");
        let any_value = filled(format!("{field}=*"), ",");
        assert_eq!(listed(client, &any_value, "id").await, all, "{path}: one of 2,000 values");
        assert!(listed(client, &filled(format!("{field}="), ",a"), "id").await.is_empty(), "{path}: none of them");
        let many = (0..450).map(|n| format!("&{field}=ne:{n}a")).collect::<String>();
        let many = format!("{path}?{}", &many[..many.len().min(4000 - path.len())]);
        assert_eq!(listed(client, many.rsplit_once('&').unwrap().0, "id").await, all, "{path}: all fields hold");
        assert_eq!(listed(client, &filled(String::new(), "id=*&"), "id").await, all, "{path}: the same field again");
        assert!(listed(client, &filled(String::new(), "x&"), "id").await.is_empty(), "{path}: 2,000 unknown fields");
        let sorted = filled("sort=".to_owned(), "id,-id,");
        let mut ascending = all.clone();
        ascending.sort_unstable();
        assert_eq!(listed(client, &sorted, "id").await, ascending, "{path}: 500 keys");
        listed(client, &filled(String::new(), "institution_id=ffffffffffffffffffffffff&"), "id").await;
    }
    let ids = vec![school.institution.as_str(); 150].join(",");
    assert!(!listed(&admin, &format!("/v1/children?institution={ids}"), "id").await.is_empty());
}

#[tokio::test]
async fn lists_take_a_fixed_number_of_statements_whatever_the_page() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let institution = school.institution.as_str();
    for _ in 0..12 {
        let kids = [admin.make_child(institution).await, admin.make_child(institution).await];
        let kids = [kids[0].as_str(), kids[1].as_str(), &school.child.id];
        world.person("families", institution, &kids).await;
        for path in ["educators", "healthprofessionals"] {
            let owner = world.person(path, institution, &[]).await;
            for _ in 0..3 {
                owner.client.make_group(&format!("{path}/{}", owner.id), &kids).await;
            }
        }
        school.educator.client.make_group(&format!("educators/{}", school.educator.id), &kids).await;
        let body = json!({"username": fresh("app"), "password": PASSWORD, "application_name": "x"});
        admin.post("/v1/applications", body).await.is(201);
    }
    for (client, path, statements) in [
        (&admin, "/v1/institutions".to_owned(), 2),
        (&admin, "/v1/children".to_owned(), 2),
        (&admin, "/v1/families".to_owned(), 4),
        (&admin, "/v1/educators".to_owned(), 5),
        (&admin, "/v1/healthprofessionals".to_owned(), 5),
        (&admin, "/v1/applications".to_owned(), 2),
        (&admin, format!("/v1/families/{}/children", school.family.id), 3),
        (&school.educator.client, format!("/v1/educators/{}/children/groups", school.educator.id), 4),
    ] {
        // What is in memory of users is read when it is asked for first.
        client.get(&path).await.is(200);
        for query in ["limit=1", "limit=3&sort=id", "limit=1000&id=*"] {
            let before = world.store.statements();
            let found = client.get(&format!("{path}?{query}")).await.is(200);
            assert_ne!(found.body, json!([]), "{path} {query}");
            assert_eq!(world.store.statements() - before, statements, "{path} {query}");
        }
        let before = world.store.statements();
        client.get(&format!("{path}?nothing=1")).await.is(200);
        assert!(world.store.statements() - before <= 4, "{path}: nothing is asked for what cannot be");
    }
}
