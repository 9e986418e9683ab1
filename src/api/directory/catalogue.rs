//! What the directory tells of itself.

use poem_openapi::Tags;

use crate::api::directory::faults::FAULTS;
use crate::api::document::parts::{KindWords, Part};
use crate::app::demo;
use crate::app::policy::{
    HealthProfessionalGroupDelete, HealthProfessionalGroupUpdate, HealthProfessionalGroupView, InstitutionDelete,
    Operation, PasswordChange,
};
use crate::model::{Field, Kind};

/// The platform's names for groups of operations.
#[derive(Tags)]
#[oai(rename_all = "lowercase")]
pub(in crate::api) enum Tag {
    /// What is done to users of any type.
    Users,
    /// The places that users belong to.
    Institutions,
    /// Children, whose health is followed.
    Children,
    /// Families.
    Families,
    /// Which children belong to a family.
    #[oai(rename = "families.children")]
    FamilyChildren,
    /// Educators.
    Educators,
    /// The groups of children of an educator.
    #[oai(rename = "educators.children.groups")]
    EducatorGroups,
    /// Health professionals.
    HealthProfessionals,
    /// The groups of children of a health professional.
    #[oai(rename = "healthprofessionals.children.groups")]
    HealthProfessionalGroups,
    /// Programs that have an account.
    Applications,
}

/// This part.
pub(in crate::api) const PART: Part = Part {
    keys: &[
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
    ],
    kinds: &[
        KindWords {
            kind: Kind::User,
            title: "User",
            parameter: "user_id",
            example: demo::CHILD,
            origin: "The user's `id`, as the answers that show it have it. One's own is `sub` in the access token.",
        },
        KindWords {
            kind: Kind::Institution,
            title: "Institution",
            parameter: "institution_id",
            example: demo::INSTITUTION,
            origin: "The institution's `id`, as the answers that show it have it.",
        },
        KindWords {
            kind: Kind::Child,
            title: "Child",
            parameter: "child_id",
            example: demo::CHILD,
            origin: "The child's `id`, as the answers that show it have it. One's own is `sub` in the access token.",
        },
        KindWords {
            kind: Kind::Educator,
            title: "Educator",
            parameter: "educator_id",
            example: demo::EDUCATOR,
            origin: "The educator's `id`, as the answers that show it have it. One's own is `sub` in the access token.",
        },
        KindWords {
            kind: Kind::HealthProfessional,
            title: "Health Professional",
            parameter: "healthprofessional_id",
            example: demo::HEALTH_PROFESSIONAL,
            origin: "The health professional's `id`, as the answers that show it have it. One's own is `sub` in the access token.",
        },
        KindWords {
            kind: Kind::Family,
            title: "Family",
            parameter: "family_id",
            example: demo::FAMILY,
            origin: "The family's `id`, as the answers that show it have it. One's own is `sub` in the access token.",
        },
        KindWords {
            kind: Kind::Application,
            title: "Application",
            parameter: "application_id",
            example: demo::APPLICATION,
            origin: "The application's `id`, as the answers that show it have it. One's own is `sub` in the access token.",
        },
        KindWords {
            kind: Kind::Group,
            title: "Children Group",
            parameter: "group_id",
            example: demo::EDUCATOR_GROUP,
            origin: "The group's `id`, as the answers that show it have it.",
        },
    ],
    faults: FAULTS,
    parameters: &[("nfc_tag", demo::TAG, "What is written on the tag.")],
    exceptions: &[
        // One's own, of the administrator who tries the examples.
        (PasswordChange::ROW.id, "user_id", demo::ADMIN),
        // One that nobody belongs to.
        (InstitutionDelete::ROW.id, "institution_id", demo::HEALTH_CENTER),
        (HealthProfessionalGroupView::ROW.id, "group_id", demo::HEALTH_PROFESSIONAL_GROUP),
        (HealthProfessionalGroupUpdate::ROW.id, "group_id", demo::HEALTH_PROFESSIONAL_GROUP),
        (HealthProfessionalGroupDelete::ROW.id, "group_id", demo::HEALTH_PROFESSIONAL_GROUP),
    ],
    tags: &[
        "institutions",
        "children",
        "families",
        "families.children",
        "educators",
        "educators.children.groups",
        "healthprofessionals",
        "healthprofessionals.children.groups",
        "applications",
        "users",
    ],
};
