//! `/users`: what is done to users of any type.

use std::sync::Arc;

use jiff::SignedDuration;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::api::access::auth::Auth;
use crate::api::directory::catalogue::Tag;
use crate::api::http::body::{Body, Fields, ReadBody, missing};
use crate::api::http::params::Path;
use crate::api::http::reply::Done;
use crate::api::http::schema::Time;
use crate::app::policy::{PasswordChange, PasswordReset, UserActivate, UserDeactivate, UserDelete, UserUnlock};
use crate::app::{App, Leave, demo};
use crate::model::{Account, Field, Invalid, Password};

pub(in crate::api) struct UsersApi(pub(in crate::api) Arc<App>);

#[OpenApi(prefix_path = "/v1/users", tag = "Tag::Users")]
impl UsersApi {
    /// Delete a user
    ///
    /// Deletes a user of any type. A child leaves its groups and families, an educator's or health professional's
    /// groups go with them, and the user's tokens stop working at once. Deleting somebody who is gone succeeds;
    /// the last administrator cannot be deleted.
    #[oai(path = "/:user_id", method = "delete", operation_id = "user_delete")]
    async fn user_delete(&self, auth: Auth<UserDelete>, user_id: Path<Account>) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, user_id.id()?)?;
        Ok(self.0.user_delete(permit).await?.into())
    }

    /// Deactivate a user
    ///
    /// The user cannot log in any more, its tokens stop working at once, and lists leave it out unless they are asked
    /// for it with `deactivated`. Deactivating somebody again changes when it is deleted. The last active administrator
    /// cannot be deactivated.
    #[oai(path = "/:user_id/deactivate", method = "post", operation_id = "user_deactivate")]
    async fn user_deactivate(
        &self,
        auth: Auth<UserDeactivate>,
        user_id: Path<Account>,
        body: Body<LeaveBody>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, user_id.id()?)?;
        let leave = body.read(self.0.field_rules()).await?;
        Ok(self.0.user_deactivate(permit, leave).await?.into())
    }

    /// Activate a user
    ///
    /// A user who was deactivated, or is to be, can log in again. Activating somebody who is active changes nothing.
    #[oai(path = "/:user_id/activate", method = "post", operation_id = "user_activate")]
    async fn user_activate(&self, auth: Auth<UserActivate>, user_id: Path<Account>) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, user_id.id()?)?;
        Ok(self.0.user_activate(permit).await?.into())
    }

    /// Change one's own password
    ///
    /// All other tokens of the user stop working at once; the one that makes this request goes on.
    #[oai(path = "/:user_id/password", method = "put", operation_id = "password_change")]
    async fn password_change(
        &self,
        auth: Auth<PasswordChange>,
        user_id: Path<Account>,
        body: Body<ChangePassword>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, user_id.id()?)?;
        let (old, new) = body.read(self.0.field_rules()).await?;
        Ok(self.0.password_change(permit, old, new).await?.into())
    }

    /// Reset a user's password
    ///
    /// Gives a user of any type another password. The user's tokens stop working at once, except the one that makes
    /// this request.
    #[oai(path = "/:user_id/reset-password", method = "post", operation_id = "password_reset")]
    async fn password_reset(
        &self,
        auth: Auth<PasswordReset>,
        user_id: Path<Account>,
        body: Body<ResetPassword>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, user_id.id()?)?;
        let new = body.read(self.0.field_rules()).await?;
        Ok(self.0.password_reset(permit, new).await?.into())
    }

    /// Let a user log in again at once
    ///
    /// For somebody who tried so many passwords that the service makes him wait.
    #[oai(path = "/:user_id/unlock", method = "post", operation_id = "user_unlock")]
    async fn user_unlock(&self, auth: Auth<UserUnlock>, user_id: Path<Account>) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, user_id.id()?)?;
        Ok(self.0.user_unlock(permit).await?.into())
    }
}

/// When somebody leaves.
#[derive(Object)]
#[oai(rename = "Leave", example, skip_serializing_if_is_none)]
pub(in crate::api) struct LeaveBody {
    /// From when on, if it is later than now; without, at once.
    at: Option<Time>,
    /// After how many days the user is deleted, with all that belongs to it; without, never.
    #[oai(validator(minimum(value = "1"), maximum(value = "36500")))]
    erase_after_days: Option<u32>,
}

impl Example for LeaveBody {
    fn example() -> Self {
        Self { at: Some(Time::example("2099-07-31T00:00:00.000Z")), erase_after_days: Some(30) }
    }
}

impl ReadBody for LeaveBody {
    type Model = Leave;

    fn read(fields: &Fields) -> Result<Self::Model, Invalid> {
        let at = match fields.member("at") {
            None => None,
            Some(at) => Some(at.as_str().and_then(|at| at.parse().ok()).ok_or(Invalid::LeaveTime)?),
        };
        let erase_after = match fields.member("erase_after_days") {
            None => None,
            Some(days) => {
                let days = days.as_i64().filter(|days| (1..=36_500).contains(days)).ok_or(Invalid::LeaveDays)?;
                Some(SignedDuration::from_hours(24 * days))
            }
        };
        Ok(Leave { at, erase_after })
    }
}

/// The present password and the one to have from now on.
#[derive(Object)]
#[oai(example)]
pub(in crate::api) struct ChangePassword {
    /// The present password.
    #[oai(validator(min_length = 1, max_length = 1024))]
    old_password: String,
    /// The password to have from now on. It may be the old one.
    #[oai(validator(min_length = 1, max_length = 1024))]
    new_password: String,
}

impl Example for ChangePassword {
    fn example() -> Self {
        Self { old_password: demo::PASSWORD.to_owned(), new_password: "my-next-password".to_owned() }
    }
}

impl ReadBody for ChangePassword {
    type Model = (Password, Password);

    fn read(fields: &Fields) -> Result<Self::Model, Invalid> {
        let old = fields.present_password(Field::OldPassword)?;
        let new = fields.new_password(Field::NewPassword)?;
        let given = [(Field::OldPassword, old.is_some()), (Field::NewPassword, new.is_some())];
        old.zip(new).ok_or_else(|| missing(&given))
    }
}

/// The password to have from now on.
#[derive(Object)]
#[oai(example)]
pub(in crate::api) struct ResetPassword {
    /// The password to have from now on.
    #[oai(validator(min_length = 1, max_length = 1024))]
    new_password: String,
}

impl Example for ResetPassword {
    fn example() -> Self {
        Self { new_password: "a-fresh-password".to_owned() }
    }
}

impl ReadBody for ResetPassword {
    type Model = Password;

    fn read(fields: &Fields) -> Result<Self::Model, Invalid> {
        fields.new_password(Field::NewPassword)?.ok_or(Invalid::MissingNewPassword)
    }
}
