//! What the domains tell of themselves, joined.

use super::document::parts::Part;
use super::{access, directory, rosters, tracking, upkeep, wearables};

/// A part per domain.
pub(in crate::api) const PARTS: &[Part] = &[
    access::catalogue::PART,
    directory::catalogue::PART,
    tracking::catalogue::PART,
    wearables::fitbit::catalogue::PART,
    rosters::catalogue::PART,
    wearables::catalogue::PART,
    upkeep::catalogue::PART,
];
