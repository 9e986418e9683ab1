//! What is tracked of the made-up school's children: a school year of it, the same at every start.

use jiff::{SignedDuration, Timestamp};

use crate::model::tracking::NewWeight;
use crate::model::{Child, Error, Id, Text};
use crate::store::Tx;

/// The first weight of the first child.
pub const WEIGHT: &str = "019b8d2b8c0001e564656d6f";
/// The body fat that came with it.
pub const BODY_FAT: &str = "019b8d2b8c0001e464656d6f";
/// When it was measured.
pub const MEASURED_AT: &str = "2025-02-03T11:00:00Z";

/// How many children wear something that measures.
const TRACKED: usize = 30;
/// How many weeks a school year has.
const WEEKS: i32 = 44;

/// Fills in what is tracked of the first of these children. The order decides the ids above.
pub(in crate::app) fn fill(tx: &Tx<'_>, children: &[Id<Child>]) -> Result<(), Error> {
    let first: Timestamp = MEASURED_AT.parse().map_err(Error::internal)?;
    for (n, child) in (0_i32..).zip(children.iter().take(TRACKED)) {
        let Some(tracked) = tx.track_child(*child)? else { continue };
        for week in 0..WEEKS {
            let days = SignedDuration::from_hours(24 * 7 * i64::from(week));
            // They grow by about 50 g a week, and the scales are not exact.
            let grams = 24_500 + 900 * (n % 12) + 50 * week + 100 * noise(n, week, 5);
            let timestamp = first.checked_add(days).map_err(Error::internal)?;
            let fat = (week % 4 == 0).then(|| f64::from(180 + 3 * (n % 10) + noise(n, week, 4)) / 10.0);
            let unit = Text::verbatim("kg".to_owned());
            tx.insert_weight(tracked, &NewWeight { timestamp, value: f64::from(grams) / 1000.0, unit, body_fat: fat })?;
        }
    }
    Ok(())
}

/// A number from 0 to less than `bound` that looks random, and is the same each time; 0 at the very first.
fn noise(child: i32, week: i32, bound: i32) -> i32 {
    (child * 7919 + week * 104_729 + child * week * 31).rem_euclid(bound)
}
