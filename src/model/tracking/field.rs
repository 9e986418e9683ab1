//! The fields of what is tracked.

use super::HeartRateZone;

/// A field of an object or body of tracking, beside those that the directory knows, too: `id`, `name` and `type`.
/// `api/tracking/names.rs` says how each is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// When something began.
    StartTime,
    /// When it ended.
    EndTime,
    /// How long it took.
    Duration,
    /// How much was burnt.
    Calories,
    /// How many steps were made.
    Steps,
    /// How far.
    Distance,
    /// How long at which intensity.
    Levels,
    /// Which intensity.
    LevelName,
    /// How long at it.
    LevelDuration,
    /// How the heart beat.
    HeartRate,
    /// How it beat on average.
    HeartRateAverage,
    /// A zone of heart rates.
    Zone(HeartRateZone),
    /// Something of such a zone.
    OfZone(HeartRateZone, ZoneField),
    /// How a night went.
    Pattern,
    /// The parts of a night.
    DataSet,
    /// One of them: when it began.
    EntryStartTime,
    /// How the child slept.
    EntryName,
    /// How long.
    EntryDuration,
    /// The day of a total.
    Date,
    /// When something was measured.
    Timestamp,
    /// What was measured.
    Value,
    /// In what it was measured.
    Unit,
    /// A body fat that was measured with a weight.
    BodyFat,
    /// Where a sensor stands.
    Location,
    /// In which part of the institution.
    Local,
    /// In which room.
    Room,
    /// At which latitude.
    PlaceLatitude,
    /// At which longitude.
    PlaceLongitude,
    /// What a sensor measured.
    Measurements,
    /// One of them: what.
    MeasurementType,
    /// How much.
    MeasurementValue,
    /// In what.
    MeasurementUnit,
    /// Whether a room has an air conditioner.
    Climatized,
}

/// What is known of a zone of heart rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ZoneField {
    /// The lowest rate.
    Min,
    /// The highest rate.
    Max,
    /// How long.
    Duration,
}
