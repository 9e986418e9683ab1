//! Which minutes were counted: one that stands in two files counts once. In one file it may stand twice: clocks that are
//! set back show an hour of them again.

use std::collections::HashMap;

use jiff::civil::DateTime;

use crate::app::wearables::moments::number;

/// A day has 1440 minutes.
type Bits = [u64; 23];

/// Which minutes of each day and series were counted.
#[derive(Default)]
pub(super) struct Minutes {
    before: HashMap<(usize, i64), Bits>,
    in_this_file: HashMap<(usize, i64), Bits>,
}

impl Minutes {
    /// Another file begins.
    pub(super) fn begin_file(&mut self) {
        for (day, minutes) in self.in_this_file.drain() {
            let before = self.before.entry(day).or_default();
            before.iter_mut().zip(minutes).for_each(|(before, minutes)| *before |= minutes);
        }
    }

    /// Whether no file before has the minute in this series.
    pub(super) fn is_new(&mut self, series: usize, time: DateTime) -> bool {
        let minute = usize::from(time.hour().unsigned_abs()) * 60 + usize::from(time.minute().unsigned_abs());
        let (day, word, bit) = ((series, number(time.date())), minute / 64, 1 << (minute % 64));
        self.in_this_file.entry(day).or_default()[word] |= bit;
        self.before.get(&day).is_none_or(|minutes| minutes[word] & bit == 0)
    }
}
