//! How the fields of the model are written in JSON, in query strings and in the contract's texts.

use crate::model::{Field, Kind};

/// Every field and its key.
const KEYS: &[(Field, &str)] = &[
    (Field::Id, "id"),
    (Field::Username, "username"),
    (Field::Password, "password"),
    (Field::OldPassword, "old_password"),
    (Field::NewPassword, "new_password"),
    (Field::Institution, "institution_id"),
    (Field::LastLogin, "last_login"),
    (Field::Gender, "gender"),
    (Field::Age, "age"),
    (Field::AgeCalcDate, "age_calc_date"),
    (Field::LastSync, "last_sync"),
    (Field::FitbitStatus, "fitbit_status"),
    (Field::NfcTag, "nfc_tag"),
    (Field::TagAssignedAt, "tag_ass_time"),
    (Field::Children, "children"),
    (Field::ApplicationName, "application_name"),
    (Field::Name, "name"),
    (Field::Type, "type"),
    (Field::Address, "address"),
    (Field::Latitude, "latitude"),
    (Field::Longitude, "longitude"),
    (Field::SchoolClass, "school_class"),
];

/// The other key of `institution_id`, which wins over it.
pub(in crate::api) const INSTITUTION_ALIAS: &str = "institution";

/// The key of a field.
pub(in crate::api) fn key(field: Field) -> &'static str {
    KEYS.iter().find(|(known, _)| *known == field).map_or("", |(_, key)| key)
}

/// The field of a key in a query string; passwords are no fields there.
pub(in crate::api) fn queried_field(key: &str) -> Option<Field> {
    let key = if key == INSTITUTION_ALIAS { "institution_id" } else { key };
    KEYS.iter().find(|(_, known)| *known == key).map(|(field, _)| *field)
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
    match kind {
        Kind::User => "User",
        Kind::Institution => "Institution",
        Kind::Child => "Child",
        Kind::Educator => "Educator",
        Kind::HealthProfessional => "Health Professional",
        Kind::Family => "Family",
        Kind::Application => "Application",
        Kind::Group => "Children Group",
    }
}

/// The path parameter that holds an id of a kind.
pub(in crate::api) fn parameter(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "user_id",
        Kind::Institution => "institution_id",
        Kind::Child => "child_id",
        Kind::Educator => "educator_id",
        Kind::HealthProfessional => "healthprofessional_id",
        Kind::Family => "family_id",
        Kind::Application => "application_id",
        Kind::Group => "group_id",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_key_of_its_own() {
        for (field, name) in KEYS {
            assert_eq!(key(*field), *name);
            assert_eq!(KEYS.iter().filter(|(_, other)| other == name).count(), 1, "{name}");
        }
        assert_eq!(key(Field::SchoolClass), "school_class");
    }
}
