//! What the bodies of all six types of user share.

use crate::api::http::body::Fields;
use crate::model::{AccountPatch, Field, Id, Institution, Invalid, NewAccount, Password, Username};

/// The shared part of USER-POST: formats checked, presence not yet.
pub(in crate::api) struct GivenAccount {
    username: Option<Username>,
    password: Option<Password>,
    institution: Option<Id<Institution>>,
}

impl GivenAccount {
    /// Reads the shared fields, in the contract's order.
    pub(in crate::api) fn read(fields: &Fields) -> Result<Self, Invalid> {
        Ok(Self {
            username: fields.username()?,
            password: fields.new_password(Field::Password)?,
            institution: fields.institution()?,
        })
    }

    /// Which of the fields that every user but an application needs are there, for REQ.
    pub(in crate::api) fn given(&self) -> [(Field, bool); 3] {
        [
            (Field::Username, self.username.is_some()),
            (Field::Password, self.password.is_some()),
            (Field::Institution, self.institution.is_some()),
        ]
    }

    /// A new user who belongs to an institution, if everything is there.
    pub(in crate::api) fn complete(self) -> Option<NewAccount> {
        self.institution.is_some().then(|| self.complete_without_institution()).flatten()
    }

    /// A new application, which need not belong to an institution, if name and password are there.
    pub(in crate::api) fn complete_without_institution(self) -> Option<NewAccount> {
        let (username, password) = self.username.zip(self.password)?;
        Some(NewAccount { username, password, institution: self.institution })
    }
}

/// The shared part of USER-PATCH.
pub(in crate::api) fn read_patch(fields: &Fields) -> Result<AccountPatch, Invalid> {
    let patch = AccountPatch { username: fields.username()?, institution: fields.institution()? };
    fields.no_password()?;
    Ok(patch)
}
