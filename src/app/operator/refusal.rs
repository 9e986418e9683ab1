//! Why what an operator asks is not done.

use crate::model::Error;

/// Why a command was not carried out, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// Operators may read causes, which clients may not.
pub(in crate::app) fn refusal(error: Error) -> Refusal {
    match error {
        Error::Internal(cause) => Refusal(format!("the service failed: {cause}")),
        Error::Unavailable(why) => Refusal(format!("the service cannot do it now ({why:?}): try again")),
        other => Refusal(other.to_string()),
    }
}
