//! Filters on fields.

use serde_json::json;

use super::{children, groups, listed};
use crate::support::{ABSENT, World, fresh, user};

#[tokio::test]
async fn equality_counts_case_for_gender_status_tag_and_ids_alone() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let ids = children(&world, &institution, &[("João", json!(11)), ("b", json!("2015-05-05"))]).await;
    admin.post(&format!("/v1/children/{}/nfc", ids[0]), json!({"nfc_tag": "04aB"})).await.is(201);
    for (query, found) in [
        ("username=jo%C3%A3o", 1),
        ("username=JO%C3%83O", 1),
        ("username=joao", 0),
        ("username=Jo", 0),
        ("username=%20Jo%C3%A3o", 0),
        ("age=11", 1),
        ("age=11.0", 0),
        ("age=2015-05-05", 1),
        ("gender=male", 2),
        ("gender=Male", 0),
        ("gender=female", 0),
        ("gender=ne:Male", 2),
        ("gender=ne:male", 0),
        ("fitbit_status=none", 2),
        ("fitbit_status=None", 0),
        ("nfc_tag=04aB", 1),
        ("nfc_tag=04ab", 0),
        ("nfc_tag=04a*", 1),
        ("nfc_tag=04AB*", 1),
    ] {
        assert_eq!(listed(&admin, &format!("/v1/children?{query}"), "id").await.len(), found, "{query}");
    }
    assert_eq!(listed(&admin, &format!("/v1/children?id={}", ids[1]), "id").await, ids[1..]);
    let upper = ids[1].to_uppercase();
    assert!(listed(&admin, &format!("/v1/children?id={upper}"), "id").await.is_empty());
}

#[tokio::test]
async fn wildcards_ignore_case_and_accents_and_take_everything_else_literally() {
    let world = World::new().await;
    let (owner, path) = groups(&world, &["João", "joana", "100%", "a_b", "a*b", "aXb", "Über JOÃO"]).await;
    let found = |pattern: &'static str| {
        let (owner, path) = (owner.clone(), path.clone());
        async move { listed(&owner, &format!("{path}?sort=name&name={pattern}"), "name").await }
    };
    assert_eq!(found("joao*").await, ["João"]);
    assert_eq!(found("JO%C3%83*").await, ["joana", "João"]);
    assert_eq!(found("*joao").await, ["João", "Über JOÃO"]);
    assert_eq!(found("*JOA*").await, ["joana", "João", "Über JOÃO"]);
    assert_eq!(found("uber*").await, ["Über JOÃO"]);
    assert_eq!(found("*%25").await, ["100%"]);
    assert_eq!(found("a_*").await, ["a_b"]);
    assert_eq!(found("a*b*").await, ["a*b"]);
    assert!(found("a*b").await.len() == 1);
    assert!(found("*.*").await.is_empty());
    for everything in ["*", "**"] {
        assert_eq!(found(everything).await.len(), 7, "{everything}");
    }
    assert_eq!(found("***").await, ["a*b"]);
    let absent = listed(&owner, &format!("{path}?school_class=*"), "name").await;
    assert!(absent.is_empty(), "what is absent does not even match everything");
}

#[tokio::test]
async fn comparisons_are_numeric_between_numbers_textual_between_text_and_never_mixed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let given = [("a", json!(9)), ("b", json!("10")), ("c", json!(10.5)), ("d", json!("2015-05-05"))];
    children(&world, &institution, &given).await;
    for (query, found) in [
        ("age=gt:9", vec!["b", "c"]),
        ("age=gte:9", vec!["a", "b", "c"]),
        ("age=gte:09.0", vec!["a", "b", "c"]),
        ("age=lt:10", vec!["a"]),
        ("age=lte:10", vec!["a", "b"]),
        ("age=ne:10", vec!["a", "c"]),
        ("age=gt:9&age=lt:10.5", vec!["b"]),
        ("age=gt:2014-01-01", vec!["d"]),
        ("age=lt:2014-01-01", vec![]),
        ("age=ne:x", vec!["d"]),
        ("age=gt:", vec!["d"]),
        ("username=gt:B", vec!["c", "d"]),
        ("username=ne:A", vec!["b", "c", "d"]),
        ("username=gt:5", vec![]),
        ("age=GT:9", vec![]),
        ("age=eq:9", vec![]),
        ("nfc_tag=ne:x", vec![]),
    ] {
        let answer = listed(&admin, &format!("/v1/children?sort=username&{query}"), "username").await;
        assert_eq!(answer, found, "{query}");
    }
}

#[tokio::test]
async fn coordinates_compare_as_numbers() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (name, latitude) in [("a", json!(-7.5)), ("b", json!("40")), ("c", json!(5))] {
        let body = json!({"name": name, "type": "School", "latitude": latitude});
        admin.post("/v1/institutions", body).await.is(201);
    }
    admin.post("/v1/institutions", json!({"name": "d", "type": "SCHOOL"})).await.is(201);
    for (query, found) in [
        ("latitude=40", vec!["b"]),
        ("latitude=40.0", vec!["b"]),
        ("latitude=forty", vec![]),
        ("latitude=gt:-8", vec!["a", "c", "b"]),
        ("latitude=lte:5", vec!["a", "c"]),
        ("latitude=-7*", vec!["a"]),
        ("type=school", vec!["d", "a", "c", "b"]),
        ("institution=507f191e810c19729de860ea", vec![]),
    ] {
        let answer = listed(&admin, &format!("/v1/institutions?sort=latitude&{query}"), "name").await;
        assert_eq!(answer, found, "{query}");
    }
}

#[tokio::test]
async fn commas_mean_any_of_and_repeated_fields_all_of() {
    let world = World::new().await;
    let (owner, path) = groups(&world, &["a", "b", "a,b", "c"]).await;
    for (query, found) in [
        ("name=a,b", vec!["a", "b"]),
        ("name=a%2Cb", vec!["a,b"]),
        ("name=A,c,nobody", vec!["a", "c"]),
        ("name=*a*&name=*b*", vec!["a,b"]),
        ("name=a,b&name=b,c", vec!["b"]),
        ("name=gt:a,a", vec!["a", "a,b", "b", "c"]),
        ("name=", vec![]),
        ("name", vec![]),
        ("name=,a", vec!["a"]),
    ] {
        assert_eq!(listed(&owner, &format!("{path}?sort=name&{query}"), "name").await, found, "{query}");
    }
}

#[tokio::test]
async fn users_are_listed_by_institution() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (one, other) = (admin.make_institution().await, admin.make_institution().await);
    for path in ["children", "families", "educators", "healthprofessionals", "applications"] {
        let kid = admin.make_child(&one).await;
        let mut ids = [String::new(), String::new()];
        for (id, institution) in ids.iter_mut().zip([&one, &other]) {
            let body = user(path, &fresh("of-"), institution, &[&kid]);
            *id = admin.post(&format!("/v1/{path}"), body).await.is(201).id();
        }
        for key in ["institution", "institution_id"] {
            let upper = other.to_uppercase();
            for (query, found) in [
                (format!("{key}={other}"), vec![&ids[1]]),
                (format!("{key}={upper}"), vec![&ids[1]]),
                (format!("{key}={one},{other}&limit=2"), vec![&ids[1], &ids[0]]),
                (format!("institution={one}&institution_id={other}"), vec![]),
                (format!("{key}={ABSENT}"), vec![]),
            ] {
                let answer = listed(&admin, &format!("/v1/{path}?{query}"), "id").await;
                assert_eq!(answer.iter().collect::<Vec<_>>(), found, "{path} {query}");
            }
        }
    }
}

#[tokio::test]
async fn what_no_response_shows_is_no_field_and_matches_nothing() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    let owner = format!("educators/{}", school.educator.id);
    let lists = [
        (admin.clone(), "/v1/institutions".to_owned()),
        (admin.clone(), "/v1/children".to_owned()),
        (admin.clone(), "/v1/families".to_owned()),
        (admin.clone(), "/v1/educators".to_owned()),
        (admin.clone(), "/v1/healthprofessionals".to_owned()),
        (admin.clone(), "/v1/applications".to_owned()),
        (admin.clone(), format!("/v1/families/{}/children", school.family.id)),
        (school.educator.client.clone(), format!("/v1/{owner}/children/groups")),
    ];
    let hidden = ["password", "password_hash", "hash", "role", "created_at", "owner_id", "position", "old_password"];
    for (client, path) in &lists {
        let all = listed(client, path, "id").await;
        assert!(!all.is_empty(), "{path}");
        for field in hidden {
            for test in ["*", "ne:x", "x", ""] {
                assert!(listed(client, &format!("{path}?{field}={test}"), "id").await.is_empty(), "{path} {field}");
            }
            assert_eq!(listed(client, &format!("{path}?sort=-{field}"), "id").await, all, "{path} {field}");
        }
        assert_eq!(listed(client, &format!("{path}?fields=username&fields="), "id").await, all, "{path}");
        let of_type = listed(client, &format!("{path}?type=*"), "id").await;
        assert_eq!(!of_type.is_empty(), path.ends_with("institutions"), "{path}: a user's type is no field");
        for injection in ["1%3D1--=1", "id)%20OR%20(1=1", "username=%27%20OR%20%271%27=%271"] {
            assert!(listed(client, &format!("{path}?{injection}"), "id").await.is_empty(), "{path} {injection}");
        }
    }
}

#[tokio::test]
async fn children_of_a_family_are_queried_as_they_are_shown_there() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let given = [("d", json!(9)), ("b", json!(10)), ("a", json!(11)), ("c", json!(12))];
    let ids = children(&world, &institution, &given).await;
    admin.post(&format!("/v1/children/{}/nfc", ids[0]), json!({"nfc_tag": "tag"})).await.is(201);
    let order: Vec<_> = [1, 0, 2].map(|at| ids[at].as_str()).into();
    let family = world.person("families", &institution, &order).await;
    let path = format!("/v1/families/{}/children", family.id);
    for (query, found) in [
        ("", vec!["b", "d", "a"]),
        ("sort=nothing", vec!["b", "d", "a"]),
        ("sort=username", vec!["a", "b", "d"]),
        ("sort=-age", vec!["a", "b", "d"]),
        ("age=gt:9", vec!["b", "a"]),
        ("limit=1&page=2", vec!["d"]),
        ("username=c", vec![]),
        ("nfc_tag=*", vec![]),
        ("tag_ass_time=*", vec![]),
    ] {
        assert_eq!(listed(&family.client, &format!("{path}?{query}"), "username").await, found, "{query}");
    }
    let page = family.client.get(&format!("{path}?limit=1&age=gt:9")).await;
    assert_eq!(page.header("x-total-count"), Some("2"));
}
