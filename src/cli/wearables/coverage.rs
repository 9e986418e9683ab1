//! `coverage`: of which days of a class what is stored.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

use super::{Asked, something_else};
use crate::app::wearables::COVERAGE_HEADER;
use crate::app::wearables::records::{CoverageRecord, WearableCommand, WearableOutcome};
use crate::cli::{Failure, operator_verb, output};

/// What stands in a cell for a kind of data: of days' totals one letter for all.
const LETTERS: [(&str, char); 9] = [
    ("steps", 'd'),
    ("calories", 'd'),
    ("active_minutes", 'd'),
    ("lightly_active_minutes", 'd'),
    ("sedentary_minutes", 'd'),
    ("physicalactivities", 'a'),
    ("sleep", 's'),
    ("weights", 'w'),
    ("bodyfats", 'f'),
];

const COVERAGE: &str = "\
Shows for a class, child by child and day by day, which kinds of data are stored: d totals of the day, a physical \
activities, s sleep, w a weight, f a body fat. CLASS is what a class is called at school, or the id of a group. With --csv \
each child and day is a row, with a column for each kind. Days of totals are those of the child; of what has a time, those \
of UTC, and a night is of the day on which it ended.";

/// `coverage`.
pub(in crate::cli) fn coverage_command() -> Command {
    let day = |name: &'static str, help| Arg::new(name).long(name).value_name("DATE").help(help);
    operator_verb("coverage", "Show of which days of a class what is stored")
        .long_about(COVERAGE)
        .arg(Arg::new("class").required(true).value_name("CLASS").help("A class at school, or the id of a group"))
        .arg(day("from", "The first day [default: two weeks before the last]"))
        .arg(day("to", "The last day [default: today]"))
        .arg(Arg::new("csv").long("csv").action(ArgAction::SetTrue).conflicts_with("json").help("Print CSV"))
}

/// Carries out `coverage`.
pub(in crate::cli) fn coverage(matches: &ArgMatches) -> Result<(), Failure> {
    let asked = Asked::reach(matches)?;
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let command =
        WearableCommand::Coverage { class: text("class").unwrap_or_default(), from: text("from"), to: text("to") };
    let WearableOutcome::Covered(covered) = asked.ask(command)? else { return Err(something_else()) };
    output::print(&match (matches.get_flag("json"), matches.get_flag("csv")) {
        (true, _) => format!("{:#}\n", json!({"folder": asked.folder, "coverage": covered})),
        (false, true) => csv(&covered),
        (false, false) => table(&asked.folder, &covered),
    });
    Ok(())
}

fn days(covered: &CoverageRecord) -> Vec<Date> {
    let (Ok(from), Ok(to)) = (covered.from.parse::<Date>(), covered.to.parse::<Date>()) else { return Vec::new() };
    from.series(1.day()).take_while(|day| *day <= to).collect()
}

/// A row for each child and day.
fn csv(covered: &CoverageRecord) -> String {
    let days = days(covered);
    let range = days.first().copied().zip(days.last().copied());
    let rows = range.map(|range| covered.children.iter().map(|child| child.csv(range)).collect::<String>());
    format!("{COVERAGE_HEADER}{}", rows.unwrap_or_default())
}

/// Weeks below each other, a column for each day.
fn table(folder: &str, covered: &CoverageRecord) -> String {
    /// How many days fit beside each other.
    const WIDE: usize = 14;
    let wide = covered.children.iter().map(|child| child.username.chars().count()).max().unwrap_or_default().max(5);
    let mut text = format!(
        "What is stored in {folder} from {} to {}: d totals of the day, a activities, s sleep, w weight, f body fat\n",
        covered.from, covered.to
    );
    for days in days(covered).chunks(WIDE) {
        let _ = write!(text, "\n{:<wide$}", "");
        for day in days {
            let _ = write!(text, " {:>5}", day.strftime("%m-%d").to_string());
        }
        text.push('\n');
        for child in &covered.children {
            let _ = write!(text, "{:<wide$}", child.username);
            for day in days {
                let kinds = child.days.get(&day.to_string()).map(Vec::as_slice).unwrap_or_default();
                let mut letters: Vec<char> = kinds
                    .iter()
                    .filter_map(|kind| LETTERS.iter().find(|(known, _)| known == kind).map(|(_, letter)| *letter))
                    .collect();
                letters.dedup();
                let shown = if letters.is_empty() { ".".to_owned() } else { letters.iter().collect::<String>() };
                let _ = write!(text, " {shown:>5}");
            }
            text.push('\n');
        }
    }
    text
}
