//! Which errors each operation of tracking gives, for the document.

use crate::api::document::parts::{ConcatErrors, OperationFaults, bad_time, missing, taken, text};
use crate::app::policy::{
    BodyFatCreate, BodyFatDelete, BodyFatList, BodyFatView, WeightCreate, WeightDelete, WeightList, WeightView,
};
use crate::model::tracking::{Field, MAX_ITEMS};
use crate::model::{Error, Kind, NumberForm, TimeFault, Unfit};

/// Those of each operation.
pub(in crate::api) const FAULTS: &[OperationFaults] = &[
    OperationFaults::of::<WeightCreate>(weight_create).uploading(),
    OperationFaults::of::<WeightList>(list),
    OperationFaults::of::<WeightView>(|| view(Kind::Weight)),
    OperationFaults::of::<WeightDelete>(of_child),
    OperationFaults::of::<BodyFatCreate>(bodyfat_create).uploading(),
    OperationFaults::of::<BodyFatList>(list),
    OperationFaults::of::<BodyFatView>(|| view(Kind::BodyFat)),
    OperationFaults::of::<BodyFatDelete>(of_child),
];

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

fn list() -> Vec<Error> {
    [of_child(), vec![bad_time()]].concat_errors()
}

fn view(kind: Kind) -> Vec<Error> {
    [of_child(), vec![Error::NotFound(kind)]].concat_errors()
}

fn of_child() -> Vec<Error> {
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

fn number(field: Field, form: NumberForm) -> Error {
    Unfit::Number(vec![field.into()], form).into()
}

fn required(fields: &[Field]) -> Error {
    let fields: Vec<_> = fields.iter().map(|field| (*field).into()).collect();
    missing(&fields)
}
