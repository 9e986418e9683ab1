//! The words of the domain as types. No I/O, no SQL, no JSON names, no web framework.

mod account;
mod account_fault;
mod clock;
mod date;
mod directory;
mod error;
pub mod hex;
mod id;
mod imports;
mod institution;
mod network;
mod number;
pub mod query;
pub mod rosters;
mod shown;
pub mod text;
pub mod time;
pub mod tracking;
mod unfit;
pub mod wearables;

pub use account::{
    Account, AccountPatch, Credential, Departure, NewAccount, Password, PasswordHash, Role, User, Username,
};
pub use account_fault::{AccountFault, ServiceFault};
pub use clock::Clock;
pub use date::{calendar_date, past_date};
pub use directory::{
    Age, AgeDate, Application, ApplicationPatch, Child, ChildPatch, ChildTies, Educator, Family, FamilyPatch, Gender,
    Group, GroupPatch, HealthProfessional, MAX_CHILDREN, NewApplication, NewChild, NewFamily, NewGroup, NfcTag,
    Professional,
};
pub use error::{Conflict, DateFault, Error, Fault, ImportConflict, Invalid, Limited, Unauthenticated, Unavailable};
pub use id::{Id, Identified};
pub use imports::{Import, Upload};
pub use institution::{Institution, InstitutionFacts, InstitutionPatch};
pub use network::Network;
pub use number::{Given, NumberForm};
pub use shown::{commands_terminal, shown, write_escaped};
pub use text::Text;
pub use time::TimeFault;
pub use unfit::{IntervalFault, Unfit};

/// The kinds of things that have an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A user of any type.
    User,
    /// An institution.
    Institution,
    /// A child.
    Child,
    /// An educator.
    Educator,
    /// A health professional.
    HealthProfessional,
    /// A family.
    Family,
    /// An application.
    Application,
    /// A group of children.
    Group,
    /// A physical activity of a child.
    PhysicalActivity,
    /// A night of a child.
    Sleep,
    /// A weight of a child.
    Weight,
    /// A body fat of a child.
    BodyFat,
    /// The air of a room of an institution.
    Environment,
    /// Files on their way to an import.
    Upload,
    /// An import.
    Import,
}

/// The fields of all objects and bodies; each domain says in its `api` catalogue how they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The object's own id.
    Id,
    /// A user's name.
    Username,
    /// A user's first password.
    Password,
    /// The password that is to be replaced.
    OldPassword,
    /// The password to have from now on.
    NewPassword,
    /// The institution a user belongs to.
    Institution,
    /// When a user last logged in.
    LastLogin,
    /// A child's gender.
    Gender,
    /// A child's age.
    Age,
    /// When a child's age was calculated.
    AgeCalcDate,
    /// When a child's wearable last delivered data.
    LastSync,
    /// Whether a child's wearable is linked.
    FitbitStatus,
    /// A child's NFC tag.
    NfcTag,
    /// Since when a child holds its tag.
    TagAssignedAt,
    /// The children of a family or group.
    Children,
    /// An application's name.
    ApplicationName,
    /// The name of an institution or group.
    Name,
    /// An institution's type.
    Type,
    /// An institution's address.
    Address,
    /// An institution's latitude.
    Latitude,
    /// An institution's longitude.
    Longitude,
    /// A group's class at school.
    SchoolClass,
    /// Of what is tracked.
    Tracking(tracking::Field),
    /// Of a child's account at a wearable service.
    Wearables(wearables::Field),
}

impl From<tracking::Field> for Field {
    fn from(field: tracking::Field) -> Self {
        Self::Tracking(field)
    }
}

impl From<wearables::Field> for Field {
    fn from(field: wearables::Field) -> Self {
        Self::Wearables(field)
    }
}
