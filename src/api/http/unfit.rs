//! What clients are told of measured values that are unfit (contract of tracking, appendix A).

use crate::api::http::error_body::{BAD, ErrorBody, invalid_fields};
use crate::api::http::names::{key, title};
use crate::model::{IntervalFault, NumberForm, TimeFault, Unfit};

/// The body for a rule that was broken.
pub(in crate::api) fn unfit_body(unfit: &Unfit) -> ErrorBody {
    match unfit {
        Unfit::Unregistered(kind, id) => {
            let what = title(*kind);
            ErrorBody::new(BAD, format!("There is no registered {what} with ID: {id} on the platform!"))
                .describe(format!("Please register the {what} and try again..."))
        }
        Unfit::TooManyItems(most) => invalid_fields(format!("At most {most} items can be sent at once.")),
        Unfit::Time(fault, given) => {
            let body = ErrorBody::new(BAD, format!("Datetime: {given}, is not in valid ISO 8601 format."));
            match fault {
                TimeFault::Format => body.describe("Datetime must be in the format: yyyy-MM-ddTHH:mm:ssZ"),
                TimeFault::Calendar => body,
            }
        }
        Unfit::Number(fields, form) => {
            let names: Vec<_> = fields.iter().map(|field| key(*field)).collect();
            let must = match form {
                NumberForm::Amount => "a number equal to or greater than zero.",
                NumberForm::Whole => "an integer equal to or greater than zero.",
                NumberForm::Positive => "an integer greater than zero.",
                NumberForm::Real => "a valid number.",
            };
            invalid_fields(format!("{} must be {must}", names.join(", ")))
        }
        Unfit::EndBeforeStart => {
            invalid_fields("The end_time parameter can not contain an older date than that the start_time parameter!")
        }
        Unfit::DurationDiffers => {
            invalid_fields("duration value does not match values passed in start_time and end_time parameters!")
        }
        Unfit::LevelName => invalid_fields("The names of the allowed levels are: sedentary, lightly, fairly, very."),
        Unfit::LevelsIncomplete => invalid_fields(
            "The levels array must have values for the following levels: sedentary, lightly, fairly, very.",
        ),
        Unfit::SleepType => invalid_fields("The names of the allowed Sleep Pattern types are: classic, stages."),
        Unfit::NoDataSet => {
            ErrorBody::new(BAD, "Required fields were not provided...").describe("pattern.data_set is required!")
        }
        Unfit::EmptyDataSet => invalid_fields("pattern.data_set must not be empty!"),
        Unfit::TooManyEntries(most) => invalid_fields(format!("pattern.data_set must have at most {most} items!")),
        Unfit::ClassicName => {
            invalid_fields("The names of the allowed data_set patterns are: asleep, restless, awake.")
        }
        Unfit::StagesName => invalid_fields("The names of the allowed data_set patterns are: deep, light, rem, awake."),
        Unfit::NoMeasurements => invalid_fields("measurements collection must not be empty!"),
        Unfit::TooManyMeasurements(most) => invalid_fields(format!("measurements must have at most {most} items!")),
        Unfit::NotTruth(field) => invalid_fields(format!("{} must be a boolean!", key(*field))),
        Unfit::LogType => invalid_fields(
            "The names of the allowed types are: steps, calories, active_minutes, lightly_active_minutes, \
             sedentary_minutes.",
        ),
        Unfit::Interval(fault, start, end) => {
            ErrorBody::new(BAD, format!("The interval between dates {start} and {end} is invalid!")).describe(
                match fault {
                    IntervalFault::EndBeforeStart => {
                        "The date_end parameter can not contain an older date than that the date_start parameter!"
                    }
                    IntervalFault::TooLong => "The period between the received dates can not exceed one year!",
                },
            )
        }
    }
}
