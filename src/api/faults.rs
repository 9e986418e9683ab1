//! Which errors each operation can give, for the document: what the framework cannot know.
//!
//! The texts are not here: each error is worded by `failure.rs`, as it is when it really happens.

use std::time::Duration;

use super::failure::{ErrorBody, Transport, body, transport_body};
use super::names::parameter;
use crate::app::policy::Row;
use crate::model::{
    Conflict, DateFault, Error, Fault, Field, Invalid, Kind, Limited, Password, Text, Unauthenticated, Unavailable,
};

/// What the document says of an operation.
pub(super) struct Facts<'a> {
    /// Its name.
    pub(super) id: &'a str,
    /// The template of its path.
    pub(super) path: &'a str,
    /// Its row of the table; a public operation has none.
    pub(super) row: Option<&'a Row>,
    /// Whether it reads a body.
    pub(super) has_body: bool,
}

/// An example of every error that the operation can give, in the order of checks.
pub(super) fn faults(facts: &Facts<'_>) -> Vec<ErrorBody> {
    let mut examples = vec![transport_body(&Transport::UriTooLong(4096))];
    let mut add = |error: Error| examples.push(body(&error, "6f1c2a9be07d4e35"));
    add(Error::TooManyRequests(Limited { limit: 10, wait: Duration::from_secs(1) }));
    if facts.row.is_some() {
        let reasons = [
            Unauthenticated::NoToken,
            Unauthenticated::Expired,
            Unauthenticated::BadToken,
            Unauthenticated::Revoked,
        ];
        reasons.into_iter().map(Error::Unauthenticated).for_each(&mut add);
        add(Error::Forbidden);
    }
    path_ids(facts.path).map(|kind| Invalid::Id(kind).into()).for_each(&mut add);
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
    let transport = [
        Transport::BodyTooLarge(102_400),
        Transport::TooSlow(Duration::from_secs(20)),
        Transport::NotJson,
    ];
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
        "password_reset" => [
            password(NewPassword),
            vec![Invalid::MissingNewPassword.into(), Error::NotFound(Kind::User)],
        ]
        .concat_errors(),
        "institution_create" => [
            institution_fields(),
            vec![missing(&[Name, Type]), Error::Conflict(Conflict::Name(Kind::Institution))],
        ]
        .concat_errors(),
        "institution_update" => [
            institution_fields(),
            vec![Error::Conflict(Conflict::Name(Kind::Institution)), Error::NotFound(Kind::Institution)],
        ]
        .concat_errors(),
        "institution_view" => vec![Error::NotFound(Kind::Institution)],
        "institution_delete" => vec![Invalid::InstitutionInUse.into()],
        "institution_list" => vec![bad_time()],
        "child_create" => [
            text(Username),
            password(Field::Password),
            vec![Invalid::Id(Kind::Institution).into()],
            child_fields(),
            vec![missing(&[Username, Field::Password, Institution, Gender, Age])],
            vec![Error::Conflict(Conflict::Name(Kind::Child)), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors(),
        "child_update" => [
            text(Username),
            vec![Invalid::Id(Kind::Institution).into(), password_in_update()],
            child_fields(),
            vec![fault(Age, Fault::NotNumber), missing(&[Age]), Error::NotFound(Kind::Child)],
            vec![Error::Conflict(Conflict::Name(Kind::Child)), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors(),
        "child_view" => vec![Error::NotFound(Kind::Child)],
        "child_list" => vec![Invalid::SomeId.into(), bad_time()],
        _ => Vec::new(),
    }
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
