//! Which errors each operation of the directory can give, for the document.

use crate::api::document::parts::{ConcatErrors, OperationFaults, bad_time, fault, missing, password, taken, text};
use crate::app::policy as op;
use crate::model::Field::{Age, Gender, Institution, Name, NewPassword, OldPassword, Type, Username};
use crate::model::{Conflict, DateFault, Error, Fault, Field, Group, Invalid, Kind, MAX_CHILDREN, Text};

/// An entry for every operation.
pub(in crate::api) const FAULTS: &[OperationFaults] = &[
    OperationFaults::of::<op::UserDelete>(Vec::new),
    OperationFaults::of::<op::PasswordChange>(|| {
        [
            password(OldPassword),
            password(NewPassword),
            vec![missing(&[OldPassword, NewPassword]), Error::NotFound(Kind::User), Invalid::OldPassword.into()],
        ]
        .concat_errors()
    })
    .hashing(),
    OperationFaults::of::<op::UserUnlock>(|| vec![Error::NotFound(Kind::User)]),
    OperationFaults::of::<op::PasswordReset>(|| {
        [password(NewPassword), vec![Invalid::MissingNewPassword.into(), Error::NotFound(Kind::User)]].concat_errors()
    })
    .hashing(),
    OperationFaults::of::<op::ChildPasswordReset>(|| {
        [password(NewPassword), vec![Invalid::MissingNewPassword.into()]].concat_errors()
    })
    .hashing(),
    OperationFaults::of::<op::UserDeactivate>(|| {
        vec![Invalid::LeaveTime.into(), Invalid::LeaveDays.into(), Error::NotFound(Kind::User)]
    }),
    OperationFaults::of::<op::UserActivate>(|| vec![Error::NotFound(Kind::User)]),
    OperationFaults::of::<op::InstitutionCreate>(|| {
        [institution_fields(), vec![missing(&[Name, Type]), taken(Kind::Institution)]].concat_errors()
    }),
    OperationFaults::of::<op::InstitutionList>(|| vec![bad_time()]),
    OperationFaults::of::<op::InstitutionView>(|| vec![Error::NotFound(Kind::Institution)]),
    OperationFaults::of::<op::InstitutionUpdate>(|| {
        [institution_fields(), vec![taken(Kind::Institution), Error::NotFound(Kind::Institution)]].concat_errors()
    }),
    OperationFaults::of::<op::InstitutionDelete>(|| vec![Invalid::InstitutionInUse.into()]),
    OperationFaults::of::<op::ChildCreate>(|| {
        [
            new_account(),
            child_fields(),
            vec![missing(&[Username, Field::Password, Institution, Gender, Age])],
            vec![taken(Kind::Child), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors()
    }),
    OperationFaults::of::<op::ChildList>(list_of_users),
    OperationFaults::of::<op::ChildView>(|| vec![Error::NotFound(Kind::Child)]),
    OperationFaults::of::<op::ChildUpdate>(|| {
        [
            account_changes(),
            child_fields(),
            vec![fault(Age, Fault::NotNumber), missing(&[Age]), Error::NotFound(Kind::Child)],
            vec![taken(Kind::Child), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors()
    }),
    OperationFaults::of::<op::ChildViewByTag>(|| vec![Error::NotFound(Kind::Child)]),
    OperationFaults::of::<op::ChildTagSet>(|| {
        vec![
            Invalid::SomeId.into(),
            Invalid::NfcTag.into(),
            fault(Field::NfcTag, Fault::TooLong(Text::MAX)),
            fault(Field::NfcTag, Fault::ControlCharacters),
            Error::NotFound(Kind::Child),
            Error::Conflict(Conflict::NfcTag),
        ]
    })
    .naming_some_id(),
    OperationFaults::of::<op::ChildTagClear>(|| vec![Invalid::SomeId.into(), Error::NotFound(Kind::Child)])
        .naming_some_id(),
    OperationFaults::of::<op::EducatorCreate>(|| professional_create(Kind::Educator)),
    OperationFaults::of::<op::EducatorList>(list_of_users),
    OperationFaults::of::<op::EducatorView>(|| vec![Error::NotFound(Kind::Educator)]),
    OperationFaults::of::<op::EducatorUpdate>(|| professional_update(Kind::Educator)),
    OperationFaults::of::<op::EducatorGroupCreate>(group_create),
    OperationFaults::of::<op::EducatorGroupList>(|| vec![bad_time()]),
    OperationFaults::of::<op::EducatorGroupView>(|| vec![Error::NotFound(Kind::Group)]),
    OperationFaults::of::<op::EducatorGroupUpdate>(group_update),
    OperationFaults::of::<op::EducatorGroupDelete>(Vec::new),
    OperationFaults::of::<op::HealthProfessionalCreate>(|| professional_create(Kind::HealthProfessional)),
    OperationFaults::of::<op::HealthProfessionalList>(list_of_users),
    OperationFaults::of::<op::HealthProfessionalView>(|| vec![Error::NotFound(Kind::HealthProfessional)]),
    OperationFaults::of::<op::HealthProfessionalUpdate>(|| professional_update(Kind::HealthProfessional)),
    OperationFaults::of::<op::HealthProfessionalGroupCreate>(group_create),
    OperationFaults::of::<op::HealthProfessionalGroupList>(|| vec![bad_time()]),
    OperationFaults::of::<op::HealthProfessionalGroupView>(|| vec![Error::NotFound(Kind::Group)]),
    OperationFaults::of::<op::HealthProfessionalGroupUpdate>(group_update),
    OperationFaults::of::<op::HealthProfessionalGroupDelete>(Vec::new),
    OperationFaults::of::<op::FamilyCreate>(|| {
        [
            new_account(),
            children(),
            vec![missing(&[Username, Field::Password, Institution, Field::Children])],
            vec![taken(Kind::Family), children_missing(), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors()
    }),
    OperationFaults::of::<op::FamilyList>(list_of_users),
    OperationFaults::of::<op::FamilyView>(|| vec![Error::NotFound(Kind::Family)]),
    OperationFaults::of::<op::FamilyUpdate>(|| {
        [
            account_changes(),
            children(),
            vec![Error::NotFound(Kind::Family), taken(Kind::Family)],
            vec![children_missing(), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors()
    }),
    OperationFaults::of::<op::FamilyChildList>(|| {
        vec![Error::NotFound(Kind::Family), Invalid::SomeId.into(), Invalid::Presence.into(), bad_time()]
    }),
    OperationFaults::of::<op::FamilyChildAdd>(|| {
        vec![
            Invalid::FamilyToExtendMissing.into(),
            Invalid::ChildToAddMissing.into(),
            fault(Field::Children, Fault::TooManyItems(MAX_CHILDREN)),
        ]
    }),
    OperationFaults::of::<op::FamilyChildRemove>(|| vec![Error::NotFound(Kind::Family)]),
    OperationFaults::of::<op::ApplicationCreate>(|| {
        [
            new_account(),
            text(Field::ApplicationName),
            vec![missing(&[Username, Field::Password, Field::ApplicationName])],
            vec![taken(Kind::Application), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors()
    }),
    OperationFaults::of::<op::ApplicationList>(list_of_users),
    OperationFaults::of::<op::ApplicationView>(|| vec![Error::NotFound(Kind::Application)]),
    OperationFaults::of::<op::ApplicationUpdate>(|| {
        [
            account_changes(),
            text(Field::ApplicationName),
            vec![Error::NotFound(Kind::Application), taken(Kind::Application), Invalid::InstitutionMissing.into()],
        ]
        .concat_errors()
    }),
];

fn group_create() -> Vec<Error> {
    [
        group_fields(),
        vec![missing(&[Name, Field::Children]), taken(Kind::Group)],
        vec![
            Invalid::GroupLimit(Group::MAX_PER_OWNER).into(),
            children_missing(),
            Invalid::GroupMemberLimit(Group::MAX_MEMBERS_PER_OWNER).into(),
        ],
    ]
    .concat_errors()
}

fn group_update() -> Vec<Error> {
    let after = vec![Error::NotFound(Kind::Group), taken(Kind::Group), children_missing()];
    [group_fields(), after, vec![Invalid::GroupMemberLimit(Group::MAX_MEMBERS_PER_OWNER).into()]].concat_errors()
}

fn list_of_users() -> Vec<Error> {
    vec![Invalid::SomeId.into(), Invalid::Presence.into(), bad_time()]
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
