//! Nights, of which the document only has the parts.

use crate::app::wearables::gathering::{Gathering, key};
use crate::app::wearables::reading::NightRead;

/// What lies further apart than this is another night.
const APART: i64 = 3_600_000;

/// A part of a sleep: when, until when, which phase of those with stages, and whether only stages know it.
pub(super) struct Slept {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Asleep,
    Deep,
    Light,
    Rem,
    Awake,
}

pub(super) fn phase(value: &str) -> Option<Phase> {
    match value.trim_start_matches("HKCategoryValueSleepAnalysis") {
        "Asleep" | "AsleepUnspecified" => Some(Phase::Asleep),
        "AsleepCore" => Some(Phase::Light),
        "AsleepDeep" => Some(Phase::Deep),
        "AsleepREM" => Some(Phase::Rem),
        "Awake" => Some(Phase::Awake),
        // In bed is not asleep.
        _ => None,
    }
}

/// Parts that lie close together are a night.
pub(super) fn nights(mut parts: Vec<Slept>, into: &mut Gathering) -> Vec<NightRead> {
    parts.sort_by_key(|part| (part.start, part.end));
    let mut groups: Vec<Vec<Slept>> = Vec::new();
    let mut until = i64::MIN;
    for part in parts {
        if groups.is_empty() || part.start > until.saturating_add(APART) {
            groups.push(Vec::new());
            until = part.end;
        }
        until = until.max(part.end);
        if let Some(group) = groups.last_mut() {
            group.push(part);
        }
    }
    groups.into_iter().filter_map(|group| night(&group, into)).collect()
}

fn night(group: &[Slept], into: &mut Gathering) -> Option<NightRead> {
    let stages = group.iter().any(|part| matches!(part.phase, Phase::Deep | Phase::Light | Phase::Rem));
    let place = |phase: Phase| match (stages, phase) {
        (true, Phase::Deep) | (false, Phase::Asleep) => Some(0),
        (true, Phase::Light) => Some(1),
        (true, Phase::Rem) | (false, Phase::Awake) => Some(2),
        (true, Phase::Awake) => Some(3),
        _ => None,
    };
    let length = |part: &Slept| u64::try_from(part.end - part.start).unwrap_or_default();
    let entry = |part: &Slept| Some((part.start, place(part.phase)?, length(part)));
    let entries: Vec<_> = group.iter().filter_map(entry).collect();
    let (start, end) = (group.first()?.start, group.iter().map(|part| part.end).max()?);
    if entries.iter().all(|(_, place, _)| *place == if stages { 3 } else { 2 }) || end <= start {
        into.leave_out("sleep", "it tells of no sleep");
        return None;
    }
    let duration = u64::try_from(end - start).unwrap_or_default();
    Some(NightRead { key: key(&[b"night", &start.to_be_bytes()]), day: 0, start, duration, stages, entries })
}
