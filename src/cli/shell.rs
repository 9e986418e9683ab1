//! `completions` and `man`: for shells and for man(1), from the same description as `--help`.

use std::io;
use std::path::{Path, PathBuf};

use clap::builder::ValueHint;
use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Failure, command, output};

const PROGRAM: &str = "ocariot-users";

/// `completions`.
pub(super) fn completions_command() -> Command {
    let shell = Arg::new("shell").required(true).value_name("SHELL").value_parser(value_parser!(Shell));
    Command::new("completions")
        .about("Print what a shell needs to complete this program's words")
        .arg(shell)
        .after_help("For this session of bash: source <(ocariot-users completions bash)")
}

/// `man`.
pub(super) fn man_command() -> Command {
    let to = Arg::new("to").long("to").value_name("FOLDER").value_hint(ValueHint::DirPath);
    let to = to.value_parser(value_parser!(PathBuf)).help("Write it, and a page for each verb, into this folder");
    Command::new("man").about("Print the man page").arg(to).after_help("To read it: ocariot-users man | man -l -")
}

/// Prints completions.
pub(super) fn completions(matches: &ArgMatches) -> Result<(), Failure> {
    let Some(shell) = matches.get_one::<Shell>("shell") else {
        return Err(Failure::Other("completions needs the name of a shell".to_owned()));
    };
    let mut text = Vec::new();
    clap_complete::generate(*shell, &mut command(), PROGRAM, &mut text);
    // clap_complete 4.6.11 calls a program with a hyphen by two names in what it makes for bash, and completes no verb.
    output::print(&String::from_utf8_lossy(&text).replace("ocariot__subcmd__users", "ocariot__users"));
    Ok(())
}

/// Prints the man page, or writes all.
pub(super) fn man(matches: &ArgMatches) -> Result<(), Failure> {
    if let Some(folder) = matches.get_one::<PathBuf>("to") {
        let mut whole = command().disable_help_subcommand(true);
        whole.build();
        return pages_to(&whole, folder).map_err(|error| {
            Failure::Other(format!(
                "the pages cannot be written to {} ({error}): name a folder that is there",
                folder.display()
            ))
        });
    }
    let mut page = Vec::new();
    page_of(command()).render(&mut page).map_err(|error| Failure::Other(error.to_string()))?;
    output::print(&String::from_utf8_lossy(&page));
    Ok(())
}

/// Pages of verbs name the version of the program, as their own they have none.
fn page_of(command: Command) -> Man {
    Man::new(command).source(concat!("ocariot-users ", env!("CARGO_PKG_VERSION"))).manual("ocariot-users")
}

/// Writes the page of a command, and those of its verbs.
fn pages_to(command: &Command, folder: &Path) -> io::Result<()> {
    command.get_subcommands().try_for_each(|verb| pages_to(verb, folder))?;
    page_of(command.clone()).generate_to(folder).map(drop)
}
