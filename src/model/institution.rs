//! The institution that users belong to.

use super::{Id, Identified, Kind, Text};

/// A school or another place that users belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct Institution {
    /// Its id.
    pub id: Id<Institution>,
    /// What it is made of.
    pub facts: InstitutionFacts,
}

/// What is known of an institution; also what is needed to register one.
#[derive(Debug, Clone, PartialEq)]
pub struct InstitutionFacts {
    /// Unique among all institutions.
    pub name: Text,
    /// Any word for what it is, such as "Institute of Scientific Research".
    pub kind: Text,
    /// Where its post goes.
    pub address: Option<Text>,
    /// In degrees, -90 to 90.
    pub latitude: Option<f64>,
    /// In degrees, -180 to 180.
    pub longitude: Option<f64>,
}

/// What an update changes of an institution; absent parts stay as they are.
#[derive(Debug, Clone, Default)]
pub struct InstitutionPatch {
    /// The new name.
    pub name: Option<Text>,
    /// The new type.
    pub kind: Option<Text>,
    /// The new address.
    pub address: Option<Text>,
    /// The new latitude.
    pub latitude: Option<f64>,
    /// The new longitude.
    pub longitude: Option<f64>,
}

impl Identified for Institution {
    const KIND: Kind = Kind::Institution;
}
