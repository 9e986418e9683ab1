//! Rosters: what a school hands over as lists, a sheet for each kind of thing, a row for each thing.

use std::collections::BTreeMap;

use super::{Kind, Role};

/// Marks ids of what a row is about, whichever sheet it stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {}

/// A sheet: all things of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sheet {
    /// Institutions.
    Institutions,
    /// Administrators: on no sheet of a school, only in a dump of the old platform.
    Administrators,
    /// Children.
    Children,
    /// Educators.
    Educators,
    /// Health professionals.
    HealthProfessionals,
    /// Applications.
    Applications,
    /// Families.
    Families,
    /// Groups of children.
    Groups,
}

impl Sheet {
    /// Every sheet that a school hands over.
    pub const ALL: [Sheet; 7] = [
        Sheet::Institutions,
        Sheet::Children,
        Sheet::Educators,
        Sheet::HealthProfessionals,
        Sheet::Applications,
        Sheet::Families,
        Sheet::Groups,
    ];
    /// All of these and administrators. What a row refers to stands on a sheet before its own.
    pub const WITH_ADMINISTRATORS: [Sheet; 8] = [
        Sheet::Institutions,
        Sheet::Administrators,
        Sheet::Children,
        Sheet::Educators,
        Sheet::HealthProfessionals,
        Sheet::Applications,
        Sheet::Families,
        Sheet::Groups,
    ];

    /// The sheet's name, as that of its file without the ending.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Sheet::Institutions => "institutions",
            Sheet::Administrators => "administrators",
            Sheet::Children => "children",
            Sheet::Educators => "educators",
            Sheet::HealthProfessionals => "healthprofessionals",
            Sheet::Applications => "applications",
            Sheet::Families => "families",
            Sheet::Groups => "groups",
        }
    }

    /// The sheet of this name, of those that a school hands over.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sheet| sheet.word() == word)
    }

    /// What one row is about, in a sentence.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Sheet::Institutions => "institution",
            Sheet::Administrators => "administrator",
            Sheet::Children => "child",
            Sheet::Educators => "educator",
            Sheet::HealthProfessionals => "health professional",
            Sheet::Applications => "application",
            Sheet::Families => "family",
            Sheet::Groups => "group",
        }
    }

    /// What errors call what a row is about.
    #[must_use]
    pub fn kind(self) -> Kind {
        match (self.role(), self) {
            (Some(role), _) => role.kind(),
            (None, Sheet::Groups) => Kind::Group,
            (None, _) => Kind::Institution,
        }
    }

    /// The type of the users whose rows these are; none of institutions and groups.
    #[must_use]
    pub fn role(self) -> Option<Role> {
        match self {
            Sheet::Administrators => Some(Role::Admin),
            Sheet::Children => Some(Role::Child),
            Sheet::Educators => Some(Role::Educator),
            Sheet::HealthProfessionals => Some(Role::HealthProfessional),
            Sheet::Applications => Some(Role::Application),
            Sheet::Families => Some(Role::Family),
            Sheet::Institutions | Sheet::Groups => None,
        }
    }

    /// The columns, in the order in which they are written.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        use Column::{
            Address, Age, AgeCalcDate, ApplicationName, Children, Gender, Id, Institution, Latitude, Longitude, Name,
            NfcTag, Owner, Password, SchoolClass, SourcedId, Type, Username,
        };
        match self {
            Sheet::Institutions => &[Id, SourcedId, Name, Type, Address, Latitude, Longitude],
            Sheet::Children => &[Id, SourcedId, Username, Password, Institution, Gender, Age, AgeCalcDate, NfcTag],
            Sheet::Administrators | Sheet::Educators | Sheet::HealthProfessionals => {
                &[Id, SourcedId, Username, Password, Institution]
            }
            Sheet::Applications => &[Id, SourcedId, Username, Password, Institution, ApplicationName],
            Sheet::Families => &[Id, SourcedId, Username, Password, Institution, Children],
            Sheet::Groups => &[Id, SourcedId, Owner, Name, SchoolClass, Children],
        }
    }

    /// What a new thing cannot do without, beside a password.
    #[must_use]
    pub fn required(self) -> &'static [Column] {
        use Column::{Age, ApplicationName, Children, Gender, Institution, Name, Owner, Type, Username};
        match self {
            Sheet::Institutions => &[Name, Type],
            Sheet::Children => &[Username, Institution, Gender, Age],
            Sheet::Administrators => &[Username],
            Sheet::Educators | Sheet::HealthProfessionals => &[Username, Institution],
            Sheet::Applications => &[Username, ApplicationName],
            Sheet::Families => &[Username, Institution, Children],
            Sheet::Groups => &[Owner, Name, Children],
        }
    }

    /// The column that tells the things of a sheet apart for people; of groups, those of one owner.
    #[must_use]
    pub fn naming(self) -> Column {
        if self.role().is_some() { Column::Username } else { Column::Name }
    }
}

/// Whether those who left are on a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// They are not.
    Out,
    /// They are.
    In,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The thing's own id.
    Id,
    /// What another program of the school knows the thing by.
    SourcedId,
    /// A user's name.
    Username,
    /// A new user's first password; never written.
    Password,
    /// The institution a user belongs to.
    Institution,
    /// A child's gender.
    Gender,
    /// A child's age.
    Age,
    /// When that was calculated.
    AgeCalcDate,
    /// A child's NFC tag.
    NfcTag,
    /// Since when the child holds it, in milliseconds since 1970: on no sheet, for putting it back.
    TagTime,
    /// When the thing was made, in the same way: on no sheet.
    CreatedAt,
    /// When a user logged in last, in the same way: on no sheet.
    LastLogin,
    /// When a child's wearable was asked last, in the same way: on no sheet.
    LastSync,
    /// Since when a user is deactivated, in milliseconds since 1970: on no sheet.
    DeactivatedAt,
    /// When it is to be deleted, likewise: on no sheet.
    EraseAt,
    /// Whether an import deactivated it: on no sheet.
    ByImport,
    /// That a group is no more: on no sheet, for bringing it back.
    Removed,
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
    /// The educator or health professional whose group it is.
    Owner,
}

impl Column {
    /// Every column.
    pub const ALL: [Column; 26] = [
        Column::Id,
        Column::SourcedId,
        Column::Username,
        Column::Password,
        Column::Institution,
        Column::Gender,
        Column::Age,
        Column::AgeCalcDate,
        Column::NfcTag,
        Column::TagTime,
        Column::CreatedAt,
        Column::LastLogin,
        Column::LastSync,
        Column::DeactivatedAt,
        Column::EraseAt,
        Column::ByImport,
        Column::Removed,
        Column::Children,
        Column::ApplicationName,
        Column::Name,
        Column::Type,
        Column::Address,
        Column::Latitude,
        Column::Longitude,
        Column::SchoolClass,
        Column::Owner,
    ];

    /// The column's header: the API's name of the field, where it has one.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Column::Id => "id",
            Column::SourcedId => "sourced_id",
            Column::Username => "username",
            Column::Password => "password",
            Column::Institution => "institution_id",
            Column::Gender => "gender",
            Column::Age => "age",
            Column::AgeCalcDate => "age_calc_date",
            Column::NfcTag => "nfc_tag",
            Column::TagTime => "tag_ass_time",
            Column::CreatedAt => "created_at",
            Column::LastLogin => "last_login",
            Column::LastSync => "last_sync",
            Column::DeactivatedAt => "deactivated_at",
            Column::EraseAt => "erase_at",
            Column::ByImport => "by_import",
            Column::Removed => "removed",
            Column::Children => "children",
            Column::ApplicationName => "application_name",
            Column::Name => "name",
            Column::Type => "type",
            Column::Address => "address",
            Column::Latitude => "latitude",
            Column::Longitude => "longitude",
            Column::SchoolClass => "school_class",
            Column::Owner => "owner",
        }
    }

    /// The column of this header.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.word() == word)
    }

    /// Whether a thing gets it when it is made, and no sheet shows it afterwards.
    #[must_use]
    pub fn is_past(self) -> bool {
        matches!(self, Column::Id | Column::CreatedAt | Column::LastLogin | Column::LastSync)
    }

    /// Whether it tells that and how somebody left.
    #[must_use]
    pub fn is_of_leaving(self) -> bool {
        matches!(self, Column::DeactivatedAt | Column::EraseAt | Column::ByImport)
    }

    /// Whether it names other things.
    #[must_use]
    pub fn refers(self) -> bool {
        matches!(self, Column::Institution | Column::Owner | Column::Children)
    }
}

/// What is known of one thing, by column; what it does not have is absent. Ids are 24 hex digits, several of them with
/// blanks between.
pub type SheetRow = BTreeMap<Column, String>;
