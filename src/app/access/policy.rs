//! What the table of who may do what is made of (contract, section 4). Each domain's part is in its own folder, and
//! [`crate::app::policy`] joins them.
//!
//! A row is an operation: what its path names, the scopes of which the token needs one, and what callers of each
//! type may reach. Each row becomes a type that handlers and use cases name; nothing is permitted that has no row.

use std::marker::PhantomData;

use crate::model::{Account, Error, Id, Institution, Role, User};

/// What callers of one type may reach with an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Nothing.
    No,
    /// Everything.
    Any,
    /// Themselves.
    Own,
    /// Every user but themselves.
    Others,
    /// The children of the calling family.
    Kin,
    /// The children in the groups that they own.
    Group,
    /// The same, if the service is set so (`--educators-reset`).
    Allowed,
    /// The institution that they belong to.
    Inst,
}

impl Grant {
    /// The word for it in the contract's table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Grant::No => "-",
            Grant::Any => "any",
            Grant::Own => "own",
            Grant::Others => "others",
            Grant::Kin => "kin",
            Grant::Group => "group",
            Grant::Allowed => "allowed",
            Grant::Inst => "inst",
        }
    }
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// The operation's name everywhere: in the document, in the code, in tests.
    pub id: &'static str,
    /// The token must hold one of them.
    pub scopes: &'static [&'static str],
    /// For A, P, E, H, F, C, as [`Role::ALL`] orders them.
    pub(in crate::app) grants: [Grant; 6],
}

impl Row {
    /// What callers of this type may reach.
    #[must_use]
    pub fn grant(&self, role: Role) -> Grant {
        let [admin, application, educator, health_professional, family, child] = self.grants;
        match role {
            Role::Admin => admin,
            Role::Application => application,
            Role::Educator => educator,
            Role::HealthProfessional => health_professional,
            Role::Family => family,
            Role::Child => child,
        }
    }
}

/// An operation of the table, as a type.
pub trait Operation: Send + Sync + 'static {
    /// Its row.
    const ROW: &'static Row;
    /// What its path names.
    type Target: Target;
}

/// What an operation's path names, as far as permission depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Nothing: a list, or something to make.
    Nothing,
    /// A user, or what belongs to one.
    User(Id<Account>),
    /// An institution.
    Institution(Id<Institution>),
    /// The child that holds this NFC tag.
    Tag(String),
    /// The data of a child, if there is such a child.
    DataOf(Id<Account>),
    /// The data of an institution, if there is such an institution.
    DataOfInstitution(Id<Institution>),
}

/// What the path of an operation names.
pub trait Target: Clone + Send + 'static {
    /// What permission depends on.
    fn subject(&self) -> Subject;

    /// The id of what belongs to the subject, if that is what is meant.
    fn part(&self) -> Option<[u8; 12]> {
        None
    }

    /// What somebody is told who may not reach it.
    fn refusal() -> Error {
        Error::Forbidden
    }

    /// What everybody is told, strangers too, if the subject does not exist: `None` where that is not asked first.
    fn unregistered(&self) -> Option<Error> {
        None
    }
}

/// All `K`: the target of lists, and of making one more.
#[derive(Debug)]
pub struct All<K>(PhantomData<fn() -> K>);

impl<K> All<K> {
    /// The only value.
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<K> Default for All<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Clone for All<K> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<K: 'static> Target for All<K> {
    fn subject(&self) -> Subject {
        Subject::Nothing
    }
}

impl Target for Id<Account> {
    fn subject(&self) -> Subject {
        Subject::User(*self)
    }
}

impl<K: User + 'static> Target for Id<K> {
    fn subject(&self) -> Subject {
        Subject::User(self.cast())
    }
}

impl Target for Id<Institution> {
    fn subject(&self) -> Subject {
        Subject::Institution(*self)
    }
}

/// Something that belongs to a user: what may be done with it depends on the user alone.
impl<K: User + 'static, L: 'static> Target for (Id<K>, Id<L>) {
    fn subject(&self) -> Subject {
        Subject::User(self.0.cast())
    }

    fn part(&self) -> Option<[u8; 12]> {
        Some(*self.1.as_bytes())
    }
}

/// The data of a child or of an institution: that there is such a one is asked before who may reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataOf<K> {
    /// Whose.
    pub id: Id<K>,
    /// The id as it was given.
    pub given: String,
}

/// One piece of such data: what may be done with it depends on whose it is alone.
impl<K: 'static, L: 'static> Target for (DataOf<K>, Id<L>)
where
    DataOf<K>: Target,
{
    fn subject(&self) -> Subject {
        self.0.subject()
    }

    fn part(&self) -> Option<[u8; 12]> {
        Some(*self.1.as_bytes())
    }

    fn unregistered(&self) -> Option<Error> {
        self.0.unregistered()
    }
}

/// A domain's part of the table. A line in parentheses says what the paths of the rows below it name, and in brackets
/// what their scopes begin with. Then a row each: type, name, which of those its path names (`all` of them, `one`, a
/// `part` of one, the `data` of one, a `datum` of that, or just `this`), the scopes' second word, and a cell for callers of each type.
macro_rules! operations {
    ($($kinds:tt $first:tt {
        $($name:ident $id:ident $of:ident $second:ident $a:tt $p:tt $e:tt $h:tt $f:tt $c:tt;)+
    })+) => {
        $($(
            #[doc = concat!("The operation `", stringify!($id), "`.")]
            #[derive(Debug)]
            pub enum $name {}

            impl Operation for $name {
                const ROW: &'static Row = &Row {
                    id: stringify!($id),
                    scopes: scopes!($first $second),
                    grants: [grant!($a), grant!($p), grant!($e), grant!($h), grant!($f), grant!($c)],
                };
                type Target = target!($of $kinds);
            }
        )+)+

        /// Every row of this domain, in the contract's order.
        pub(in crate::app) const ROWS: &[&Row] = &[$($($name::ROW),+),+];
    };
}

/// A cell of the table, in the contract's word.
macro_rules! grant {
    (-) => {
        Grant::No
    };
    (any) => {
        Grant::Any
    };
    (own) => {
        Grant::Own
    };
    (others) => {
        Grant::Others
    };
    (kin) => {
        Grant::Kin
    };
    (group) => {
        Grant::Group
    };
    (allowed) => {
        Grant::Allowed
    };
    (inst) => {
        Grant::Inst
    };
}

/// The scopes of a row, of which a token needs one.
macro_rules! scopes {
    ([$($first:ident)+] $second:ident) => {
        &[$(concat!(stringify!($first), ":", stringify!($second))),+]
    };
}

/// What a row's path names.
macro_rules! target {
    (all ($kind:ty $(, $part:ty)?)) => {
        All<$kind>
    };
    (one ($kind:ty $(, $part:ty)?)) => {
        Id<$kind>
    };
    (part ($kind:ty, $part:ty)) => {
        (Id<$kind>, Id<$part>)
    };
    (data ($kind:ty $(, $part:ty)?)) => {
        DataOf<$kind>
    };
    (datum ($kind:ty, $part:ty)) => {
        (DataOf<$kind>, Id<$part>)
    };
    (this ($target:ty)) => {
        $target
    };
}

pub(in crate::app) use {grant, operations, scopes, target};
