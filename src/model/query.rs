//! What somebody asks of a list: which items, in which order, which page (contract, section 7).

use jiff::Timestamp;

use super::{Field, Id, Institution};

/// A question to a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// All of them must match.
    pub filters: Vec<Filter>,
    /// Which users, of a list of such.
    pub presence: Presence,
    /// Users of one of these institutions only; all such lists must match.
    pub institutions: Vec<Vec<Id<Institution>>>,
    /// Created at this instant or later.
    pub created_from: Option<Timestamp>,
    /// Created before this instant.
    pub created_before: Option<Timestamp>,
    /// The most important key first; none: the list's own order.
    pub sort: Vec<SortKey>,
    /// Which part of the answer.
    pub page: Page,
}

/// Which users a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Presence {
    /// Those who are active.
    #[default]
    Active,
    /// Those who are deactivated, too.
    All,
    /// Those who are deactivated.
    Deactivated,
}

/// A condition on one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The field; `None` when no object of the service has it: then nothing matches.
    pub field: Option<Field>,
    /// One of them must match.
    pub any_of: Vec<Test>,
}

/// What is asked of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The same text; case counts for some fields only.
    Equal(String),
    /// Starts with, ignoring case and accents.
    StartsWith(String),
    /// Ends with, ignoring case and accents.
    EndsWith(String),
    /// Contains, ignoring case and accents.
    Contains(String),
    /// Compares, as numbers when both are numbers, as text when neither is.
    Compare(Comparison, String),
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `gt:`
    Greater,
    /// `gte:`
    GreaterOrEqual,
    /// `lt:`
    Less,
    /// `lte:`
    LessOrEqual,
    /// `ne:`
    NotEqual,
}

/// One key of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// The field to compare.
    pub field: Field,
    /// Which end comes first.
    pub direction: Direction,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest.
    Ascending,
    /// The largest.
    Descending,
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Counts from 1.
    pub number: u64,
    /// The most items on it.
    pub limit: u32,
}

impl Page {
    /// The limit when none is given.
    pub const DEFAULT_LIMIT: u32 = 100;
    /// The largest limit of a list of plain objects.
    pub const MAX_LIMIT: u32 = 10_000;
    /// The largest limit of a list whose objects hold other objects.
    pub const MAX_LIMIT_NESTED: u32 = 1_000;

    /// How many items stand before this page.
    #[must_use]
    pub fn offset(self) -> u64 {
        (self.number - 1).saturating_mul(u64::from(self.limit))
    }
}

impl Default for Page {
    fn default() -> Self {
        Self { number: 1, limit: Self::DEFAULT_LIMIT }
    }
}

/// A page of a list, and how many items match on all pages together.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// How many items match.
    pub total: u64,
}

impl Comparison {
    /// Whether two values that compare like this satisfy it; values that do not compare never do.
    #[must_use]
    pub fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        order.is_some_and(|order| match self {
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::NotEqual => order.is_ne(),
        })
    }
}
