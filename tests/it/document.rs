//! The document of the API: true of every response in these tests, complete, and checked in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::Validator;
use ocariot_users::api::{Document, PUBLIC};
use ocariot_users::app::policy::TABLE;
use poem::http::Method;
use serde_json::{Value, json};

use crate::support::{Reply, World};

/// Holds a response against the document: the status is documented, and the body fits its schema.
pub fn check(document: &Value, method: &Method, path: &str, reply: &Reply) {
    let Some((template, operation)) = find(document, method, path) else {
        return;
    };
    // Who names no existing path or method gets what belongs to no operation. A path may be none with these settings.
    if reply.body["message"].as_str().is_some_and(|message| message.starts_with("Endpoint ")) {
        return;
    }
    let status = reply.status.to_string();
    let response = &operation["responses"][&status];
    assert!(response.is_object(), "{method} {template} answers {status}, which is not documented: {}", reply.text);
    let schema = &response["content"]["application/json"]["schema"];
    let content_type = reply.header("content-type").unwrap_or_default().split(';').next().unwrap();
    if content_type != "application/json" && response["content"][content_type].is_object() {
        return;
    }
    let is_file = response["content"].as_object().is_some_and(|content| !content.contains_key("application/json"));
    if is_file {
        return;
    }
    if schema.is_null() {
        assert_eq!(reply.text, "", "{method} {template} {status} is documented without a body");
        return;
    }
    let key = format!("{method} {template} {status}");
    let errors: Vec<_> = validator(key, document, schema).iter_errors(&reply.body).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{method} {template} {status}: {errors:?} in {}", reply.text);
}

fn find<'d>(document: &'d Value, method: &Method, path: &str) -> Option<(&'d str, &'d Value)> {
    let path = path.strip_prefix("/v1")?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let paths = document["paths"].as_object()?;
    let fits = |template: &str| {
        let (given, known): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
        given.len() == known.len() && given.iter().zip(known).all(|(g, k)| k.starts_with('{') || *g == k)
    };
    // A literal segment goes before a parameter.
    let mut known: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
    known.sort_by_key(|(template, _)| template.matches('{').count());
    let (template, operations) = known.first()?;
    let operation = operations.get(method.as_str().to_ascii_lowercase())?;
    Some((template, operation))
}

fn validator(key: String, document: &Value, schema: &Value) -> Arc<Validator> {
    static KNOWN: OnceLock<Mutex<HashMap<String, Arc<Validator>>>> = OnceLock::new();
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap();
    let make = || {
        let mut schema = schema.clone();
        schema["components"] = document["components"].clone();
        // OpenAPI 3.0 takes its words from draft 4; siblings of `$ref` count for us.
        Arc::new(
            jsonschema::options()
                .with_draft(jsonschema::Draft::Draft4)
                .build(&json!({"allOf": [schema.clone()], "components": schema["components"]}))
                .unwrap(),
        )
    };
    known.entry(key).or_insert_with(make).clone()
}

/// Compares a generated file with what it should hold; with `UPDATE_GENERATED` set, writes it instead.
pub fn assert_current(path: &str, expected: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests, no setting of the service")]
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is not what the code makes; run `UPDATE_GENERATED=1 cargo test --locked --test it` and review the diff",
        path.display()
    );
}

#[tokio::test]
async fn the_document_is_the_one_checked_in() {
    let world = World::new().await;
    let document = world.nobody().get("/v1/openapi.json").await.is(200).text;
    assert_current("openapi/openapi.json", &format!("{document}\n"));
}

#[tokio::test]
async fn the_list_of_operations_is_the_one_checked_in() {
    let world = World::new().await;
    let document = Document::finish(&world.nobody().get("/v1/openapi.json").await.text).unwrap();
    assert_current("openapi/operations.txt", &document.operations());
}

fn operations(document: &Value) -> Vec<&Value> {
    document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values()).collect()
}

#[tokio::test]
async fn every_operation_has_a_row_in_the_table_or_is_public() {
    let world = World::new().await;
    let document = world.nobody().get("/v1/openapi.json").await.body;
    let operations = operations(&document);
    let ids: Vec<_> = operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    for operation in &operations {
        let id = operation["operationId"].as_str().unwrap();
        let has_row = TABLE.iter().any(|row| row.id == id);
        assert_ne!(has_row, PUBLIC.contains(&id), "{id} has a row or is public, never both");
        assert_eq!(operation["security"] != json!([]), has_row, "{id} asks for a token exactly if it has a row");
    }
    for row in TABLE {
        assert_eq!(ids.iter().filter(|id| **id == row.id).count(), 1, "{} is one operation", row.id);
    }
}

#[tokio::test]
async fn every_operation_is_described_with_examples_of_its_bodies() {
    let world = World::new().await;
    let document = world.nobody().get("/v1/openapi.json").await.body;
    let example = |schema: &Value| {
        let item = if schema["type"] == "array" { &schema["items"] } else { schema };
        let name = item["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        document["components"]["schemas"][name]["example"].clone()
    };
    for operation in operations(&document) {
        let id = &operation["operationId"];
        assert!(operation["summary"].is_string(), "{id} has a summary");
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body = if body["oneOf"].is_array() { &body["oneOf"][0] } else { body };
        assert!(body.is_null() || example(body).is_object(), "{id} has an example of its body");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let content = &response["content"]["application/json"];
            // What became of many is each as one is, or an error.
            let documented = status == "207"
                || content.is_null()
                || content["examples"].is_object()
                || example(&content["schema"]).is_object();
            assert!(documented || id == "jwks_view", "{id} has an example of {status}");
        }
    }
}
