//! The directory: the types of users beyond what they share, and groups of children.

mod age;

use jiff::Timestamp;

use crate::model::{Account, AccountPatch, Id, Identified, Kind, NewAccount, Role, Text, User};

pub use age::{Age, AgeDate};

/// As the contract's two words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// `male`.
    Male,
    /// `female`.
    Female,
}

/// A child.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// What it shares with other users.
    pub account: Account,
    /// Its gender.
    pub gender: Gender,
    /// Its age or date of birth, as it was given.
    pub age: Age,
    /// The day on which the age was calculated.
    pub age_calc_date: Option<AgeDate>,
    /// When a wearable last delivered data.
    pub last_sync: Option<Timestamp>,
    /// Whether the wearable's account is linked; `none` at the start.
    pub fitbit_status: String,
    /// The tag it identifies itself with.
    pub tag: Option<NfcTag>,
}

/// Since when a child is registered, and where it is a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildTies {
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The families that it is in.
    pub families: Vec<Id<Family>>,
    /// The groups that it is in, and who owns each.
    pub groups: Vec<(Id<Group>, Id<Account>)>,
}

impl Identified for Child {
    const KIND: Kind = Kind::Child;
}
impl User for Child {
    const ROLE: Role = Role::Child;
}

/// An NFC tag that a child holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NfcTag {
    /// What is written on it.
    pub text: Text,
    /// Since when the child holds it.
    pub assigned_at: Timestamp,
}

/// What is needed to register a child.
#[derive(Debug, Clone)]
pub struct NewChild {
    /// What every user needs.
    pub account: NewAccount,
    /// Its gender.
    pub gender: Gender,
    /// Its age.
    pub age: Age,
    /// The day on which the age was calculated.
    pub age_calc_date: Option<AgeDate>,
}

/// What an update changes of a child; absent parts stay as they are.
#[derive(Debug, Clone, Default)]
pub struct ChildPatch {
    /// The changes that every user knows.
    pub account: AccountPatch,
    /// The new gender.
    pub gender: Option<Gender>,
    /// The new age.
    pub age: Option<Age>,
    /// The new day on which the age was calculated.
    pub age_calc_date: Option<AgeDate>,
}

/// An educator or a health professional; the account's role says which.
#[derive(Debug, Clone, PartialEq)]
pub struct Professional {
    /// What they share with other users.
    pub account: Account,
    /// Their groups, newest first.
    pub groups: Vec<Group>,
}

/// Marks ids of educators.
#[derive(Debug, Clone, Copy)]
pub enum Educator {}

impl Identified for Educator {
    const KIND: Kind = Kind::Educator;
}
impl User for Educator {
    const ROLE: Role = Role::Educator;
}

/// Marks ids of health professionals.
#[derive(Debug, Clone, Copy)]
pub enum HealthProfessional {}

impl Identified for HealthProfessional {
    const KIND: Kind = Kind::HealthProfessional;
}
impl User for HealthProfessional {
    const ROLE: Role = Role::HealthProfessional;
}

/// Children that an educator or a health professional keeps together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: Id<Group>,
    /// Unique among its owner's groups.
    pub name: Text,
    /// The class at school.
    pub school_class: Option<Text>,
    /// Its children, in stored order.
    pub children: Vec<Child>,
}

impl Identified for Group {
    const KIND: Kind = Kind::Group;
}

impl Group {
    /// The most groups that one owner may have.
    pub const MAX_PER_OWNER: usize = 200;
    /// The most children that all groups of one owner may hold together; one in two groups counts twice.
    pub const MAX_MEMBERS_PER_OWNER: usize = 10_000;
}

/// What is needed to make a group.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Its name.
    pub name: Text,
    /// The class at school.
    pub school_class: Option<Text>,
    /// Its children, each once, in the order to keep.
    pub children: Vec<Id<Child>>,
}

/// What an update changes of a group; absent parts stay as they are.
#[derive(Debug, Clone, Default)]
pub struct GroupPatch {
    /// The new name.
    pub name: Option<Text>,
    /// The new class at school.
    pub school_class: Option<Text>,
    /// The new list of children, in place of the old one.
    pub children: Option<Vec<Id<Child>>>,
}

/// A family.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// What it shares with other users.
    pub account: Account,
    /// Its children, in stored order.
    pub children: Vec<Child>,
}

impl Identified for Family {
    const KIND: Kind = Kind::Family;
}
impl User for Family {
    const ROLE: Role = Role::Family;
}

/// What is needed to register a family.
#[derive(Debug, Clone)]
pub struct NewFamily {
    /// What every user needs.
    pub account: NewAccount,
    /// Its children, each once, in the order to keep.
    pub children: Vec<Id<Child>>,
}

/// What an update changes of a family; absent parts stay as they are.
#[derive(Debug, Clone, Default)]
pub struct FamilyPatch {
    /// The changes that every user knows.
    pub account: AccountPatch,
    /// The new list of children, in place of the old one.
    pub children: Option<Vec<Id<Child>>>,
}

/// The most children that one family or group may be given.
pub const MAX_CHILDREN: usize = 1000;

/// A program that has an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    /// What it shares with other users.
    pub account: Account,
    /// What people call it.
    pub name: Text,
}

impl Identified for Application {
    const KIND: Kind = Kind::Application;
}
impl User for Application {
    const ROLE: Role = Role::Application;
}

/// What is needed to register an application.
#[derive(Debug, Clone)]
pub struct NewApplication {
    /// What every user needs.
    pub account: NewAccount,
    /// What people call it.
    pub name: Text,
}

/// What an update changes of an application; absent parts stay as they are.
#[derive(Debug, Clone, Default)]
pub struct ApplicationPatch {
    /// The changes that every user knows.
    pub account: AccountPatch,
    /// The new name.
    pub name: Option<Text>,
}
