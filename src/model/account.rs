//! What all six types of user share.

use std::fmt;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{Fault, Id, Identified, Institution, Kind, text};

/// The type of a user, and with it what the user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Runs the service and registers everybody else.
    Admin,
    /// A pupil whose health is followed.
    Child,
    /// Groups and follows children at school.
    Educator,
    /// Groups and follows children in health care.
    HealthProfessional,
    /// The relatives of some children, as one user.
    Family,
    /// A program that reports for others.
    Application,
}

impl Role {
    /// Every role, in the order of the contract's lists.
    pub const ALL: [Role; 6] =
        [Role::Admin, Role::Application, Role::Educator, Role::HealthProfessional, Role::Family, Role::Child];

    /// The contract's word for it, in tokens and wherever a type of user is named (section 3).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Child => "child",
            Role::Educator => "educator",
            Role::HealthProfessional => "healthprofessional",
            Role::Family => "family",
            Role::Application => "application",
        }
    }

    /// The role of this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What the contract's texts call a user of this type.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Role::Admin => Kind::User,
            Role::Child => Kind::Child,
            Role::Educator => Kind::Educator,
            Role::HealthProfessional => Kind::HealthProfessional,
            Role::Family => Kind::Family,
            Role::Application => Kind::Application,
        }
    }
}

/// What a user of any type has.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Unique among the users of all types.
    pub id: Id<Account>,
    /// The user's type, which never changes.
    pub role: Role,
    /// Unique within the type.
    pub username: Username,
    /// As stored: the institution may have vanished since.
    pub institution: Option<Id<Institution>>,
    /// Absent until the first log-in.
    pub last_login: Option<Timestamp>,
    /// Since when the user is deactivated: it cannot log in, and lists show it only if they are asked to.
    pub deactivated_at: Option<Timestamp>,
}

/// What is to become of a user who leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// When it is to be deactivated, if it is not yet.
    pub deactivate_at: Option<Timestamp>,
    /// When it is to be deleted, if ever.
    pub erase_at: Option<Timestamp>,
    /// Whether an import said so.
    pub by_import: bool,
}

impl Identified for Account {
    const KIND: Kind = Kind::User;
}

/// A kind of user that has a type of its own.
pub trait User: Identified {
    /// The user's type.
    const ROLE: Role;
}

/// A user's name: personal data, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// The most characters a username may have.
    pub const MAX: usize = 256;

    /// Trims, composes (NFC) and checks a name for storing.
    ///
    /// # Errors
    /// The rule of STR (contract, section 5) that the name breaks then.
    pub fn new(given: &str) -> Result<Self, Fault> {
        let name = text::composed(given.trim());
        text::check(&name, Self::MAX)?;
        if text::has_ignorable(&name) {
            return Err(Fault::ControlCharacters);
        }
        Ok(Self(name))
    }

    /// A name as somebody typed it to log in, or as it was stored: neither trimmed, composed nor checked.
    #[must_use]
    pub fn verbatim(given: String) -> Self {
        Self(given)
    }

    /// The name, for the cipher and for the answer to somebody who may see it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in the form that new names are stored in (NFC).
    #[must_use]
    pub fn composed(&self) -> Self {
        Self(text::composed(&self.0))
    }

    /// The same text for all names that somebody might take for this one: trimmed, in lower case, composed (NFC).
    #[must_use]
    pub fn folded(&self) -> String {
        text::composed(&self.0.trim().to_lowercase())
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Username(***)")
    }
}

/// A password as somebody typed it. Wiped from memory when dropped; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    prepared: Zeroizing<String>,
    /// Where it differs.
    typed: Option<Zeroizing<String>>,
}

impl Password {
    /// The most bytes a password may have, as it is sent.
    pub const MAX_BYTES: usize = 1024;

    /// Checks a password for storing; `min` is the fewest characters allowed.
    ///
    /// # Errors
    /// The rule of STR (contract, section 5) that it breaks.
    pub fn new(given: &str, min: usize) -> Result<Self, Fault> {
        if given.is_empty() {
            return Err(Fault::Empty);
        }
        if given.len() > Self::MAX_BYTES {
            return Err(Fault::TooManyBytes(Self::MAX_BYTES));
        }
        if given.chars().count() < min {
            return Err(Fault::TooShort(min));
        }
        Ok(Self::verbatim(given))
    }

    /// A password as somebody typed it to prove who he is: any text, which then fits or does not.
    #[must_use]
    pub fn verbatim(given: &str) -> Self {
        let prepared = text::opaque(given);
        let typed = (*prepared != given).then(|| Zeroizing::new(given.to_owned()));
        Self { prepared, typed }
    }

    /// The bytes to hash: the same on every device that the same keys are typed on (RFC 8265).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.prepared.as_bytes()
    }

    /// The bytes as they were typed, if they are others: hashes from before passwords were prepared are of them.
    #[must_use]
    pub fn as_typed(&self) -> Option<&[u8]> {
        self.typed.as_ref().map(|typed| typed.as_bytes())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// A hashed password: in PHC string form, or as the old platform's bcrypt wrote it. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// In place of a hash: no password fits, until one is set.
    const UNSET: &str = "*";

    /// That of a user who has no password yet: none fits.
    #[must_use]
    pub fn unset() -> Self {
        Self(Self::UNSET.to_owned())
    }

    /// Whether the user has no password yet.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        self.0 == Self::UNSET
    }

    /// Takes a stored hash as it is.
    #[must_use]
    pub fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// Whether it is of bcrypt: the user has not logged in since the old platform.
    #[must_use]
    pub fn is_bcrypt(&self) -> bool {
        self.0.starts_with("$2")
    }

    /// The hash as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

/// What proves who a user is.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Whose it is.
    pub id: Id<Account>,
    /// That user's type.
    pub role: Role,
    /// What the password must fit.
    pub hash: PasswordHash,
}

/// What is needed to register a user of any type.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The name to log in with.
    pub username: Username,
    /// The first password.
    pub password: Password,
    /// Required of everybody but applications.
    pub institution: Option<Id<Institution>>,
}

/// What an update changes of a user; absent parts stay as they are.
#[derive(Debug, Clone, Default)]
pub struct AccountPatch {
    /// The new name.
    pub username: Option<Username>,
    /// The new institution.
    pub institution: Option<Id<Institution>>,
}
