//! The tables, and what their columns hold.

/// A table, and its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Children.
    Children,
    /// Totals of their days.
    Logs,
    /// Physical activities.
    PhysicalActivities,
    /// Nights.
    Sleep,
    /// The phases of nights.
    SleepPhases,
    /// Weights.
    Weights,
    /// Body fats.
    BodyFats,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// Whole numbers.
    Whole,
    /// Numbers.
    Figure,
    /// Days.
    Day,
    /// Times, in UTC.
    Time,
}

/// A column.
pub(super) struct Field {
    /// Its name.
    pub(super) name: String,
    /// What it holds.
    pub(super) kind: Kind,
}

type Known = &'static [(&'static str, Kind)];

const CHILDREN: Known = &[
    ("gender", Kind::Text),
    ("age", Kind::Figure),
    ("birth_year", Kind::Whole),
    ("age_calc_date", Kind::Day),
    ("institution", Kind::Text),
    ("groups", Kind::Text),
    ("families", Kind::Text),
];
const ACTIVITIES: Known = &[
    ("name", Kind::Text),
    ("start_time", Kind::Time),
    ("end_time", Kind::Time),
    ("duration", Kind::Whole),
    ("calories", Kind::Figure),
    ("steps", Kind::Whole),
    ("distance", Kind::Figure),
];
const NIGHTS: Known = &[
    ("night", Kind::Text),
    ("type", Kind::Text),
    ("start_time", Kind::Time),
    ("end_time", Kind::Time),
    ("duration", Kind::Whole),
];
const NIGHT_PHASES: Known =
    &[("night", Kind::Text), ("start_time", Kind::Time), ("phase", Kind::Text), ("duration", Kind::Whole)];
const WEIGHTS: Known =
    &[("timestamp", Kind::Time), ("value", Kind::Figure), ("unit", Kind::Text), ("body_fat", Kind::Figure)];
const BODY_FATS: Known = &[("timestamp", Kind::Time), ("value", Kind::Figure), ("unit", Kind::Text)];

pub(super) const TOTALS: [&str; 5] =
    ["steps", "calories", "active_minutes", "lightly_active_minutes", "sedentary_minutes"];
pub(super) const LEVELS: [&str; 4] = ["sedentary", "lightly", "fairly", "very"];
pub(super) const ZONES: [&str; 4] = ["out_of_range_zone", "fat_burn_zone", "cardio_zone", "peak_zone"];
pub(super) const PHASES: [&str; 6] = ["deep", "light", "rem", "awake", "asleep", "restless"];

impl Table {
    /// Every table.
    pub const ALL: [Table; 7] = [
        Table::Children,
        Table::Logs,
        Table::PhysicalActivities,
        Table::Sleep,
        Table::SleepPhases,
        Table::Weights,
        Table::BodyFats,
    ];

    /// Its name, as that of its files without the ending.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Table::Children => "children",
            Table::Logs => "logs",
            Table::PhysicalActivities => "physicalactivities",
            Table::Sleep => "sleep",
            Table::SleepPhases => "sleep_phases",
            Table::Weights => "weights",
            Table::BodyFats => "bodyfats",
        }
    }

    /// Its columns; the child comes first in each.
    pub(super) fn fields(self) -> Vec<Field> {
        let whole = |name: String| (name, Kind::Whole);
        let (known, more): (Known, Vec<(String, Kind)>) = match self {
            Table::Children => (CHILDREN, Vec::new()),
            Table::Logs => (&[("date", Kind::Day)], TOTALS.map(|total| (total.to_owned(), Kind::Figure)).into()),
            Table::PhysicalActivities => {
                let levels = LEVELS.map(|level| whole(format!("{level}_duration")));
                let zone = |zone: &&str| ["min", "max", "duration"].map(|part| whole(format!("{zone}_{part}")));
                let rest = [whole("heart_rate_average".to_owned())].into_iter().chain(ZONES.iter().flat_map(zone));
                (ACTIVITIES, levels.into_iter().chain(rest).collect())
            }
            Table::Sleep => {
                let phase = |phase: &&str| ["count", "duration"].map(|part| whole(format!("{phase}_{part}")));
                (NIGHTS, PHASES.iter().flat_map(phase).collect())
            }
            Table::SleepPhases => (NIGHT_PHASES, Vec::new()),
            Table::Weights => (WEIGHTS, Vec::new()),
            Table::BodyFats => (BODY_FATS, Vec::new()),
        };
        let known = [("child", Kind::Text)].iter().chain(known).map(|(name, kind)| ((*name).to_owned(), *kind));
        known.chain(more).map(|(name, kind)| Field { name, kind }).collect()
    }
}
