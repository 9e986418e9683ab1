//! The password that a new thing gets.

use crate::app::access::costs::{MOST_ROUNDS, bcrypt_cost};
use crate::app::rosters::records::Passwords;
use crate::app::rosters::rows::Wrong;
use crate::model::rosters::Sheet;
use crate::model::{Password, PasswordHash};

/// The password that a new thing gets.
pub(in crate::app::rosters) enum FirstPassword {
    /// It is no user.
    NoUser,
    /// None yet.
    Unset,
    /// This one.
    Given(Password),
    /// The one whose hash this is, of the old platform.
    Hashed(PasswordHash),
    /// One that is made up.
    MadeUp,
}

impl FirstPassword {
    /// That of a new thing of a sheet: what its row gives, which is a hash in dumps, or what is to become of those who
    /// are given none.
    ///
    /// # Errors
    /// What is wrong with what is given, or that something must be.
    pub(in crate::app::rosters) fn of(
        sheet: Sheet,
        of_dump: bool,
        given: Option<&str>,
        passwords: Passwords,
    ) -> Result<Self, Wrong> {
        match (sheet.role(), given, passwords) {
            (None, ..) => Ok(Self::NoUser),
            (Some(_), Some(given), _) if of_dump => match bcrypt_cost(given) {
                Some(_) => Ok(Self::Hashed(PasswordHash::from_phc(given.to_owned()))),
                None => Err(Wrong::refused(format!(
                    "this is no hash of bcrypt of a cost up to {MOST_ROUNDS}: leave all out with --ignore password, and \
                     have others made up"
                ))),
            },
            // Other programs write so that a password stays as it is, and nobody's first one is that.
            (Some(_), Some("*"), _) => Err(Wrong::refused(format!(
                "* says that a password stays as it is, and a new {} has none yet: write one, or leave the cell empty",
                sheet.noun()
            ))),
            (Some(_), Some(given), _) => Ok(Self::Given(Password::verbatim(given))),
            (Some(_), None, Passwords::MadeUp) => Ok(Self::MadeUp),
            (Some(_), None, Passwords::Unset) => Ok(Self::Unset),
            (Some(_), None, Passwords::Given) => Err(Wrong::refused(format!(
                "a new {} needs a password: fill it in, or say --passwords FILE to have them made up, or \
                 --without-passwords",
                sheet.noun()
            ))),
        }
    }
}
