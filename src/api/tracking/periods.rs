//! A start, an end and a duration, which must agree: those of activities and of nights.

use jiff::Timestamp;

use super::json::{self, Fields, Object};
use crate::model::tracking::{Field, Period};
use crate::model::{Invalid, NumberForm, Unfit};

/// The two times of an item, as far as they are given.
pub(super) struct Times {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Times {
    /// # Errors
    /// The first that is none.
    pub(super) fn read(item: &Object<'_>) -> Result<Self, Invalid> {
        let time = |key| item.get(key).map(json::instant).transpose();
        Ok(Self { start: time("start_time")?, end: time("end_time")? })
    }

    /// Steps 1 and 2 of the contract's order.
    ///
    /// # Errors
    /// The first rule that they break; what is missing is noted.
    pub(super) fn period(self, fields: &mut Fields<'_, '_>) -> Result<Option<Period>, Invalid> {
        fields.note(Field::StartTime, self.start.is_some());
        fields.note(Field::EndTime, self.end.is_some());
        let duration = fields.whole(Field::Duration)?;
        if duration == Some(0) {
            return Err(Unfit::Number(vec![Field::Duration.into()], NumberForm::Positive).into());
        }
        let (Some(start), Some(end), Some(duration)) = (self.start, self.end, duration) else {
            return Ok(None);
        };
        match u64::try_from(end.as_millisecond() - start.as_millisecond()) {
            Err(_) => Err(Unfit::EndBeforeStart.into()),
            Ok(length) if length != duration => Err(Unfit::DurationDiffers.into()),
            Ok(_) => Ok(Some(Period { start, duration })),
        }
    }
}
