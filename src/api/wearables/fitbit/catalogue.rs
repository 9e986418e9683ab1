//! What the groups of operations of a wearable service tell of themselves.

use poem_openapi::Tags;

use crate::api::document::parts::{ConcatErrors, OperationFaults, Part};
use crate::app::policy::{FitbitAuthRevoke, FitbitAuthSet, FitbitAuthView, FitbitClientView, FitbitSync};
use crate::model::wearables::{Field, Secret};
use crate::model::{AccountFault, Error, Fault, Field as AnyField, Invalid, Kind, ServiceFault, Unfit};

/// The platform's names for groups of operations.
#[derive(Tags)]
pub(in crate::api) enum Tag {
    /// The wearable service.
    #[oai(rename = "fitbit")]
    Fitbit,
    /// The tokens of children's wearables.
    #[oai(rename = "users.fitbit.auth")]
    Auth,
    /// What children's wearables recorded.
    #[oai(rename = "users.fitbit.sync")]
    Sync,
    /// Notices of the wearable service.
    #[oai(rename = "fitbit.subscriber")]
    Subscriber,
}

/// This part.
pub(in crate::api) const PART: Part = Part {
    keys: &[
        (AnyField::Wearables(Field::AccessToken), "access_token"),
        (AnyField::Wearables(Field::RefreshToken), "refresh_token"),
    ],
    kinds: &[],
    faults: &[
        OperationFaults::of::<FitbitClientView>(|| vec![AccountFault::NoClient.into()]),
        OperationFaults::of::<FitbitAuthSet>(auth_set).naming_some_id(),
        OperationFaults::of::<FitbitAuthView>(|| [of_child(), vec![AccountFault::NoRecord.into()]].concat_errors())
            .naming_some_id(),
        OperationFaults::of::<FitbitAuthRevoke>(of_child).naming_some_id(),
        OperationFaults::of::<FitbitSync>(sync).naming_some_id().limited_by_child(),
        OperationFaults::of_public("fitbit_subscriber_verify", Vec::new),
        OperationFaults::of_public("fitbit_subscriber_notify", Vec::new).of_any_type(),
    ],
    parameters: &[],
    exceptions: &[],
    tags: &["fitbit", "users.fitbit.auth", "users.fitbit.sync", "fitbit.subscriber"],
};

/// How tokens begin in the examples.
const TOKEN: &str = "eyJh...";

fn of_child() -> Vec<Error> {
    vec![Invalid::SomeId.into(), Unfit::Unregistered(Kind::Child, "507f191e810c19729de860ea".to_owned()).into()]
}

fn auth_set() -> Vec<Error> {
    let missing = |fields: &[Field]| Invalid::MissingTokens(fields.iter().copied().map(Into::into).collect()).into();
    [
        of_child(),
        token(Field::AccessToken),
        token(Field::RefreshToken),
        vec![Invalid::Field(Field::AccessToken.into(), Fault::NotToken).into()],
        vec![missing(&[Field::AccessToken, Field::RefreshToken]), missing(&[Field::RefreshToken])],
        vec![AccountFault::NoService.into(), AccountFault::NothingPermitted.into()],
        vec![AccountFault::NotAccepted(TOKEN.to_owned()).into()],
    ]
    .concat_errors()
}

fn token(field: Field) -> Vec<Error> {
    let faults = [
        Fault::NotText,
        Fault::Empty,
        Fault::TooLong(Secret::MAX_SUBMITTED),
        Fault::ControlCharacters,
        Fault::NotVisible,
    ];
    faults.map(|fault| Invalid::Field(field.into(), fault).into()).into()
}

fn sync() -> Vec<Error> {
    let token = || TOKEN.to_owned();
    let service = [
        ServiceFault::ExpiredToken(token()),
        ServiceFault::InvalidToken(token()),
        ServiceFault::InvalidGrant("0123...".to_owned()),
        ServiceFault::InvalidClient,
        ServiceFault::Limited(token(), None),
        ServiceFault::Unreachable,
        ServiceFault::Failed("The service is down.".to_owned(), None),
        ServiceFault::Denied("The account has no profile.".to_owned()),
    ];
    [
        of_child(),
        vec![AccountFault::NothingSubmitted.into(), AccountFault::NothingPermitted.into()],
        vec![AccountFault::Refused(token()).into()],
        service.map(|fault| AccountFault::Service(fault).into()).into(),
    ]
    .concat_errors()
}
