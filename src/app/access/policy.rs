//! Who may do what: THE table (contract, section 4).
//!
//! A row is an operation: what its path names, the scopes of which the token needs one, and what callers of each
//! type may reach. Each row becomes a type that handlers and use cases name; nothing is permitted that has no row.

use std::marker::PhantomData;

use crate::model::{
    Account, Application, Child, Educator, Error, Family, Group, HealthProfessional, Id, Institution, Kind, Role, User,
};

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
    grants: [Grant; 6],
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
    /// What is done: the operation itself, or what two operations of different names have in common.
    type Deed;
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

/// The NFC tag of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagOfChild(pub String);

impl Target for TagOfChild {
    fn subject(&self) -> Subject {
        Subject::Tag(self.0.clone())
    }

    /// A child that is not the caller's is one that does not exist.
    fn refusal() -> Error {
        Error::NotFound(Kind::Child)
    }
}

/// What educators and health professionals have in common: two names, one set of deeds.
pub mod deed {
    /// Registering one.
    pub enum ProfessionalCreate {}
    /// Listing them.
    pub enum ProfessionalList {}
    /// Viewing one.
    pub enum ProfessionalView {}
    /// Changing one.
    pub enum ProfessionalUpdate {}
    /// Making a group.
    pub enum GroupCreate {}
    /// Listing the groups of one.
    pub enum GroupList {}
    /// Viewing a group.
    pub enum GroupView {}
    /// Changing a group.
    pub enum GroupUpdate {}
    /// Deleting a group.
    pub enum GroupDelete {}
}

macro_rules! deed {
    ($name:ident) => {
        $name
    };
    ($name:ident $deed:ident) => {
        deed::$deed
    };
}

macro_rules! operations {
    ($($name:ident $(is $deed:ident)?, $id:literal, $target:ty, [$($scope:literal)+], $($grant:ident)+;)+) => {
        $(
            #[doc = concat!("The operation `", $id, "`.")]
            #[derive(Debug)]
            pub enum $name {}

            impl Operation for $name {
                const ROW: &'static Row =
                    &Row { id: $id, scopes: &[$($scope),+], grants: [$(Grant::$grant),+] };
                type Target = $target;
                type Deed = deed!($name $($deed)?);
            }
        )+

        /// Every row, in the contract's order.
        pub const TABLE: &[&Row] = &[$($name::ROW),+];
    };
}

#[rustfmt::skip]
operations! {
    // operation, id, what the path names, one of these scopes,                           A      P    E    H    F    C
    UserDelete, "user_delete", Id<Account>, ["users:delete"],                             Others No   No   No   No   No;
    PasswordChange, "password_change", Id<Account>, ["applications:update" "children:update" "educators:update"
        "families:update" "healthprofessionals:update"],                                  Own    No   Own  Own  Own  No;
    PasswordReset, "password_reset", Id<Account>, ["users:resetPassword"],                Any    No   No   No   No   No;

    InstitutionCreate, "institution_create", All<Institution>, ["institutions:create"],   Any    No   No   No   No   No;
    InstitutionList, "institution_list", All<Institution>, ["institutions:readAll"],      Any    Any  Any  Any  No   No;
    InstitutionView, "institution_view", Id<Institution>, ["institutions:read"],          Any    Any  Any  Any  Inst Inst;
    InstitutionUpdate, "institution_update", Id<Institution>, ["institutions:update"],    Any    No   Inst Inst No   No;
    InstitutionDelete, "institution_delete", Id<Institution>, ["institutions:delete"],    Any    No   No   No   No   No;

    ChildCreate, "child_create", All<Child>, ["children:create"],                         Any    No   No   No   No   No;
    ChildList, "child_list", All<Child>, ["children:readAll"],                            Any    No   Any  Any  No   No;
    ChildView, "child_view", Id<Child>, ["children:read"],                                Any    No   Any  Any  Kin  Own;
    ChildUpdate, "child_update", Id<Child>, ["children:update"],                          Any    No   No   No   No   No;
    ChildViewByTag, "child_view_by_tag", TagOfChild, ["children:read"],                   Any    No   Any  Any  Kin  Own;
    ChildTagSet, "child_tag_set", Id<Child>, ["children:update"],                         Any    No   No   No   No   No;
    ChildTagClear, "child_tag_clear", Id<Child>, ["children:update"],                     Any    No   No   No   No   No;

    EducatorCreate is ProfessionalCreate, "educator_create", All<Educator>, ["educators:create"],Any    No   No   No   No   No;
    EducatorList is ProfessionalList, "educator_list", All<Educator>, ["educators:readAll"],Any    No   No   No   No   No;
    EducatorView is ProfessionalView, "educator_view", Id<Educator>, ["educators:read"],  Any    No   Own  No   No   No;
    EducatorUpdate is ProfessionalUpdate, "educator_update", Id<Educator>, ["educators:update"],Any    No   Own  No   No   No;
    EducatorGroupCreate is GroupCreate, "educator_group_create", Id<Educator>, ["childrengroups:create"],No     No   Own  No   No   No;
    EducatorGroupList is GroupList, "educator_group_list", Id<Educator>, ["childrengroups:read"],No     No   Own  No   No   No;
    EducatorGroupView is GroupView, "educator_group_view", (Id<Educator>, Id<Group>), ["childrengroups:read"],No     No   Own  No   No   No;
    EducatorGroupUpdate is GroupUpdate, "educator_group_update", (Id<Educator>, Id<Group>), ["childrengroups:update"],No     No   Own  No   No   No;
    EducatorGroupDelete is GroupDelete, "educator_group_delete", (Id<Educator>, Id<Group>), ["childrengroups:delete"],No     No   Own  No   No   No;

    HealthProfessionalCreate is ProfessionalCreate, "healthprofessional_create", All<HealthProfessional>, ["healthprofessionals:create"],Any    No   No   No   No   No;
    HealthProfessionalList is ProfessionalList, "healthprofessional_list", All<HealthProfessional>, ["healthprofessionals:readAll"],Any    No   No   No   No   No;
    HealthProfessionalView is ProfessionalView, "healthprofessional_view", Id<HealthProfessional>, ["healthprofessionals:read"],Any    No   No   Own  No   No;
    HealthProfessionalUpdate is ProfessionalUpdate, "healthprofessional_update", Id<HealthProfessional>, ["healthprofessionals:update"],Any    No   No   Own  No   No;
    HealthProfessionalGroupCreate is GroupCreate, "healthprofessional_group_create", Id<HealthProfessional>, ["childrengroups:create"],No     No   No   Own  No   No;
    HealthProfessionalGroupList is GroupList, "healthprofessional_group_list", Id<HealthProfessional>, ["childrengroups:read"],No     No   No   Own  No   No;
    HealthProfessionalGroupView is GroupView, "healthprofessional_group_view", (Id<HealthProfessional>, Id<Group>), ["childrengroups:read"],No     No   No   Own  No   No;
    HealthProfessionalGroupUpdate is GroupUpdate, "healthprofessional_group_update", (Id<HealthProfessional>, Id<Group>), ["childrengroups:update"],No     No   No   Own  No   No;
    HealthProfessionalGroupDelete is GroupDelete, "healthprofessional_group_delete", (Id<HealthProfessional>, Id<Group>), ["childrengroups:delete"],No     No   No   Own  No   No;

    FamilyCreate, "family_create", All<Family>, ["families:create"],                      Any    No   No   No   No   No;
    FamilyList, "family_list", All<Family>, ["families:readAll"],                         Any    No   No   No   No   No;
    FamilyView, "family_view", Id<Family>, ["families:read"],                             Any    No   No   No   Own  No;
    FamilyUpdate, "family_update", Id<Family>, ["families:update"],                       Any    No   No   No   Own  No;
    FamilyChildList, "family_child_list", Id<Family>, ["families:read"],                  Any    No   No   No   Own  No;
    FamilyChildAdd, "family_child_add", (Id<Family>, Id<Child>), ["families:create"],     Any    No   No   No   No   No;
    FamilyChildRemove, "family_child_remove", (Id<Family>, Id<Child>), ["families:delete"],Any    No   No   No   No   No;

    ApplicationCreate, "application_create", All<Application>, ["applications:create"],   Any    No   No   No   No   No;
    ApplicationList, "application_list", All<Application>, ["applications:readAll"],      Any    No   No   No   No   No;
    ApplicationView, "application_view", Id<Application>, ["applications:read"],          Any    Own  No   No   No   No;
    ApplicationUpdate, "application_update", Id<Application>, ["applications:update"],    Any    No   No   No   No   No;
}
