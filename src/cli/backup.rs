//! `backup`.

use std::fmt::Write as _;
use std::path::Path;

use clap::builder::ValueHint;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::archives::{
    Asked, absolute, config, dangling_json, document, file, given_file, key_flags, manifest_json, opening, passphrase,
    shown_absolute, switch, warn_if_readable,
};
use super::progress::Progress;
use super::{Failure, output, with_folder_settings};
use crate::model::text::time_text;
use crate::model::{Clock, shown};
use crate::operations::backup::{
    self, ArchivedKeys, BackupMade, Count, Drilled, Form, Manifest, Opening, Protection, Shelved, Verified,
    dangling_text, rows_of,
};

const WITHOUT_KEYS: &str = "\
the keys are not in this backup. Keep copies of username.key and jwt.key elsewhere: without username.key \
nobody can read the usernames, and nobody can log in.";

const SAME_DISK: &str = "\
the backup is on the same disk as the data: if it breaks, both are gone. Name a folder of another disk with --to; if this \
is to be one, it is not mounted.";

/// `backup` and its verbs.
pub(super) fn backup_command() -> Command {
    let now = with_folder_settings(Command::new("now").about("Make a backup, also while the service runs"))
        .long_about(
            "Make a backup, also while the service runs: one file with the database, its keys and a manifest, \
             compressed and sealed under a passphrase: nobody without it can read or change the file. It is on disk when \
             this ends with 0. Programs of others open it, too: `age -d FILE | zstd -d | tar -x`.",
        )
        .arg(folder("to", "Folder for the backup; without, `backups` in the data folder"))
        .args(key_flags("Leave the keys out: keep them elsewhere, or usernames are lost"))
        .arg(switch("readable-by-anybody", "Make it without a passphrase: whoever has it can read it. It holds no keys"));
    let list = with_folder_settings(Command::new("list").about("List the backups of a folder"))
        .arg(folder("in", "Folder of the backups; without, `backups` in the data folder"));
    let verify = with_folder_settings(Command::new("verify").about("Check a backup to the last byte"))
        .arg(file())
        .arg(switch("drill", "Restore it into a temporary folder, start the service there, log in and count, too"))
        .args(key_flags("Leave the keys in it alone"));
    Command::new("backup")
        .about("Backups: make, list, verify")
        .subcommand_required(true)
        .subcommands([now, list, verify])
}

fn folder(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("FOLDER").value_hint(ValueHint::DirPath).help(help)
}

/// Carries out a verb of `backup`.
pub(super) fn backup(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("now", matches)) => now(matches),
        Some(("list", matches)) => list(matches),
        Some((_, matches)) => verify(matches),
        None => Err(Failure::Other("backup needs a verb: see `ocariot-users backup --help`".to_owned())),
    }
}

fn now(matches: &ArgMatches) -> Result<(), Failure> {
    let config = config(matches)?;
    let given = match config.backup.may_be_readable() && config.backup.passphrase_file.is_none() {
        true => None,
        false => passphrase(&config, Asked::Twice)?,
    };
    let protection = Protection::of(&config.backup, given)?;
    let progress = Progress::begin(&format!("copying the database of {}", shown_absolute(&config.data_dir)));
    let made = backup::back_up(&config, &Clock::system(), &protection)?;
    drop(progress);
    if !made.manifest.keys {
        output::warning(WITHOUT_KEYS);
    }
    if !made.sealed {
        output::warning("whoever has this backup can read it, and change it without a trace.");
    }
    if made.on_disk_of_data {
        output::warning(SAME_DISK);
    }
    if let Some(error) = &made.without_erasures {
        output::warning(&format!(
            "the list of people who were deleted is not complete beside it ({error}): a restore may bring them back."
        ));
    }
    if !made.dangling.is_empty() {
        output::warning(&changed_by_another(&made));
    }
    let BackupMade { path, bytes, manifest, sealed, .. } = &made;
    output::print(&match matches.get_flag("json") {
        true => document(
            &config.data_dir,
            json!({"file": path.display().to_string(), "bytes": bytes, "sealed": sealed,
                   "dangling": dangling_json(&made.dangling), "manifest": manifest_json(manifest)?}),
        ),
        false => format!(
            "Made the backup {} of {} ({bytes} bytes).\n{}",
            shown(path),
            shown_absolute(&config.data_dir),
            holds(manifest)
        ),
    });
    Ok(())
}

/// What is wrong with the database that was backed up, and how it is mended.
fn changed_by_another(made: &BackupMade) -> String {
    format!(
        "the database was changed by another program: {}. It is in the backup as it is. To mend it, stop the service and \
         restore this backup with --without-dangling-rows.",
        dangling_text(&made.dangling)
    )
}

fn list(matches: &ArgMatches) -> Result<(), Failure> {
    let config = config(matches)?;
    let place = backup::place(&config);
    let shelved = backup::list(&place)?;
    output::print(&match matches.get_flag("json") {
        true => {
            let backups: Vec<_> = shelved.iter().map(shelved_json).collect();
            format!("{:#}\n", json!({"folder": absolute(&place), "backups": backups}))
        }
        false => {
            let count = if shelved.len() == 1 { "1 backup".to_owned() } else { format!("{} backups", shelved.len()) };
            let lines: String = shelved.iter().map(shelved_line).collect();
            format!("{count} in {}\n{lines}", shown_absolute(&place))
        }
    });
    Ok(())
}

fn shelved_json(found: &Shelved) -> Value {
    let manifest = match &found.form {
        Ok(Form::Readable(manifest)) => Some(manifest),
        Ok(Form::Sealed) | Err(_) => None,
    };
    json!({
        "file": found.path.display().to_string(),
        "bytes": found.bytes,
        "made_at": backup::made_at(&found.path).map(time_text),
        "sealed": found.form.as_ref().ok().map(|form| matches!(form, Form::Sealed)),
        "keys": manifest.map(|manifest| manifest.keys),
        "error": found.form.as_ref().err().map(ToString::to_string),
    })
}

fn shelved_line(found: &Shelved) -> String {
    let made_at = backup::made_at(&found.path).map_or_else(|| "-".to_owned(), time_text);
    let form = match &found.form {
        Ok(Form::Sealed) => "sealed".to_owned(),
        Ok(Form::Readable(manifest)) if manifest.keys => "readable by anybody, but its keys".to_owned(),
        Ok(Form::Readable(_)) => "readable by anybody, without keys".to_owned(),
        Err(error) => error.to_string(),
    };
    format!("{}  {:>12} bytes  {made_at}  {form}\n", shown(&found.path), found.bytes)
}

fn verify(matches: &ArgMatches) -> Result<(), Failure> {
    let (config, file) = (config(matches)?, given_file(matches)?);
    let opening = opening(&config, matches, &file)?;
    let progress = Progress::begin(&format!("checking {}", shown(&file)));
    let verified = backup::verify(&file, &opening)?;
    // Without keys in it, a drill goes on with those of the data folder.
    let keys = if verified.keys_opened { opening.keys } else { ArchivedKeys::LeftAlone };
    let opening = Opening { keys, ..opening };
    let drilled = matches.get_flag("drill").then(|| {
        let (clock, say) = (Clock::system(), |what: &str| progress.say(what));
        let drill = backup::drill(&config, &clock, &file, &opening, &say);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| Failure::Other(error.to_string()))?.block_on(drill).map_err(Failure::from)
    });
    let drilled = drilled.transpose()?;
    drop(progress);
    // What cannot be noted, as on a stick that is read-only, went well all the same.
    if let Some(Err(error)) = drilled.as_ref().map(|_| backup::note_drill(&file, Clock::system().now())) {
        output::warning(&format!("that the drill went well cannot be noted beside the backup: {error}."));
    }
    warn_of(&file, &verified);
    let Verified { manifest, sealed, keys_opened, dangling } = &verified;
    output::print(&match matches.get_flag("json") {
        true => format!(
            "{:#}\n",
            json!({"file": file.display().to_string(), "whole": true, "sealed": sealed, "keys_opened": keys_opened,
                   "dangling": dangling_json(dangling), "drill": drilled.as_ref().map(drill_json),
                   "manifest": manifest_json(manifest)?})
        ),
        false => format!(
            "The backup {} is whole, made {}{}.\n{}{}",
            shown(&file),
            manifest.made_at,
            if *keys_opened { ", and the passphrase opens its keys" } else { "" },
            holds(manifest),
            drilled.as_ref().map(drill_text).unwrap_or_default()
        ),
    });
    Ok(())
}

/// What whoever relies on a backup should know.
fn warn_of(file: &Path, backup: &Verified) {
    warn_if_readable(file, backup);
    if backup.manifest.keys && !backup.keys_opened {
        output::warning("its keys were not looked at: give their passphrase with --passphrase-file.");
    }
    if !backup.dangling.is_empty() {
        output::warning(&format!(
            "the database in it was changed by another program: {}. It is restored with --without-dangling-rows alone.",
            dangling_text(&backup.dangling)
        ));
    }
}

fn drill_json(drilled: &Drilled) -> Value {
    let milliseconds = u64::try_from(drilled.ready_after.as_millis()).unwrap_or(u64::MAX);
    json!({"ready_after_milliseconds": milliseconds, "logged_in": true, "rows": drilled.counts})
}

fn drill_text(drilled: &Drilled) -> String {
    let mut text = format!(
        "The drill went well. The backup was restored into a temporary folder, which is gone again; the service was \
         started there, and was ready after {:.1} s; an administrator made for the drill logged in and listed; each \
         table has as many rows as the manifest says:\n",
        drilled.ready_after.as_secs_f64()
    );
    for Count { table, found, .. } in &drilled.counts {
        let _ = writeln!(text, "  {:<30} {found:>9}", rows_of(table));
    }
    text
}

fn holds(manifest: &Manifest) -> String {
    let rows: Vec<_> = manifest.rows.iter().map(|(table, rows)| format!("{rows} {}", rows_of(table))).collect();
    let keys = if manifest.keys { "keys" } else { "no keys" };
    format!("It holds schema {}, {keys}, {}.\n", manifest.schema, rows.join(", "))
}
