//! The entries of a night, two or three bytes each: watches count whole seconds, and an entry begins where the one
//! before has ended.
//!
//! Each is a head, whose bits are, from the lowest on: two for the phase's place among those of its type; one that says
//! that it begins where the one before ended, or the first where the night began; one that says that its times are
//! seconds, and not milliseconds; and its duration. If it begins elsewhere, how much later follows, with the sign in
//! the lowest bit.

use jiff::Timestamp;
use rusqlite::types::{FromSqlError, FromSqlResult};

use super::packed::{Packer, Unpacker};
use crate::model::tracking::{SleepEntry, SleepFacts, SleepType};

/// The only form yet.
const FORM: u8 = 1;

const PHASE: u64 = 0b11;
const FOLLOWS: u64 = 0b100;
const SECONDS: u64 = 0b1000;
/// How many bits stand below the duration.
const FLAGS: u32 = 4;

pub(super) fn pack(facts: &SleepFacts) -> Vec<u8> {
    let mut packer = Packer::new(FORM);
    let mut expected = facts.period.start.as_millisecond();
    for entry in &facts.data_set {
        let start = entry.start.as_millisecond();
        let later = start.wrapping_sub(expected);
        expected = start.wrapping_add_unsigned(entry.duration);
        let phase = facts.kind.phases().iter().position(|phase| *phase == entry.phase).unwrap_or_default() as u64;
        let follows = if later == 0 { FOLLOWS } else { 0 };
        let (unit, seconds) = if later % 1000 == 0 && entry.duration % 1000 == 0 { (1000, SECONDS) } else { (1, 0) };
        packer.put((entry.duration / unit) << FLAGS | seconds | follows | phase);
        if later != 0 {
            let later = later / unit.cast_signed();
            packer.put(((later << 1) ^ (later >> 63)).cast_unsigned());
        }
    }
    packer.finish()
}

/// The entries of a night that began then, of this type.
pub(super) fn unpack(blob: &[u8], start: Timestamp, kind: SleepType) -> FromSqlResult<Vec<SleepEntry>> {
    let mut numbers = Unpacker::new(blob, FORM)?;
    let mut entries = Vec::new();
    let mut expected = start.as_millisecond();
    while !numbers.is_over() {
        let head = numbers.take()?;
        let unit = if head & SECONDS != 0 { 1000 } else { 1 };
        let duration = (head >> FLAGS).checked_mul(unit).ok_or(FromSqlError::InvalidType)?;
        let later = if head & FOLLOWS != 0 { 0 } else { numbers.take()? };
        let later = (later >> 1).cast_signed() ^ -((later & 1).cast_signed());
        let start = expected.wrapping_add(later.wrapping_mul(unit.cast_signed()));
        expected = start.wrapping_add_unsigned(duration);
        let start = Timestamp::from_millisecond(start).map_err(|_| FromSqlError::OutOfRange(start))?;
        let place = usize::try_from(head & PHASE).ok();
        let phase = place.and_then(|place| kind.phases().get(place)).ok_or(FromSqlError::InvalidType)?;
        entries.push(SleepEntry { start, phase: *phase, duration });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::tracking::Period;

    /// Entries of a night, each a place in the list of phases, how much later it begins than the one before has ended,
    /// and how long it takes.
    fn night(kind: SleepType, start: i64, entries: &[(usize, i64, u64)]) -> SleepFacts {
        let mut expected = start;
        let entry = |(place, later, duration): &(usize, i64, u64)| {
            let start = (expected + later).clamp(-9_000_000_000_000, 9_000_000_000_000);
            expected = start + i64::try_from(*duration).unwrap();
            let phase = kind.phases()[place % kind.phases().len()];
            SleepEntry { start: Timestamp::from_millisecond(start).unwrap(), phase, duration: *duration }
        };
        let data_set = entries.iter().map(entry).collect();
        let start = Timestamp::from_millisecond(start).unwrap();
        SleepFacts { period: Period { start, duration: 1 }, kind, data_set }
    }

    proptest! {
        #[test]
        fn any_entries_come_back(
            stages in any::<bool>(),
            start in -9_000_000_000_000..9_000_000_000_000_i64,
            entries in proptest::collection::vec(
                (
                    0..4_usize,
                    prop_oneof![Just(0), -100_000..100_000_i64, (-100..100_i64).prop_map(|s| s * 1000), any::<i32>().prop_map(i64::from)],
                    prop_oneof![0..9_007_199_254_740_992_u64, (0..7200_u64).prop_map(|s| s * 1000), Just(9_007_199_254_740_991)],
                ),
                0..50,
            ),
        ) {
            let facts = night(if stages { SleepType::Stages } else { SleepType::Classic }, start, &entries);
            prop_assert_eq!(unpack(&pack(&facts), facts.period.start, facts.kind).unwrap(), facts.data_set);
        }

        #[test]
        fn no_blob_is_a_panic(blob in proptest::collection::vec(any::<u8>(), 0..60), start in any::<i32>()) {
            let start = Timestamp::from_millisecond(start.into()).unwrap();
            for kind in [SleepType::Classic, SleepType::Stages] {
                let _ = unpack(&blob, start, kind);
                let _ = unpack(&[&[FORM], blob.as_slice()].concat(), start, kind);
            }
        }
    }

    #[test]
    fn an_entry_that_follows_in_whole_seconds_takes_two_bytes() {
        let facts = night(SleepType::Stages, 1_534_556_430_000, &[(0, 0, 60_000), (1, 0, 990_000), (3, 0, 30_000)]);
        assert_eq!(pack(&facts).len(), 1 + 3 * 2);
        let apart = night(SleepType::Stages, 1_534_556_430_000, &[(0, 60_000, 60_000)]);
        assert_eq!(pack(&apart).len(), 1 + 2 + 1);
    }

    #[test]
    fn what_is_no_night_is_an_error() {
        let start = Timestamp::UNIX_EPOCH;
        for blob in [&[][..], &[0], &[2, 12], &[FORM, 0x80], &[FORM, 8], &[FORM, 0b111 | SECONDS as u8]] {
            assert!(unpack(blob, start, SleepType::Classic).is_err(), "{blob:?}");
        }
    }
}
