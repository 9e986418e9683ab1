//! Values: times, numbers, texts, and how they come back.

use proptest::prelude::*;
use serde_json::json;

use super::{INVALID, Tracking};

#[tokio::test]
async fn a_time_is_judged_before_everything_else_and_quoted_as_it_was_sent() {
    let t = Tracking::new().await;
    let format = Some("Datetime must be in the format: yyyy-MM-ddTHH:mm:ssZ");
    for (given, shown, description) in [
        (json!(null), "null", format),
        (json!(""), "", format),
        (json!(12345), "12345", format),
        (json!(true), "true", format),
        (json!({"a": [1, "b c"]}), r#"{"a":[1,"b c"]}"#, format),
        (json!("2019-06-20"), "2019-06-20", format),
        (json!("2019-06-20 10:00:00"), "2019-06-20 10:00:00", format),
        (json!("2019-13-20T10:00:00"), "2019-13-20T10:00:00", format),
        (json!("2019-06-20T24:00:00"), "2019-06-20T24:00:00", format),
        (json!("2019-06-31T10:00:00"), "2019-06-31T10:00:00", None),
        (json!("1677-06-30T10:00:00"), "1677-06-30T10:00:00", None),
        (json!("2262-06-30T10:00:00"), "2262-06-30T10:00:00", None),
    ] {
        let message = format!("Datetime: {shown}, is not in valid ISO 8601 format.");
        let reply = t.post("bodyfats", json!({"timestamp": given, "value": "bad"})).await;
        reply.fails(400, &message, description);
    }
    for good in ["1678-01-01T00:00:00", "2261-12-31T23:59:59.999Z", "2019-06-20T10:00:00.123456-23:59"] {
        t.post("bodyfats", json!({"timestamp": good, "value": 1})).await.is(201);
    }
}

/// Sends JSON that is written out, so that numbers are as they stand.
async fn value(t: &Tracking, n: usize, value: &str) -> crate::support::Reply {
    let request = t.client.request(poem::http::Method::POST, &t.path("bodyfats"));
    let time = format!("2019-01-{:02}T{:02}:00:00Z", n / 24 + 1, n % 24);
    t.client.call(request.body(format!(r#"{{"timestamp":"{time}","value":{value}}}"#))).await
}

#[tokio::test]
async fn numbers_count_by_value_and_come_back_as_the_same_double() {
    let t = Tracking::new().await;
    for (n, (given, shown)) in [
        ("5.0", "5"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1e2", "100"),
        ("0.1", "0.1"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0.1234567890123456789", "0.12345678901234568"),
        ("9007199254740993", "9007199254740992"),
        ("123456789012345680000", "123456789012345680000"),
        ("999999999999999900000", "999999999999999900000"),
        ("10000000000000000", "10000000000000000"),
        ("1e16", "10000000000000000"),
        ("1.5e20", "150000000000000000000"),
        ("0.000001", "0.000001"),
        ("0.00001", "0.00001"),
        (r#""200""#, "200"),
        (r#""5.5""#, "5.5"),
        (r#""0.0000001""#, "1e-7"),
        (r#""1000000000000000000000000""#, "1e+24"),
        (r#""\u0035""#, "5"),
    ]
    .into_iter()
    .enumerate()
    {
        let made = value(&t, n, given).await.is(201);
        let shown_value: serde_json::Value = serde_json::from_str(shown).unwrap();
        assert_eq!(made.body["value"].as_f64(), shown_value.as_f64(), "{given}");
        // As JavaScript writes it, which wrote the answers that clients know.
        assert!(made.text.contains(&format!("\"value\":{shown},")), "{given}: {}", made.text);
        let viewed = t.get(&format!("bodyfats/{}", made.id())).await.is(200).text;
        assert_eq!(viewed, made.text, "{given}");
        assert!(!viewed.contains(".0,"), "{viewed}");
    }
    for bad in [
        "1e21",
        "1e400",
        "-1",
        "0.0000009",
        "null",
        "true",
        "[5]",
        "{}",
        r#""""#,
        r#""1e5""#,
        r#""+1""#,
        r#"".5""#,
        r#"" 5""#,
        r#""-1""#,
        r#""x""#,
    ] {
        let text = "value must be a number equal to or greater than zero.";
        value(&t, 100, bad).await.fails(400, INVALID, Some(text));
    }
    value(&t, 100, &format!(r#""{}""#, "9".repeat(400))).await.is(400);
}

#[tokio::test]
async fn what_is_no_json_text_is_refused_as_a_whole() {
    let t = Tracking::new().await;
    let text = "Please verify that the JSON provided in the request body has a valid format and try again.";
    for bad in [
        &b"[{}"[..],
        b"[{},]",
        b"{\"a\":\"\\ud800\"}",
        b"[{\"a\":\"\\udc00x\"}]",
        b"{\"a\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
    ] {
        let request = t.client.request(poem::http::Method::POST, &t.path("weights"));
        t.client.call(request.body(bad.to_vec())).await.fails(400, "Unable to process request body!", Some(text));
    }
}

#[test]
fn any_double_comes_back_as_it_was_sent() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let t = runtime.block_on(Tracking::new());
    let n = std::cell::Cell::new(0_u32);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 100, ..Default::default() });
    let doubles = prop_oneof![0.0..1000.0_f64, 1e-6..1.0_f64, 1e10..9e20_f64, (0..1_000_000_u32).prop_map(f64::from)];
    runner
        .run(&proptest::collection::vec(doubles, 1..20), |values| {
            runtime.block_on(async {
                let items: Vec<_> = values
                    .iter()
                    .map(|value| {
                        let n = n.replace(n.get() + 1);
                        let time = format!("2019-01-01T00:{:02}:{:02}.{:03}", n / 60_000, n / 1000 % 60, n % 1000);
                        json!({"timestamp": time, "value": value})
                    })
                    .collect();
                let reply = t.post("bodyfats", json!(items)).await.is(207);
                let stored: Vec<_> = reply.body["success"].as_array().unwrap().iter().map(|one| &one["item"]).collect();
                let found = t.get(&format!("bodyfats?limit={}", values.len())).await.is(200).body;
                for ((value, stored), found) in values.iter().zip(stored).zip(found.as_array().unwrap().iter().rev()) {
                    assert_eq!(stored["value"].as_f64().unwrap().to_bits(), value.to_bits());
                    assert_eq!(stored, found);
                }
            });
            Ok(())
        })
        .unwrap();
}
