//! `backup` and `restore`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::builder::ValueHint;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::progress::Progress;
use super::{Failure, flags, output, verb_settings, with_folder_settings};
use crate::config::Config;
use crate::model::Clock;
use crate::operations::backup::{
    self, ArchivedKeys, BackupMade, Count, Drilled, KeyProtection, Manifest, RestoreMode, Restored, Shelved,
};
use crate::store::EarlierTokens;

const WITHOUT_KEYS: &str = "\
the keys are not in this backup. Keep copies of username.key and jwt.key elsewhere: without username.key \
nobody can read the usernames, and nobody can log in.";

/// `backup` and its verbs.
pub(super) fn backup_command() -> Command {
    let now = with_folder_settings(Command::new("now").about("Make a backup, also while the service runs"))
        .long_about(
            "Make a backup, also while the service runs: one file with the database, its keys, encrypted under a \
             passphrase, and a manifest. It is whole and on disk when this ends with 0.",
        )
        .arg(folder("to", "Folder for the backup; without, `backups` in the data folder"))
        .args(key_flags("Leave the keys out: keep them elsewhere, or usernames are lost"));
    let list = with_folder_settings(Command::new("list").about("List the backups of a folder"))
        .arg(folder("in", "Folder of the backups; without, `backups` in the data folder"));
    let verify = with_folder_settings(Command::new("verify").about("Check a backup to the last byte"))
        .arg(file())
        .arg(switch("drill", "Restore it into a temporary folder, start the service there, log in and count, too"))
        .args(key_flags("Do not check whether the passphrase opens the keys"));
    Command::new("backup")
        .about("Backups: make, list, verify")
        .subcommand_required(true)
        .subcommands([now, list, verify])
}

/// `restore`.
pub(super) fn restore_command() -> Command {
    with_folder_settings(Command::new("restore").about("Put a backup in the place of the data; the service is stopped"))
        .long_about(
            "Put a backup in the place of what the data folder holds. The service must be stopped. What was there is \
             kept in a folder `pre-restore-...` beside it. Tokens from before are refused: everybody logs in once more.",
        )
        .arg(file())
        .args(key_flags("Go on with the keys of the data folder"))
        .arg(switch("dry-run", "Only check, and say what would change"))
        .arg(switch("keep-tokens", "Do not refuse tokens from before, except those that the backup or the data folder knows as revoked"))
}

fn file() -> Arg {
    let file = Arg::new("file").required(true).value_name("FILE").value_hint(ValueHint::AnyPath);
    file.value_parser(value_parser!(PathBuf)).help("The backup; of a folder, the newest in it")
}

fn folder(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("FOLDER").value_hint(ValueHint::DirPath).help(help)
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn key_flags(without: &'static str) -> [Arg; 2] {
    let from = Arg::new("passphrase-file").long("passphrase-file").value_name("FILE").value_hint(ValueHint::FilePath);
    [
        from.help("File with the passphrase of the keys; without, it is asked for at a terminal"),
        switch("without-keys", without).conflicts_with("passphrase-file"),
    ]
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

fn config(matches: &ArgMatches) -> Result<Config, Failure> {
    let mut settings: BTreeMap<String, String> = flags(matches);
    for (flag, setting) in [("to", "backup-dir"), ("in", "backup-dir"), ("passphrase-file", "backup-passphrase-file")] {
        if let Ok(Some(value)) = matches.try_get_one::<String>(flag) {
            settings.insert(setting.to_owned(), value.clone());
        }
    }
    verb_settings(settings)
}

fn now(matches: &ArgMatches) -> Result<(), Failure> {
    let config = config(matches)?;
    let keys = match passphrase(&config, matches, Asked::Twice)? {
        Some(passphrase) => KeyProtection::Passphrase(passphrase),
        None if matches.get_flag("without-keys") => {
            output::warning(WITHOUT_KEYS);
            KeyProtection::LeftOut
        }
        None => {
            return Err(Failure::Other(
                "the keys of a backup are encrypted under a passphrase: give it with --passphrase-file, or leave the \
                 keys out with --without-keys"
                    .to_owned(),
            ));
        }
    };
    let progress = Progress::begin(&format!("copying the database of {}", absolute(&config.data_dir)));
    let BackupMade { path, bytes, manifest } = backup::back_up(&config, &Clock::system(), &keys)?;
    drop(progress);
    output::print(&match matches.get_flag("json") {
        true => document(
            &config.data_dir,
            json!({"file": path.display().to_string(), "bytes": bytes, "manifest": manifest_json(&manifest)?}),
        ),
        false => format!(
            "Made the backup {} of {} ({bytes} bytes).\n{}",
            path.display(),
            absolute(&config.data_dir),
            holds(&manifest)
        ),
    });
    Ok(())
}

fn list(matches: &ArgMatches) -> Result<(), Failure> {
    let config = config(matches)?;
    let place = backup::place(&config);
    let shelved = backup::list(&place)?;
    let text = if matches.get_flag("json") {
        let one = |found: &Shelved| {
            json!({
                "file": found.path.display().to_string(),
                "bytes": found.bytes,
                "made_at": found.manifest.as_ref().ok().map(|manifest| manifest.made_at.as_str()),
                "keys": found.manifest.as_ref().ok().map(|manifest| manifest.keys),
                "error": found.manifest.as_ref().err().map(ToString::to_string),
            })
        };
        format!("{:#}\n", json!({"folder": absolute(&place), "backups": shelved.iter().map(one).collect::<Vec<_>>()}))
    } else {
        let mut text = format!("{} backups in {}\n", shelved.len(), absolute(&place));
        for found in &shelved {
            let facts = match &found.manifest {
                Ok(manifest) if manifest.keys => format!("{}  with keys", manifest.made_at),
                Ok(manifest) => format!("{}  without keys", manifest.made_at),
                Err(error) => error.to_string(),
            };
            let _ = writeln!(text, "{}  {:>12} bytes  {facts}", found.path.display(), found.bytes);
        }
        text
    };
    output::print(&text);
    Ok(())
}

fn verify(matches: &ArgMatches) -> Result<(), Failure> {
    let (config, file) = (config(matches)?, given_file(matches)?);
    let keys = archived_keys(&config, matches, &file)?;
    let progress = Progress::begin(&format!("checking {}", file.display()));
    let manifest = backup::verify(&file, &keys)?;
    let drilled = matches.get_flag("drill").then(|| {
        let (clock, say) = (Clock::system(), |what: &str| progress.say(what));
        let drill = backup::drill(&config, &clock, &file, &keys, &say);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| Failure::Other(error.to_string()))?.block_on(drill).map_err(Failure::from)
    });
    let drilled = drilled.transpose()?;
    drop(progress);
    let opened = manifest.keys && matches!(keys, ArchivedKeys::Opened(_));
    output::print(&match matches.get_flag("json") {
        true => format!(
            "{:#}\n",
            json!({"file": file.display().to_string(), "whole": true, "keys_opened": opened,
                   "drill": drilled.as_ref().map(drill_json), "manifest": manifest_json(&manifest)?})
        ),
        false => format!(
            "The backup {} is whole, made {}{}.\n{}{}",
            file.display(),
            manifest.made_at,
            if opened { ", and the passphrase opens its keys" } else { "" },
            holds(&manifest),
            drilled.as_ref().map(drill_text).unwrap_or_default()
        ),
    });
    Ok(())
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
        let _ = writeln!(text, "  {table:<16} {found:>8}");
    }
    text
}

/// Carries out `restore`.
pub(super) fn restore(matches: &ArgMatches) -> Result<(), Failure> {
    let (config, file) = (config(matches)?, given_file(matches)?);
    let keys = archived_keys(&config, matches, &file)?;
    if matches!(keys, ArchivedKeys::LeftAlone) && !matches.get_flag("without-keys") && backup::manifest(&file)?.keys {
        return Err(Failure::Other(
            "the backup has the keys, encrypted: give their passphrase with --passphrase-file, or go on with the keys \
             of the data folder with --without-keys"
                .to_owned(),
        ));
    }
    let mode = if matches.get_flag("dry-run") { RestoreMode::DryRun } else { RestoreMode::Real };
    let tokens = if matches.get_flag("keep-tokens") { EarlierTokens::Kept } else { EarlierTokens::Revoked };
    let progress = Progress::begin(&format!("restoring {}", file.display()));
    let restored = backup::restore(&config, &Clock::system(), &file, &keys, (mode, tokens))?;
    drop(progress);
    output::print(&match matches.get_flag("json") {
        true => document(
            &config.data_dir,
            json!({
                "file": file.display().to_string(),
                "restored": mode == RestoreMode::Real,
                "manifest": manifest_json(&restored.manifest)?,
                "rows_before": restored.before.as_ref().map(|before| &before.rows),
                "kept": restored.kept.as_ref().map(|kept| kept.display().to_string()),
                "tokens_revoked": mode == RestoreMode::Real && tokens == EarlierTokens::Revoked,
            }),
        ),
        false => restored_text(&config, &file, &restored, (mode, tokens)),
    });
    Ok(())
}

fn restored_text(
    config: &Config,
    file: &Path,
    restored: &Restored,
    (mode, tokens): (RestoreMode, EarlierTokens),
) -> String {
    let (folder, made_at) = (absolute(&config.data_dir), &restored.manifest.made_at);
    let mut text = match mode {
        RestoreMode::DryRun => format!("Nothing was changed. Restoring {} would go well.\n", file.display()),
        RestoreMode::Real => format!("Restored {} into {folder}.\n", file.display()),
    };
    let _ = writeln!(text, "Everything goes back to {made_at}; what was changed since is not in the backup:");
    let empty = BTreeMap::new();
    let before = restored.before.as_ref().map_or(&empty, |before| &before.rows);
    for (table, after) in &restored.manifest.rows {
        let before = before.get(table).map_or("?".to_owned(), ToString::to_string);
        let _ = writeln!(text, "  {table:<16} {before:>8} -> {after:>8}");
    }
    if let Some(kept) = &restored.kept {
        let _ = writeln!(text, "What was there before is in {}.", kept.display());
    }
    text.push_str(match (mode, tokens) {
        (RestoreMode::DryRun, _) => "",
        (_, EarlierTokens::Revoked) => "Tokens from before are refused: everybody logs in once more.\n",
        (_, EarlierTokens::Kept) => {
            "Tokens from before go on, except those that the backup or the data folder knew as revoked.\n"
        }
    });
    text
}

/// The backup that was given, or the newest of the folder that was.
fn given_file(matches: &ArgMatches) -> Result<PathBuf, Failure> {
    let given = matches.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    if !given.is_dir() {
        return Ok(given);
    }
    let dated = backup::list(&given)?.into_iter().filter_map(|one| Some((backup::made_at(&one.path)?, one.path)));
    let mut dated: Vec<_> = dated.collect();
    backup::newest_first(&mut dated, Clock::system().now());
    let newest = dated.into_iter().next().map(|(_, path)| path);
    newest.ok_or_else(|| {
        Failure::Other(format!("the folder {} holds no backup: name another, or a file", given.display()))
    })
}

/// How the keys in a backup are to be opened.
fn archived_keys(config: &Config, matches: &ArgMatches, file: &Path) -> Result<ArchivedKeys, Failure> {
    if !backup::manifest(file)?.keys {
        return Ok(ArchivedKeys::LeftAlone);
    }
    let passphrase = passphrase(config, matches, Asked::Once)?;
    Ok(passphrase.map_or(ArchivedKeys::LeftAlone, ArchivedKeys::Opened))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Once,
    Twice,
}

/// The passphrase that was given, or that the person at the terminal types.
fn passphrase(config: &Config, matches: &ArgMatches, asked: Asked) -> Result<Option<Zeroizing<String>>, Failure> {
    if matches.get_flag("without-keys") {
        return Ok(None);
    }
    if let Some(path) = &config.backup.passphrase_file {
        return Ok(Some(backup::read_passphrase(path)?));
    }
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let ask = |prompt| {
        rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|error| {
            Failure::Other(format!("the passphrase cannot be read ({error}): give it with --passphrase-file"))
        })
    };
    let first = ask("Passphrase of the keys: ")?;
    if first.is_empty() {
        return Err(Failure::Other("the passphrase is empty: give one".to_owned()));
    }
    if asked == Asked::Twice && ask("The same once more: ")? != first {
        return Err(Failure::Other("the two passphrases differ: no backup was made; try again".to_owned()));
    }
    Ok(Some(first))
}

fn holds(manifest: &Manifest) -> String {
    let rows: Vec<_> = manifest.rows.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
    let keys = if manifest.keys { "keys, encrypted" } else { "no keys" };
    format!("It holds schema {}, {keys}, and rows: {}.\n", manifest.schema, rows.join(", "))
}

fn manifest_json(manifest: &Manifest) -> Result<Value, Failure> {
    serde_json::to_value(manifest).map_err(|error| Failure::Other(error.to_string()))
}

fn document(folder: &Path, mut fields: Value) -> String {
    if let Value::Object(fields) = &mut fields {
        fields.shift_insert(0, "folder".to_owned(), json!(absolute(folder)));
    }
    format!("{fields:#}\n")
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
