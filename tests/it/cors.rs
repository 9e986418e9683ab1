//! Pages of other origins: refused, but for those that are configured (contract, section 1).

use poem::http::{HeaderMap, Method};
use serde_json::json;

use crate::support::{Client, Options, Reply, World};

const PORTAL: &str = "https://portal.example";

async fn world() -> World {
    let cors_origins = vec![PORTAL.to_owned(), "http://localhost:8080".to_owned()];
    World::with(Options { cors_origins, ..Options::default() }).await
}

async fn preflight(client: &Client, origin: &str, path: &str) -> Reply {
    let request = client.request(Method::OPTIONS, path).header("origin", origin);
    client.call(request.header("access-control-request-method", "PATCH").finish()).await
}

async fn get_from(client: &Client, origin: &str) -> Reply {
    client.call(client.request(Method::GET, "/v1/institutions").header("origin", origin).finish()).await
}

fn allowed(headers: &HeaderMap) -> Vec<&str> {
    let names = headers.keys().map(|name| name.as_str());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

#[tokio::test]
async fn a_configured_origin_may_ask_and_read_and_is_never_given_credentials() {
    let world = world().await;
    let admin = world.admin().await;
    let reply = get_from(&admin, PORTAL).await.is(200);
    assert_eq!(reply.header("access-control-allow-origin"), Some(PORTAL));
    assert_eq!(reply.header("vary"), Some("Origin"));
    let exposed = reply.header("access-control-expose-headers").unwrap();
    for name in ["X-Total-Count", "X-RateLimit-Limit", "X-RateLimit-Remaining", "Retry-After"] {
        assert!(exposed.split(", ").any(|known| known == name), "{name} in {exposed}");
    }
    assert_eq!(reply.header("access-control-allow-credentials"), None);

    let reply = preflight(&world.nobody(), PORTAL, "/v1/institutions/507f191e810c19729de860ea/").await.is(204);
    assert_eq!(reply.header("access-control-allow-origin"), Some(PORTAL));
    let mut methods: Vec<_> = reply.header("access-control-allow-methods").unwrap().split(", ").collect();
    methods.sort_unstable();
    assert_eq!(methods, ["DELETE", "GET", "HEAD", "PATCH"]);
    assert_eq!(reply.header("access-control-allow-headers"), Some("Authorization, Content-Type, X-Request-Id"));
    assert_eq!(reply.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn a_page_reads_errors_too() {
    let world = world().await;
    let reply = get_from(&world.nobody(), "http://localhost:8080").await.is(401);
    assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:8080"));
    let request = world.nobody().request(Method::POST, "/v1/auth").header("origin", PORTAL);
    let body = json!({"username": "x", "password": "y"}).to_string();
    let reply = world.nobody().call(request.header("content-type", "application/json").body(body)).await.is(401);
    assert_eq!(reply.header("access-control-allow-origin"), Some(PORTAL));
}

#[tokio::test]
async fn any_other_origin_is_told_nothing() {
    let world = world().await;
    let admin = world.admin().await;
    for origin in ["https://portal.example.evil", "http://portal.example", "https://portal.example:444", "null", "*"] {
        let reply = get_from(&admin, origin).await.is(200);
        assert_eq!((allowed(&reply.headers), reply.header("vary")), (vec![], Some("Origin")), "{origin}");
        let reply = preflight(&admin, origin, "/v1/institutions/507f191e810c19729de860ea").await.is(405);
        assert_eq!(allowed(&reply.headers), Vec::<&str>::new(), "{origin}");
    }
    let reply = preflight(&admin, PORTAL, "/v1/nothing").await.is(404);
    assert_eq!(reply.header("access-control-allow-methods"), None);
    // OPTIONS that is no preflight is a method like another.
    let options = admin.request(Method::OPTIONS, "/v1/institutions").header("origin", PORTAL).finish();
    admin.call(options).await.is(405);
}

#[tokio::test]
async fn without_configured_origins_nothing_is_said_of_them() {
    let world = World::new().await;
    let reply = get_from(&world.admin().await, PORTAL).await.is(200);
    assert_eq!((allowed(&reply.headers), reply.header("vary")), (vec![], None));
}
