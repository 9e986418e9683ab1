//! What the document says of the query string of a list (contract, section 7).

use serde_json::{Map, Value, json};

use crate::api::document::{json_schema, reference};
use crate::api::http::names::{INSTITUTION_ALIAS, queried_field};
use crate::api::http::query::INSTANT;

/// Adds the parameters of every list, and one for each field of its objects.
pub(in crate::api) fn add_list_parameters(path: &str, operation: &mut Value, schemas: &Value) {
    let item = reference(&json_schema(&operation["responses"]["200"])["items"]).map(|name| &schemas[name]);
    let mut added = common();
    // What the path names is no question.
    let named = |name: &str| path.contains(&format!("{{{name}}}"));
    let fields = item.map(|item| fields("", item, schemas)).unwrap_or_default();
    for (name, schema) in fields.iter().filter(|(name, _)| !named(name)) {
        let text = format!("Keep those whose `{name}` matches{}", form(name, schema));
        if name == "institution_id" {
            added.push(formed(name, &text, ID));
            added.push(formed(INSTITUTION_ALIAS, "The same as `institution_id`.", ID));
            let text =
                "Show users who are deactivated, too (`include`), or them alone (`only`); without, none of them.";
            let schema = json!({"type": "string", "enum": ["include", "only"]});
            added.push(
                json!({"name": "deactivated", "in": "query", "required": false, "description": text, "schema": schema}),
            );
        } else {
            let mut filter = filter(name, &text);
            if LISTS.contains(&name.as_str()) {
                filter["allowReserved"] = true.into();
            }
            added.push(filter);
        }
    }
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.extend(added),
        None => operation["parameters"] = added.into(),
    }
}

/// The fields of an object and of those inside it, whose names have what they lie in before them; no arrays, and nothing
/// that is shown and no field.
fn fields<'s>(inside: &str, object: &'s Value, schemas: &'s Value) -> Vec<(String, &'s Value)> {
    let mut found = Vec::new();
    for (name, schema) in object["properties"].as_object().into_iter().flatten() {
        let name = format!("{inside}{name}");
        let whole = schema["allOf"].get(0).unwrap_or(schema);
        match reference(whole).map(|known| &schemas[known]).filter(|known| known["type"] == "object") {
            Some(nested) => found.extend(fields(&format!("{name}."), nested, schemas)),
            None if schema["type"] == "array" || queried_field(&name).is_none() => {}
            None => found.push((name, schema)),
        }
    }
    found
}

/// Filters with several values, any of which may match, have commas between them. One that is sent as `%2C` belongs to
/// a value (contract, section 7): clients are told to send these as they are typed, where no other reserved character
/// makes sense.
const LISTS: [&str; 3] = ["age", "gender", "fitbit_status"];

/// How a filter on a field can look. It is no `example`: Swagger UI would fill in all of them at once.
fn form(name: &str, schema: &Value) -> &'static str {
    match name {
        "age" => ": `9`, `gte:9`, `lt:12`, or any of `9,10`. Given twice, both must hold.",
        "gender" => ": `male`, or any of `male,female`.",
        "institution_id" => ": an id.",
        "latitude" | "longitude" => ": `51.5237`, `gt:50`.",
        "fitbit_status" => ": `none`.",
        "nfc_tag" => ": `04a22422dd6480`.",
        "id" => ": an id.",
        "timestamp" => ": `gte:2019-06-01`, `lt:2019-07-01T00:00:00`. Given twice, both must hold.",
        "value" | "body_fat" => ": `30`, `gt:18.5`.",
        "start_time" | "end_time" => ": `gte:2019-06-01`, `lt:2019-07-01T00:00:00`. Given twice, both must hold.",
        "duration" | "calories" | "steps" | "distance" => ": `200`, `gt:100`.",
        name if name.starts_with("heart_rate.") => ": `107`, `gt:100`.",
        "unit" => ": `kg`.",
        "climatized" => ": `true`.",
        "location.local" | "location.room" => ": `room 01`, `room*`.",
        "location.latitude" | "location.longitude" => ": `7.21`, `gt:7`.",
        _ if schema["format"] == "date-time" || schema["format"] == "date" => ": `gte:2019-12-01`, `lt:2020-01-01`.",
        _ => ": `BR0001`, `BR*`, `*BR*`.",
    }
}

fn filter(name: &str, description: &str) -> Value {
    json!({"name": name, "in": "query", "required": false, "description": description, "schema": {"type": "string"}})
}

/// One id. Several are separated by commas as they are, which most clients would send as `%2C`.
const ID: &str = "^[0-9a-fA-F]{24}$";
/// What `period` takes.
const PERIOD: &str = "^[0-9]{1,4}[dwmy]$";

/// A filter whose values have a form, without which they are refused.
fn formed(name: &str, description: &str, pattern: &str) -> Value {
    let mut filter = filter(name, description);
    filter["schema"]["pattern"] = pattern.into();
    filter
}

/// What every list understands.
fn common() -> Vec<Value> {
    let number = |name: &str, description: &str, default: u32, example: u32| {
        let schema = json!({"type": "integer", "format": "int32", "minimum": 1, "default": default});
        described(name, description, &schema, &example.into())
    };
    let text = |name: &str, description: &str, schema: &Value, example: &str| {
        described(name, description, schema, &example.into())
    };
    let instant = json!({"type": "string", "pattern": INSTANT});
    vec![
        number("page", "The page, counted from 1. A page behind the last is empty.", 1, 1),
        number("limit", "How many objects a page has at most; more than the service allows counts as that.", 100, 20),
        text(
            "sort",
            "Fields to sort by, separated by commas; `-` before one for descending. Without: the newest first, or \
             the stored order of a family's children.",
            &json!({"type": "string"}),
            "-id",
        ),
        text(
            "start_at",
            "Made at this time or later: `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM:SS` (UTC) or `today`.",
            &instant,
            "2019-11-01",
        ),
        text("end_at", "Made before this time, written as `start_at` is. Without: until now.", &instant, "2100-01-01"),
        formed(
            "period",
            "Made in these days, weeks, months or years before `end_at` (or now), or after `start_at`: `10d`, `2w`, `1y`.",
            PERIOD,
        ),
    ]
}

fn described(name: &str, description: &str, schema: &Value, example: &Value) -> Value {
    let mut parameter = filter(name, description);
    if let Some(parameter) = parameter.as_object_mut() {
        let parts = [("schema", schema), ("example", example)];
        parameter.extend(Map::from_iter(parts.map(|(key, value)| (key.to_owned(), value.clone()))));
    }
    parameter
}
