//! What logging in tells of itself, and what accounts of all types have.

use poem_openapi::Tags;

use crate::api::document::parts::{ConcatErrors, OperationFaults, Part, fault, missing};
use crate::model::{Error, Fault, Field, Unauthenticated};

/// The platform's name for this group of operations.
#[derive(Tags)]
#[oai(rename_all = "lowercase")]
pub(in crate::api) enum Tag {
    /// Logging in, and verifying tokens.
    Auth,
}

/// This part.
pub(in crate::api) const PART: Part = Part {
    keys: &[
        (Field::Id, "id"),
        (Field::Username, "username"),
        (Field::Password, "password"),
        (Field::OldPassword, "old_password"),
        (Field::NewPassword, "new_password"),
        (Field::Institution, "institution_id"),
        (Field::LastLogin, "last_login"),
    ],
    kinds: &[],
    faults: &[
        OperationFaults::of_public("auth_login", login).hashing(),
        OperationFaults::of_public("jwks_view", Vec::new),
    ],
    parameters: &[],
    exceptions: &[],
    tags: &["auth"],
};

fn login() -> Vec<Error> {
    [
        vec![fault(Field::Username, Fault::NotText), fault(Field::Username, Fault::Empty)],
        vec![fault(Field::Password, Fault::NotText), fault(Field::Password, Fault::Empty)],
        vec![missing(&[Field::Username, Field::Password]), Error::Unauthenticated(Unauthenticated::WrongPassword)],
    ]
    .concat_errors()
}
