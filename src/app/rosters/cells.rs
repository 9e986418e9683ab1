//! What may stand in a cell: the rules of the fields of the API.

use crate::app::FieldRules;
use crate::app::rosters::rows::Wrong;
use crate::model::rosters::Column;
use crate::model::{Age, AgeDate, DateFault, Fault, Invalid, Password, Text, Username, text};

/// With these a cell begins that a spreadsheet program would compute.
const COMPUTED: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What a cell says: trimmed, composed (NFC), and without the quote that keeps a spreadsheet program from computing it.
pub(in crate::app::rosters) fn normal(cell: &str) -> String {
    let trimmed = cell.trim();
    let bare = match trimmed.strip_prefix('\'') {
        Some(rest) if is_computed(rest.trim_start().trim_start_matches('\'')) => rest.trim_start(),
        _ => trimmed,
    };
    text::composed(bare)
}

/// A text as a cell that no spreadsheet program computes; [`normal`] gives it back.
pub(in crate::app::rosters) fn harmless(value: &str) -> String {
    if is_computed(value.trim_start().trim_start_matches('\'')) { format!("'{value}") } else { value.to_owned() }
}

fn is_computed(text: &str) -> bool {
    text.starts_with(COMPUTED)
}

/// Whether a stored value is what a cell says.
pub(in crate::app::rosters) fn is_same(stored: &str, cell: &str) -> bool {
    stored == cell || text::composed(stored.trim()) == cell
}

/// The parts of a cell that names several things.
pub(in crate::app::rosters) fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(['|', ';', ',', '\n']).map(str::trim).filter(|part| !part.is_empty())
}

/// The value to store for a cell that refers to nothing.
///
/// # Errors
/// Which rule of the field it breaks, and what to do.
pub(in crate::app::rosters) fn checked(column: Column, cell: &str, rules: &FieldRules) -> Result<String, Wrong> {
    let text = |max| Text::new(cell, max).map(|text| text.as_str().to_owned()).map_err(wrong);
    match column {
        Column::Username => Username::new(cell).map(|name| name.as_str().to_owned()).map_err(wrong),
        Column::Gender => match text::fold_case(cell).as_str() {
            word @ ("male" | "female") => Ok(word.to_owned()),
            _ => Err(Wrong::refused("this is no gender: write male or female")),
        },
        Column::Age => Age::new(cell, rules.today).map(|age| age.as_str().to_owned()).map_err(invalid),
        Column::AgeCalcDate => AgeDate::new(cell, rules.today).map(|date| date.as_str().to_owned()).map_err(invalid),
        Column::Latitude => degrees(cell, 90.0),
        Column::Longitude => degrees(cell, 180.0),
        Column::Address => text(Text::MAX_ADDRESS),
        Column::Password => Password::new(cell, rules.password_min_length).map(|_| cell.to_owned()).map_err(wrong),
        Column::Id
        | Column::SourcedId
        | Column::Institution
        | Column::NfcTag
        | Column::TagTime
        | Column::CreatedAt
        | Column::LastLogin
        | Column::LastSync
        | Column::DeactivatedAt
        | Column::EraseAt
        | Column::ByImport
        | Column::Removed
        | Column::Children
        | Column::ApplicationName
        | Column::Name
        | Column::Type
        | Column::SchoolClass
        | Column::Owner => text(Text::MAX),
    }
}

fn degrees(cell: &str, most: f64) -> Result<String, Wrong> {
    let number = text::number(cell).filter(|number| number.abs() <= most);
    number.map(text::number_text).ok_or_else(|| {
        Wrong::refused(format!(
            "this is no number of degrees from -{most} to {most}: write it with a point, such as 38.5"
        ))
    })
}

/// What is wrong with a text.
pub(in crate::app::rosters) fn wrong(fault: Fault) -> Wrong {
    Wrong::refused(match fault {
        Fault::Empty => "this is empty: write something".to_owned(),
        Fault::TooLong(most) => format!("this is too long: write at most {most} characters"),
        Fault::TooManyBytes(most) => format!("this is too long: write at most {most} bytes"),
        Fault::TooShort(fewest) => format!("this is too short: write at least {fewest} characters"),
        Fault::ControlCharacters => {
            "this holds characters that cannot be seen, such as an end of a line: leave them out".to_owned()
        }
        Fault::NotPositive => "an age is above zero: write another, or a date of birth".to_owned(),
        _ => "this cannot be taken: write it as the API takes it".to_owned(),
    })
}

fn invalid(invalid: Invalid) -> Wrong {
    match invalid {
        Invalid::Field(_, fault) => wrong(fault),
        Invalid::Date(DateFault::Future, _) => Wrong::refused("this lies in the future: write a day that was"),
        Invalid::Date(DateFault::Day, _) => Wrong::refused("this month has no such day: write one that was"),
        Invalid::Date(DateFault::Year, _) => {
            Wrong::refused("this year cannot be: write one after 1678 and before 2261")
        }
        Invalid::Date(DateFault::Format, _) => {
            Wrong::refused("this is neither a number nor a date: write dates as 2015-12-31, numbers with a point")
        }
        _ => Wrong::refused("this cannot be taken: write it as the API takes it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_compute_is_quoted_on_the_way_out_and_bare_on_the_way_in() {
        for value in ["=1+1", "+1", "-7", "@x", "'=x", "''+x", "'", "'x", "plain", "o'x", "\u{e9}", " =x"] {
            assert_eq!(normal(&harmless(value)), value.trim(), "{value}");
        }
        for value in ["=1+1", "+1", "-7", "@x", "'=x", " =x"] {
            assert!(harmless(value).starts_with('\''), "{value}");
        }
        assert_eq!(harmless("'x"), "'x");
    }

    #[test]
    fn a_cell_is_trimmed_and_composed() {
        assert_eq!(normal(" \u{a0}Jose\u{301} \t"), "José");
        assert!(is_same(" Jose\u{301}", "José") && !is_same("Jose", "José"));
        assert_eq!(parts("a; b|c,\nd;;").collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    }
}
