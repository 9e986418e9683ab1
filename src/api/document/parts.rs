//! What each domain tells of itself: its part of the names, of the errors in the document, and of its examples.

use crate::app::policy::Operation;
use crate::model::{Conflict, DateFault, Error, Fault, Field, Invalid, Kind, Password, Text, Unavailable};

/// A domain's part.
pub(in crate::api) struct Part {
    /// Its fields and their keys, in JSON and in query strings.
    pub(in crate::api) keys: &'static [(Field, &'static str)],
    /// The kinds of things that it has.
    pub(in crate::api) kinds: &'static [KindWords],
    /// What its operations can answer beside success: an entry for each.
    pub(in crate::api) faults: &'static [OperationFaults],
    /// Parameters in paths that are no ids: name, example, and where the value comes from.
    pub(in crate::api) parameters: &'static [(&'static str, &'static str, &'static str)],
    /// Examples of a parameter that an operation has instead of the common one: operation, name, example.
    pub(in crate::api) exceptions: &'static [(&'static str, &'static str, &'static str)],
    /// Its groups of operations, in the order in which the document shows them.
    pub(in crate::api) tags: &'static [&'static str],
}

/// What a kind is called.
pub(in crate::api) struct KindWords {
    /// The kind.
    pub(in crate::api) kind: Kind,
    /// In the texts of 404 and 409.
    pub(in crate::api) title: &'static str,
    /// The path parameter that holds an id of it.
    pub(in crate::api) parameter: &'static str,
    /// An id of the demo.
    pub(in crate::api) example: &'static str,
    /// Where its ids come from.
    pub(in crate::api) origin: &'static str,
}

/// Which errors an operation gives beside those of all.
pub(in crate::api) struct OperationFaults {
    /// The operation's name.
    pub(in crate::api) id: &'static str,
    /// In the order of the contract's section 6.
    pub(in crate::api) specific: fn() -> Vec<Error>,
    /// Whether the error of an id in its path that is none names the parameter.
    pub(in crate::api) names_ids: bool,
    /// What it may have to wait for.
    pub(in crate::api) waits_for: Unavailable,
    /// Whether it is no longer done: then it gives nothing but that, once the caller may hear of it.
    pub(in crate::api) discontinued: bool,
    /// Whether its body is of any kind, such as a file.
    pub(in crate::api) takes_file: bool,
    /// The longest body that it reads, where nothing else is set.
    pub(in crate::api) longest_body: usize,
    /// Whether it has a limit of its own for each child.
    pub(in crate::api) limited_by_child: bool,
}

impl OperationFaults {
    /// Those of an operation of the table.
    pub(in crate::api) const fn of<O: Operation>(specific: fn() -> Vec<Error>) -> Self {
        Self::of_public(O::ROW.id, specific)
    }

    /// Those of an operation that anybody may use.
    pub(in crate::api) const fn of_public(id: &'static str, specific: fn() -> Vec<Error>) -> Self {
        Self {
            id,
            specific,
            names_ids: true,
            waits_for: Unavailable::StoreBusy,
            discontinued: false,
            takes_file: false,
            longest_body: 100 << 10,
            limited_by_child: false,
        }
    }

    /// The same, of one that hashes or compares a password.
    pub(in crate::api) const fn hashing(self) -> Self {
        Self { waits_for: Unavailable::HashQueueFull, ..self }
    }

    /// The same, of one that is discontinued.
    pub(in crate::api) const fn discontinued(self) -> Self {
        Self { discontinued: true, names_ids: false, ..self }
    }

    /// The same, of one whose body may bring many items.
    pub(in crate::api) const fn uploading(self) -> Self {
        Self { longest_body: 1 << 20, ..self }
    }

    /// The same, of one whose body is a file.
    pub(in crate::api) const fn of_a_file(self) -> Self {
        Self { takes_file: true, longest_body: 64 << 20, ..self }
    }

    /// The same, of one whose body is a file of any length that is usual.
    pub(in crate::api) const fn of_a_long_file(self) -> Self {
        Self { takes_file: true, longest_body: 2 << 30, ..self }
    }

    /// The same, of one that reads a body whatever it is declared to be.
    pub(in crate::api) const fn of_any_type(self) -> Self {
        Self { takes_file: true, ..self }
    }

    /// The same, of one that has a limit of its own for each child.
    pub(in crate::api) const fn limited_by_child(self) -> Self {
        Self { limited_by_child: true, ..self }
    }

    /// The same, of one that tells of an id in its path that is none with each item.
    pub(in crate::api) const fn telling_ids_with_items(self) -> Self {
        Self { names_ids: false, ..self }
    }

    /// The same, of one that calls an id in its path "some id".
    pub(in crate::api) const fn naming_some_id(self) -> Self {
        Self { names_ids: false, ..self }
    }
}

/// Joins lists of errors, which cannot be cloned.
pub(in crate::api) trait ConcatErrors {
    fn concat_errors(self) -> Vec<Error>;
}

impl<const N: usize> ConcatErrors for [Vec<Error>; N] {
    fn concat_errors(self) -> Vec<Error> {
        self.into_iter().flatten().collect()
    }
}

pub(in crate::api) fn fault(field: Field, fault: Fault) -> Error {
    Invalid::Field(field, fault).into()
}

pub(in crate::api) fn missing(fields: &[Field]) -> Error {
    Invalid::Missing(fields.to_vec()).into()
}

pub(in crate::api) fn text(field: Field) -> Vec<Error> {
    let most = if field == Field::Address { Text::MAX_ADDRESS } else { Text::MAX };
    [Fault::NotText, Fault::Empty, Fault::TooLong(most), Fault::ControlCharacters]
        .map(|fault| Invalid::Field(field, fault).into())
        .into()
}

pub(in crate::api) fn password(field: Field) -> Vec<Error> {
    [Fault::NotText, Fault::Empty, Fault::TooManyBytes(Password::MAX_BYTES)]
        .map(|fault| Invalid::Field(field, fault).into())
        .into()
}

pub(in crate::api) fn taken(kind: Kind) -> Error {
    Error::Conflict(Conflict::Name(kind))
}

pub(in crate::api) fn bad_time() -> Error {
    Invalid::Date(DateFault::Format, "yesterday".to_owned()).into()
}
