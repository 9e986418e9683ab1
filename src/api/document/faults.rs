//! Which errors each operation can give, for the document: what the framework cannot know.
//!
//! The texts are not here: each error is worded by `failure.rs`, as it is when it really happens.

use std::time::Duration;

use crate::api::http::failure::{ErrorBody, Transport, body, transport_body};
use crate::api::http::names::parameter;
use crate::app::policy::Row;
use crate::model::{
    Conflict, DateFault, Error, Fault, Field, Invalid, Kind, Limited, MAX_CHILDREN, Password, Text, Unauthenticated,
    Unavailable,
};

/// What the document says of an operation.
pub(in crate::api) struct Facts<'a> {
    /// Its name.
    pub(in crate::api) id: &'a str,
    /// The template of its path.
    pub(in crate::api) path: &'a str,
    /// Its row of the table; a public operation has none.
    pub(in crate::api) row: Option<&'a Row>,
    /// Whether it reads a body.
    pub(in crate::api) has_body: bool,
}

/// An example of every error that the operation can give, in the order of checks.
pub(in crate::api) fn faults(facts: &Facts<'_>) -> Vec<ErrorBody> {
    let mut examples = vec![transport_body(&Transport::UriTooLong(4096))];
    let mut add = |error: Error| examples.push(body(&error, "6f1c2a9be07d4e35"));
    add(Error::TooManyRequests(Limited { limit: 10, wait: Duration::from_secs(1) }));
    if facts.row.is_some() {
        let reasons =
            [Unauthenticated::NoToken, Unauthenticated::Expired, Unauthenticated::BadToken, Unauthenticated::Revoked];
        reasons.into_iter().map(Error::Unauthenticated).for_each(&mut add);
        add(Error::Forbidden);
    }
    let ids = if facts.id.starts_with("child_tag_") { "" } else { facts.path };
    path_ids(ids).map(|kind| Invalid::Id(kind).into()).for_each(&mut add);
    if facts.has_body {
        examples.extend(body_faults());
    }
    examples.extend(specific(facts.id).iter().map(|error| body(error, "")));
    let unavailable = match facts.id {
        "auth_login" | "password_change" | "password_reset" => Unavailable::HashQueueFull,
        _ => Unavailable::StoreBusy,
    };
    for error in [Error::internal("an example"), Error::Unavailable(unavailable)] {
        examples.push(body(&error, "6f1c2a9be07d4e35"));
    }
    examples
}

fn body_faults() -> Vec<ErrorBody> {
    let transport = [Transport::BodyTooLarge(102_400), Transport::TooSlow(Duration::from_secs(20)), Transport::NotJson];
    let mut examples: Vec<_> = transport.iter().map(transport_body).collect();
    examples.push(body(&Invalid::Syntax.into(), ""));
    examples
}

fn path_ids(path: &str) -> impl Iterator<Item = Kind> {
    let kinds = [
        Kind::User,
        Kind::Institution,
        Kind::Child,
        Kind::Educator,
        Kind::HealthProfessional,
        Kind::Family,
        Kind::Application,
        Kind::Group,
    ];
    kinds.into_iter().filter(move |kind| path.contains(&format!("{{{}}}", parameter(*kind))))
}

/// What only some operations give, in the order of the contract's section 6.
fn specific(id: &str) -> Vec<Error> {
    use Field::{Age, Gender, Institution, Name, NewPassword, OldPassword, Type, Username};
    match id {
        "auth_login" => [
            vec![fault(Username, Fault::NotText), fault(Username, Fault::Empty)],
            vec![fault(Field::Password, Fault::NotText), fault(Field::Password, Fault::Empty)],
            vec![missing(&[Username, Field::Password]), Error::Unauthenticated(Unauthenticated::WrongPassword)],
        ]
        .concat_errors(),
        "password_change" => [
            password(OldPassword),
            password(NewPassword),
            vec![missing(&[OldPassword, NewPassword]), Error::NotFound(Kind::User), Invalid::OldPassword.into()],
        ]
        .concat_errors(),
        "password_reset" => {
            [password(NewPassword), vec![Invalid::MissingNewPassword.into(), Error::NotFound(Kind::User)]]
                .concat_errors()
        }
        "institution_create" => {
            [institution_fields(), vec![missing(&[Name, Type]), taken(Kind::Institution)]].concat_errors()
        }
        "institution_update" => {
            [institution_fields(), vec![taken(Kind::Institution), Error::NotFound(Kind::Institution)]].concat_errors()
        }
        "institution_view" => vec![Error::NotFound(Kind::Institution)],
        "institution_delete" => vec![Invalid::InstitutionInUse.into()],
        "institution_list" => vec![bad_time()],
        "child_create" => [
            new_account(),
            child_fields(),
            vec![missing(&[Username, Field::Password, Institution, Gender, Age])],
            vec![taken(Kind::Child), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors(),
        "child_update" => [
            account_changes(),
            child_fields(),
            vec![fault(Age, Fault::NotNumber), missing(&[Age]), Error::NotFound(Kind::Child)],
            vec![taken(Kind::Child), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors(),
        "child_view" | "child_view_by_tag" => vec![Error::NotFound(Kind::Child)],
        "child_tag_set" => vec![
            Invalid::SomeId.into(),
            Invalid::NfcTag.into(),
            fault(Field::NfcTag, Fault::TooLong(Text::MAX)),
            fault(Field::NfcTag, Fault::ControlCharacters),
            Error::NotFound(Kind::Child),
            Error::Conflict(Conflict::NfcTag),
        ],
        "child_tag_clear" => vec![Invalid::SomeId.into(), Error::NotFound(Kind::Child)],
        "child_list" => vec![Invalid::SomeId.into(), bad_time()],
        "family_create" => [
            new_account(),
            children(),
            vec![missing(&[Username, Field::Password, Institution, Field::Children])],
            vec![taken(Kind::Family), children_missing(), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors(),
        "family_update" => [
            account_changes(),
            children(),
            vec![Error::NotFound(Kind::Family), taken(Kind::Family)],
            vec![children_missing(), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors(),
        "family_view" | "family_child_remove" => vec![Error::NotFound(Kind::Family)],
        "family_child_list" => vec![Error::NotFound(Kind::Family), Invalid::SomeId.into(), bad_time()],
        "family_child_add" => vec![
            Invalid::FamilyToExtendMissing.into(),
            Invalid::ChildToAddMissing.into(),
            fault(Field::Children, Fault::TooManyItems(MAX_CHILDREN)),
        ],
        "educator_create" => professional_create(Kind::Educator),
        "healthprofessional_create" => professional_create(Kind::HealthProfessional),
        "educator_update" => professional_update(Kind::Educator),
        "healthprofessional_update" => professional_update(Kind::HealthProfessional),
        "educator_view" => vec![Error::NotFound(Kind::Educator)],
        "healthprofessional_view" => vec![Error::NotFound(Kind::HealthProfessional)],
        "educator_group_create" | "healthprofessional_group_create" => [
            group_fields(),
            vec![missing(&[Name, Field::Children]), taken(Kind::Group)],
            vec![Invalid::GroupLimit.into(), children_missing(), Invalid::GroupMemberLimit.into()],
        ]
        .concat_errors(),
        "educator_group_update" | "healthprofessional_group_update" => {
            let after = vec![Error::NotFound(Kind::Group), taken(Kind::Group), children_missing()];
            [group_fields(), after, vec![Invalid::GroupMemberLimit.into()]].concat_errors()
        }
        "educator_group_view" | "healthprofessional_group_view" => vec![Error::NotFound(Kind::Group)],
        "educator_group_list" | "healthprofessional_group_list" => vec![bad_time()],
        "application_create" => [
            new_account(),
            text(Field::ApplicationName),
            vec![missing(&[Username, Field::Password, Field::ApplicationName])],
            vec![taken(Kind::Application), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors(),
        "application_update" => [
            account_changes(),
            text(Field::ApplicationName),
            vec![Error::NotFound(Kind::Application), taken(Kind::Application), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors(),
        "application_view" => vec![Error::NotFound(Kind::Application)],
        "family_list" | "educator_list" | "healthprofessional_list" | "application_list" => {
            vec![Invalid::SomeId.into(), bad_time()]
        }
        _ => Vec::new(),
    }
}

/// The shared part of USER-POST.
fn new_account() -> Vec<Error> {
    let institution = vec![Invalid::Id(Kind::Institution).into()];
    [text(Field::Username), password(Field::Password), institution].concat_errors()
}

/// The shared part of USER-PATCH.
fn account_changes() -> Vec<Error> {
    [text(Field::Username), vec![Invalid::Id(Kind::Institution).into(), password_in_update()]].concat_errors()
}

fn professional_create(kind: Kind) -> Vec<Error> {
    let after = vec![
        missing(&[Field::Username, Field::Password, Field::Institution]),
        taken(kind),
        Invalid::InstitutionMissing.into(),
    ];
    [new_account(), after].concat_errors()
}

fn professional_update(kind: Kind) -> Vec<Error> {
    [account_changes(), vec![Error::NotFound(kind), taken(kind), Invalid::InstitutionMissing.into()]].concat_errors()
}

fn group_fields() -> Vec<Error> {
    [text(Field::Name), text(Field::SchoolClass), children()].concat_errors()
}

/// KIDS, steps 1 to 3.
fn children() -> Vec<Error> {
    vec![
        fault(Field::Children, Fault::NotArray),
        fault(Field::Children, Fault::TooManyItems(MAX_CHILDREN)),
        fault(Field::Children, Fault::ItemWithoutId),
        Invalid::ChildIds(vec!["BR0001".to_owned(), "507f191e".to_owned()]).into(),
    ]
}

fn children_missing() -> Error {
    Invalid::ChildrenMissing(vec!["507f191e810c19729de860ea".to_owned()]).into()
}

fn taken(kind: Kind) -> Error {
    Error::Conflict(Conflict::Name(kind))
}

/// Joins lists of errors, which cannot be cloned.
trait ConcatErrors {
    fn concat_errors(self) -> Vec<Error>;
}

impl<const N: usize> ConcatErrors for [Vec<Error>; N] {
    fn concat_errors(self) -> Vec<Error> {
        self.into_iter().flatten().collect()
    }
}

fn fault(field: Field, fault: Fault) -> Error {
    Invalid::Field(field, fault).into()
}

fn missing(fields: &[Field]) -> Error {
    Invalid::Missing(fields.to_vec()).into()
}

fn text(field: Field) -> Vec<Error> {
    let most = if field == Field::Address { Text::MAX_ADDRESS } else { Text::MAX };
    [Fault::NotText, Fault::Empty, Fault::TooLong(most), Fault::ControlCharacters]
        .map(|fault| Invalid::Field(field, fault).into())
        .into()
}

fn password(field: Field) -> Vec<Error> {
    [Fault::NotText, Fault::Empty, Fault::TooManyBytes(Password::MAX_BYTES)]
        .map(|fault| Invalid::Field(field, fault).into())
        .into()
}

fn institution_fields() -> Vec<Error> {
    let degrees = vec![fault(Field::Latitude, Fault::NotText), fault(Field::Longitude, Fault::NotText)];
    [text(Field::Name), text(Field::Type), text(Field::Address), degrees].concat_errors()
}

fn child_fields() -> Vec<Error> {
    let date = |fault, given: &str| Invalid::Date(fault, given.to_owned()).into();
    vec![
        fault(Field::Gender, Fault::NotGender),
        fault(Field::Age, Fault::NotText),
        fault(Field::Age, Fault::Empty),
        fault(Field::Age, Fault::NotPositive),
        fault(Field::AgeCalcDate, Fault::NotText),
        fault(Field::AgeCalcDate, Fault::Empty),
        date(DateFault::Format, "02-12-2019"),
        date(DateFault::Year, "1600-12-02"),
        date(DateFault::Day, "2019-02-30"),
        date(DateFault::Future, "2260-12-02"),
    ]
}

fn password_in_update() -> Error {
    Invalid::PasswordInUpdate("5a62be07d6f33400146c9b61".to_owned()).into()
}

fn bad_time() -> Error {
    Invalid::Date(DateFault::Format, "yesterday".to_owned()).into()
}
