//! Which errors each operation can give, for the document: what the framework cannot know.
//!
//! The texts are not here: each error is worded by `failure.rs`, as it is when it really happens.

use std::time::Duration;

use crate::api::catalogue::PARTS;
use crate::api::document::parts::OperationFaults;
use crate::api::http::error_body::ErrorBody;
use crate::api::http::failure::{HttpFault, body, transport_body};
use crate::api::http::names::parameter;
use crate::app::policy::{Grant, Row};
use crate::model::{Error, Invalid, Kind, Limited, Role, Unauthenticated};

/// What the document says of an operation.
pub(in crate::api) struct Facts<'a> {
    /// What it alone gives.
    pub(in crate::api) faults: &'a OperationFaults,
    /// The template of its path.
    pub(in crate::api) path: &'a str,
    /// Its row of the table; a public operation has none.
    pub(in crate::api) row: Option<&'a Row>,
    /// Whether it reads a body.
    pub(in crate::api) has_body: bool,
}

/// An example of every error that the operation can give, in the order of checks.
pub(in crate::api) fn faults(facts: &Facts<'_>) -> Vec<ErrorBody> {
    let mut examples = vec![transport_body(&HttpFault::UriTooLong(4096))];
    let mut add = |error: Error| examples.push(body(&error, "6f1c2a9be07d4e35"));
    add(Error::TooManyRequests(Limited { limit: 10, wait: Duration::from_secs(1) }));
    if facts.row.is_some() {
        let reasons =
            [Unauthenticated::NoToken, Unauthenticated::Expired, Unauthenticated::BadToken, Unauthenticated::Revoked];
        reasons.into_iter().map(Error::Unauthenticated).for_each(&mut add);
    }
    // Where everybody may do it to everything, nobody is refused.
    if facts.row.is_some_and(|row| Role::ALL.iter().any(|role| row.grant(*role) != Grant::Any)) {
        add(Error::Forbidden);
    }
    if facts.faults.names_ids {
        path_ids(facts.path).map(|kind| Invalid::Id(kind).into()).for_each(&mut add);
    }
    if facts.faults.discontinued {
        examples.push(transport_body(&HttpFault::Discontinued { allow: "" }));
    }
    if facts.has_body {
        examples.extend(body_faults(facts.faults));
    }
    examples.extend((facts.faults.specific)().iter().map(|error| body(error, "")));
    for error in [Error::internal("an example"), Error::Unavailable(facts.faults.waits_for)] {
        examples.push(body(&error, "6f1c2a9be07d4e35"));
    }
    examples
}

fn body_faults(faults: &OperationFaults) -> Vec<ErrorBody> {
    let arriving = [HttpFault::BodyTooLarge(faults.longest_body), HttpFault::TooSlow(Duration::from_secs(20))];
    if faults.takes_file {
        return arriving.iter().map(transport_body).collect();
    }
    let transport = arriving.into_iter().chain([HttpFault::NotJson]).collect::<Vec<_>>();
    let mut examples: Vec<_> = transport.iter().map(transport_body).collect();
    examples.push(body(&Invalid::Syntax.into(), ""));
    examples
}

fn path_ids(path: &str) -> impl Iterator<Item = Kind> {
    let kinds = PARTS.iter().flat_map(|part| part.kinds).map(|words| words.kind);
    // Imports are numbered: what is no number is that of none.
    let kinds = kinds.filter(|kind| *kind != Kind::Import);
    kinds.filter(move |kind| path.contains(&format!("{{{}}}", parameter(*kind))))
}
