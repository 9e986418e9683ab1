//! `roll-over`: a new school year.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::proposal::Proposal;
use super::{Asked, something_else};
use crate::app::rosters::records::{RollOver, RosterCommand, RosterOutcome};
use crate::cli::operator::days;
use crate::cli::progress::Progress;
use crate::cli::{Failure, with_folder_settings};

const ABOUT: &str = "\
Says what groups become in a new school year, and does it with --apply: 3a becomes 4a, by the first number of the class or, \
without a class, of the name; children stay in their groups. The top classes leave: their groups are deleted, and their \
children deactivated, but for those who are in a class of another grade, too. Groups without a grade stay. `import undo` \
takes it back, as every import.";

/// `roll-over`.
pub(in crate::cli) fn command() -> Command {
    with_folder_settings(Command::new("roll-over").about("Move classes up for a new school year, as a plan first"))
        .long_about(ABOUT)
        .arg(Arg::new("apply").long("apply").action(ArgAction::SetTrue).help("Do it; without, it is shown"))
        .args([
            Arg::new("institution")
                .long("institution")
                .value_name("NAME")
                .help("The institution whose classes these are, by name or id [default: all]"),
            Arg::new("top")
                .long("top")
                .value_name("GRADE")
                .value_parser(value_parser!(u32).range(1..=13))
                .help("The grade that leaves [default: the highest that an institution has]; 13 if nobody does"),
            Arg::new("max-removals")
                .long("max-removals")
                .value_name("COUNT")
                .help("Refuse it if more children would leave: a number, or a part such as 25% [default: 40%]"),
            Arg::new("erase-after")
                .long("erase-after")
                .value_name("TIME")
                .help("Delete those who leave with all that belongs to them so long afterwards, such as 30d"),
            Arg::new("again")
                .long("again")
                .action(ArgAction::SetTrue)
                .help("Do it although there was a new school year within months, such as in another institution"),
        ])
}

/// Carries out `roll-over`.
pub(in crate::cli) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let asked = Asked::reach(matches)?;
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let wanted = RollOver {
        institution: text("institution"),
        top: matches.get_one::<u32>("top").copied(),
        max_removals: text("max-removals"),
        erase_after_days: text("erase-after").map(|after| days(&after)).transpose()?,
        again: matches.get_flag("again"),
        keep: false,
    };
    let (json, apply) = (matches.get_flag("json"), matches.get_flag("apply"));
    Proposal { asked: &asked, json, apply, passwords: None }.settle(|keep| {
        let progress = Progress::begin("Planning");
        let planned = asked.ask(RosterCommand::RollOver(RollOver { keep, ..wanted.clone() }))?;
        drop(progress);
        match planned {
            RosterOutcome::Planned(planned) => Ok(planned),
            _ => Err(something_else()),
        }
    })
}
