//! Who may do what: THE table (contract, section 4), joined from the parts of all domains.

use super::wearables::accounts::policy as accounts;
use super::wearables::policy as of_wearables;
use super::{directory, rosters, tracking, upkeep};

pub use super::access::policy::{All, DataOf, Grant, Operation, Row, Subject, Target};
pub use super::directory::policy::*;
pub use super::rosters::policy::*;
pub use super::tracking::policy::*;
pub use super::upkeep::policy::*;
pub use super::wearables::accounts::policy::*;
pub use super::wearables::policy::*;

/// The domains' parts.
const PARTS: &[&[&Row]] = &[
    directory::policy::ROWS,
    tracking::policy::ROWS,
    accounts::ROWS,
    rosters::policy::ROWS,
    of_wearables::ROWS,
    upkeep::policy::ROWS,
];

/// Every row, in the contract's order.
pub const TABLE: &[&Row] = &joined::<{ joined_length(PARTS) }>(PARTS);

const fn joined_length(parts: &[&[&Row]]) -> usize {
    let (mut length, mut part) = (0, 0);
    while part < parts.len() {
        length += parts[part].len();
        part += 1;
    }
    length
}

/// All rows of the parts, of which there are `N`.
const fn joined<const N: usize>(parts: &[&[&'static Row]]) -> [&'static Row; N] {
    let mut rows = [parts[0][0]; N];
    let (mut next, mut part) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            rows[next] = parts[part][row];
            (next, row) = (next + 1, row + 1);
        }
        part += 1;
    }
    rows
}
