//! Nights, as clients see and send them.

use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};
use serde::Serialize;

use crate::api::http::schema::IdText;
use crate::api::tracking::shapes::{GivenPositive, GivenTime, GivenWhole, Number, Second};
use crate::app::demo;
use crate::model::tracking::{PhaseSummary, Sleep, SleepEntry, SleepFacts, SleepPhase, SleepType};

/// Which phases a watch tells apart: `asleep`, `restless` and `awake`, or `deep`, `light`, `rem` and `awake`.
#[derive(Debug, Clone, Copy, Enum, Serialize)]
#[oai(rename = "SleepType", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub(super) enum TypeBody {
    /// By movement alone.
    Classic,
    /// By the heart's beat, too.
    Stages,
}

impl From<SleepType> for TypeBody {
    fn from(kind: SleepType) -> Self {
        match kind {
            SleepType::Classic => Self::Classic,
            SleepType::Stages => Self::Stages,
        }
    }
}

/// How somebody sleeps.
#[derive(Debug, Clone, Copy, Enum, Serialize)]
#[oai(rename = "SleepPhase", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub(super) enum PhaseBody {
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

impl From<SleepPhase> for PhaseBody {
    fn from(phase: SleepPhase) -> Self {
        match phase {
            SleepPhase::Asleep => Self::Asleep,
            SleepPhase::Restless => Self::Restless,
            SleepPhase::Deep => Self::Deep,
            SleepPhase::Light => Self::Light,
            SleepPhase::Rem => Self::Rem,
            SleepPhase::Awake => Self::Awake,
        }
    }
}

/// A part of a night.
#[derive(Object, Serialize)]
#[oai(rename = "SleepEntry")]
pub(super) struct EntryBody {
    /// When it began, in UTC, cut to whole seconds.
    start_time: Second,
    /// How the child slept: a phase of the night's type.
    name: PhaseBody,
    /// In milliseconds.
    duration: u64,
}

impl From<SleepEntry> for EntryBody {
    fn from(entry: SleepEntry) -> Self {
        Self { start_time: Second(entry.start), name: entry.phase.into(), duration: entry.duration }
    }
}

/// What there was of a phase.
#[derive(Object, Serialize)]
#[oai(rename = "SleepPhaseSummary")]
pub(super) struct PhaseSummaryBody {
    /// How many entries.
    count: u64,
    /// All their durations, in milliseconds.
    duration: Number,
}

impl From<PhaseSummary> for PhaseSummaryBody {
    fn from(summary: PhaseSummary) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "all numbers are doubles to clients")]
        let duration = Number(summary.duration as f64);
        Self { count: summary.count, duration }
    }
}

/// What there was of each phase of the night's type.
#[derive(Object, Serialize)]
#[oai(rename = "SleepSummary", skip_serializing_if_is_none)]
pub(super) struct SummaryBody {
    /// Of `stages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    deep: Option<PhaseSummaryBody>,
    /// Of `stages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    light: Option<PhaseSummaryBody>,
    /// Of `stages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    rem: Option<PhaseSummaryBody>,
    /// Of both.
    #[serde(skip_serializing_if = "Option::is_none")]
    awake: Option<PhaseSummaryBody>,
    /// Of `classic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    asleep: Option<PhaseSummaryBody>,
    /// Of `classic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    restless: Option<PhaseSummaryBody>,
}

impl From<&SleepFacts> for SummaryBody {
    fn from(facts: &SleepFacts) -> Self {
        let of = |phase| facts.summary(phase).map(PhaseSummaryBody::from);
        Self {
            deep: of(SleepPhase::Deep),
            light: of(SleepPhase::Light),
            rem: of(SleepPhase::Rem),
            awake: of(SleepPhase::Awake),
            asleep: of(SleepPhase::Asleep),
            restless: of(SleepPhase::Restless),
        }
    }
}

/// How a night went.
#[derive(Object, Serialize)]
#[oai(rename = "SleepPattern")]
pub(super) struct PatternBody {
    /// Its parts, in the order given.
    data_set: Vec<EntryBody>,
    /// What there was of each phase.
    summary: SummaryBody,
}

/// A night.
#[derive(Object, Serialize)]
#[oai(rename = "Sleep", example)]
pub(in crate::api::tracking) struct SleepBody {
    /// Made by the service.
    id: IdText,
    /// When it began, in UTC, cut to whole seconds.
    start_time: Second,
    /// When it ended, likewise.
    end_time: Second,
    /// How long it took, in milliseconds.
    duration: u64,
    /// Whose it is.
    child_id: IdText,
    /// Which phases were told apart.
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    kind: TypeBody,
    /// How it went.
    pattern: PatternBody,
}

impl SleepBody {
    fn new(id: IdText, child_id: IdText, facts: SleepFacts) -> Self {
        let summary = SummaryBody::from(&facts);
        let data_set = facts.data_set.into_iter().map(EntryBody::from).collect();
        Self {
            id,
            start_time: Second(facts.period.start),
            end_time: Second(facts.period.end()),
            duration: facts.period.duration,
            child_id,
            kind: facts.kind.into(),
            pattern: PatternBody { data_set, summary },
        }
    }
}

impl Example for SleepBody {
    fn example() -> Self {
        Self::new(IdText::example(demo::SLEEP), IdText::example(demo::CHILD), demo::sleep())
    }
}

impl From<Sleep> for SleepBody {
    fn from(sleep: Sleep) -> Self {
        Self::new(IdText::of(sleep.id), IdText::of(sleep.child), sleep.facts)
    }
}

/// What is needed to store a night.
#[derive(Object)]
#[oai(rename = "NewSleep", example)]
pub(super) struct NewSleepBody {
    /// When it began. Without a zone it is UTC.
    start_time: GivenTime,
    /// When it ended.
    end_time: GivenTime,
    /// How long it took, in milliseconds: exactly what lies between the two.
    duration: GivenPositive,
    /// Which phases are told apart.
    #[oai(rename = "type")]
    kind: TypeBody,
    /// How it went.
    pattern: NewPatternBody,
}

/// How a night went. What there was of each phase is summed up by the service.
#[derive(Object)]
#[oai(rename = "NewSleepPattern")]
pub(super) struct NewPatternBody {
    /// Its parts. They may overlap, or lie outside the night.
    #[oai(validator(min_items = 1, max_items = 5000))]
    data_set: Vec<NewEntryBody>,
}

/// A part of a night.
#[derive(Object)]
#[oai(rename = "NewSleepEntry")]
pub(super) struct NewEntryBody {
    /// When it began.
    start_time: GivenTime,
    /// How the child slept: a phase of the night's type.
    name: PhaseBody,
    /// In milliseconds.
    duration: GivenWhole,
}

impl Example for NewSleepBody {
    fn example() -> Self {
        let entry = |start: &str, name, duration| NewEntryBody {
            start_time: GivenTime::example(start),
            name,
            duration: GivenWhole::example(duration),
        };
        Self {
            start_time: GivenTime::example("2026-01-09T01:40:30Z"),
            end_time: GivenTime::example("2026-01-09T09:52:30Z"),
            duration: GivenPositive::example(29_520_000),
            kind: TypeBody::Classic,
            pattern: NewPatternBody {
                data_set: vec![
                    entry("2026-01-09T01:40:30Z", PhaseBody::Restless, 60_000),
                    entry("2026-01-09T01:41:30Z", PhaseBody::Asleep, 360_000),
                ],
            },
        }
    }
}
