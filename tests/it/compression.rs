//! Answers are compressed for clients that ask for it, and unpacked they are what others get.

use std::io::Read;

use poem::Response;
use poem::http::{Method, header};

use crate::support::{Client, PASSWORD, World, child};

const CODINGS: [&str; 3] = ["zstd", "br", "gzip"];

async fn ask(client: &Client, path: &str, accepted: Option<&str>) -> Response {
    let request = client.request(Method::GET, path);
    let request = match accepted {
        Some(accepted) => request.header(header::ACCEPT_ENCODING, accepted),
        None => request,
    };
    client.answer(request.finish()).await
}

fn value<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

fn unpacked(coding: &str, bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    match coding {
        "zstd" => zstd::Decoder::new(bytes).unwrap().read_to_end(&mut unpacked),
        "br" => brotli::Decompressor::new(bytes, 4096).read_to_end(&mut unpacked),
        _ => flate2::read::GzDecoder::new(bytes).read_to_end(&mut unpacked),
    }
    .unwrap();
    unpacked
}

/// A school with so many children.
async fn crowd(world: &World, children: usize) -> Client {
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    for number in 0..children {
        admin.post("/v1/children", child(&format!("BR{number:04}"), &institution)).await.is(201);
    }
    admin
}

#[tokio::test]
async fn a_page_is_compressed_as_the_client_asks_and_unpacked_the_same() {
    let world = World::new().await;
    let admin = crowd(&world, 100).await;
    let plain = ask(&admin, "/v1/children?limit=100", None).await;
    assert_eq!((value(&plain, "content-encoding"), value(&plain, "vary")), (None, Some("accept-encoding")));
    let plain = plain.into_body().into_vec().await.unwrap();
    for coding in CODINGS {
        let packed = ask(&admin, "/v1/children?limit=100", Some(coding)).await;
        assert_eq!(
            (value(&packed, "content-encoding"), value(&packed, "vary")),
            (Some(coding), Some("accept-encoding"))
        );
        assert_eq!(value(&packed, "content-type"), Some("application/json; charset=utf-8"));
        let packed = packed.into_body().into_vec().await.unwrap();
        assert!(packed.len() * 5 < plain.len(), "{coding}: {} of {}", packed.len(), plain.len());
        assert!(unpacked(coding, &packed) == plain, "{coding}");
    }
    for (accepted, expected) in [
        ("gzip, deflate, br, zstd", Some("zstd")),
        ("gzip, deflate, br", Some("br")),
        ("zstd;q=0, br;q=0.0, GZIP", Some("gzip")),
        ("deflate, identity", None),
        ("*", None),
        ("", None),
    ] {
        let answer = ask(&admin, "/v1/children?limit=100", Some(accepted)).await;
        assert_eq!(value(&answer, "content-encoding"), expected, "{accepted}");
    }
}

#[tokio::test]
async fn an_answer_that_is_made_while_it_is_sent_is_compressed_too() {
    let world = World::new().await;
    let (school, admin) = (world.school().await, world.admin().await);
    world.sql(&format!(
        "INSERT INTO tracked_child (child_id) VALUES (x'{}');
         WITH RECURSIVE day (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM day WHERE n < 9000)
         INSERT INTO day_totals (child, day, steps) SELECT 1, n, n * 7919 % 20000 FROM day;",
        school.child.id
    ));
    let path = format!("/v1/children/{}/export", school.child.id);
    let plain = ask(&admin, &path, None).await.into_body().into_vec().await.unwrap();
    assert!(plain.len() > 300_000, "{}", plain.len());
    for coding in CODINGS {
        let packed = ask(&admin, &path, Some(coding)).await;
        assert_eq!(value(&packed, "content-encoding"), Some(coding));
        let packed = packed.into_body().into_vec().await.unwrap();
        assert!(packed.len() * 3 < plain.len(), "{coding}");
        // Each export tells of those before it.
        let [unpacked, plain] = [&unpacked(coding, &packed), &plain]
            .map(|bytes| serde_json::from_slice::<serde_json::Value>(bytes).unwrap());
        assert!(
            unpacked["logs"] == plain["logs"] && unpacked["logs"].is_array(),
            "{coding}: {:?}",
            plain.as_object().unwrap().keys()
        );
    }
}

#[tokio::test]
async fn what_is_short_or_holds_a_secret_is_sent_as_it_is() {
    let world = World::new().await;
    let (school, admin) = (world.school().await, world.admin().await);
    let short = ask(&admin, &format!("/v1/children/{}", school.child.id), Some("zstd, br, gzip")).await;
    assert_eq!((value(&short, "content-encoding"), value(&short, "vary")), (None, None));
    let body = serde_json::json!({"username": school.educator.username, "password": PASSWORD});
    let request = world.nobody().request(Method::POST, "/v1/auth").header("content-type", "application/json");
    let request = request.header(header::ACCEPT_ENCODING, "gzip").body(body.to_string());
    let token = admin.answer(request).await;
    assert_eq!((token.status().as_u16(), value(&token, "content-encoding")), (200, None));
    let token = token.into_body().into_vec().await.unwrap();
    assert!(token.len() > 1024, "it is long enough: {}", token.len());
}
