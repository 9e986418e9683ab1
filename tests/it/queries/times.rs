//! Times of creation.

use serde_json::json;

use super::{children, listed};
use crate::support::World;

const NOT_ISO: &str = "Date must be in the format: yyyy-MM-dd";

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
