//! What stands in paths: where an id comes from, and as an example one of the demo, which works there as it stands.

use serde_json::Value;

use crate::api::catalogue::PARTS;

/// Gives every parameter in the path its example, and says where its value comes from.
pub(in crate::api) fn add_path_examples(id: &str, operation: &mut Value) {
    for given in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        if given["in"] == "path" {
            let name = given["name"].as_str().unwrap_or_default();
            let (example, description) = told(id, name);
            given["example"] = example.into();
            given["description"] = description.into();
        }
    }
}

/// The example of a parameter of an operation, and where its value comes from.
fn told(operation: &str, name: &str) -> (&'static str, &'static str) {
    let ids = PARTS.iter().flat_map(|part| part.kinds).map(|words| (words.parameter, words.example, words.origin));
    let mut known = PARTS.iter().flat_map(|part| part.parameters.iter().copied()).chain(ids);
    let (_, example, origin) = known.find(|(known, ..)| *known == name).unwrap_or_default();
    let mut exceptions = PARTS.iter().flat_map(|part| part.exceptions);
    let exception = exceptions.find(|(of, known, _)| *of == operation && *known == name);
    (exception.map_or(example, |(.., example)| example), origin)
}
