//! `doctor`.

use std::fmt::Write as _;
use std::path::Path;

use clap::{ArgMatches, Command};
use serde_json::json;

use super::{Failure, flags, output, verb_settings, with_folder_settings};
use crate::config::{Config, resolve_process};
use crate::model::Clock;
use crate::operations::doctor::{Examination, Finding, State};

/// `doctor`.
pub(super) fn command() -> Command {
    with_folder_settings(Command::new("doctor").about("Look for what should be mended, and say how"))
        .long_about(
            "Look for what should be mended, and say how: permissions, clock, disk, database, certificate, backups, \
             settings. Changes nothing. The service may be running: then its settings count, otherwise those given \
             here.\n\nThe disk is asked whether it syncs: by what it is, by how it is mounted, and by how long it takes \
             to have 4 KiB safe. A disk that certainly does not is found; that one does, only pulling the plug shows.",
        )
        .after_help("Ends with 0 if nothing is wrong, advice apart, and with 1 if something is to be mended.")
        .mut_arg("backup-dir", |arg| arg.hide(false))
}

/// Looks, and prints what was found.
pub(super) fn doctor(matches: &ArgMatches) -> Result<(), Failure> {
    let given = flags(matches);
    let config = verb_settings(given.clone())?;
    let examination = Examination::begin(&config.data_dir)?;
    let mut settings = examination.settings().cloned().unwrap_or_default();
    settings.extend(given);
    // A service in a container knows its folder by another name.
    let folder = std::path::absolute(&config.data_dir).unwrap_or(config.data_dir);
    settings.insert("data-dir".to_owned(), folder.display().to_string());
    let config = Config::of(&resolve_process(settings)?)?;
    let findings = examination.findings(&config, &Clock::system());
    let wrong = findings.iter().filter(|finding| finding.state == State::Wrong).count();
    output::print(&match matches.get_flag("json") {
        true => format!("{:#}\n", json!({"folder": folder, "wrong": wrong, "findings": findings})),
        false => text(&folder, &findings),
    });
    match wrong {
        0 => Ok(()),
        1 => Err(Failure::Other("one thing is to be mended, with the command after its arrow".to_owned())),
        _ => Err(Failure::Other(format!("{wrong} things are to be mended, each with the command after its arrow"))),
    }
}

fn text(folder: &Path, findings: &[Finding]) -> String {
    let mut text = format!("Looked at {}\n\n", folder.display());
    for Finding { check, state, found, mend } in findings {
        let state = match state {
            State::Fine => "ok",
            State::Advice => "advice",
            State::Wrong => "WRONG",
        };
        let _ = writeln!(text, "{state:<7} {check:<15} {found}");
        if let Some(mend) = mend {
            let _ = writeln!(text, "{:<23} -> {mend}", "");
        }
    }
    text.push('\n');
    text
}
