//! How the fields of the model are written in JSON, in query strings and in the contract's texts.

use crate::api::catalogue::PARTS;
use crate::api::document::parts::KindWords;
use crate::model::{Field, Kind};

/// The other key of `institution_id`, which wins over it.
pub(in crate::api) const INSTITUTION_ALIAS: &str = "institution";

fn keys() -> impl Iterator<Item = &'static (Field, &'static str)> {
    PARTS.iter().flat_map(|part| part.keys)
}

/// The key of a field.
pub(in crate::api) fn key(field: Field) -> &'static str {
    keys().find(|(known, _)| *known == field).map_or("", |(_, key)| key)
}

/// The field of a key in a query string; passwords are no fields there.
pub(in crate::api) fn queried_field(key: &str) -> Option<Field> {
    let key = if key == INSTITUTION_ALIAS { "institution_id" } else { key };
    keys().find(|(_, known)| *known == key).map(|(field, _)| *field)
}

/// Words for operators, as clients of the API read them: what the one calls an option, such as `--max-removals`, is a member
/// of the other's body.
pub(in crate::api) fn as_members(words: &str) -> String {
    let mut parts = words.split("--");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(part.len());
        let (option, rest) = part.split_at(end);
        text.push_str(if option.is_empty() { "--" } else { "" });
        text.push_str(&option.replace('-', "_"));
        text.push_str(rest);
    }
    text
}

/// What REQ calls a field that is missing (contract, section 5).
pub(in crate::api) fn missing_word(field: Field) -> &'static str {
    match field {
        Field::Institution => "institution",
        Field::Children => "Collection with children IDs",
        other => key(other),
    }
}

/// What 404 and 409 call a kind.
pub(in crate::api) fn title(kind: Kind) -> &'static str {
    words(kind).map_or("", |words| words.title)
}

/// The path parameter that holds an id of a kind.
pub(in crate::api) fn parameter(kind: Kind) -> &'static str {
    words(kind).map_or("", |words| words.parameter)
}

fn words(kind: Kind) -> Option<&'static KindWords> {
    PARTS.iter().flat_map(|part| part.kinds).find(|words| words.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_key_of_its_own() {
        for (field, name) in keys() {
            assert_eq!(key(*field), *name);
            assert_eq!(keys().filter(|(_, other)| other == name).count(), 1, "{name}");
        }
        assert_eq!(key(Field::SchoolClass), "school_class");
    }

    #[test]
    fn options_are_members_and_nothing_else_is() {
        for (given, expected) in [
            ("leave it out with --ignore", "leave it out with ignore"),
            ("--remove-missing deactivates users", "remove_missing deactivates users"),
            ("a dash -- and --usernames, too", "a dash -- and usernames, too"),
            ("nothing of that", "nothing of that"),
        ] {
            assert_eq!(as_members(given), expected);
        }
    }
}
