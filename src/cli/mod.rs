//! The command line: verbs, their flags, and what they print.

mod archives;
mod audit;
mod backup;
mod came_back;
mod child;
mod config;
mod demo;
mod doctor;
mod imports;
mod keys;
mod limits;
mod log;
mod notice;
mod operator;
mod output;
mod panics;
mod progress;
mod restore;
mod rosters;
mod serve;
mod shell;
mod usage;
mod wearables;

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

use clap::builder::ValueHint;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::{Config, SETTINGS, Setting, SettingKind, SettingsError, resolve_process};
use crate::operations::backup::BackupError;
use crate::operations::{OperateError, StartError};

const AFTER_HELP: &str = "\
Without a verb, the service is served.

Settings: a flag goes before an environment variable, which goes before the settings file. `config show` prints what \
is in force and where it comes from.

Exit codes: 0 done, 1 refused or failed (the message says why and what to do), 2 wrong use or wrong settings.";

/// Why a verb did not do its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Operate(#[from] OperateError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The words of the command line do not fit each other.
    #[error("{0}")]
    Usage(String),
    /// It did its work, and could not tell of it.
    #[error(
        "what was to be printed could not be written ({0}): if it was a new password, set another one \
         with `ocariot-users user set-password`; all else can be asked for again"
    )]
    Unwritten(io::Error),
    #[error("{0}")]
    Other(String),
}

/// What is in memory, names and keys among it, is not written to a disk when the process crashes, and other processes of
/// the same user cannot look at it.
fn leave_no_dump() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    // Where the system does not know it, its own settings hold.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    // Whatever is made from here on belongs to its owner alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    leave_no_dump();
    let matches = match usage::read(command(), std::env::args_os()) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let failures = [run(&matches), output::all_written()].map(Result::err);
    failures.iter().flatten().for_each(|failure| output::error(&failure.to_string()));
    match failures {
        [None, None] => ExitCode::SUCCESS,
        [Some(Failure::Settings(_) | Failure::Usage(_)), _] => ExitCode::from(2),
        _ => ExitCode::from(1),
    }
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("config", matches)) => match matches.subcommand() {
            Some((_, matches)) => config::show(flags(matches), matches.get_flag("json")),
            None => Err(Failure::Other("config needs a verb: try `ocariot-users config show`".to_owned())),
        },
        Some(("audit", matches)) => audit::run(matches),
        Some(("backup", matches)) => backup::backup(matches),
        Some(("child", matches)) => child::run(matches),
        Some(("restore", matches)) => restore::restore(matches),
        Some(("import", matches)) => rosters::import(matches),
        Some(("coverage", matches)) => wearables::coverage(matches),
        Some(("import-health", matches)) => wearables::import_health(matches),
        Some(("export", matches)) => rosters::export(matches),
        Some(("cards", matches)) => rosters::cards::run(matches),
        Some(("roll-over", matches)) => rosters::roll_over::run(matches),
        Some(("demo", matches)) => demo::demo(flags(matches)),
        Some((noun @ ("admin" | "user" | "keys" | "limits"), matches)) => operator::run(noun, matches),
        Some(("doctor", matches)) => doctor::doctor(matches),
        Some(("completions", matches)) => shell::completions(matches),
        Some(("man", matches)) => shell::man(matches),
        Some((_, matches)) => serve::serve(flags(matches)),
        None => serve::serve(flags(matches)),
    }
}

/// The whole command line.
fn command() -> Command {
    let serve = with_settings(Command::new("serve").about("Serve the API (also without a verb)"));
    let mut demo = with_settings(
        Command::new("demo").about("Serve a made-up school, to explore; it is forgotten at the end").long_about(
            "Serve a made-up school, to explore: 300 children, their families, classes, and somebody of each type \
                 to log in as, who are printed at the start. It lives in a temporary folder, which is removed at the \
                 end. Without TLS on --port-http, unless --plain-http=false.",
        ),
    );
    for flag in demo::OWN {
        demo = demo.mut_arg(flag, |arg| arg.hide(true));
    }
    let show = with_settings(Command::new("show").about("Print every setting, its value and where that comes from"))
        .arg(json());
    let config = Command::new("config").about("Settings").subcommand_required(true).subcommand(show);
    with_settings(Command::new("ocariot-users"))
        .about("The users service of the OCARIoT platform: one binary, one SQLite file.")
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(AFTER_HELP)
        .args_conflicts_with_subcommands(true)
        .subcommand(serve)
        .subcommand(operator::admin_command())
        .subcommand(operator::user_command())
        .subcommand(child::command())
        .subcommand(keys::keys_command())
        .subcommand(limits::limits_command())
        .subcommand(audit::command())
        .subcommand(backup::backup_command())
        .subcommand(restore::command())
        .subcommand(rosters::import_command())
        .subcommand(wearables::import_health_command())
        .subcommand(wearables::coverage_command())
        .subcommand(rosters::export_command())
        .subcommand(rosters::cards::command())
        .subcommand(rosters::roll_over::command())
        .subcommand(doctor::command())
        .subcommand(demo)
        .subcommand(config)
        .subcommand(shell::completions_command())
        .subcommand(shell::man_command())
}

fn with_settings(command: Command) -> Command {
    SETTINGS.iter().fold(command, |command, setting| command.arg(flag(setting)))
}

/// The settings that verbs depend on which open a data folder; the others are accepted, and help leaves them out.
fn with_folder_settings(command: Command) -> Command {
    const SHOWN: [&str; 4] = ["config", "data-dir", "username-key", "username-passphrase"];
    let settings = SETTINGS.iter().map(|setting| flag(setting).hide(!SHOWN.contains(&setting.flag)));
    settings.fold(command, Command::arg).arg(json())
}

/// A verb that a running service carries out itself.
fn operator_verb(name: &'static str, about: &'static str) -> Command {
    with_folder_settings(Command::new(name).about(about)).after_help(
        "The service may be running: then it does this itself, at once. If it is stopped, the data folder is opened \
         here.",
    )
}

fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print JSON")
}

fn flag(setting: &'static Setting) -> Arg {
    let names: Vec<String> =
        std::iter::once(setting.variable()).chain(setting.aliases.iter().map(|alias| (*alias).to_owned())).collect();
    let default = if setting.default.is_empty() { String::new() } else { format!(", default {}", setting.default) };
    let arg = Arg::new(setting.flag)
        .long(setting.flag)
        .help(format!("{} [{}{default}]", setting.help, names.join(", ")))
        .help_heading("Settings");
    match setting.kind {
        SettingKind::Switch => {
            arg.num_args(0..=1).require_equals(true).default_missing_value("true").value_name("BOOL")
        }
        SettingKind::Secret => arg.value_name("TEXT"),
        SettingKind::Value(form) if form == "FILE" || form == "FOLDER" => {
            arg.value_name(form).value_hint(ValueHint::AnyPath)
        }
        SettingKind::Value(form) => arg.value_name(form),
    }
}

/// The settings that hold for a verb. Says what the log of a service would warn of.
fn verb_settings(flags: BTreeMap<String, String>) -> Result<Config, Failure> {
    let config = Config::of(&resolve_process(flags)?)?;
    config.warnings.iter().for_each(|warning| output::warning(warning));
    Ok(config)
}

/// The settings that were given as flags.
fn flags(matches: &ArgMatches) -> BTreeMap<String, String> {
    SETTINGS
        .iter()
        .filter_map(|setting| {
            let value = matches.get_one::<String>(setting.flag)?;
            Some((setting.flag.to_owned(), value.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn a_switch_needs_no_value_and_an_unknown_flag_names_the_nearest() {
        let matches =
            command().try_get_matches_from(["ocariot-users", "serve", "--plain-http", "--hsts=false"]).unwrap();
        let given = flags(matches.subcommand_matches("serve").unwrap());
        assert_eq!((given["plain-http"].as_str(), given["hsts"].as_str()), ("true", "false"));
        let error = command().try_get_matches_from(["ocariot-users", "--port-htps", "1"]).unwrap_err().to_string();
        assert!(error.contains("--port-http"), "{error}");
    }
}
