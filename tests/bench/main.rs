//! How near the service comes to the bare parts that it is made of.
//!
//! `cargo bench` measures both sides in one run, in turns, and prints how the one relates to the other: the machine's
//! own speed and its other work fall out of a ratio. It is no test, and nothing fails here because it is slow.

mod bare;
mod plan;
mod raw;
mod raw_tracking;
mod rosters;
mod school;
mod site;
mod table;
mod tracking;
mod wearables;
mod wrk;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

/// Why something could not be measured.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How much is measured.
struct Scale {
    users: usize,
    rounds: usize,
    seconds: Duration,
    only: Option<String>,
    /// Of what is tracked in the large school; without, there is none.
    school_years: Option<usize>,
}

fn main() -> ExitCode {
    let matches = command().get_matches();
    if let Some(folder) = matches.get_one::<PathBuf>("bare") {
        return report(bare::serve(folder));
    }
    report(measure(&matches))
}

fn report(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::note(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn command() -> Command {
    let number = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name).long(name).default_value(default).value_parser(value_parser!(usize)).help(help)
    };
    Command::new("bench")
        .about("Measures the service against the bare parts that it is made of. Needs wrk.")
        .arg(number("users", "100000", "Children in the large school district; 10,000 and 100 are measured besides"))
        .arg(number("rounds", "3", "How often each is measured; the median counts"))
        .arg(number("seconds", "4", "How long each measurement takes"))
        .arg(Arg::new("school-years").long("school-years").value_parser(value_parser!(usize)).help(
            "Measures a school of 600 with so many years of data against one with one, too: 5 take minutes, and 3 GiB",
        ))
        .arg(Arg::new("only").help("Measures only the rows whose name contains this"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print JSON"))
        .arg(Arg::new("bench").long("bench").action(ArgAction::SetTrue).hide(true))
        .arg(Arg::new("bare").long("bare").value_parser(value_parser!(PathBuf)).hide(true))
}

fn measure(matches: &ArgMatches) -> Result<(), Failure> {
    let number = |name: &str| matches.get_one::<usize>(name).copied().unwrap_or(1).max(1);
    let scale = Scale {
        users: number("users"),
        rounds: number("rounds"),
        seconds: Duration::from_secs(number("seconds") as u64),
        school_years: matches.get_one::<usize>("school-years").copied().filter(|years| *years > 0),
        only: matches.get_one::<String>("only").cloned(),
    };
    wrk::require()?;
    let table = plan::run(&scale)?;
    if matches.get_flag("json") {
        table.print_json()?
    } else {
        table.print()?
    }
    match table.errors() {
        0 => Ok(()),
        errors => Err(format!("{errors} answers were no success: the rows that they belong to measure nothing").into()),
    }
}
