//! The console's files, as browsers ask for them. What it does is tried in browsers: tests/console/run.

use poem::http::Method;
use poem::http::header::IF_NONE_MATCH;

use crate::support::{Options, Reply, World};

/// The page, and the paths that it names.
async fn page(world: &World) -> (Reply, Vec<String>) {
    let page = world.nobody().get("/").await.is(200);
    let named = page.text.split('"').filter(|part| part.starts_with('/')).map(str::to_owned).collect();
    (page, named)
}

#[tokio::test]
async fn the_page_is_asked_for_each_time_and_its_files_are_kept_for_good() {
    let world = World::new().await;
    let nobody = world.nobody();
    let (page, named) = page(&world).await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let tag = page.header("etag").unwrap().to_owned();
    let again = nobody.call(nobody.request(Method::GET, "/").header(IF_NONE_MATCH, tag).finish()).await.is(304);
    assert_eq!(again.text, "");
    assert_eq!(named.len(), 3, "an icon, a style and a script: {named:?}");
    for path in &named {
        let file = nobody.get(path).await.is(200);
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        nobody.get(&path.replace("/console/", "/console/0")).await.is(404);
        nobody.post(path, serde_json::json!({})).await.is(405);
    }
}

#[tokio::test]
async fn nothing_on_the_page_comes_from_elsewhere_or_stands_in_it() {
    let world = World::new().await;
    let (page, named) = page(&world).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for part in ["unsafe", "http:", "https:", "*", "data:"] {
        assert!(!policy.contains(part), "{policy}");
    }
    for part in ["<style", "style=", "onload=", "http"] {
        assert!(!page.text.contains(part), "{}", page.text);
    }
    assert!(named.iter().all(|path| path.starts_with("/console/")), "{named:?}");
}

#[tokio::test]
async fn without_the_console_the_root_leads_to_the_reference() {
    let world = World::with(Options { console: ocariot_users::api::Console::Off, ..Options::default() }).await;
    let root = world.nobody().get("/").await.is(302);
    assert_eq!(root.header("location"), Some("/v1/reference"));
}
