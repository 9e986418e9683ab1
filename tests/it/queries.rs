//! Query strings of lists, as section 7 of the contract words them.

use serde_json::{Value, json};

use crate::support::{ABSENT, Client, PASSWORD, World, child, fresh, user};

const NOT_ISO: &str = "Date must be in the format: yyyy-MM-dd";

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
async fn times_of_creation_bound_a_list_below_inclusively_and_above_exclusively() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    // The clock stands at 2026-03-01T12:00:00Z; a child a day, at noon.
    for name in ["mar1", "mar2", "mar3"] {
        children(&world, &institution, &[(name, json!(9))]).await;
        world.clock.advance(86_400);
    }
    let admin = world.admin().await;
    for (query, found) in [
        ("start_at=2026-03-02", vec!["mar2", "mar3"]),
        ("start_at=2026-03-02T12:00:00", vec!["mar2", "mar3"]),
        ("start_at=2026-03-02T12:00:01", vec!["mar3"]),
        ("end_at=2026-03-02", vec!["mar1"]),
        ("end_at=2026-03-02T12:00:00", vec!["mar1"]),
        ("end_at=2026-03-02T12:00:01", vec!["mar1", "mar2"]),
        ("start_at=2026-03-02&end_at=2026-03-03", vec!["mar2"]),
        ("start_at=2026-03-03&end_at=2026-03-02", vec![]),
        ("end_at=today", vec!["mar1", "mar2", "mar3"]),
        ("start_at=today", vec![]),
        ("period=1d", vec!["mar3"]),
        ("period=2d", vec!["mar2", "mar3"]),
        ("period=1w", vec!["mar1", "mar2", "mar3"]),
        ("period=1m", vec!["mar1", "mar2", "mar3"]),
        ("period=1y", vec!["mar1", "mar2", "mar3"]),
        // Nothing is created within no time at all.
        ("period=0d", vec![]),
        ("period=7304484d", vec!["mar1", "mar2", "mar3"]),
        ("start_at=2026-03-01&period=1d", vec!["mar1"]),
        ("end_at=2026-03-03&period=1d", vec!["mar2"]),
        ("start_at=2026-03-02&end_at=2026-03-04&period=1y", vec!["mar2", "mar3"]),
        ("start_at=2026-03-03&start_at=2026-03-01", vec!["mar3"]),
        ("start_at=9999-12-31T23:59:59", vec![]),
        ("start_at=0000-01-01&end_at=9999-12-31T23:59:59", vec!["mar1", "mar2", "mar3"]),
        ("start_at=9999-12-31&period=9999y", vec![]),
    ] {
        let answer = listed(&admin, &format!("/v1/children?sort=username&{query}"), "username").await;
        assert_eq!(answer, found, "{query}");
    }
}

#[tokio::test]
async fn unusable_times_are_refused() {
    let world = World::new().await;
    let admin = world.admin().await;
    for value in ["", "2026-13-01", "2026-02-30", "2026-3-1", "01-03-2026", "20260301", "2026-03-01T12:00", "TODAY"] {
        for key in ["start_at", "end_at"] {
            let message = format!("Date: {value}, is not in valid ISO 8601 format.");
            admin.get(&format!("/v1/children?{key}={value}")).await.fails(400, &message, Some(NOT_ISO));
        }
    }
    for value in ["", "d", "10", "10h", "-1d", "1.5d", "1D", "d10", "99999999999999999999d", "9999999y", "today"] {
        let message = format!("Date: {value}, is not in valid ISO 8601 format.");
        admin.get(&format!("/v1/children?period={value}")).await.fails(400, &message, Some(NOT_ISO));
    }
    for value in ["2026-03-01T12:00:00Z", "2026-03-01T25:00:00", "2026-03-01%2012:00:00", "2026-03-01T120000.0"] {
        admin.get(&format!("/v1/children?start_at={value}")).await.is(400);
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
        (&admin, "/v1/families".to_owned(), 3),
        (&admin, "/v1/educators".to_owned(), 4),
        (&admin, "/v1/healthprofessionals".to_owned(), 4),
        (&admin, "/v1/applications".to_owned(), 2),
        (&admin, format!("/v1/families/{}/children", school.family.id), 3),
        (&school.educator.client, format!("/v1/educators/{}/children/groups", school.educator.id), 3),
    ] {
        for query in ["limit=1", "limit=3&sort=id", "limit=1000&id=*"] {
            let before = world.store.statements();
            let found = client.get(&format!("{path}?{query}")).await.is(200);
            assert_ne!(found.body, json!([]), "{path} {query}");
            assert_eq!(world.store.statements() - before, statements, "{path} {query}");
        }
        let before = world.store.statements();
        client.get(&format!("{path}?nothing=1")).await.is(200);
        assert!(world.store.statements() - before <= 1, "{path}: nothing is asked for what cannot be");
    }
}
