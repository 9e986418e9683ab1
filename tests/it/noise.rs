//! Random requests of every operation: whatever arrives, the answer is one of the contract's, and never a fault.

use std::cell::RefCell;
use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use poem::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use poem::http::{Method, Uri};
use poem::{Body, Request};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::support::{ABSENT, World};

const FIELDS: [&str; 19] = [
    "username",
    "password",
    "institution_id",
    "institution",
    "children",
    "gender",
    "age",
    "age_calc_date",
    "name",
    "type",
    "address",
    "latitude",
    "longitude",
    "school_class",
    "application_name",
    "nfc_tag",
    "old_password",
    "new_password",
    "id",
];

/// What is random about a request. The token and the ids that exist are filled in later.
#[derive(Debug, Clone)]
struct Noise {
    operation: prop::sample::Index,
    segments: [Segment; 2],
    query: Vec<(Vec<u8>, Vec<u8>)>,
    token: Token,
    content_type: Option<Vec<u8>>,
    body: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Segment {
    Present(prop::sample::Index),
    Absent,
    Bytes(Vec<u8>),
}

#[derive(Debug, Clone)]
enum Token {
    Genuine,
    Changed(prop::sample::Index, u8),
    Bytes(Vec<u8>),
    None,
}

/// Text with what parsers stumble over: quotes, zeros, digits of other scripts, marks, direction signs, dates, ids.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{0,12}Z?)?",
        "[0-9a-fA-F]{22,26}",
        "[\\x00-\\x20\"'%*\\\\;٠-٩\\u{300}-\\u{310}\\u{202e}]{0,12}",
        "(gt|gte|lt|lte|ne):-?[0-9]{0,30}(\\.[0-9]{0,30})?(e[0-9]{1,4})?",
        Just(ABSENT.to_owned()),
        "a{1020,1030}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
        Just(json!("male")),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..6)
                .prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![8 => prop::sample::select(&FIELDS[..]).prop_map(str::to_owned), 1 => text()]
}

fn object() -> impl Strategy<Value = Vec<u8>> {
    let fields = prop::collection::vec((key(), value()), 0..10);
    fields.prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>()).to_string().into_bytes())
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let cut = (object(), any::<prop::sample::Index>()).prop_map(|(mut json, at)| {
        json.truncate(at.index(json.len()));
        json
    });
    let other = value().prop_map(|json| json.to_string().into_bytes());
    prop_oneof![6 => object(), 1 => cut, 1 => other, 2 => any::<Vec<u8>>()]
}

fn noise() -> impl Strategy<Value = Noise> {
    let segment = || {
        prop_oneof![
            any::<prop::sample::Index>().prop_map(Segment::Present),
            Just(Segment::Absent),
            any::<Vec<u8>>().prop_map(Segment::Bytes),
            text().prop_map(|text| Segment::Bytes(text.into_bytes())),
        ]
    };
    let token = prop_oneof![
        12 => Just(Token::Genuine),
        1 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Token::Changed(at, byte)),
        1 => any::<Vec<u8>>().prop_map(Token::Bytes),
        1 => Just(Token::None),
    ];
    let parameter = (prop_oneof![key(), text(), "sort|page|limit|start_at|end_at|period"], text());
    let query = prop::collection::vec(parameter.prop_map(|(key, value)| (key.into_bytes(), value.into_bytes())), 0..4);
    let content_type = prop_oneof![8 => Just(Some(b"application/json".to_vec())), 1 => Just(None), 2 => "[ -~]{0,20}|text/plain".prop_map(|text| Some(text.into_bytes()))];
    (any::<prop::sample::Index>(), [segment(), segment()], query, token, content_type, body()).prop_map(
        |(operation, segments, query, token, content_type, body)| Noise {
            operation,
            segments,
            query,
            token,
            content_type,
            body,
        },
    )
}

fn encoded(bytes: &[u8]) -> String {
    percent_encode(bytes, NON_ALPHANUMERIC).to_string()
}

impl Noise {
    fn request(&self, operations: &[(Method, &str)], ids: &[String], genuine: &str) -> Request {
        let (method, template) = &operations[self.operation.index(operations.len())];
        let mut segments = self.segments.iter();
        let parts = template.split('/').map(|part| match segments_of(part, &mut segments) {
            None => part.to_owned(),
            Some(Segment::Present(id)) => ids[id.index(ids.len())].clone(),
            Some(Segment::Absent) => ABSENT.to_owned(),
            // Empty, it would make another path, which the document does not know.
            Some(Segment::Bytes(bytes)) if bytes.is_empty() => encoded(b" "),
            Some(Segment::Bytes(bytes)) => encoded(bytes),
        });
        let path = parts.collect::<Vec<_>>().join("/");
        let query: Vec<_> =
            self.query.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
        let uri: Uri = format!("/v1{path}?{}", query.join("&")).parse().unwrap();
        let mut request = Request::builder().method(method.clone()).uri(uri).body(Body::from(self.body.clone()));
        let mut token = format!("Bearer {genuine}").into_bytes();
        match &self.token {
            Token::Genuine => {}
            Token::Changed(at, byte) => {
                let at = at.index(token.len());
                token[at] = *byte;
            }
            Token::Bytes(bytes) => token = bytes.clone(),
            Token::None => token.clear(),
        }
        let headers = request.headers_mut();
        // What is no header's value does not get as far as the service.
        let mut insert =
            |name, value: &[u8]| HeaderValue::from_bytes(value).map(|value| headers.insert(name, value)).ok();
        insert(AUTHORIZATION, &token);
        self.content_type.as_ref().and_then(|given| insert(CONTENT_TYPE, given));
        request
    }
}

/// The random segment for a parameter of a template, if this part is one.
fn segments_of<'n>(part: &str, segments: &mut impl Iterator<Item = &'n Segment>) -> Option<&'n Segment> {
    part.starts_with('{').then(|| segments.next()).flatten()
}

/// Method and path of every operation of the document.
fn operations() -> Vec<(Method, &'static str)> {
    let lines = include_str!("../../openapi/operations.txt").lines().filter(|line| !line.starts_with('#'));
    let parts = lines.map(|line| line.split(" | ").collect::<Vec<_>>());
    parts.map(|parts| (parts[1].parse().unwrap(), parts[2])).collect()
}

#[test]
fn noise_is_answered_as_the_contract_says_and_never_with_a_fault() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (world, ids, genuine) = runtime.block_on(async {
        let world = World::new().await;
        let school = world.school().await;
        let ids = [school.institution, school.child.id, school.family.id, school.educator.id, school.educator_group]
            .into_iter()
            .chain([school.professional.id, school.professional_group, school.application.id]);
        let genuine = world.admin().await.token.unwrap();
        (world, ids.collect::<Vec<_>>(), genuine)
    });
    let operations = operations();
    assert!(operations.len() > 40, "the operations are found");
    let nobody = world.nobody();
    // PROPTEST_CASES makes it longer.
    let config = Config { cases: Config::default().cases * 4, failure_persistence: None, ..Config::default() };
    let seen = RefCell::new(BTreeSet::new());
    let answered = TestRunner::new(config).run(&noise(), |noise| {
        let request = noise.request(&operations, &ids, &genuine);
        // Holds every answer against the document, too.
        let reply = runtime.block_on(nobody.call(request));
        seen.borrow_mut().insert(reply.status);
        prop_assert!(reply.status < 500, "{} {}", reply.status, reply.text);
        prop_assert!(reply.status < 400 || reply.body["code"] == reply.status, "{}", reply.text);
        Ok(())
    });
    answered.unwrap();
    // The noise gets past the first check.
    let seen = seen.into_inner();
    assert!([200, 400, 401, 403, 404, 415].iter().all(|status| seen.contains(status)), "{seen:?}");
}
