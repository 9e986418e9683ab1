//! What stands in paths: where an id comes from, and as an example one of the demo, which works there as it stands.

use serde_json::Value;

use crate::api::http::names::parameter;
use crate::app::demo;
use crate::model::Kind;

/// Gives every parameter in the path its example, and says where its value comes from.
pub(in crate::api) fn add_path_examples(id: &str, operation: &mut Value) {
    for given in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        if given["in"] == "path" {
            let name = given["name"].as_str().unwrap_or_default();
            let (example, description) = (example(id, name), origin(name));
            given["example"] = example.into();
            given["description"] = description.into();
        }
    }
}

fn example(operation: &str, name: &str) -> &'static str {
    match operation {
        // One's own, of the administrator who tries the examples.
        "password_change" => return demo::ADMIN,
        // One that nobody belongs to.
        "institution_delete" => return demo::HEALTH_CENTER,
        _ => {}
    }
    let kinds = [
        (Kind::User, demo::CHILD),
        (Kind::Institution, demo::INSTITUTION),
        (Kind::Child, demo::CHILD),
        (Kind::Educator, demo::EDUCATOR),
        (Kind::HealthProfessional, demo::HEALTH_PROFESSIONAL),
        (Kind::Family, demo::FAMILY),
        (Kind::Application, demo::APPLICATION),
    ];
    match kinds.into_iter().find(|(kind, _)| parameter(*kind) == name) {
        Some((_, id)) => id,
        None if name != parameter(Kind::Group) => demo::TAG,
        None if operation.starts_with("educator") => demo::EDUCATOR_GROUP,
        None => demo::HEALTH_PROFESSIONAL_GROUP,
    }
}

/// Where the value of a parameter comes from.
fn origin(name: &str) -> String {
    let Some(owner) = name.strip_suffix("_id") else {
        return "What is written on the tag.".to_owned();
    };
    let (owner, own) = match owner {
        "institution" | "group" => (owner, ""),
        "healthprofessional" => ("health professional", " One's own is `sub` in the access token."),
        _ => (owner, " One's own is `sub` in the access token."),
    };
    format!("The {owner}'s `id`, as the answers that show it have it.{own}")
}
