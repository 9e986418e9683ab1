//! Nights of children.

use jiff::Timestamp;

use super::Period;
use crate::model::{Child, Id, Identified, Kind};

/// A night of a child. Unique by its start, to the millisecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sleep {
    /// Its id.
    pub id: Id<Sleep>,
    /// Whose it is.
    pub child: Id<Child>,
    /// How the child slept.
    pub facts: SleepFacts,
}

impl Identified for Sleep {
    const KIND: Kind = Kind::Sleep;
}

/// What is known of a night; also what is needed to store one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SleepFacts {
    /// When, and how long.
    pub period: Period,
    /// Which phases were told apart.
    pub kind: SleepType,
    /// The phases, in the order given: one at least, and [`MAX_ENTRIES`] at most. They may overlap, or lie outside the
    /// night.
    pub data_set: Vec<SleepEntry>,
}

/// The most entries of one night.
pub const MAX_ENTRIES: usize = 5000;

/// A part of a night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SleepEntry {
    /// When it began.
    pub start: Timestamp,
    /// Which of those that the night's type tells apart.
    pub phase: SleepPhase,
    /// In milliseconds.
    pub duration: u64,
}

/// Which phases a watch tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SleepType {
    /// By movement alone.
    Classic,
    /// By the heart's beat, too.
    Stages,
}

impl SleepType {
    /// The phases of this type.
    #[must_use]
    pub fn phases(self) -> &'static [SleepPhase] {
        match self {
            Self::Classic => &[SleepPhase::Asleep, SleepPhase::Restless, SleepPhase::Awake],
            Self::Stages => &[SleepPhase::Deep, SleepPhase::Light, SleepPhase::Rem, SleepPhase::Awake],
        }
    }
}

/// How somebody sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SleepPhase {
    /// Somehow.
    Asleep,
    /// Moving.
    Restless,
    /// Deeply.
    Deep,
    /// Not deeply.
    Light,
    /// Dreaming.
    Rem,
    /// Not at all.
    Awake,
}

/// How often a phase came in a night, and how long it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PhaseSummary {
    /// How many entries.
    pub count: u64,
    /// All their durations, in milliseconds. More than any one may take.
    pub duration: u128,
}

impl SleepFacts {
    /// How long the child was asleep, in milliseconds, however deeply.
    #[must_use]
    pub fn asleep(&self) -> u128 {
        let asleep = [SleepPhase::Asleep, SleepPhase::Deep, SleepPhase::Light, SleepPhase::Rem];
        asleep.into_iter().filter_map(|phase| self.summary(phase)).map(|summary| summary.duration).sum()
    }

    /// What there was of a phase; `None` if the night's type does not know it.
    #[must_use]
    pub fn summary(&self, phase: SleepPhase) -> Option<PhaseSummary> {
        self.kind.phases().contains(&phase).then(|| {
            let entries = self.data_set.iter().filter(|entry| entry.phase == phase);
            entries.fold(PhaseSummary::default(), |sum, entry| PhaseSummary {
                count: sum.count + 1,
                duration: sum.duration + u128::from(entry.duration),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_every_phase_of_its_type_and_no_other() {
        let entry = |phase, duration| SleepEntry { start: Timestamp::UNIX_EPOCH, phase, duration };
        let facts = SleepFacts {
            period: Period { start: Timestamp::UNIX_EPOCH, duration: 1 },
            kind: SleepType::Stages,
            data_set: vec![
                entry(SleepPhase::Deep, 7),
                entry(SleepPhase::Awake, 0),
                entry(SleepPhase::Deep, u64::MAX),
                entry(SleepPhase::Rem, 1),
            ],
        };
        let summary = |phase| facts.summary(phase).map(|summary| (summary.count, summary.duration));
        assert_eq!(summary(SleepPhase::Deep), Some((2, u128::from(u64::MAX) + 7)));
        assert_eq!(summary(SleepPhase::Rem), Some((1, 1)));
        assert_eq!((summary(SleepPhase::Awake), summary(SleepPhase::Light)), (Some((1, 0)), Some((0, 0))));
        assert_eq!((summary(SleepPhase::Asleep), summary(SleepPhase::Restless)), (None, None));
        assert_eq!(facts.asleep(), u128::from(u64::MAX) + 8, "awake is not asleep");
    }
}
