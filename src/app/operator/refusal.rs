//! Why what an operator asks is not done.

use crate::model::{Error, Fault, Unavailable};

/// Why a command was not carried out, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        refusal(error)
    }
}

/// Operators may read causes, which clients may not.
pub(in crate::app) fn refusal(error: Error) -> Refusal {
    match error {
        Error::Internal(cause) => Refusal(format!("the service failed: {cause}")),
        Error::Unavailable(why) => Refusal(format!("the service cannot do it now: {}", unavailable_words(why))),
        other => Refusal(other.to_string()),
    }
}

fn unavailable_words(why: Unavailable) -> &'static str {
    match why {
        Unavailable::HashQueueFull => "too many passwords wait to be checked; try again in a few seconds",
        Unavailable::BodiesFull => "too much is being sent; try again in a few seconds",
        Unavailable::ScansFull => "too much is being read; try again in a few seconds",
        Unavailable::UploadsFull => "too many files wait to be imported; try again when some are",
        Unavailable::StoreBusy => "the database is busy; try again in a few seconds",
        Unavailable::DiskFull => "the disk is full; make room on it, then try again",
        Unavailable::DiskFailure => "the disk refuses to write or read; the log says why",
        Unavailable::DiskSilent => "the disk does not answer; look after it (`dmesg` tells more)",
        Unavailable::ClockBehind => "the clock tells a time that was over before; set it right",
        Unavailable::Stopping => "it is about to end; try again when it has started",
        Unavailable::Faulty => "a fault of the program keeps it from its work; the log says which: start it again",
    }
}

/// What is wrong with a name or a password, in words that go on after it.
pub(crate) fn fault_words(fault: Fault) -> String {
    let characters = |count| if count == 1 { "1 character".to_owned() } else { format!("{count} characters") };
    match fault {
        Fault::Empty => "is empty: give one".to_owned(),
        Fault::TooLong(most) => format!("is too long: give at most {}", characters(most)),
        Fault::TooManyBytes(most) => format!("is too long: give at most {most} bytes"),
        Fault::TooShort(fewest) => format!("is too short: give at least {}", characters(fewest)),
        Fault::ControlCharacters => "holds control characters: leave them out".to_owned(),
        Fault::NotText
        | Fault::NotVisible
        | Fault::NotToken
        | Fault::NotArray
        | Fault::TooManyItems(_)
        | Fault::ItemWithoutId
        | Fault::NotGender
        | Fault::NotPositive
        | Fault::NotNumber => "cannot be used: choose another".to_owned(),
    }
}
