//! `demo`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::notice::FirstPassword;
use super::{Failure, notice, output, serve};
use crate::app::demo::{LOGINS, PASSWORD};
use crate::config::{Config, Resolved, Source, resolve_process};
use crate::model::Clock;
use crate::operations::remove_abandoned;
use crate::server::{Service, Started};

/// What the folders of all demos begin with.
const PREFIX: &str = "ocariot-users-demo-";

/// Serves a made-up school from a folder that is removed at the end.
pub(super) fn demo(mut flags: BTreeMap<String, String>) -> Result<(), Failure> {
    if flags.contains_key("data-dir") {
        return Err(Failure::Other("a demo keeps nothing: leave out --data-dir, or use `serve`".to_owned()));
    }
    let given = resolve_process(flags.clone())?;
    warn_of_unused(&given);
    let parent = tempfile::env::temp_dir();
    remove_leftovers(&parent);
    let folder = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempdir_in(&parent)
        .map_err(|error| Failure::Other(format!("{} takes no folder for the demo: {error}", parent.display())))?;
    flags.insert("data-dir".to_owned(), folder.path().display().to_string());
    // Browsers do not warn of plain HTTP on the machine itself; of a certificate made on the spot they do.
    if !is_given(&given, "plain-http") {
        flags.insert("plain-http".to_owned(), "true".to_owned());
    }
    flags.insert("backup-schedule".to_owned(), String::new());
    let config = Config::of(&resolve_process(flags)?)?;
    if !config.listen.bind.is_loopback() {
        output::warning(&format!(
            "everybody who reaches {} can log in to this demo, as an administrator too: its passwords are public",
            config.listen.bind
        ));
    }
    let ended = serve::run(&config, async |log| {
        let (service, started) = Service::start_demo(&config, Clock::system(), log.lost()).await?;
        log.catch_up();
        // Nobody there to read it is no reason to end.
        let _ = output::write(&text(&started));
        Ok(service)
    });
    let removed = folder.close();
    ended?;
    removed.map_err(|error| Failure::Other(format!("the folder of the demo cannot be removed: {error}")))
}

/// What a demo has of its own.
pub(super) const OWN: [&str; 4] = ["data-dir", "admin-username", "admin-password", "backup-schedule"];

fn is_given(resolved: &Resolved, flag: &str) -> bool {
    resolved.values.iter().any(|given| given.setting.flag == flag && given.source != Source::Default)
}

fn warn_of_unused(resolved: &Resolved) {
    for given in resolved.values.iter().filter(|given| OWN.contains(&given.setting.flag)) {
        if given.source != Source::Default {
            output::warning(&format!("a demo does not use --{} ({})", given.setting.flag, given.source));
        }
    }
}

/// Demos that were killed leave their folders behind.
fn remove_leftovers(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            remove_abandoned(&entry.path());
        }
    }
}

fn text(started: &Started) -> String {
    let mut text = notice::text(started, false, FirstPassword::Shown);
    text.push_str("A made-up school, to explore. All of it is forgotten when this ends (Ctrl-C). Log in as:\n\n");
    for (role, username) in LOGINS {
        let _ = writeln!(text, "  {username:<13} {}", role_words(role));
    }
    let _ = writeln!(text, "\nEverybody's password is {PASSWORD}\n");
    text
}

fn role_words(role: crate::model::Role) -> &'static str {
    use crate::model::Role;
    match role {
        Role::Admin => "administrator",
        Role::Application => "application",
        Role::Educator => "educator, of a class of 25",
        Role::HealthProfessional => "health professional, of a group of 100",
        Role::Family => "family, of BR0001 and BR0002",
        Role::Child => "child, one of BR0001 to BR0300",
    }
}
