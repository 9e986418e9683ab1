//! What requests get wrong that bring measured values.

use jiff::civil::Date;

use super::{Field, Kind, NumberForm, TimeFault};

/// Which rule of the contract of tracking is broken. Holds what the text needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// Whom the path names is not there; its id as it was given.
    Unregistered(Kind, String),
    /// There are more items than one request may bring.
    TooManyItems(usize),
    /// A time cannot be used; as it was given.
    Time(TimeFault, String),
    /// Fields are no numbers of this form.
    Number(Vec<Field>, NumberForm),
    /// It ends before it starts.
    EndBeforeStart,
    /// Its duration is not what lies between its start and its end.
    DurationDiffers,
    /// A level of an activity bears no name of one.
    LevelName,
    /// Not each level of an activity is there, once.
    LevelsIncomplete,
    /// There is no type of sleep of that name.
    SleepType,
    /// A night has no entries, in an array.
    NoDataSet,
    /// There are none in it.
    EmptyDataSet,
    /// There are more than a night may have.
    TooManyEntries(usize),
    /// An entry of a night bears no name of its type, which is `classic`.
    ClassicName,
    /// The same, of a night of `stages`.
    StagesName,
    /// Nothing was measured.
    NoMeasurements,
    /// More was measured at once than one environment may hold.
    TooManyMeasurements(usize),
    /// It is neither true nor false.
    NotTruth(Field),
    /// There are no totals of that name.
    LogType,
    /// Two days, from the first to the second, are no interval that can be asked for.
    Interval(IntervalFault, Date, Date),
}

/// Why two days are no interval that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalFault {
    /// The second comes before the first.
    EndBeforeStart,
    /// More than a year lies between them.
    TooLong,
}
