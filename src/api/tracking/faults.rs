//! Which errors each operation of tracking gives, for the document.

use jiff::civil::Date;

use crate::api::document::parts::{ConcatErrors, OperationFaults, bad_time, missing, taken, text};
use crate::app::policy::{
    BodyFatCreate, BodyFatDelete, BodyFatList, BodyFatView, ChildDaysView, ChildExport, EducatorGroupDaysView,
    EnvironmentClear, EnvironmentCreate, EnvironmentDelete, EnvironmentList, HealthProfessionalGroupDaysView,
    LogCreate, LogList, LogListOfType, OverviewView, PhysicalActivityCreate, PhysicalActivityDelete,
    PhysicalActivityList, PhysicalActivityUpdate, PhysicalActivityView, SleepCreate, SleepDelete, SleepList,
    SleepUpdate, SleepView, WeightCreate, WeightDelete, WeightList, WeightView,
};
use crate::model::tracking::{Field, HeartRateZone, MAX_ENTRIES, MAX_ITEMS, MAX_MEASUREMENTS, ZoneField};
use crate::model::{DateFault, Error, Field as AnyField, IntervalFault, Invalid, Kind, NumberForm, TimeFault, Unfit};

/// Those of each operation.
pub(in crate::api) const FAULTS: &[OperationFaults] = &[
    OperationFaults::of::<PhysicalActivityCreate>(activity_create).uploading(),
    OperationFaults::of::<PhysicalActivityList>(list),
    OperationFaults::of::<PhysicalActivityView>(|| view(Kind::PhysicalActivity)),
    OperationFaults::of::<PhysicalActivityUpdate>(Vec::new).discontinued(),
    OperationFaults::of::<PhysicalActivityDelete>(of_child),
    OperationFaults::of::<LogCreate>(many).uploading().telling_ids_with_items(),
    OperationFaults::of::<LogList>(log_list),
    OperationFaults::of::<LogListOfType>(log_list_of_type),
    OperationFaults::of::<ChildDaysView>(log_list),
    OperationFaults::of::<EducatorGroupDaysView>(group_days_view),
    OperationFaults::of::<HealthProfessionalGroupDaysView>(group_days_view),
    OperationFaults::of::<SleepCreate>(sleep_create).uploading(),
    OperationFaults::of::<SleepList>(list),
    OperationFaults::of::<SleepView>(|| view(Kind::Sleep)),
    OperationFaults::of::<SleepUpdate>(Vec::new).discontinued(),
    OperationFaults::of::<SleepDelete>(of_child),
    OperationFaults::of::<WeightCreate>(weight_create).uploading(),
    OperationFaults::of::<WeightList>(list),
    OperationFaults::of::<WeightView>(|| view(Kind::Weight)),
    OperationFaults::of::<WeightDelete>(of_child),
    OperationFaults::of::<BodyFatCreate>(bodyfat_create).uploading(),
    OperationFaults::of::<BodyFatList>(list),
    OperationFaults::of::<BodyFatView>(|| view(Kind::BodyFat)),
    OperationFaults::of::<BodyFatDelete>(of_child),
    OperationFaults::of::<EnvironmentCreate>(environment_create).uploading(),
    OperationFaults::of::<EnvironmentList>(|| [of_institution(), vec![bad_time()]].concat_errors()),
    OperationFaults::of::<EnvironmentClear>(of_institution),
    OperationFaults::of::<EnvironmentDelete>(of_institution),
    OperationFaults::of::<ChildExport>(of_child),
    OperationFaults::of::<OverviewView>(Vec::new),
];

fn activity_create() -> Vec<Error> {
    let whole = |field| number(field, NumberForm::Whole);
    let zone = HeartRateZone::Cardio;
    let of_heart_rate = HeartRateZone::ALL.map(Field::Zone).into_iter();
    let of_heart_rate: Vec<_> = [Field::HeartRateAverage].into_iter().chain(of_heart_rate).collect();
    let rates =
        vec![Field::OfZone(zone, ZoneField::Max).into(), Field::OfZone(HeartRateZone::Peak, ZoneField::Min).into()];
    let required_all: Vec<_> = [Field::StartTime, Field::EndTime, Field::Duration].map(Into::into).into();
    let required_all = [required_all, vec![AnyField::Name, Field::Calories.into()]].concat();
    [
        many(),
        period(),
        text(AnyField::Name),
        vec![number(Field::Calories, NumberForm::Amount), whole(Field::Steps)],
        vec![number(Field::Distance, NumberForm::Amount), Unfit::LevelName.into(), whole(Field::LevelDuration)],
        vec![Unfit::LevelsIncomplete.into(), required(&[Field::LevelDuration])],
        vec![number(Field::HeartRateAverage, NumberForm::Positive)],
        vec![whole(Field::OfZone(zone, ZoneField::Duration)), required(&of_heart_rate)],
        vec![Unfit::Number(rates, NumberForm::Positive).into(), missing(&required_all)],
        vec![taken(Kind::PhysicalActivity)],
    ]
    .concat_errors()
}

fn sleep_create() -> Vec<Error> {
    let required_all = [Field::StartTime, Field::EndTime, Field::Duration].map(Into::into);
    let required_all = [&required_all[..], &[AnyField::Type, Field::Pattern.into()]].concat();
    [
        many(),
        period(),
        vec![Unfit::SleepType.into(), Unfit::NoDataSet.into(), Unfit::EmptyDataSet.into()],
        vec![Unfit::TooManyEntries(MAX_ENTRIES).into(), Unfit::ClassicName.into(), Unfit::StagesName.into()],
        vec![number(Field::EntryDuration, NumberForm::Whole)],
        vec![required(&[Field::EntryStartTime, Field::EntryName, Field::EntryDuration])],
        vec![missing(&required_all), taken(Kind::Sleep)],
    ]
    .concat_errors()
}

fn weight_create() -> Vec<Error> {
    [
        many(),
        time(),
        vec![number(Field::Value, NumberForm::Amount)],
        text(Field::Unit.into()),
        vec![required(&[Field::Timestamp, Field::Value, Field::Unit])],
        vec![number(Field::BodyFat, NumberForm::Amount), taken(Kind::Weight)],
    ]
    .concat_errors()
}

fn bodyfat_create() -> Vec<Error> {
    [
        many(),
        time(),
        vec![number(Field::Value, NumberForm::Amount), required(&[Field::Timestamp, Field::Value])],
        vec![taken(Kind::BodyFat)],
    ]
    .concat_errors()
}

fn log_list() -> Vec<Error> {
    [of_child(), dates()].concat_errors()
}

pub(in crate::api) fn group_days_view() -> Vec<Error> {
    [dates(), vec![Error::NotFound(Kind::Group)]].concat_errors()
}

/// What two days in a path get wrong.
fn dates() -> Vec<Error> {
    let date = |fault, given: &str| Invalid::Date(fault, given.to_owned()).into();
    let day = |month| Date::constant(2019, month, 1);
    vec![
        date(DateFault::Format, "today"),
        date(DateFault::Year, "1600-12-02"),
        date(DateFault::Day, "2019-02-30"),
        Unfit::Interval(IntervalFault::EndBeforeStart, day(12), day(1)).into(),
        Unfit::Interval(IntervalFault::TooLong, day(1), Date::constant(2020, 1, 2)).into(),
    ]
}

fn log_list_of_type() -> Vec<Error> {
    [vec![Unfit::LogType.into()], log_list()].concat_errors()
}

fn environment_create() -> Vec<Error> {
    [
        [of_institution(), vec![Unfit::TooManyItems(MAX_ITEMS).into()]].concat_errors(),
        time(),
        text(Field::Local.into()),
        text(Field::Room.into()),
        text(Field::PlaceLatitude.into()),
        text(Field::PlaceLongitude.into()),
        vec![required(&[Field::Local, Field::Room])],
        vec![Unfit::NoMeasurements.into(), Unfit::TooManyMeasurements(MAX_MEASUREMENTS).into()],
        text(Field::MeasurementType.into()),
        vec![number(Field::MeasurementValue, NumberForm::Real)],
        text(Field::MeasurementUnit.into()),
        vec![Unfit::NotTruth(Field::Climatized.into()).into()],
        vec![required(&[Field::Timestamp, Field::Location, Field::Measurements])],
        vec![required(&[Field::MeasurementType, Field::MeasurementValue, Field::MeasurementUnit])],
        vec![taken(Kind::Environment)],
    ]
    .concat_errors()
}

fn of_institution() -> Vec<Error> {
    vec![Unfit::Unregistered(Kind::Institution, "507f191e810c19729de860ea".to_owned()).into()]
}

fn list() -> Vec<Error> {
    [of_child(), vec![bad_time()]].concat_errors()
}

fn view(kind: Kind) -> Vec<Error> {
    [of_child(), vec![Error::NotFound(kind)]].concat_errors()
}

pub(in crate::api) fn of_child() -> Vec<Error> {
    vec![Unfit::Unregistered(Kind::Child, "507f191e810c19729de860ea".to_owned()).into()]
}

/// What bodies get wrong that may bring many items of a child.
fn many() -> Vec<Error> {
    [of_child(), vec![Unfit::TooManyItems(MAX_ITEMS).into()]].concat_errors()
}

/// TIME.
fn time() -> Vec<Error> {
    [(TimeFault::Format, "yesterday"), (TimeFault::Calendar, "2019-02-30T08:00:00Z")]
        .map(|(fault, given)| Unfit::Time(fault, given.to_owned()).into())
        .into()
}

/// Two times, and how long it is from one to the other.
fn period() -> Vec<Error> {
    let duration = [NumberForm::Whole, NumberForm::Positive].map(|form| number(Field::Duration, form));
    [time(), duration.into(), vec![Unfit::EndBeforeStart.into(), Unfit::DurationDiffers.into()]].concat_errors()
}

fn number(field: Field, form: NumberForm) -> Error {
    Unfit::Number(vec![field.into()], form).into()
}

fn required(fields: &[Field]) -> Error {
    let fields: Vec<_> = fields.iter().map(|field| (*field).into()).collect();
    missing(&fields)
}
