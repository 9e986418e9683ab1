//! The examples of the document, executed as they stand against a fresh demo, with the real binary.

use ocariot_users::app::demo::{INSTITUTION, LOGINS};
use ocariot_users::app::policy::{Grant, TABLE};
use serde_json::{Value, json};

use crate::demo::Demo;

/// The document checked in, which another test holds against the code.
fn document() -> Value {
    serde_json::from_str(include_str!("../../openapi/openapi.json")).unwrap()
}

/// An operation, filled in with its examples.
struct Example<'d> {
    document: &'d Value,
    method: &'d str,
    /// With its query string, of which nothing needs encoding.
    path: String,
    operation: &'d Value,
}

fn examples(document: &Value) -> Vec<Example<'_>> {
    let mut examples = Vec::new();
    for (template, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let (mut path, mut query) = (template.clone(), Vec::new());
            let id = operation["operationId"].as_str().unwrap();
            let succeeds = operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2'));
            if !succeeds || OF_A_SERVICE.contains(&id) {
                // What is discontinued, or asks outside.
                continue;
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                match (&parameter["in"], &parameter["example"]) {
                    (place, Value::String(id)) if place == "path" => path = path.replace(&format!("{{{name}}}"), id),
                    (_, Value::Null) => assert_eq!(parameter["required"], false, "{template}: {name} has an example"),
                    (_, Value::String(text)) => query.push(format!("{name}={text}")),
                    (_, other) => query.push(format!("{name}={other}")),
                }
            }
            let path = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
            examples.push(Example { document, method, path, operation });
        }
    }
    examples
}

impl Example<'_> {
    fn id(&self) -> &str {
        self.operation["operationId"].as_str().unwrap()
    }

    /// Somebody who may: an administrator if one may, and nobody for what is public.
    fn caller(&self) -> Option<&'static str> {
        let row = TABLE.iter().find(|row| row.id == self.id())?;
        let (_, username) = LOGINS.iter().find(|(role, _)| row.grant(*role) != Grant::No).unwrap();
        Some(username)
    }

    /// The example in the document of a schema.
    fn of(&self, schema: &Value) -> Value {
        let name = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default();
        self.document["components"]["schemas"][name]["example"].clone()
    }

    fn success(&self) -> (u16, &Value) {
        let responses = self.operation["responses"].as_object().unwrap();
        let mut good = responses.iter().filter(|(status, _)| status.starts_with('2'));
        let (status, response) = good.next().unwrap();
        assert!(good.all(|(other, _)| other == "207"), "{} succeeds in one way", self.id());
        (status.parse().unwrap(), response)
    }

    /// Waits for what is done in the background with an upload.
    fn wait(&self, demo: &Demo) {
        let Some(path) = self.path.strip_suffix("/plan").or(self.path.strip_suffix("/apply")) else { return };
        if !self.id().starts_with("wearable_") {
            return;
        }
        loop {
            let request = demo.client.get(format!("{}{path}", demo.base)).bearer_auth(demo.login("admin"));
            let found: Value = request.send().unwrap().json().unwrap();
            if found["stage"] != "reading" && found["stage"] != "applying" {
                return;
            }
        }
    }

    fn execute(&self, demo: &Demo) {
        let method = self.method.to_ascii_uppercase().parse().unwrap();
        let mut request = demo.client.request(method, format!("{}{}", demo.base, self.path));
        if let Some(username) = self.caller() {
            request = request.bearer_auth(demo.login(username));
        }
        let body = &self.operation["requestBody"]["content"]["application/json"]["schema"];
        if !self.operation["requestBody"]["content"]["application/octet-stream"].is_null() {
            request = request.body(match self.id() {
                "wearable_file_put" => "Date,Weight (kg)\n2024-01-01 08:00:00,30\n".to_owned(),
                _ => format!("username,institution,gender,age\nRO0001,{INSTITUTION},female,9\n"),
            });
        } else if !body.is_null() {
            // Of one or many, the first is one.
            let one = body["oneOf"].get(0).unwrap_or(body);
            let sent = if one["type"] == "array" { json!([self.of(&one["items"])]) } else { self.of(one) };
            request = request.json(&sent);
        }
        let reply = request.send().unwrap();
        let status = reply.status().as_u16();
        let text = reply.text().unwrap();
        let (expected, response) = self.success();
        assert_eq!(status, expected, "{} {}: {text}", self.id(), self.path);
        let found = serde_json::from_str(&text).unwrap_or(Value::Null);
        // Health professionals have the schema of educators, whose example is an educator's.
        let of_professional = self.id().starts_with("healthprofessional");
        if self.method == "get" && names_one_of_the_demo(&self.path) && found.is_object() && !of_professional {
            let mut shown = self.of(&response["content"]["application/json"]["schema"]);
            if self.id() == "child_export" {
                OF_THE_MOMENT.iter().for_each(|name| drop(shown.as_object_mut().unwrap().remove(*name)));
            }
            assert!(shows(&found, &shown), "{} {} does not show {shown}", self.id(), self.path);
        }
    }
}

/// What an export says of the moment, of the machine, and of what was done with the child since the demo began.
const OF_THE_MOMENT: [&str; 3] = ["exported_at", "backups", "audit"];

/// Ids of the demo begin alike, with its time.
fn names_one_of_the_demo(path: &str) -> bool {
    path.contains(&INSTITUTION[..12])
}

/// Whether all of an example is in what was found. Lists may hold more, and who asks has logged in meanwhile.
fn shows(found: &Value, example: &Value) -> bool {
    match example {
        Value::Object(fields) => fields.iter().all(|(name, field)| shows(&found[name], field)),
        Value::Array(items) => {
            let found = found.as_array().map_or(&[][..], Vec::as_slice);
            items.iter().all(|item| found.iter().any(|one| shows(one, item)))
        }
        other => found == other,
    }
}

/// Operations that need a wearable service, with which the demo is not connected.
const OF_A_SERVICE: [&str; 6] = [
    "fitbit_client_view",
    "fitbit_auth_set",
    "fitbit_auth_view",
    "fitbit_sync",
    "fitbit_subscriber_verify",
    "fitbit_subscriber_notify",
];

/// Operations of which each needs what those before it did, on a demo of their own.
const IN_ORDER: [&[&str]; 2] = [&OF_ROSTERS, &OF_WEARABLES];

const OF_WEARABLES: [&str; 6] = [
    "wearable_file_put",
    "wearable_upload_view",
    "wearable_upload_plan",
    "wearable_upload_apply",
    "wearable_import_view",
    "wearable_import_undo",
];

const OF_ROSTERS: [&str; 8] = [
    "roster_file_put",
    "roster_upload_plan",
    "roster_upload_view",
    "roster_upload_prepare",
    "roster_upload_passwords",
    "roster_upload_apply",
    "roster_import_view",
    "roster_import_undo",
];

fn is_in_order(example: &Example<'_>) -> bool {
    IN_ORDER.iter().any(|order| order.contains(&example.id()))
}

/// Whether other examples may fail afterwards: something is gone, or has another name or password.
fn spoils(example: &Example<'_>) -> bool {
    !["get", "post"].contains(&example.method)
}

#[test]
fn every_example_that_reads_or_adds_works_on_a_demo_and_views_show_what_they_say() {
    let (parent, document) = (tempfile::tempdir().unwrap(), document());
    let demo = Demo::start(parent.path());
    let (reading, other): (Vec<_>, Vec<_>) = examples(&document).into_iter().partition(|one| one.method == "get");
    assert!(reading.len() > 15, "{} operations read", reading.len());
    let adding = other.iter().filter(|one| !spoils(one));
    let alone = reading.iter().chain(adding).filter(|example| !is_in_order(example));
    alone.for_each(|example| example.execute(&demo));
    for order in IN_ORDER {
        let parent = tempfile::tempdir().unwrap();
        let demo = Demo::start(parent.path());
        for id in order {
            let example = reading.iter().chain(&other).find(|example| example.id() == *id).unwrap();
            example.execute(&demo);
            example.wait(&demo);
        }
    }
}

#[test]
fn every_example_that_changes_or_takes_away_works_on_a_fresh_demo() {
    let document = document();
    let spoiling: Vec<_> = examples(&document).into_iter().filter(|one| spoils(one) && !is_in_order(one)).collect();
    assert!(spoiling.len() > 10, "{} operations change or take away", spoiling.len());
    for example in spoiling {
        let parent = tempfile::tempdir().unwrap();
        example.execute(&Demo::start(parent.path()));
    }
}
