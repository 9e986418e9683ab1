//! Words of the standards, and what they are here. A word that is none of them is an error.

use crate::app::FieldRules;
use crate::app::rosters::cells::checked;
use crate::app::rosters::rows::Wrong;
use crate::model::rosters::{Column, Sheet};
use crate::model::text;

/// Which of the numbers in a date between strokes is the month.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strokes {
    /// Nobody says.
    Unknown,
    /// The first, as Clever says.
    MonthFirst,
}

/// What people of a role are here; nothing, if they are not registered.
///
/// # Errors
/// If it is no role.
pub(super) fn role(word: &str) -> Result<Option<Sheet>, Wrong> {
    Ok(match text::fold_case(word).as_str() {
        "student" => Some(Sheet::Children),
        "teacher" | "aide" => Some(Sheet::Educators),
        "guardian" | "parent" | "relative" => Some(Sheet::Families),
        "administrator"
        | "districtadministrator"
        | "siteadministrator"
        | "systemadministrator"
        | "counselor"
        | "principal"
        | "proctor"
        | "staff" => None,
        _ => {
            return Err(Wrong::refused("this is no role of the standard: write student, teacher, guardian or another"));
        }
    })
}

/// What people of a role are in a class; nothing, if the class is not about them.
///
/// # Errors
/// If it is no such role.
pub(super) fn class_role(word: &str) -> Result<Option<Sheet>, Wrong> {
    match text::fold_case(word).as_str() {
        "administrator" | "proctor" => Ok(None),
        word @ ("student" | "teacher" | "aide") => role(word),
        _ => Err(Wrong::refused("this is no role in a class: write student or teacher")),
    }
}

/// What becomes of a row's thing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// It is to be as the row says.
    Active,
    /// It is to be no more.
    Gone,
}

/// # Errors
/// If it is no status.
pub(super) fn status(word: &str) -> Result<Status, Wrong> {
    match text::fold_case(word).as_str() {
        "" | "active" => Ok(Status::Active),
        "tobedeleted" | "inactive" => Ok(Status::Gone),
        _ => Err(Wrong::refused("this is no status: write active or tobedeleted, or leave it empty")),
    }
}

/// # Errors
/// If it is no truth.
pub(super) fn truth(word: &str) -> Result<bool, Wrong> {
    match text::fold_case(word).as_str() {
        "" | "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Wrong::refused("this says neither yes nor no: write true or false")),
    }
}

/// A gender, if it is one that is registered here.
///
/// # Errors
/// If it is no word for one.
pub(super) fn gender(word: &str) -> Result<Option<&'static str>, Wrong> {
    match text::fold_case(word).as_str() {
        "male" | "m" => Ok(Some("male")),
        "female" | "f" => Ok(Some("female")),
        "" | "other" | "unspecified" | "x" => Ok(None),
        _ => Err(Wrong::refused("this is no sex of the standard: write male or female")),
    }
}

/// A day that was, as it is stored; nothing for an empty cell.
///
/// # Errors
/// If it is none, or one that can be read in two ways.
pub(super) fn day(text: &str, strokes: Strokes, rules: &FieldRules) -> Result<Option<String>, Wrong> {
    let Some(written) = plain_day(text, strokes) else { return Ok(None) };
    let refused = |_| Wrong::refused("this is no day that was, or can be read in two ways: write it as 2015-12-31");
    checked(Column::AgeCalcDate, &written, rules).map(Some).map_err(refused)
}

/// A day in the one form that is checked; the time of a stamp is left out.
fn plain_day(text: &str, strokes: Strokes) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let date = text.split(['T', ' ']).next().unwrap_or_default();
    if date.len() == 8 && date.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some(format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]));
    }
    let parts: Vec<_> = date.split('/').collect();
    match (parts.as_slice(), strokes) {
        ([month, day, year], Strokes::MonthFirst) => Some(format!("{year}-{month:0>2}-{day:0>2}")),
        _ => Some(date.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_in_one_way_or_not_at_all() {
        for (text, strokes, expected) in [
            ("2015-12-31", Strokes::Unknown, "2015-12-31"),
            ("20151231", Strokes::Unknown, "2015-12-31"),
            ("2015-12-31T00:00:00.000Z", Strokes::Unknown, "2015-12-31"),
            ("2015-12-31 00:00:00", Strokes::Unknown, "2015-12-31"),
            ("1/05/2015", Strokes::Unknown, "1/05/2015"),
            ("1/05/2015", Strokes::MonthFirst, "2015-01-05"),
        ] {
            assert_eq!(plain_day(text, strokes).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(plain_day("", Strokes::Unknown), None);
    }
}
