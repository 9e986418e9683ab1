//! The document of the API: what the framework makes of the handlers, and what it cannot know.
//!
//! One pass over the finished document adds, from the table of who may do what and from what the domains tell of themselves: scopes, a
//! sentence about who may, the errors of each operation with real examples, and the query parameters of lists.

pub(in crate::api) mod examples;
pub(in crate::api) mod faults;
pub(in crate::api) mod list_parameters;
pub(in crate::api) mod parts;
pub(in crate::api) mod reference;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::api::catalogue::PARTS;
use crate::api::document::examples::add_path_examples;
use crate::api::document::faults::{Facts, faults};
use crate::api::document::list_parameters::add_list_parameters;
use crate::api::http::error_body::ErrorBody;
use crate::api::http::names::{INSTITUTION_ALIAS, key};
use crate::app::policy::{Grant, Row, TABLE};
use crate::model::{Field, Role};

const DESCRIPTION: &str = "\
The users service of the OCARIoT platform: people and applications log in, an administrator registers them, \
educators and health professionals group children, families belong to children.

**First steps here.** Run `POST /auth` with your username and password, copy the `access_token` of the answer, press \
*Authorize* and paste it. As an administrator, register an institution; with the `id` of the answer as \
`institution_id`, register educators and children. As an educator, make a group of children by their ids. Every \
operation says who may use it.

**Examples** are those of `ocariot-users demo`, and work there as they stand: elsewhere, put your own ids into them.

**Lists.** `page`, `limit` and `sort` choose what is shown; `X-Total-Count` says how many objects match in all. Every \
field of the objects is also a parameter that keeps those that match, ignoring case: `name=sunflower` (equal), `BR*`, \
`*BR` and `*BR*` (starts with, ends with, contains; accents do not count), `gender=male,female` (any of; the comma as it \
is, not as `%2C`), and `gt:9`, `gte:9`, `lt:9`, `lte:9`, `ne:9` (comparisons). Gender, ids, tags and the state of a \
wearable are compared with their case. `start_at`, `end_at` and `period` choose by the time of creation.

**To explore without consequences**, start that demo: it serves a made-up school, prints somebody of each \
type to log in as, and forgets everything when it ends.";

/// Operations that anybody may use. Every other one has a row in the table.
pub const PUBLIC: &[&str] = &["auth_login", "jwks_view", "fitbit_subscriber_verify", "fitbit_subscriber_notify"];

/// The finished document. `Display` writes it as JSON.
pub struct Document(Value);

impl Document {
    /// Completes what the framework wrote.
    ///
    /// # Errors
    /// If that is no JSON document of an API.
    pub fn finish(spec: &str) -> Result<Self, String> {
        let mut document: Value = serde_json::from_str(spec).map_err(|error| error.to_string())?;
        document["info"]["description"] = DESCRIPTION.into();
        document["info"]["license"] = json!({"name": "MIT OR Apache-2.0"});
        document["components"]["schemas"]["Error"] = error_schema();
        if let Some(tags) = document["tags"].as_array_mut() {
            let known: Vec<_> = PARTS.iter().flat_map(|part| part.tags).collect();
            tags.sort_by_key(|tag| known.iter().position(|known| tag["name"] == **known));
        }
        document["servers"] = json!([{"url": crate::api::BASE}]);
        let paths = document["paths"].as_object_mut().ok_or("the document has no paths")?;
        let relative = std::mem::take(paths).into_iter();
        let relative = relative.map(|(path, of_path)| (path.trim_start_matches(crate::api::BASE).to_owned(), of_path));
        *paths = relative.collect();
        let mut paths = std::mem::take(paths);
        let schemas = &mut document["components"]["schemas"];
        finish_schemas(schemas, &paths);
        for (path, operations) in &mut paths {
            for operation in operations.as_object_mut().into_iter().flat_map(Map::values_mut) {
                finish_operation(path, operation, schemas)?;
            }
        }
        document["paths"] = paths.into();
        Ok(Self(document))
    }

    /// Each path, as the document writes it, and its methods in lower case.
    pub fn paths(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        paths.map(|(path, operations)| {
            let methods = operations.as_object().into_iter().flat_map(Map::keys).map(String::as_str);
            (path.as_str(), methods.collect())
        })
    }

    /// Whether a method of a path, as [`Document::paths`] names both, ever succeeds; what is discontinued does not.
    pub(in crate::api) fn succeeds(&self, path: &str, method: &str) -> bool {
        let answers = self.0["paths"][path][method]["responses"].as_object();
        answers.into_iter().flat_map(Map::keys).any(|status| status.starts_with('2'))
    }

    /// One line per operation: its name, method, path, scopes and who may, for `openapi/operations.txt`.
    #[must_use]
    pub fn operations(&self) -> String {
        let mut text = String::from("# operation | method | path | scope (any of) | A | P | E | H | F | C\n");
        let mut lines = Vec::new();
        for (path, methods) in self.paths() {
            for method in methods {
                let id = self.0["paths"][path][method]["operationId"].as_str().unwrap_or_default();
                lines.push((position(id), line(id, method, path)));
            }
        }
        lines.sort();
        lines.iter().for_each(|(_, line)| text.push_str(line));
        text
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

/// Public operations first, then the table's order.
fn position(id: &str) -> usize {
    TABLE.iter().position(|row| row.id == id).map_or(0, |index| index + 1)
}

fn line(id: &str, method: &str, path: &str) -> String {
    let method = method.to_ascii_uppercase();
    match row(id) {
        None => format!("{id} | {method} | {path} | public\n"),
        Some(row) => {
            let cells: Vec<_> = Role::ALL.into_iter().map(|role| row.grant(role).word()).collect();
            format!("{id} | {method} | {path} | {} | {}\n", row.scopes.join(" "), cells.join(" | "))
        }
    }
}

fn row(id: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.id == id).copied()
}

/// Text that is stored has no control characters (contract, section 5, STR).
const TEXT: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";
/// A username is more than blanks. Those around it, of any kind, are dropped.
const USERNAME: &str = r"^\s*[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*)\s*$";

/// Objects that are answered with have no other fields; in those of requests, other fields are ignored, and an
/// institution may be named by either key.
fn finish_schemas(schemas: &mut Value, paths: &Map<String, Value>) {
    let operations = || paths.values().filter_map(Value::as_object).flat_map(Map::values);
    let sent: Vec<_> =
        operations().filter_map(|operation| sent(json_schema(&operation["requestBody"])).and_then(reference)).collect();
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        if schema["type"] == "object" && !sent.contains(&name.as_str()) {
            schema["additionalProperties"] = false.into();
        }
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { continue };
        let is_sent = sent.contains(&name.as_str());
        if is_sent && let Some(mut alias) = properties.get(key(Field::Institution)).cloned() {
            alias["description"] = "Another name of `institution_id`: it may stand instead of it, and wins.".into();
            properties.insert(INSTITUTION_ALIAS.to_owned(), alias);
        }
        for (name, property) in properties {
            // What has a greatest length is stored; of passwords only a hash is.
            if is_sent && property.get("maxLength").is_some() && !name.contains(key(Field::Password)) {
                property["pattern"] = if name == key(Field::Username) { USERNAME } else { TEXT }.into();
            }
            // The framework repeats a description as a schema of its own, of which generators make a type.
            if let Some(all) = property.get_mut("allOf").and_then(Value::as_array_mut) {
                all.retain(|part| part.get("$ref").is_some());
            }
        }
    }
}

/// The schema of a body, in a request or a response.
pub(in crate::api) fn json_schema(of: &Value) -> &Value {
    &of["content"]["application/json"]["schema"]
}

/// The name of the schema that is referred to.
pub(in crate::api) fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// The schema of what a body brings: where it may bring many, that of one.
fn sent(schema: &Value) -> Option<&Value> {
    let sent = schema["oneOf"].as_array().map_or(Some(schema), |either| either.first())?;
    Some(sent.get("items").unwrap_or(sent))
}

fn finish_operation(path: &str, operation: &mut Value, schemas: &Value) -> Result<(), String> {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let row = row(&id);
    if let Some(row) = row {
        let text = operation["description"].as_str().map(|text| format!("{text}\n\n")).unwrap_or_default();
        operation["description"] = format!("{text}{}", who_may(row)).into();
        operation["x-required-scopes"] = row.scopes.into();
    } else {
        operation["security"] = json!([]);
    }
    if operation["responses"]["200"]["headers"].get(crate::api::http::reply::TOTAL_COUNT).is_some() {
        add_list_parameters(path, operation, schemas);
    }
    add_path_examples(&id, operation);
    let has_body = operation.get("requestBody").is_some();
    // Where nothing is required, no body at all counts as an empty one (contract, section 2.2).
    let body = reference(json_schema(&operation["requestBody"])).map(|name| &schemas[name]);
    if body.is_some_and(|schema| schema.get("required").is_none()) {
        operation["requestBody"]["required"] = false.into();
    }
    let mut entries = PARTS.iter().flat_map(|part| part.faults);
    let own = entries.find(|entry| entry.id == id).ok_or_else(|| format!("the faults of {id} are not told"))?;
    add_faults(operation, &faults(&Facts { faults: own, path, row, has_body }));
    if own.limited_by_child {
        add_limit_of_child(&mut operation["responses"]["429"]["content"]);
    }
    Ok(())
}

fn who_may(row: &Row) -> String {
    let phrase = |grant| match grant {
        Grant::No => None,
        Grant::Any => Some("any"),
        Grant::Own => Some("only their own"),
        Grant::Others => Some("any but their own"),
        Grant::Kin => Some("only their own children's"),
        Grant::Group => Some("only those of children in their groups"),
        Grant::Allowed => Some("only those of children in their groups, if the service is set so"),
        Grant::Inst => Some("only the institution they belong to"),
    };
    let cells: Vec<_> = Role::ALL
        .into_iter()
        .filter_map(|role| phrase(row.grant(role)).map(|phrase| format!("{} ({phrase})", plural(role))))
        .collect();
    format!("**Who may:** {}. Scope: `{}`.", cells.join(", "), row.scopes.join("` or `"))
}

fn plural(role: Role) -> &'static str {
    match role {
        Role::Admin => "administrators",
        Role::Child => "children",
        Role::Educator => "educators",
        Role::HealthProfessional => "health professionals",
        Role::Family => "families",
        Role::Application => "applications",
    }
}

/// Groups the examples by status, in the order in which they are checked.
fn add_faults(operation: &mut Value, examples: &[ErrorBody]) {
    let mut by_status: BTreeMap<u16, Map<String, Value>> = BTreeMap::new();
    for body in examples {
        let status = body.status.as_u16();
        let of_status = by_status.entry(status).or_default();
        let name = format!("{status}.{}", of_status.len() + 1);
        let summary = body.description.as_ref().unwrap_or(&body.message);
        of_status.insert(name, json!({"summary": summary, "value": body}));
    }
    for (status, examples) in by_status {
        let headers: Map<_, _> = error_headers(status).into_iter().collect();
        operation["responses"][status.to_string()] = json!({
            "description": status_text(status),
            "headers": headers,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "examples": examples}},
        });
    }
}

/// Beside the usual forms of 429 the two of a limit that an operation has for each child.
fn add_limit_of_child(content: &mut Value) {
    let of_child = json!({
        "type": "object",
        "title": "SyncLimit",
        "description": "The child was synced too often.",
        "required": ["message"],
        "additionalProperties": false,
        "properties": {"message": {"type": "string", "description": "What happened."}},
    });
    let usual = content["application/json"]["schema"].take();
    content["application/json"]["schema"] = json!({"oneOf": [usual, of_child]});
    content["text/html"] = json!({"schema": {"type": "string"}});
}

fn status_text(status: u16) -> &'static str {
    match status {
        400 => "Something in the request is not as it must be; the body says what.",
        401 => "Who asks is not known.",
        403 => "Who asks may not do this.",
        404 => "There is no such thing.",
        405 => "This is no longer done.",
        408 => "The body did not arrive in time.",
        409 => "Something of that name is there already.",
        413 => "The body is too long.",
        414 => "The URI is too long.",
        415 => "The body is declared to be something other than JSON.",
        429 => "Too many requests: wait as long as Retry-After says.",
        503 => "The service cannot do it now: try again as late as Retry-After says.",
        _ => "A fault of the service; its log has more under the request id.",
    }
}

fn error_headers(status: u16) -> Vec<(String, Value)> {
    let header = |name: &str, description: &str, kind: &str| {
        (name.to_owned(), json!({"description": description, "schema": {"type": kind}}))
    };
    match status {
        401 => vec![header("WWW-Authenticate", "`Bearer`; absent when a log-in failed.", "string")],
        429 => vec![
            header("Retry-After", "Whole seconds to wait, at least 1.", "integer"),
            header("X-RateLimit-Limit", "How many requests fit into the limit.", "integer"),
            header("X-RateLimit-Remaining", "How many still do.", "integer"),
        ],
        503 => vec![header("Retry-After", "Whole seconds to wait, at least 1.", "integer")],
        _ => Vec::new(),
    }
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "title": "Error",
        "description": "What went wrong. Every error has this form.",
        "required": ["code", "message"],
        "additionalProperties": false,
        "properties": {
            "code": {"type": "integer", "format": "int32", "description": "The HTTP status."},
            "message": {"type": "string", "description": "What happened."},
            "description": {"type": "string", "description": "What to do about it."},
            "redirect_link": {"type": "string", "description": "Where to log in."},
        },
    })
}
